"""The latest callbacks, with what the page shows of each when it is opened."""

from __future__ import annotations

import json
import re
import shlex
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakSet

from flask_bandwidth_callbacks.display import without_credentials, without_password
from flask_bandwidth_callbacks.simulator import Exchange, NotFound
from flask_bandwidth_callbacks.simulator.wire.documents import indented
from flask_bandwidth_callbacks.simulator.wire.payloads import query_of

from .feed import Feed

Source: TypeAlias = Literal["simulated", "watched", "sent"]

KEPT_CALLBACKS = 2000
"""How many callbacks can be opened."""
_IN_PROCESS = re.compile("^https://localhost/")
"""How URLs of an application in process begin, unless it has another host."""
_LONGEST_REPLY = 100_000
"""Characters of a reply that are kept; a document has at most 64 KB."""


@dataclass(frozen=True)
class CallbackRecord:
    """A callback with its reply."""

    event: str
    method: str
    url: str
    payload: Mapping[str, Any]
    call: str | None
    """Id of the call that it is about; None if there is none."""
    handler: str | None
    """The responder, as ``menu (phone.py:70)``; None if it is not known."""
    status: int | None
    reply: str
    is_bxml: bool
    """Whether the reply is a document."""
    milliseconds: float
    """How long it took."""
    source: Source
    failure: str | None = None
    log: tuple[str, ...] = ()
    traceback: str | None = None

    def summary(self, number: int) -> dict[str, Any]:
        """Return what the list of callbacks shows."""
        return {
            "number": number,
            "call": self.call,
            "event": self.event,
            "method": self.method,
            "url": without_password(self.url),
            "handler": self.handler,
            "status": self.status,
            "milliseconds": round(self.milliseconds, 1),
            "failure": self.failure,
            "source": self.source,
            "has_traceback": self.traceback is not None,
        }

    def details(self) -> dict[str, Any]:
        """Return what is shown of the callback when it is opened, except for its test."""
        reply = without_credentials(self.reply)
        return {
            "payload": self.payload,
            "reply": reply,
            "reply_pretty": indented(reply) if self.is_bxml else None,
            "log": [without_password(line) for line in self.log],
            "traceback": self.traceback,
            "curl": self.curl,
        }

    @property
    def curl(self) -> str:
        """The command line that sends the callback again. ``USER:PASSWORD`` stands for credentials.

        An application in process has no URL, so the one of ``flask run`` stands in its place.
        """
        url = _IN_PROCESS.sub("http://127.0.0.1:5000/", without_password(self.url))
        if self.method == "GET":
            separator = "&" if urlsplit(url).query else "?"
            return f"curl -u USER:PASSWORD {shlex.quote(f'{url}{separator}{query_of(self.payload)}')}"
        body = shlex.quote(json.dumps(self.payload))
        return (
            f"curl -u USER:PASSWORD -H 'Content-Type: application/json' {shlex.quote(url)} \\\n"
            f"  --data-raw {body}"
        )


class Callbacks:
    """The latest callbacks, by number."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._lock = threading.Lock()
        self._by_number: dict[int, CallbackRecord] = {}
        self._count = 0
        self._seen: WeakSet[Exchange] = WeakSet()

    def add_exchange(self, exchange: Exchange, source: Source, milliseconds: float) -> None:
        """Publish a callback of the simulation; one of a conference, which all members see, only once."""
        if exchange in self._seen:
            return
        self._seen.add(exchange)
        raised = ["".join(traceback.format_exception(error)) for error in exchange.raised]
        self.add(
            CallbackRecord(
                event=exchange.event,
                method=exchange.method,
                url=exchange.url,
                payload=exchange.payload,
                call=_call_of(exchange.payload),
                handler=None if exchange.responder is None else str(exchange.responder),
                status=exchange.status,
                reply=exchange.response.decode("utf-8", "replace")[:_LONGEST_REPLY],
                is_bxml=exchange.bxml is not None,
                milliseconds=milliseconds,
                source=source,
                failure=exchange.failure,
                log=exchange.logged,
                traceback="\n".join(raised) or None,
            )
        )

    def add(self, record: CallbackRecord) -> None:
        """Publish a callback, and keep it to be opened."""
        with self._lock:
            self._count += 1
            self._by_number[self._count] = record
            self._by_number.pop(self._count - KEPT_CALLBACKS, None)
            self._feed.publish("callback", record.summary(self._count))

    def find(self, number: int) -> CallbackRecord:
        """Return a callback; raises :class:`NotFound` if it is not kept."""
        record = self._by_number.get(number)
        if record is None:
            raise NotFound(f"Callback {number} is not kept; the latest {KEPT_CALLBACKS:,} are.")
        return record

    def clear(self) -> None:
        """Forget all callbacks."""
        with self._lock:
            self._by_number.clear()


def _call_of(payload: Mapping[str, Any]) -> str | None:
    call = payload.get("callId")
    return call if isinstance(call, str) else None
