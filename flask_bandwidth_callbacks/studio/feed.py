"""What the page hears of: a stream of events from a bounded buffer, which a reconnected page goes on with.

This is the protocol between server and page. ``GET /events`` is a ``text/event-stream``. Each event has an
increasing ``id``, a type (``event:``) and a JSON object (``data:``). A page that reconnects sends
``Last-Event-ID`` and hears what it has missed. If that is too old or unknown, it hears ``reset``, which means
that it must forget everything, then a snapshot: events without ids that lead to the present state. Every 15
seconds comes a comment, so that either side notices a connection that is broken.

=============== ============================================================================================
type            data
=============== ============================================================================================
``reset``       {note}: a sentence or null, such as that calls have ended with the process before this one
``application`` {state, name, error, url}: ``state`` is ``ready``, ``broken`` (it cannot be loaded;
                ``error`` has the traceback) or ``gone`` (its server is not reached; ``error`` says so)
``call``        {id, parent, direction, from, to, person, state, cause, error, takes_keys, is_listened_to,
                is_ringing, started_ms, answered_ms, ended_ms, decides, tag}: a call or, with a ``parent``, a
                leg of one. Sent when any of it changes. ``person`` is the number of the person at the other
                end of Bandwidth's line; ``decides`` is ``person`` or ``rule``: who answers it.
``line``        {number, call, milliseconds, kind, who, text, words}: a line of the conversation. ``kind`` is
                ``hears``, ``says``, ``presses``, ``waits`` or ``note``.
``callback``    {number, call, event, method, url, handler, status, milliseconds, failure, source,
                has_traceback}: a callback with its reply. ``call`` is null if it is about no call. ``source``
                is ``simulated``, ``watched`` or ``sent``. More of it: ``GET /callbacks/<number>``.
``rule``        {number, behavior}: who decides at a number, as the action ``rule`` has set it
``map``         {version, lit}: the map has changed, or the places on it where calls are, which are ids in the
                picture. The picture: ``GET /map.svg?version=N``.
``clock``       {milliseconds}: what time it is in the simulation. Without an id; sent at the beginning of a
                connection, with every comment, and after a silence was skipped.
``exploring``   {calls, states}: how far ``GET /findings`` is.
``problem``     {text}: a sentence to show, about what went wrong without a request of the page.
=============== ============================================================================================

Milliseconds, ``started_ms`` and so on are times of the simulation; those of a callback are how long it took.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

KEPT_EVENTS = 5000
"""How many events a page may have missed to go on without a snapshot."""
_KEEP_ALIVE_SECONDS = 15.0
_LOADED_AGAIN = (
    "The application was loaded again, because its code has changed. The calls that were up have ended."
)
_RETRY = b"retry: 500\n\n"
"""How long a browser waits until it connects again, in milliseconds."""


class _Event(NamedTuple):
    id: int
    key: str
    text: str

    def encode(self, *, is_snapshot: bool = False) -> bytes:
        return (self.text if is_snapshot else f"id: {self.id}\n{self.text}").encode()


class Feed:
    """The events so far: the latest ones, and those that are needed for the present state.

    :param now: returns the milliseconds of the simulation.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._changed = threading.Condition()
        self._latest: dict[str, _Event] = {}
        # The ids of a process that was started again are higher than those before, which are unknown to it.
        self._first = self._next = time.time_ns() // 1_000_000
        self._events: deque[_Event] = deque(maxlen=KEPT_EVENTS)
        self._is_closed = False

    def publish(self, kind: str, data: Mapping[str, Any], *, key: str = "") -> None:
        """Send an event to every page.

        :param key: what the event is about, if a later event with the same key replaces it.
        """
        with self._changed:
            event = _Event(self._next, key, _written(kind, data))
            self._next += 1
            self._events.append(event)
            if key:
                self._latest[key] = event
            self._changed.notify_all()

    def forget(self, key: str) -> None:
        """Leave what an event is about out of later snapshots."""
        with self._changed:
            self._latest.pop(key, None)

    def clear(self) -> None:
        """Forget all events but the latest of each key; every page starts from a snapshot."""
        with self._changed:
            self._events.clear()
            self._next += 1  # so that the latest id that a page knows is too old
            self._changed.notify_all()

    def close(self) -> None:
        """End all streams."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def stream(self, last_id: str | None) -> Iterator[bytes]:
        """Return the text of a stream for a page.

        :param last_id: the latest event that the page has heard; None if it has heard none.
        """
        position = int(last_id) if last_id is not None and last_id.isascii() and last_id.isdecimal() else -1
        yield _RETRY + self._clock()
        while True:
            with self._changed:
                if not self._is_closed and position == self._next - 1:
                    self._changed.wait(_KEEP_ALIVE_SECONDS)
                if self._is_closed:
                    return
                chunk = b"".join(self._since(position))
                position = self._next - 1
            yield chunk or b": still here\n\n" + self._clock()

    def _since(self, position: int) -> Iterator[bytes]:
        oldest = self._events[0].id if self._events else self._next
        if oldest - 1 <= position < self._next:
            for event in itertools.islice(self._events, position + 1 - oldest, None):
                yield event.encode()
            return
        is_older_process = 0 <= position < self._first - 1
        yield _written("reset", {"note": _LOADED_AGAIN if is_older_process else None}).encode()
        for event in self._latest.values():
            yield event.encode(is_snapshot=True)
        for event in self._events:
            if not event.key:
                yield event.encode(is_snapshot=True)
        # What a broken connection cuts off before this comes as a snapshot again.
        yield f"id: {self._next - 1}\n".encode() + self._clock()

    def _clock(self) -> bytes:
        return _written("clock", {"milliseconds": self._now()}).encode()


def _written(kind: str, data: Mapping[str, Any]) -> str:
    # In ASCII, so that no character ends a line.
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"
