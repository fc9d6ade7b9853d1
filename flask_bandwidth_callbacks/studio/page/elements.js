// Elements of the page. Text only ever becomes text: nothing here reads markup.

export const byId = (id) => document.getElementById(id);

/**
 * Return a new element. An attribute that is false or null is left out; `onclick` and the like are listeners;
 * children are nodes, or strings that become text.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Set the text of an element, and leave the page alone where it has this text already. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Return a button. */
export const button = (text, onclick, attributes = {}) =>
  element("button", { type: "button", onclick, ...attributes }, text);
