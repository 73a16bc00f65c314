// Queues, what is in them, and what brought each dead letter there.

import { get, post } from "./api.js";
import { ask, confirm } from "./dialog.js";
import { h, fill, toast } from "./dom.js";
import { clock, count, duration, relative, short } from "./format.js";
import { json } from "./json.js";

export class QueuesView {
  constructor(go) {
    this.go = go;
    this.element = h("section.queues");
    this.chosen_ = -1;
  }

  async enter(name) {
    this.name = name ? decodeURIComponent(name) : "";
    await this.reload();
  }

  async reload() {
    if (this.name) await this.one();
    else await this.all();
  }

  async all() {
    const { queues, now_ms: now } = await get("queues");
    this.queues = queues;
    this.rows = queues.map((queue) => h("tr", { tabindex: "0", class: queue.dead_letters_of.length && queue.visible ? "bad" : "", onclick: (event) => { if (!event.target.closest("button")) this.go(`queues/${encodeURIComponent(queue.name)}`); } },
      h("td", h("b", queue.name), queue.dead_letters_of.length > 0 && h("small", ` dead letters of ${queue.dead_letters_of.map(short).join(", ")}`)),
      h("td.n", { "data-label": "waiting" }, count(queue.visible)), h("td.n", { "data-label": "in flight" }, count(queue.in_flight)), h("td.n", { "data-label": "delayed" }, count(queue.delayed)),
      h("td", { "data-label": "next" }, queue.next_visible_ms ? relative(queue.next_visible_ms, now) : "–"),
      h("td", { "data-label": "after" }, queue.dead_letter_queue ? `${queue.maximum_receives} tries → ${short(queue.dead_letter_queue)}` : "–"),
      h("td.buttons", h("button", { type: "button", onclick: () => this.send(queue) }, "Send…"),
        queue.dead_letters_of.length > 0 && queue.visible > 0 && h("button", { type: "button", onclick: () => this.redrive(queue) }, "Redrive all"))));
    fill(this.element, h("div.bar", h("h1", "Queues"), h("span.total", count(queues.length))),
      queues.length ? h("table.cards", h("thead", h("tr", ["Queue", "Waiting", "In flight", "Delayed", "Next visible", "Redrive", ""].map((one, place) => h("th", { class: place > 0 && place < 4 ? "n" : "" }, one)))),
        h("tbody", this.rows)) : h("div.empty", h("p", "There is no queue.")));
  }

  async one() {
    const { queue, messages, now_ms: now } = await get(`queues/${encodeURIComponent(this.name)}/messages?limit=200`);
    const isLetters = queue.dead_letters_of.length > 0;
    this.rows = [];
    fill(this.element,
      h("div.bar", h("a.back", { href: "#/queues", title: "Back (Esc)" }, "←"), h("h1", queue.name),
        h("span.total", `${count(queue.visible)} waiting, ${count(queue.in_flight)} in flight, ${count(queue.delayed)} delayed`),
        h("div.buttons", h("button", { type: "button", onclick: () => this.send(queue) }, "Send…"),
          isLetters && h("button", { type: "button", disabled: !queue.visible, onclick: () => this.redrive(queue) }, "Redrive all"),
          h("button", { type: "button", onclick: () => this.purge(queue) }, "Purge…"))),
      h("p.sum", isLetters && h("span", `Dead letters of ${queue.dead_letters_of.map(short).join(", ")}`),
        queue.dead_letter_queue && h("span", `After ${queue.maximum_receives} tries to ${short(queue.dead_letter_queue)}`),
        h("span", `Hidden for ${duration(queue.visibility_timeout_ms)} when received`), h("span", "Looking in receives nothing.")),
      messages.length ? h("div.messages", messages.map((one) => this.message(queue, one, now))) : h("div.empty", h("p", "The queue is empty.")));
  }

  message(queue, one, now) {
    return h("article.message",
      h("div.bar", h("span.time", clock(one.sent_ms)), h("span.place", { class: one.place.replace(" ", "-") }, one.place),
        one.receive_count > 0 && h("span", `received ${one.receive_count}×`),
        one.visible_ms && h("span", `visible ${relative(one.visible_ms, now)}`),
        one.group && h("span", `group ${one.group}`), h("span.id", one.id),
        queue.dead_letters_of.length > 0 && one.place === "visible" &&
          h("button", { type: "button", onclick: () => this.redrive(queue, one.id) }, "Redrive")),
      one.why && h("p.error", one.why.error, one.why.story && h("a", { href: `#/story/${one.why.story}?run=${one.why.run}` }, "its last run")),
      json(one.body),
      Object.keys(one.attributes).length > 0 && h("details", h("summary", "Attributes"), json(one.attributes)));
  }

  send(queue) {
    ask(`Send to ${queue.name}`, [
      { name: "body", label: "Body", kind: "area", required: true },
      ...(queue.fifo ? [{ name: "group", label: "Message group", value: "console" }] : [{ name: "delay_seconds", label: "Delay in seconds", kind: "number" }]),
      { name: "attributes", label: "Attributes", kind: "json", value: {} },
    ], "Send", async (values) => {
      const sent = await post(`queues/${encodeURIComponent(queue.name)}/send`, values);
      toast(`Sent: ${sent.message_id}`);
      this.reload();
    });
  }

  async redrive(queue, message) {
    try {
      const moved = await post(`queues/${encodeURIComponent(queue.name)}/redrive`, message ? { message } : {});
      toast(message ? `Moved to ${short(moved.to)}` : `${moved.moving} on their way back`);
      setTimeout(() => this.reload(), 300);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  purge(queue) {
    confirm(`Delete all messages of ${queue.name}?`, "Purge", async () => {
      const { purged } = await post(`queues/${encodeURIComponent(queue.name)}/purge`);
      this.reload();
      return `${purged} deleted`;
    });
  }

  move(step) {
    this.chosen_ = Math.min(this.rows.length - 1, Math.max(0, this.chosen_ + step));
    this.rows[this.chosen_]?.focus();
  }
  open() { if (!this.name && this.queues?.[this.chosen_]) this.go(`queues/${encodeURIComponent(this.queues[this.chosen_].name)}`); }
  back() { this.go(this.name ? "queues" : "runs"); }
}
