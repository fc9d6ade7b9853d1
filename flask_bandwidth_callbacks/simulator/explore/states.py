"""What makes two points of two calls the same state: what will happen from there looks the same."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from flask import Flask

from flask_bandwidth_callbacks import bxml, parts
from flask_bandwidth_callbacks.stores import stores_of
from flask_bandwidth_callbacks.subscriptions import Subscription

from ..engine.call import Call
from ..verbs.bridges import Talk
from ..verbs.conferences import Member
from ..ways import Scene, Step
from ..wire.exchanges import Exchange
from .line import Line
from .options import LEAVE, Option, people

Key: TypeAlias = tuple[Hashable, ...]

_IDS = re.compile(
    r"(?i)\b(?:[a-z]{1,4}-)?(?:[0-9a-f]{8}-){1,2}[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
)
_TIMES = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?|\b\d{1,2}:\d\d(?::\d\d)?\b"
)
_TOKENS = re.compile(r"(?i)\b(?=[a-z_-]{0,60}\d)[0-9a-z_-]{20,}\b")
_DECLARATION = re.compile(r"<\?xml[^<>]*\?>")
_TEXT = re.compile(r">[^<>]+<")
"""What is between the tags of a document."""
_CAUSES_OF_MISTAKES = frozenset({"callback-error", "invalid-bxml", "application-error", "error"})


@dataclass(eq=False)
class State:
    """A point of a call, and all points from which the same will happen."""

    number: int
    """States are numbered in the order in which they were reached."""
    key: Key
    scene: Scene
    """The scene in which it was reached first."""
    steps: tuple[Step, ...]
    """The shortest way to it."""
    moves: int
    """The number of actions on that way."""
    parent: State | None
    """The state before it on that way."""
    heard: tuple[str, ...]
    """What the person on the call heard since the last step."""
    responder: Subscription | None
    """The responder whose document runs there, or ran last."""
    document: str
    """That document, without what differs from call to call."""
    verb: bxml.Verb | None
    """The verb that runs there."""
    prompts: dict[str, tuple[str, ...]]
    """What was said to each person since the last action, and in the document that runs."""
    script_verbs: tuple[bxml.Verb, ...]
    """The verbs of the document of the person on the call."""
    rest: dict[str, tuple[bxml.Verb, ...]]
    """The verbs that follow in each person's document."""
    listens: tuple[str, ...]
    """Those whose keys something listens to."""
    persons: tuple[str, ...]
    """Numbers and conferences with which the caller talks."""
    is_recording: bool
    """Whether a message is recorded."""
    cause: str | None
    """Why the call ended; None while it lasts."""
    is_left: bool
    """Whether it ended because the person on the call hung up."""
    has_failed: bool
    """Whether it ended because a callback failed, or the simulation could not go on."""
    is_endless: bool
    """Whether documents, or calls, followed each other until the simulation stopped them."""
    conversation: str
    """The call as text, as far as it went."""
    options: tuple[Option, ...]
    """What the people on the call can do."""
    quiet: float = 0.0
    """Seconds since the last sound."""
    arrows: dict[Option, list[Arrival]] = field(default_factory=dict)
    """Where each option leads: to several states, if scenes differ."""
    is_explored: bool = False
    """Whether every option was tried."""

    @property
    def is_end(self) -> bool:
        """Whether the call has ended there."""
        return self.cause is not None

    @property
    def handler(self) -> str:
        """The responder whose document runs there, with file and line; empty if there is none."""
        return "" if self.responder is None else str(self.responder)

    def as_arrival(self) -> Arrival:
        """Return the state as something to arrive at, as at the beginning of a call."""
        return Arrival(
            self, self.key, True, self.heard, self.quiet, self.steps, self.scene, self.conversation
        )

    def arrivals(self) -> Iterator[tuple[Option, Arrival]]:
        """Return where the options lead, hanging up left out."""
        for option, arrivals in self.arrows.items():
            if option != LEAVE:
                for arrival in arrivals:
                    yield option, arrival


@dataclass(eq=False)
class Arrival:
    """Where an option leads, and what happened on the way."""

    state: State
    outcome: Key
    """What the key of the state would be without the keys that were pressed in its documents."""
    did_something: bool
    """Whether it changed anything."""
    heard: tuple[str, ...]
    """What the person on the call heard meanwhile."""
    silence: float
    """The longest time in which they heard nothing and nothing rang, in seconds."""
    steps: tuple[Step, ...]
    """The way from the beginning to there."""
    scene: Scene
    conversation: str

    def is_like(self, other: Arrival) -> bool:
        """Return whether both arrive at the same, apart from replies that repeat the keys."""
        return self.state is other.state or self.outcome == other.outcome


def key_of(call: Call, line: Line, app: Flask, *, without: str = "") -> Key:
    """Return what identifies the state of a call now.

    :param without: keys that are left out of documents, so that a reply that repeats them is the same for
        all keys.
    """
    if is_left(call):
        return "left", call.cause
    is_over = call.state == "disconnected"
    with line.at_the_time_of_the_call():  # an entry of a store has a time when it ends
        stored = "" if is_over else _stored(call, app)
        sides = (stored, *(_side(call, actor, without) for _, actor in people(call)))
    return ("ended", call.cause, *sides) if is_over else sides


def _side(call: Call, actor: Call, without: str) -> Key:
    """Return what identifies where one person on a call is."""
    exchange = document_of(call, actor)
    document = "" if actor.script is None else document_in(actor.script.text, call)
    if without:
        spoken = re.compile(rf"(?<!\w){re.escape(without)}(?!\w)")
        document = _TEXT.sub(lambda text: spoken.sub("<keys>", text[0]), document)
    return (
        "" if actor is call else actor.to,
        actor.state,
        None if exchange is None or exchange.responder is None else str(exchange.responder),
        document,
        _position(actor),
        actor.tag and masked(actor.tag, call),
        tuple(type(activity).__name__ for activity in actor.activities),
    )


def _position(actor: Call) -> int:
    """Return which verb of its document runs."""
    verbs = actor.script.verbs if actor.script is not None else ()
    return next((number for number, verb in enumerate(verbs) if verb is actor.verb), len(verbs))


def _stored(call: Call, app: Flask) -> str:
    """Return what the application keeps in ``phone.state`` of a call and its legs."""
    if not parts.has("store"):
        return ""
    read_state = parts.load("store", "explore()").read_state
    states = [
        read_state(store, actor.call_id) for store in stores_of(app).values() for _, actor in people(call)
    ]
    return masked(json.dumps([state for state in states if state], sort_keys=True), call)


def document_in(text: str, call: Call) -> str:
    """Return a document of a call without what differs from call to call."""
    return masked(_DECLARATION.sub("", text), call)


def masked(text: str, call: Call) -> str:
    """Return a text without what differs from call to call: ids, times, the numbers of the two ends."""
    for number, name in ((call.var_from, "<from>"), (call.to, "<to>")):
        text = text.replace(number, name)
    return _TOKENS.sub("<token>", _TIMES.sub("<time>", _IDS.sub("<id>", text)))


def document_of(call: Call, actor: Call) -> Exchange | None:
    """Return the latest callback about a call or leg whose reply ran, or was to run."""
    for exchange in reversed(call.exchanges):
        if is_about(exchange, actor):
            return exchange
    return None


def is_about(exchange: Exchange, call: Call) -> bool:
    """Return whether a callback is about a call itself, and its reply is run."""
    return exchange.payload.get("callId") == call.call_id and exchange.runs_reply


def is_left(call: Call) -> bool:
    """Return whether a call ended because the person on it hung up."""
    actions = [line for line in call.lines if line.who and line.kind != "hears"]
    return (
        call.state == "disconnected"
        and bool(actions)
        and ((actions[-1].who, actions[-1].text) == (call.person, "hangs up"))
    )


def has_failed(call: Call) -> bool:
    """Return whether a call ended because of a mistake."""
    return call.cause in _CAUSES_OF_MISTAKES


def persons_with(call: Call) -> tuple[str, ...]:
    """Return with whom the person on a call talks now."""
    if call.state == "disconnected":
        return ()
    if isinstance(call.verb, bxml.Connect):
        return tuple(child.text or "" for child in call.verb.children)
    if isinstance(call.verb, bxml.StopStream):  # waits until the other side closes the stream
        return ("a stream",)
    talking = [leg.to for leg in call.legs if leg.state == "answered" and leg.running(Talk)]
    if not talking and call.running(Talk):
        talking = ["another call"]
    return tuple(talking + ["a conference" for _ in call.running(Member)])


def prompts_for(actor: Call, heard: tuple[str, ...]) -> tuple[str, ...]:
    """Return what was said to a person: what they heard, and the sentences of their document so far."""
    said = list(heard)
    for verb in _verbs_so_far(actor):
        for sentence in (verb, *(verb.children if isinstance(verb, bxml.Gather) else ())):
            if isinstance(sentence, bxml.SpeakSentence):
                said.append(" ".join((sentence.text or "").split()))
    return tuple(dict.fromkeys(said))


def _verbs_so_far(actor: Call) -> Iterator[bxml.Verb]:
    if actor.state != "disconnected" and actor.script is not None:
        yield from actor.script.verbs[: _position(actor) + 1]


def verbs_after(actor: Call) -> tuple[bxml.Verb, ...]:
    """Return the verbs that follow in a person's document."""
    return () if actor.script is None else actor.script.verbs[_position(actor) + 1 :]
