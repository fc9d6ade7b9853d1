"""A stopwatch for a busy machine."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path


class Stopwatch:
    """Measures how long something takes that must not take long.

    Time in which a thread of this process waited for a core does not count, where Linux says how much it was:
    another program took it.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._waited = _seconds_without_a_core()

    def seconds(self) -> float:
        """Return the seconds since the stopwatch was made."""
        passed = time.monotonic() - self._began
        return passed - max(0.0, _seconds_without_a_core() - self._waited)


def _seconds_without_a_core() -> float:
    """Return the seconds that the threads of this process could have run and did not, so far."""
    nanoseconds = 0
    for thread in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            nanoseconds += int(thread.read_text().split()[1])
    return nanoseconds / 1e9
