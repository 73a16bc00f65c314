// A list of any length of which only the rows in sight are elements.

import { h } from "./dom.js";

const BEYOND = 12; // rows kept above and below what is in sight

export class List {
  /** `row(item)` makes an element; `key(item)` tells items apart; `more()` is asked for at the end. */
  constructor({ row, key, height, more, opened }) {
    this.items = [];
    this.chosen = -1;
    this.row = row;
    this.key = key;
    this.height = height;
    this.more = more;
    this.opened = opened;
    this.rows = new Map();
    this.space = h("div.space");
    this.element = h("div.list", { role: "listbox", tabindex: "0", "aria-label": "Runs" }, this.space);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.seen = new ResizeObserver(() => this.draw());
    this.seen.observe(this.element);
  }

  /** Put a row of names above, which stays in sight. */
  head(names) {
    this.names = names;
    this.element.prepend(names);
  }

  /** Show other items. `kept` says how many came above, so that what is read stays in place. */
  show(items, cameAbove = 0) {
    const chosen = this.items[this.chosen];
    this.items = items;
    if (chosen) this.chosen = this.chosen + cameAbove;
    const height = this.height();
    this.space.style.height = `${items.length * height}px`;
    if (cameAbove && this.element.scrollTop > height) {
      this.element.scrollTop += cameAbove * height;
    }
    this.draw(true);
  }

  draw(anew = false) {
    const height = this.height();
    const top = this.element.scrollTop;
    const first = Math.max(0, Math.floor(top / height) - BEYOND);
    const last = Math.min(this.items.length, Math.ceil((top + this.element.clientHeight) / height) + BEYOND);
    const wanted = new Map();
    for (let place = first; place < last; place++) wanted.set(this.key(this.items[place]), place);
    for (const [key, row] of this.rows) {
      if (anew || !wanted.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    }
    for (const [key, place] of wanted) {
      let row = this.rows.get(key);
      if (!row) {
        row = this.row(this.items[place]);
        row.setAttribute("role", "option");
        this.rows.set(key, row);
        this.space.append(row);
      }
      row.style.transform = `translateY(${place * height}px)`;
      row.dataset.place = place;
      row.setAttribute("aria-selected", place === this.chosen ? "true" : "false");
    }
    if (last > this.items.length - 3 * BEYOND) this.more?.();
  }

  /** Choose the row so many further down. */
  move(step) {
    if (!this.items.length) return;
    this.chosen = Math.min(this.items.length - 1, Math.max(0, this.chosen + step));
    const height = this.height();
    const top = this.chosen * height;
    const area = this.element;
    if (top < area.scrollTop) area.scrollTop = top;
    else {
      const inSight = area.clientHeight - (this.names?.offsetHeight ?? 0);
      if (top + height > area.scrollTop + inSight) area.scrollTop = top + height - inSight;
    }
    this.draw();
  }

  /** Open the chosen row. */
  open() {
    const item = this.items[this.chosen];
    if (item) this.opened(item);
  }

  clicked(event) {
    const row = event.target.closest("[data-place]");
    if (!row) return;
    this.chosen = Number(row.dataset.place);
    this.draw();
    this.open();
  }
}
