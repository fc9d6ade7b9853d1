"""A stopwatch for a busy machine."""

from __future__ import annotations

import time
from pathlib import Path

_SCHEDULED = Path("/proc/thread-self/schedstat")


class Stopwatch:
    """Measures how long a thread is occupied by something that must not take long.

    Time in which the thread waited for a core does not count, where Linux says how much: another program
    took it.
    """

    def __init__(self) -> None:
        self._began = self._now()

    def seconds(self) -> float:
        """Return the seconds since the stopwatch was made, in the same thread."""
        return self._now() - self._began

    @staticmethod
    def _now() -> float:
        waited = int(_SCHEDULED.read_text().split()[1]) / 1e9 if _SCHEDULED.exists() else 0.0
        return time.monotonic() - waited
