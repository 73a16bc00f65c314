// The map: what comes from where, through what, to which handler.

import { get } from "./api.js";
import { h, fill } from "./dom.js";
import { clock, count, many, short } from "./format.js";
import { inline, json } from "./json.js";
import { HEIGHT, WIDTH, layout } from "./layout.js";

const VIEW_OF = { queue: "queues", table: "tables", bucket: "buckets", stream: "streams", topic: "topics", bus: "topics", function: "functions",
  schedule: "schedules", socket: "sockets", workflow: "workflows" };
const INSIDE = new Set(["queue", "table", "bucket", "stream"]); // of these a look inside is a view of its own

export class WiringView {
  constructor(go) {
    this.go = go;
    this.element = h("section.wiring");
    this.chosen = null;
    this.parts = false;
    this.flow = false;
  }

  async enter() { await this.reload(); }

  /** Draw what is known; when there is more to count, count it a slice at a time, and draw that. */
  async reload() {
    const [drawn, missed] = await Promise.all([get("wiring"), get("wiring/unmatched?limit=50")]);
    this.draw(drawn, missed);
    let { left } = missed;
    if (left === 0 || this.isCounting) return;
    this.isCounting = true;
    try {
      while (left > 0 && this.element.isConnected) {
        left = (await get("wiring/count")).left;
        fill(this.counting, left > 0 && `${count(left)} entries to count`);
      }
    } finally {
      this.isCounting = false;
    }
    if (this.element.isConnected) this.draw(...await Promise.all([get("wiring"), get("wiring/unmatched?limit=50")]));
  }

  draw(drawn, missed) {
    this.drawn = drawn;
    const calls = drawn.edges.some((edge) => edge.label === "calls");
    fill(this.element,
      h("div.bar", h("h1", "Wiring"), this.counting = h("span.hint"), h("span.total", `${many(drawn.nodes.length, "part")}, ${many(drawn.edges.length, "connection")}`), calls && h("button", {
        type: "button", "aria-pressed": String(this.flow), onclick: () => { this.flow = !this.flow; this.reload(); },
      }, this.flow ? "Only what leads to handlers" : "Also what handlers call")),
      h("div.map", this.map()),
      h("div.lines.links", this.links()),
      this.facts = h("div.facts-of"),
      h("h2", "Went nowhere"),
      missed.unmatched.length
        ? h("div.lines", missed.unmatched.map((one) => this.missed(one)))
        : h("p.hint", "Every event, message and record has found somebody."),
      missed.in_part.length > 0 && h("details.parts", { open: this.parts, ontoggle: (event) => { this.parts = event.target.open; } },
        h("summary", "Reached some, held back by others' filters"), h("div.lines", missed.in_part.map((one) => this.missed(one)))));
    if (this.chosen) this.show(this.chosen);
  }

  map() {
    const { nodes } = this.drawn;
    const edges = this.drawn.edges.filter((edge) => this.flow || edge.label !== "calls");
    const { shown, lines, width, height } = layout(nodes, edges, { flow: this.flow });
    const picture = h("svg", { viewBox: `-8 -8 ${width + 16} ${height + 16}`, role: "img", "aria-label": "Sources to handlers" },
      lines.map((line) => this.line(line)), shown.map((node) => this.node(node)));
    picture.style.width = `${Math.round((width + 16) * (width > 1300 ? 0.85 : 1))}px`;
    picture.style.maxWidth = width > 1300 || matchMedia("(max-width: 700px)").matches ? "none" : "100%";
    return picture;
  }

  /** What leads where, in lines: for screens on which the map is wider than what is in sight. */
  links() {
    const edges = this.drawn.edges.filter((edge) => this.flow || edge.label !== "calls");
    const nodes = new Map(this.drawn.nodes.map((one) => [one.id, one]));
    const from = new Map(this.drawn.nodes.map((one) => [one.id, []]));
    for (const edge of edges) if (nodes.has(edge.to)) from.get(edge.from)?.push(edge);
    return [...from].filter(([, out]) => out.length).map(([id, out]) => h("div.line",
      h("button.link", { type: "button", onclick: () => this.show(id) }, h("b", nodes.get(id).expression ?? nodes.get(id).label), h("small", told(nodes.get(id)))),
      out.map((edge) => h("p.link", { class: edge.label === "dead letters" && edge.count ? "bad" : "" },
        h("span", `→ ${nodes.get(edge.to).label}`), edge.label === "dead letters" && h("small", "dead letters"), h("span.n", count(edge.count))))));
  }

  line({ edge, stops: passed }) {
    const [from, to] = [passed[0], passed[passed.length - 1]];
    const back = to.x <= from.x;
    const middle = (one) => one.y + one.height / 2;
    let d = `M${from.x + WIDTH} ${middle(from)}`;
    let x = from.x + WIDTH;
    let y = middle(from);
    for (const one of passed.slice(1)) {
      const [toX, toY] = [back ? one.x + WIDTH : one.x, middle(one)];
      const bend = back ? 46 : (toX - x) / 2;
      d += `C${x + bend} ${y} ${back ? toX + bend : toX - bend} ${toY} ${toX} ${toY}`;
      if (one.through) d += `H${one.x + WIDTH}`;
      x = one.x + WIDTH;
      y = toY;
    }
    const kind = edge.label === "dead letters" ? "letters" : edge.label === "calls" ? "calls" : edge.count ? "used" : "";
    const path = h("path.wire", { d, class: kind });
    path.style.strokeWidth = `${1.2 + Math.min(3, Math.log10(edge.count + 1))}px`;
    const at = back ? [from.x + WIDTH + 40, (middle(from) + middle(to)) / 2] : [to.x - 8, middle(to) - 5];
    return h("g", path, edge.count > 0 && h("text.count", { x: at[0], y: at[1] }, count(edge.count)),
      h("title", `${from.label} → ${to.label}${edge.label ? `  (${edge.label})` : ""}: ${count(edge.count)}`));
  }

  node(node) {
    const drawn = h("g.node", {
      transform: `translate(${node.x} ${node.y})`, class: `${node.kind} ${node.errors || (node.isEnd && node.visible) ? "bad" : ""}`,
      tabindex: "0", role: "button", "aria-label": `${node.kind} ${node.label}`, "data-id": node.id,
      onclick: () => this.show(node.id),
      onkeydown: (event) => { if (event.key === "Enter") { event.stopPropagation(); this.show(node.id); } },
    },
    h("rect", { width: WIDTH, height: HEIGHT, rx: 7 }),
    h("rect.edge", { width: 4, height: HEIGHT, rx: 2 }),
    h("text.name", { x: 14, y: 17 }, clipped(node.expression ?? node.label, 22)),
    h("text.what", { x: 14, y: 32 }, clipped(told(node), 29)),
    h("title", `${node.kind}: ${node.id}`));
    return drawn;
  }

  show(id) {
    this.chosen = id;
    for (const other of this.element.querySelectorAll(".node")) other.classList.toggle("chosen", other.dataset.id === id);
    const node = this.drawn.nodes.find((one) => one.id === id);
    if (!node) return fill(this.facts);
    const edges = this.drawn.edges.filter((edge) => edge.from === id || edge.to === id);
    const label = (one) => this.drawn.nodes.find((other) => other.id === one)?.label ?? short(one);
    const link = VIEW_OF[node.kind] && `#/${VIEW_OF[node.kind]}${INSIDE.has(node.kind) ? `/${encodeURIComponent(node.label)}` : ""}`;
    fill(this.facts,
      h("div.bar", h("h2", node.label), h("small", node.kind), link && h("a", { href: link }, "open"),
        h("button", { type: "button", onclick: () => this.show(null) }, "Close")),
      h("p.mono", node.id),
      edges.length > 0 && h("table", h("tbody", edges.map((edge) => h("tr",
        h("td.name", label(edge.from)), h("td.short", "→"), h("td.name", label(edge.to)), h("td.n", count(edge.count)),
        h("td", edge.label, edge.enabled === false && " (disabled)", edge.state && edge.state !== "Enabled" && ` (${edge.state})`),
        h("td", (edge.filters ?? []).map((one) => inline(one))))))));
    return undefined;
  }

  missed(one) {
    return h("details.line.missed", h("summary", h("span.time", clock(one.at_ms)), h("span.words", `${short(one.subject)}: ${one.outcome}`),
      h("span.reason", one.why[0])),
    h("p", `${one.of}  `, h("a", { href: `#/story/${one.story}` }, "its story")),
    one.why.length ? h("ul", one.why.map((sentence) => h("li", sentence))) : json(one.reasons));
  }

  back() { this.chosen ? this.show(null) : this.go("runs"); }
}

function told(node) {
  if (node.kind === "function") return `${many(node.runs, "run")}${node.errors ? `, ${count(node.errors)} failed` : ""}`;
  if (node.kind === "queue") return `${count(node.visible)} waiting, ${count(node.in_flight)} in flight`;
  if (node.kind === "table") return many(node.items, "item");
  if (node.kind === "schedule") return node.label;
  if (node.kind === "socket") return `WebSocket, ${count(node.open)} open`;
  return node.kind;
}

const clipped = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
