"""The search: breadth first, on a fresh call for every option of every state."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from re import Pattern

from flask import Flask

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.registrations import endpoint_of, registrations
from flask_bandwidth_callbacks.subscriptions import Subscription
from flask_bandwidth_callbacks.subscriptions.matches import ValuesMatch

from ..engine.conversation import counted
from ..exceptions import EndlessCall
from ..ways import Scene, Step
from ..wire.application import endpoint_at
from ..wire.urls import absolute
from .announcements import announced
from .options import LEAVE, Choices, Option, options_at, people
from .states import (
    Arrival,
    Key,
    State,
    document_in,
    document_of,
    has_failed,
    is_left,
    persons_with,
    prompts_for,
    verbs_after,
)
from .walks import Walk, Walker


@dataclass(frozen=True)
class Limits:
    """Where the search ends."""

    depth: int
    """The number of actions on a way, at most."""
    calls: int
    seconds: float


class Search:
    """Walks every way through an application, from several scenes.

    :param watch: is called with the numbers of calls and states after every call.
    """

    def __init__(
        self,
        walker: Walker,
        choices: Choices,
        limits: Limits,
        *,
        pattern: Pattern[str] | None,
        watch: Callable[[int, int], None],
    ) -> None:
        self.walker = walker
        """What makes the calls, and knows what went wrong on them."""
        self.states: list[State] = []
        """In the order in which they were reached."""
        self.beginnings: list[Arrival] = []
        """Where the call of each scene is before anything is done."""
        self.left: list[str] = []
        """What was not explored, a sentence each."""
        self._by_key: dict[Key, State] = {}
        self._known: dict[Key, State] = {}
        """The states that were reached in the present scene."""
        self._queue: deque[tuple[State, tuple[Step, ...], int]] = deque()
        """Those whose options are still to be tried, each with the way to it and the number of actions."""
        self._choices = choices
        self._limits = limits
        self._pattern = pattern
        self._watch = watch
        self._deadline = time.monotonic() + limits.seconds
        self._too_deep = 0
        self._elsewhere = 0
        self._unseen = 0
        self._is_cut = False

    # -- Breadth first ---------------------------------------------------------------------------------------

    def run(self, scenes: Sequence[Scene]) -> None:
        """Explore every scene; states that look the same in two of them are one."""
        for scene in scenes:
            if self._is_over():
                self._unseen += 1
            else:
                self._explore(scene)

    def finish(self) -> None:
        """Say what was left."""
        unexplored = counted(sum(not state.is_explored for state in self.states), "state")
        if self._is_cut:
            bound = (
                f"{self._limits.calls:,} calls were made"
                if self.walker.calls >= self._limits.calls
                else f"{self._limits.seconds:g} seconds had passed"
            )
            self.left.append(
                f"The search ended when {bound}, before {unexplored} and {counted(self._unseen, 'scene')}"
                " were explored to the end."
            )
        if self._too_deep:
            self.left.append(
                f"The search went {counted(self._limits.depth, 'move')} deep, and not on from"
                f" {counted(self._too_deep, 'state')}."
            )
        if self._elsewhere:
            self.left.append(
                f"{counted(self._elsewhere, 'way')} led elsewhere when walked again: the application keeps"
                " something between calls, beside phone.state. Give a function that makes a fresh one."
            )

    def _explore(self, scene: Scene) -> None:
        self._known = {}
        with self.walker.on_a_call(scene, ()) as walk:
            self.walker.note_incidents(walk)
            root, _ = self._arrive(walk, None, 0, 0)
            heard, conversation = tuple(walk.call.heard), str(walk.call)
            self.beginnings.append(
                Arrival(root, root.key, True, heard, walk.quiet.seconds, (), scene, conversation)
            )
            self._leave(walk, root, 0)
        self._watch(self.walker.calls, len(self.states))
        while self._queue:
            state, steps, moves = self._queue.popleft()
            if moves >= self._limits.depth and any(option != LEAVE for option in state.options):
                self._too_deep += 1
                continue
            elsewhere = self._elsewhere
            for option in state.options:
                if option == LEAVE:  # taken by the walk that came here first
                    continue
                if self._is_over():
                    self._queue.clear()
                    return
                self._try(state, option, scene, steps, moves)
                self._watch(self.walker.calls, len(self.states))
            state.is_explored |= self._elsewhere == elsewhere

    def _is_over(self) -> bool:
        self._is_cut = self.walker.calls >= self._limits.calls or time.monotonic() > self._deadline
        return self._is_cut

    def _try(self, state: State, option: Option, scene: Scene, steps: tuple[Step, ...], moves: int) -> None:
        """Walk to a state again, and take an option there. Where that leads to a new one, hang up."""
        with self.walker.on_a_call(scene, steps) as walk:
            if walk.error is not None or walk.key() != state.key:
                self._elsewhere += 1
                return
            target, is_new = self._take(walk, state, option, moves)
            if is_new:
                self._leave(walk, target, moves + 1)

    def _leave(self, walk: Walk, state: State, moves: int) -> None:
        """Hang up where a walk ends, if that is an option there. It saves a walk for each state."""
        if LEAVE in state.options:
            self._take(walk, state, LEAVE, moves)

    def _take(self, walk: Walk, state: State, option: Option, moves: int) -> tuple[State, bool]:
        """Take an option of the state that a walk has come to, and note where it leads.

        Return the state there, and whether it is new in this scene.
        """
        call = walk.call
        before, heard_before, exchanges_before = len(call.lines), len(call.heard), len(call.exchanges)
        walk.take(partial(option.take, call, walk.steps))
        self.walker.note_incidents(walk, exchanges_before)
        outcome = walk.key(without=option.text if option.kind == "keys" else "")
        like = _sibling(state, option, outcome, walk.scene)
        target, is_new = self._arrive(walk, state, heard_before, moves + 1, like)
        changes = [line for line in call.lines[before:] if not (line.who and line.kind != "hears")]
        arrival = Arrival(
            state=target,
            outcome=outcome,
            did_something=bool(changes),
            heard=tuple(call.heard[heard_before:]),
            silence=walk.quiet.longest,
            steps=tuple(walk.steps),
            scene=walk.scene,
            conversation=str(call),
        )
        arrivals = state.arrows.setdefault(option, [])
        same = next((each for each in arrivals if each.state is target), None)
        if same is None:
            arrivals.append(arrival)
        elif len(arrival.steps) < len(same.steps):  # than in the scenes before
            arrivals[arrivals.index(same)] = arrival
        return target, is_new

    def _arrive(
        self, walk: Walk, parent: State | None, heard_before: int, moves: int, like: State | None = None
    ) -> tuple[State, bool]:
        """Return the state that a walk has come to, and whether it is new in this scene.

        :param like: a state that is the same, apart from the keys that were pressed.
        """
        key = walk.key()
        if like is not None and key not in self._by_key:
            return self._known.setdefault(key, like), False
        if key in self._known:
            return self._known[key], False
        if key not in self._by_key:
            self._by_key[key] = self._state(walk, key, parent, heard_before, moves)
        self._known[key] = state = self._by_key[key]
        if moves < state.moves:  # than in the scenes before
            state.scene, state.steps, state.moves = walk.scene, tuple(walk.steps), moves
            state.parent, state.conversation = parent, str(walk.call)
        self._queue.append((state, tuple(walk.steps), moves))
        return state, True

    # -- States ----------------------------------------------------------------------------------------------

    def _state(self, walk: Walk, key: Key, parent: State | None, heard_before: int, moves: int) -> State:
        call = walk.call
        heard = tuple(call.heard[heard_before:])
        exchange = document_of(call, call)
        prompts = {who: prompts_for(actor, heard if actor is call else ()) for who, actor in people(call)}
        keys = [key for said in prompts.values() for text in said for key in self._announced(text)]
        state = State(
            number=len(self.states),
            key=key,
            scene=walk.scene,
            steps=tuple(walk.steps),
            moves=moves,
            parent=parent,
            heard=heard,
            responder=None if exchange is None else exchange.responder,
            document="" if call.script is None else document_in(call.script.text, call),
            verb=call.verb,
            prompts=prompts,
            script_verbs=() if call.script is None else call.script.verbs,
            rest={who: verbs_after(actor) for who, actor in people(call)},
            listens=tuple(who for who, actor in people(call) if actor.takes_keys),
            persons=persons_with(call),
            is_recording=call.state != "disconnected" and isinstance(call.verb, bxml.Record),
            cause=call.cause,
            is_left=is_left(call),
            has_failed=has_failed(call) or walk.error is not None,
            is_endless=isinstance(walk.error, EndlessCall),
            conversation=str(call),
            options=options_at(call, self._choices, keys, self._numbers_known(walk))
            if walk.error is None
            else (),
            quiet=walk.quiet.seconds,
        )
        self.states.append(state)
        return state

    def _announced(self, text: str) -> list[str]:
        return [key for each in announced(text, self._pattern) for key in each.keys]

    def _numbers_known(self, walk: Walk) -> list[str]:
        """Return the digits that responders match, at the URLs where keys lead now."""
        known: list[str] = []
        for _, actor in people(walk.call):
            if isinstance(actor.verb, bxml.Gather) and actor.script is not None and actor.verb.gather_url:
                url = absolute(actor.script.url, str(actor.verb.gather_url))
                for responder in responders_at(walk.app, url):
                    for match in responder.matches:
                        if match.attribute == "digits" and isinstance(match, ValuesMatch):
                            known += [value for value in match.values if value]
        return sorted(set(known))


def _sibling(state: State, option: Option, outcome: Key, scene: Scene) -> State | None:
    """Return the state to which another key leads whose reply differs only in the keys that it repeats."""
    if option.kind != "keys":
        return None
    for other, arrivals in state.arrows.items():
        if (other.kind, other.who) == ("keys", option.who):
            for arrival in arrivals:
                if arrival.outcome == outcome and arrival.scene is scene:
                    return arrival.state
    return None


def responders_at(app: Flask, url: str) -> list[Subscription]:
    """Return the responders of an application at a URL."""
    endpoint = endpoint_at(app, url)
    return [
        responder
        for registration in registrations(app).values()
        for responder in registration.subscriptions.responders
        if f"{registration.name}.{endpoint_of(responder.path)}" == endpoint
    ]
