"""The search: breadth first, on a fresh call for every option of every state."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import Pattern

from flask import Flask

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.registrations import endpoint_of, registrations
from flask_bandwidth_callbacks.subscriptions import Subscription
from flask_bandwidth_callbacks.subscriptions.matches import ValuesMatch

from ..engine.conversation import counted
from ..exceptions import EndlessCall, SimulationError
from ..ways import Scene, Step
from ..wire.application import endpoint_at
from ..wire.urls import absolute
from .announcements import announced
from .options import Choices, Option, options_at, people
from .quiet import Quiet
from .states import (
    Arrival,
    Key,
    State,
    document_in,
    document_of,
    has_failed,
    is_left,
    key_of,
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
        known: dict[Key, State] = {}
        queue: deque[tuple[State, tuple[Step, ...], int]] = deque()

        def arrive(
            walk: Walk,
            parent: State | None,
            heard_before: int,
            quiet: Quiet,
            moves: int,
            like: State | None = None,
        ) -> State:
            key = key_of(walk.call, walk.line, walk.app)
            if like is not None and key not in self._by_key:
                return known.setdefault(key, like)
            if key not in known:
                if key not in self._by_key:
                    self._by_key[key] = self._state(walk, key, scene, parent, heard_before, quiet, moves)
                known[key] = state = self._by_key[key]
                if moves < state.moves:  # than in the scenes before
                    state.scene, state.steps, state.moves = scene, tuple(walk.steps), moves
                    state.parent, state.conversation = parent, str(walk.call)
                queue.append((state, tuple(walk.steps), moves))
            return known[key]

        with self.walker.on_a_call(scene, ()) as (walk, quiet):
            self.walker.note_incidents(walk, 0, scene)
            root = arrive(walk, None, 0, quiet, 0)
            heard, conversation = tuple(walk.call.heard), str(walk.call)
            self.beginnings.append(
                Arrival(root, root.key, True, heard, quiet.seconds, tuple(walk.steps), scene, conversation)
            )
        self._watch(self.walker.calls, len(self.states))
        while queue:
            state, steps, moves = queue.popleft()
            if moves >= self._limits.depth and any(option.kind != "leave" for option in state.options):
                self._too_deep += 1
                continue
            elsewhere = self._elsewhere
            for option in state.options:
                if self._is_over():
                    return
                self._try(state, option, scene, steps, moves, arrive)
                self._watch(self.walker.calls, len(self.states))
            state.is_explored |= self._elsewhere == elsewhere

    def _is_over(self) -> bool:
        self._is_cut = self.walker.calls >= self._limits.calls or time.monotonic() > self._deadline
        return self._is_cut

    def _try(
        self,
        state: State,
        option: Option,
        scene: Scene,
        steps: tuple[Step, ...],
        moves: int,
        arrive: Callable[..., State],
    ) -> None:
        """Walk to a state again, take an option there, and note where it leads."""
        with self.walker.on_a_call(scene, steps) as (walk, quiet):
            if walk.error is not None or key_of(walk.call, walk.line, walk.app) != state.key:
                self._elsewhere += 1
                return
            call = walk.call
            before, heard_before, exchanges_before = len(call.lines), len(call.heard), len(call.exchanges)
            with quiet.listening():
                try:
                    option.take(call, walk.steps)
                except SimulationError as error:
                    walk.error = error
            self.walker.note_incidents(walk, exchanges_before, scene)
            outcome = key_of(call, walk.line, walk.app, without=option.text if option.kind == "keys" else "")
            target = arrive(
                walk, state, heard_before, quiet, moves + 1, _sibling(state, option, outcome, scene)
            )
            changes = [line for line in call.lines[before:] if not (line.who and line.kind != "hears")]
            arrival = Arrival(
                state=target,
                outcome=outcome,
                did_something=bool(changes),
                heard=tuple(call.heard[heard_before:]),
                silence=quiet.longest,
                steps=tuple(walk.steps),
                scene=scene,
                conversation=str(call),
            )
            arrivals = state.arrows.setdefault(option, [])
            same = next((each for each in arrivals if each.state is target), None)
            if same is None:
                arrivals.append(arrival)
            elif len(arrival.steps) < len(same.steps):  # than in the scenes before
                arrivals[arrivals.index(same)] = arrival

    # -- States ----------------------------------------------------------------------------------------------

    def _state(
        self,
        walk: Walk,
        key: Key,
        scene: Scene,
        parent: State | None,
        heard_before: int,
        quiet: Quiet,
        moves: int,
    ) -> State:
        call = walk.call
        heard = tuple(call.heard[heard_before:])
        exchange = document_of(call, call)
        prompts = {who: prompts_for(actor, heard if actor is call else ()) for who, actor in people(call)}
        keys = [key for said in prompts.values() for text in said for key in self._announced(text)]
        state = State(
            number=len(self.states),
            key=key,
            scene=scene,
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
            quiet=quiet.seconds,
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
