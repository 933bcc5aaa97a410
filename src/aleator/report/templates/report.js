"use strict";
(() => {
  // The page reads well without any of this: it only adds filters, the map's pictures and a switch of colours.
  const root = document.documentElement, theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const filters = document.querySelector(".filters");
  if (filters) {
    filters.hidden = false;
    filters.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      for (const other of filters.children) other.setAttribute("aria-pressed", String(other === button));
      for (const card of document.querySelectorAll("#suspects .card"))
        card.hidden = button.dataset.filter !== "" && card.dataset.given !== button.dataset.filter;
    });
  }

  const points = JSON.parse(document.getElementById("points").textContent);
  const looked = document.getElementById("looked"), map = document.querySelector(".map");
  const show = (dot) => {
    const point = points[Number(dot.dataset.point)];
    const text = document.createElement("div");
    for (const line of point.lines) {
      const row = document.createElement("p");
      row.className = "small";
      row.textContent = line;
      text.append(row);
    }
    looked.replaceChildren(text);
    if (point.picture) {
      const picture = new Image();
      picture.src = point.picture;
      picture.alt = point.title;
      looked.prepend(picture);
    }
  };
  if (map) walkPoints(map, show);
})();
