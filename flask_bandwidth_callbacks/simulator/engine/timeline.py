"""Virtual time: nothing sleeps, and the same script gives the same course.

What goes on for some time is a generator that yields a :class:`Wait` wherever time passes or something must
happen first. :class:`Process` drives one such generator, :class:`Timeline` orders all of them.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ..exceptions import SimulationError

T = TypeVar("T")

_LONGEST = 1_000_000_000
"""Seconds, some thirty years: what is more is a mistake, and might leave the calendar."""


def check_seconds(seconds: float, name: str = "seconds") -> float:
    """Return how long something lasts; raises :class:`SimulationError` for what is no such time."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _LONGEST:
        raise SimulationError(
            f"{name}={seconds!r} is no number of seconds that can pass: give 0 or more, and less than"
            f" {_LONGEST:,}."
        )
    return float(seconds)


@dataclass(frozen=True)
class Wait:
    """What a process yields: it goes on after some time, or when it is told something that it hears."""

    seconds: float | None
    """How long at most; None for as long as it takes."""
    hears: tuple[type, ...] = ()
    """The classes of what ends the wait; what it is told besides is lost."""
    sounds: bool = False
    """Whether this is the length of a sound, which passes by itself."""


Steps: TypeAlias = Generator[Wait, Any, T]
"""A course of steps: it is sent what it heard, or None when the time is over."""


class Timer:
    """Something that is going to happen."""

    def __init__(self, time: int, action: Callable[[], None]) -> None:
        self.time = time
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        self.action = None


class Timeline:
    """Times and what happens at them, in the order in which it was planned."""

    def __init__(self) -> None:
        self.now = 0
        """Milliseconds since the beginning."""
        self.is_running = False
        self.is_waited_for = False
        """Whether somebody lets time pass, other than by listening."""
        self._timers: list[tuple[int, int, Timer]] = []
        self._order = itertools.count()
        self._sounds: dict[Process, int] = {}

    def later(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Plan an action."""
        timer = Timer(self.now + round(seconds * 1000), action)
        heapq.heappush(self._timers, (timer.time, next(self._order), timer))
        return timer

    @property
    def seconds_to_next(self) -> float | None:
        """How long until something happens by itself; None if nothing will."""
        self._drop_cancelled()
        return (self._timers[0][0] - self.now) / 1000 if self._timers else None

    def run(self, seconds: float = 0.0, *, to_the_end: Callable[[], bool] = lambda: False) -> None:
        """Let some time pass, then the sounds that began, and all that is left if ``to_the_end()`` says so.

        Not for use within an action: what that plans happens when it is over.
        """
        self.is_running = True
        try:
            self.is_waited_for = seconds > 0
            self._run_until(self.now + round(seconds * 1000))
            self.is_waited_for = False
            while (until := self._end_of_sounds(to_the_end)) is not None:
                self._run_until(until)
        finally:
            self.is_running = False

    def _run_until(self, end: int) -> None:
        while self._timers and self._timers[0][0] <= end:
            time, _, timer = heapq.heappop(self._timers)
            if timer.action is not None:
                self.now = time
                timer.action()
        self.now = end

    def _end_of_sounds(self, to_the_end: Callable[[], bool]) -> int | None:
        self._drop_cancelled()
        if not self._timers:
            return None
        if self._sounds:
            return min(min(self._sounds.values()), self._timers[0][0])
        return self._timers[0][0] if to_the_end() else None

    def _drop_cancelled(self) -> None:
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)

    def sounds(self, process: Process, until: int | None) -> None:
        """Take note that a process waits for the end of a sound, or no longer does."""
        if until is None:
            self._sounds.pop(process, None)
        else:
            self._sounds[process] = until


class Process:
    """Drives one course of steps; what it is told happens after what is happening now."""

    def __init__(self, timeline: Timeline, steps: Steps[None]) -> None:
        self._timeline = timeline
        self._steps = steps
        self._wait: Wait | None = Wait(0)
        self._timer: Timer | None = timeline.later(0, lambda: self._resume(None))

    def tell(self, message: object) -> None:
        """Let the process hear something, if it listens for such then; else it is lost."""

        def deliver() -> None:
            if self._wait is not None and isinstance(message, self._wait.hears):
                self._resume(message)

        self._timeline.later(0, deliver)

    def interrupt(self, reason: Exception) -> None:
        """Raise something where the process waits."""

        def deliver() -> None:
            if self._wait is not None:
                self._advance(lambda: self._steps.throw(reason))

        self._timeline.later(0, deliver)

    def hears(self, message_class: type) -> bool:
        """Tell whether the process listens for such a message now."""
        return self._wait is not None and issubclass(message_class, self._wait.hears)

    def _resume(self, message: object) -> None:
        self._advance(lambda: self._steps.send(message))

    def _advance(self, step: Callable[[], Wait]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timeline.sounds(self, None)
        self._wait = self._timer = None
        try:
            self._wait = wait = step()
        except StopIteration:
            return
        if wait.seconds is not None:
            self._timer = self._timeline.later(wait.seconds, lambda: self._resume(None))
            if wait.sounds:
                self._timeline.sounds(self, self._timer.time)
