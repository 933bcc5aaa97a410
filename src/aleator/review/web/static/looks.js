"use strict";
(() => {
  const plane = document.getElementById("plane");
  if (!plane) return;
  const byId = (id) => document.getElementById(id);
  const { names, verdicts } = page.setup;
  const pen = plane.getContext("2d"), EDGE = 12, CORNERS = 60;
  let points = { x: [], y: [], v: [], g: [], s: [] }, path = [], drawing = false, circle = { x: 0.5, y: 0.5, r: 0.08 };
  const toX = (x) => EDGE + x * (plane.width - 2 * EDGE), toY = (y) => EDGE + (1 - y) * (plane.height - 2 * EDGE);
  const colourOf = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  const hue = (label, of) => (label < 0 ? colourOf("--line") : `hsl(${Math.round((360 * label) / of)} 60% ${label % 2 ? 42 : 58}%)`);

  function palette() {
    if (byId("colour").value === "v") return verdicts.map((name) => [name, colourOf(`--${name}`)]);
    return names.map((name, label) => [name, hue(label, names.length)]);
  }

  // A verdict has a shape too, for those who do not tell the colours apart: as on the map by doubt.
  const corners = { mistake: [0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0], ambiguous: [-1, -1, 1, -1, 1, 1, -1, 1], unfamiliar: [0, -1.2, 1.2, 1, -1.2, 1], conflict: [0, 1.2, -1.2, -1, 1.2, -1] };
  function drawPoint(x, y, size, verdict) {
    pen.beginPath();
    const shape = corners[verdict];
    if (!shape) pen.arc(x, y, size, 0, 7);
    else for (let at = 0; at < shape.length; at += 2) pen.lineTo(x + size * shape[at], y + size * shape[at + 1]);
    pen.fill();
  }

  function draw() {
    const byVerdict = byId("colour").value === "v", colours = palette(), which = points[byId("colour").value] ?? points.s;
    pen.clearRect(0, 0, plane.width, plane.height);
    const size = points.x.length > 5000 ? 2.4 : points.x.length > 1000 ? 4 : 6;
    pen.globalAlpha = 0.75;
    points.x.forEach((x, place) => {
      pen.fillStyle = colours[which[place]]?.[1] ?? colourOf("--soft");
      drawPoint(toX(x / 1000), toY(points.y[place] / 1000), size, byVerdict ? verdicts[which[place]] : "ok");
    });
    pen.globalAlpha = 1;
    if (path.length > 1) {
      pen.strokeStyle = colourOf("--ink");
      pen.lineWidth = 3;
      pen.beginPath();
      path.forEach(([x, y], place) => pen[place ? "lineTo" : "moveTo"](toX(x), toY(y)));
      pen.closePath();
      pen.stroke();
    }
    byId("legend").replaceChildren(...colours.slice(0, 20).map(([name, colour]) => {
      const item = page.make("span", { className: byVerdict ? `key v-${name}` : "key", textContent: name }), dot = page.make("i");
      dot.style.background = colour;
      item.prepend(dot);
      return item;
    }));
  }

  const inside = (x, y) => path.reduce((odd, [x1, y1], place) => {
    const [x2, y2] = path[(place + 1) % path.length];
    return (y1 > y) !== (y2 > y) && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1 ? !odd : odd;
  }, false);

  function chosen() {
    const count = points.x.filter((x, place) => inside(x / 1000, points.y[place] / 1000)).length;
    const step = Math.ceil(path.length / CORNERS), corners = path.filter((_, place) => place % step === 0);
    const open = byId("open");
    open.hidden = corners.length < 3 || !count;
    open.href = `${base}/grid?lasso=${corners.flat().map((one) => one.toFixed(3)).join(",")}&state=all`;
    byId("count").textContent = `${count.toLocaleString("en")} of ${points.x.length.toLocaleString("en")} points are inside.`;
    page.say(byId("count").textContent);
  }

  const at = (event) => {
    const box = plane.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * plane.width, y = ((event.clientY - box.top) / box.height) * plane.height;
    const between = (value) => Math.min(Math.max(value, 0), 1);
    return [between((x - EDGE) / (plane.width - 2 * EDGE)), between(1 - (y - EDGE) / (plane.height - 2 * EDGE))];
  };
  plane.addEventListener("pointerdown", (event) => { drawing = true; path = [at(event)]; plane.setPointerCapture(event.pointerId); });
  plane.addEventListener("pointermove", (event) => { if (drawing) { path.push(at(event)); draw(); } });
  plane.addEventListener("pointerup", () => { drawing = false; draw(); chosen(); });

  function around() {
    path = Array.from({ length: 24 }, (_, place) => {
      const turn = (place / 24) * 2 * Math.PI;
      return [circle.x + circle.r * Math.cos(turn), circle.y + circle.r * Math.sin(turn)].map((one) => Math.min(Math.max(one, 0), 1));
    });
    draw();
    chosen();
  }
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  plane.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (move) { circle.x = Math.min(Math.max(circle.x + 0.03 * move[0], 0), 1); circle.y = Math.min(Math.max(circle.y + 0.03 * move[1], 0), 1); }
    else if (event.key === "+" || event.key === "-") circle.r = Math.min(Math.max(circle.r * (event.key === "+" ? 1.25 : 0.8), 0.01), 0.7);
    else if (event.key === "Enter" && !byId("open").hidden) { location.assign(byId("open").href); return; }
    else return;
    event.preventDefault();
    around();
  });
  byId("colour").addEventListener("change", draw);
  byId("theme").addEventListener("click", draw);
  page.get("/api/looks").then((found) => {
    points = found;
    byId("count").textContent = `${points.x.length.toLocaleString("en")} points of ${found.examples.toLocaleString("en")} examples.`;
    plane.dataset.drawn = "yes";
    draw();
  }).catch((error) => page.trouble(error.message));
})();
