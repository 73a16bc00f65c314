// Topics and buses, buckets, tables, streams and WebSockets: what there is, a look inside, and putting something.

import { get, post } from "./api.js";
import { ask, look } from "./dialog.js";
import { h, fill, toast } from "./dom.js";
import { clock, count, many } from "./format.js";
import { invoke } from "./invoke.js";
import { inline, json } from "./json.js";
import { naming } from "./names.js";

/** A view that reads everything and draws it: what the small views share. */
class Page {
  constructor(go) {
    this.go = go;
    this.element = h("section.resources");
  }
  async enter(name) {
    this.name = name ? decodeURIComponent(name) : "";
    this.after = ""; // where the page that is shown begins
    await this.reload();
  }
  /** Buttons to the next page, which begins after something, and back to the first. */
  pages(next) {
    const to = (after) => { this.after = after; this.reload().catch((error) => toast(error.message, "bad")); };
    return (next || this.after) && h("p.buttons.pages", this.after && button("First", () => to("")), next && button("More…", () => to(next)));
  }
  back() { this.go(this.name ? this.home : "runs"); }
  head(title, ...more) {
    return h("div.bar", this.name && h("a.back", { href: `#/${this.home}`, title: "Back (Esc)" }, "←"), h("h1", title), more);
  }
  done(what) {
    toast(what);
    setTimeout(() => this.reload(), 200);
  }
}

const nothing = (text) => h("div.empty", h("p", text));
const button = (text, onclick) => h("button", { type: "button", onclick }, text);

export class TopicsView extends Page {
  home = "topics";

  async reload() {
    const [{ topics }, { buses }, named] = await Promise.all([get("topics"), get("buses"), naming()]);
    fill(this.element, this.head("Topics and buses"),
      topics.map((topic) => h("article", h("div.bar", h("h2", topic.name), h("small", "topic"), button("Publish…", () => this.publish(topic))),
        topic.subscriptions.length ? h("table", h("tbody", topic.subscriptions.map((one) => h("tr", h("td.short", one.protocol), h("td.name", { title: one.endpoint }, named(one.endpoint)),
          h("td.short", one.pending && "not confirmed", one.raw && "raw"), h("td", one.filter && inline(one.filter)))))) : h("p.hint", "Nobody is subscribed."))),
      buses.map((bus) => h("article", h("div.bar", h("h2", bus.name), h("small", "bus"), button("Put event…", () => this.put(bus))),
        bus.rules.length ? h("table", h("tbody", bus.rules.map((rule) => h("tr", h("td.name", rule.name, !rule.enabled && h("small", " disabled")),
          h("td", rule.schedule ?? (rule.pattern && inline(rule.pattern))), h("td.short", "→"), h("td.name", { title: rule.targets.join("\n") }, rule.targets.map(named).join(", ") || "nobody"))))) : h("p.hint", "It has no rule."))));
  }

  publish(topic) {
    ask(`Publish to ${topic.name}`, [
      { name: "message", label: "Message", kind: "area", required: true }, { name: "subject", label: "Subject" },
      { name: "attributes", label: "Attributes", kind: "json", value: {} },
      ...(topic.fifo ? [{ name: "group", label: "Message group", value: "console" }] : []),
    ], "Publish", async (values) => {
      await post(`topics/${encodeURIComponent(topic.name)}/publish`, values);
      this.done("Published");
    });
  }

  put(bus) {
    ask(`Put an event on ${bus.name}`, [
      { name: "source", label: "Source", required: true }, { name: "detail_type", label: "Detail type", required: true },
      { name: "detail", label: "Detail", kind: "json", value: {} },
    ], "Put", async (values) => {
      await post(`buses/${encodeURIComponent(bus.name)}/put`, values);
      this.done("Put");
    });
  }
}

export class BucketsView extends Page {
  home = "buckets";

  async reload() {
    if (this.name) await this.inside();
    else {
      const [{ buckets }, named] = await Promise.all([get("buckets"), naming()]);
      fill(this.element, this.head("Buckets"), buckets.length ? h("div.lines", buckets.map((one) =>
        h("a.line", { href: `#/buckets/${encodeURIComponent(one.name)}` }, h("b", one.name),
          h("span.words", one.notifies.map((told) => `${told.events.join(", ")} → ${named(told.arn)}`).join("; "))))) : nothing("There is no bucket."));
    }
  }

  async inside() {
    const { objects, more } = await get(`buckets/${encodeURIComponent(this.name)}/objects?limit=500&after=${encodeURIComponent(this.after)}`);
    fill(this.element, this.head(this.name, button("Put object…", () => this.put())),
      objects.length ? h("div.lines", objects.map((one) => this.object(one))) : nothing(this.after ? "There are no more." : "The bucket is empty."), this.pages(more && objects.at(-1).key));
  }

  object(one) {
    const shown = h("details.line", h("summary", h("span.words", one.key), h("span.n", `${count(one.size)} B`)));
    shown.addEventListener("toggle", async () => {
      if (!shown.open || shown.dataset.read) return;
      shown.dataset.read = "yes";
      try {
        const found = await get(`buckets/${encodeURIComponent(this.name)}/object?key=${encodeURIComponent(one.key)}`);
        shown.append(h("p.hint", found.content_type, found.shown_bytes < found.size && `, the first ${count(found.shown_bytes)} bytes`),
          found.text === null ? h("p.hint", "Bytes that are no text.") : json(found.text));
      } catch (error) {
        shown.append(h("p.error", error.message));
      }
    });
    return shown;
  }

  put() {
    ask(`Put into ${this.name}`, [{ name: "key", label: "Key", required: true }, { name: "text", label: "Text", kind: "area" },
      { name: "content_type", label: "Content-Type", value: "text/plain" }], "Put", async (values) => {
      await post(`buckets/${encodeURIComponent(this.name)}/put`, values);
      this.done("Put");
    });
  }
}

export class TablesView extends Page {
  home = "tables";

  async reload() {
    const { tables } = await get("tables");
    const table = tables.find((one) => one.name === this.name);
    if (this.name && table) await this.inside(table);
    else {
      fill(this.element, this.head("Tables"), tables.length ? h("div.lines", tables.map((one) =>
        h("a.line", { href: `#/tables/${encodeURIComponent(one.name)}` }, h("b", one.name),
          h("span.words", `key ${one.keys.join(", ")}${one.indexes.length ? `; indexes ${one.indexes.join(", ")}` : ""}${one.stream ? "; with a stream" : ""}`),
          h("span.n", many(one.items, "item"))))) : nothing("There is no table."));
    }
  }

  async inside(table) {
    const { items, after } = await get(`tables/${encodeURIComponent(this.name)}/items?limit=200&after=${encodeURIComponent(this.after)}`);
    const names = [...table.keys, ...[...new Set(items.flatMap((one) => Object.keys(one)))].filter((one) => !table.keys.includes(one)).sort()].slice(0, 12);
    fill(this.element, this.head(this.name, h("span.total", many(table.items, "item")), button("Put item…", () => this.put(table))),
      items.length ? h("div.wide", h("table", h("thead", h("tr", names.map((one) => h("th", one)))),
        h("tbody", items.map((one) => this.row(table, names, one))))) : nothing(this.after ? "There are no more." : "The table is empty."), this.pages(after));
  }

  /** An item's first lines; all of it in a dialog. */
  row(table, names, one) {
    const open = () => look(table.keys.map((key) => plain(one[key])).join(", "),
      json(Object.fromEntries(Object.entries(one).map(([name, value]) => [name, untyped(value)]))));
    return h("tr", { tabindex: "0", onclick: () => { if (!getSelection().toString()) open(); }, onkeydown: (event) => {
      if (event.key !== "Enter") return;
      event.stopPropagation();
      event.preventDefault();
      open();
    } }, names.map((name) => h("td.cell", h("div.clip", plain(one[name])))));
  }

  put(table) {
    const value = Object.fromEntries(table.keys.map((key) => [key, { S: "" }]));
    ask(`Put into ${table.name}`, [{ name: "item", label: "Item, with DynamoDB's types", kind: "json", value }], "Put", async (values) => {
      await post(`tables/${encodeURIComponent(table.name)}/put`, values);
      this.done("Put");
    });
  }
}

function plain(value) {
  if (value === undefined) return "";
  const [[type, content]] = Object.entries(value);
  if (type === "S" || type === "N" || type === "BOOL") return String(content);
  return type === "NULL" ? "null" : JSON.stringify(untyped(value));
}

/** A value of DynamoDB's without its types; a number stays the text it is where JavaScript has no such number. */
function untyped(value) {
  const [[type, content]] = Object.entries(value);
  if (type === "N") return String(Number(content)) === content ? Number(content) : content;
  if (type === "M") return Object.fromEntries(Object.entries(content).map(([name, one]) => [name, untyped(one)]));
  if (type === "L") return content.map(untyped);
  return type === "NULL" ? null : content;
}

export class StreamsView extends Page {
  home = "streams";

  async reload() {
    if (this.name) {
      const { records } = await get(`streams/${encodeURIComponent(this.name)}/records`);
      fill(this.element, this.head(this.name, button("Put record…", () => this.put())),
        records.length ? h("div.messages", records.map((one) => h("article.message",
          h("div.bar", h("span.time", clock(one.at_ms)), h("span", one.key), h("span.id", `${one.shard} ${one.sequence_number}`)), json(one.data)))) : nothing("The stream is empty."));
      return;
    }
    const { streams } = await get("streams");
    fill(this.element, this.head("Streams"), streams.length ? h("div.lines", streams.map((one) =>
      h("a.line", { href: `#/streams/${encodeURIComponent(one.name)}` }, h("b", one.name), h("span.words", `${one.status}, ${many(one.shards, "shard")}, kept for ${one.retention_hours} h`)))) : nothing("There is no stream."));
  }

  put() {
    ask(`Put into ${this.name}`, [{ name: "data", label: "Data", kind: "area", required: true }, { name: "key", label: "Partition key", value: "console" }], "Put", async (values) => {
      await post(`streams/${encodeURIComponent(this.name)}/put`, values);
      this.done("Put");
    });
  }
}

export class SocketsView extends Page {
  home = "sockets";

  async reload() {
    const { apis } = await get("sockets");
    fill(this.element, this.head("WebSockets", button("Refresh", () => this.reload())), apis.length ? apis.map((api) => h("article",
      h("div.bar", h("h2", api.name), h("small", `WebSocket API, ${api.stages.join(", ")}`)),
      h("table", h("tbody", api.routes.map((one) => h("tr", h("td.name", one.key), h("td.short", "→"), h("td", one.function || "no function"))))),
      api.connections.length ? h("table", h("tbody", api.connections.map((one) => h("tr", h("td.id", one.id), h("td", `since ${clock(one.connected_ms)}`),
        h("td", one.user_agent), h("td.buttons", button("Send…", () => this.send(one)), button("Close", () => this.close(one))))))) : h("p.hint", "Nobody is connected."))) : nothing("There is no WebSocket API."));
  }

  send(one) {
    ask(`Send to ${one.id}`, [{ name: "text", label: "Text", kind: "area", required: true }], "Send", async (values) => {
      await post(`sockets/${encodeURIComponent(one.id)}/send`, values);
      this.done("Sent");
    });
  }

  async close(one) {
    try {
      await post(`sockets/${encodeURIComponent(one.id)}/close`, {});
      this.done("Closed");
    } catch (error) {
      toast(error.message);
    }
  }
}

export class FunctionsView extends Page {
  home = "functions";

  async reload() {
    const { functions } = await get("functions");
    fill(this.element, this.head("Functions"), functions.length ? h("table.cards", h("thead", h("tr", ["Function", "Runs", "Failed", "Retries", "p50", "p95", "p99", ""].map((one, at) => h("th", { class: at > 0 && at < 7 ? "n" : "" }, one)))),
      h("tbody", functions.map((one) => h("tr", { class: one.errors ? "some-bad" : "" },
        h("td", h("b", one.name), h("small", ` ${one.deployed_name}, ${one.timeout_seconds} s, ${one.memory_mb} MB`)),
        h("td.n", { "data-label": "runs" }, count(one.invocations)), h("td.n", { "data-label": "failed", class: one.errors ? "bad" : "" }, count(one.errors)), h("td.n", { "data-label": "retries" }, count(one.retries)),
        ["p50", "p95", "p99"].map((at) => h("td.n", { "data-label": at }, one.duration_ms[at] === null ? "–" : `${one.duration_ms[at]} ms`)),
        h("td.buttons", button("Invoke…", () => invoke(one))))))) : nothing("There is no function."));
  }
}
