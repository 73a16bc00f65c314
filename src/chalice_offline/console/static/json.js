// JSON as a text with its parts told apart, and what is long folded.

import { h } from "./dom.js";
import { opened } from "./folded.js";
import { pretty } from "./format.js";

const PART = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONGEST = 40_000;

/** Show a JSON value. */
export function json(value) {
  let text = pretty(opened(value));
  const cut = text.length > LONGEST;
  if (cut) text = text.slice(0, LONGEST);
  const made = h("pre.json");
  let end = 0;
  for (const found of text.matchAll(PART)) {
    if (found.index > end) made.append(text.slice(end, found.index));
    const kind = found[2] !== undefined ? "name" : found[1] ? "text" : found[3] ? "word" : "number";
    made.append(h("span", { class: kind }, found[1] ?? found[0]), found[2] ?? "");
    end = found.index + found[0].length;
  }
  made.append(text.slice(end), cut ? "\n…" : "");
  return made;
}

/** Show a JSON value in a line: a pattern, a policy. */
export function inline(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return h("code.inline", text.length > 600 ? `${text.slice(0, 600)}…` : text);
}
