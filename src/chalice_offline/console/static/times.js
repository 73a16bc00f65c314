// What is due, and faults on purpose.

import { get, post } from "./api.js";
import { ask } from "./dialog.js";
import { h, fill, toast } from "./dom.js";
import { clock, duration, instant, relative } from "./format.js";
import { naming } from "./names.js";

const button = (text, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, text);

const STEPS = { "1 min": 1, "15 min": 15, "1 h": 60, "1 day": 1440 };

export class SchedulesView {
  constructor(go) { this.go = go; this.element = h("section.schedules"); }
  async enter() { await this.reload(); }

  async reload() {
    const [{ schedules, now_ms: now }, time, named] = await Promise.all([get("schedules"), get("time"), naming()]);
    fill(this.element, h("div.bar", h("h1", "Schedules and time")),
      h("p.sum", h("span", `It is ${instant(time.now_ms)}${time.virtual ? " in virtual time" : ""}.`),
        h("span", time.next_owed_ms === null ? "Nothing is under way." : `What is under way goes on ${relative(time.next_owed_ms, time.now_ms)}.`)),
      time.virtual && h("div.buttons", Object.entries(STEPS).map(([label, minutes]) => button(`+ ${label}`, () => this.pass("advance", { minutes }))),
        button("Settle", () => this.pass("settle", {}), { title: "Go on until nothing is left to do" })),
      schedules.length ? h("table.cards", h("thead", h("tr", ["Schedule", "Expression", "Next", "Target", ""].map((one) => h("th", one)))),
        h("tbody", schedules.map((one) => h("tr", h("td", h("b", one.name), h("small", ` ${one.kind}`)), h("td", { "data-label": "when" }, one.expression, one.zone !== "UTC" && ` ${one.zone}`),
          h("td", { "data-label": "next" }, one.next_ms ? `${relative(one.next_ms, now)}, at ${clock(one.next_ms).slice(0, 8)}` : one.enabled ? "never" : "disabled"),
          h("td", { "data-label": "target", title: one.target }, one.target ? named(one.target) : "nobody"), h("td.buttons", button("Fire now", () => this.fire(one))))))) : h("div.empty", h("p", "Nothing is scheduled.")));
  }

  async fire(one) {
    try {
      await post(`schedules/${one.arn.split("/").map(encodeURIComponent).join("/")}/fire`);
      toast(`${one.name} fired; when it is due next stays as it was.`);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  async pass(how, body) {
    try {
      await post(`time/${how}`, body);
      document.dispatchEvent(new Event("passed"));
      await this.reload();
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  back() { this.go("runs"); }
}

export class FaultsView {
  constructor(go) { this.go = go; this.element = h("section.faults"); }
  async enter() { await this.reload(); }

  async reload() {
    const { faults } = await get("faults");
    fill(this.element, h("div.bar", h("h1", "Faults on purpose"),
      h("div.buttons", button("Switch one on…", () => this.add(), { class: "main" }), faults.length > 0 && button("Switch all off", () => this.off("clear")))),
      h("p.hint", "What networks and services do at their worst: calls refused, late, twice, out of order; handlers that fail or take longer. Which ones it strikes follows from the seed."),
      faults.length ? h("table.cards", h("thead", h("tr", ["Kind", "Target", "How often", "Struck", ""].map((one) => h("th", one)))),
        h("tbody", faults.map((one) => h("tr", h("td", h("b", one.kind)), h("td", { "data-label": "target" }, one.target),
          h("td", { "data-label": "how often" }, one.probability < 1 ? `${Math.round(one.probability * 100)} %` : "always", one.times !== null && `, ${one.times}× at most`,
            ["delay", "reorder"].includes(one.kind) && `, ${duration(one.milliseconds)}`),
          h("td", { "data-label": "struck" }, `${one.struck}×`), h("td.buttons", button("Switch off", () => this.off(`${one.number}/remove`))))))) : h("div.empty", h("p", "None is switched on.")));
  }

  add() {
    ask("Switch a fault on", [
      { name: "kind", label: "Kind", kind: "choice", choices: ["error", "throttle", "delay", "duplicate", "reorder"], value: "error" },
      { name: "target", label: "Target", required: true, hint: "a service (sqs), an operation (sqs.SendMessage) or a function" },
      { name: "probability", label: "Probability", kind: "number", value: 1 },
      { name: "times", label: "At most so many times", kind: "number" },
      { name: "milliseconds", label: "Milliseconds (delay, reorder)", kind: "number", value: 1000 },
      { name: "code", label: "Error code" },
      { name: "seed", label: "Seed", kind: "number" },
    ], "Switch on", async (values) => {
      await post("faults", values);
      await this.reload();
    });
  }

  async off(path) {
    await post(`faults/${path}`).catch((error) => toast(error.message, "bad"));
    await this.reload();
  }

  back() { this.go("runs"); }
}
