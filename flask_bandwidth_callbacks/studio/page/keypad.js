// The keys of a telephone.
import { element } from "./elements.js";
import { keyTone } from "./sounds.js";

export const KEYS = "123456789*0#";

const LETTERS = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ" };
const PRESSED_MILLISECONDS = 120;

/** Put the keys into an element. `press` is called with the key; return a function that presses a key. */
export function fill(target, press, withLetters = false) {
  const buttons = new Map();

  const pressed = (key) => {
    const target = buttons.get(key);
    if (target.disabled) return;
    keyTone(key);
    target.classList.add("pressed");
    setTimeout(() => target.classList.remove("pressed"), PRESSED_MILLISECONDS);
    press(key);
  };

  for (const key of KEYS) {
    const letters = withLetters && LETTERS[key];
    const made = element(
      "button",
      { type: "button", class: "key", "aria-label": key, onclick: () => pressed(key) },
      element("span", {}, key),
      letters ? element("small", { "aria-hidden": "true" }, letters) : null,
    );
    buttons.set(key, made);
    target.append(made);
  }
  return pressed;
}

/** Make the keys work, or not. */
export function enable(target, isEnabled) {
  for (const key of target.querySelectorAll(".key")) key.disabled = !isEnabled;
}
