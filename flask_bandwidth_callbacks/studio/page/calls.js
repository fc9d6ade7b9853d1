// The calls that the page knows. `Telephone` has the latest call to the application; every other telephone
// that was called is one of the other people.
import { listen } from "./connection.js";

const KEPT = 500;

const calls = new Map();
const observers = [];

/** Call a function after each change of a call, with that call; null after all of them were forgotten. */
export const observe = (observer) => observers.push(observer);

export const find = (id) => calls.get(id);

export const isUp = (call) => call.state !== "disconnected";

const isOfCaller = (call) => call.direction === "inbound" && call.parent === null;

/** Return the call of the telephone: the latest one to the application, or undefined. */
export function current() {
  let latest;
  for (const call of calls.values()) if (isOfCaller(call)) latest = call;
  return latest;
}

/** Return the call that a leg belongs to in the end; a call that is not a leg, itself. */
export function root(call) {
  let top = call;
  while (top.parent !== null && calls.has(top.parent)) top = calls.get(top.parent);
  return top;
}

/** Return the calls of other people: those that are up, and those that belong to the call of the telephone. */
export function others() {
  const own = current();
  return [...calls.values()].filter(
    (call) => !isOfCaller(call) && (isUp(call) || (own !== undefined && root(call) === own)),
  );
}

/** Return whether any telephone is ringing, or the caller waits to be answered. */
export const isRinging = () =>
  [...calls.values()].some(
    (call) => isUp(call) && (call.is_ringing || (isOfCaller(call) && call.state === "initiated")),
  );

listen("reset", () => {
  calls.clear();
  for (const observer of observers) observer(null);
});

listen("call", (call) => {
  calls.set(call.id, call);
  if (calls.size > KEPT) {
    for (const [id, old] of calls) {
      if (calls.size <= KEPT) break;
      if (!isUp(old)) calls.delete(id);
    }
  }
  for (const observer of observers) observer(call);
});
