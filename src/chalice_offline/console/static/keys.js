// The keyboard: what each key does in the view that is shown.

import { h } from "./dom.js";

const HELP = [
  ["j  k  ↓  ↑", "next, previous"],
  ["Enter", "open"],
  ["Esc", "back, close"],
  ["/", "search"],
  ["r", "read anew"],
  ["?", "these keys"],
];

const OURS = /^([jkr/?1-9]|ArrowDown|ArrowUp|Home|Enter|Escape)$/;

/** Listen for keys. `view()` gives the present view's own: {move, open, back, search, reload}; `views` are
    [address, name, letter]. A key that comes while a view is on its way, which `arrive()` tells, is that view's. */
export function listen(view, views, go, arrive) {
  const to = (found) => (found ? done(go(found[0])) : false);
  const act = (key, event) => {
    if (key === "?") return done(help(views));
    return /^[1-9]$/.test(key) ? to(views[Number(key) - 1]) : inView(key, view() ?? {}, event);
  };
  addEventListener("pointerdown", () => expect(false));
  addEventListener("blur", () => expect(false));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const field = event.target.closest("input, textarea, select");
    if (field) {
      if (event.key === "Escape") field.blur();
      else if (event.key === "Enter" && field.type === "search") {
        field.blur();
        view()?.move?.(view()?.chosen?.() >= 0 ? 0 : 1);
      }
      return;
    }
    if (isExpected()) { // the letter of a view, or any other key, which ends it
      if (event.key === "Shift") return;
      expect(false);
      to(views.find(([,, letter]) => letter === event.key.toLowerCase()));
      event.preventDefault();
      return;
    }
    if (event.key === "g") {
      expect(true);
      event.preventDefault();
      return;
    }
    const arriving = arrive();
    if (arriving && OURS.test(event.key)) {
      event.preventDefault();
      arriving.then(() => act(event.key, event));
    } else if (act(event.key, event)) event.preventDefault();
  });
}

// After `g` a letter is expected, however long it takes: the views show theirs meanwhile.
const expect = (yes) => document.body.classList.toggle("going", yes);
const isExpected = () => document.body.classList.contains("going");

function inView(key, view, event) {
  if (key === "j" || key === "ArrowDown") return done(move(view, 1));
  if (key === "k" || key === "ArrowUp") return done(move(view, -1));
  if (key === "Home" && view.move) return done(view.move(-1e9));
  if (key === "Enter" && !event.target.closest("button, a, summary")) return done(view.open?.());
  if (key === "Escape") return done(view.back?.());
  if (key === "/") return done(view.search?.());
  if (key === "r") return done(view.reload?.());
  return false;
}

const done = () => true;

/** Go to the next row; in a view that has no rows of its own, to the next thing that Enter does something with. */
function move(view, step) {
  if (view.move && view.rows?.length !== 0) return view.move(step);
  const things = [...document.querySelectorAll("#main a.line, #main summary, #main button, #main tr[tabindex], #main .node")].filter((one) => one.getClientRects().length);
  const at = things.indexOf(document.activeElement);
  const next = things[at < 0 ? (step > 0 ? 0 : things.length - 1) : Math.min(things.length - 1, Math.max(0, at + step))];
  next?.focus();
  return next?.scrollIntoView({ block: "nearest" });
}

/** Show the keys. */
export function help(views) {
  const keys = (pressed) => h("dt", pressed.map((one) => h("kbd", one)));
  const dialog = h("dialog.help", { "aria-label": "Keys" },
    h("h2", "Keys"),
    h("dl", HELP.map(([pressed, what]) => [keys(pressed.split("  ")), h("dd", what)])),
    h("h2", "Views"),
    h("dl.views", views.map(([, name, letter], at) => [keys(["g", letter]), h("dd", name, at < 9 && h("small", " or ", h("kbd", String(at + 1))))])),
    h("form", { method: "dialog" }, h("button", { autofocus: true }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
