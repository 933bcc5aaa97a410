"use strict";
(() => {
  // Without this script the page still says what is wrong, in which direction and what to do, and shows the worst.
  const root = document.documentElement, one = (id) => document.getElementById(id);
  root.classList.add("scripted");
  const theme = one("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const examples = new Examples(JSON.parse(one("payload").textContent));
  const longNames = examples.names.some((name) => name.length > 11); // two lines of labels in each tile
  const kind = TILES[examples.kind], sizer = one("size");
  root.classList.toggle("long-names", longNames);
  const rem = () => parseFloat(getComputedStyle(root).fontSize);

  /* A grid that holds only the tiles in sight, whatever the number of rows is. */
  class Grid {
    constructor(box) {
      this.box = box;
      this.rows = new Uint32Array(0);
      this.tiles = new Map();
      this.at = 0;
      this.space = element("div", { class: "space", role: "presentation" });
      box.append(this.space);
      box.addEventListener("scroll", () => this.draw(), { passive: true });
      new ResizeObserver(() => this.draw(true)).observe(box);
      box.addEventListener("click", (event) => {
        const button = event.target.closest(".tile");
        if (button) this.open(Number(button.parentElement.dataset.at));
      });
      box.addEventListener("keydown", (event) => this.key(event));
    }
    show(rows) {
      this.rows = rows;
      this.at = 0;
      for (const made of this.tiles.values()) made.remove();
      this.tiles.clear();
      this.box.scrollTop = 0;
      this.draw(true);
    }
    /* Tiles of another size; what was at the top stays there. */
    resize() {
      const first = Math.floor(this.box.scrollTop / this.height) * this.across;
      for (const made of this.tiles.values()) made.remove();
      this.tiles.clear();
      this.measure();
      this.box.scrollTop = Math.floor(first / this.across) * this.height;
      this.draw();
    }
    measure() {
      const unit = rem(), width = this.space.clientWidth, [across, down] = kind.measures(Number(sizer.value));
      this.across = Math.max(1, Math.floor(width / (across * unit)));
      this.width = width / this.across;
      this.height = (down + (longNames ? 1.1 : 0)) * unit;
      this.space.style.height = `${Math.ceil(this.rows.length / this.across) * this.height}px`;
    }
    draw(anew = false) {
      if (!this.box.clientHeight) return;
      if (anew) this.measure();
      const line = (pixels) => Math.floor(pixels / this.height);
      const first = Math.max(0, (line(this.box.scrollTop) - 1) * this.across);
      const last = Math.min(this.rows.length, (line(this.box.scrollTop + this.box.clientHeight) + 2) * this.across);
      for (const [at, made] of this.tiles)
        if ((at < first || at >= last) && at !== this.at) { made.remove(); this.tiles.delete(at); }
      for (let at = first; at < last; at++) if (!this.tiles.has(at)) this.add(at);
      if (anew) for (const [at, made] of this.tiles) this.put(at, made);
    }
    add(at) {
      const made = element("div", { role: "listitem", class: "cell", "data-at": at, "aria-setsize": this.rows.length, "aria-posinset": at + 1 }, tile(examples, this.rows[at], Number(sizer.value)));
      made.firstChild.tabIndex = at === this.at ? 0 : -1;
      this.put(at, made);
      this.tiles.set(at, made);
      // In order, for who reads the page by ear.
      let after = null;
      for (const other of this.space.children) if (Number(other.dataset.at) > at) { after = other; break; }
      this.space.insertBefore(made, after);
    }
    put(at, made) {
      made.style.transform = `translate(${(at % this.across) * this.width}px,${Math.floor(at / this.across) * this.height}px)`;
      made.style.width = `${this.width}px`;
      made.style.height = `${this.height}px`;
    }
    go(at) {
      at = Math.max(0, Math.min(this.rows.length - 1, at));
      const before = this.tiles.get(this.at);
      if (before) before.firstChild.tabIndex = -1;
      this.at = at;
      const top = Math.floor(at / this.across) * this.height;
      if (top < this.box.scrollTop) this.box.scrollTop = top;
      else if (top + this.height > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + this.height - this.box.clientHeight;
      this.draw();
      if (!this.tiles.has(at)) this.add(at);
      const made = this.tiles.get(at).firstChild;
      made.tabIndex = 0;
      made.focus({ preventScroll: true });
    }
    key(event) {
      const page = Math.max(1, Math.floor(this.box.clientHeight / this.height)) * this.across;
      const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.across, ArrowUp: -this.across, PageDown: page, PageUp: -page, Home: -this.rows.length, End: this.rows.length };
      if (!(event.key in steps) || !this.rows.length) return;
      event.preventDefault();
      this.go(this.at + steps[event.key]);
    }
    open(at) {
      this.go(at);
      showDetail(this.rows[at], (step) => {
        const next = this.at + step;
        if (next < 0 || next >= this.rows.length) return null;
        this.go(next);
        return this.rows[next];
      });
      // Nothing behind an open example takes the focus: it goes to the tile of the last one that was looked at.
      dialog.addEventListener("close", () => this.go(this.at), { once: true });
    }
  }

  const dialog = one("detail");
  let neighbour = () => null;
  const bar = (name, share, kind) => element("li", { class: kind }, element("span", { class: "name" }, name),
    element("span", { class: "bar" }, Object.assign(element("i"), { style: `width:${share}%` })), element("span", { class: "share" }, share >= 100 ? "over 99%" : share < 1 ? "under 1%" : `${share}%`));
  function showDetail(row, step = () => null) {
    neighbour = step;
    const given = examples.given[row], said = [];
    for (let place = 0; place < 3; place++) {
      const at = 3 * row + place;
      if (place < examples.names.length && examples.shares[at]) said.push([examples.leading[at], examples.shares[at]]);
    }
    if (given >= 0 && examples.known(row) && !said.some(([label]) => label === given)) said.push([given, Math.round(100 - examples.p[row] / 100)]);
    const near = [...examples.neighbours.subarray(5 * row, 5 * row + 5)].filter((other) => other >= 0);
    const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
    const button = (text, name, act) => {
      const made = element("button", { type: "button", "aria-label": name }, text);
      made.addEventListener("click", act);
      return made;
    };
    dialog.replaceChildren(
      element("div", { class: "detail-head" }, element("h2", { id: "detail-title" }, ...labelsOf(examples, row)),
        element("span", { class: "moves" }, button("‹", "Previous", () => move(-1)), button("›", "Next", () => move(1)), button("✕", "Close", () => dialog.close()))),
      element("div", { class: `detail-body of-${examples.kind}` },
        element("div", {}, ...kind.large(examples, row), element("p", { class: "small id" }, examples.ids[row])),
        element("div", {},
          element("h3", {}, "What a careful crowd would say"),
          element("ul", { class: "bars" }, ...said.map(([label, share]) => bar(examples.names[label], share, label === given ? "given" : label === examples.suggested[row] ? "suggested" : ""))),
          element("dl", { class: "numbers" },
            fact("the label is wrong", examples.wrong(row)),
            fact("verdict", examples.verdictName(row) || "–"),
            ...(examples.decided[row] < 0 ? [] : [fact("reviewers say", examples.names[examples.decided[row]])]),
            fact("people would differ", examples.rank("aleatoric", row)),
            fact("the networks disagree", examples.rank("epistemic", row))),
          ...(near.length ? [element("h3", {}, "Nearest examples, with their labels"),
            element("ul", { class: `neighbours of-${examples.kind}` }, ...near.map((other) => element("li", {}, neighbourButton(other))))] : []))));
    if (!dialog.open) dialog.showModal();
  }
  function neighbourButton(row) {
    const made = element("button", { type: "button", title: examples.ids[row] }, ...kind.near(examples, row), element("span", { class: "label" }, examples.givenName(row)));
    made.addEventListener("click", () => { showDetail(row, neighbour); dialog.querySelector(".moves button:last-child").focus(); });
    return made;
  }
  const move = (step) => {
    const next = neighbour(step);
    if (next !== null) showDetail(next, neighbour);
  };
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) { event.preventDefault(); move(step); }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  const grid = new Grid(one("grid")), grids = [grid], filters = one("filters"), count = one("count");
  const value = (name) => filters.elements[name].value;
  let lowered = null; // what is searched, without capitals, made when somebody first looks for something
  function filter() {
    const whole = (name) => (value(name) === "" ? null : Number(value(name)));
    const among = { flagged: (row) => examples.flagged[row], decided: (row) => examples.decided[row] >= 0, open: (row) => examples.decided[row] < 0 }[value("verdict")];
    const verdict = among ? null : whole("verdict");
    const given = whole("given"), suggested = whole("suggested");
    const least = Number(value("least")) * 100, text = value("text").toLowerCase();
    filters.elements.least.nextElementSibling.textContent = `${value("least")}%`;
    const order = examples.order(value("sort")), kept = new Uint32Array(order.length);
    if (text) lowered ??= examples.ids.map((id, row) => [id, ...kind.searched(examples, row)].join("\n").toLowerCase());
    let found = 0;
    for (const row of order) {
      if (given !== null && examples.given[row] !== given) continue;
      if (suggested !== null && examples.suggested[row] !== suggested) continue;
      if (verdict !== null && examples.verdict[row] !== verdict) continue;
      if (among && !among(row)) continue;
      if (least && (examples.p[row] < least || !examples.known(row))) continue;
      if (text && !lowered[row].includes(text)) continue;
      kept[found++] = row;
    }
    grid.show(kept.subarray(0, found));
    count.textContent = found ? `${found.toLocaleString("en")} of ${examples.length.toLocaleString("en")} examples` : "0 examples: nothing passes all these filters. Clear them to see all.";
  }
  filters.addEventListener("input", () => { filter(); remember(); });
  filters.addEventListener("submit", (event) => event.preventDefault());
  one("clear").addEventListener("click", () => { filters.reset(); filter(); remember(); });
  one("link").hidden = location.protocol === "about:"; // a frame in a notebook
  sizer.addEventListener("input", () => { for (const made of grids) made.resize(); remember(); });
  if (examples.kind === "picture" && examples.pictures < examples.length) {
    one("fewer").textContent = `Pictures of the ${examples.pictures.toLocaleString("en")} that matter most are in this file.`;
    one("fewer").hidden = false;
  }

  /* Tabs; each panel is filled when it is first shown. */
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const fill = {
    unfamiliar: () => {
      const verdict = examples.verdicts.indexOf("unfamiliar");
      const rows = examples.order("epistemic").filter((row) => examples.verdict[row] === verdict);
      const box = one("unfamiliar-grid");
      box.hidden = !rows.length;
      box.nextElementSibling.hidden = rows.length > 0;
      if (!rows.length) return;
      grids.push(new Grid(box));
      grids.at(-1).show(rows);
    },
    copies: () => {
      const box = one("groups"), verdict = examples.verdicts.indexOf("conflict"), groups = new Map();
      if (!box) return;
      for (const row of examples.order("p"))
        if (examples.verdict[row] === verdict) groups.set(examples.group[row], [...(groups.get(examples.group[row]) ?? []), row]);
      for (const rows of [...groups.values()].filter((rows) => rows.length > 1).slice(0, 100))
        box.append(element("div", { class: "group" }, ...rows.map((row) => tile(examples, row))));
      box.addEventListener("click", (event) => {
        const button = event.target.closest(".tile");
        if (button) showDetail(Number(button.dataset.row));
      });
    },
  };
  function choose(tab, focus = false) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      one(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    const name = tab.getAttribute("aria-controls");
    fill[name]?.();
    delete fill[name];
  }
  for (const tab of tabs) {
    one(tab.getAttribute("aria-controls")).setAttribute("role", "tabpanel");
    tab.addEventListener("click", () => { choose(tab); remember(true); });
  }
  one("tabs").hidden = false;
  one("tabs").addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at >= 0 && step) { event.preventDefault(); choose(tabs[(at + step + tabs.length) % tabs.length], true); remember(true); }
  });

  /* What is shown stands in the address, as #labels?given=1&sort=epistemic, so that to load it again, to send it and to
     go back show the same. */
  const plain = new FormData(filters);
  function follow(hash) {
    const [name, asked] = hash.slice(1).split("?"), query = new URLSearchParams(asked);
    filters.reset();
    for (const [field, unset] of plain) {
      const control = filters.elements[field];
      control.value = query.get(field) ?? unset;
      if (control.selectedIndex === -1) control.value = unset; // no such choice
    }
    sizer.value = query.get("size") ?? 1;
    choose(tabs.find((tab) => tab.getAttribute("aria-controls") === name) ?? tabs[0]);
    filter();
  }
  function remember(step = false) {
    const query = new URLSearchParams([...new FormData(filters)].filter(([field, wanted]) => wanted !== plain.get(field)));
    if (sizer.value !== "1") query.set("size", sizer.value);
    const shown = tabs.find((tab) => tab.tabIndex === 0).getAttribute("aria-controls");
    try { history[step ? "pushState" : "replaceState"](null, "", `#${shown}${String(query) && `?${query}`}`); }
    catch { /* such a frame has no address of its own */ }
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#labels?"]');
    if (!link) return;
    event.preventDefault();
    follow(link.hash);
    remember(true);
    one("tabs").scrollIntoView();
  });
  addEventListener("popstate", () => follow(location.hash));
  follow(location.hash);
  if (location.hash) one("tabs").scrollIntoView();

  const map = document.querySelector(".map");
  if (map) walkPoints(map, () => {}, (dot) => showDetail(Number(dot.dataset.point)));
  map?.addEventListener("click", (event) => { if (event.target.dataset.point) showDetail(Number(event.target.dataset.point)); });
})();
