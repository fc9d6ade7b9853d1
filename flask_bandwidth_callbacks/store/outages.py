"""Operations on a store that has fallen silent: few of them wait for it, so that callers need not.

A web server has so many threads, and each that waits for the store serves no caller. With a dozen threads, a
store that is silent would leave four callbacks a second, and further calls would be lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask_bandwidth_callbacks.exceptions import StoreError

T = TypeVar("T")

_SLOW = 0.3
"""Seconds after which a failure has kept its caller waiting. A server that is down refuses at once."""
_ENOUGH = 3
"""Slow failures in a row, after which the store counts as silent."""
_PAUSE = 1.0
"""Seconds between two operations that try a silent store."""


class Outages:
    """The failures of a store in this process."""

    # No lock: see Renewal. Of two threads at once, one operation more or less waits.

    def __init__(self) -> None:
        self._slow_failures = 0
        self._reason = ""
        self._next_try = 0.0

    def watch(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call an operation of the store, and return what it returns.

        While the store is silent, one operation a second is called, and the others fail at once.
        """
        began = time.monotonic()
        if self._slow_failures >= _ENOUGH:
            if began < self._next_try:
                raise StoreError(self._reason)
            self._next_try = began + _PAUSE
        try:
            result = operation(*arguments)
        except StoreError as error:
            ended = time.monotonic()
            if ended - began > _SLOW:
                self._slow_failures += 1
                self._reason = str(error)
                self._next_try = ended + _PAUSE
            raise
        self._slow_failures = 0
        return result
