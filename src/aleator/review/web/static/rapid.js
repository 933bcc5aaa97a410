"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const frame = byId("frame");
  if (!frame) return;
  const { names, keys, query } = page.setup;
  const AHEAD = 24, ENOUGH = 14, PICTURES_AHEAD = 8, LAG = 2; // a person stops a moment after what they saw
  const ahead = [], passing = [], done = [], unsent = new Set(), skipped = new Set(), kept = new Map();
  let current = null, timer = 0, running = false, chosen = null, loading = null, exhausted = false, ended = false, since = 0;
  const rows = page.choices(byId("choices"), names.map((_, label) => label).slice(0, Math.max(12, keys.length)), choose);
  const command = (name) => document.querySelector(`[data-command=${name}]`);
  const seconds = () => Number(byId("seconds").value);

  function viewOf(card) {
    if (!kept.has(card.row)) kept.set(card.row, page.large(card));
    return kept.get(card.row);
  }

  const text = (card) => [card.given === null ? "" : page.make("s", { textContent: names[card.given] }), " → ", page.make("b", { textContent: names[card.suggested] })];

  // ---- what is stored ----
  function decide(card, kind, labels, took) {
    const one = { uuid: page.uuid(), row: card.row, kind, labels, seconds: took };
    const entry = { uuid: one.uuid, card };
    done.push(entry);
    unsent.add(card.row);
    kept.delete(card.row);
    entry.sent = page.send("/api/decide", { origin: "rapid", decisions: [one] }).then((status) => { page.showStatus(status); return true; },
      (error) => { page.trouble(`This was not stored: ${error.message}`); done.splice(done.indexOf(entry), 1); return false; })
      .finally(() => unsent.delete(card.row));
    command("undo").disabled = false;
  }
  const accept = (card) => decide(card, "label", [card.suggested], seconds());

  // ---- the stream ----
  function go() {
    for (const card of passing.splice(0)) accept(card); // what is still held back is as suggested
    chosen = null;
    running = true;
    next();
  }

  function next() {
    clearTimeout(timer);
    if (current) passing.push(current);
    while (passing.length > LAG) accept(passing.shift());
    current = ahead.shift() ?? null;
    if (ahead.length < ENOUGH) load();
    if (!current) { end(); return; }
    since = performance.now();
    frame.replaceChildren(viewOf(current));
    byId("question").replaceChildren(...text(current), page.make("span", { className: "small", textContent: page.percent(shareOf(current)) }));
    for (const card of ahead.slice(0, PICTURES_AHEAD)) viewOf(card);
    show();
    document.dispatchEvent(new CustomEvent("shown", { detail: current.row }));
    timer = setTimeout(next, 1000 * seconds());
  }

  const shareOf = (card) => card.bars.find(([label]) => label === card.suggested)?.[1] ?? 0;

  async function end() {
    if (loading) { await loading; if (ahead.length && running) { next(); return; } }
    running = false;
    for (const card of passing.splice(0)) accept(card);
    frame.replaceChildren(page.make("div", {}, page.make("p", { className: "lead", textContent: done.length ? "Nothing near-certain is left." : "There is nothing near-certain." }),
      page.make("p", {}, "Choose a lower probability below, or go on ", page.make("a", { href: `${base}/grid?sort=quick`, textContent: "in the grid" }), ".")));
    byId("question").textContent = "";
    ended = true;
    show();
    page.say("Nothing near-certain is left.");
  }

  function stop() {
    clearTimeout(timer);
    running = false;
    if (current) passing.push(current);
    current = null;
    choosing(passing.at(-1) ?? null);
    page.say("Stopped.");
  }

  function choosing(card) {
    chosen = card;
    if (!card) { go(); return; } // all that were held back are decided
    since = performance.now();
    frame.replaceChildren(viewOf(card));
    byId("question").replaceChildren(...text(card));
    show();
  }

  function show() {
    const stopped = !!chosen;
    byId("held").hidden = byId("choices").hidden = !stopped;
    for (const name of ["keep", "unusable", "skip"]) command(name).hidden = !stopped;
    if (stopped) command("keep").firstElementChild.textContent = chosen.given === null ? "keep given" : `keep ${names[chosen.given]}`;
    command("go").firstElementChild.textContent = running ? "Stop" : stopped ? `${passing.length === 1 ? "It is" : `All ${passing.length} are`} as suggested, go on` : "Start";
    byId("wait").hidden = byId("hint").hidden = stopped || running || ended;
    command("go").hidden = ended && !stopped;
    if (stopped) byId("held").replaceChildren(...passing.map((card) => {
      const button = page.make("button", { className: "tile", "aria-pressed": String(card === chosen), "aria-label": `${card.id}, suggested ${names[card.suggested]}` },
        page.small(card), page.make("span", { className: "caption new", textContent: names[card.suggested] }));
      button.addEventListener("click", () => choosing(card));
      return button;
    }));
    for (const [label, { item }] of rows) item.className = stopped ? [label === chosen.given && "given", label === chosen.suggested && "suggested"].filter(Boolean).join(" ") : "";
  }

  function settle(kind, labels) {
    if (!chosen) return;
    const place = passing.indexOf(chosen);
    passing.splice(place, 1);
    decide(chosen, kind, labels, Math.min((performance.now() - since) / 1000, 3600));
    choosing(passing[Math.min(place, passing.length - 1)] ?? null);
  }
  function choose(label) { settle("label", [label]); }

  async function undo() {
    const entry = done.pop();
    if (!entry) return;
    if (running) stop();
    command("undo").disabled = !done.length;
    if (!(await entry.sent)) return;
    page.showStatus(await page.send("/api/undo", { undo: [{ uuid: page.uuid(), decision: entry.uuid }] }));
    passing.unshift(entry.card);
    choosing(entry.card);
    page.say("Taken back.");
  }

  const commands = {
    go: () => (running ? stop() : go()),
    keep: () => chosen && chosen.given !== null && choose(chosen.given),
    unusable: () => settle("unusable", []),
    skip: () => {
      if (!chosen) return;
      const place = passing.indexOf(chosen), [card] = passing.splice(place, 1);
      skipped.add(card.row);
      page.send("/api/skip", { row: card.row }).catch((error) => page.trouble(error.message));
      choosing(passing[Math.min(place, passing.length - 1)] ?? null);
    },
    undo,
  };
  const commandOf = { " ": "go", Enter: "keep", x: "unusable", s: "skip", u: "undo", Backspace: "undo" };

  // ---- what comes next ----
  function load() {
    loading ??= fill().catch((error) => page.trouble(`The next examples could not be loaded: ${error.message}`)).finally(() => { loading = null; });
    return loading;
  }
  async function fill() {
    if (exhausted) return;
    const held = () => [current, ...passing, ...ahead].filter(Boolean).map((card) => card.row).concat([...unsent, ...skipped]);
    const answer = await page.get(`/api/queue?${query}&count=${AHEAD - ahead.length}&without=${held().join(",")}`);
    const known = new Set(held());
    ahead.push(...answer.cards.filter((card) => !known.has(card.row) && card.suggested !== null));
    exhausted = !answer.cards.length;
    page.showStatus(answer);
    for (const card of ahead.slice(0, PICTURES_AHEAD)) viewOf(card);
  }

  byId("commands").addEventListener("click", (event) => commands[event.target.closest("button")?.dataset.command]?.());
  frame.addEventListener("pointerdown", () => { if (running) stop(); });
  page.onKey((key) => {
    if (running && key !== "Escape") { if (key === "u" || key === "Backspace") undo(); else stop(); return true; }
    if (running) { stop(); return true; }
    if (chosen && (key === "ArrowLeft" || key === "ArrowRight")) {
      const place = passing.indexOf(chosen) + (key === "ArrowLeft" ? -1 : 1);
      choosing(passing[Math.min(Math.max(place, 0), passing.length - 1)]);
      return true;
    }
    if (commandOf[key]) { commands[commandOf[key]](); return true; }
    const label = key.length === 1 ? keys.indexOf(key) : -1;
    if (label < 0 || !chosen) return false;
    choose(label);
    return true;
  });
  addEventListener("beforeunload", (event) => { if (unsent.size) event.preventDefault(); });
  load().then(() => {
    if (!ahead.length) return end();
    return page.get(`/api/grid?${query}&count=0`).then(({ total }) => {
      const say = () => { byId("wait").textContent = `${total.toLocaleString("en")} suggestions wait: ${Math.ceil((total * seconds()) / 60)} minutes at most at this pace.`; };
      byId("seconds").addEventListener("change", say);
      say();
    });
  }).catch((error) => page.trouble(error.message));
})();
