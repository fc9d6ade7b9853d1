"""A simulated Bandwidth in real time, in a thread of its own; what happens in it is published."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.simulator import Call, Callee, Exchange, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.engine.conversation import Line

from .callbacks import Callbacks, Source
from .feed import Feed
from .live_map import LiveMap

_TICK_SECONDS = 0.02
"""How often time passes; a person notices no shorter delay."""
_PATIENCE_SECONDS = 1.0
"""How long a callback is waited for when the session ends."""
KEPT_CALLS = 500
"""How many calls that have ended a page shows after it was loaded again."""


class StudioBandwidth(SimulatedBandwidth):
    """A simulated Bandwidth whose calls people answer, unless a rule is set for their number.

    Parameters and errors are those of :class:`SimulatedBandwidth`.
    """

    def __init__(
        self,
        target: Flask | str,
        url: str | None = None,
        *,
        credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
    ) -> None:
        self.app = target if isinstance(target, Flask) else None
        """The application in process; None for a server."""
        self.ruled: set[str] = set()
        """The numbers whose people behave by rules."""
        self.milliseconds = 0.0
        """How long the latest callback took."""
        self.report: Callable[[str], None] = lambda text: None
        """Is called with what is wrong, where no method of the simulation can raise it."""
        super().__init__(target, url, credentials=credentials, start=datetime.now(UTC))

    @property
    def name(self) -> str:
        """What is called, in short."""
        return without_password(self.url) if self.app is None else self.app.name

    def callee_at(self, number: str) -> Callee:
        return super().callee_at(number) if number in self.ruled else Callee(number).does_not_answer()

    def raise_later(self, error: Exception) -> None:
        self.report(str(error))

    @contextmanager
    def application_is_busy(self) -> Iterator[None]:
        started = time.perf_counter()
        with super().application_is_busy():
            yield
        self.milliseconds = (time.perf_counter() - started) * 1000


class Session:
    """The calls of one application: its simulation, what was published of it, and what waits to be done."""

    def __init__(
        self, bandwidth: StudioBandwidth, feed: Feed, callbacks: Callbacks, report: Callable[[str], None]
    ) -> None:
        self.bandwidth = bandwidth
        self.feed = feed
        self.callbacks = callbacks
        self.map = LiveMap(bandwidth.name, feed)
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._is_over = False
        self._lines = 0
        self._shown: dict[Call, dict[str, Any]] = {}
        self._ended: list[str] = []
        self._report = report
        self._reached: bool | None = None
        bandwidth.report = report
        bandwidth.watchers.append(self._watch)
        self._show_application(is_reached=True)

    @property
    def milliseconds(self) -> int:
        """What time it is in the simulation."""
        return self.bandwidth.timeline.now

    @contextmanager
    def running(self) -> Iterator[None]:
        """Return a context in which time passes as it really does, and the application's SDK makes calls."""
        thread = threading.Thread(target=self._run, name="studio", daemon=True)
        with self.bandwidth.mock_rest_if_installed():
            self.bandwidth.start_clock()
            thread.start()
            try:
                yield
            finally:
                self._is_over = True
                self._jobs.put(None)
                thread.join(_PATIENCE_SECONDS)
                self.bandwidth.stop_clock()

    @contextmanager
    def acting(self) -> Iterator[StudioBandwidth]:
        """Return a context for what people do. What they begin goes on in the simulation's own thread."""
        with self.bandwidth.turn, self.bandwidth.held_back():
            yield self.bandwidth
        self._jobs.put(None)

    def do(self, job: Callable[[], None]) -> None:
        """Have something done in the simulation's own thread, between two callbacks."""
        self._jobs.put(job)

    def _run(self) -> None:
        while not self._is_over:
            try:
                job = self._jobs.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                job = None
            try:
                if job is not None:
                    job()
                self.bandwidth.tick()
                with self.bandwidth.turn:
                    for call in list(self._shown):
                        self._show(call)
            except Exception as error:  # what is shown is better than a page on which time stands still
                self._report(f"{type(error).__name__}: {error}")

    def clear(self) -> None:
        """Forget callbacks, and calls that have ended."""
        with self.bandwidth.turn:
            for call_id in self._ended:
                self.feed.forget(f"call {call_id}")
            self._ended.clear()
            self.callbacks.clear()
            self.feed.clear()

    # -- What is published -----------------------------------------------------------------------------------

    def _watch(self, call: Call, line: Line) -> None:
        self._show(call)
        if line.exchange is not None:
            self.map.replied(call, line.exchange)
            self.add(line.exchange, "simulated")
            return
        self._lines += 1
        self.feed.publish(
            "line",
            {
                "number": self._lines,
                "call": call.call_id,
                "milliseconds": line.time,
                "kind": line.kind,
                "who": line.who,
                "text": line.text,
                "words": line.words,
            },
        )

    def add(self, exchange: Exchange, source: Source) -> None:
        """Publish a callback."""
        self.callbacks.add_exchange(exchange, source, self.bandwidth.milliseconds)
        self._show_application(is_reached=exchange.status is not None or not exchange.unreachable)

    def _show_application(self, *, is_reached: bool) -> None:
        if is_reached == self._reached:
            return
        self._reached = is_reached
        url = without_password(self.bandwidth.url)
        error = None if is_reached else f"No server is reached at {url}. Start it, then call again."
        self.feed.publish(
            "application",
            {
                "state": "ready" if is_reached else "gone",
                "name": self.bandwidth.name,
                "url": url,
                "error": error,
            },
            key="application",
        )

    def _show(self, call: Call) -> None:
        """Publish what has changed about a call."""
        described = self._described(call)
        if described == self._shown.get(call) or call.call_id in self._ended:
            return
        self._shown[call] = described
        self.feed.publish("call", described, key=f"call {call.call_id}")
        if call.state == "disconnected":
            self.map.ended(call, is_left=any(line.text == "hangs up" for line in call.lines[-2:]))
            del self._shown[call]
            self._ended.append(call.call_id)
            if len(self._ended) > KEPT_CALLS:
                self.feed.forget(f"call {self._ended.pop(0)}")

    def _described(self, call: Call) -> dict[str, Any]:
        is_up = call.state != "disconnected"
        return {
            "id": call.call_id,
            "parent": None if call.parent is None else call.parent.call_id,
            "direction": call.direction,
            "from": call.var_from,
            "to": call.to,
            "person": call.person,
            "state": call.state,
            "cause": call.cause,
            "error": call.error_message and without_password(call.error_message),
            "takes_keys": is_up and call.takes_keys,
            "is_listened_to": is_up and call.is_listened_to,
            "is_ringing": is_up and call.is_ringing,
            "started_ms": self._milliseconds_at(call.start_time),
            "answered_ms": self._milliseconds_at(call.answer_time),
            "ended_ms": self._milliseconds_at(call.end_time),
            "decides": "rule" if call.person in self.bandwidth.ruled else "person",
            "tag": call.tag,
        }

    def _milliseconds_at(self, moment: datetime | None) -> int | None:
        return None if moment is None else round((moment - self.bandwidth.start).total_seconds() * 1000)
