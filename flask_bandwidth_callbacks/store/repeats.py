"""Repeats: a callback that Bandwidth sends again is answered with the reply that it got before."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from flask_bandwidth_callbacks import signals
from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.events import Callback
from flask_bandwidth_callbacks.exceptions import StoreError
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.receivers import send
from flask_bandwidth_callbacks.rejections import Rejection
from flask_bandwidth_callbacks.repeats import EVERY_TIME, Sending
from flask_bandwidth_callbacks.stores import Kind, Lease, Store

_MEMORY = 15 * 60.0
"""Seconds in which a callback can be a repeat."""
REPLY = Kind("reply", lifetime=_MEMORY, is_bounded=True)
NOTIFIED = Kind("notified", lifetime=_MEMORY, is_bounded=True)
_SERVER_ERROR = 500  # an attribute of HTTPStatus costs as much as several calls of functions
_PATIENCE = 20.0
"""Seconds that a repeat waits for the reply to the first; Bandwidth waits 25 at most."""


class StoredRepeats:
    """Recognizes repeats by what a store remembers."""

    def __init__(self, store: Store, registration: str) -> None:
        self._store = store
        self._registration = registration

    def sending(self, app: Flask, event: Callback, path: str) -> Sending:
        """Return the sending of a callback to a URL path. One without a time is never a repeat."""
        if event.event_time is None:
            return EVERY_TIME
        return StoredSending(self._store, app, event, path, self._registration)


class StoredSending:
    """One of the times that a callback is sent."""

    __slots__ = ("_app", "_event", "_has_failed", "_held", "_is_repeat", "_path", "_registration", "_store")

    def __init__(self, store: Store, app: Flask, event: Callback, path: str, registration: str) -> None:
        self._store = store
        self._has_failed = False
        self._app = app
        self._event = event
        self._path = path
        self._registration = registration
        self._held: Lease | None = None
        """The lease of the reply, while the reply is being made."""
        self._is_repeat = False

    def reply(self, make: Callable[[], Response]) -> Response:
        """Return the reply that was remembered, else make and remember it.

        Raises :class:`~.rejections.Rejection` with 503 if the first is not answered in time.
        """
        lease = self._lease(REPLY, self._path)
        if lease is None:
            return make()
        if lease.value is not None:
            self._release(lease)
            self._log_repeat()
            return _read(self._app, lease.value)
        self._held = lease
        return self.remember(make())

    def remember(self, response: Response) -> Response:
        """Remember the reply unless it is a server error, which is a reason to try again. Return it."""
        if self._held is not None and response.status_code < _SERVER_ERROR:
            value = _written(response)
            self._write(self._held, value)
            self._held = None
        self.close()
        return response

    def close(self) -> None:
        """Stop keeping repeats waiting, without a reply to remember."""
        if self._held is not None:
            self._release(self._held)
            self._held = None

    def notify(self, notify: Callable[[bool], bool]) -> bool:
        """Notify subscribers, and say whether they were notified before.

        Raises :class:`~.rejections.Rejection` with 503 if the first is not handled in time.
        """
        lease = self._lease(NOTIFIED, f"@{self._registration}")
        if lease is None:
            return notify(False)
        if lease.value is not None:
            self._release(lease)
            self._log_repeat()
            return notify(True)
        is_done = False
        try:
            has_subscribers = notify(False)
            is_done = True
        finally:
            if is_done:
                self._write(lease, b"1")
            else:
                self._release(lease)
        return has_subscribers

    def _log_repeat(self) -> None:
        if not self._is_repeat:
            self._is_repeat = True
            log(logging.WARNING, "Repeat of %s.", show(self._event.event_type), event=self._event)
            send(signals.callback_repeated, self._app, event=self._event)

    # -- The store, without which a callback is handled all the same

    def _lease(self, kind: Kind, detail: str) -> Lease | None:
        """Lease a record of this callback; return None if the store failed."""
        if self._has_failed:  # each further attempt could take as long, and the caller waits
            return None
        name = f"{self._event.repeat_key}{detail}"
        deadline = None
        pause = 0.002
        try:
            while (lease := self._store.lease(kind, name)) is None:
                now = time.monotonic()
                deadline = deadline or now + _PATIENCE
                if now > deadline:
                    raise Rejection(
                        HTTPStatus.SERVICE_UNAVAILABLE,
                        "The same callback is still being handled.",
                        event=self._event,
                    )
                time.sleep(pause)
                pause = min(2 * pause, 0.05)
        except StoreError as error:
            self._give_up(error)
            return None
        return lease

    def _write(self, lease: Lease, value: bytes) -> None:
        try:
            self._store.write(lease, value)
        except StoreError as error:
            self._give_up(error)

    def _release(self, lease: Lease) -> None:
        try:
            self._store.release(lease)
        except StoreError as error:
            self._give_up(error)

    def _give_up(self, error: StoreError) -> None:
        self._has_failed = True
        log(
            logging.ERROR,
            "Handled without looking for repeats, because the store failed: %s",
            error,
            event=self._event,
        )


# -- Replies as bytes --------------------------------------------------------------------------------------


def _written(response: Response) -> bytes:
    parts = response.response
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], bytes):
        body = parts[0]  # as in every reply of ours; get_data() takes as long as all the rest here
    else:
        response.direct_passthrough = False  # a stream can be read only once, so that it becomes a text here
        body = response.get_data()
    head = "\n".join([response.status, *map(":".join, response.headers)])
    return head.encode("utf-8", "surrogatepass") + b"\n\n" + body


def _read(app: Flask, value: bytes) -> Response:
    head, _, body = value.partition(b"\n\n")
    status, *lines = head.decode("utf-8", "surrogatepass").split("\n")
    response = app.response_class(body, status=status)
    # Not an argument, which would add a Content-Type to a reply without one.
    response.headers = Headers((name, text) for name, _, text in (line.partition(":") for line in lines))
    return response
