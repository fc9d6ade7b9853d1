"""Repeats: a callback that Bandwidth sends again is answered with the reply that it got before."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from flask_bandwidth_callbacks import signals
from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.events import Callback
from flask_bandwidth_callbacks.exceptions import StateLocked, StoreError
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.receivers import send
from flask_bandwidth_callbacks.rejections import Rejection
from flask_bandwidth_callbacks.repeats import EVERY_TIME, Sending
from flask_bandwidth_callbacks.stores import Kind, Store

from .ledgers import NOTIFIED, REPLY, Ledger, StoreLedger
from .memory import MemoryStore
from .renewal import LEASE

_SERVER_ERROR = 500  # an attribute of HTTPStatus costs as much as several calls of functions
_PATIENCE = 20.0
"""Seconds that a repeat waits for the reply to the first; Bandwidth waits 25 at most."""


class StoredRepeats:
    """Recognizes repeats by what a store remembers."""

    def __init__(self, store: Store, registration: str) -> None:
        # A class that is derived from it may do something else in the methods of a store.
        self._ledger: Ledger = store.ledger if type(store) is MemoryStore else StoreLedger(store)
        self._registration = registration

    def sending(self, app: Flask, event: Callback, path: str) -> Sending:
        """Return the sending of a callback to a URL path. One without a time is never a repeat."""
        if event.event_time is None:
            return EVERY_TIME
        return StoredSending(self._ledger, app, event, path, self._registration)


class StoredSending:
    """One of the times that a callback is sent."""

    __slots__ = (
        "_app", "_certain_until", "_event", "_has_failed", "_held", "_is_repeat", "_ledger", "_notifying",
        "_path", "_registration",
    )  # fmt: skip

    def __init__(self, ledger: Ledger, app: Flask, event: Callback, path: str, registration: str) -> None:
        self._ledger = ledger
        self._app = app
        self._event = event
        self._path = path
        self._registration = registration
        self._held: Any = None
        """The entry of the reply, while the reply is being made."""
        self._notifying: Any = None
        """The entry of the subscribers, while they are notified."""
        self._certain_until = 0.0
        """Until when the lease of what is being done cannot be lost."""
        self._is_repeat = False
        self._has_failed = False

    def reply(self, make: Callable[[], Response]) -> Response:
        """Return the reply that was remembered, else make and remember it.

        Raises :class:`~.rejections.Rejection` with 503 if the first is not answered in time.
        """
        entry = self._lease(REPLY, self._path)
        if entry is None:
            return make()
        if entry.value is not None:
            self._release(entry)
            self._log_repeat()
            return self._ledger.response(self._app, entry)
        self._held = entry
        return self.remember(make())

    def remember(self, response: Response) -> Response:
        """Remember the reply unless it is a server error, which is a reason to try again. Return it."""
        if self._held is not None:
            if response.status_code < _SERVER_ERROR:
                self._write(self._held, response)
                self._held = None
            else:
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
        entry = self._lease(NOTIFIED, f"@{self._registration}")
        if entry is None:
            return notify(False)
        if entry.value is not None:
            self._release(entry)
            self._log_repeat()
            return notify(True)
        self._notifying = entry
        is_done = False
        try:
            has_subscribers = notify(False)
            is_done = True
        finally:
            self._notifying = None
            self._certain_until = 0.0  # an entry of the reply is older
            if is_done:
                self._write(entry, None)
            else:
                self._release(entry)
        return has_subscribers

    def check(self) -> None:
        """Check that no other process has taken this callback over.

        A process that stood still for longer than a lease may have lost the callback to another one, whose
        work it must not do once more.
        """
        entry = self._notifying or self._held
        now = time.monotonic()
        if entry is None or self._has_failed or now < self._certain_until:
            return
        try:
            is_held = self._ledger.renew(entry)
        except StoreError as error:
            self._give_up(error)
            return
        if not is_held:
            raise StateLocked(
                "A callback must be handled by one process, but another took this one over, because this"
                " process stood still. Find out what kept it from running."
            )
        self._certain_until = now + LEASE

    def _log_repeat(self) -> None:
        if not self._is_repeat:
            self._is_repeat = True
            log(logging.WARNING, "Repeat of %s.", show(self._event.event_type), event=self._event)
            send(signals.callback_repeated, self._app, event=self._event)

    # -- The ledger, without which a callback is handled all the same

    def _lease(self, kind: Kind, detail: str) -> Any:
        """Lease an entry of this callback; return None if the store failed."""
        if self._has_failed:  # each further attempt could take as long, and the caller waits
            return None
        pause = 0.002
        asked = time.monotonic()
        deadline = asked + _PATIENCE
        try:
            while (entry := self._ledger.lease(kind, self._event, detail)) is None:
                if asked > deadline:
                    raise Rejection(
                        HTTPStatus.SERVICE_UNAVAILABLE,
                        "The same callback is still being handled.",
                        event=self._event,
                    )
                time.sleep(pause)
                pause = min(2 * pause, 0.05)
                asked = time.monotonic()
        except StoreError as error:
            self._give_up(error)
            return None
        self._certain_until = asked + LEASE
        return entry

    def _write(self, entry: Any, response: Response | None) -> None:
        try:
            self._ledger.write(entry, response)
        except StoreError as error:
            self._give_up(error)

    def _release(self, entry: Any) -> None:
        try:
            self._ledger.release(entry)
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
