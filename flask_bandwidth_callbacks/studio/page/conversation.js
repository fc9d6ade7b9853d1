// Who said what, when, as it comes.
import { current, find, root } from "./calls.js";
import { shown } from "./clock.js";
import { listen } from "./connection.js";
import { byId, element } from "./elements.js";
import { LongList } from "./long_list.js";

const list = new LongList(byId("conversation-log"), draw);

listen("reset", () => list.clear());
listen("line", (line) => list.add(line.number, line));

function draw(line, before) {
  const call = find(line.call);
  const top = call && root(call);
  const row = element("div", { class: `line ${line.kind}` });
  if (top !== undefined && (before === undefined || rootOf(before) !== top)) row.append(heading(top));
  row.append(
    element("span", { class: "when" }, shown(line.milliseconds - (top?.started_ms ?? 0))),
    " ",
    element("span", { class: "who" }, whoOf(line, top)),
    " ",
    element("span", { class: "what" }, ...whatOf(line)),
  );
  return row;
}

function heading(call) {
  const text = `Call from ${call.from} to ${call.to}`;
  return element("strong", { class: "heading" }, call === current() ? text : `${text} (${call.direction})`);
}

function rootOf(line) {
  const call = find(line.call);
  return call && root(call);
}

function whoOf({ who }, top) {
  if (!who) return "";
  return top !== undefined && top.direction === "inbound" && who === top.person ? "caller" : who;
}

function whatOf({ kind, text, words }) {
  if (words === null) return [text];
  const said = element("span", { class: "words" }, words);
  return kind === "hears" || kind === "says" ? [element("span", { class: "verb" }, `${text} `), said] : [text, " ", said];
}
