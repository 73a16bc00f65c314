// JSON of which no number is lost: one that JavaScript has not got stays as it was written.

const DIGITS = 15; // so many every number keeps

/** Read JSON. A browser that tells nobody how a number was written (before 2025, but Chromium) rounds it. */
export const parse = (text) => JSON.parse(text, kept);

function kept(_name, value, context) {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || !JSON.rawJSON || String(value) === source) return value;
  const digits = source.replace(/[eE].*/, "").replace(/\D/g, "").replace(/^0+/, "").length;
  const isLost = digits > DIGITS || !Number.isFinite(value) || (value === 0 && digits > 0); // 1e400, 1e-400
  return isLost ? JSON.rawJSON(source) : value;
}

/** Whether a value is such a number: an object that is nothing but its text. */
export const isNumber = (value) => JSON.isRawJSON?.(value) ?? false;
