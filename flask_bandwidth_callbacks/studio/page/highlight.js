// JSON and BXML in color. The pieces are spans with text, so that nothing in them becomes markup.
import { element } from "./elements.js";

const TAG = /<[/]?[\w:.-]+(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*[/]?>|<[?!][^>]*>/g;
const IN_TAG = /^(<[/]?)([\w:.-]+)|([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')/g;
const JSON_TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;

const span = (name, text) => element("span", { class: name }, text);

/** Return a value as the nodes of indented JSON. */
export const json = (value) =>
  pieces(JSON.stringify(value, null, 2), JSON_TOKEN, ([token, string, colon]) => {
    if (string === undefined) return [span("literal", token)];
    return colon === undefined ? [span("string", string)] : [span("name", string), colon];
  });

/** Return a document as nodes. */
export const bxml = (text) => pieces(text, TAG, ([tag]) => ("?!".includes(tag[1]) ? [span("dim", tag)] : inTag(tag)));

const inTag = (tag) =>
  pieces(tag, IN_TAG, ([, open, verb, name, equals, value]) =>
    verb === undefined ? [span("name", name), equals, span("string", value)] : [open, span("verb", verb)],
  );

function pieces(text, pattern, nodesOf) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(text.slice(end, match.index), ...nodesOf(match));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}
