"""Attempts with wrong credentials: at most one line of the log for each address and minute, with a count."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from flask import Flask

from .display import show
from .logs import log

INTERVAL = 60.0
"""Seconds between two lines about one address."""

MAX_ADDRESSES = 1000
"""How many addresses are counted one by one. Further ones are counted together, so that memory is bounded."""

_EXTENSION = "bandwidth_callbacks_attempts"


@dataclass
class _Count:
    """The attempts from one address since the last line about it."""

    logged_at: float
    attempts: int = 0
    path: str = ""
    """The path of the latest of them."""


class Attempts:
    """The attempts with wrong credentials that an application has rejected lately."""

    def __init__(self) -> None:
        # The address that was logged first is the first that is due.
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = Lock()

    def add(self, address: str | None, path: str) -> None:
        """Count an attempt, and log it unless its address was logged within the last minute."""
        # Behind a proxy the address may be any text that the client sent, as the path may.
        source, path = show(address) if address else "an unknown address", show(path)
        with self._lock:
            if source not in self._counts and len(self._counts) >= MAX_ADDRESSES:
                source = "further addresses"
            is_first = source not in self._counts
            if is_first:
                self._counts[source] = _Count(time.monotonic())
            else:
                self._counts[source].attempts += 1
                self._counts[source].path = path
        if is_first:
            _log(source, path, 1)

    def log_due(self) -> None:
        """Log the attempts that were only counted, from each address whose minute is over."""
        if not self._counts:
            return
        now = time.monotonic()
        due = []
        with self._lock:
            while self._counts and now - next(iter(self._counts.values())).logged_at >= INTERVAL:
                source, count = self._counts.popitem(last=False)
                if count.attempts:
                    due.append((source, count))
                    self._counts[source] = _Count(now)
        for source, count in due:
            _log(source, count.path, count.attempts)


def _log(source: str, path: str, attempts: int) -> None:
    message = "Callback rejected with 401: wrong credentials from %s at %s, attempts since the last line: %d."
    log(logging.WARNING, message, source, path, attempts)


def attempts_on(app: Flask) -> Attempts:
    """Return the attempts on an application, which all of its blueprints share."""
    attempts: Attempts = app.extensions.setdefault(_EXTENSION, Attempts())
    return attempts
