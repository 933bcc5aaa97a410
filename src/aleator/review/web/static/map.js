"use strict";
(() => {
  const map = document.querySelector(".map"), looked = document.getElementById("looked");
  if (!map) return;
  const rows = page.setup.rows, dots = [...map.querySelectorAll(".dot")];
  let chosen = null;
  const addressOf = (dot) => `${base}/example/${rows[Number(dot.dataset.point)]}`;
  const show = (dot) => {
    chosen?.classList.remove("chosen");
    chosen = dot;
    dot.classList.add("chosen");
    const row = rows[Number(dot.dataset.point)], text = dot.querySelector("title").textContent;
    const image = page.make("img", { src: `${base}/picture/320/${row}`, alt: "" });
    image.addEventListener("error", () => image.remove());
    looked.replaceChildren(image, page.make("p", { className: "small", textContent: text }), page.make("a", { className: "button", href: addressOf(dot), textContent: "Open" }));
  };
  map.addEventListener("click", (event) => { if (event.target.dataset.point) show(event.target); });
  if (dots.length) dots[0].setAttribute("tabindex", "0");
  map.addEventListener("keydown", (event) => {
    const at = dots.indexOf(event.target), step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0) return;
    if (event.key === "Enter") location.assign(addressOf(event.target));
    if (!step) return;
    event.preventDefault();
    const next = dots[(at + step + dots.length) % dots.length];
    event.target.removeAttribute("tabindex");
    next.setAttribute("tabindex", "0");
    next.focus();
    show(next);
  });
})();
