"""One HTTP request to the application, in process or over a connection."""

from __future__ import annotations

import http.client
import io
import logging
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol
from urllib.parse import SplitResult, unquote

from flask import Flask, got_request_exception, has_app_context, request

from flask_bandwidth_callbacks.exceptions import StoreError
from flask_bandwidth_callbacks.handling import RESPONDER
from flask_bandwidth_callbacks.hosts import comparable_host, configured_hosts
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.signals import callback_received, handler_failed
from flask_bandwidth_callbacks.stores import stores_of
from flask_bandwidth_callbacks.subscriptions import Handler, Subscription

from .background import BackgroundWork
from .deadlines import DeadlinePassed, connect, seconds_left
from .listeners import listen, stop_listening
from .urls import DEFAULT_PORTS, host_and_port, is_this_machine

_USER_AGENT = "flask-bandwidth-callbacks simulator"
_MOST_BYTES = 1024 * 1024
"""Bytes of a reply that are read at most, far more than a document may have."""
_BYTES_AT_ONCE = 64 * 1024


class Reply(NamedTuple):
    """A reply over HTTP."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; the values of a repeated header are joined with commas."""
    body: bytes
    logged: tuple[str, ...] = ()
    """Warnings and errors that this library logged about the request, where they are known."""
    responder: Subscription | None = None
    """The responder that the request was given to, where it is known."""


@dataclass(eq=False)
class Raised:
    """An exception that a Flask application raised while it handled a request."""

    error: Exception
    is_answered: bool = True
    """Whether an error handler of the application turned it into a reply."""
    by_subscriber: bool = False
    """Whether a subscriber raised it, whose failure does not change the reply."""
    handler: Handler | None = None
    """The handler that raised it; None for anything else of the application."""


class NoConnection(Exception):
    """No server was reached, or the connection broke."""


class TimedOut(Exception):
    """No reply came in time."""


class Transport(Protocol):
    """A way to send requests."""

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        """Send a request and return the reply; raises :class:`NoConnection` or :class:`TimedOut`."""

    def take_raised(self) -> Sequence[Raised]:
        """Return what the application is known to have raised since the last call of this method.

        The exceptions that cost the reply come first.
        """

    def wait_for_background(self, seconds: float) -> bool:
        """Wait until the work that the application does in the background is done, as far as that is known.

        Return False if it takes longer. What was raised in it is among what the application raised.
        """

    def forget(self, subject: str) -> None:
        """Delete what the application's stores hold about a call or conference, where they can be reached."""

    def close(self) -> None:
        """Stop listening to the application, which otherwise ends when the transport is lost."""


class OverHTTP:
    """Requests over HTTP to one host; no other host is ever sent anything.

    :param host: the host that may be reached. If it is this machine, so may its other names.
    """

    def __init__(self, host: str = "localhost") -> None:
        self._host = host

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        host = url.hostname or ""
        # A server elsewhere must not lead to what runs on the developer's own machine.
        if host != self._host and not (is_this_machine(host) and is_this_machine(self._host)):
            raise NoConnection(f"{host} is not part of this simulation")
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        target = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        deadline = time.monotonic() + timeout
        try:
            with closing(kind(host, url.port)) as connection:
                connection.sock = connect(url, deadline)
                connection.request(method, target, body or None, {"User-Agent": _USER_AGENT, **headers})
                with connection.getresponse() as response:
                    content = _joined(iter(partial(response.read1, _BYTES_AT_ONCE), b""), deadline)
                    if response.length and len(content) <= _MOST_BYTES:
                        raise http.client.IncompleteRead(content, response.length)
        except TimeoutError:
            raise _timed_out(timeout) from None
        except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last for a host's name
            raise NoConnection(f"no connection: {error or type(error).__name__}") from None
        return Reply(response.status, _headers(response.headers.items()), content)

    def take_raised(self) -> Sequence[Raised]:
        return ()

    def wait_for_background(self, seconds: float) -> bool:
        return True

    def forget(self, subject: str) -> None:
        """Do nothing: the stores belong to another process."""

    def close(self) -> None:
        """Do nothing: a connection lasts for one request."""


def _joined(chunks: Iterable[bytes], deadline: float) -> bytes:
    """Return a body that comes in chunks, or its beginning if it is far too large.

    Raises :class:`TimeoutError` at the deadline.
    """
    content = bytearray()
    for chunk in chunks:
        content += chunk
        seconds_left(deadline)
        if len(content) > _MOST_BYTES:
            break
    return bytes(content)


def _timed_out(timeout: float) -> TimedOut:
    return TimedOut(f"no reply within {timeout:g} s")


def _headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class _ThisThread(threading.local):
    logged: list[str] | None = None
    """Where the log of this library is kept while the thread sends a request."""


_this_thread = _ThisThread()


def _keep_logged(record: logging.LogRecord) -> bool:
    if _this_thread.logged is not None:
        _this_thread.logged.append(record.getMessage())
    return True


# A handler would keep logging's last resort from printing. If the filter came and went, a line that another
# thread logs at that moment could miss the filters after it.
logging.getLogger(__name__.partition(".")[0]).addFilter(_keep_logged)


class InProcess:
    """Requests to a Flask application through its whole WSGI stack, and to other hosts over HTTP.

    :param base: a URL of the application, whose host is its own; so are ``SERVER_NAME`` and subdomains of it.
    """

    def __init__(self, app: Flask, base: SplitResult) -> None:
        self._app = app
        self._host = host_and_port(base)
        self._elsewhere = OverHTTP()
        self._requesting: int | None = None
        self._raised: list[Raised] = []
        self._background = BackgroundWork(app)
        self._request_environ: Mapping[str, Any] = {}
        listen(callback_received, self._add_received, app)
        listen(got_request_exception, self._add_unanswered, app)
        listen(handler_failed, self._add_failed, app)

    def _add_received(self, sender: Flask, **details: Any) -> None:
        if self._is_own_request():
            # The one that the blueprint sees: a middleware may have made another one.
            self._request_environ = request.environ

    def _add_unanswered(self, sender: Flask, exception: Exception, **details: Any) -> None:
        if self._is_own_request():
            self._added(exception).is_answered = False

    def _add_failed(self, sender: Flask, exception: Exception, handler: Handler, **details: Any) -> None:
        if self._is_own_request():
            raised = self._added(exception)
            raised.handler = handler
            # Flask's own signal reports a subscriber's failure at once, but a responder's only at the end.
            raised.by_subscriber = not raised.is_answered

    def _is_own_request(self) -> bool:
        # Requests that do not come from this simulation do not concern it. They may come from another one,
        # in another thread.
        return self._requesting == threading.get_ident()

    def _added(self, error: Exception) -> Raised:
        for raised in self._raised:
            if raised.error is error:
                return raised
        self._raised.append(Raised(error))
        return self._raised[-1]

    def take_raised(self) -> Sequence[Raised]:
        taken = sorted(self._raised, key=lambda raised: (raised.by_subscriber, raised.is_answered))
        self._raised.clear()
        return taken

    def wait_for_background(self, seconds: float) -> bool:
        is_done = self._background.wait(seconds)
        for error in self._background.end():
            self._raised.append(Raised(error, is_answered=False, by_subscriber=True))
        return is_done

    def forget(self, subject: str) -> None:
        for store in stores_of(self._app).values():
            try:
                store.forget(subject)
            except StoreError as error:
                log(logging.ERROR, "Records about %s are kept, because the store failed: %s", subject, error)

    def close(self) -> None:
        stop_listening(callback_received, self._add_received)
        stop_listening(got_request_exception, self._add_unanswered)
        stop_listening(handler_failed, self._add_failed)
        self._background.close()

    def _is_own(self, host: str) -> bool:
        server_name = self._app.config["SERVER_NAME"]
        return comparable_host(host) in {comparable_host(self._host), *configured_hosts(self._app)} or (
            server_name is not None and f".{host}".endswith(f".{server_name.lower()}")
        )

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        if not self._is_own(host_and_port(url)):
            return self._elsewhere.send(method, url, headers, body, timeout)
        deadline = time.monotonic() + timeout
        self._requesting = threading.get_ident()
        self._background.begin(partial(_environ, method, url, headers, body))
        self._request_environ = {}
        logged: list[str] = []
        before, _this_thread.logged = _this_thread.logged, logged
        try:
            reply = self._call(_environ(method, url, headers, body), deadline)
        except DeadlinePassed:
            raise _timed_out(timeout) from None
        except Exception as error:
            # A server would log it and reply with 500. Flask signals its own errors, but not a middleware's,
            # and lets all of them through in debug and testing.
            self._app.logger.error("Exception on %s [%s]", url.path, method, exc_info=error)
            self._add_unanswered(self._app, error)
            reply = Reply(500, {}, b"")
        finally:
            _this_thread.logged = before
            self._requesting = None
        if time.monotonic() > deadline:
            raise _timed_out(timeout)
        return reply._replace(logged=tuple(logged), responder=self._request_environ.get(RESPONDER))

    def _call(self, environ: dict[str, Any], deadline: float) -> Reply:
        started: list[Any] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return written.append

        # A test may hold an application context open. Its flask.g must not be shared by several requests.
        with self._app.app_context() if has_app_context() else nullcontext():
            chunks: Iterable[bytes] = self._app(environ, start_response)
            try:
                body = _joined(chunks, deadline)
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        status, headers = started
        return Reply(int(status.split(" ", 1)[0]), _headers(headers), b"".join(written) + body)


def _environ(method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333). Werkzeug's builder takes ten times as long."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": f"{url.path or '/'}?{url.query}" if url.query else url.path or "/",
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or DEFAULT_PORTS[url.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host_and_port(url),
        "HTTP_USER_AGENT": _USER_AGENT,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
