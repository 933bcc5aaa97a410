"use strict";
/* The points of a map: a click shows one; the keyboard stops at the map once, and arrows go from point to point. */
const walkPoints = (map, show, open = show) => {
  const dots = [...map.querySelectorAll(".dot")];
  let chosen = null;
  const choose = (dot) => {
    chosen?.classList.remove("chosen");
    chosen = dot;
    dot.classList.add("chosen");
    show(dot);
  };
  map.addEventListener("click", (event) => { if (event.target.dataset.point) choose(event.target); });
  if (dots.length) dots[0].setAttribute("tabindex", "0");
  map.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = dots.indexOf(event.target);
    if (at < 0) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(event.target); open(event.target); }
    if (!step) return;
    event.preventDefault();
    const next = dots[(at + step + dots.length) % dots.length];
    event.target.removeAttribute("tabindex");
    next.setAttribute("tabindex", "0");
    next.focus();
    choose(next);
  });
};
