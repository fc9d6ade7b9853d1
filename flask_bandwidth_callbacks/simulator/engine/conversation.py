"""A call as a conversation: what was said and heard, which callbacks were sent, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flask_bandwidth_callbacks.display import without_password

from ..wire.exchanges import Exchange, describe

Kind: TypeAlias = Literal["hears", "says", "presses", "waits", "callback", "note"]
"""What a line is about: something that a person does, a callback, or anything else."""


@dataclass(frozen=True)
class Line:
    """One line of a conversation."""

    time: int
    """Milliseconds since the simulation began."""
    kind: Kind
    who: str = ""
    """The number of the person who acts; empty where no person does."""
    text: str = ""
    words: str | None = None
    """What was said or heard, where the line is about words."""
    exchange: Exchange | None = None
    """The callback, if the line is one."""


def transcript(lines: list[Line]) -> str:
    """Return lines as text, with the seconds since the first one."""
    start = lines[0].time if lines else 0
    return "\n".join(f"{(line.time - start) / 1000:8.1f}  {text(line)}" for line in lines)


def text(line: Line) -> str:
    """Return one line without its time."""
    if line.exchange is not None:
        return describe(line.exchange)
    if line.words is not None:
        return f'{line.who} {line.text} "{without_password(line.words)}"'
    return f"{line.who} {line.text}" if line.who else f"({line.text})"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless there is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
