// A form that sends any event, with every property editable.
import { act, get } from "./connection.js";
import { button, byId, element } from "./elements.js";

const NOT_TEXT = new Set(["object", "true or false", "whole number", "number"]);

const dialog = byId("send-dialog");
let samples = null;

byId("send-open").addEventListener("click", async () => {
  if (await loadSamples()) open(samples[0].event, null, "");
});

/** Edit a callback, and send it. */
export async function edit(callback, payload) {
  if (await loadSamples()) open(callback.event, payload, callback.url);
}

async function loadSamples() {
  samples ??= await get("samples");
  return samples !== null;
}

function open(event, payload, url) {
  const select = element("select", { name: "event" });
  const names = samples.map((sample) => sample.event);
  if (!names.includes(event)) names.push(event);
  for (const name of names) select.append(element("option", { value: name, ...(name === event && { selected: true }) }, name));

  const path = element("input", { name: "url", value: url, placeholder: "where the application replies to it", spellcheck: "false" });
  const properties = element("div", { class: "properties" });
  const failure = element("p", { class: "failure", role: "alert" });
  let fields = fill(properties, event, payload);

  select.addEventListener("change", () => {
    path.value = "";
    fields = fill(properties, select.value, null);
  });

  const form = element(
    "form",
    { autocomplete: "off", novalidate: true },
    element("div", { class: "bar" }, element("h2", { id: "send-title" }, "Send an event"), button("Close", () => dialog.close())),
    element(
      "div",
      { class: "target" },
      element("label", { class: "field" }, "Event ", select),
      element("label", { class: "field" }, "URL ", path),
    ),
    properties,
    failure,
    element("div", { class: "buttons" }, element("button", { type: "submit", class: "good" }, "Send")),
  );
  form.addEventListener("submit", async (submitted) => {
    submitted.preventDefault();
    failure.textContent = "";
    try {
      const sent = Object.fromEntries(fields.filter((field) => field.isSent()).map((field) => [field.name, field.read()]));
      const say = (sentence) => failure.replaceChildren(sentence);
      if (await act("send", { event: select.value, payload: sent, ...(path.value && { url: path.value }) }, say)) dialog.close();
    } catch (error) {
      failure.textContent = error.message;
    }
  });
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
}

function fill(target, event, payload) {
  const sample = samples.find((known) => known.event === event) ?? { payload: {}, properties: [] };
  const values = payload ?? sample.payload;
  // Hints of nested properties, such as "diversion.origTo", stand with the object that holds them.
  const hints = new Map(sample.properties.map((property) => [property.name, property]));
  const known = [...hints.keys()].filter((name) => !name.includes("."));
  const fields = [...new Set([...Object.keys(values), ...known])].map((name) => new Field(name, values, hints));
  target.replaceChildren(...fields.map((field) => field.row));
  return fields;
}

/** A property: whether it is sent, and its value; JSON, unless it is a string. */
class Field {
  constructor(name, values, hints) {
    this.name = name;
    const hint = hints.get(name);
    const isThere = Object.hasOwn(values, name) && values[name] !== undefined;
    const value = isThere ? values[name] : "";
    this.isText = typeof value === "string" && (isThere || !NOT_TEXT.has(hint?.type));
    const id = `property-${name}`;
    this.toggle = element("input", { type: "checkbox", "aria-label": `Send ${name}`, checked: isThere });
    this.input =
      typeof value === "object" && value !== null
        ? element("textarea", { id, rows: "3", spellcheck: "false", "aria-describedby": `${id}-hint` })
        : element("input", { id, spellcheck: "false", "aria-describedby": `${id}-hint` });
    if (isThere) this.input.value = this.isText ? value : JSON.stringify(value, null, 1);
    this.input.addEventListener("input", () => {
      this.toggle.checked = true;
    });
    this.row = element(
      "div",
      { class: "property" },
      this.toggle,
      element("label", { for: id }, name),
      this.input,
      element("p", { class: "hint", id: `${id}-hint` }, hintOf(hint), ...nestedHints(name, hints)),
    );
  }

  isSent() {
    return this.toggle.checked;
  }

  read() {
    if (this.isText) return this.input.value;
    try {
      return JSON.parse(this.input.value);
    } catch {
      throw new Error(`${this.name} must be JSON, got ${this.input.value || "nothing"}. Text stands in quotes.`);
    }
  }
}

function hintOf(hint) {
  if (hint === undefined) return "Not a property that the library knows.";
  return [hint.required ? `required ${hint.type}` : hint.type, hint.meaning].filter(Boolean).join(" · ");
}

const nestedHints = (name, hints) =>
  [...hints.values()]
    .filter((hint) => hint.name.startsWith(`${name}.`))
    .map((hint) => element("span", { class: "nested" }, `${hint.name}: ${hintOf(hint)}`));
