"""One HTTP request to the application, in process or over a connection."""

from __future__ import annotations

import http.client
import io
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import SplitResult, unquote

from flask import Flask, got_request_exception, has_app_context

from flask_bandwidth_callbacks.signals import handler_failed

from .urls import DEFAULT_PORTS, host_and_port

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
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


@dataclass(eq=False)
class Raised:
    """An exception that a Flask application raised while it handled a request."""

    error: Exception
    is_answered: bool = True
    """Whether an error handler of the application turned it into a reply."""
    by_subscriber: bool = False
    """Whether a subscriber raised it, whose failure does not change the reply."""


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


class OverHTTP:
    """Requests over HTTP to one host and to this machine; no other host is ever sent anything."""

    def __init__(self, host: str | None = None) -> None:
        self._host = host

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        host = url.hostname or ""
        if host not in _THIS_MACHINE and host != self._host:
            raise NoConnection(f"{host} is not part of this simulation")
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        target = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        deadline = time.monotonic() + timeout
        try:
            with closing(kind(host, url.port, timeout=timeout)) as connection:
                connection.request(method, target, body or None, {"User-Agent": _USER_AGENT, **headers})
                response = connection.getresponse()
                content = _read(response, deadline)
        except TimeoutError:
            raise _timed_out(timeout) from None
        except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last for a host's name
            raise NoConnection(f"no connection: {error or type(error).__name__}") from None
        return Reply(response.status, _headers(response.headers.items()), content)

    def take_raised(self) -> Sequence[Raised]:
        return ()


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return the body that a server sends. Each part may come in time and the whole still be too late."""
    content = b""
    while chunk := response.read1(_BYTES_AT_ONCE):
        content += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(content) > _MOST_BYTES:
            return content
    if response.length:
        raise http.client.IncompleteRead(content, response.length)
    return content


def _timed_out(timeout: float) -> TimedOut:
    return TimedOut(f"no reply within {timeout:g} s")


def _headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


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
        got_request_exception.connect(self._add_unanswered, app)
        handler_failed.connect(self._add_failed, app)

    def _add_unanswered(self, sender: Flask, exception: Exception, **details: Any) -> None:
        if self._is_own_request():
            self._added(exception).is_answered = False

    def _add_failed(self, sender: Flask, exception: Exception, **details: Any) -> None:
        if self._is_own_request():
            raised = self._added(exception)
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

    def _is_own(self, host: str) -> bool:
        server_name = self._app.config["SERVER_NAME"]
        return host == self._host or (
            server_name is not None and f".{host}".endswith(f".{server_name.lower()}")
        )

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        if not self._is_own(host_and_port(url)):
            return self._elsewhere.send(method, url, headers, body, timeout)
        began = time.monotonic()
        self._requesting = threading.get_ident()
        try:
            reply = self._call(_environ(method, url, headers, body))
        except Exception as error:
            # A server would log it and reply with 500. Flask signals its own errors, but not a middleware's,
            # and lets all of them through in debug and testing.
            self._app.logger.error("Exception on %s [%s]", url.path, method, exc_info=error)
            self._add_unanswered(self._app, error)
            reply = Reply(500, {}, b"")
        finally:
            self._requesting = None
        if time.monotonic() - began > timeout:
            raise _timed_out(timeout)
        return reply

    def _call(self, environ: dict[str, Any]) -> Reply:
        started: list[Any] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return written.append

        # A test may hold an application context open. Its flask.g must not be shared by several requests.
        with self._app.app_context() if has_app_context() else nullcontext():
            chunks: Iterable[bytes] = self._app(environ, start_response)
            try:
                body = b"".join(chunks)
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
