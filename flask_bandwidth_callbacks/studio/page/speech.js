// What the caller hears, spoken by the browser: one utterance for each sentence, once the user switched it on.
import { current } from "./calls.js";
import { listen } from "./connection.js";
import { byId } from "./elements.js";

const toggle = byId("switch-speech");
let isOld = false;

if (!("speechSynthesis" in window)) toggle.disabled = true;

/** Stop to speak, as when the caller presses a key or hangs up. */
export function hush() {
  if (toggle.checked) window.speechSynthesis.cancel();
}

toggle.addEventListener("change", () => {
  if (!toggle.checked) window.speechSynthesis.cancel();
});

// What stands between a reset and the clock was said before, and is not read aloud again.
listen("reset", () => {
  isOld = true;
});
listen("clock", () => {
  isOld = false;
});

listen("line", ({ call, kind, words, who }) => {
  if (isOld) return;
  const own = current();
  if (!toggle.checked || own === undefined || call !== own.id || kind !== "hears" || who !== own.person) return;
  if (words) window.speechSynthesis.speak(new SpeechSynthesisUtterance(words));
});
