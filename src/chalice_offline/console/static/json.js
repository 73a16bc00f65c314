// JSON as a text with its parts told apart, and what is long folded.

import { h } from "./dom.js";
import { pretty } from "./format.js";

const PART = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONGEST = 40_000;

/** Show a JSON value. */
export function json(value) {
  let text = pretty(unfolded(value, 0));
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

/** Read JSON that is carried as text, so that it is shown as what it is. */
function unfolded(value, depth) {
  if (depth > 6) return value;
  if (typeof value === "string" && /^\s*[[{]/.test(value)) {
    try {
      return unfolded(JSON.parse(value), depth + 1);
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map((one) => unfolded(one, depth + 1));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unfolded(one, depth + 1)]));
  }
  return value;
}
