// Instants, durations, numbers and JSON, as people read them.

import { parse } from "./exact.js";

const two = (number) => String(number).padStart(2, "0");

/** 14:03:22.123, in UTC as in the terminal, in what handlers log and in cron expressions. */
export function clock(ms) {
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
}

/** The date and the clock. */
export function instant(ms) {
  const at = new Date(ms);
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${clock(ms)}`;
}

/** 12 ms, 3.2 s, 4 min 5 s, 2 h 3 min, 5 min. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1).replace(/\.?0+$/, "")} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return parts(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? parts(hours, "h", minutes % 60, "min") : `${Math.floor(hours / 24)} days`;
}

const parts = (many, unit, few, smaller) => `${many} ${unit}${few ? ` ${few} ${smaller}` : ""}`;

/** in 5 min, 3 s ago. */
export function relative(ms, now) {
  const off = ms - now;
  return off >= 0 ? `in ${duration(off)}` : `${duration(-off)} ago`;
}

export const count = (number) => (number ?? 0).toLocaleString("en");

/** 1 run, 2,000 runs: for words whose plural is made by an s. */
export const many = (number, one) => `${count(number)} ${one}${number === 1 ? "" : "s"}`;

/** The name at the end of an ARN or a URL. */
export const short = (arn) => String(arn).split(/[:/]/).pop();

/** A text as JSON when it is some, indented; else as it is. */
export function pretty(value) {
  if (typeof value === "string") {
    const inside = parsed(value);
    return inside === undefined ? value : JSON.stringify(inside, null, 2);
  }
  return JSON.stringify(value, null, 2) ?? "";
}

const DEEPEST = 200; // levels: what nests deeper is nobody's data, and indented it would fill the memory

/** Return the object or list that a text holds as JSON; undefined when it holds none. */
export function parsed(text) {
  if (!/^\s*[[{]/.test(text) || isDeep(text)) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function isDeep(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at) | 32; // [ and { differ in one bit, ] and } too
    if (code === 123 && ++depth > DEEPEST) return true;
    if (code === 125) depth--;
  }
  return false;
}
