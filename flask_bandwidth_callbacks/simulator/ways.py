"""Ways through a call: the scene in which it begins, and what the people on it do, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .bandwidth import SimulatedBandwidth
from .engine.call import Call
from .engine.callees import Callee, Detected
from .exceptions import NotFound
from .outbound import MachineDetection
from .wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER

StepKind: TypeAlias = Literal["press", "speak", "wait", "hang up", "fail"]
"""What a step is; ``fail`` is the failure of the next request to the application."""
Behavior: TypeAlias = Literal["answers", "busy", "rejects", "none"]

BEHAVIORS: dict[str, str] = {
    "answers": "answers",
    "busy": "is_busy",
    "rejects": "rejects",
    "none": "does_not_answer",
}
"""The methods of :class:`.Callee` by the words for them."""


@dataclass(frozen=True)
class Step:
    """Something that a person on a call does."""

    kind: StepKind
    text: str = ""
    """The keys, or the words."""
    seconds: float = 0.0
    """How long the person waits, or speaks; 0 for as long as it takes to say the words."""
    who: str = ""
    """Number of the person who was called by this call and does it; empty for the person on the call."""

    def take(self, call: Call) -> None:
        """Do it on a call.

        Raises :class:`NotFound` if the person is not on the line, and what the methods of the call raise.
        """
        actor = call if not self.who else leg_to(call, self.who)
        match self.kind:
            case "press":
                actor.press(self.text)
            case "speak":
                actor.speak(self.text, self.seconds or None)
            case "wait":
                actor.wait(self.seconds)
            case "hang up":
                actor.hang_up()
            case _:
                call.bandwidth.failures = 1

    def __str__(self) -> str:
        match self.kind:
            case "press":
                done = f"press {self.text}"
            case "speak":
                done = f'say "{self.text}"'
            case "wait":
                done = f"wait {self.seconds:g} s"
            case "hang up":
                done = "hang up"
            case _:
                done = "the next callback fails"
        return f"{self.who}: {done}" if self.who else done


@dataclass(frozen=True)
class Scene:
    """What there is before a call begins."""

    callees: Mapping[str, str] = field(default_factory=dict)
    """How people behave when they are called, by number: a word of :data:`BEHAVIORS`."""
    start: datetime | None = None
    """When the call begins; None for any time."""
    to: str = APPLICATION_NUMBER
    """Number that is called."""
    var_from: str = CALLER_NUMBER
    """Number of the caller."""
    answer_url: str | None = None
    """Where ``answer`` goes, for an outbound call; None for an inbound one."""
    detected_as: Detected | None = None
    """What machine detection finds on an outbound call; None if there is none."""
    url: str | None = None
    """Where ``initiate`` goes; None if the application has only one blueprint."""
    fallback_url: str | None = None
    """Where ``initiate`` goes after a failure; None if nowhere."""
    first_fails: bool = False
    """Whether the first callback fails."""

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of :class:`SimulatedBandwidth` for it."""
        given = {"url": self.url, "fallback_url": self.fallback_url, "start": self.start}
        return {name: value for name, value in given.items() if value is not None}

    def begin(self, bandwidth: SimulatedBandwidth) -> Call:
        """Make the people at other numbers behave so, and make the call."""
        for number, behavior in self.callees.items():
            behave(bandwidth.callee(number), behavior)
        if self.first_fails:
            bandwidth.failures = 1
        if self.answer_url is None:
            return bandwidth.call(self.to, var_from=self.var_from)
        detection = None
        if self.detected_as is not None:
            bandwidth.callee(self.to).answers(detected_as=self.detected_as)
            detection = MachineDetection(mode="sync")
        return bandwidth.dial(
            self.to,
            self.answer_url,
            var_from=self.var_from,
            disconnect_url=bandwidth.url,
            machine_detection=detection,
        )

    def __str__(self) -> str:
        """Return the call in words, with what is unusual about it."""
        words = ["call"] if self.answer_url is None else [f"outbound call with {self.answer_url}"]
        if self.answer_url is None and self.to != APPLICATION_NUMBER:
            words.append(f"to {self.to}")
        if self.answer_url is None and self.var_from != CALLER_NUMBER:
            words.append(f"from {self.var_from}")
        if self.answer_url is None and self.url is not None:
            words.append(f"with {self.url}")
        if self.start is not None:
            words.append(f"at {self.start:%Y-%m-%dT%H:%M}")
        clauses = [" ".join(words)]
        if self.detected_as is not None:
            clauses.append(f"detected as {self.detected_as}")
        for number, behavior in self.callees.items():
            clauses.append(f"{number} {BEHAVIORS[behavior].replace('_', ' ')}")
        if self.first_fails:
            clauses.append("the first callback fails")
        return ", ".join(clauses)


@dataclass(frozen=True)
class Way:
    """A way through a call, with what was heard on it."""

    scene: Scene
    steps: tuple[Step, ...]
    heard: tuple[tuple[str, ...], ...]
    """What the person on the call heard: before the first step, then after each step. One more than steps."""
    cause: str | None = None
    """Why the call ended; None if it is still up after the last step."""
    title: str = ""
    """What the way is about, in a few words; empty to be named after its steps."""
    left: str = ""
    """Why the way ends before the call does, in a sentence; empty if it does not."""


def behave(callee: Callee, behavior: str) -> None:
    """Make a callee behave as a word of :data:`BEHAVIORS` says."""
    getattr(callee, BEHAVIORS[behavior])()


def leg_to(call: Call, number: str) -> Call:
    """Return the latest leg of a call to a number; raises :class:`NotFound`."""
    for leg in reversed(call.legs):
        if leg.to == number:
            return leg
    raise NotFound(f"Call {call.call_id} has no leg to {number}.")
