"""Walks: a fresh call for each of them, the steps that are taken on it, and what goes wrong there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from traceback import extract_tb

from flask import Flask

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.subscriptions import Subscription

from ..engine.call import Call
from ..exceptions import SimulationError
from ..ways import Scene, Step, Way
from ..wire.exchanges import Exchange
from .line import Line, same_random_numbers, without_call_log
from .options import Option
from .quiet import Quiet
from .states import Key, State, has_failed, key_of, persons_with

MOST_REPETITIONS = 5
"""How often a caller may hear the same."""
_MOST_WAITS = 60
"""How often a caller who does nothing waits for something to happen."""


@dataclass(frozen=True)
class Silence:
    """What happens to a caller who does nothing from a state on."""

    most_repetitions: int
    """How often the same was heard at most."""
    heard: str
    """What was heard that often."""
    is_let_go: bool
    """Whether the call ended, or the caller came to a person or a recording."""
    conversation: str


@dataclass(eq=False)
class Incident:
    """A callback that failed on a way, or that a handler raised an exception at."""

    exchange: Exchange
    steps: tuple[Step, ...]
    scene: Scene
    conversation: str
    is_end: bool
    """Whether the call ended because of it."""
    source: Subscription | None
    """The responder whose reply led there, where the callback itself was given to none."""


@dataclass(eq=False)
class Walk:
    """One call, as far as it went."""

    scene: Scene
    call: Call
    line: Line
    app: Flask
    quiet: Quiet
    """Measures the silence on the call."""
    steps: list[Step] = field(default_factory=list)
    error: SimulationError | None = None
    """Why the simulation could not go on."""

    def key(self, *, without: str = "") -> Key:
        """Return what identifies the state of the call; parameters as those of :func:`.key_of`."""
        return key_of(self.call, self.line, self.app, without=without)

    def take(self, action: Callable[[], None]) -> None:
        """Take a step, unless the simulation cannot go on; note if it cannot from then on."""
        if self.error is None:
            with self.quiet.listening():
                try:
                    action()
                except SimulationError as error:
                    self.error = error


class Walker:
    """Makes calls to an application, and takes steps on them.

    :param make_app: returns the application for a call.
    :param seed: the same one gives the same calls.
    """

    def __init__(self, make_app: Callable[[], Flask], seed: int | str) -> None:
        self.calls = 0
        """How many calls were made."""
        self.reached: dict[str, Subscription] = {}
        """The responders that calls reached, by name and place."""
        self._incidents: dict[Hashable, Incident] = {}
        self._make_app = make_app
        self._seed = seed

    @property
    def incidents(self) -> Sequence[Incident]:
        """What went wrong, each failure once, on the shortest way to it."""
        return tuple(self._incidents.values())

    @contextmanager
    def on_a_call(self, scene: Scene, steps: Sequence[Step]) -> Iterator[Walk]:
        """Make a call and take steps on it, with the same random numbers as on every other call."""
        with same_random_numbers(self._seed), self._one_call(scene, steps) as walk:
            yield walk

    @contextmanager
    def _one_call(self, scene: Scene, steps: Sequence[Step]) -> Iterator[Walk]:
        """Make a call and take steps on it; afterwards the application's stores forget it."""
        app = self._make_app()
        line = Line(app, scene, seed=f"{self._seed}/{self.calls}")
        self.calls += 1
        with line.mock_rest_if_installed(), without_call_log():
            error = None
            try:
                scene.begin(line)
            except SimulationError as raised:
                error = raised
            call = line.calls[0]
            walk = Walk(scene, call, line, app, Quiet(call), error=error)
            for step in steps:
                walk.take(partial(step.take, call))
                walk.steps.append(step)
            try:
                yield walk
            finally:
                for exchange in line.exchanges:
                    if exchange.responder is not None:
                        self.reached.setdefault(str(exchange.responder), exchange.responder)
                _end(line)

    def note_incidents(self, walk: Walk, since: int = 0) -> None:
        """Note what went wrong on a call, from an exchange on.

        :param since: the number of that exchange on the call.
        """
        exchanges = walk.call.exchanges
        for number, exchange in enumerate(exchanges[since:], since):
            if exchange.raised or (exchange.failure is not None and not _is_deliberate(exchange)):
                before = (
                    each.responder for each in reversed(exchanges[:number]) if each.responder is not None
                )
                source = next(before, None)
                failure = _identity(exchange, source)
                # Others are not kept: an exception holds the whole application of its call.
                if failure not in self._incidents or len(walk.steps) < len(self._incidents[failure].steps):
                    self._incidents[failure] = Incident(
                        exchange,
                        tuple(walk.steps),
                        walk.scene,
                        str(walk.call),
                        has_failed(walk.call),
                        source,
                    )

    def way_to(self, state: State) -> Way:
        """Walk to a state once more, and return the way with what is heard on it."""
        with self.on_a_call(state.scene, ()) as walk:
            call = walk.call
            heard = [tuple(call.heard)]
            for step in state.steps:
                before = len(call.heard)
                step.take(call)
                heard.append(tuple(call.heard[before:]))
            return Way(state.scene, state.steps, tuple(heard), call.cause)

    def be_silent(self, state: State) -> Silence:
        """Make a call to a state, on which the caller does nothing more, and return what happens."""
        with self.on_a_call(state.scene, state.steps) as walk:
            call = walk.call
            heard_before = len(call.heard)
            most, words = 0, ""
            for _ in range(_MOST_WAITS):
                if walk.error is not None or _is_out(call):
                    break
                walk.take(partial(Option("silence").take, call, []))
                for each, times in Counter(call.heard[heard_before:]).most_common(1):
                    most, words = times, each
                if most > MOST_REPETITIONS:
                    break
            return Silence(most, words, walk.error is None and _is_out(call), str(call))


def _is_out(call: Call) -> bool:
    return call.state == "disconnected" or isinstance(call.verb, bxml.Record) or persons_with(call) != ()


def _identity(exchange: Exchange, source: Subscription | None) -> Hashable:
    """Return what is the same for two failures that have the same cause."""
    raised = tuple((type(error), *place_of(error)) for error in exchange.raised)
    return exchange.event, exchange.status, str(exchange.responder), str(source), raised


def place_of(error: Exception) -> tuple[str, ...]:
    """Return where an exception was raised, as ``phone.py:70``; empty if that is not known."""
    frames = extract_tb(error.__traceback__)
    return tuple(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-1:])


def _is_deliberate(exchange: Exchange) -> bool:
    return exchange.status is None and "bandwidth.failures" in (exchange.failure or "")


def _end(line: Line) -> None:
    """End all calls, and make the application forget them."""
    line.raise_errors = False
    for call in line.calls:
        if call.state != "disconnected":
            try:
                call.hang_up()
            except SimulationError:  # the application called and called
                break
    line.close()
