// One callback with everything that is known about it.
import { act, get } from "./connection.js";
import { button, byId, element } from "./elements.js";
import { bxml, json } from "./highlight.js";
import { notice } from "./notices.js";
import { edit } from "./send_form.js";

const NARROW = matchMedia("(max-width: 899px)");
const COPIED_MILLISECONDS = 1500;

const panel = byId("details");
let shown = null;
let onClosed = () => {};

export const isShown = (number) => shown !== null && shown.number === number;

/** Show a callback; `closed` is called when its details are closed. */
export async function show(callback, closed) {
  shown = callback;
  onClosed = closed;
  await load(callback);
  if (isShown(callback.number) && NARROW.matches) panel.scrollIntoView({ block: "nearest" });
}

export function close() {
  if (shown === null) return;
  shown = null;
  panel.hidden = true;
  panel.replaceChildren();
  onClosed();
}

async function load(callback) {
  const details = await get(`callbacks/${callback.number}`);
  if (details === null || shown !== callback) return;
  const { event, method, url, handler, status, milliseconds, failure } = callback;
  const parts = [
    element(
      "div",
      { class: "bar" },
      element("h3", {}, event),
      button("Close", () => {
        const row = document.querySelector(`.row[data-number="${callback.number}"]`);
        close();
        row?.focus();
      }),
    ),
    ...(failure ? [element("p", { class: "failure" }, failure)] : []),
    facts({
      URL: `${method} ${url}`,
      Handler: handler,
      Status: status === null ? null : String(status),
      Took: milliseconds === null ? null : `${Math.round(milliseconds)} ms`,
    }),
    buttons(callback, details),
    ...part("Traceback", details.traceback, [details.traceback], "traceback"),
    ...part("Log", details.log.length > 0, [details.log.join("\n")]),
    ...reply(details),
    ...part("Payload", true, json(details.payload)),
  ];
  panel.replaceChildren(...parts);
  panel.scrollTop = 0;
  panel.hidden = false;
}

function facts(named) {
  const list = element("dl", {});
  for (const [name, value] of Object.entries(named)) {
    if (value) list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
  return list;
}

function buttons(callback, { payload, curl, test }) {
  const isReal = callback.source === "watched";
  return element(
    "div",
    { class: "buttons" },
    isReal ? null : button("Send again", () => act("send_again", { number: callback.number })),
    isReal ? null : button("Edit and send", () => edit(callback, payload)),
    copyButton("Copy as curl", curl),
    copyButton("Copy as pytest", test),
  );
}

function copyButton(text, copied) {
  const made = button(text, async () => {
    try {
      await navigator.clipboard.writeText(copied);
    } catch {
      notice("The browser did not allow this page to copy. Allow it in the settings of the page.");
      return;
    }
    made.textContent = "Copied";
    setTimeout(() => {
      made.textContent = text;
    }, COPIED_MILLISECONDS);
  });
  made.disabled = !copied;
  return made;
}

function reply({ reply_pretty: pretty, reply: plain }) {
  if (pretty !== null) return part("Reply", true, bxml(pretty), "bxml");
  return part("Reply", plain, [plain]);
}

function part(title, isThere, nodes, name = "") {
  if (!isThere) return [];
  const code = element("pre", { class: `code ${name}`, tabindex: "0", "aria-label": title, role: "group" }, ...nodes);
  return [element("h4", {}, title), code];
}
