"""Callbacks delivered as Bandwidth delivers them.

A callback is sent without credentials, then with them if the reply is a challenge; after a failure it goes to
the fallback URL; a notification is sent once more after a connection that failed. Each of them is repeated if
that is asked for; the first reply counts. Every attempt is an :class:`Exchange`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from traceback import format_exception_only
from typing import Any, Protocol
from urllib.parse import SplitResult

from marshmallow import ValidationError

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.decoding import decode_json
from flask_bandwidth_callbacks.display import TEXT_LIMIT, shorten, without_password
from flask_bandwidth_callbacks.events import event_class_of
from flask_bandwidth_callbacks.exceptions import InvalidBXML

from ..exceptions import SimulationError
from .destinations import Destination
from .documents import Script, read_script
from .exchanges import Exchange
from .payloads import payload_of, query_of, timestamp
from .transport import NoConnection, Raised, Reply, TimedOut, Transport
from .urls import split

_XML = frozenset({"application/xml", "text/xml"})
_MEMORY = timedelta(seconds=1)
"""Virtual time in which a callback could be the same as one before it."""
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
"""How documents begin that are not in UTF-8."""
_BASIC = re.compile(r"(?i)(?:^|,)\s*basic\b")
"""One of the challenges of a WWW-Authenticate header."""


class Undelivered(Exception):
    """A request for a document that failed, at its fallback URL too."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange.failure)
        self.exchange = exchange
        """The last attempt."""

    @property
    def cause(self) -> str:
        """The cause of the call that ends because of this."""
        return "invalid-bxml" if _is_success(self.exchange.status) else "callback-error"


class Sender(Protocol):
    """A simulation, as far as the courier of its callbacks knows it."""

    raise_errors: bool
    """Whether the simulation raises what the application raised."""
    repeats: int
    """How often every callback is sent."""
    repeats_notifications: bool
    """Whether notifications are sent twice at least."""
    background_timeout: float
    """Seconds to wait for work in the background after a callback."""
    failures: int
    """How many of the next requests fail to connect."""
    skips_challenges: bool
    """Whether credentials are sent at once, without waiting for the application to ask for them."""
    exchanges: deque[Exchange]
    """The log of callbacks."""

    @property
    def now(self) -> datetime:
        """Virtual time."""

    @property
    def follows_clock(self) -> bool:
        """Whether time passes as it really does."""

    def raise_later(self, error: Exception) -> None:
        """Raise an error once everything that happens now has happened."""

    def application_is_busy(self) -> AbstractContextManager[None]:
        """Return a context for the time in which the application handles a callback."""


class Courier:
    """Delivers the callbacks of a simulation.

    :param transport: sends the single requests.
    """

    def __init__(self, sender: Sender, transport: Transport) -> None:
        self._sender = sender
        self._transport = transport

    def request(
        self,
        destination: Destination,
        event: str,
        properties: Mapping[str, Any],
        *logs: Callable[[Exchange], None],
    ) -> Script:
        """Send a callback and return the document that came back; raises :class:`Undelivered`.

        :param properties: what the payload is built from, as for :func:`.payload_of`.
        :param logs: are called with every exchange as soon as it is over.
        """
        payload = self._payload(event, properties)
        for attempted in _with_fallbacks(destination):
            exchange, script = self._attempt(attempted, event, payload, logs, reads=True)
            if script is not None:
                return script
        raise Undelivered(exchange)

    def notify(
        self,
        destination: Destination,
        event: str,
        properties: Mapping[str, Any],
        *logs: Callable[[Exchange], None],
    ) -> None:
        """Send a callback whose reply is ignored; parameters as those of :meth:`request`."""
        payload = self._payload(event, properties)
        for attempted in _with_fallbacks(destination):
            if self._notify(attempted, event, payload, logs):
                break

    def _notify(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        logs: Iterable[Callable[[Exchange], None]],
    ) -> bool:
        """Send a notification, once more if the connection fails, and return whether it went well."""
        for _ in range(2):
            exchange, _ = self._attempt(destination, event, payload, logs, reads=False)
            if not exchange.unreachable or exchange.status is not None:  # rejected credentials are a reply
                break
        return exchange.failure is None

    def send(
        self, destination: Destination, event: str, payload: Mapping[str, Any], raw: bytes | None = None
    ) -> Exchange:
        """Send a callback to one URL, with ``raw`` as its body if that is given, and return the exchange.

        The document that came back is read if Bandwidth would run it.
        """
        reads = event_class_of(event).reply.awaited
        exchange, _ = self._attempt(destination, event, payload, reads=reads, raw=raw)
        return exchange

    def _payload(self, event: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the payload of a callback. No other callback has the same one.

        Virtual time may stand still between two events that are the same otherwise, such as those of a
        Redirect to itself. An application could take the second one for a repetition of the first.
        """
        time = now = self._sender.now
        recent = takewhile(lambda sent: sent.time > now - _MEMORY, reversed(self._sender.exchanges))
        sent = [exchange.payload for exchange in recent if exchange.event == event]
        payload = payload_of(event, {**properties, "event_type": event, "event_time": timestamp(time)})
        times = {
            each["eventTime"] for each in sent if each == {**payload, "eventTime": each.get("eventTime")}
        }
        while timestamp(time) in times:
            time += timedelta(milliseconds=1)
        return {**payload, "eventTime": timestamp(time)}

    def _attempt(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        logs: Iterable[Callable[[Exchange], None]] = (),
        *,
        reads: bool,
        raw: bytes | None = None,
    ) -> tuple[Exchange, Script | None]:
        """Send a callback to one URL as often as is asked for, and return what came back first.

        :param reads: whether the document that comes back is needed.
        """
        send = partial(self._send_once, destination, event, payload, logs, reads, raw)
        exchange, script = send(None)
        times = self._sender.repeats
        if not reads and self._sender.repeats_notifications:
            times = max(times, 2)
        for _ in range(times - 1):
            send(exchange)
        return exchange, script

    def _send_once(
        self,
        destination: Destination,
        event: str,
        payload: Mapping[str, Any],
        logs: Iterable[Callable[[Exchange], None]],
        reads: bool,
        raw: bytes | None,
        before: Exchange | None,
    ) -> tuple[Exchange, Script | None]:
        """Send a callback, which repeats the one ``before`` if that is given."""
        exchange = Exchange(event, destination.method, destination.url, self._sender.now, payload)
        with self._sender.application_is_busy():
            script = self._outcome(exchange, destination, reads, raw)
            self._wait_for_background(exchange)
        if before is not None and reads and _reply(exchange) != _reply(before):
            exchange.oddities += ("the reply to this repeat differs from the first",)
        self._handle_raised(exchange, self._transport.take_raised())
        self._sender.exchanges.append(exchange)
        for log in logs:
            log(exchange)
        return exchange, script

    def _wait_for_background(self, exchange: Exchange) -> None:
        """Wait until the work is done that a callback led to. With a clock, it goes on beside the call."""
        seconds = self._sender.background_timeout
        if self._sender.follows_clock or self._transport.wait_for_background(seconds):
            return
        exchange.oddities += ("work in the background has not ended yet",)
        if self._sender.raise_errors:
            self._sender.raise_later(
                SimulationError(
                    f"Work in the background must end {seconds:g} seconds after {exchange.event!r}, but some"
                    " has not. Make it quicker, or set bandwidth.background_timeout."
                )
            )

    def _handle_raised(self, exchange: Exchange, raised: Sequence[Raised]) -> None:
        """Name in the failure what the application raised; raise it later if that is asked for."""
        if exchange.failure is not None and raised and not raised[0].by_subscriber:
            error = "".join(format_exception_only(raised[0].error)).strip()
            _fail(exchange, f"{exchange.failure} ({error})")
        counting = [each for each in raised if exchange.failure is not None or not each.is_answered]
        exchange.raised = tuple(each.error for each in counting)
        exchange.raised_by = tuple(each.handler for each in counting)
        if self._sender.raise_errors:
            for exception in exchange.raised:
                self._sender.raise_later(exception)

    def _outcome(
        self, exchange: Exchange, destination: Destination, reads: bool, raw: bytes | None
    ) -> Script | None:
        try:
            self._fail_if_due()
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
        exchange.logged = reply.logged
        exchange.responder = reply.responder
        if not _is_success(reply.status):
            exchange.unreachable = reply.status == 401 and exchange.challenged
            _fail(exchange, _rejection(reply, destination, exchange.challenged))
            return None
        return _read(exchange) if reads else None

    def _fail_if_due(self) -> None:
        if self._sender.failures:
            self._sender.failures -= 1
            raise NoConnection("no connection, as bandwidth.failures says")

    def _request(self, exchange: Exchange, destination: Destination, raw: bytes | None) -> Reply:
        url = split(destination.url)
        headers: dict[str, str] = {}
        if destination.method == "GET":
            query = query_of(exchange.payload)
            url = url._replace(query=f"{url.query}&{query}" if url.query else query)
            body = b""
        else:
            headers["Content-Type"] = "application/json"
            body = json.dumps(exchange.payload).encode() if raw is None else raw
        if destination.credentials is not None and self._sender.skips_challenges:
            headers["Authorization"] = _basic(destination.credentials)
        reply = self._send(destination, url, headers, body)
        if reply.status == 401 and _is_challenge(reply):
            exchange.challenged = True
            if destination.credentials is not None and "Authorization" not in headers:
                headers["Authorization"] = _basic(destination.credentials)
                reply = self._send(destination, url, headers, body)
        return reply

    def _send(
        self, destination: Destination, url: SplitResult, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        return self._transport.send(destination.method, url, headers, body, destination.timeout)


def _reply(exchange: Exchange) -> tuple[int | None, str, bytes]:
    """Return what must be the same in the reply to a repeat."""
    return exchange.status, exchange.content_type, exchange.response


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _basic(credentials: Credentials) -> str:
    return "Basic " + b64encode(":".join(credentials).encode()).decode()


def _is_challenge(reply: Reply) -> bool:
    return _BASIC.search(reply.headers.get("www-authenticate", "")) is not None


def _fail(exchange: Exchange, failure: str) -> None:
    text = shorten(without_password(" ".join(failure.split())), TEXT_LIMIT)
    # The application's own words may hold any character.
    exchange.failure = "".join(character if character.isprintable() else "\ufffd" for character in text)


def _rejection(reply: Reply, destination: Destination, challenged: bool) -> str:
    if reply.status == 401:
        if not challenged:
            return "401 without a WWW-Authenticate: Basic header, so a second request is not sent"
        if destination.credentials is None:
            return "401: the application asks for credentials, and there are none for this URL"
        return f"401: the credentials of {destination.credentials.username!r} are rejected"
    if 300 <= reply.status < 400:
        return f"{reply.status}: a redirect to {reply.headers.get('location')!r} is not followed"
    detail = _detail(reply)
    return f"status {reply.status}" if detail is None else f"status {reply.status}: {detail}"


def _detail(reply: Reply) -> str | None:
    """Return the detail of an ``application/problem+json`` reply (RFC 9457), None for any other."""
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
    if not body.strip() and len(body) <= bxml.MAX_DOCUMENT_SIZE:
        return Script((), exchange.url)
    media_type = _media_type(exchange.headers)
    oddities: tuple[str, ...] = ()
    if media_type not in _XML:
        oddities = (f"the reply is {media_type or 'of no type'}, not application/xml",)
    text = body.decode(_UTF_16.get(body[:2], "utf-8"), "replace")
    fault = f"the document has {len(body)} bytes, more than {bxml.MAX_DOCUMENT_SIZE}"
    if len(body) <= bxml.MAX_DOCUMENT_SIZE:
        try:
            script, more = read_script(body, exchange.url, event_class_of(exchange.event).reply.verbs)
        except InvalidBXML as error:
            fault = f"invalid BXML: {error}"
        else:
            exchange.bxml, exchange.oddities = text, oddities + more
            return script
    exchange.bxml = None if oddities else text  # of another type and not BXML: it may be anything
    _fail(exchange, "; ".join((*oddities, fault)))
    return None
