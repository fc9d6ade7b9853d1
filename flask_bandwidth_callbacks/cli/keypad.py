"""The keypad: lines typed in the terminal become what the caller does."""

from __future__ import annotations

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import Call
from flask_bandwidth_callbacks.simulator.engine.call import KEYS
from flask_bandwidth_callbacks.simulator.outbound import RINGING_SECONDS

from . import terminal
from .transcript import follow, show

NO_KEYS = "Nothing is listening for keys."
NO_WORDS = "Nothing is listening for speech."

_HINT = "Type keys or words. Enter waits, d shows callbacks, h hangs up, ? shows help."
_HELP = {
    "12#": "presses keys: 0-9, *, # and A-D.",
    "Hello": "says this to a recording or to the person on the line; quotes make words of anything.",
    "Enter": "waits until something happens, for at most a minute.",
    "w 5": "waits for 5 seconds.",
    "d": "shows the callbacks so far and their BXML.",
    "h": "hangs up, as Ctrl-C and Ctrl-D do.",
}
_LONGEST_ENTER = 60.0
"""Seconds that Enter waits at most: the next event, such as the end of a conference, may be a day away."""


def converse(call: Call) -> None:
    """Print a call's conversation and read what the caller does from the terminal until the call ends."""
    follow(call)
    read_keypad(call)


def read_keypad(call: Call) -> None:
    """Read what the caller does from the terminal, line by line, until the call or the input ends."""
    if terminal.is_attended():
        terminal.say(_HINT, "dim")
    while call.state != "disconnected":
        typed = terminal.read()
        if typed is None:
            put_down(call)
            return
        try:
            _run(call, typed)
        except BandwidthCallbacksError as error:
            terminal.say(str(error), "red")


def put_down(call: Call) -> None:
    """End the call when the person has nothing more to do: one that rings at their end times out."""
    if call.state == "initiated" and call.direction == "outbound":
        call.wait(RINGING_SECONDS)
    hang_up(call)


def hang_up(call: Call) -> None:
    """Hang up, unless the call has ended already."""
    if call.state != "disconnected":
        call.hang_up()


def _run(call: Call, typed: str) -> None:
    """Run a typed line: something the caller does, or a request to show more of the call."""
    keys = typed.replace(" ", "")
    match typed.split():
        case []:
            _wait_until_something_happens(call)
        case ["w", seconds] if seconds.replace(".", "", 1).isdecimal():
            call.wait(float(seconds))
        case ["d"]:
            for line in [line for line in call.lines if line.exchange is not None]:
                show(call, line, verbose=True)
        case ["h"]:
            call.hang_up()
        case ["?"]:
            for example, meaning in _HELP.items():
                terminal.say(meaning, margin=f"  {example:7}")
        case _ if set(keys) <= set(KEYS):
            if not call.takes_keys:
                terminal.say(NO_KEYS, "yellow")
            call.press(keys)
        case _ if call.is_listened_to:
            call.speak(typed.strip().strip('"'))
        case _:
            terminal.say(f"{NO_WORDS} Type ? for help.", "yellow")


def _wait_until_something_happens(call: Call) -> None:
    so_far = len(call.lines)
    left = _LONGEST_ENTER
    while len(call.lines) == so_far:
        seconds = call.bandwidth.timeline.seconds_to_next
        if seconds is None:
            terminal.say("Waiting changes nothing now. Speak, press a key or hang up.", "yellow")
            return
        if left <= 0:
            terminal.say("Nothing has happened for a minute.", "yellow")
            return
        call.bandwidth.wait(min(seconds, left))
        left -= seconds
