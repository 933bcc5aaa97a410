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
  let chosen = null;
  const show = (dot) => {
    if (chosen) chosen.classList.remove("chosen");
    chosen = dot;
    dot.classList.add("chosen");
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
  if (map) {
    map.addEventListener("click", (event) => { if (event.target.dataset.point) show(event.target); });
    // One stop for the keyboard, arrows go from point to point.
    const dots = [...map.querySelectorAll(".dot")];
    if (dots.length) dots[0].setAttribute("tabindex", "0");
    map.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const at = dots.indexOf(event.target);
      if (at < 0) return;
      if (event.key === "Enter" || event.key === " ") { show(event.target); event.preventDefault(); }
      if (!step) return;
      event.preventDefault();
      const next = dots[(at + step + dots.length) % dots.length];
      event.target.removeAttribute("tabindex");
      next.setAttribute("tabindex", "0");
      next.focus();
      show(next);
    });
  }
})();
