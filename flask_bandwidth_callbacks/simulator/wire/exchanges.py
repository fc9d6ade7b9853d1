"""One callback with what came back, and how it is shown."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_bandwidth_callbacks.display import without_password

from .destinations import Method

_LONGEST = 2000
_LATEST = 3
_LONG_TEXT = re.compile(r"(>[^<]{60})[^<]{10,}")
"""What an element says at length: its beginning is enough, but no element is left out for it."""
_CREDENTIALS = re.compile(r"""\s(\w*[uU]sername|\w*[pP]assword)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(eq=False)
class Exchange:
    """One callback and what came back."""

    event: str
    """Event type, like ``gather``."""
    method: Method
    url: str
    time: datetime
    """Virtual time, in UTC."""
    payload: Mapping[str, Any] = field(repr=False)
    """The properties sent, by their wire names."""
    challenged: bool = False
    """Whether the application asked for credentials first."""
    status: int | None = None
    """HTTP status of the final answer; None if there was none."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the final answer, names in lower case."""
    bxml: str | None = field(default=None, repr=False)
    """The document that came back, as it was written."""
    failure: str | None = None
    """Why this came to nothing, in words; None if it went well."""
    unreachable: bool = field(default=False, repr=False)
    """Whether nobody answered, or only to refuse the credentials."""
    oddities: tuple[str, ...] = ()
    """What is strange in the document and was passed over."""
    response: bytes = field(default=b"", repr=False)
    """The body that came back."""

    @property
    def content_type(self) -> str:
        """What the final answer says it is, like ``application/xml; charset=utf-8``; empty if it does not."""
        return self.headers.get("content-type", "")


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


def without_credentials(document: str) -> str:
    """Return a document to look at: credentials stand in nearly every verb, and belong in no log."""
    return without_password(_CREDENTIALS.sub("", document))
