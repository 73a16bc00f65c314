// The console's doors, and the live feed.

import { parse } from "./exact.js";

/** Read a door. */
export async function get(path) {
  return answer(await fetch(`api/${path}`));
}

/** Have a door do something. */
export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(`api/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answer(reply) {
  const text = await reply.text();
  let content;
  try {
    content = parse(text);
  } catch {
    content = { error: text.slice(0, 300) };
  }
  if (!reply.ok) throw new Error(content.error || `${reply.status}`);
  return content;
}

/** Follow what changes after a revision. `told` gets each piece, `state` hears "live" and "away". */
export function follow(told, state, since) {
  let source;
  let last = since ?? "";
  let retry;
  const open = () => {
    source = new EventSource(`api/live${last === "" ? "" : `?after=${last}`}`);
    source.onopen = () => state("live");
    source.onmessage = (event) => {
      last = event.lastEventId;
      told(JSON.parse(event.data));
    };
    source.onerror = () => {
      state("away");
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(retry);
        retry = setTimeout(open, 2000);
      }
    };
  };
  open();
}
