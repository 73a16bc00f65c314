// The map: what comes from where, through what, to which handler.

import { get } from "./api.js";
import { h, fill } from "./dom.js";
import { clock, count, short } from "./format.js";
import { inline, json } from "./json.js";

const WIDTH = 190;
const HEIGHT = 40;
const ACROSS = 96; // between columns
const DOWN = 16; // between nodes
const COLUMNS = { routes: 0, socket: 0, invoke: 0, authorizer: 0, workflow: 0, schedule: 0, bucket: 0, table: 0, bus: 1, topic: 1, stream: 1, queue: 2, function: 3, endpoint: 3, other: 3 };

/**
 * Give each node a column and a place in it, so that few lines cross and none runs behind a node:
 * a line over several columns gets a narrow place of its own in each.
 */
export function layout(nodes, edges, { flow = false } = {}) {
  const linked = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const shown = nodes.filter((node) => linked.has(node.id) || node.kind === "function");
  const byId = new Map(shown.map((node) => [node.id, node]));
  const letters = new Set(edges.filter((edge) => edge.label === "dead letters").map((edge) => edge.to));
  const fed = new Set(edges.filter((edge) => edge.label !== "dead letters").map((edge) => edge.from));
  const used = new Set();
  const depths = flow ? flowing(shown, edges) : null;
  for (const node of shown) {
    node.isEnd = letters.has(node.id) && !fed.has(node.id);
    node.column = depths ? depths.get(node.id) : node.isEnd ? 3 : COLUMNS[node.kind] ?? 3;
    node.height = HEIGHT;
    used.add(node.column);
  }
  const numbers = [...used].sort((one, other) => one - other);
  const columns = numbers.map(() => []);
  for (const node of shown) {
    node.column = numbers.indexOf(node.column);
    columns[node.column].push(node);
  }
  const lines = edges.filter((edge) => byId.has(edge.from) && byId.has(edge.to)).map((edge) => ({ edge, stops: stops(edge, byId, columns) }));
  arrange(columns, lines);
  const heights = columns.map((column) => column.reduce((sum, one) => sum + one.height + DOWN, -DOWN));
  const height = Math.max(HEIGHT, ...heights);
  columns.forEach((column, across) => {
    let y = (height - heights[across]) / 2;
    for (const one of column) {
      one.x = across * (WIDTH + ACROSS);
      one.y = y;
      y += one.height + DOWN;
    }
  });
  return { shown, lines, width: columns.length * (WIDTH + ACROSS) - ACROSS, height };
}

/** Return each node's column when a line always leads on to the right: back edges aside. */
function flowing(nodes, edges) {
  const next = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) if (next.has(edge.from) && next.has(edge.to)) next.get(edge.from).push(edge.to);
  const depth = new Map(nodes.map((node) => [node.id, 0]));
  const done = new Set();
  const order = [];
  const visit = (id, path) => {
    if (done.has(id)) return;
    path.add(id);
    next.set(id, next.get(id).filter((other) => !path.has(other)));
    for (const other of next.get(id)) visit(other, path);
    path.delete(id);
    done.add(id);
    order.unshift(id);
  };
  for (const node of nodes) visit(node.id, new Set());
  for (const id of order) for (const other of next.get(id)) depth.set(other, Math.max(depth.get(other), depth.get(id) + 1));
  return depth;
}

/** Return what a line goes through: its two nodes, and a place in each column between them. */
function stops(edge, byId, columns) {
  const from = byId.get(edge.from);
  const to = byId.get(edge.to);
  const found = [from];
  for (let column = from.column + 1; column < to.column; column++) {
    const place = { column, height: 6, through: true };
    columns[column].push(place);
    found.push(place);
  }
  return [...found, to];
}

/** Put what is linked side by side: each goes to the middle of its neighbours, again and again. */
function arrange(columns, lines) {
  const near = new Map(columns.flat().map((one) => [one, []]));
  for (const { stops: passed } of lines) {
    for (let at = 1; at < passed.length; at++) {
      near.get(passed[at - 1]).push(passed[at]);
      near.get(passed[at]).push(passed[at - 1]);
    }
  }
  const place = new Map();
  const number = () => columns.forEach((column) => column.forEach((one, at) => place.set(one, at - column.length / 2)));
  number();
  for (let pass = 0; pass < 12; pass++) {
    for (const column of pass % 2 ? [...columns].reverse() : columns) {
      const wishes = new Map(column.map((one) => {
        const around = near.get(one);
        const middle = around.length ? around.reduce((sum, other) => sum + place.get(other), 0) / around.length : place.get(one);
        return [one, middle + (one.isEnd ? 1000 : 0)];
      }));
      column.sort((one, other) => wishes.get(one) - wishes.get(other));
      number();
    }
  }
}

export class WiringView {
  constructor(go) {
    this.go = go;
    this.element = h("section.wiring");
    this.chosen = null;
    this.flow = false;
  }

  async enter() { await this.reload(); }

  async reload() {
    const [drawn, missed] = await Promise.all([get("wiring"), get("wiring/unmatched?limit=50")]);
    this.drawn = drawn;
    const calls = drawn.edges.some((edge) => edge.label === "calls");
    fill(this.element,
      h("div.bar", h("h1", "Wiring"), calls && h("button", {
        type: "button", "aria-pressed": String(this.flow), onclick: () => { this.flow = !this.flow; this.reload(); },
      }, this.flow ? "Only what leads to handlers" : "Also what handlers call"), h("span.total", `${drawn.nodes.length} parts, ${drawn.edges.length} connections`)),
      h("div.map", this.map()),
      this.facts = h("div.facts-of"),
      h("h2", "Went nowhere"),
      missed.unmatched.length
        ? h("div.lines", missed.unmatched.map((one) => this.missed(one)))
        : h("p.hint", "Every event, message and record has found somebody."));
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
      tabindex: "0", role: "button", "aria-label": `${node.kind} ${node.label}`,
      onclick: () => this.show(node.id),
      onkeydown: (event) => { if (event.key === "Enter") { event.stopPropagation(); this.show(node.id); } },
    },
    h("rect", { width: WIDTH, height: HEIGHT, rx: 7 }),
    h("rect.edge", { width: 4, height: HEIGHT, rx: 2 }),
    h("text.name", { x: 14, y: 17 }, clipped(node.expression ?? node.label, 23)),
    h("text.what", { x: 14, y: 32 }, clipped(told(node), 29)),
    h("title", `${node.kind}: ${node.id}`));
    return drawn;
  }

  show(id) {
    this.chosen = id;
    const node = this.drawn.nodes.find((one) => one.id === id);
    if (!node) return;
    const edges = this.drawn.edges.filter((edge) => edge.from === id || edge.to === id);
    const label = (one) => this.drawn.nodes.find((other) => other.id === one)?.label ?? short(one);
    const link = { queue: `#/queues/${node.label}`, function: "#/functions", schedule: "#/schedules", socket: "#/sockets" }[node.kind];
    for (const other of this.element.querySelectorAll(".node")) other.classList.remove("chosen");
    fill(this.facts,
      h("div.bar", h("h2", node.label), h("small", node.kind), link && h("a", { href: link }, "open"),
        h("button", { type: "button", onclick: () => { this.chosen = null; fill(this.facts); } }, "Close")),
      h("p.mono", node.id),
      edges.length > 0 && h("table", h("tbody", edges.map((edge) => h("tr",
        h("td", label(edge.from)), h("td", "→"), h("td", label(edge.to)), h("td.n", count(edge.count)),
        h("td", edge.label, edge.enabled === false && " (disabled)", edge.state && edge.state !== "Enabled" && ` (${edge.state})`),
        h("td", (edge.filters ?? []).map((one) => inline(one))))))));
    this.facts.scrollIntoView({ block: "nearest" });
  }

  missed(one) {
    const reasons = one.reasons.near_misses ?? one.reasons.Reasons ?? one.reasons;
    return h("details.line", h("summary", h("span.time", clock(one.at_ms)), h("span.words", `${short(one.subject)}: ${one.outcome}`)),
      typeof reasons === "string" ? h("pre", reasons) : json(reasons),
      h("a", { href: `#/story/${one.story}` }, "its story"));
  }

  back() { this.go("runs"); }
}

function told(node) {
  if (node.kind === "function") return `${count(node.runs)} ${node.runs === 1 ? "run" : "runs"}${node.errors ? `, ${count(node.errors)} failed` : ""}`;
  if (node.kind === "queue") return `${count(node.visible)} waiting, ${count(node.in_flight)} in flight`;
  if (node.kind === "table") return `${count(node.items)} items`;
  if (node.kind === "schedule") return node.label;
  if (node.kind === "socket") return `WebSocket, ${count(node.open)} open`;
  return node.kind;
}

const clipped = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
