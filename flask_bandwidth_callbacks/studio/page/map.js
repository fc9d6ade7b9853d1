// The picture of what leads where, with the box where the call is now.
import { get, listen } from "./connection.js";
import { byId } from "./elements.js";

// What a picture consists of. Anything else that a document holds is left out: scripts, links, foreign markup.
const ELEMENTS = new Set(
  "svg g rect path circle ellipse line polyline polygon text tspan title desc defs marker".split(" "),
);
const ATTRIBUTES = new Set(
  (
    "viewBox width height x y x1 y1 x2 y2 dx dy cx cy r rx ry d points transform class id role fill stroke opacity " +
    "fill-opacity stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-opacity marker-end marker-start " +
    "refX refY markerWidth markerHeight markerUnits orient text-anchor dominant-baseline font-family font-size " +
    "font-weight font-style preserveAspectRatio aria-label aria-hidden aria-labelledby"
  ).split(" "),
);
const NAMESPACE = "http://www.w3.org/2000/svg";
const PREFIX = "map-";

const picture = byId("map-picture");
const fit = byId("map-fit");
let version = null;
let lit = [];

listen("reset", () => {
  version = null;
  lit = [];
  picture.replaceChildren();
  byId("map-empty").hidden = false;
});

listen("map", async (map) => {
  lit = map.lit;
  if (map.version !== version) {
    version = map.version;
    const text = await get(`map.svg?version=${encodeURIComponent(map.version)}`);
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
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (parsed.localName !== "svg") return;
  picture.replaceChildren(copy(parsed));
  byId("map-empty").hidden = true;
  size();
}

function copy(source) {
  const made = document.createElementNS(NAMESPACE, source.localName);
  for (const { name, value } of source.attributes) {
    if (ATTRIBUTES.has(name)) made.setAttribute(name, withPrefix(name, value));
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE && child.namespaceURI === NAMESPACE && ELEMENTS.has(child.localName)) {
      made.append(copy(child));
    }
  }
  return made;
}

// The ids of the picture must not be those of the page.
function withPrefix(name, value) {
  if (name === "id") return PREFIX + value;
  if (name === "aria-labelledby") return value.split(" ").map((id) => PREFIX + id).join(" ");
  return value.replace(/url\([^)]*\)/g, (url) => (url.startsWith("url(#") ? url.replace("#", `#${PREFIX}`) : "none"));
}

function size() {
  picture.classList.toggle("fits", fit.getAttribute("aria-pressed") === "true");
}

function light() {
  for (const box of picture.querySelectorAll(".lit")) box.classList.remove("lit");
  for (const id of lit) {
    const box = byId(PREFIX + id);
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
