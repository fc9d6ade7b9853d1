// The telephones of other people: numbers that the application called.
import { isUp, observe, others } from "./calls.js";
import { act, listen } from "./connection.js";
import { button, byId, element, setText } from "./elements.js";
import { enable, fill } from "./keypad.js";

const BEHAVIORS = {
  "": "a person decides",
  answers: "answers",
  busy: "is busy",
  rejects: "rejects",
  none: "does not answer",
};

const list = byId("people-list");
const phones = new Map();
const rules = new Map();

class Phone {
  constructor(call) {
    this.id = call.id;
    const name = `phone-${call.id}`;
    this.state = element("span", { class: "state" });
    const does = (action, name) => button(name, () => act(action, { call: this.id }));
    this.answer = does("answer", "Answer");
    this.answer.classList.add("good");
    this.ringing = element("div", { class: "buttons" }, this.answer, does("reject", "Reject"), does("busy", "Busy"));
    this.keypad = element("div", { class: "keypad small" });
    this.press = fill(this.keypad, (keys) => act("press", { call: this.id, keys }));
    this.words = element("input", { name: "text", "aria-label": "Say" });
    const form = element("form", { class: "speak", autocomplete: "off" }, this.words, element("button", { type: "submit" }, "Speak"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.words.value.trim();
      if (text && (await act("speak", { call: this.id, text }))) this.words.value = "";
    });
    this.talking = element("div", { class: "talking" }, this.keypad, form, this.#hangUp());
    this.element = element(
      "div",
      { class: "phone", role: "group", "aria-labelledby": name },
      element("div", { class: "bar" }, element("h3", { id: name }, call.person), this.state),
      this.ringing,
      this.talking,
    );
  }

  #hangUp() {
    const made = button("Hang up", () => act("hang_up", { call: this.id }));
    made.classList.add("bad");
    return made;
  }

  show(call) {
    const up = isUp(call);
    const answered = up && call.state === "answered";
    const decides = up && call.is_ringing && call.decides === "person";
    const hadFocus = this.element.contains(document.activeElement);
    this.ringing.hidden = !decides;
    this.talking.hidden = !answered;
    this.element.dataset.state = up ? call.state : "ended";
    enable(this.keypad, answered);
    this.keypad.classList.toggle("wanted", answered && call.takes_keys);
    setText(this.state, stateOf(call, decides));
    if (hadFocus && answered) this.keypad.querySelector("button").focus();
  }
}

function stateOf(call, decides) {
  if (!isUp(call)) return call.cause ? `Ended: ${call.cause}` : "Ended";
  if (call.state === "answered") return "Connected";
  if (call.state === "queued") return "Queued";
  return call.is_ringing && !decides ? "Ringing, a rule decides" : "Ringing";
}

/** Press a key on the telephone that has the focus; return whether one of these has. */
export function pressOnFocused(key) {
  for (const phone of phones.values()) {
    if (phone.element.contains(document.activeElement)) {
      phone.press(key);
      return true;
    }
  }
  return false;
}

observe(() => {
  const calls = others();
  const ids = new Set(calls.map((call) => call.id));
  for (const [id, phone] of phones) {
    if (!ids.has(id)) {
      phone.element.remove();
      phones.delete(id);
    }
  }
  for (const call of calls) {
    if (!phones.has(call.id)) {
      phones.set(call.id, new Phone(call));
      list.prepend(phones.get(call.id).element);
    }
    phones.get(call.id).show(call);
  }
  byId("people-empty").hidden = calls.length > 0;
});

const behavior = byId("rule-behavior");
for (const [value, text] of Object.entries(BEHAVIORS)) behavior.append(element("option", { value }, text));

byId("rule").addEventListener("submit", (event) => {
  event.preventDefault();
  act("rule", { number: byId("rule-number").value.trim(), behavior: behavior.value || null });
});

listen("reset", () => {
  rules.clear();
  showRules();
});

listen("rule", (rule) => {
  if (rule.behavior === null) rules.delete(rule.number);
  else rules.set(rule.number, rule.behavior);
  showRules();
});

function showRules() {
  byId("rules").replaceChildren(
    ...[...rules].map(([number, kind]) =>
      element("li", {}, `${number} ${BEHAVIORS[kind] ?? kind} `, button("Remove", () => act("rule", { number, behavior: null }))),
    ),
  );
}
