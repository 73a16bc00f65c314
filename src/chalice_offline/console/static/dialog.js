// Forms in a dialog: fields by name, one button that does it, and what came of it.

import { h, fill, toast } from "./dom.js";
import { parse } from "./exact.js";
import { pretty } from "./format.js";

/**
 * Ask for fields and do something with them.
 * A field is {name, label, value, kind: "text" | "json" | "area" | "number" | "choice" | "flag", choices, hint,
 * changed(value, inputs by name)}.
 */
export function ask(title, fields, verb, act) {
  const inputs = fields.map(input);
  const byName = Object.fromEntries(fields.map((field, place) => [field.name, inputs[place]]));
  fields.forEach((field, place) => field.changed && inputs[place].addEventListener("change", () => field.changed(inputs[place].value, byName)));
  const told = h("div.told", { hidden: true });
  const button = h("button.main", { type: "submit" }, verb);
  const form = h("form",
    h("h2", title),
    fields.map((field, place) => h("label", { class: field.kind === "flag" ? "flag" : "" },
      h("span", field.label ?? field.name), inputs[place], field.hint && h("small", field.hint))),
    told,
    h("div.buttons", h("button", { type: "button", onclick: () => dialog.close() }, "Close"), button));
  const dialog = h("dialog", { "aria-label": title }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const values = Object.fromEntries(fields.map((field, place) => [field.name, read(field, inputs[place])]));
      const answer = await act(values);
      if (answer === undefined) dialog.close();
      else show(told, answer instanceof Node ? answer : h("pre", pretty(answer)), false);
    } catch (error) {
      show(told, h("pre", error.message), true);
    }
    button.disabled = false;
  });
  dialog.addEventListener("click", (event) => { if (event.target.closest("a")) dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function show(told, what, bad) {
  told.hidden = false;
  told.classList.toggle("bad", bad);
  fill(told, what);
  told.scrollIntoView({ block: "nearest" });
}

function input(field) {
  const common = { name: field.name, required: field.required };
  if (field.kind === "choice") {
    return h("select", common, field.choices.map((one) => h("option", { value: one, selected: one === field.value }, one)));
  }
  if (field.kind === "flag") return h("input", { ...common, type: "checkbox", checked: field.value });
  if (field.kind === "json" || field.kind === "area") {
    const text = field.kind === "json" ? pretty(field.value ?? {}) : field.value ?? "";
    const rows = Math.min(18, Math.max(4, text.split("\n").length));
    return h("textarea", { ...common, rows, spellcheck: "false", value: text });
  }
  return h("input", { ...common, type: field.kind === "number" ? "number" : "text", step: "any", value: field.value ?? "" });
}

function read(field, made) {
  if (field.kind === "flag") return made.checked;
  if (field.kind === "number") return made.value === "" ? undefined : Number(made.value);
  if (field.kind === "json") {
    try {
      return parse(made.value || "{}");
    } catch (error) {
      throw new Error(`${field.label ?? field.name} is no JSON: ${error.message}`);
    }
  }
  return made.value === "" && !field.required ? undefined : made.value;
}

/** Show something whole. */
export function look(title, ...content) {
  const dialog = h("dialog", { "aria-label": title }, h("form", { method: "dialog" },
    h("h2", title), h("div", content), h("div.buttons", h("button", { autofocus: true }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Ask whether something is meant, then do it. */
export function confirm(title, verb, act) {
  ask(title, [], verb, async () => {
    toast(await act());
  });
}
