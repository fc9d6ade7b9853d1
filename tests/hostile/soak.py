"""A server under attack: all calls must end as they should while hostile clients do their worst.

A real gunicorn serves the switchboard on 127.0.0.1. Some telephone lines call it over HTTP, one call after
the other, while the clients of ``attacks.py`` send garbage, huge and slow bodies, wrong passwords and half
requests.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.transport import OverHTTP
from tests.hostile.attacks import PASSWORD, USERNAME
from tests.servers import ROOT, gunicorn, running

THREADS = 8
"""Of the server, as the example's README has it; the slow attackers hold four of them at a time."""
LINES = 3
"""How many calls go on at a time."""
REST = 0.02
"""Seconds between two calls of a line."""
SALES, SUPPORT = "+13035550141", "+13035550142"
SETTINGS = {
    "FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS": f"{USERNAME}:{PASSWORD}",
    "FLASK_SWITCHBOARD_SALES": SALES,
    "FLASK_SWITCHBOARD_SUPPORT": SUPPORT,
    "FLASK_SWITCHBOARD_OPENS": "0",
    "FLASK_SWITCHBOARD_CLOSES": "24",
    "GUNICORN_CMD_ARGS": "",
}


def line(port: int, seed: int = 0) -> SimulatedBandwidth:
    """Return a telephone line to the server."""
    return SimulatedBandwidth(
        f"http://127.0.0.1:{port}/phone/",
        credentials=(USERNAME, PASSWORD),
        start=datetime.now(UTC),
        seed=seed,
    )


# -- The calls -----------------------------------------------------------------------------------------------


def leave_message(bandwidth: SimulatedBandwidth) -> tuple[Call, str]:
    call = bandwidth.call()
    call.press("3")
    call.speak("Hello, this is Ann.", seconds=12)
    call.press("#")
    return call, "Thank you, we will call you back. Goodbye."


def find_sales_busy(bandwidth: SimulatedBandwidth) -> tuple[Call, str]:
    bandwidth.callee(SALES).is_busy()
    call = bandwidth.call()
    call.press("1")
    call.speak("Hello, this is Ben.", seconds=3)
    call.press("#")
    return call, "I am sorry, the line to sales is busy."


def talk_to_support(bandwidth: SimulatedBandwidth) -> tuple[Call, str]:
    bandwidth.callee(SUPPORT).answers(after=4).hangs_up(after=20)
    call = bandwidth.call()
    call.press("2")
    call.wait(30)
    return call, "One moment, I am putting you through to support."


def press_wrong_keys(bandwidth: SimulatedBandwidth) -> tuple[Call, str]:
    call = bandwidth.call()
    call.press("9")
    call.press("8")
    call.hang_up()
    return call, "Sorry, that key leads nowhere."


def hang_up(bandwidth: SimulatedBandwidth) -> tuple[Call, str]:
    call = bandwidth.call()
    call.hang_up()
    return call, "For sales, press 1. For support, press 2. To leave a message, press 3."


CALLS: Sequence[Callable[[SimulatedBandwidth], tuple[Call, str]]] = (
    leave_message,
    find_sales_busy,
    talk_to_support,
    press_wrong_keys,
    hang_up,
)
"""What callers do; each gives the call, and a sentence that must have been heard on it."""


@dataclass
class Load:
    """The calls that were made, and what was wrong with them."""

    calls: int = 0
    callbacks: int = 0
    slowest: float = 0.0
    """Seconds that the slowest reply took."""
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make_calls(self, port: int, seconds: float, number: int) -> None:
        """Make one call after the other, on a line of its own."""
        bandwidth = line(port, number)
        end = time.monotonic() + seconds
        turn = number
        while time.monotonic() < end:
            play = CALLS[turn % len(CALLS)]
            turn += 1
            try:
                call, sentence = play(bandwidth)
            except Exception as error:  # whatever goes wrong on one call is told, and the next one made
                self._note(0, [f"{play.__name__}: {error!r}"])
                continue
            failed = [exchange.failure for exchange in call.exchanges if exchange.failure]
            ended = (call.state, call.cause) == ("disconnected", "hangup")
            as_it_should = ended and not failed and sentence in call.heard
            self._note(len(call.exchanges), [] if as_it_should else [f"{play.__name__}:\n{call}"])
            time.sleep(REST)

    def _note(self, callbacks: int, faults: Sequence[str]) -> None:
        with self._lock:
            self.calls += 1
            self.callbacks += callbacks
            self.faults += faults

    def timed(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that sends a request and records how long the reply takes."""

        def send_and_note(*arguments: Any) -> Any:
            began = time.monotonic()
            try:
                return send(*arguments)
            finally:
                self.slowest = max(self.slowest, time.monotonic() - began)

        return send_and_note


# -- Calls and attacks ---------------------------------------------------------------------------------------


def soak(seconds: float, log: Path) -> tuple[Load, Mapping[str, int], list[str]]:
    """Call and attack for some seconds; return the calls, the attacks by kind, and all failures.

    The database of the switchboard is created beside the log.
    """
    load = Load()
    server = gunicorn("examples.switchboard:create_app()", THREADS)
    database = f"sqlite:///{log.resolve().parent / 'calls.db'}"
    settings = SETTINGS | {"FLASK_SQLALCHEMY_DATABASE_URI": database}
    with running(server, log, **settings) as port, ExitStack() as stack:
        line(port).call().hang_up()  # the server is up now
        stack.enter_context(mock.patch.object(OverHTTP, "send", load.timed(OverHTTP.send)))
        attackers = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.attacks", str(port), str(seconds)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        callers = [
            threading.Thread(target=load.make_calls, args=(port, seconds, number)) for number in range(LINES)
        ]
        for caller in callers:
            caller.start()
        _show_progress(load, seconds)
        for caller in callers:
            caller.join()
        output, _ = attackers.communicate(timeout=60)
    attacks = json.loads(output)
    return load, attacks["sent"], load.faults + attacks["faults"]


def _show_progress(load: Load, seconds: float) -> None:
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        time.sleep(min(10.0, seconds - passed))
        print(
            f"{time.monotonic() - began:5.0f} s: {load.calls} calls, {len(load.faults)} went wrong,"
            f" slowest reply {load.slowest:.2f} s",
            flush=True,
        )


def main() -> int:
    """Run the soak; returns 0 if every call ended as it should, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long (default: 120)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load, attacks, faults = soak(options.seconds, Path(folder, "log"))
    for fault in faults[:10]:
        print(f"\n{fault}")
    print(f"\nAttacks: {', '.join(f'{count} x {name}' for name, count in attacks.items())}.")
    print(
        f"{load.calls} calls with {load.callbacks} callbacks, slowest reply {load.slowest:.2f} s:"
        f" {f'{len(faults)} FAULTS' if faults else 'every call ended as it should'}."
    )
    return 1 if faults or not load.calls else 0


if __name__ == "__main__":
    sys.exit(main())
