"""The stopwatch of the tests, which would pass all of them if it stood still."""

from __future__ import annotations

import time

from tests.stopwatch import Stopwatch


def test_sleeping_counts() -> None:
    """Time in which a test waits is measured, although it uses no core, and never more than has passed."""
    began = time.monotonic()
    stopwatch = Stopwatch()
    time.sleep(0.3)
    assert 0.2 < stopwatch.seconds() <= time.monotonic() - began


def test_working_counts() -> None:
    """Time in which a test uses a core is measured."""
    stopwatch = Stopwatch()
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    assert stopwatch.seconds() > 0.2
