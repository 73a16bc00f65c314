// One story: a tree whose every step stands on the same axis of time.

import { get, post } from "./api.js";
import { ask } from "./dialog.js";
import { h, fill, toast } from "./dom.js";
import { closed, opened } from "./folded.js";
import { clock, count, duration, instant, many } from "./format.js";
import { json } from "./json.js";
import { tone } from "./runs.js";

const PAGE = 200;

export class StoryView {
  constructor(go) {
    this.go = go;
    this.element = h("section.story");
    this.chosenPlace = -1;
  }

  async enter(number, query) {
    this.number = number;
    this.seeking = null; // what was sought before is not wanted any more
    this.wanted = Number(query.get("run") ?? 0);
    this.shown = "";
    this.chosenPlace = -1;
    if (!number) return this.list(query.get("text") ?? "");
    await this.reload();
    const wanted = this.steps.find((step) => step.entry === this.wanted);
    if (wanted) this.toggle(wanted, true);
    return undefined;
  }

  async reload() {
    if (!this.number) return this.list(this.text, this.only, this.before);
    const number = this.number;
    const story = await get(`stories/${number}`);
    const told = JSON.stringify(story);
    if (number !== this.number) return undefined; // another one was opened meanwhile
    if (told === this.shown) return undefined; // nothing new: what is open and where one reads stays
    this.shown = told;
    const open = new Set((this.steps ?? []).filter((step) => step.open).map((step) => step.entry));
    this.story = story;
    this.steps = [];
    this.flatten(this.story.steps, 0);
    this.draw();
    for (const step of this.steps) if (open.has(step.entry)) this.toggle(step, true);
    this.steps[this.chosenPlace]?.row.classList.add("chosen");
    return undefined;
  }

  // ---- stories by what they mention

  async list(text = "", only = this.only ?? "all", before = 0) {
    const field = h("input", {
      type: "search", placeholder: "Find stories that mention …  ( / )", value: text, "aria-label": "Find stories",
      onchange: () => this.list(field.value),
    });
    const seeking = this.seeking = {}; // another search may begin meanwhile
    const [found, older] = await this.found(seeking, text, only, before);
    if (seeking !== this.seeking) return;
    const told = JSON.stringify([text, only, before, found]);
    const total = before ? "older ones" : older ? `the latest ${found.length}` : `${found.length}`;
    if (told === this.shown) return void fill(this.total, total);
    const row = this.rows?.[this.chosenPlace];
    const [chosen, isFocused] = [row?.getAttribute("href"), row && row === document.activeElement];
    Object.assign(this, { text, only, before, field, shown: told, steps: [] });
    this.rows = found.map((story) => h("a.line.brief", { href: `#/story/${story.story}` },
      h("span.time", clock(story.at_ms)), h("span.words", { class: isRefused(story) ? "late" : "" }, story.words),
      story.runs > 0 && h("small.n", `${many(story.runs, "run")}, ${duration(story.took_ms)}`),
      story.failed > 0 && h("small.n.bad", `${story.failed} failed`)));
    fill(this.element,
      h("div.bar", h("h1", "Stories"), field,
        h("div.tabs", { role: "group" }, Object.keys(ONLY).map((one) => h("button.tab", {
          type: "button", "aria-pressed": String(one === only), onclick: () => this.list(text, one) }, one))),
        this.total = h("span.total", total)),
      found.length ? h("div.lines", this.rows) : h("div.empty", h("p", text || only !== "all" ? "No story fits." : "Nothing has happened yet.")),
      (older || before > 0) && h("p.buttons.pages", before > 0 && h("button", { type: "button", onclick: () => this.list(text, only) }, "Newest"),
        older && h("button", { type: "button", onclick: () => this.list(text, only, older) }, "Older…")));
    this.chosenPlace = this.rows.findIndex((row) => row.getAttribute("href") === chosen);
    if (isFocused) this.rows[this.chosenPlace]?.focus({ preventScroll: true }); // one may read elsewhere meanwhile
  }

  /** Read stories, from one on, until a page is full: an answer looks at a part of the journal only. */
  async found(seeking, text, only, before) {
    const found = new Map();
    let older = before;
    do {
      const page = await get(`stories?limit=${PAGE}&before=${older}&only=${ONLY[only]}&text=${encodeURIComponent(text)}`);
      for (const story of page.stories) if (!found.has(story.story)) found.set(story.story, story);
      if (seeking !== this.seeking) break;
      older = page.before ?? 0;
      if (this.total && older) fill(this.total, `${count(page.left)} entries to look at`);
    } while (older && found.size < PAGE);
    return [[...found.values()], older];
  }

  // ---- one story

  flatten(steps, depth) {
    for (const step of steps) {
      step.depth = depth;
      this.steps.push(step);
      this.flatten(step.steps ?? [], depth + 1);
    }
  }

  draw() {
    const { began_ms: began, ended_ms: ended, left_out: left } = this.story;
    const runs = this.steps.filter((step) => step.run);
    const failed = runs.filter((step) => ["error", "exited", "timed out"].includes(step.run.outcome));
    this.span = Math.max(1, ended - began);
    fill(this.element,
      h("div.bar",
        h("a.back", { href: "#/runs", title: "Back (Esc)" }, "←"),
        h("h1", this.steps[0]?.words ?? "Story"),
        h("div.buttons",
          h("button", { type: "button", onclick: () => this.saveAsTest() }, "Save as test"),
          h("button", { type: "button", onclick: () => this.replay(this.steps[0]) }, "Replay…"))),
      h("p.sum", `Story ${this.number} began ${instant(began)}`, h("span", duration(this.span)),
        h("span", many(this.steps.length, "step")), h("span", many(runs.length, "run")),
        failed.length > 0 && h("span.bad", `${failed.length} failed`)),
      h("div.axis", h("span"), h("span.ticks", [0, 0.25, 0.5, 0.75, 1].map((part) =>
        h("i", part === 0 ? "0" : `+${duration(part * this.span)}`)))),
      this.tree = h("div.tree", { role: "tree" }, this.steps.map((step) => this.step(step))),
      left > 0 && h("p.hint", `${many(left, "more step")} not shown.`));
  }

  step(step) {
    const bar = h("i.bar-of", { class: step.run ? tone(step.run.outcome) : step.kind });
    const start = ((step.run?.started_ms ?? step.at_ms) - this.story.began_ms) / this.span;
    const length = step.run?.duration_ms ? step.run.duration_ms / this.span : 0;
    bar.style.left = `${Math.min(99.4, start * 100)}%`;
    if (length) bar.style.width = `${Math.max(0.6, length * 100)}%`;
    const text = h("span.words", { title: step.run?.function }, step.words);
    text.style.setProperty("--depth", Math.min(step.depth, 14));
    const again = step.joins?.length ? h("small.joins", `joins ${step.joins.map((one) => one.subject).join(", ")} below`) : null;
    step.row = h("button.step", {
      type: "button", role: "treeitem", class: step.run ? tone(step.run.outcome) : isBad(step) ? "bad" : isAside(step) ? "late" : "",
      "aria-expanded": "false", onclick: () => { this.choose(this.steps.indexOf(step)); this.toggle(step); },
    }, h("i.icon", { class: step.kind }), text, again, h("span.track", bar));
    step.box = h("div.box", step.row);
    return step.box;
  }

  toggle(step, open = !step.open) {
    step.open = open;
    step.row.setAttribute("aria-expanded", String(open));
    step.more?.remove();
    step.more = null;
    if (open) {
      step.more = this.more(step);
      step.box.append(step.more);
    }
  }

  more(step) {
    const run = step.run;
    const facts = [["entry", step.entry], ["at", instant(step.at_ms)], ["kind", step.kind], ["outcome", step.outcome]];
    if (!run) facts.push(["subject", step.subject]);
    if (run?.request_id) {
      facts.push(["function", run.name], ["deployed as", run.name === run.function ? "" : run.function], ["try", run.try], ["took", duration(run.duration_ms) || "…"], ["request id", run.request_id]);
    }
    return h("div.more",
      run?.error && h("p.error", run.error),
      run?.traceback?.length > 0 && part("Traceback", frames(run.traceback)),
      run?.lines?.length > 0 && part("Log", log(run, this.story.began_ms)),
      run?.lines_forgotten && h("p.hint", "The lines of this run are no longer kept."),
      part(run ? "Event" : "Request", json(run ? step.detail.payload ?? step.detail : step.detail)),
      run && run.result !== null && run.result !== undefined && part("Result", json(run.result)),
      h("dl.facts", facts.filter(([, value]) => value !== "" && value != null).map(([name, value]) => h("div", h("dt", name), h("dd", value)))),
      h("div.buttons", ["call", "delivery", "run"].includes(step.kind) &&
        h("button", { type: "button", onclick: () => this.replay(step) }, run ? "Run this event again…" : "Replay…")));
  }

  async replay(step) {
    try {
      const what = await get(`replay/${step.entry}`);
      ask(`Again: ${what.service}.${what.operation}`,
        [{ name: "request", label: "Request", kind: "json", value: opened(what.request),
          hint: "What stays *** stays what it was. JSON that is carried as text is opened here, and sent as text." }],
        "Replay", async ({ request }) => {
          const done = await post(`replay/${step.entry}`, { request: closed(request, what.request) });
          return done.story === null ? done.answer : h("div", h("p", h("a", { href: `#/story/${done.story}` }, `Story ${done.story}`)), json(done.answer));
        });
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  saveAsTest() {
    ask("Save this story as a test", [
      { name: "name", label: "Name", value: `story_${this.number}`, required: true },
      { name: "whole", label: "With secrets in the clear (a signed request needs them)", kind: "flag" },
    ], "Make the file", async (values) => {
      const made = await post(`stories/${this.number}/test`, values);
      const blob = new Blob([made.text], { type: "text/x-python" });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = made.file;
      link.click();
      URL.revokeObjectURL(link.href);
      if (made.masked) toast("Some of it is masked: *** must be put right by hand.", "bad");
      return made.text;
    });
  }

  choose(place) {
    if (!this.number) {
      this.chosenPlace = Math.min(this.rows.length - 1, Math.max(0, place));
      this.rows[this.chosenPlace]?.focus();
      return;
    }
    this.chosenPlace = Math.min(this.steps.length - 1, Math.max(0, place));
    this.steps.forEach((step, at) => step.row.classList.toggle("chosen", at === this.chosenPlace));
    this.steps[this.chosenPlace]?.row.scrollIntoView({ block: "nearest" });
  }

  move(step) { this.choose(this.chosenPlace + step); }
  open() {
    if (!this.number) this.rows[this.chosenPlace]?.click();
    else if (this.steps[this.chosenPlace]) this.toggle(this.steps[this.chosenPlace]);
  }
  back() { this.go("runs"); }
  search() { this.number ? this.go("stories") : this.field.focus(); }
}

/** Which stories are shown, and how the door calls them. */
const ONLY = { all: "", "with runs": "runs", failed: "failed" };

const isRefused = (story) => /→ 5\d\d$/.test(story.words);

const part = (title, ...what) => h("details", { open: true }, h("summary", title), what);

const isBad = (step) => /\b(lost|gave up|dropped)|DeadLetter|Error|Exception/.test(`${step.outcome} ${step.subject}`);

const isAside = (step) => step.kind === "note" && /^(no rule matched|filtered out|delivered to 0)/.test(step.outcome);

/** A traceback with the user's own frames told from those of packages. */
export function frames(stack) {
  return h("pre.frames", stack.map((frame) =>
    h("span", { class: /site-packages|chalice_offline|[/\\]lib[/\\]python/.test(frame) ? "theirs" : "ours" }, frame)));
}

function log(run, began) {
  return h("pre.log", run.lines.map(([at, text]) => [h("i", `+${duration(at - began)}`.padStart(9)), " ", text.endsWith("\n") ? text : `${text}\n`]),
    run.lines_left_out > 0 && h("em", `… ${many(run.lines_left_out, "more line")}`));
}
