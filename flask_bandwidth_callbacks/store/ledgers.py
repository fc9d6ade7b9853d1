"""Ledgers: which callbacks came before, and the replies that they got.

The first time that a callback comes, its entry is leased, and written when the callback was handled. A
callback has an entry for each of several details, such as a URL path.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import Any, Protocol

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from flask_bandwidth_callbacks.events import Callback, source_of, subject_of
from flask_bandwidth_callbacks.stores import Kind, Lease, Store

_SECONDS = 15 * 60.0
"""Seconds in which a callback can be a repeat."""
REPLY = Kind("reply", lifetime=_SECONDS, is_bounded=True)
NOTIFIED = Kind("notified", lifetime=_SECONDS, is_bounded=True)
GENERATION = 5_000
"""Entries of one generation in memory, of which there are two. They fill some 20 MB."""


class Ledger(Protocol):
    """A ledger. Every method may raise :class:`~.exceptions.StoreError`."""

    def lease(self, kind: Kind, event: Callback, detail: str) -> Any:
        """Lease the entry of an event; return None while another sending has it.

        The entry's ``value`` is None if it was not written yet.
        """

    def write(self, entry: Any, response: Response | None) -> None:
        """Write an entry and end its lease."""

    def renew(self, entry: Any) -> bool:
        """Keep an entry leased for as long as if it was leased now. Return False if its lease was lost."""

    def release(self, entry: Any) -> None:
        """End a lease without writing. An entry that was not written before is gone then."""

    def response(self, app: Flask, entry: Any) -> Response:
        """Return the response that was written."""


class StoreLedger:
    """A ledger in a store, where all processes read it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lease(self, kind: Kind, event: Callback, detail: str) -> Lease | None:
        """Lease the entry of an event; return None while another sending has it."""
        return self._store.lease(kind, f"{event.repeat_key}{detail}")

    def write(self, entry: Lease, response: Response | None) -> None:
        """Write an entry and end its lease."""
        self._store.write(entry, b"1" if response is None else _to_bytes(response))

    def renew(self, entry: Lease) -> bool:
        """Keep an entry leased for as long as if it was leased now. Return False if its lease was lost."""
        return self._store.renew(entry)

    def release(self, entry: Lease) -> None:
        """End a lease without writing."""
        self._store.release(entry)

    def response(self, app: Flask, entry: Lease) -> Response:
        """Return the response that was written."""
        head, _, body = (entry.value or b"").partition(b"\n\n")
        status, *lines = head.decode("utf-8", "surrogatepass").split("\n")
        return _new_response(app, status, [tuple(line.split(":", 1)) for line in lines], body)


class _Entry:
    """An entry of a ledger in memory."""

    __slots__ = ("expires", "key", "value")

    def __init__(self, key: tuple[str, str, bytes], expires: float) -> None:
        self.key = key
        self.expires = expires
        self.value: tuple[Any, ...] | None = None


class MemoryLedger:
    """A ledger of this process.

    :class:`StoreLedger` would do as well, with a store in memory. Its names with digests, and replies as
    text, added 12 % to the time of a callback within one process, and this adds half of that.
    """

    def __init__(self) -> None:
        # When the present generation is full, or all of the past one has expired, the next one begins.
        self._present: dict[tuple[str, str, bytes], _Entry] = {}
        self._past: dict[tuple[str, str, bytes], _Entry] = {}
        self._ends = 0.0
        self._lock = Lock()

    def lease(self, kind: Kind, event: Callback, detail: str) -> _Entry | None:
        """Lease the entry of an event; return None while another sending has it."""
        key = (subject_of(event), detail, source_of(event))
        now = time.time()
        with self._lock:
            entry = self._present.get(key) or self._past.get(key)
            if entry is not None and entry.expires > now:
                return None if entry.value is None else entry
            if len(self._present) >= GENERATION or self._ends <= now:
                self._past, self._present = self._present, {}
                self._ends = now + _SECONDS
            entry = self._present[key] = _Entry(key, now + _SECONDS)
            return entry

    def write(self, entry: _Entry, response: Response | None) -> None:
        """Write an entry and end its lease."""
        if response is None:
            entry.value = ()
        else:
            entry.value = (response.status, list(response.headers), _body_of(response))

    def renew(self, entry: _Entry) -> bool:
        """Return True: a lease has no end of its own here."""
        return True

    def release(self, entry: _Entry) -> None:
        """End a lease without writing."""
        if entry.value is None:
            with self._lock:
                for generation in (self._present, self._past):
                    if generation.get(entry.key) is entry:
                        del generation[entry.key]

    def response(self, app: Flask, entry: _Entry) -> Response:
        """Return the response that was written."""
        status, headers, body = entry.value or ()
        return _new_response(app, status, headers, body)

    def forget(self, subject: str) -> None:
        """Delete every entry about a call or a conference."""
        with self._lock:
            for generation in (self._present, self._past):
                for key in [key for key in generation if key[0] == subject]:
                    del generation[key]


# -- Responses -----------------------------------------------------------------------------------------------


def _body_of(response: Response) -> bytes:
    parts = response.response
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], bytes):
        return parts[0]  # as in every reply of ours; get_data() takes longer than all the rest here
    response.direct_passthrough = False  # a stream can be read only once, so that it becomes a text here
    return response.get_data()


def _to_bytes(response: Response) -> bytes:
    body = _body_of(response)
    head = "\n".join([response.status, *map(":".join, response.headers)])
    return head.encode("utf-8", "surrogatepass") + b"\n\n" + body


def _new_response(app: Flask, status: str, headers: Any, body: bytes) -> Response:
    response = app.response_class(body, status=status)
    # Not an argument, which would add a Content-Type to a reply without one.
    response.headers = Headers(headers)
    return response
