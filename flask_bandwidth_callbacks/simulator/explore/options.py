"""What the people on a call can do at one point of it, and doing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..ways import Step

OptionKind: TypeAlias = Literal["keys", "words", "message", "silence", "failure", "leave"]

_LONGEST_WAIT = 3600.0
"""Seconds that a caller waits for something to happen; a conference may last for a day."""
_SOON = 60.0
"""Seconds in which what an application waits for in a loop happens."""
MESSAGE = "This is a message."
"""What a caller says to a recording."""


@dataclass(frozen=True)
class Option:
    """Something that a person on a call can do."""

    kind: OptionKind
    text: str = ""
    """The keys or the words."""
    who: str = ""
    """Number of the person who was called by the call and does it; empty for the person on the call."""

    def __str__(self) -> str:
        label = {"keys": self.text, "words": f'"{self.text}"', "message": "a message"}.get(self.kind, "")
        label = label or {"failure": "callback fails", "leave": "hangs up"}.get(self.kind, self.kind)
        return f"{self.who}: {label}" if self.who else label

    def take(self, call: Call, steps: list[Step]) -> None:
        """Do it, and add each step to others, also the one at which the simulation cannot go on."""

        def take(step: Step) -> None:
            steps.append(step)
            step.take(call)

        def wait_if_the_verb_goes_on() -> None:
            if actor.state != "disconnected" and actor.verb is verb:
                _wait(call, steps)

        actor = person(call, self.who)
        verb = actor.verb
        match self.kind:
            case "keys":
                take(Step("press", self.text, who=self.who))
                if isinstance(verb, bxml.Gather):
                    wait_if_the_verb_goes_on()
            case "words":
                take(Step("speak", self.text, who=self.who))
                wait_if_the_verb_goes_on()
            case "message":
                assert isinstance(verb, bxml.Record)
                take(Step("speak", self.text, who=self.who))
                if actor.verb is verb and (keys := verb.effective("terminating_digits")):
                    take(Step("press", keys[0], who=self.who))
                wait_if_the_verb_goes_on()
            case "silence":
                _wait(call, steps)
            case "failure":
                take(Step("fail"))
                if self.text:
                    take(Step("press", self.text, who=self.who))
                if call.bandwidth.failures:
                    _wait(call, steps)
            case _:
                take(Step("hang up", who=self.who))


LEAVE = Option("leave")
"""The person on the call hangs up."""


@dataclass(frozen=True)
class Choices:
    """What callers choose from, as :func:`.explore` was told."""

    keys: tuple[str, ...]
    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def people(call: Call) -> Iterator[tuple[str, Call]]:
    """Return those who are on the line, each with the name that options have for them."""
    yield "", call
    for leg in call.legs:
        if leg.state != "disconnected" and leg.parent is call:
            yield leg.to, leg


def person(call: Call, who: str) -> Call:
    """Return the call or leg of a person on the line."""
    return dict(people(call))[who]


def options_at(
    call: Call, choices: Choices, announced: Sequence[str], known_numbers: Iterable[str]
) -> tuple[Option, ...]:
    """Return what the people on a call can do now, keys before silence, and hanging up at last.

    :param announced: the keys that the prompts here announce, which are always tried.
    :param known_numbers: what the application's responders compare digits with, where keys lead now.
    """
    if call.state == "disconnected":
        return ()
    options: list[Option] = []
    for who, actor in people(call):
        if actor.state == "answered":
            options += _keys(actor, who, choices, announced, known_numbers)
            options += _words(actor, who, choices)
    if call.bandwidth.timeline.seconds_to_next is not None:
        options.append(Option("silence"))
    if any(_has_fallback(actor) for _, actor in people(call)):
        first = next((option for option in options if option.kind == "keys"), None)
        options.append(Option("failure") if first is None else Option("failure", first.text, first.who))
    leavers = [who for who, actor in people(call) if who and actor.state == "answered"]
    options += [Option("leave", who=who) for who in leavers]
    options.append(LEAVE)
    return tuple(dict.fromkeys(options))


def _keys(
    actor: Call, who: str, choices: Choices, announced: Sequence[str], known_numbers: Iterable[str]
) -> list[Option]:
    if not actor.takes_keys:
        return []
    verb = actor.verb
    if isinstance(verb, bxml.Record):
        keys: list[str] = list(verb.effective("terminating_digits"))[:1]
    else:
        keys = list(_with_probes([*announced, *choices.keys], announced))
        if isinstance(verb, bxml.Gather):
            if (most := verb.effective("max_digits")) > 1:
                keys += choices.numbers or ["1234567890"[:most] if most <= 10 else "1234", *known_numbers]
            else:
                keys += [number for number in known_numbers if len(number) == 1]
    return [Option("keys", key, who) for key in dict.fromkeys(keys)]


def _with_probes(keys: Sequence[str], announced: Sequence[str]) -> Iterator[str]:
    """Return keys, with at least three that are not announced: one may be hidden, the others do the same."""
    yield from keys
    missing = 3 - len(set(keys) - set(announced))
    others = [key for key in "9876543210*" if key not in keys]
    yield from others[: max(0, missing)]


def _words(actor: Call, who: str, choices: Choices) -> list[Option]:
    verb = actor.verb
    if isinstance(verb, bxml.Record):
        return [Option("message", MESSAGE, who)]
    if isinstance(verb, bxml.Gather) and "speech" in verb.effective("input"):
        return [Option("words", words, who) for words in choices.words or ("Hello.",)]
    return []


def _has_fallback(actor: Call) -> bool:
    verb = actor.verb
    return verb is not None and any(
        name.endswith("fallback_url") and value for name, value in verb.attributes.items()
    )


def _wait(call: Call, steps: list[Step]) -> None:
    """Wait until something happens to the call, for as long as it takes, within limits.

    The step that is added waits as long at once.
    """
    timeline = call.bandwidth.timeline
    began = timeline.now
    seconds = 0.0
    before, look = place_of(call), _look_of(call)
    try:
        while True:
            following = timeline.seconds_to_next
            passed = (timeline.now - began) / 1000
            if following is None or passed + following > _LONGEST_WAIT:
                break
            seconds = passed + following
            call.bandwidth.wait(following)
            if call.state == "disconnected" or (
                place_of(call) != before and not (_look_of(call) == look and _is_something_due(call))
            ):
                break
    finally:
        steps.append(Step("wait", seconds=round(seconds, 3)))


def _look_of(call: Call) -> list[tuple[str, str, str, str]]:
    """Return what can be seen of where each person on a call is; a loop comes back to the same."""
    return [
        (who, actor.state, "" if actor.script is None else actor.script.text, type(actor.verb).__name__)
        for who, actor in people(call)
    ]


def _is_something_due(call: Call) -> bool:
    """Return whether something beside the call happens soon, such as a recording that becomes available.

    An application may wait for it in a loop of documents.
    """
    processes = [actor.process for _, actor in people(call)]
    seconds = call.bandwidth.timeline.seconds_to_next_beside(processes)
    return seconds is not None and seconds <= _SOON


class _Same:
    """Something that equals only itself, unlike a document that is equal to another one."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    __hash__ = None  # type: ignore[assignment]


def place_of(call: Call) -> list[tuple[str, str, _Same, _Same]]:
    """Return where each person on a call is now. It equals what is returned while they stay there."""
    return [(who, actor.state, _Same(actor.script), _Same(actor.verb)) for who, actor in people(call)]
