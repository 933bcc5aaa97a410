"use strict";
/* The examples of a report, and how one of each kind is drawn. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

class Examples {
  constructor(payload) {
    const kinds = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array };
    const bytes = (base64) => {
      const text = atob(base64), made = new Uint8Array(text.length);
      for (let at = 0; at < text.length; at++) made[at] = text.charCodeAt(at);
      return made;
    };
    Object.assign(this, payload);
    for (const [name, [kind, text]] of Object.entries(payload.columns)) this[name] = new kinds[kind](bytes(text).buffer);
    this.length = this.ids.length;
    this.place = Uint32Array.from(this.ids.keys());
    this.addresses = new Map();
    this.orders = new Map();
    this.bytes = bytes;
  }
  known(row) { return this.p[row] !== 65535; }
  wrong(row) {
    if (!this.known(row)) return "–";
    const p = this.p[row] / 10000;
    return p >= 0.995 ? "over 99%" : p < 0.005 ? "under 1%" : `${Math.round(100 * p)}%`;
  }
  /* Beside the other examples: the unit of these numbers says little to most people. */
  rank(name, row) {
    const values = this[name], own = values[row];
    if (own === 65535) return "–";
    let known = 0, below = 0;
    for (const other of values) if (other !== 65535) { known++; below += other < own; }
    return below ? `more than on ${Math.round((100 * below) / known)}% of the others` : "as little as on any";
  }
  givenName(row) { return this.given[row] < 0 ? "no label" : this.names[this.given[row]]; }
  suggestedName(row) { return this.suggested[row] < 0 ? "–" : this.names[this.suggested[row]]; }
  verdictName(row) { return this.verdict[row] < 0 ? "" : this.verdicts[this.verdict[row]]; }
  hasPicture(row) { return row < this.pictures; }
  sheet(number) { // decoded when it is first seen
    if (!this.addresses.has(number))
      this.addresses.set(number, URL.createObjectURL(new Blob([this.bytes(this.sheets[number])], { type: "image/webp" })));
    return this.addresses.get(number);
  }
  /* All rows sorted by a column, made once: numbers fall, names and ids rise. */
  order(name) {
    if (!this.orders.has(name)) {
      const rows = Uint32Array.from(this.place);
      if (name === "place") rows.sort((a, b) => (this.ids[a] < this.ids[b] ? -1 : 1));
      else {
        // Key and row in one number: numbers are sorted many times faster than by a function that compares.
        const values = this[name], rises = name === "given" || name === "suggested", keys = new Float64Array(rows.length);
        const falls = (value) => 65536 - (value === 65535 ? -1 : value);
        for (let row = 0; row < keys.length; row++)
          keys[row] = ((rises ? values[row] + 1 : 0) * 131072 + falls(rises ? this.p[row] : values[row])) * 65536 + row;
        keys.sort();
        for (let at = 0; at < keys.length; at++) rows[at] = keys[at] % 65536;
      }
      this.orders.set(name, rows);
    }
    return this.orders.get(name);
  }
}

const picture = (examples, row, size) => {
  const made = element("span", { class: "picture" });
  made.style.width = made.style.height = `${size}rem`;
  if (!examples.hasPicture(row)) return made;
  const across = examples.across, tile = row % (across * across);
  made.style.backgroundImage = `url(${examples.sheet(Math.floor(row / (across * across)))})`;
  made.style.backgroundSize = `${across * 100}%`;
  made.style.backgroundPosition = `${((tile % across) / (across - 1)) * 100}% ${(Math.floor(tile / across) / (across - 1)) * 100}%`;
  return made;
};

const marksExplained = (examples, row, words) => (examples.marked[row] ?? []).length
  ? [element("p", { class: "small" }, `${words} ${examples.suggestedName(row)} and against ${examples.givenName(row)}.`)] : [];
const cells = (examples, row, most) => {
  const marked = examples.marked[row] ?? [], values = examples.cells[row] ?? [];
  // What is unusual comes first where there is no room for all.
  const order = [...values.keys()].sort((a, b) => marked.includes(examples.header[b]) - marked.includes(examples.header[a]) || a - b).slice(0, most);
  return element("span", { class: "cells" }, ...order.flatMap((at) => [element("span", { class: "name" }, examples.header[at]),
    marked.includes(examples.header[at]) ? element("mark", { dir: "auto" }, values[at]) : element("span", { dir: "auto" }, values[at])]));
};

/* What stands in a tile, in the detail and for a neighbour, by the kind of the examples; what is searched beside the id;
   and how wide and high tiles are (in rem). */
const TILES = {
  picture: {
    measures: (size) => [Math.max(8.6, 4.5 * size + 1.4), 4.5 * size + 3.9],
    small: (examples, row, size) => [picture(examples, row, 4.5 * size)],
    large: (examples, row) => [picture(examples, row, 12)],
    near: (examples, row) => (examples.hasPicture(row) ? [picture(examples, row, 3.2)] : []),
    searched: () => [],
  },
  text: {
    measures: (size) => [11 + 11 * size, 4.3 + 3.1 * size],
    small: (examples, row, size) => [excerpt(examples.texts[row] ?? "", 3 * size)],
    large: (examples, row) => [element("p", { class: "whole", dir: "auto" }, ...withMarks(examples.texts[row] ?? "", examples.marked[row] ?? [])),
      ...marksExplained(examples, row, "Marked: words that speak for")],
    near: (examples, row) => [excerpt(examples.texts[row] ?? "", 2)],
    searched: (examples, row) => [examples.texts[row] ?? ""],
  },
  row: {
    measures: (size) => [17, 3.8 + 4.6 * size],
    small: (examples, row, size) => [cells(examples, row, 4 * size)],
    large: (examples, row) => [cells(examples, row, examples.header.length), ...((examples.marked[row] ?? []).length ? [element("p", { class: "small" }, "Marked: values that are unusual in their column.")] : [])],
    near: (examples, row) => [excerpt((examples.cells[row] ?? []).map((value, at) => `${examples.header[at]} ${value}`).join(", "), 2)],
    searched: (examples, row) => examples.cells[row] ?? [],
  },
  plain: {
    measures: (size) => [7 + 6 * size, 4.9],
    small: (examples, row) => [element("span", { class: "excerpt id" }, examples.ids[row])],
    large: () => [],
    near: () => [],
    searched: () => [],
  },
};
const excerpt = (text, lines) => Object.assign(element("span", { class: "excerpt", dir: "auto" }, text), { style: `-webkit-line-clamp:${Math.floor(lines)}` });

const labelsOf = (examples, row) => {
  const given = examples.givenName(row), suggested = examples.suggestedName(row);
  return given === suggested
    ? [element("b", {}, given)]
    : [element("s", {}, given), " → ", element("b", {}, suggested)];
};

const tile = (examples, row, size = 1) => {
  const verdict = examples.verdictName(row), given = examples.givenName(row), suggested = examples.suggestedName(row);
  const said = given === suggested ? `labelled ${given}` : `labelled ${given}, more likely ${suggested}`;
  const name = `${examples.ids[row]}: ${said}; wrong: ${examples.wrong(row)}; ${verdict}`;
  return element("button", { type: "button", class: `tile of-${examples.kind} v-${verdict}`, "data-row": row, "aria-label": name, title: examples.ids[row] },
    ...TILES[examples.kind].small(examples, row, size),
    element("span", { class: "labels" }, ...labelsOf(examples, row)),
    element("span", { class: "facts" }, element("span", { class: "sign" }, verdict), element("span", {}, examples.wrong(row))));
};
