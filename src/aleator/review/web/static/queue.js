"use strict";
(() => {
  const AHEAD = 20, ENOUGH = 14, PICTURES_AHEAD = 8, TRAIL = 6, MOST_BUTTONS = 12, SIDE = 512, ORIGINAL = 8192;
  const { names, keys, kind, query, blind } = page.setup;
  const pictures = kind === "images";
  const byId = (id) => document.getElementById(id);
  const desk = byId("desk"), empty = byId("empty"), frame = byId("frame");
  const ahead = [], done = [], unsent = new Set(), kept = new Map();
  let current = null, since = 0, several = null, loading = null, exhausted = false, shownOnce = false;

  // ---- what is looked at ----
  const all = names.map((_, label) => label);
  const many = names.length > MOST_BUTTONS;
  let rows = many ? new Map() : page.choices(byId("choices"), all, choose);
  byId("search").hidden = !many;

  function viewOf(card) {
    if (!kept.has(card.row)) kept.set(card.row, page.large(card));
    return kept.get(card.row);
  }

  // Zoomed, a picture that was made smaller is replaced by itself, at its own size, once that is there.
  function sharpen() {
    const shown = current && pictures && document.body.classList.contains("zoomed") ? kept.get(current.row) : null;
    if (!shown || Math.max(shown.naturalWidth, shown.naturalHeight) !== SIDE) return;
    const original = new Image();
    original.src = page.picture(current.row, ORIGINAL);
    original.decode().then(() => { shown.src = original.src; }).catch(() => {});
  }

  function show(card) {
    current = card;
    several = null;
    since = performance.now();
    desk.hidden = !card;
    empty.hidden = !!card || !exhausted;
    byId("undo-last").hidden = !done.length;
    if (!card) return;
    frame.replaceChildren(viewOf(card));
    byId("why-now").textContent = card.why;
    showNote(card);
    const address = byId("address");
    address.textContent = card.id;
    address.href = `${base}/example/${card.row}`;
    const question = byId("question");
    question.replaceChildren(...(card.given === null ? [blind ? "What is it?" : "No label. What is it?"]
      : [page.make("span", { textContent: "given " }), page.make("b", { textContent: names[card.given] })]));
    if (card.verdict) question.append(page.make("span", { className: `verdict v-${card.verdict}`, textContent: card.verdict }));
    if (card.own) question.append(page.make("span", { className: "small", textContent: ` you said ${card.own}` }));
    showChoices(card);
    byId("reasons").replaceChildren(...card.reasons.map((reason) => page.make("p", { className: "reason", textContent: reason })));
    byId("others").replaceChildren(...card.others.map((one) => page.make("p", { className: "small" }, page.make("b", { textContent: one.answer }),
      [` ${one.reviewer}`, one.tags.join(", "), one.note].filter(Boolean).join(": "))));
    showNeighbours(card);
    showCommands(card);
    announce(card);
    const image = kept.get(card.row);
    Promise.resolve(image?.decode?.()).catch(() => {}).then(() => requestAnimationFrame(() => {
      sharpen();
      document.dispatchEvent(new CustomEvent("shown", { detail: card.row }));
    }));
  }

  // Where the given label is what the audit suggests, to keep it and to take the suggestion are one.
  function showCommands(card) {
    const same = card.given !== null && card.given === card.suggested;
    const label = (name, text, key) => {
      const [span, kbd] = command(name).children;
      span.textContent = text;
      kbd.textContent = key;
    };
    command("keep").disabled = card.given === null;
    command("suggested").disabled = card.suggested === null;
    command("suggested").hidden = same;
    command("keep").classList.toggle("both", same);
    label("keep", card.given === null ? "keep given" : same ? `${names[card.given]} is right` : `keep ${names[card.given]}`, same ? "Enter or Space" : "Enter");
    label("suggested", card.suggested === null ? "take suggested" : card.given === null ? `it is ${names[card.suggested]}` : `change to ${names[card.suggested]}`, "Space");
  }

  // A note and tags go with the next answer; what one wrote beside an earlier answer stands there already.
  const note = byId("note"), tags = byId("tags");
  function showNote(card) {
    note.value = card.note;
    tags.value = card.tags.join(", ");
    byId("notes").hidden = !card.note && !card.tags.length;
  }

  function announce(card) {
    const parts = [];
    if (card.given !== null) parts.push(`given ${names[card.given]}`);
    if (card.suggested !== null && card.bars.length) {
      const share = card.bars.find(([label]) => label === card.suggested);
      parts.push(`suggested ${names[card.suggested]}${share ? `, ${page.percent(share[1])}` : ""}`);
    }
    page.say(`${shownOnce ? "Next: " : ""}${parts.join("; ") || "an example"}.`);
    shownOnce = true;
  }

  function showChoices(card) {
    const shares = new Map(card.bars);
    if (many) {
      const list = byId("choices");
      list.replaceChildren();
      const likely = [...new Set([...shares.keys(), ...(card.given === null ? [] : [card.given])])];
      rows = page.choices(list, likely, choose);
    }
    for (const [label, { item, button, share }] of rows) {
      item.className = [label === card.given && "given", label === card.suggested && "suggested"].filter(Boolean).join(" ");
      const value = shares.get(label);
      share.replaceChildren(...(value === undefined ? [] : [page.bar(value), page.make("span", { textContent: page.percent(value) })]));
      button.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-label", [names[label], value === undefined ? "" : page.percent(value),
        label === card.given ? "given" : "", label === card.suggested ? "suggested" : ""].filter(Boolean).join(", "));
    }
  }

  function showNeighbours(card) {
    const near = byId("near");
    if (!card.neighbours.length) { near.replaceChildren(); return; }
    near.replaceChildren(page.make("p", { className: "small" }, "Nearest neighbours and their labels · ",
      page.make("a", { href: `${base}/grid?like=${card.row}&state=all`, textContent: "similar ones in the grid" })),
      page.make("ul", { className: pictures ? "near" : "near wide" }, ...card.neighbours.map((near) => page.make("li", {},
        page.make("a", { href: `${base}/example/${near.row}` }, page.small(near),
          page.make("span", { className: "label", textContent: near.given < 0 ? "no label" : names[near.given] }))))));
  }

  // ---- deciding ----
  const command = (name) => document.querySelector(`[data-command=${name}]`);

  function choose(label) {
    if (!current) return;
    if (!several) { decide("label", [label]); return; }
    if (!several.delete(label)) several.add(label);
    rows.get(label)?.button.setAttribute("aria-pressed", String(several.has(label)));
    page.say([...several].map((one) => names[one]).join(", ") || "none chosen");
    sayHowMany();
  }

  function sayHowMany() {
    const button = command("several").firstElementChild;
    button.textContent = !several ? "ambiguous" : several.size < 2 ? "choose two or more" : `between ${[...several].map((one) => names[one]).join(", ")}`;
    command("several").setAttribute("aria-pressed", String(!!several));
  }

  function chooseSeveral() {
    if (several && several.size > 1) { decide("ambiguous", [...several]); return; }
    several = several ? null : new Set();
    for (const { button } of rows.values()) button.setAttribute("aria-pressed", "false");
    page.say(several ? "Choose two or more classes, then press m or Enter." : "One class again.");
    sayHowMany();
  }

  function decide(kind, labels) {
    const card = current, seconds = Math.min((performance.now() - since) / 1000, 3600);
    const one = { uuid: page.uuid(), row: card.row, kind, labels, seconds, note: note.value.trim(), tags: page.tagsOf(tags.value) };
    const entry = { uuid: one.uuid, row: card.row, card: { ...card, own: null, note: one.note, tags: one.tags }, text: kind === "unusable" ? "not usable" : labels.map((label) => names[label]).join(" | ") };
    done.push(entry);
    unsent.add(card.row);
    entry.sent = page.send("/api/decide", { decisions: [one] }).then((status) => {
      unsent.delete(card.row);
      page.showStatus(status);
      return true;
    }, (error) => {
      unsent.delete(card.row);
      if (done.includes(entry)) done.splice(done.indexOf(entry), 1); // it may have been taken back on its way
      page.trouble(`This was not stored: ${error.message}`);
      ahead.unshift(card);
      return false;
    });
    advance();
  }

  function skip() {
    page.send("/api/skip", { row: current.row }).catch((error) => page.trouble(error.message));
    page.say("Skipped.");
    advance();
  }

  async function undo() {
    const entry = done.pop();
    if (!entry) return;
    showTrail();
    const stored = await entry.sent; // what is not stored yet cannot be taken back
    if (!stored) return; // it waits among those ahead again
    const taken = page.send("/api/undo", { undo: [{ uuid: page.uuid(), decision: entry.uuid }] });
    const card = entry.card ?? (await taken).cards[0]; // decided before the page was loaded
    if (current) ahead.unshift(current);
    show(card);
    page.say(`Taken back: ${entry.text}.`);
    page.showStatus(await taken);
  }

  function advance() {
    sayHowManyReset();
    const old = current;
    show(ahead.shift() ?? null);
    if (old) kept.delete(old.row);
    loadPictures();
    showTrail();
    if (ahead.length < ENOUGH) load();
  }

  function sayHowManyReset() { several = null; sayHowMany(); }

  function showTrail() {
    command("undo").disabled = byId("latest").hidden = !done.length;
    byId("trail").replaceChildren(...done.slice(-TRAIL).reverse().map((entry) =>
      page.make("a", { href: `${base}/example/${entry.row}`, textContent: entry.text })));
  }

  // What was decided before the page was loaded can be taken back too.
  page.get("/api/trail?origin=page").then(({ steps }) => {
    done.unshift(...steps.filter(({ uuids }) => !done.some((entry) => entry.uuid === uuids[0]))
      .map(({ uuids, row, text }) => ({ uuid: uuids[0], row, text, card: null, sent: Promise.resolve(true) })));
    showTrail();
    byId("undo-last").hidden = !done.length;
  }).catch((error) => page.trouble(error.message));

  // ---- what comes next ----
  function load() {
    loading ??= fill().catch((error) => page.trouble(`The next examples could not be loaded: ${error.message}`)).finally(() => { loading = null; });
    return loading;
  }

  async function fill() {
    const held = [current?.row, ...ahead.map((card) => card.row), ...unsent].filter((row) => row !== undefined);
    const answer = await page.get(`/api/queue?${query}&count=${AHEAD - ahead.length}&without=${held.join(",")}`);
    page.showStatus(answer);
    const known = new Set([current?.row, ...ahead.map((card) => card.row), ...unsent]);
    for (const card of answer.cards) {
      if (known.has(card.row)) continue;
      ahead.push(card);
    }
    exhausted = !answer.cards.length;
    if (!current) show(ahead.shift() ?? null);
    loadPictures();
  }

  function loadPictures() { if (pictures) ahead.slice(0, PICTURES_AHEAD).forEach(viewOf); }

  // The order was computed again: what is looked at and what comes right after it stay, the rest follows the new order.
  document.addEventListener("judged", () => {
    if (loading || (exhausted && !ahead.length)) return;
    for (const card of ahead.splice(1)) kept.delete(card.row);
    load();
  });

  // ---- keys, buttons, search ----
  const commands = {
    keep: () => several?.size > 1 ? decide("ambiguous", [...several]) : current.given !== null && !several && decide("label", [current.given]),
    suggested: () => current.suggested !== null && !several && decide("label", [current.suggested]),
    several: chooseSeveral,
    unusable: () => decide("unusable", []),
    skip,
    note: () => { byId("notes").hidden = false; note.focus(); },
    zoom: () => {
      byId("zoom").setAttribute("aria-pressed", String(document.body.classList.toggle("zoomed")));
      sharpen();
    },
  };
  const commandOf = { Enter: "keep", " ": "suggested", m: "several", x: "unusable", s: "skip", z: "zoom", n: "note" };

  byId("commands").addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.command;
    if (name === "undo") undo();
    else if (name && current) commands[name]();
  });
  byId("zoom").addEventListener("click", commands.zoom);
  byId("write").addEventListener("click", commands.note);
  byId("notes").addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); event.target.blur(); } });
  frame.addEventListener("click", () => pictures && commands.zoom()); // in a text people select words
  byId("undo-last").addEventListener("click", undo);

  page.onKey((key, event) => {
    if (event.repeat && key !== " " && !keys.includes(key)) return false;
    if (key === "u" || key === "Backspace") { undo(); return true; }
    if (!current) return false;
    if (key === "Escape") { if (document.body.classList.contains("zoomed")) commands.zoom(); if (several) chooseSeveralOff(); return true; }
    if (key === "/" && many) { byId("term").focus(); return true; }
    if (commandOf[key]) { commands[commandOf[key]](); return true; }
    const label = key.length === 1 ? keys.indexOf(key) : -1;
    if (label < 0) return false;
    choose(label);
    return true;
  });

  function chooseSeveralOff() { sayHowManyReset(); for (const { button } of rows.values()) button.setAttribute("aria-pressed", "false"); }

  const term = byId("term"), found = byId("found");
  function find() {
    const wanted = term.value.trim().toLowerCase();
    const hits = wanted ? all.filter((label) => names[label].toLowerCase().includes(wanted)) : [];
    hits.sort((a, b) => names[b].toLowerCase().startsWith(wanted) - names[a].toLowerCase().startsWith(wanted));
    found.replaceChildren(...hits.slice(0, 8).map((label) => {
      const button = page.make("button", { type: "button", textContent: names[label] });
      button.addEventListener("click", () => take(label));
      return page.make("li", {}, button);
    }));
    return hits;
  }
  function take(label) {
    term.value = "";
    find();
    term.blur();
    if (current) choose(label);
  }
  term.addEventListener("input", find);
  term.addEventListener("keydown", (event) => { if (event.key === "Escape") { term.value = ""; find(); term.blur(); } });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = find();
    if (first !== undefined) take(first);
  });

  addEventListener("beforeunload", (event) => { if (unsent.size) event.preventDefault(); });
  load();
})();
