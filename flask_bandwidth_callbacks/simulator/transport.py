"""One HTTP request to the application, in process or over a connection."""

from __future__ import annotations

import http.client
import io
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Flask, got_request_exception

DEFAULT_PORTS = {"http": 80, "https": 443}
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
_USER_AGENT = "flask-bandwidth-callbacks simulator"


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class NoConnection(Exception):
    """Nobody was reached, or the connection broke."""


class TimedOut(Exception):
    """No reply came in time."""


class Transport(Protocol):
    """Sends a request to wherever a URL leads."""

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        """Return the reply; raises :class:`NoConnection` or :class:`TimedOut`."""


class OverHTTP:
    """Reaches one host, and this machine; no other is ever sent anything."""

    def __init__(self, host: str | None = None) -> None:
        self._host = host

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        host = url.hostname or ""
        if host not in _THIS_MACHINE and url.netloc != self._host:
            raise NoConnection(f"{url.netloc} is not part of this simulation")
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        target = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        try:
            with closing(kind(host, url.port, timeout=timeout)) as connection:
                connection.request(method, target, body or None, {"User-Agent": _USER_AGENT, **headers})
                response = connection.getresponse()
                content = response.read()
        except TimeoutError:
            raise TimedOut(f"no reply within {timeout:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise NoConnection(f"no connection: {error or type(error).__name__}") from None
        return Reply(
            response.status, {name.lower(): value for name, value in response.headers.items()}, content
        )


class InProcess:
    """Calls a Flask application through its whole WSGI stack; every other host is reached over HTTP."""

    def __init__(self, app: Flask, base: SplitResult) -> None:
        self._app = app
        self._base = base
        self._elsewhere = OverHTTP()
        self.errors: list[Exception] = []
        """What the application raised, handlers that nobody waits for included."""
        got_request_exception.connect(self._take_note, app)

    def _take_note(self, sender: Flask, exception: Exception, **details: Any) -> None:
        if exception not in self.errors:
            self.errors.append(exception)

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        if url.netloc != self._base.netloc:
            return self._elsewhere.send(method, url, headers, body, timeout)
        began = time.monotonic()
        try:
            reply = self._call(_environ(method, url, headers, body))
        except Exception as error:
            # A server would have answered so. In testing, Flask lets errors through without telling anybody.
            self._take_note(self._app, error)
            reply = Reply(500, {}, b"")
        if time.monotonic() - began > timeout:
            raise TimedOut(f"no reply within {timeout:g} s")
        return reply

    def _call(self, environ: dict[str, Any]) -> Reply:
        started: list[Any] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return written.append

        chunks: Iterable[bytes] = self._app(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        return Reply(
            int(status.split(" ", 1)[0]),
            {name.lower(): value for name, value in headers},
            b"".join(written) + body,
        )


def _environ(method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return what a WSGI server makes of a request (PEP 3333); Werkzeug's builder takes ten times as long."""
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
        "HTTP_HOST": url.netloc,
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


def split(url: str) -> SplitResult:
    """Return the parts of a URL that can be requested; raises ``ValueError`` for any other."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no URL that can be requested: it must begin with http:// or https://")
    parts.port  # noqa: B018  raises ValueError for a port that is no number
    return parts
