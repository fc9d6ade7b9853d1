"""Calls and notifications that several workers share, and what becomes of them when workers are killed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from flask_bandwidth_callbacks.background import Journal
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.delivery import Courier
from flask_bandwidth_callbacks.simulator.wire.transport import OverHTTP
from flask_bandwidth_callbacks.store import open_store
from tests.survive.application import CREDENTIALS, create_app
from tests.survive.conftest import Size
from tests.survive.effects import Effect, effects_in
from tests.survive.senders import RepeatingTransport, post
from tests.survive.web_servers import WebServer

LINES = 4
"""How many calls go on at a time."""
KEYS = 10
Report = Callable[[str], None]


def line_to(server: WebServer, seed: str, transport: OverHTTP | None = None) -> SimulatedBandwidth:
    bandwidth = SimulatedBandwidth(server.url, credentials=CREDENTIALS, seed=seed)
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


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
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


# -- Calls ---------------------------------------------------------------------------------------------------


def test_each_key_is_counted_once(server: WebServer, size: Size, report: Report) -> None:
    """Of keys that the workers get at once, each is counted once in the state of its call."""
    began = time.monotonic()

    def make_calls(number: int) -> list[Call]:
        bandwidth = line_to(server, f"{server.name} keys {number}")
        return [type_keys(server, bandwidth) for _ in range(size.calls // LINES)]

    with ThreadPoolExecutor(LINES) as threads:
        calls = [call for made in threads.map(make_calls, range(LINES)) for call in made]
    assert [call.heard[1] for call in calls] == [f"You typed {KEYS} keys."] * size.calls
    ids = {call.call_id for call in calls}
    counted = [effect for effect in effects_in(server.effects) if effect.call_id in ids]
    workers = Counter(effect.process for effect in counted)
    assert len(workers) > 1
    report(
        f"{len(calls)} calls, {KEYS * len(calls)} keys, by workers {sorted(workers.values())},"
        f" {time.monotonic() - began:.0f} s"
    )


def type_keys(server: WebServer, bandwidth: SimulatedBandwidth) -> Call:
    """Make a call, and press one key after which the others come at once."""
    call = bandwidth.call()
    call.press("5")
    others = variants(call.exchanges[-1].payload, KEYS - 1)
    with ThreadPoolExecutor(len(others)) as threads:
        assert set(threads.map(partial(post, server.port), others)) == {204}
    call.wait(30)
    call.hang_up()
    return call


def leave_message(bandwidth: SimulatedBandwidth) -> Call:
    """Make a call with one callback of each kind at least."""
    call = bandwidth.call()
    for key in "42":
        call.press(key)
    call.wait(30)
    for key in "971":
        call.press(key)
    call.speak("Hello, this is Ann.", seconds=3)
    call.press("#")
    bandwidth.wait(60)
    return call


def effects_of(effects: Iterable[Effect], calls: Iterable[Call]) -> Mapping[tuple[str, str, str], int]:
    """Return how often each effect on some calls took place."""
    ids = {call.call_id for call in calls}
    return Counter((*effect[:2], effect.detail) for effect in effects if effect.call_id in ids)


def test_repeats_change_nothing(server: WebServer, size: Size, report: Report, tmp_path: Path) -> None:
    """Callbacks that come up to three times, late and to any worker, have the effects of single ones."""
    began = time.monotonic()
    app = create_app()
    app.config["EFFECTS"] = str(tmp_path / "effects")
    seeds = [f"{server.name} repeats {number}" for number in range(size.repeated_calls)]
    singles = [leave_message(SimulatedBandwidth(app, seed=seed)) for seed in seeds]
    expected = effects_of(effects_in(tmp_path / "effects"), singles)

    transports = [RepeatingTransport(number) for number in range(len(seeds))]
    lines = [line_to(server, seed, transport) for seed, transport in zip(seeds, transports, strict=True)]
    with ThreadPoolExecutor(LINES) as threads:
        calls = list(threads.map(leave_message, lines))
    replies = [each for transport in transports for each in transport.replies()]

    assert [(call.heard, call.state, call.cause) for call in calls] == [
        (call.heard, call.state, call.cause) for call in singles
    ]
    assert [{(reply.status, reply.body) for reply in each} for each in replies] == [
        {(each[0].status, each[0].body)} for each in replies
    ]
    wait_for_journal(server)
    assert effects_of(effects_in(server.effects), calls) == expected
    report(
        f"{len(calls)} calls, {len(replies)} callbacks sent {sum(map(len, replies))} times,"
        f" {time.monotonic() - began:.0f} s"
    )


# -- Deaths --------------------------------------------------------------------------------------------------


@dataclass
class Delivery:
    """Notifications that are sent until a worker says that it has them, several at a time."""

    port: int
    unsent: SimpleQueue[Mapping[str, Any]] = field(default_factory=SimpleQueue)
    accepted: list[str] = field(default_factory=list)
    """Ids of the recordings that got a 2xx."""
    failures: int = 0
    is_over: bool = False

    def send(self) -> None:
        """Send what is left."""
        while not self.is_over:
            try:
                payload = self.unsent.get_nowait()
            except Empty:
                return
            status = post(self.port, payload)
            if status is not None and 200 <= status < 300:
                self.accepted.append(payload["recordingId"])
            else:
                self.failures += 1
                self.unsent.put(payload)
                time.sleep(0.05)

    def wait(self, number: int) -> None:
        """Wait until so many were accepted."""
        wait_until(lambda: len(self.accepted) >= number, 60)


def deliver(
    server: WebServer, payloads: Sequence[Mapping[str, Any]], disturbances: int, disturb: Callable[[], None]
) -> Delivery:
    """Send notifications until all of them were accepted, and disturb that a few times on the way."""
    delivery = Delivery(server.port)
    for payload in payloads:
        delivery.unsent.put(payload)
    senders = [threading.Thread(target=delivery.send) for _ in range(6)]
    for sender in senders:
        sender.start()
    try:
        for number in range(1, disturbances + 1):
            delivery.wait(len(payloads) * number // (disturbances + 1))
            disturb()
        wait_until(lambda: not any(sender.is_alive() for sender in senders), 120)
    finally:
        delivery.is_over = True
        for sender in senders:
            sender.join()
    assert len(delivery.accepted) == len(payloads)
    return delivery


def notifications(server: WebServer, seed: str, number: int) -> list[dict[str, Any]]:
    """Return notifications about recordings of a call."""
    call = leave_message(line_to(server, f"{server.name} {seed}"))
    (payload,) = [each.payload for each in call.exchanges if each.event == "recordingAvailable"]
    return variants(payload, number, recordingId="r-{}")


def check_work(server: WebServer, payloads: Sequence[Mapping[str, Any]]) -> str:
    """Check that everything was done at least once, and return how much was done more often."""
    (call_id,) = {payload["callId"] for payload in payloads}
    ids = {payload["recordingId"] for payload in payloads}

    def times(name: str) -> Counter[str]:
        done = (each for each in effects_in(server.effects) if (each.name, each.call_id) == (name, call_id))
        return Counter(each.detail for each in done if each.detail in ids)

    wait_until(lambda: times("keep").keys() == ids)
    lost = ids - times("keep").keys()
    assert lost == set()
    wait_for_journal(server)
    twice = sum(count > 1 for count in times("keep").values())
    interrupted = times("begin to keep").total() - times("keep").total()
    return f"{len(lost)} lost, {interrupted} interrupted, {twice} done more than once"


def test_work_outlives_its_worker(server: WebServer, size: Size, report: Report) -> None:
    """Whatever was accepted with 2xx is done, although workers are killed all the time."""
    began = time.monotonic()
    payloads = notifications(server, "workers", size.notifications)
    chosen = random.Random(7)

    def kill_worker() -> None:
        # granian gives up if a worker ends soon after its start, so the newest is spared.
        wait_until(lambda: len(server.workers()) > 1)
        os.kill(chosen.choice(server.workers()[:-1]), signal.SIGKILL)

    delivery = deliver(server, payloads, size.kills, kill_worker)
    outcome = check_work(server, payloads)
    report(
        f"{len(payloads)} notifications, {size.kills} kills, {delivery.failures} attempts failed, {outcome},"
        f" {time.monotonic() - began:.0f} s"
    )


def test_work_outlives_the_server(server: WebServer, size: Size, report: Report) -> None:
    """Whatever was accepted with 2xx is done, although all workers are killed at once, after the restart."""
    began = time.monotonic()
    payloads = notifications(server, "server", size.notifications)

    def restart() -> None:
        server.kill()
        server.start()

    delivery = deliver(server, payloads, 1, restart)
    outcome = check_work(server, payloads)
    report(
        f"{len(payloads)} notifications, 1 restart, {delivery.failures} attempts failed, {outcome},"
        f" {time.monotonic() - began:.0f} s"
    )
