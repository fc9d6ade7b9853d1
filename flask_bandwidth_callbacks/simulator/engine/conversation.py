"""A call as a conversation: who said what, which callback went where, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_bandwidth_callbacks.display import without_password

from ..wire.exchanges import Exchange, describe

if TYPE_CHECKING:
    from .call import Call


@dataclass(frozen=True)
class Line:
    """One thing that happened."""

    time: int
    """Milliseconds since the simulation began."""
    who: str
    """The number of the person; empty for what nobody does."""
    text: str = ""
    words: str | None = None
    """What was said or heard, where the line is about that."""
    exchange: Exchange | None = None
    """The callback, if the line is one."""


def of(call: Call) -> str:
    """Return a whole call as text; times are seconds since it began."""
    lines = [f"Call {call.call_id} from {call.var_from} to {call.to} ({call.direction})"]
    began = call.lines[0].time if call.lines else 0
    lines += (f"{(line.time - began) / 1000:8.1f}  {text(line)}" for line in call.lines)
    lines.append(f"          {call.state}" + (f", cause {call.cause}" if call.cause else ""))
    return "\n".join(lines)


def text(line: Line) -> str:
    """Return one line without its time."""
    if line.exchange is not None:
        return describe(line.exchange)
    if line.words is not None:
        return f'{line.who} {line.text} "{without_password(line.words)}"'
    return f"{line.who} {line.text}" if line.who else f"({line.text})"


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
