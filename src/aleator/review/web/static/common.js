"use strict";
// What all pages share: the switch of colours, requests that are tried again, the headway in the page's head.
const base = document.body.dataset.base;
const pictureBase = document.body.dataset.pictures; // named after the data: pictures of others are never shown again
const page = {
  setup: JSON.parse(document.getElementById("setup")?.textContent ?? "null"),
  formToken: document.querySelector("meta[name=form-token]").content,

  make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value; else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  },

  // A share as a bar; text beside it says the same to those who do not see it.
  bar(share, kind = "") {
    const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", `bar ${kind}`);
    svg.setAttribute("viewBox", "0 0 100 10");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    for (const [name, width] of [["empty", 100], ["full", 100 * share]]) {
      const part = document.createElementNS(space, "rect");
      part.setAttribute("class", name);
      part.setAttribute("width", width);
      part.setAttribute("height", 10);
      svg.append(part);
    }
    return svg;
  },

  percent(share) {
    return share >= 0.995 ? "over 99%" : share < 0.005 ? "under 1%" : `${Math.round(100 * share)}%`;
  },

  // crypto.randomUUID is only there over HTTPS and on this machine.
  uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [8, 12, 16, 20].reduceRight((all, place) => `${all.slice(0, place)}-${all.slice(place)}`, text);
  },

  async get(path) {
    const answer = await fetch(base + path, { headers: { accept: "application/json" } });
    const content = await answer.json();
    if (!answer.ok) throw new Refused(content.error);
    return content;
  },

  // One after another, so that the log has what was done in the order in which it was done.
  send(path, content) {
    const sent = page.line.then(() => page.deliver(path, content));
    page.line = sent.catch(() => {});
    return sent;
  },
  line: Promise.resolve(),

  // Sends until the server has acknowledged it or refuses it. The content has its uuids, so nothing is stored twice.
  async deliver(path, content) {
    for (let wait = 300; ; wait = Math.min(2 * wait, 5000)) {
      let why = "The server does not answer.";
      try {
        const answer = await fetch(base + path, {
          method: "POST",
          headers: { "content-type": "application/json", "x-form-token": page.formToken },
          body: JSON.stringify(content),
        });
        if (answer.ok) { page.trouble(""); return await answer.json(); }
        if (answer.status === 503) why = (await answer.json()).error || why;  // such as a full disk
        if (answer.status < 500 && answer.status !== 429) throw new Refused((await answer.json()).error);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      page.trouble(`${why} Your decisions are kept here and sent again; leave the page open.`);
      await new Promise((done) => setTimeout(done, wait));
    }
  },

  trouble(text) {
    const place = document.getElementById("trouble");
    if (place) { place.textContent = text; place.hidden = !text; }
  },

  say(text) { document.getElementById("say").textContent = text; },

  status: null,
  showStatus(status) {
    const head = document.getElementById("headway");
    page.status = status;
    if (!head) return;
    const whole = (number) => Math.round(number).toLocaleString("en");
    head.querySelector("[data-figure=reviewed]").textContent = whole(status.reviewed);
    head.querySelector("[data-if=left]").hidden = !status.is_known;
    head.querySelector("[data-figure=left]").textContent = whole(status.left[0]);
    page.showPace(status);
    const next = document.getElementById("next");
    if (next && status.next_expected !== null) next.textContent = Math.round(status.next_expected).toLocaleString("en");
    head.title = status.can_stop ? "Even the high end of what is left is within your target: you can stop here." : "";
    head.classList.toggle("done", status.can_stop);
  },
};
class Refused extends Error {}

// What the next answers should bring, and how many wrong labels one puts right a minute.
page.showPace = ({ next_expected: expected, pace }) => {
  const place = document.getElementById("pace");
  if (!place) return;
  const about = (number) => (number < 10 ? number.toFixed(1) : Math.round(number).toLocaleString("en"));
  const parts = [];
  if (expected !== null) parts.push(`The next 50 answers should find about ${Math.round(expected)} wrong labels.`);
  if (pace.per_minute !== null) parts.push(`You put ${about(pace.per_minute)} labels right a minute (last ${pace.answers} answers, ${pace.seconds.toFixed(1)} s each).`);
  place.textContent = parts.join(" ");
};

// One button a class: its key, its name and, where there is one, its share of the label distribution.
page.choices = (list, labels, choose) => {
  const rows = new Map();
  for (const label of labels) {
    const key = page.setup.keys[label], share = page.make("span", { className: "share" });
    const button = page.make("button", { className: "choice" }, page.make("kbd", { textContent: key ?? "" }),
      page.make("span", { className: "name", textContent: page.setup.names[label] }), share);
    if (key) button.setAttribute("aria-keyshortcuts", key);
    button.addEventListener("click", () => choose(label));
    const item = page.make("li", {}, button);
    list.append(item);
    rows.set(label, { item, button, share });
  }
  return rows;
};

// A key that is meant for the page: not typed into a field, not one of the browser's own.
page.onKey = (handle) => document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  const onControl = event.target.closest("button, a, summary");
  if (onControl && (event.key === "Enter" || event.key === " ") && !onControl.closest(".tiles")) return;
  if (handle(event.key.length === 1 ? event.key.toLowerCase() : event.key, event)) event.preventDefault();
});

{
  const root = document.documentElement, theme = document.getElementById("theme");
  root.dataset.theme = localStorage.getItem("aleator-theme") ?? "";
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("aleator-theme", root.dataset.theme);
  });
  // What is chosen in a list is followed at once, and the next page comes with that list in focus: keys go on from there.
  const CHOSEN = "aleator-chosen", lists = document.querySelectorAll(":is(.sort, .filters, .rates) select[name]");
  for (const list of lists) {
    list.addEventListener("change", () => { sessionStorage.setItem(CHOSEN, list.name); list.form.requestSubmit(); });
    if (list.name === sessionStorage.getItem(CHOSEN)) {
      list.closest("details")?.setAttribute("open", "");
      list.focus({ preventScroll: true });
    }
  }
  sessionStorage.removeItem(CHOSEN);
  for (const form of new Set([...lists].map((list) => list.form))) form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value || (name === "state" && value === "unreviewed")) formData.delete(name); // a short address
  });
  const help = document.getElementById("help"), helpButton = document.getElementById("help-button");
  if (help) {
    helpButton.hidden = false;
    helpButton.addEventListener("click", () => help.showModal());
    help.addEventListener("click", (event) => { if (event.target === help) help.close(); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "?" && !event.target.closest("input, select, textarea, dialog")) { event.preventDefault(); help.showModal(); }
    });
  }
  const ask = () => document.hidden || page.get("/api/status").then((status) => {
    const old = page.status;
    page.showStatus(status);
    if (old && old.version !== status.version) document.dispatchEvent(new Event("judged"));
  }).catch(() => {});
  if (document.getElementById("headway")) { ask(); setInterval(ask, 2000); }
}
