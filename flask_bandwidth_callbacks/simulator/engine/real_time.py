"""Real time, for a person who is really listening: the time of a simulation follows the clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .platform import Platform

_TICK_SECONDS = 0.02
"""How often time passes; a person notices no shorter delay."""
_SECONDS_AFTER_FAILURE = 1.0
"""How long a callback is waited for after Ctrl-C or an exception."""


@contextmanager
def real_time(bandwidth: Platform) -> Iterator[None]:
    """Return a context in which time passes as it really does, and callbacks are sent from a thread.

    The methods of the simulation may be used from other threads. An exception that none of them raised is
    raised at the end; one that stops the clock sets ``bandwidth.follows_clock`` to False. Raises
    :class:`SimulationError` if the time follows the clock already.
    """
    end = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            while not end.wait(_TICK_SECONDS):
                bandwidth.tick()
        except BaseException as error:
            failures.append(error)
        finally:
            bandwidth.stop_clock()

    bandwidth.start_clock()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    patience: float | None = _SECONDS_AFTER_FAILURE
    try:
        yield
        patience = None
    finally:
        end.set()
        thread.join(patience)
    if failures:
        raise failures[0]
    bandwidth.raise_errors_now()
