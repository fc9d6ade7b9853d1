"""Work after the reply whose worker is killed, or whose whole server is."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from tests.databases import is_alive
from tests.survive.conftest import Report, Size
from tests.survive.effects import effects_in
from tests.survive.lines import leave_message, line_to, variants, wait_for_journal, wait_until
from tests.survive.senders import post
from tests.survive.web_servers import WORKERS, WebServer


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
    call = leave_message(line_to(server, seed))
    (payload,) = [each.payload for each in call.exchanges if each.event == "recordingAvailable"]
    return variants(payload, number, recordingId="r-{}")


@dataclass
class Outcome:
    """What became of the work on notifications, all of which was done."""

    interrupted: int
    repeated: int

    def __str__(self) -> str:
        return f"0 lost, {self.interrupted} interrupted, {self.repeated} done more than once"


def outcome_of(server: WebServer, payloads: Sequence[Mapping[str, Any]]) -> Outcome:
    """Wait until no work is left, and check that all of it was done at least once."""
    (call_id,) = {payload["callId"] for payload in payloads}
    ids = {payload["recordingId"] for payload in payloads}

    def times(name: str) -> Counter[str]:
        done = (each for each in effects_in(server.effects) if (each.name, each.call_id) == (name, call_id))
        return Counter(each.detail for each in done if each.detail in ids)

    wait_until(lambda: times("keep").keys() == ids)
    assert ids - times("keep").keys() == set()
    wait_for_journal(server)
    kept = times("keep")
    return Outcome(
        interrupted=times("begin to keep").total() - kept.total(),
        repeated=sum(count > 1 for count in kept.values()),
    )


def test_work_outlives_its_worker(server: WebServer, size: Size, report: Report) -> None:
    """Whatever was accepted with 2xx is done, although workers are killed all the time."""
    began = time.monotonic()
    payloads = notifications(server, "workers", size.notifications)
    chosen = random.Random(7)

    def kill_worker() -> None:
        # granian gives up if a worker ends soon after its start. So the newest is spared, and the one killed
        # before must be gone and replaced, or two would start at once.
        is_killed = False
        while not is_killed:
            wait_until(lambda: len(server.workers()) == WORKERS)
            victim = chosen.choice(server.workers()[:-1])
            with suppress(ProcessLookupError):  # the server was just done with it
                os.kill(victim, signal.SIGKILL)
                is_killed = True
        wait_until(lambda: not is_alive(victim))

    delivery = deliver(server, payloads, size.kills, kill_worker)
    server.start()  # asks each worker: one that is new looks for work from its first request on
    outcome = outcome_of(server, payloads)
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
    outcome = outcome_of(server, payloads)
    report(
        f"{len(payloads)} notifications, 1 restart, {delivery.failures} attempts failed, {outcome},"
        f" {time.monotonic() - began:.0f} s"
    )


def test_an_orderly_restart(server: WebServer, size: Size, report: Report) -> None:
    """When the server is told to end and started again, no work is lost, interrupted or repeated."""
    began = time.monotonic()
    payloads = notifications(server, "restart", size.notifications)

    def restart() -> None:
        server.stop()
        server.start()

    delivery = deliver(server, payloads, 1, restart)
    outcome = outcome_of(server, payloads)
    assert outcome == Outcome(interrupted=0, repeated=0)
    report(
        f"{len(payloads)} notifications, 1 orderly restart, {delivery.failures} attempts failed, {outcome},"
        f" {time.monotonic() - began:.0f} s"
    )
