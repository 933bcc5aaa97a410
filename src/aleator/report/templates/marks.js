"use strict";
/* Words in a text that speak against its label: for the report and for the review page. */
const mark = (text) => Object.assign(document.createElement("mark"), { textContent: text });
/* A text with its marked words in <mark>; they are in small letters, as the learner saw them. */
const withMarks = (text, words) => {
  if (!words.length) return [text];
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ /g, "[^\\p{L}\\p{N}]*"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${escaped.sort((a, b) => b.length - a.length).join("|")})(?![\\p{L}\\p{N}])`, "giu");
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    parts.push(text.slice(from, found.index), mark(found[0]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
};
