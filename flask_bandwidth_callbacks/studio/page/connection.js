// The connection to the studio's server: events come by server-sent events, actions go by POST.
import { notice, withdraw } from "./notices.js";

const SILENT = "The studio does not reply. Is its command still running? This page tries again.";
const CLOSED = "The studio does not know this page any more. Open the URL that its command prints.";

const listeners = new Map();
let queue = Promise.resolve();

/** Call a function with the data of each event of a type. Listen before `connect`, in the order that matters. */
export function listen(type, listener) {
  if (!listeners.has(type)) listeners.set(type, []);
  listeners.get(type).push(listener);
}

/** Open the stream of events. The browser itself connects again, and says which event it saw last. */
export function connect() {
  const source = new EventSource("events");
  for (const [type, called] of listeners) {
    source.addEventListener(type, (event) => {
      const data = JSON.parse(event.data);
      for (const listener of called) listener(data);
    });
  }
  source.addEventListener("open", () => withdraw(SILENT));
  source.addEventListener("error", () => {
    withdraw(SILENT);
    notice(source.readyState === EventSource.CLOSED ? CLOSED : SILENT);
  });
}

/**
 * Do something at the server, after what was asked for before. Return whether it was done; else `show` gets a
 * sentence that says why not.
 */
export function act(name, body, show = notice) {
  const done = queue.then(() => post(name, body, show));
  queue = done;
  return done;
}

async function post(name, body, show) {
  try {
    const reply = await fetch(`actions/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (reply.ok) return true;
    show(await sentenceOf(reply));
  } catch {
    show(SILENT);
  }
  return false;
}

/** Fetch JSON, or text where the server sends that. Return null, and show a sentence, if it fails. */
export async function get(path, show = notice) {
  try {
    const reply = await fetch(path);
    if (!reply.ok) {
      show(await sentenceOf(reply));
      return null;
    }
    return await (reply.headers.get("Content-Type").includes("json") ? reply.json() : reply.text());
  } catch {
    show(SILENT);
    return null;
  }
}

async function sentenceOf(reply) {
  try {
    return (await reply.json()).detail;
  } catch {
    return `The studio replied with status ${reply.status}.`;
  }
}
