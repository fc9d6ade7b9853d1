// The picture of what leads where, with the box where the call is now.
import { get, listen } from "./connection.js";
import { byId, setText } from "./elements.js";

// What a picture consists of. Anything else that a document holds is left out: scripts, links, foreign markup.
const ELEMENTS = new Set("svg g rect path circle ellipse line polyline polygon text tspan title desc".split(" "));
const ATTRIBUTES = new Set(
  (
    "viewBox width height x y x1 y1 x2 y2 dx dy cx cy r rx ry d points transform class id role aria-label " +
    "text-anchor font-size font-weight textLength lengthAdjust"
  ).split(" "),
);
const NAMESPACE = "http://www.w3.org/2000/svg";
// The policy of the page keeps out styles that stand in a document, also in one that is only parsed. The picture
// keeps its colors because its style sheet is adopted; the page itself decides on its size.
const STYLE = /<style>([^]*?)<[/]style>/;
const STYLE_OF_ROOT = /^([^>]*<svg[^>]*?) style="[^"]*"/;
const colors = new CSSStyleSheet();
document.adoptedStyleSheets.push(colors);

const picture = byId("map-picture");
const empty = byId("map-empty");
const fit = byId("map-fit");
let version = null;
let lit = [];

listen("reset", () => {
  version = null;
  lit = [];
  picture.replaceChildren();
  empty.hidden = false;
});

listen("map", async (map) => {
  lit = map.lit;
  if (map.version !== version) {
    version = map.version;
    const text = await get(`map.svg?version=${encodeURIComponent(map.version)}`, (sentence) => setText(empty, sentence));
    if (text === null || map.version !== version) return;
    draw(text);
  }
  light();
});

fit.addEventListener("click", () => {
  fit.setAttribute("aria-pressed", String(fit.getAttribute("aria-pressed") !== "true"));
  size();
});

function draw(text) {
  const sheet = text.match(STYLE)?.[1] ?? "";
  const plain = text.replace(STYLE, "").replace(STYLE_OF_ROOT, "$1");
  const parsed = new DOMParser().parseFromString(plain, "image/svg+xml").documentElement;
  if (parsed.localName !== "svg") return;
  colors.replaceSync(sheet);
  picture.replaceChildren(copy(parsed));
  empty.hidden = true;
  size();
}

function copy(source) {
  const made = document.createElementNS(NAMESPACE, source.localName);
  for (const { name, value } of source.attributes) {
    if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE && child.namespaceURI === NAMESPACE && ELEMENTS.has(child.localName)) {
      made.append(copy(child));
    }
  }
  return made;
}

function size() {
  picture.classList.toggle("fits", fit.getAttribute("aria-pressed") === "true");
}

function light() {
  for (const box of picture.querySelectorAll(".lit")) box.classList.remove("lit");
  for (const id of lit) {
    const box = picture.querySelector(`#${CSS.escape(id)}`);
    if (box === null) continue;
    box.classList.add("lit");
    reveal(box);
  }
}

function reveal(box) {
  const [inner, outer] = [box.getBoundingClientRect(), picture.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) picture.scrollTop += inner.top - outer.top - outer.height / 3;
  if (inner.left < outer.left || inner.right > outer.right) picture.scrollLeft += inner.left - outer.left - outer.width / 3;
}
