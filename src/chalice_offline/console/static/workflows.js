// Workflows: state machines, their executions, and one as a graph with how far it is.

import { get, post } from "./api.js";
import { ask } from "./dialog.js";
import { h, fill } from "./dom.js";
import { clock, duration, relative } from "./format.js";
import { json } from "./json.js";

const WIDTH = 158;
const HEIGHT = 38;
const ACROSS = 26;
const DOWN = 38;

const tone = (status) =>
  ({ SUCCEEDED: "good", RUNNING: "busy", CAUGHT: "late", FAILED: "bad", ABORTED: "bad", TIMED_OUT: "bad" })[status] ?? "";

/** Give each state a row, one below all that lead to it, and a place in the row. */
export function layout({ nodes, edges, start }) {
  // A Parallel or a Map leads to what is inside it, and from there to what comes after.
  const whole = new Set(nodes.map((node) => node.parent).filter(Boolean));
  const inside = nodes.filter((node) => node.parent && node.is_start).map((node) => ({ from: node.parent, to: node.name, kind: "inside", label: "" }));
  const after = nodes.filter((node) => node.parent && node.is_end).flatMap((node) =>
    edges.filter((edge) => edge.from === node.parent && edge.kind === "next").map((edge) => ({ ...edge, from: node.name })));
  const lines = [...edges.filter((edge) => edge.kind !== "next" || !whole.has(edge.from)), ...inside, ...after];
  const names = new Map(nodes.map((node) => [node.name, node]));
  const row = new Map();
  const walk = (name, depth, path) => {
    if (!names.has(name) || path.has(name) || (row.get(name) ?? -1) >= depth) return;
    row.set(name, depth);
    const on = new Set(path).add(name);
    for (const line of lines) if (line.from === name) walk(line.to, depth + 1, on);
  };
  walk(start, 0, new Set());
  for (const node of nodes) if (!row.has(node.name)) row.set(node.name, 0);
  const rows = [];
  for (const node of nodes) (rows[row.get(node.name)] ??= []).push(node);
  const place = new Map();
  rows.forEach((one) => one.forEach((node, at) => place.set(node.name, at - (one.length - 1) / 2)));
  for (let pass = 0; pass < 4; pass++) {
    for (const one of rows) {
      const wish = new Map(one.map((node) => {
        const from = lines.filter((line) => line.to === node.name && row.get(line.from) < row.get(node.name)).map((line) => place.get(line.from));
        return [node, from.length ? from.reduce((sum, at) => sum + at, 0) / from.length : place.get(node.name)];
      }));
      one.sort((first, second) => wish.get(first) - wish.get(second));
      one.forEach((node, at) => place.set(node.name, at - (one.length - 1) / 2));
    }
  }
  const widest = Math.max(1, ...rows.map((one) => one.length));
  const width = widest * (WIDTH + ACROSS) - ACROSS;
  rows.forEach((one, down) => one.forEach((node) => {
    node.x = width / 2 + place.get(node.name) * (WIDTH + ACROSS) - WIDTH / 2;
    node.y = down * (HEIGHT + DOWN);
    node.row = down;
  }));
  return { lines, names, width, height: rows.length * (HEIGHT + DOWN) - DOWN };
}

export class WorkflowsView {
  constructor(go) {
    this.go = go;
    this.element = h("section.workflows");
  }

  async enter(name, query) {
    this.name = name ? decodeURIComponent(name) : "";
    this.execution = query.get("execution") ?? "";
    await this.reload();
  }

  async reload() {
    if (this.execution) return this.one();
    const { workflows } = await get("workflows");
    const parts = await Promise.all(workflows.map(async (one) => [one, (await get(`workflows/${encodeURIComponent(one.name)}/executions`)).executions]));
    fill(this.element, h("div.bar", h("h1", "Workflows")), parts.length ? parts.map(([one, executions]) => h("article",
      h("div.bar", h("h2", one.name), h("small", one.type.toLowerCase()), h("button", { type: "button", onclick: () => this.start(one) }, "Start…")),
      executions.length > 0 && h("div.lines", executions.map((run) => h("a.line", { href: `#/workflows/${encodeURIComponent(one.name)}?execution=${encodeURIComponent(run.arn)}` },
        h("span.time", clock(run.started_ms)), h("span.words", run.name), run.stopped_ms && h("span.n", duration(run.stopped_ms - run.started_ms)),
        h("span", { class: tone(run.status) }, run.status.toLowerCase())))))) : h("div.empty", h("p", "There is no workflow.")));
    return undefined;
  }

  async one() {
    const found = await get(`executions/${this.execution.split("/").map(encodeURIComponent).join("/")}`);
    const { execution, states } = found;
    fill(this.element,
      h("div.bar", h("a.back", { href: "#/workflows", title: "Back (Esc)" }, "←"), h("h1", `${execution.machine}: ${execution.name}`),
        h("span.total", { class: tone(execution.status) }, execution.status.toLowerCase())),
      h("p.sum", h("span", `began ${clock(execution.started_ms)}`), h("span", duration((execution.stopped_ms ?? found.now_ms) - execution.started_ms)),
        execution.redrives > 0 && h("span", `redriven ${execution.redrives}×`)),
      execution.error && h("p.error", `${execution.error}: ${execution.cause ?? ""}`),
      h("div.map", this.graph(found)),
      h("h2", "States"),
      h("table.cards", h("tbody", states.map((state) => h("tr",
        h("td", h("b", state.name), h("small", ` ${state.type}${state.index === null ? "" : `, item ${state.index}`}`)),
        h("td", { class: tone(state.status) }, state.status.toLowerCase(), state.tries > 1 && `, try ${state.tries}`),
        h("td.n", duration((state.left_ms ?? found.now_ms) - state.entered_ms)),
        h("td", state.error ?? (state.waiting_for && waits(state.waiting_for, found.now_ms))))))),
      found.input !== null && h("details", { open: true }, h("summary", "Input"), json(found.input)),
      found.output !== null && h("details", { open: true }, h("summary", "Output"), json(found.output)),
      found.events.length > 0 && h("details", h("summary", `History (${found.events.length})`), h("div.lines", found.events.map((event) =>
        h("details.line", h("summary", h("span.n", event.id), h("span.words", event.type)), json(Object.fromEntries(Object.entries(event).filter(([name]) => name.endsWith("Details")))))))));
  }

  graph({ graph, states }) {
    const { lines, names, width, height } = layout(graph);
    const last = new Map(states.map((state) => [state.name, state]));
    const visits = new Map();
    for (const state of states) visits.set(state.name, (visits.get(state.name) ?? 0) + 1);
    const walked = (line) => last.has(line.from) && last.has(line.to);
    const drawn = lines.filter((line) => names.has(line.from) && names.has(line.to)).map((line) => {
      const [from, to] = [names.get(line.from), names.get(line.to)];
      const [x1, y1, x2, y2] = [from.x + WIDTH / 2, from.y + HEIGHT, to.x + WIDTH / 2, to.y];
      const aside = y2 <= y1 || (to.row - from.row > 1 && from.x === to.x);
      const side = Math.max(from.x, to.x) + WIDTH + 18;
      const d = aside
        ? `M${from.x + WIDTH} ${from.y + HEIGHT / 2}C${side} ${from.y + HEIGHT / 2} ${side} ${to.y + HEIGHT / 2} ${to.x + WIDTH} ${to.y + HEIGHT / 2}`
        : `M${x1} ${y1}C${x1} ${y1 + DOWN / 2} ${x2} ${y2 - DOWN / 2} ${x2} ${y2}`;
      return h("path.wire", { d, class: line.kind === "catch" ? "letters" : walked(line) ? "used" : "" }, h("title", `${line.from} → ${line.to} ${line.label || line.kind}`));
    });
    const boxes = [...names.values()].map((node) => {
      const state = last.get(node.name);
      const times = visits.get(node.name) ?? 0;
      return h("g.node.state", { transform: `translate(${node.x} ${node.y})`, class: state ? tone(state.status) : "" },
        h("rect", { width: WIDTH, height: HEIGHT, rx: 7 }), h("rect.edge", { width: 4, height: HEIGHT, rx: 2 }),
        h("text.name", { x: 14, y: 16 }, clipped(node.name, 20)),
        h("text.what", { x: 14, y: 30 }, `${node.type}${state ? `, ${state.status.toLowerCase()}` : ""}${times > 1 ? ` ${times}×` : ""}`), h("title", node.name));
    });
    const picture = h("svg", { viewBox: `-8 -8 ${width + 40} ${height + 16}`, role: "img", "aria-label": "States of the execution" }, drawn, boxes);
    picture.style.width = `${width + 40}px`;
    picture.style.maxWidth = matchMedia("(max-width: 700px)").matches ? "none" : "100%";
    return picture;
  }

  start(one) {
    ask(`Start ${one.name}`, [{ name: "input", label: "Input", kind: "json", value: {} }], "Start", async (values) => {
      await post(`workflows/${encodeURIComponent(one.name)}/start`, values);
      await this.reload();
    });
  }

  back() { this.go(this.execution ? "workflows" : "runs"); }
}

const waits = (what, now) => `waits for ${what.kind}${what.text ? `: ${what.text}` : ""}${what.until_ms ? `, ${relative(what.until_ms, now)}` : ""}`;

const clipped = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
