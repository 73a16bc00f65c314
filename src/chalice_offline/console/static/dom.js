// Elements, made of tags, properties and children. A text is always a text node: what is shown
// comes from requests of strangers, and nothing here ever reads it as HTML.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "rect", "circle", "text", "line", "title", "tspan"]);

/** Make an element: h("a.name", {href, onclick, class, data-x}, ...children). */
export function h(spec, ...rest) {
  const [tag, ...classes] = spec.split(".");
  const made = SVG_TAGS.has(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag || "div");
  if (classes.length) made.setAttribute("class", classes.join(" "));
  const given = rest[0];
  if (given && typeof given === "object" && !Array.isArray(given) && !(given instanceof Node)) {
    set(made, rest.shift());
  }
  add(made, rest);
  return made;
}

function set(made, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.setAttribute("class", `${made.getAttribute("class") || ""} ${value}`.trim());
    else if (name === "value" || name === "checked" || name === "selected") made[name] = value;
    else if (name === "href" && !isSafe(String(value))) continue;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Links lead within this page only. */
function isSafe(href) {
  return href.startsWith("#") || href.startsWith("api/");
}

function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(parent, child);
    else parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Put children in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Return an element by its id. */
export const byId = (id) => document.getElementById(id);

/** Say something for a few seconds. */
export function toast(text, kind = "") {
  const made = h("p.toast", { class: kind }, text);
  byId("toasts").append(made);
  setTimeout(() => made.remove(), kind === "bad" ? 9000 : 4000);
}
