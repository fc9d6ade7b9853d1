"""How the people at other numbers behave when they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Self, TypeAlias, get_args

from flask_bandwidth_callbacks.bxml.numbers import PHONE_NUMBER, SIP_URI
from flask_bandwidth_callbacks.display import show

from ..exceptions import SimulationError
from .timeline import check_seconds

BUSY = ("busy", 486)
REJECTED = ("rejected", 603)
"""The causes and the SIP statuses of calls that are not answered."""

Detected: TypeAlias = Literal["human", "answering-machine", "tone-detected", "silence", "timeout", "error"]
_NUMBER = re.compile(f"{PHONE_NUMBER}|{SIP_URI}")


def check_number(number: str, subject: str, words: Sequence[str] = ()) -> str:
    """Return a phone number, a SIP URI or one of some words; raises :class:`SimulationError` for others.

    :param subject: whose number it is, for the error.
    :param words: what may stand in place of a number.
    """
    if number not in words and (not isinstance(number, str) or not _NUMBER.fullmatch(number)):
        alternatives = f", or one of {', '.join(words)}" if words else ""
        raise SimulationError(
            f"{subject} must be + and digits, or a SIP URI such as sip:user@host{alternatives}, got"
            f" {show(number)}."
        )
    return number


class Callee:
    """A person who can be called. Unless set otherwise, they answer at once and stay on the line.

    While their telephone rings, :meth:`.Call.pick_up` and :meth:`.Call.reject` decide instead.

    Each method changes what happens from the next call on and returns the callee, as in
    ``bandwidth.callee(number).answers(after=3).hangs_up(after=60)``.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        self.rejection: tuple[str, int] | None = None
        """The cause and the SIP status with which a call is rejected."""
        self.rings: float | None = 0.0
        """Seconds until the call is answered; None if it never is."""
        self.stays: float | None = None
        """Seconds from answering to hanging up; None if the callee stays."""
        self.detected_as: Detected = "human"
        """The result of machine detection."""

    def __repr__(self) -> str:
        if self.rejection is not None:
            behavior = self.rejection[0]
        elif self.rings is None:
            behavior = "does not answer"
        else:
            behavior = f"answers after {self.rings:g} s"
        if self.stays is not None:
            behavior += f", hangs up after {self.stays:g} s"
        return f"<Callee {self.number}, {behavior}>"

    def answers(self, after: float = 0.0, *, detected_as: Detected = "human") -> Self:
        """Answer after some seconds of ringing.

        :param detected_as: the result of machine detection.
        """
        if detected_as not in get_args(Detected):
            raise SimulationError(
                f"detected_as must be one of {', '.join(get_args(Detected))}, got {show(detected_as)}."
            )
        self._behave(rings=check_seconds(after, "after"))
        self.detected_as = detected_as
        return self

    def is_busy(self) -> Self:
        """Be on the phone already."""
        return self._behave(rejection=BUSY)

    def rejects(self) -> Self:
        """Reject the call."""
        return self._behave(rejection=REJECTED)

    def does_not_answer(self) -> Self:
        """Leave the telephone ringing until the call is picked up or rejected, or until it times out."""
        return self._behave(rings=None)

    def hangs_up(self, after: float = 0.0) -> Self:
        """Hang up some seconds after having answered."""
        self.stays = check_seconds(after, "after")
        return self

    def _behave(self, *, rings: float | None = 0.0, rejection: tuple[str, int] | None = None) -> Self:
        self.rings = rings
        self.rejection = rejection
        self.stays = None
        return self
