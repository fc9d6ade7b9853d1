"""The simulated Bandwidth of one way: the application's clock shows the time of the call."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import parts

from ..bandwidth import SimulatedBandwidth
from ..exceptions import SimulationError
from ..ways import Scene


class Line(SimulatedBandwidth):
    """A simulated Bandwidth that makes the call of one scene.

    If the scene has a time, the clock of this process shows the time of the call while the application
    handles a callback.
    """

    skips_challenges = True  # they would double the requests of thousands of calls: a quarter of the time
    _is_listed = False

    def __init__(self, app: Flask, scene: Scene, *, seed: str) -> None:
        super().__init__(app, seed=seed, **scene.options)
        self._travel = None if scene.start is None else clock_traveler()

    def close(self) -> None:
        """Make the application's stores forget the call, and take no more notice of the application."""
        self.forget()
        self._transport.close()

    @contextmanager
    def application_is_busy(self) -> Iterator[None]:
        with super().application_is_busy(), self.at_the_time_of_the_call():
            yield

    def at_the_time_of_the_call(self) -> AbstractContextManager[Any]:
        """Return a context in which the clock of this process shows the time of the call."""
        return nullcontext() if self._travel is None else self._travel(self.now)


@contextmanager
def same_random_numbers(seed: int | str) -> Iterator[None]:
    """Return a context in which ``random`` gives the same numbers each time.

    A way could not be walked again if the application said another number each time.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def without_call_log() -> AbstractContextManager[None]:
    """Return a context whose calls are in no call log, which is for real ones."""
    if not parts.has("call_log"):
        return nullcontext()
    context: AbstractContextManager[None] = parts.load("call_log", "explore()").suspended()
    return context


def clock_traveler() -> Callable[..., AbstractContextManager[Any]]:
    """Return what sets the clock of this process; raises :class:`SimulationError` if it is not installed."""
    if find_spec("time_machine") is None:
        raise SimulationError(
            "A time of day must have the package time-machine, which sets the application's clock. Install"
            " flask-bandwidth-callbacks[explore]."
        )
    travel: Callable[..., AbstractContextManager[Any]] = import_module("time_machine").travel
    return travel
