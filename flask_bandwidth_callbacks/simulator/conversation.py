"""A call as a conversation: who said what, which callback went where, what came back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_bandwidth_callbacks.display import without_password

from .delivery import Exchange

if TYPE_CHECKING:
    from .call import Call

_LONGEST = 2000
_LATEST = 3
_LONG_TEXT = re.compile(r"(>[^<]{60})[^<]{10,}")
"""What an element says at length: its beginning is enough, but no element is left out for it."""
_CREDENTIALS = re.compile(r"""\s(\w*[uU]sername|\w*[pP]assword)\s*=\s*("[^"]*"|'[^']*')""")


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


def latest(exchanges: Iterable[Exchange]) -> str:
    """Return the last few callbacks, one on each line."""
    return "\n".join(map(describe, deque(exchanges, maxlen=_LATEST)))


def describe(exchange: Exchange) -> str:
    """Return a callback on one line, and what came back."""
    return outcome(exchange) if exchange.failure is not None else f"{outcome(exchange)}{document(exchange)}"


def outcome(exchange: Exchange) -> str:
    """Return a callback on one line, and whether it went well."""
    became = exchange.status if exchange.failure is None else f"FAILED: {exchange.failure}"
    return without_password(f"{exchange.event}  {exchange.method} {exchange.url}  {became}")


def document(exchange: Exchange) -> str:
    """Return the verbs that came back, on one line, in which no text is long."""
    if not exchange.bxml:
        return ""
    verbs = re.sub(r"<\?xml[^>]*\?>|</?(Response|Bxml)\s*/?>", "", exchange.bxml)
    verbs = " ".join(without_credentials(verbs).split()) or "(empty document)"
    shown = _LONG_TEXT.sub(r"\1...", verbs)
    return f"  {shown if len(shown) <= _LONGEST else f'{shown[:_LONGEST]}...'}"


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def without_credentials(document: str) -> str:
    """Return a document to look at: credentials stand in nearly every verb, and belong in no log."""
    return without_password(_CREDENTIALS.sub("", document))
