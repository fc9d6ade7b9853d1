"""Workers that die or stand still while they have the state of a call open."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from flask_bandwidth_callbacks.simulator import Call
from tests.databases import freeze
from tests.survive.conftest import Report
from tests.survive.effects import effects_in
from tests.survive.lines import begin_call, line_to, variants, wait_until
from tests.survive.senders import post
from tests.survive.web_servers import WebServer

Held = tuple[Call, dict[str, Any], int, Future[int | None]]


@contextmanager
def held_state(server: WebServer, seed: str) -> Iterator[Held]:
    """Have a worker keep the state of a call open for two seconds.

    Yields the call, a callback that it has to answer meanwhile, the worker's id, and the reply to come.
    """
    call = begin_call(line_to(server, seed))
    call.wait(30)
    (gather,) = variants(call.exchanges[-1].payload, 1, digits="0")

    def workers() -> list[int]:
        effects = effects_in(server.effects)
        return [each.process for each in effects if (each.name, each.call_id) == ("hold", call.call_id)]

    with ThreadPoolExecutor(1) as threads:
        reply = threads.submit(post, server.port, gather, "/phone/menu", timeout=60)
        wait_until(lambda: workers() != [])
        yield call, gather, workers()[0], reply


def press_key(server: WebServer, call: Call) -> float:
    """Press a key while the state of a call is locked, and return how long the reply took."""
    (key, *_) = [each.payload for each in call.exchanges if each.event == "dtmf"]
    (later,) = variants(key, 1)
    for _ in range(6):
        began = time.monotonic()
        # granian may give a connection to a worker that stands still.
        if post(server.port, later, timeout=6) == 204:
            return time.monotonic() - began
    pytest.fail("no worker replied")


def state_at_end(server: WebServer, call: Call) -> str:
    """Hang up, and return the state that was there."""
    call.hang_up()
    effects = effects_in(server.effects)
    (state,) = [each.detail for each in effects if (each.name, each.call_id) == ("end", call.call_id)]
    return state


def test_a_lock_outlives_its_worker_by_seconds(server: WebServer, report: Report) -> None:
    """A worker is killed while it has a state open: other callbacks of the call wait, and are not lost."""
    with held_state(server, "killed") as (call, gather, worker, reply):
        os.kill(worker, signal.SIGKILL)
        seconds = press_key(server, call)
    assert reply.result() is None
    assert post(server.port, gather, "/phone/menu") == 200
    assert state_at_end(server, call) == "{'held': True, 'keys': 3, 'tries': 1}"
    report(f"waited {seconds:.1f} s for a lock")


def test_a_late_write_is_not_let_through(server: WebServer, report: Report) -> None:
    """A worker stands still while it has a state open, and later overwrites nothing that others stored."""
    with held_state(server, "frozen") as (call, _, worker, reply):
        freeze(worker)  # a thread that goes on could begin with the key, and count it after the others have
        try:
            seconds = press_key(server, call)
        finally:
            os.kill(worker, signal.SIGCONT)
    assert reply.result() == 200
    assert state_at_end(server, call) == "{'keys': 3, 'tries': 1}"
    report(f"waited {seconds:.1f} s for a lock")
