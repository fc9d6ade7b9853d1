// The time of the simulation, in milliseconds since it began. It goes as fast as real time does.
import { listen } from "./connection.js";

let last = 0;
let at = performance.now();

/** Return the time, estimated since the server reported it. */
export const now = () => last + (performance.now() - at);

function set(milliseconds) {
  last = milliseconds;
  at = performance.now();
}

listen("clock", ({ milliseconds }) => set(milliseconds));
listen("line", ({ milliseconds }) => {
  if (milliseconds > now()) set(milliseconds);
});

/** Return a length as minutes and seconds. */
export function shown(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
