"""Virtual time: nothing sleeps, and the same script always takes the same course.

What takes time is a generator that yields a :class:`Wait` wherever time passes or something must happen
first. A :class:`Process` drives one such generator, the :class:`Timeline` orders all of them.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from flask_bandwidth_callbacks.display import show

from ..exceptions import SimulationError

T = TypeVar("T")

_LONGEST = 1_000_000_000
"""Seconds, some thirty years. A longer time is a mistake, and might leave the calendar."""


def check_seconds(seconds: float, name: str = "seconds") -> float:
    """Return a length of time; raises :class:`SimulationError` for anything else."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _LONGEST:
        raise SimulationError(
            f"{name} must be at least 0 and less than {_LONGEST:,} seconds, got {show(seconds)}."
        )
    return float(seconds)


@dataclass(frozen=True)
class Wait:
    """What a process yields: it goes on after some time, or when it receives a message that it waits for."""

    seconds: float | None
    """How long at most; None for as long as it takes."""
    messages: tuple[type, ...] = ()
    """The classes of the messages that end the wait; other messages are lost."""
    sounds: bool = False
    """Whether this is the length of a sound, which passes by itself."""


Steps: TypeAlias = Generator[Wait, Any, T]
"""What takes time. It is sent the message that ended a wait, or None when the time is over."""


class Timer:
    """An action that is planned."""

    def __init__(self, time: int, action: Callable[[], None]) -> None:
        self.time = time
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Make sure that the action does not happen."""
        self.action = None


class Timeline:
    """Times and the actions planned for them; those of one time happen in the order they were planned in."""

    def __init__(self) -> None:
        self.now = 0
        """Milliseconds since the simulation began."""
        self.is_running = False
        """Whether an action is happening now."""
        self.is_waited_for = False
        """Whether a person or a test lets time pass, other than by listening to a sound."""
        self.passes_by_itself = True
        """Whether time passes by itself over sounds, and after the last call over all that is left.

        Set it to False where a clock lets time pass, because a person is really listening.
        """
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
        """Seconds until the next planned action; None if there is none."""
        self._drop_cancelled()
        return (self._timers[0][0] - self.now) / 1000 if self._timers else None

    def seconds_to_next_beside(self, processes: Iterable[Process]) -> float | None:
        """Return the seconds until the next planned action of anything else; None if there is none."""
        own = {process.timer for process in processes}
        times = [time for time, _, timer in self._timers if timer.action is not None and timer not in own]
        return (min(times) - self.now) / 1000 if times else None

    def run(self, seconds: float = 0.0, *, to_the_end: Callable[[], bool] = lambda: False) -> None:
        """Make time pass, then the sounds that have begun, and all that is left if ``to_the_end()`` says so.

        Not for use within an action: what an action plans happens when it is over.
        """
        self.is_running = True
        try:
            self.is_waited_for = seconds > 0
            self._run_until(self.now + round(seconds * 1000))
            self.is_waited_for = False
            while (until := self._passes_until(to_the_end)) is not None:
                self._run_until(until)
        finally:
            self.is_running = False

    def _run_until(self, end: int) -> None:
        # A clock may have moved on during an action.
        while self._timers and self._timers[0][0] <= max(end, self.now):
            time, _, timer = heapq.heappop(self._timers)
            if timer.action is not None:
                self.now = max(self.now, time)
                timer.action()
        self.now = max(self.now, end)

    def _passes_until(self, to_the_end: Callable[[], bool]) -> int | None:
        self._drop_cancelled()
        if not self._timers or not self.passes_by_itself:
            return None
        if self._sounds:
            return min(min(self._sounds.values()), self._timers[0][0])
        return self._timers[0][0] if to_the_end() else None

    def _drop_cancelled(self) -> None:
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)

    def set_sound(self, process: Process, until: int | None) -> None:
        """Set when the sound ends that a process waits for; None if it waits for none."""
        if until is None:
            self._sounds.pop(process, None)
        else:
            self._sounds[process] = until


class Process:
    """Drives one generator of steps. A message is delivered after what is happening now."""

    def __init__(self, timeline: Timeline, steps: Steps[None]) -> None:
        self._timeline = timeline
        self._steps = steps
        self._wait: Wait | None = Wait(0)
        self._timer: Timer | None = timeline.later(0, lambda: self._resume(None))

    def send(self, message: object) -> None:
        """Send a message, which is lost if the process does not wait for one of its class then."""

        def deliver() -> None:
            if self._wait is not None and isinstance(message, self._wait.messages):
                self._resume(message)

        self._timeline.later(0, deliver)

    def interrupt(self, reason: Exception) -> None:
        """Raise an exception where the process waits."""

        def deliver() -> None:
            if self._wait is not None:
                self._advance(lambda: self._steps.throw(reason))

        self._timeline.later(0, deliver)

    @property
    def timer(self) -> Timer | None:
        """What ends the wait of the process; None if only a message does."""
        return self._timer

    def waits_for(self, message_class: type) -> bool:
        """Return whether the process waits for messages of a class now."""
        return self._wait is not None and issubclass(message_class, self._wait.messages)

    def _resume(self, message: object) -> None:
        self._advance(lambda: self._steps.send(message))

    def _advance(self, step: Callable[[], Wait]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timeline.set_sound(self, None)
        self._wait = self._timer = None
        try:
            self._wait = wait = step()
        except StopIteration:
            return
        if wait.seconds is not None:
            self._timer = self._timeline.later(wait.seconds, lambda: self._resume(None))
            if wait.sounds:
                self._timeline.set_sound(self, self._timer.time)
