// JSON that is carried as text, opened to be edited and closed again: bodies, messages, payloads.

import { isNumber } from "./exact.js";
import { parsed } from "./format.js";

const DEEPEST = 6; // texts within texts

/** Return a copy in which texts that hold a JSON object or list are what they hold. */
export function opened(value, depth = 0) {
  if (typeof value === "string") {
    const inside = depth < DEEPEST ? parsed(value) : undefined;
    return inside === undefined ? value : opened(inside, depth + 1);
  }
  if (Array.isArray(value)) return value.map((one) => opened(one, depth));
  if (value && typeof value === "object" && !isNumber(value)) return mapped(value, (one) => opened(one, depth));
  return value;
}

/** Return what was edited with texts where the original has texts; what was not changed is as it was, to
    the last blank: a signature may be over it. */
export function closed(edited, original, depth = 0) {
  if (typeof original === "string") {
    const inside = depth < DEEPEST ? parsed(original) : undefined;
    if (inside === undefined || typeof edited === "string") return edited;
    const whole = closed(edited, inside, depth + 1);
    return JSON.stringify(whole) === JSON.stringify(inside) ? original : JSON.stringify(whole);
  }
  if (Array.isArray(edited)) return edited.map((one, at) => closed(one, Array.isArray(original) ? original[at] : undefined, depth));
  if (edited && typeof edited === "object" && !isNumber(edited)) {
    const before = original && typeof original === "object" ? original : {};
    return mapped(edited, (one, name) => closed(one, before[name], depth));
  }
  return edited;
}

const mapped = (value, change) => Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one, name)]));
