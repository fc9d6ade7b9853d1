// The callbacks that the application got, with what came back.
import { act, listen } from "./connection.js";
import { close, isShown, show } from "./details.js";
import { byId, element, setText } from "./elements.js";
import { LongList, counted } from "./long_list.js";

const rows = byId("callbacks-list");
const filter = byId("callbacks-filter");
const list = new LongList(rows, draw);

const SOURCES = { watched: "real", sent: "sent" };

listen("reset", () => {
  list.clear();
  close();
  count();
});

listen("callback", (callback) => {
  list.add(callback.number, callback);
  count();
});

filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.filter((callback) => {
    const text = `${callback.event} ${callback.url} ${callback.handler ?? ""} ${outcome(callback)} ${callback.source}`;
    return words.every((word) => text.toLowerCase().includes(word));
  });
  count();
});

byId("clear").addEventListener("click", () => act("clear", {}));

// The arrow keys go from row to row.
rows.addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const next = step && document.activeElement.closest("li")?.[step];
  if (!next) return;
  event.preventDefault();
  next.querySelector("button").focus();
});

function count() {
  const [total, seen] = [list.items.size, list.visible.length];
  setText(byId("callbacks-count"), total === seen ? counted(total) : `${counted(seen)} of ${counted(total)}`);
}

function outcome({ status, failure }) {
  if (failure) return status === null ? "failed" : `${status} failed`;
  return status === null ? "…" : String(status);
}

function draw(callback) {
  const hasFailed = Boolean(callback.failure);
  const row = element(
    "button",
    {
      type: "button",
      class: `row${hasFailed ? " failed" : ""}`,
      "aria-expanded": String(isShown(callback.number)),
      "aria-controls": "details",
      "data-number": callback.number,
      onclick: () => toggle(callback),
    },
    element("span", { class: "event" }, callback.event),
    " ",
    element("span", { class: "path" }, pathOf(callback.url)),
    " ",
    element("span", { class: "handler" }, callback.handler ?? ""),
    " ",
    SOURCES[callback.source] ? element("span", { class: `source ${callback.source}` }, SOURCES[callback.source]) : null,
    element("span", { class: "status" }, outcome(callback)),
    " ",
    element("span", { class: "milliseconds" }, callback.milliseconds === null ? "" : `${Math.round(callback.milliseconds)} ms`),
  );
  return element("li", {}, row);
}

function toggle(callback) {
  if (isShown(callback.number)) close();
  else show(callback, mark);
  mark();
}

function mark() {
  for (const row of rows.querySelectorAll(".row")) {
    row.setAttribute("aria-expanded", String(isShown(Number(row.dataset.number))));
  }
}

function pathOf(url) {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}
