"use strict";
(() => {
  const { names, keys, query } = page.setup;
  const byId = (id) => document.getElementById(id);
  const box = byId("tiles"), dock = byId("dock"), MOST_BUTTONS = 12, AT_ONCE = 300, MOST_DECISIONS = 500;
  const tiles = new Map(), selected = new Set(), done = [];
  let last = null, dragging = null, several = null, total = 0, busy = 0, since = performance.now();
  const rows = page.choices(byId("choices"), names.map((_, label) => label).slice(0, Math.max(MOST_BUTTONS, keys.length)), choose);
  const order = () => [...box.children].map((element) => Number(element.dataset.row));

  function add(tile, before = null) {
    if (tiles.has(tile.row)) return;
    const given = tile.given === null ? "" : `given ${names[tile.given]}`;
    const suggested = tile.suggested === null ? "" : `suggested ${names[tile.suggested]}, ${page.percent(tile.share)}`;
    const label = [tile.id, given, suggested, tile.drawn && "drawn at random"].filter(Boolean).join(", ");
    const element = page.make("button", { className: tile.drawn ? "tile drawn" : "tile", title: label, "data-row": tile.row, "aria-pressed": "false", "aria-label": label, tabIndex: -1 });
    const same = tile.given === tile.suggested;
    element.append(page.small(tile, side()));
    if (tile.given !== null) element.append(page.make("span", { className: "caption" }, page.make(same || tile.suggested === null ? "span" : "s", { textContent: names[tile.given] })));
    if (tile.suggested !== null) element.append(page.make("span", { className: same ? "caption" : "caption new" },
      page.make("span", { textContent: same ? "fits" : names[tile.suggested] }), page.make("b", { textContent: page.percent(tile.share).replace("over", ">").replace("under", "<") })));
    tiles.set(tile.row, { tile, element });
    box.insertBefore(element, before);
  }

  let loading = null;
  function load() {
    loading ??= fill().finally(() => { loading = null; });
    return loading;
  }

  async function fill() {
    await page.line; // what is decided no longer counts among those that come
    const answer = await page.get(`/api/grid?${query}&start=${tiles.size}&count=${AT_ONCE}`).catch((error) => page.trouble(error.message));
    if (!answer) return;
    answer.tiles.forEach((tile) => add(tile));
    total = answer.total;
    page.showStatus(answer);
    refresh();
  }

  function refresh() {
    const drawn = !!box.querySelector(".drawn") && "; the dashed ones are drawn at random: they tell how many wrong labels are left";
    byId("total").textContent = total ? `${total.toLocaleString("en")} examples, ${tiles.size.toLocaleString("en")} shown${drawn || ""}` : "Nothing of this kind is left.";
    byId("nothing").hidden = !!total;
    if (!box.querySelector("[tabindex='0']")) stopAt(box.firstElementChild);
    byId("more").hidden = tiles.size >= total;
    dock.querySelector(".choose").hidden = !selected.size;
    byId("pace").hidden = !!selected.size;
    byId("selected").textContent = selected.size ? `${selected.size} selected` : "";
    dock.hidden = false; // what is in sight depends on it
    showBatch(!selected.size);
    dock.hidden = !selected.size && !done.length && byId("accept").hidden;
    dock.querySelector("[data-command=undo]").disabled = !done.length;
    const off = !selected.size;
    for (const button of dock.querySelectorAll("button")) {
      if (!["undo", "all", "accept", "stay"].includes(button.dataset.command)) button.disabled = off;
    }
    dock.querySelector("[data-command=several] span").textContent = !several ? "ambiguous" : several.size < 2 ? "choose two or more" : `between ${[...several].map((one) => names[one]).join(", ")}`;
    for (const [label, { button }] of rows) button.setAttribute("aria-pressed", String(!!several?.has(label)));
  }

  // The keyboard stops at the tiles once, and arrows go from tile to tile: what comes after them is one key away.
  function stopAt(element) {
    const before = box.querySelector("[tabindex='0']");
    if (before) before.tabIndex = -1;
    if (element) element.tabIndex = 0;
  }
  // The tile that the keyboard goes on from when these are gone: the next one or, at the end, the one before.
  function remaining(going) {
    for (const step of ["nextElementSibling", "previousElementSibling"])
      for (let one = document.activeElement; one; one = one[step]) if (!going.has(Number(one.dataset.row))) return one;
    return null;
  }
  box.addEventListener("focusin", (event) => stopAt(event.target.closest(".tile")));

  // ---- how large the tiles are: each person's choice, kept by the browser ----
  const sizer = byId("size"), SIZE = "aleator-tile";
  sizer.value = localStorage.getItem(SIZE) ?? sizer.value;
  // One of the sizes in which pictures are served.
  function side() { return [96, 320].find((one) => 16 * sizer.value <= 1.3 * one) ?? 512; }
  const measure = () => box.style.setProperty("--tile", `${sizer.value}rem`);
  measure();
  sizer.addEventListener("input", () => {
    localStorage.setItem(SIZE, sizer.value);
    measure();
    for (const image of box.querySelectorAll("img")) {
      const wanted = page.picture(image.closest(".tile").dataset.row, side());
      if (image.getAttribute("src") !== wanted) image.src = wanted;
    }
    refresh();
  });

  // ---- one of them closely ----
  const closer = byId("closer");
  let looked = null;
  function look(row) {
    const { tile, element } = tiles.get(row);
    looked = row;
    byId("closer-title").replaceChildren(...(tile.given === null ? [] : [page.make(tile.given === tile.suggested ? "b" : "s", { textContent: names[tile.given] })]),
      ...(tile.suggested === null || tile.suggested === tile.given ? [] : [" → ", page.make("b", { textContent: names[tile.suggested] })]),
      ...(tile.share === null ? [] : [page.make("span", { className: "small", textContent: ` ${page.percent(tile.share)}` })]));
    byId("closer-frame").replaceChildren(page.large(tile));
    byId("closer-link").textContent = tile.id;
    byId("closer-link").href = `${base}/example/${row}`;
    byId("closer-select").setAttribute("aria-pressed", element.getAttribute("aria-pressed"));
    if (!closer.open) closer.showModal();
    closer.focus(); // on no button, so that the space bar selects
  }
  function goOn(step) {
    const next = step < 0 ? tiles.get(looked).element.previousElementSibling : tiles.get(looked).element.nextElementSibling;
    if (next) look(Number(next.dataset.row));
  }
  function choosing() { mark(looked, !selected.has(looked)); refresh(); look(looked); }
  closer.tabIndex = -1;
  closer.addEventListener("close", () => tiles.get(looked)?.element.focus());
  closer.addEventListener("click", (event) => {
    const step = event.target.closest("[data-move]")?.dataset.move;
    if (event.target === closer || step === "0") closer.close();
    else if (step) goOn(Number(step));
    else if (event.target.closest("#closer-select")) choosing();
  });
  closer.addEventListener("keydown", (event) => {
    const on = { ArrowLeft: () => goOn(-1), ArrowRight: () => goOn(1), z: () => closer.close(), " ": event.target.closest("button, a") ? null : choosing }[event.key];
    if (on) { event.preventDefault(); on(); }
  });
  box.addEventListener("dblclick", (event) => {
    const element = event.target.closest(".tile");
    if (element) look(Number(element.dataset.row));
  });

  // ---- a whole screen at once: all tiles in sight but the selected are what is suggested ----
  function inSight() {
    const top = document.querySelector(".top").getBoundingClientRect().bottom;
    const bottom = dock.hidden ? innerHeight : dock.getBoundingClientRect().top;
    return [...box.children].filter((element) => {
      const { top: from, bottom: to } = element.getBoundingClientRect();
      return from >= top - 1 && to <= bottom + 1;
    }).map((element) => Number(element.dataset.row));
  }
  // Exactly these are decided, as many as the buttons say. To select some lets the dock grow over others, which were
  // looked at all the same: what is in sight is asked anew only when the tiles move.
  let sight = [], offered = [];
  function showBatch(moved = true) {
    const accept = byId("accept"), stay = byId("as-given");
    const open = () => {
      if (moved) sight = inSight();
      return sight.filter((row) => tiles.has(row) && !selected.has(row) && tiles.get(row).tile.suggested !== null);
    };
    const [several, differing] = [open(), (row) => tiles.get(row).tile.given !== tiles.get(row).tile.suggested];
    accept.hidden = !several.length;
    stay.hidden = !several.some(differing) || several.some((row) => tiles.get(row).tile.given === null);
    offered = open(); // the buttons may have covered some
    const count = offered.length;
    accept.firstElementChild.textContent = selected.size ? `The other ${count} are all what we suggest` : count === 1 ? "This one is what we suggest" : `These ${count} are all what we suggest`;
    stay.firstElementChild.textContent = selected.size ? `The other ${count} keep their labels` : "All keep their labels";
  }
  let drawn = 0;
  for (const name of ["scroll", "resize"]) addEventListener(name, () => { cancelAnimationFrame(drawn); drawn = requestAnimationFrame(() => showBatch()); }, { passive: true });

  function mark(row, on) {
    const found = tiles.get(row);
    if (!found) return;
    if (on) selected.add(row); else selected.delete(row);
    found.element.setAttribute("aria-pressed", String(on));
  }

  // ---- selecting: click, shift-click, drag with mouse or pen (a finger scrolls) ----
  const tileAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".tile");
  box.addEventListener("pointerdown", (event) => {
    const element = event.target.closest(".tile");
    if (!element || event.pointerType === "touch" || event.button || event.shiftKey) return;
    dragging = { on: element.getAttribute("aria-pressed") !== "true", from: element, moved: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const element = tileAt(event);
    if (!element || (element === dragging.from && !dragging.moved)) return;
    dragging.moved = true;
    mark(Number(dragging.from.dataset.row), dragging.on);
    mark(Number(element.dataset.row), dragging.on);
    refresh();
  });
  document.addEventListener("pointerup", () => { setTimeout(() => { dragging = null; }); });
  document.addEventListener("pointercancel", () => { dragging = null; });
  box.addEventListener("click", (event) => {
    const element = event.target.closest(".tile");
    if (!element || dragging?.moved) return;
    const row = Number(element.dataset.row);
    if (event.shiftKey && last !== null) {
      const all = order(), [from, to] = [all.indexOf(last), all.indexOf(row)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((one) => mark(one, true));
    } else mark(row, !selected.has(row));
    last = row;
    refresh();
    page.say(`${selected.size} selected`);
  });

  // ---- deciding for all ----
  function choose(label) {
    if (!selected.size) return;
    if (!several) { decide("label", () => [label]); return; }
    if (!several.delete(label)) several.add(label);
    refresh();
  }

  async function decide(kind, labelsOf, among = [...selected]) {
    const chosen = among.filter((row) => !labelsOf(row).includes(null));
    if (!chosen.length) return;
    several = null;
    const seconds = (performance.now() - since) / 1000 / chosen.length;
    since = performance.now();
    const tags = page.tagsOf(byId("tags").value);
    const batch = chosen.map((row) => ({ uuid: page.uuid(), row, kind, labels: labelsOf(row), seconds, tags }));
    const after = box.contains(document.activeElement) ? remaining(new Set(chosen)) : null;
    const gone = chosen.map((row) => { const { tile, element } = tiles.get(row); const next = element.nextSibling; element.remove(); element.tabIndex = -1; tiles.delete(row); selected.delete(row); return { tile, element, next }; });
    total -= gone.length;
    const entry = { uuids: batch.map((one) => one.uuid), gone };
    done.push(entry);
    after?.focus({ preventScroll: true });
    refresh();
    page.say(`${gone.length} decided`);
    busy += 1;
    entry.sent = (async () => {
      for (let start = 0; start < batch.length; start += MOST_DECISIONS)
        page.showStatus(await page.send("/api/decide", { origin: "grid", decisions: batch.slice(start, start + MOST_DECISIONS) }));
    })().catch((error) => { page.trouble(`This was not stored: ${error.message}`); putBack(entry); done.splice(done.indexOf(entry), 1); })
      .finally(() => { busy -= 1; refresh(); });
    if (tiles.size < 60 && tiles.size < total) { await entry.sent; await load(); }
  }

  function putBack({ gone }) {
    for (const { tile, element, next } of [...gone].reverse()) {
      element.setAttribute("aria-pressed", "false");
      box.insertBefore(element, next?.parentNode === box ? next : null);
      tiles.set(tile.row, { tile, element });
    }
    total += gone.length;
    refresh();
  }

  async function undo() {
    const entry = done.pop();
    if (!entry) return;
    await entry.sent;
    for (let start = 0; start < entry.uuids.length; start += MOST_DECISIONS) {
      const undo = entry.uuids.slice(start, start + MOST_DECISIONS).map((one) => ({ uuid: page.uuid(), decision: one }));
      const status = await page.send("/api/undo", { undo, tiles: true });
      page.showStatus(status);
      if (!entry.gone) { // decided before the page was loaded
        const first = box.firstChild;
        status.tiles.forEach((tile) => add(tile, first));
        total += status.tiles.length;
      }
    }
    if (entry.gone) putBack(entry); else refresh();
    page.say(`${entry.uuids.length} taken back`);
  }

  // What was decided before the page was loaded can be taken back too.
  page.get("/api/trail?origin=grid").then(({ steps }) => {
    done.unshift(...steps.filter(({ uuids }) => !done.some((entry) => entry.uuids.includes(uuids[0])))
      .map(({ uuids }) => ({ uuids, gone: null, sent: Promise.resolve() })));
    refresh();
  }).catch((error) => page.trouble(error.message));

  const commands = {
    keep: () => several?.size > 1 ? decideSeveral() : decide("label", (row) => [tiles.get(row).tile.given]),
    suggested: () => decide("label", (row) => [tiles.get(row).tile.suggested]),
    several: () => {
      if (several?.size > 1) { decideSeveral(); return; }
      several = several ? null : new Set();
      refresh();
    },
    unusable: () => decide("unusable", () => []),
    stay: () => byId("as-given").hidden || decide("label", (row) => [tiles.get(row).tile.given], offered),
    accept: () => decide("label", (row) => [tiles.get(row).tile.suggested], offered),
    all: () => { order().forEach((row) => mark(row, true)); refresh(); },
    none: () => { several = null; [...selected].forEach((row) => mark(row, false)); refresh(); },
    look: (tile) => { const element = tile ?? box.querySelector(".tile:hover") ?? tiles.get(last)?.element ?? box.firstElementChild; if (element) look(Number(element.dataset.row)); },
    undo,
  };
  function decideSeveral() { const labels = [...several]; decide("ambiguous", () => labels); }
  const commandOf = { Enter: "keep", " ": "suggested", m: "several", x: "unusable", a: "all", Escape: "none", u: "undo", Backspace: "undo", b: "accept", k: "stay", z: "look" };
  const steps = { ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: across, ArrowUp: () => -across() };
  function across() {
    const [first] = box.children;
    return first ? [...box.children].filter((one) => one.offsetTop === first.offsetTop).length : 1;
  }

  dock.addEventListener("click", (event) => commands[event.target.closest("button")?.dataset.command]?.());
  byId("more").addEventListener("click", load);
  new IntersectionObserver(([more]) => { if (more.isIntersecting) load(); }).observe(byId("more")); // whoever scrolls gets more
  page.onKey((key, event) => {
    const tile = event.target.closest(".tile");
    if (tile && steps[key]) {
      const all = [...box.children];
      all[Math.min(Math.max(all.indexOf(tile) + steps[key](), 0), all.length - 1)].focus();
      return true;
    }
    // On a tile the space bar selects, as on any button; for the suggested label of all there is its button.
    if (tile && key === " ") return false;
    if (key === "a" && keys.includes("a")) { const label = keys.indexOf("a"); if (selected.size) { choose(label); return true; } }
    if (commandOf[key]) { commands[commandOf[key]](tile); return true; }
    const label = key.length === 1 ? keys.indexOf(key) : -1;
    if (label < 0) return false;
    choose(label);
    return true;
  });
  addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
  load();
})();
