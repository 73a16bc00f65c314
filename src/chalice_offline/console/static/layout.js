// Where the parts of the wiring map stand: columns from sources to handlers, few lines crossing.

export const WIDTH = 190;
export const HEIGHT = 40;
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
  const neighbours = linkedBy(columns, lines);
  arrange(columns, neighbours);
  const height = settle(columns, neighbours);
  columns.forEach((column, across) => {
    for (const one of column) one.x = across * (WIDTH + ACROSS);
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

/** Return what each node and each place between is linked with. */
function linkedBy(columns, lines) {
  const near = new Map(columns.flat().map((one) => [one, []]));
  for (const { stops: passed } of lines) {
    for (let at = 1; at < passed.length; at++) {
      near.get(passed[at - 1]).push(passed[at]);
      near.get(passed[at]).push(passed[at - 1]);
    }
  }
  return near;
}

/** Put what is linked side by side: each goes to the middle of its neighbours, again and again.
    Dead letters stand below that, and what nothing is linked with comes last. */
function arrange(columns, near) {
  const place = new Map();
  const number = () => columns.forEach((column) => column.forEach((one, at) => place.set(one, at - column.length / 2)));
  number();
  for (let pass = 0; pass < 12; pass++) {
    for (const column of pass % 2 ? [...columns].reverse() : columns) {
      const wishes = new Map(column.map((one) => {
        const around = near.get(one);
        const middle = around.length ? around.reduce((sum, other) => sum + place.get(other), 0) / around.length : place.get(one);
        return [one, middle + (around.length ? 0 : 2000) + (one.isEnd ? 0.5 : 0)];
      }));
      column.sort((one, other) => wishes.get(one) - wishes.get(other));
      number();
    }
  }
}

/** Give each node its y: the tallest column stands as it is, the others beside what they are linked with.
    Returns the height of all. */
function settle(columns, near) {
  const tall = columns.map((column) => column.reduce((sum, one) => sum + one.height + DOWN, -DOWN));
  for (const column of columns) pack(column, () => 0);
  const fixed = tall.indexOf(Math.max(...tall));
  const middle = (one) => one.y + one.height / 2;
  for (let pass = 0; pass < 6; pass++) {
    const outwards = columns.map((_, at) => at).sort((one, other) => Math.abs(one - fixed) - Math.abs(other - fixed));
    for (const at of outwards.slice(1)) {
      pack(columns[at], (one) => {
        const around = near.get(one).map(middle);
        return around.length ? around.reduce((sum, y) => sum + y, 0) / around.length - one.height / 2 : one.y;
      });
    }
  }
  return Math.max(HEIGHT, ...columns.flat().map((one) => one.y + one.height));
}

/** Put a column's nodes where they wish to be, in their order and none over another: those that would
    overlap stand together, in the middle of what they wish (the pool of adjacent violators). */
function pack(column, wish) {
  const groups = [];
  for (const one of column) {
    let group = { nodes: [one], height: one.height + DOWN, y: wish(one) };
    for (let above = groups.at(-1); above && above.y + above.height > group.y; above = groups.at(-1)) {
      groups.pop();
      const [upper, lower] = [above.nodes.length, group.nodes.length];
      const y = (above.y * upper + (group.y - above.height) * lower) / (upper + lower);
      group = { nodes: [...above.nodes, ...group.nodes], height: above.height + group.height, y };
    }
    group.y = Math.max(0, group.y);
    groups.push(group);
  }
  for (const group of groups) {
    let { y } = group;
    for (const one of group.nodes) {
      one.y = y;
      y += one.height + DOWN;
    }
  }
}
