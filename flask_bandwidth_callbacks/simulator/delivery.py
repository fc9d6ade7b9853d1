"""One callback, delivered as Bandwidth delivers it.

First without credentials, then with them if the answer is a challenge; the fallback URL after a failure; a
notification once more after a connection that failed. Every attempt is an :class:`Exchange`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlencode

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml.placement import Context
from flask_bandwidth_callbacks.bxml.verb import without_password
from flask_bandwidth_callbacks.exceptions import InvalidBXML

from .transport import NoConnection, Reply, TimedOut, Transport, split

_XML = frozenset({"application/xml", "text/xml"})
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
"""How documents begin that are not in UTF-8."""
_BASIC = re.compile(r"(?i)(?:^|,)\s*basic\b")
"""One of the challenges of a WWW-Authenticate header."""


class Destination(NamedTuple):
    """Where a callback goes, and where it goes when that fails."""

    url: str
    """Absolute."""
    method: str = "POST"
    credentials: tuple[str, str] | None = None
    """What is shown when it is asked for."""
    fallback: Destination | None = None
    timeout: float = 15.0
    """Seconds until a reply is given up."""


@dataclass(eq=False)
class Exchange:
    """One callback and what came back."""

    event: str
    """Event type, like ``gather``."""
    method: str
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
    cause: str | None = field(default=None, repr=False)
    """What a call that ends over this failure has as its cause."""
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


class Script(NamedTuple):
    """A document to run."""

    verbs: tuple[bxml.Verb, ...]
    url: str
    """Where it came from: relative URLs in it start there."""


class Undelivered(Exception):
    """A callback that is waited for came to nothing, fallback included."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange.failure)
        self.exchange = exchange


class Courier:
    """Delivers callbacks.

    :param transport: takes the single requests.
    :param record: is handed every exchange as soon as it is over.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        time: datetime,
        record: Callable[[Exchange], None],
        context: Context | None = None,
    ) -> Script:
        """Send a callback and return the document that came back; raises :class:`Undelivered`.

        ``context`` says which verbs may stand in it, where not all of them may.
        """
        exchange = Exchange(event, destination.method, destination.url, time, payload)
        script = self._attempt(exchange, destination, context, reads=True)
        record(exchange)
        if script is not None:
            return script
        if destination.fallback is not None:
            return self.ask(destination.fallback, event, payload, time, record, context)
        raise Undelivered(exchange)

    def tell(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        time: datetime,
        record: Callable[[Exchange], None],
    ) -> None:
        """Send a callback whose reply does not count."""
        for _ in range(2):
            exchange = Exchange(event, destination.method, destination.url, time, payload)
            self._attempt(exchange, destination, None, reads=False)
            record(exchange)
            if exchange.status is not None or not exchange.unreachable:
                break
        if exchange.failure is not None and destination.fallback is not None:
            self.tell(destination.fallback, event, payload, time, record)

    def send(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        time: datetime,
        context: Context | None = None,
        *,
        reads: bool,
        raw: bytes | None = None,
    ) -> Exchange:
        """Send a callback once, with the body ``raw`` if that is given, and return what became of it.

        ``reads`` says whether a document is awaited: then it is read, too.
        """
        exchange = Exchange(event, destination.method, destination.url, time, payload)
        self._attempt(exchange, destination, context, reads=reads, raw=raw)
        return exchange

    def _attempt(
        self,
        exchange: Exchange,
        destination: Destination,
        context: Context | None,
        *,
        reads: bool,
        raw: bytes | None = None,
    ) -> Script | None:
        try:
            reply = self._request(exchange, destination, raw)
        except ValueError as error:
            _fail(exchange, str(error), "callback-error")
            return None
        except (NoConnection, TimedOut) as error:
            exchange.unreachable = isinstance(error, NoConnection)
            _fail(exchange, str(error), "callback-error")
            return None
        exchange.status = reply.status
        exchange.headers = reply.headers
        exchange.response = reply.body
        if not 200 <= reply.status < 300:
            exchange.unreachable = reply.status == 401 and exchange.challenged
            _fail(exchange, _refusal(reply, destination, exchange.challenged), "callback-error")
            return None
        return _read(exchange, context) if reads else None

    def _request(self, exchange: Exchange, destination: Destination, raw: bytes | None) -> Reply:
        url = split(destination.url)
        headers: dict[str, str] = {}
        if destination.method == "GET":
            query = urlencode({name: _as_text(value) for name, value in exchange.payload.items()})
            url = url._replace(query=f"{url.query}&{query}" if url.query else query)
            body = b""
        else:
            headers["Content-Type"] = "application/json"
            body = json.dumps(exchange.payload).encode() if raw is None else raw
        reply = self._send(destination, url, headers, body)
        if reply.status == 401 and _is_challenge(reply):
            exchange.challenged = True
            if destination.credentials is not None:
                pair = ":".join(destination.credentials).encode()
                headers["Authorization"] = "Basic " + b64encode(pair).decode()
                reply = self._send(destination, url, headers, body)
        return reply

    def _send(
        self, destination: Destination, url: SplitResult, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        return self._transport.send(destination.method, url, headers, body, destination.timeout)


def _is_challenge(reply: Reply) -> bool:
    return _BASIC.search(reply.headers.get("www-authenticate", "")) is not None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _fail(exchange: Exchange, failure: str, cause: str) -> None:
    exchange.failure = without_password(failure)
    exchange.cause = cause


def _refusal(reply: Reply, destination: Destination, challenged: bool) -> str:
    if reply.status == 401:
        if not challenged:
            return "401 without a WWW-Authenticate: Basic header, so there is no second request"
        if destination.credentials is None:
            return "401: the application asks for credentials, and nothing gives any for this URL"
        return f"401: the credentials of {destination.credentials[0]!r} are refused"
    if 300 <= reply.status < 400:
        return f"{reply.status}: a redirect to {reply.headers.get('location')!r} is not followed"
    return f"status {reply.status}"


def _read(exchange: Exchange, context: Context | None) -> Script | None:
    body = exchange.response
    if not body.strip():
        return Script((), exchange.url)
    media_type = exchange.content_type.partition(";")[0].strip().lower()
    if media_type not in _XML:
        _fail(exchange, f"the reply is {media_type or 'of no type'}, not application/xml", "invalid-bxml")
        return None
    exchange.bxml = body.decode(_UTF_16.get(body[:2], "utf-8"), "replace")
    if len(body) > bxml.MAX_DOCUMENT_SIZE:
        size = f"{len(body)} bytes, more than {bxml.MAX_DOCUMENT_SIZE}"
        _fail(exchange, f"the document has {size}", "invalid-bxml")
        return None
    try:
        document, exchange.oddities = bxml.examine(body)
        faults = bxml.misplaced(document, context) if context else []
        if faults:
            raise InvalidBXML(faults)
    except InvalidBXML as error:
        _fail(exchange, f"invalid BXML: {error}", "invalid-bxml")
        return None
    return Script(document.children, exchange.url)
