"use strict";
(() => {
  const map = document.querySelector(".map"), looked = document.getElementById("looked");
  if (!map) return;
  const rowOf = (dot) => page.setup.rows[Number(dot.dataset.point)];
  const addressOf = (dot) => `${base}/example/${rowOf(dot)}`;
  const show = (dot) => {
    const text = dot.querySelector("title").textContent;
    const image = page.setup.kind === "images" ? [page.make("img", { src: page.picture(rowOf(dot), 320), alt: "" })] : [];
    image[0]?.addEventListener("error", () => image[0].remove());
    looked.replaceChildren(...image, page.make("p", { className: "small", textContent: text }), page.make("a", { className: "button", href: addressOf(dot), textContent: "Open" }));
  };
  walkPoints(map, show, (dot) => location.assign(addressOf(dot)));
})();
