// Ringing, and the tones of keys.
import { byId } from "./elements.js";

// The frequencies of keys by row and column, in hertz. Source: ITU-T Recommendation Q.23.
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
const LAYOUT = "123456789*0#";

// What a caller hears while it rings in North America: 2 seconds of two tones, 4 seconds of silence.
const RINGING = [440, 480];
const RING_SECONDS = 2;
const RING_EVERY_MILLISECONDS = 6000;

const KEY_SECONDS = 0.12;
const VOLUME = 0.06;
const FADE_SECONDS = 0.01;

let context = null;
let ringing = null;
let playing = [];

const isOn = () => byId("switch-sounds").checked;

/** Play the tone of a key. */
export function keyTone(key) {
  const index = LAYOUT.indexOf(key);
  if (isOn() && index >= 0) play([ROWS[Math.floor(index / 3)], COLUMNS[index % 3]], KEY_SECONDS);
}

/** Ring, or stop. */
export function ring(isRinging) {
  if (isRinging && isOn()) {
    if (ringing !== null) return;
    const once = () => {
      playing = play(RINGING, RING_SECONDS);
    };
    once();
    ringing = setInterval(once, RING_EVERY_MILLISECONDS);
  } else if (ringing !== null) {
    clearInterval(ringing);
    ringing = null;
    for (const oscillator of playing) oscillator.stop();
  }
}

function play(frequencies, seconds) {
  // A browser makes no sound before the user has done something on the page.
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return [];
  context ??= new AudioContext();
  context.resume();
  const volume = context.createGain();
  const start = context.currentTime;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(VOLUME, start + FADE_SECONDS);
  volume.gain.setValueAtTime(VOLUME, start + seconds - FADE_SECONDS);
  volume.gain.linearRampToValueAtTime(0, start + seconds);
  volume.connect(context.destination);
  return frequencies.map((frequency) => {
    const oscillator = context.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(volume);
    oscillator.start(start);
    oscillator.stop(start + seconds);
    return oscillator;
  });
}
