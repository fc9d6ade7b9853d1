// The telephone of the person who calls the application.
import { current, isRinging, isUp, observe } from "./calls.js";
import { now, shown } from "./clock.js";
import { act } from "./connection.js";
import { byId, setText } from "./elements.js";
import { KEYS, enable, fill } from "./keypad.js";
import { pressOnFocused } from "./people.js";
import { ring } from "./sounds.js";
import { hush } from "./speech.js";

const [from, to] = [byId("dial-from"), byId("dial-to")];
const [call, hangUp, skip] = [byId("dial-call"), byId("dial-hang-up"), byId("skip")];
const [words, speak] = [byId("speak-text"), byId("speak-send")];
const keypad = byId("telephone-keypad");

const FIELDS = "input:not([type=checkbox], [readonly]), textarea, select";
const TIMER_MILLISECONDS = 250;

const press = fill(
  keypad,
  (keys) => {
    if (current().takes_keys) hush();
    act("press", { call: current().id, keys });
  },
  true,
);

byId("dial").addEventListener("submit", async (event) => {
  event.preventDefault();
  // So that the keys of the keyboard press those of the telephone now, and not what had the focus.
  keypad.focus();
  if (!(await act("call", { from: from.value.trim(), to: to.value.trim() }))) call.focus();
});

hangUp.addEventListener("click", () => {
  hush();
  act("hang_up", { call: current().id });
});

skip.addEventListener("click", () => act("skip_silence", {}));

byId("speak").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (text && (await act("speak", { call: current().id, text }))) words.value = "";
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !KEYS.includes(event.key)) return;
  if (event.target.matches(FIELDS) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  if (!pressOnFocused(event.key)) press(event.key);
});

observe(() => show());
byId("switch-sounds").addEventListener("change", () => ring(isRinging()));
setInterval(showTimer, TIMER_MILLISECONDS);

let shownCall = null;

function show() {
  const own = current();
  const up = own !== undefined && isUp(own);
  const answered = up && own.state === "answered";
  if (up && own.id !== shownCall) {
    shownCall = own.id;
    [from.value, to.value] = [own.from, own.to];
  }
  const hadFocus = hangUp === document.activeElement;
  call.disabled = up;
  hangUp.disabled = !up;
  skip.disabled = !up;
  from.readOnly = to.readOnly = up;
  enable(keypad, answered);
  words.disabled = speak.disabled = !answered;
  keypad.classList.toggle("wanted", answered && own.takes_keys);
  setText(byId("telephone-state"), stateOf(own));
  byId("telephone").dataset.state = up ? own.state : "ready";
  setText(byId("telephone-hint"), hintOf(own, answered));
  if (hadFocus && !up) call.focus();
  ring(isRinging());
  showTimer();
}

function showTimer() {
  const own = current();
  const start = own?.answered_ms ?? null;
  setText(byId("telephone-timer"), start === null ? "" : shown((own.ended_ms ?? now()) - start));
}

function stateOf(own) {
  if (own === undefined) return "Ready";
  if (!isUp(own)) return own.cause ? `Ended: ${own.cause}` : "Ended";
  return own.state === "answered" ? "Connected" : "Ringing";
}

function hintOf(own, answered) {
  if (!answered) return "";
  if (own.takes_keys && own.is_listened_to) return "Waiting for keys or words.";
  if (own.takes_keys) return "Waiting for keys.";
  return own.is_listened_to ? "Listening to you." : "";
}
