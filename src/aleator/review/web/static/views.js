"use strict";
// What is shown of an example, by the kind of data: large on the desk, small in a tile. The server's part is contents.py.
page.picture = (row, side) => `${pictureBase}/${side}/${row}`;
page.views = {
  images: {
    large(card) {
      const image = page.make("img", { alt: `Example ${card.id}`, src: page.picture(card.row, 512) });
      image.addEventListener("error", () => image.replaceWith(page.make("p", { className: "none", textContent: "This picture cannot be read." })));
      image.decode().catch(() => {}); // so that it is there when its turn comes
      return image;
    },
    small: (tile, side = 96) => page.make("img", { src: page.picture(tile.row, side), alt: "", loading: "lazy", draggable: false }),
  },
  features: {
    large: (card) => page.make("p", { className: "id", textContent: `${card.content.values.join(", ")} …` }),
    small: (tile) => page.make("span", { className: "id", textContent: tile.id }),
  },
  texts: {
    large: (card) => page.make("p", { className: "words", dir: "auto" }, ...withMarks(card.content.text, card.content.marked ?? [])),
    small: (tile) => page.make("span", { className: "words", dir: "auto", textContent: tile.content.text.slice(0, 1000) }),
  },
  table: {
    large: (card) => page.cells(card.content.cells, card.content.marked),
    small: (tile) => page.cells(tile.content.cells.slice(0, 12)),
  },
};
page.cells = (cells, marked = []) => page.make("dl", { className: "cells" },
  ...cells.flatMap(([name, value]) => [page.make("dt", { textContent: name }),
    page.make("dd", { dir: "auto" }, marked.includes(name) ? page.make("mark", { textContent: value }) : value)]));
page.large = (card) => page.views[card.content.kind].large(card);
page.small = (tile, side) => page.views[tile.content.kind].small(tile, side);
page.tagsOf = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];
