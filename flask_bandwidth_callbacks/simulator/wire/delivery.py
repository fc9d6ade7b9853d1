"""One callback, delivered as Bandwidth delivers it.

First without credentials, then with them if the answer is a challenge; the fallback URL after a failure; a
notification once more after a connection that failed. Every attempt is an :class:`Exchange`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from traceback import format_exception_only
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode

from marshmallow import ValidationError

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.decoding import decode_json
from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.events import event_class_of
from flask_bandwidth_callbacks.exceptions import InvalidBXML

from .destinations import Destination
from .documents import Script, check_placement
from .exchanges import Exchange
from .payloads import payload_of, timestamp
from .transport import NoConnection, Raised, Reply, TimedOut, Transport
from .urls import split

if TYPE_CHECKING:
    from ..bandwidth import SimulatedBandwidth

_XML = frozenset({"application/xml", "text/xml"})
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
"""How documents begin that are not in UTF-8."""
_BASIC = re.compile(r"(?i)(?:^|,)\s*basic\b")
"""One of the challenges of a WWW-Authenticate header."""
_LONGEST_FAILURE = 300


class Undelivered(Exception):
    """A callback that is waited for came to nothing, fallback included."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange.failure)
        self.exchange = exchange
        """The last attempt."""

    @property
    def cause(self) -> str:
        """What a call that ends over this has as its cause."""
        return "invalid-bxml" if _is_success(self.exchange.status) else "callback-error"


class Courier:
    """Delivers the callbacks of a simulation.

    :param transport: takes the single requests.
    """

    def __init__(self, bandwidth: SimulatedBandwidth, transport: Transport) -> None:
        self._bandwidth = bandwidth
        self._transport = transport

    def ask(
        self,
        destination: Destination,
        event: str,
        known: Mapping[str, Any],
        *records: Callable[[Exchange], None],
    ) -> Script:
        """Send a callback and return the document that came back; raises :class:`Undelivered`.

        :param known: what the payload is made of, as for :func:`.payload_of`.
        :param records: are handed every exchange as soon as it is over.
        """
        payload = self._payload(event, known)
        for attempted in _with_fallbacks(destination):
            exchange, script = self._attempt(attempted, event, payload, records, reads=True)
            if script is not None:
                return script
        raise Undelivered(exchange)

    def tell(
        self,
        destination: Destination,
        event: str,
        known: Mapping[str, Any],
        *records: Callable[[Exchange], None],
    ) -> None:
        """Send a callback whose reply does not count; else as :meth:`ask`."""
        payload = self._payload(event, known)
        for _ in range(2 if self._bandwidth.repeats_notifications else 1):
            for attempted in _with_fallbacks(destination):
                if self._tell(attempted, event, payload, records):
                    break

    def _tell(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        records: Iterable[Callable[[Exchange], None]],
    ) -> bool:
        """Send a notification, once more if the connection fails, and tell whether it went well."""
        for _ in range(2):
            exchange, _ = self._attempt(destination, event, payload, records, reads=False)
            if not exchange.unreachable or exchange.status is not None:  # refused credentials are a reply
                break
        return exchange.failure is None

    def send(
        self, destination: Destination, event: str, payload: Mapping[str, Any], raw: bytes | None = None
    ) -> Exchange:
        """Send a callback once, with the body ``raw`` if that is given, and return what became of it.

        If a document is awaited, the one that came back is read, too.
        """
        reads = event_class_of(event).reply.awaited
        exchange, _ = self._attempt(destination, event, payload, reads=reads, raw=raw)
        return exchange

    def _payload(self, event: str, known: Mapping[str, Any]) -> dict[str, Any]:
        return payload_of(event, {**known, "event_type": event, "event_time": timestamp(self._bandwidth.now)})

    def _attempt(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        records: Iterable[Callable[[Exchange], None]] = (),
        *,
        reads: bool,
        raw: bytes | None = None,
    ) -> tuple[Exchange, Script | None]:
        """Send a callback once; ``reads`` says whether the document that comes back counts."""
        exchange = Exchange(event, destination.method, destination.url, self._bandwidth.now, payload)
        script = self._outcome(exchange, destination, reads, raw)
        self._blame(exchange, self._transport.take_raised())
        self._bandwidth.exchanges.append(exchange)
        for record in records:
            record(exchange)
        return exchange, script

    def _blame(self, exchange: Exchange, found: Sequence[Raised]) -> None:
        """Let a failure name what was raised, and raise that if it is asked for and nobody made up for it."""
        if exchange.failure is not None and found and not found[0].by_subscriber:
            _fail(exchange, f"{exchange.failure} ({''.join(format_exception_only(found[0].error)).strip()})")
        if self._bandwidth.raise_errors:
            for raised in found:
                if exchange.failure is not None or not raised.is_answered:
                    self._bandwidth.trouble(raised.error)

    def _outcome(
        self, exchange: Exchange, destination: Destination, reads: bool, raw: bytes | None
    ) -> Script | None:
        try:
            reply = self._request(exchange, destination, raw)
        except ValueError as error:
            _fail(exchange, str(error))
            return None
        except (NoConnection, TimedOut) as error:
            exchange.unreachable = isinstance(error, NoConnection)
            _fail(exchange, str(error))
            return None
        exchange.status = reply.status
        exchange.headers = reply.headers
        exchange.response = reply.body
        if not _is_success(reply.status):
            exchange.unreachable = reply.status == 401 and exchange.challenged
            _fail(exchange, _refusal(reply, destination, exchange.challenged))
            return None
        return _read(exchange) if reads else None

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


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _is_challenge(reply: Reply) -> bool:
    return _BASIC.search(reply.headers.get("www-authenticate", "")) is not None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _fail(exchange: Exchange, failure: str) -> None:
    words = without_password(" ".join(failure.split()))
    if len(words) > _LONGEST_FAILURE:
        words = f"{words[:_LONGEST_FAILURE]}..."
    # What an application says of itself may be anything.
    exchange.failure = "".join(one if one.isprintable() else "\ufffd" for one in words)


def _refusal(reply: Reply, destination: Destination, challenged: bool) -> str:
    if reply.status == 401:
        if not challenged:
            return "401 without a WWW-Authenticate: Basic header, so there is no second request"
        if destination.credentials is None:
            return "401: the application asks for credentials, and nothing gives any for this URL"
        return f"401: the credentials of {destination.credentials[0]!r} are refused"
    if 300 <= reply.status < 400:
        return f"{reply.status}: a redirect to {reply.headers.get('location')!r} is not followed"
    detail = _detail(reply)
    return f"status {reply.status}" if detail is None else f"status {reply.status}: {detail}"


def _detail(reply: Reply) -> str | None:
    """Return what an application says of its status in ``application/problem+json`` (RFC 9457)."""
    if _media_type(reply.headers) != "application/problem+json":
        return None
    try:
        problem = decode_json(reply.body.decode("utf-8", "replace"))
    except ValidationError:
        return None
    detail = problem.get("detail") if isinstance(problem, dict) else None
    return detail if isinstance(detail, str) else None


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _with_fallbacks(destination: Destination | None) -> Iterator[Destination]:
    while destination is not None:
        yield destination
        destination = destination.fallback


def _read(exchange: Exchange) -> Script | None:
    body = exchange.response
    if not body.strip():
        return Script((), exchange.url)
    media_type = _media_type(exchange.headers)
    if media_type not in _XML:
        _fail(exchange, f"the reply is {media_type or 'of no type'}, not application/xml")
        return None
    exchange.bxml = body.decode(_UTF_16.get(body[:2], "utf-8"), "replace")
    if len(body) > bxml.MAX_DOCUMENT_SIZE:
        _fail(exchange, f"the document has {len(body)} bytes, more than {bxml.MAX_DOCUMENT_SIZE}")
        return None
    try:
        document, exchange.oddities = bxml.examine(body)
        check_placement(document, event_class_of(exchange.event).reply.verbs)
    except InvalidBXML as error:
        _fail(exchange, f"invalid BXML: {error}")
        return None
    return Script(document.children, exchange.url)
