"""Telephone lines to web servers, and waiting for what their workers do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_bandwidth_callbacks.background import Journal
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.delivery import Courier
from flask_bandwidth_callbacks.simulator.wire.transport import OverHTTP
from flask_bandwidth_callbacks.store import open_store
from tests.survive.application import CREDENTIALS
from tests.survive.web_servers import WebServer


def line_to(server: WebServer, seed: str, transport: OverHTTP | None = None) -> SimulatedBandwidth:
    """Return a line to a web server."""
    bandwidth = SimulatedBandwidth(server.url, credentials=CREDENTIALS, seed=server.seed(seed))
    if transport is not None:
        bandwidth.courier = Courier(bandwidth, transport)
    return bandwidth


def variants(payload: Mapping[str, Any], number: int, **properties: str) -> list[dict[str, Any]]:
    """Return payloads like one that was sent, each a millisecond later, with its number in properties."""
    time = datetime.fromisoformat(payload["eventTime"])
    return [
        {
            **payload,
            "eventTime": (time + timedelta(milliseconds=each)).isoformat(timespec="milliseconds"),
            **{name: value.format(each) for name, value in properties.items()},
        }
        for each in range(1, number + 1)
    ]


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition; one that does not come true is found by the next assertion."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def wait_for_journal(server: WebServer) -> None:
    """Wait until all work is done, and check that none of it failed."""
    store = open_store(server.store, "store")
    journal = Journal(store, None)
    wait_until(lambda: not journal.waiting())
    assert (journal.waiting(), journal.failed()) == ([], [])
    store.close()


def begin_call(bandwidth: SimulatedBandwidth) -> Call:
    """Make a call, and type two keys."""
    call = bandwidth.call()
    for key in "42":
        call.press(key)
    return call


def leave_message(bandwidth: SimulatedBandwidth) -> Call:
    """Make a call with one callback of each kind at least."""
    call = begin_call(bandwidth)
    call.wait(30)
    for key in "971":
        call.press(key)
    call.speak("Hello, this is Ann.", seconds=3)
    call.press("#")
    bandwidth.wait(60)
    return call
