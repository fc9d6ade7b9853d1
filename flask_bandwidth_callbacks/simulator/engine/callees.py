"""How the people at other numbers behave when they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Self, TypeAlias, get_args

from ..exceptions import SimulationError
from .timeline import check_seconds

Detected: TypeAlias = Literal["human", "answering-machine", "tone-detected", "silence", "timeout", "error"]
_ADDRESS = re.compile(r"\+[0-9]+|(?i:sips?):[^\s\x00-\x1f\x7f-\x9f]+")

WITHHELD = ("Private", "Restricted", "Unavailable", "Anonymous")
"""What stands for a number that the caller does not show."""


def check_address(address: str, what: str, words: Sequence[str] = ()) -> str:
    """Return a phone number, a SIP address or one of some words; raises :class:`SimulationError` for others.

    :param what: whose it is, for the error.
    """
    if address not in words and (not isinstance(address, str) or not _ADDRESS.fullmatch(address)):
        more = f"; or {', '.join(words)}" if words else ""
        raise SimulationError(
            f"{what} {address!r} is no number that can be called: give + and digits, or a SIP URI such as"
            f" sip:user@host{more}."
        )
    return address


class Callee:
    """Somebody who may be called. Says nothing else, they answer at once and stay on the line.

    Each method changes what will happen from the next call on and returns the callee, so that
    ``bandwidth.callee(number).answers(after=3).hangs_up(after=60)`` reads as it happens.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.refusal: tuple[str, int] | None = None
        """The cause and the SIP status with which a call is refused."""
        self.rings: float | None = 0.0
        """Seconds until the call is answered; None if it never is."""
        self.stays: float | None = None
        """Seconds from answering to hanging up; None if it is up to the others."""
        self.detected_as: Detected = "human"
        """What machine detection finds."""

    def __repr__(self) -> str:
        if self.refusal is not None:
            behaves = self.refusal[0]
        elif self.rings is None:
            behaves = "does not answer"
        else:
            behaves = f"answers after {self.rings:g} s"
        if self.stays is not None:
            behaves += f", hangs up after {self.stays:g} s"
        return f"<Callee {self.address}, {behaves}>"

    def answers(self, after: float = 0.0, *, detected_as: Detected = "human") -> Self:
        """Answer after some seconds of ringing.

        :param detected_as: what machine detection makes of it.
        """
        if detected_as not in get_args(Detected):
            raise SimulationError(
                f"detected_as={detected_as!r} is nothing that machine detection finds: give one of"
                f" {', '.join(get_args(Detected))}."
            )
        self._behave(rings=check_seconds(after, "after"))
        self.detected_as = detected_as
        return self

    def is_busy(self) -> Self:
        """Be on the phone already."""
        return self._behave(refusal=("busy", 486))

    def rejects(self) -> Self:
        """Refuse the call."""
        return self._behave(refusal=("rejected", 603))

    def does_not_answer(self) -> Self:
        """Let it ring."""
        return self._behave(rings=None)

    def hangs_up(self, after: float = 0.0) -> Self:
        """Hang up some seconds after having answered."""
        self.stays = check_seconds(after, "after")
        return self

    def _behave(self, *, rings: float | None = 0.0, refusal: tuple[str, int] | None = None) -> Self:
        self.rings = rings
        self.refusal = refusal
        self.stays = None
        return self
