// The page: which view is shown, the keys, the live feed.

import { follow, get, post } from "./api.js";
import { byId, fill, h, toast } from "./dom.js";
import { instant, many } from "./format.js";
import { help, listen } from "./keys.js";
import { RunsView } from "./runs.js";

const first = get("runs?limit=120"); // asked for before anything else

// Of each its address, its name, the letter after `g`, and where its class is.
const VIEWS = [
  ["runs", "Runs", "r", async () => RunsView],
  ["stories", "Stories", "s", async () => (await import("./story.js")).StoryView],
  ["wiring", "Wiring", "w", async () => (await import("./wiring.js")).WiringView],
  ["queues", "Queues", "q", async () => (await import("./queues.js")).QueuesView],
  ["topics", "Topics, buses", "t", async () => (await import("./resources.js")).TopicsView],
  ["functions", "Functions", "f", async () => (await import("./resources.js")).FunctionsView],
  ["tables", "Tables", "a", async () => (await import("./resources.js")).TablesView],
  ["buckets", "Buckets", "b", async () => (await import("./resources.js")).BucketsView],
  ["streams", "Streams", "m", async () => (await import("./resources.js")).StreamsView],
  ["sockets", "WebSockets", "e", async () => (await import("./resources.js")).SocketsView],
  ["schedules", "Schedules", "c", async () => (await import("./times.js")).SchedulesView],
  ["workflows", "Workflows", "o", async () => (await import("./workflows.js")).WorkflowsView],
  ["faults", "Faults", "u", async () => (await import("./times.js")).FaultsView],
];
const ALIASES = { story: "stories" };
const views = new Map();
let view = null;
let shown = "";

let routed = null; // the address that the view was last chosen by
let arriving = null;

const go = (where) => { location.hash = `#/${where}`; arrive(); };

/** Show the view that the address names. Gives what to wait for, null when it is shown already. */
function arrive() {
  if (location.hash !== routed) {
    routed = location.hash;
    const shown = route().finally(() => { if (arriving === shown) arriving = null; });
    arriving = shown;
  }
  return arriving;
}

async function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = (path || "runs").split("/");
  const key = ALIASES[name] ?? name;
  const known = VIEWS.find(([one]) => one === key);
  if (!known) return go("runs");
  for (const link of byId("nav").children) link.toggleAttribute("aria-current", link.dataset.view === key);
  document.querySelector("#nav [aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
  if (!views.has(key)) views.set(key, new (await known[3]())(go));
  const next = views.get(key);
  if (view !== next) {
    view = next;
    fill(byId("main"), view.element);
  }
  shown = key;
  document.title = `${known[1]} – chalice-offline`;
  try {
    const wanted = key === "runs" ? [first] : [rest.join("/"), new URLSearchParams(query)];
    await view.enter(...wanted);
    if (view === next) byId("main").classList.remove("failed");
  } catch (error) {
    fill(byId("main"), h("section", h("div.empty", h("p", error.message), h("a", { href: "#/runs" }, "Runs"))));
    view = null;
  }
  byId("main").dataset.ready = key;
  return undefined;
}

let era = null; // what the numbers in the page are of

function told(piece) {
  if (era !== null && piece.era !== era) return location.reload(); // it began anew: so does the page
  era = piece.era;
  const runs = views.get("runs");
  runs?.told(piece);
  if (virtual) tellTime(piece.now_ms);
  byId("live").title = `${many(piece.count, "run")} so far`;
  behind = true;
}

// Views other than the list of runs are read anew when something has happened, now and then.
// One that takes long to work out is asked for less often: the session works while nobody asks.
let behind = false;
let nextAt = 0;
setInterval(() => {
  if (performance.now() < nextAt) return;
  const quiet = document.hidden || document.querySelector("dialog[open]") || getSelection()?.toString();
  if (!behind || quiet || !view?.reload || shown === "runs") return;
  if (byId("main").querySelector("details.line[open], .message details[open], input:focus")) return;
  behind = false;
  const began = performance.now();
  nextAt = Infinity;
  view.reload().catch((error) => toast(error.message, "bad"))
    .finally(() => { nextAt = performance.now() + 9 * (performance.now() - began); });
}, 1500);

let virtual = false;

const tellTime = (now) => fill(byId("clock"), `virtual ${instant(now).slice(0, 19)}`);

async function head() {
  const facts = await get("session");
  fill(byId("project"), facts.project ?? "chalice-offline");
  fill(byId("facts"), [facts.stage, facts.region, "UTC"].filter(Boolean).join(" · "));
  virtual = facts.virtual;
  if (virtual) {
    timeButtons();
    tellTime(facts.now_ms);
  }
  byId("facts").title = `chalice-offline ${facts.version}, Python ${facts.python}, account ${facts.account_id}, seed ${facts.seed}`;
}

/** In virtual time the page lets time pass. */
function timeButtons() {
  const pass = (label, how, body, title) => h("button", {
    type: "button", title, onclick: async () => {
      try {
        await post(`time/${how}`, body);
        if (how === "leave") toast("The test goes on.");
        else await Promise.all([head(), view?.reload?.()]);
      } catch (error) {
        toast(error.message, "bad");
      }
    },
  }, label);
  byId("time").hidden = false;
  fill(byId("time"), pass("Settle", "settle", {}, "Go on until nothing is left to do"),
    pass("+1 min", "advance", { minutes: 1 }), pass("+1 h", "advance", { hours: 1 }), pass("Go on", "leave", {}, "Leave, and let the test go on"));
}

for (const [key, label, letter] of VIEWS) {
  byId("nav").append(h("a", { href: `#/${key}`, "data-view": key, title: `g ${letter}` }, label, h("kbd", letter)));
}
byId("helper").addEventListener("click", () => help(VIEWS));
listen(() => view, VIEWS, go, arrive);
addEventListener("hashchange", arrive);
document.addEventListener("passed", () => head().catch((error) => toast(error.message, "bad")));
await arrive();
performance.mark("first view");
head().catch(() => {});
const began = await first.catch(() => ({}));
era = began.era ?? null;
follow(told, (state) => {
  fill(byId("live"), state === "live" ? "live" : "reconnecting");
  byId("state").dataset.state = state;
}, began.revision);
