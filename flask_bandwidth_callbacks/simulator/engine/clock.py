"""The real time that has passed, for a simulation whose time follows it."""

from __future__ import annotations

import time


class Clock:
    """A stopwatch that is read again and again, in whole milliseconds; none is lost between two readings."""

    def __init__(self) -> None:
        self._read_until = time.monotonic()

    def read(self) -> int:
        """Return the milliseconds since the last reading, or since the clock was made."""
        milliseconds = int((time.monotonic() - self._read_until) * 1000)
        self._read_until += milliseconds / 1000
        return milliseconds
