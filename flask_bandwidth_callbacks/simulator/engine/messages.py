"""Messages that a waiting process receives, and exceptions that take it away from where it waits."""

from __future__ import annotations

from dataclasses import dataclass

from ..wire.documents import Script
from .timeline import Steps


@dataclass(frozen=True)
class Key:
    """The caller pressed a key."""

    key: str


@dataclass(frozen=True)
class Speech:
    """The caller begins to speak."""

    text: str
    seconds: float


@dataclass(frozen=True)
class Decision:
    """The person whose telephone rings answers the call, or does not."""

    rejection: tuple[str, int] | None
    """The cause and the SIP status with which the call is rejected; None if it is answered."""


@dataclass(frozen=True)
class LegAnswered:
    """A leg that this call rings was answered, and is ready to be joined."""

    leg_id: str


@dataclass(frozen=True)
class LegEnded:
    """A leg of this call has ended."""

    leg_id: str


@dataclass(frozen=True)
class OtherLeft:
    """The other side has left: the other call of a bridge, or a conference that was ended."""


@dataclass(frozen=True)
class StreamEnded:
    """A stream of this call has ended."""


class Ended(Exception):
    """The call is over, whatever it was doing."""

    def __init__(self, cause: str, message: str | None = None, sip_response_code: int | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.message = message
        self.sip_response_code = sip_response_code


class Taken(Exception):
    """The call leaves what it was doing; these steps give its next document."""

    def __init__(self, steps: Steps[Script]) -> None:
        super().__init__()
        self.steps = steps
