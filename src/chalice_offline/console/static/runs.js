// Runs, newest first, as they happen.

import { get } from "./api.js";
import { h, fill } from "./dom.js";
import { clock, count, duration, many } from "./format.js";
import { List } from "./list.js";

const PAGE = 300;
const OUTCOMES = ["all", "ok", "failed", "running"];

/** The word for an outcome as a class. */
export const tone = (outcome) =>
  ({ ok: "good", error: "bad", exited: "bad", "timed out": "late", "answered badly": "late", running: "busy", waiting: "busy" })[outcome] ?? "";

export class RunsView {
  constructor(go) {
    this.go = go;
    this.filter = { text: "", outcome: "all" };
    this.byEntry = new Map();
    this.loading = false;
    this.complete = false;
    this.list = new List({
      row: (run) => this.row(run),
      key: (run) => run.entry,
      height: () => (matchMedia("(max-width: 700px)").matches ? 54 : 30),
      more: () => this.more(),
      opened: (run) => go(`story/${run.story}?run=${run.entry}`),
    });
    this.field = h("input", {
      type: "search", placeholder: "Search runs  ( / )", "aria-label": "Search runs",
      oninput: () => this.narrow({ text: this.field.value }),
    });
    this.tabs = OUTCOMES.map((one) => h("button.tab", {
      type: "button", "aria-pressed": one === "all" ? "true" : "false",
      onclick: () => this.narrow({ outcome: one }),
    }, one));
    this.total = h("span.total");
    this.empty = h("div.empty", { hidden: true });
    this.element = h("section.runs",
      h("div.bar", h("h1", "Runs"), this.field, h("div.tabs", { role: "group" }, this.tabs), this.total),
      this.list.element, this.empty);
    this.list.head(h("div.row.names", h("span", "Time"), h("span", "Handler"), h("span", "Source"), h("span.n", "Try"),
      h("span.n", "Took"), h("span", "Outcome"), h("span", "Request id")));
  }

  async enter(first) {
    if (!this.byEntry.size) await this.reload(first);
    this.list.draw(true);
  }

  async reload(first) {
    this.complete = false;
    const page = await (first ?? get(`runs?limit=${PAGE}${this.query()}`));
    this.byEntry = new Map(page.runs.map((run) => [run.entry, run]));
    this.kept = page.kept;
    this.count = page.count;
    this.list.element.scrollTop = 0;
    this.list.chosen = -1;
    this.complete = page.runs.length < PAGE && !first;
    this.show(0);
  }

  /** Hear what has changed. */
  told(piece) {
    this.kept = piece.kept;
    this.count = piece.count;
    if (piece.gap && piece.runs.length) {
      if (this.list.element.scrollTop < 60) this.reload();
      return;
    }
    const newest = this.items?.[0]?.entry ?? 0;
    let above = 0;
    for (const run of [...piece.runs].reverse()) {
      const known = this.byEntry.has(run.entry);
      if (!known && (run.entry < newest || !this.fits(run))) continue;
      if (known && !this.fits(run)) this.byEntry.delete(run.entry);
      else this.byEntry.set(run.entry, run);
      above += known ? 0 : 1;
    }
    if (piece.runs.length) this.show(above);
    else this.tell();
  }

  show(above) {
    this.items = [...this.byEntry.values()].sort((one, other) => other.entry - one.entry);
    this.list.show(this.items, above);
    this.tell();
  }

  tell() {
    const more = this.complete ? "" : "+";
    fill(this.total, this.query() ? `${count(this.items?.length)}${more} of ${many(this.kept, "run")}` : many(this.kept, "run"));
    const none = !this.items?.length;
    this.empty.hidden = !none;
    this.list.element.hidden = none;
    if (none) {
      fill(this.empty, this.query()
        ? [h("p", "No run fits: handlers, sources, errors, outcomes and request ids are looked at here."),
          h("p.buttons", this.filter.text && h("a", { href: `#/stories?text=${encodeURIComponent(this.filter.text)}` }, `Find stories that mention “${this.filter.text}”`),
            h("button", { type: "button", onclick: () => this.clear() }, "Show all"))]
        : [h("p", "Nothing has run yet."), h("p.hint", "Send a request to the app, or invoke a function under Functions.")]);
    }
  }

  async more() {
    if (this.loading || this.complete || !this.items?.length) return;
    this.loading = true;
    try {
      const last = this.items[this.items.length - 1].entry;
      const page = await get(`runs?limit=1000&before=${last}${this.query()}`);
      for (const run of page.runs) this.byEntry.set(run.entry, run);
      this.complete = page.runs.length < 1000;
      this.show(0);
    } finally {
      this.loading = false;
    }
  }

  narrow(change) {
    Object.assign(this.filter, change);
    this.tabs.forEach((tab, place) => tab.setAttribute("aria-pressed", OUTCOMES[place] === this.filter.outcome));
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.reload(), 120);
  }

  clear() {
    this.field.value = "";
    this.narrow({ text: "", outcome: "all" });
  }

  query() {
    const { text, outcome } = this.filter;
    return (text ? `&text=${encodeURIComponent(text)}` : "") + (outcome === "all" ? "" : `&outcome=${outcome}`);
  }

  fits(run) {
    const { text, outcome } = this.filter;
    const failed = ["error", "exited", "timed out"].includes(run.outcome);
    if (outcome === "failed" && !failed) return false;
    if (outcome !== "all" && outcome !== "failed" && run.outcome !== outcome) return false;
    const said = `${run.name}\n${run.function}\n${run.source}\n${run.error ?? ""}\n${run.request_id}\n${run.outcome}`;
    return !text || said.toLowerCase().includes(text.toLowerCase());
  }

  row(run) {
    const tries = run.try > 1;
    return h("div.row", { class: tone(run.outcome === "ok" && run.status >= 500 ? "answered badly" : run.outcome) },
      h("span.time", clock(run.started_ms ?? run.queued_ms)),
      h("span.handler", { title: run.function }, run.name),
      h("span.source", { title: run.source }, run.source_kind && h("i.kind", run.source_kind), run.source),
      h("span.n.try", { class: tries ? "again" : "" }, tries ? `${run.try}.` : ""),
      h("span.n.took", run.duration_ms === null ? "…" : duration(run.duration_ms)),
      h("span.outcome", h("i.mark"), h("span", run.error ?? (run.status ? `${run.outcome}, ${run.status}` : run.outcome))),
      h("span.id", run.request_id.slice(0, 8)));
  }

  move(step) { this.list.move(step); }
  chosen() { return this.list.chosen; }
  open() { this.list.open(); }
  back() { this.clear(); }
  search() { this.field.focus(); this.field.select(); }
}
