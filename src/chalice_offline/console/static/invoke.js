// Invoking a function: with a sample of what it listens to, or of anything else, changed as one likes.

import { get, post } from "./api.js";
import { ask } from "./dialog.js";
import { h, toast } from "./dom.js";
import { pretty } from "./format.js";
import { json } from "./json.js";
import { frames } from "./story.js";

const NOTHING = "nothing: {}";

/** Ask with what a function is to be invoked, and do it. */
export async function invoke(one) {
  const place = `functions/${encodeURIComponent(one.deployed_name)}`;
  const { samples } = await get(`${place}/samples`).catch((error) => { toast(error.message, "bad"); return { samples: [] }; });
  const own = samples.filter((found) => found.source);
  const named = new Map(own.map((found) => [found.source, found.event]));
  named.set(NOTHING, {});
  for (const found of samples) if (!found.source) named.set(`${found.kind}: ${found.what}`, found.event);
  const texts = new Map([...named].map(([name, event]) => [name, pretty(event)]));
  const [first] = named.keys();
  let shown = first;
  const choose = (name, { event }) => { // what was changed in another one is there again when one comes back to it
    texts.set(shown, event.value);
    shown = name;
    event.value = texts.get(name);
  };
  ask(`Invoke ${one.name}`, [
    { name: "sample", label: "Sample", kind: "choice", choices: [...named.keys()], value: first, changed: choose },
    { name: "event", label: "Event", kind: "json", value: named.get(first), hint: "What stays *** stays what it was." },
    { name: "type", label: "Type", kind: "choice", choices: ["RequestResponse", "Event"], value: "RequestResponse" },
  ], "Invoke", async ({ sample, event, type }) => {
    const done = await post(`${place}/invoke`, { event, type, sample });
    if (type === "Event") return h("p", "Taken; it runs by itself.");
    return h("div", h("p", { class: done.error ? "bad" : "good" }, done.error || "ok"), failure(done.payload) ?? json(done.payload),
      done.log?.length > 0 && h("pre.log", done.log.map((line) => `${line}\n`)));
  });
}

/** What a function failed with, for people; null when it is no error as Lambda tells them. */
function failure(payload) {
  if (!payload?.errorMessage || !Array.isArray(payload.stackTrace)) return null;
  return h("div", h("p.error", `${payload.errorType}: ${payload.errorMessage}`), payload.stackTrace.length > 0 && frames(payload.stackTrace));
}
