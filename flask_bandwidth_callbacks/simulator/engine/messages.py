"""What a call is told while it waits, and what takes it away from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..wire.documents import Script
from .timeline import Steps

if TYPE_CHECKING:
    from .call import Call


@dataclass(frozen=True)
class Key:
    """A key was pressed."""

    key: str


@dataclass(frozen=True)
class Speech:
    """Somebody begins to speak."""

    text: str
    seconds: float


@dataclass(frozen=True)
class LegAnswered:
    """A leg that this call rings was answered, and is ready to be joined."""

    leg: Call


@dataclass(frozen=True)
class LegEnded:
    """A leg of this call is over."""

    leg: Call


@dataclass(frozen=True)
class OtherLeft:
    """Whom this call was joined to has left: the other call of a bridge, or a conference that was ended."""


class Ended(Exception):
    """The call is over, whatever it was doing."""

    def __init__(self, cause: str, message: str | None = None, sip_response_code: int | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.message = message
        self.sip_response_code = sip_response_code


class Taken(Exception):
    """The call leaves what it was doing and goes on with these steps, which give its next document."""

    def __init__(self, steps: Steps[Script]) -> None:
        super().__init__()
        self.steps = steps
