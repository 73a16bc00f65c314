// Instants, durations, numbers and JSON, as people read them.

const two = (number) => String(number).padStart(2, "0");

/** 14:03:22.123, on the reader's own clock. */
export function clock(ms) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** The date and the clock. */
export function instant(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(ms)}`;
}

/** 12 ms, 3.2 s, 4 min 5 s, 2 h 3 min. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1).replace(/\.?0+$/, "")} s`;
  const minutes = Math.floor(ms / 60000);
  if (minutes < 120) return `${minutes} min ${Math.round((ms % 60000) / 1000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** in 5 min, 3 s ago. */
export function relative(ms, now) {
  const off = ms - now;
  return off >= 0 ? `in ${duration(off)}` : `${duration(-off)} ago`;
}

export const count = (number) => (number ?? 0).toLocaleString("en");

/** The name at the end of an ARN or a URL. */
export const short = (arn) => String(arn).split(/[:/]/).pop();

/** A text as JSON when it is some, indented; else as it is. */
export function pretty(value) {
  if (typeof value === "string") {
    const parsed = parse(value);
    return parsed === undefined ? value : JSON.stringify(parsed, null, 2);
  }
  return JSON.stringify(value, null, 2) ?? "";
}

function parse(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
