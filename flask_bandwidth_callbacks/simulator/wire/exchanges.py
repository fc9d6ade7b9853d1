"""One callback with what came back, and how it is shown."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_bandwidth_callbacks.display import TEXT_LIMIT, shorten, without_credentials, without_password
from flask_bandwidth_callbacks.events import event_class_of
from flask_bandwidth_callbacks.subscriptions import Handler, Subscription

from .destinations import Method

_LATEST = 3
_LONG_TEXT = re.compile(r"(>[^<]{60})[^<]{10,}")
"""The long text of an element, which is cut first, so that no element is left out for it."""


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
    """HTTP status of the final reply; None if there was none."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of the final reply, names in lower case."""
    bxml: str | None = field(default=None, repr=False)
    """The document that came back, as it was written."""
    failure: str | None = None
    """Why the callback failed, in words; None if it went well."""
    raised: tuple[Exception, ...] = field(default=(), repr=False)
    """What the application raised and no error handler of it answered, as far as that is known."""
    unreachable: bool = field(default=False, repr=False)
    """Whether a reply is missing, or the only one rejected the credentials."""
    oddities: tuple[str, ...] = ()
    """What is strange in the document and was ignored."""
    logged: tuple[str, ...] = field(default=(), repr=False)
    """Warnings and errors that this library logged about it, where the application is called in process."""
    response: bytes = field(default=b"", repr=False)
    """Body of the final reply."""
    responder: Subscription | None = field(default=None, repr=False)
    """The responder that it was given to, where the application is called in process."""
    raised_by: tuple[Handler | None, ...] = field(default=(), repr=False)
    """The handlers that raised what is in ``raised``; None for anything else of the application."""

    @property
    def runs_reply(self) -> bool:
        """Whether Bandwidth runs the document that comes back."""
        return event_class_of(self.event).reply.awaited

    @property
    def content_type(self) -> str:
        """Content type of the final reply, like ``application/xml; charset=utf-8``; empty without one."""
        return self.headers.get("content-type", "")


def latest(exchanges: Iterable[Exchange]) -> str:
    """Return the last few callbacks as text, one on each line."""
    return "\n".join(map(describe, deque(exchanges, maxlen=_LATEST)))


def describe(exchange: Exchange) -> str:
    """Return a callback with what came back, on one line."""
    if exchange.failure is not None:
        return outcome(exchange)
    oddities = without_password("; ".join(exchange.oddities))
    return f"{outcome(exchange)}{_verbs(exchange)}" + (f"  ({oddities})" if oddities else "")


def outcome(exchange: Exchange) -> str:
    """Return a callback on one line, with its status or its failure."""
    result = exchange.status if exchange.failure is None else f"FAILED: {exchange.failure}"
    return without_password(f"{exchange.event}  {exchange.method} {exchange.url}  {result}")


def _verbs(exchange: Exchange) -> str:
    """Return the verbs that came back on one line, long texts cut."""
    if not exchange.bxml:
        return ""
    verbs = re.sub(r"<\?xml[^<>]*\?>|</?(Response|Bxml)\s*/?>", "", exchange.bxml)
    verbs = " ".join(without_credentials(verbs).split()) or "(empty document)"
    shown = _LONG_TEXT.sub(r"\1...", verbs)
    return f"  {shorten(shown, TEXT_LIMIT)}"
