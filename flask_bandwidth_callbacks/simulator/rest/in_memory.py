"""Requests through urllib3 to a WSGI application of this process; only this module imports urllib3.

The connection ends in memory. All else remains urllib3's own: how a request is written, how a response is
read and decoded, and whether the request is sent again.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from http.client import parse_headers
from typing import Any, TypeAlias
from wsgiref.types import WSGIApplication

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util import parse_url
from werkzeug.serving import DechunkedInput
from werkzeug.test import EnvironBuilder, run_wsgi_app

__all__ = ["HTTPConnectionPool", "urlopen_with"]

Answer: TypeAlias = Callable[[io.BytesIO], bytes]
"""Reads a request and returns the response, both as the bytes of HTTP/1.1."""


def urlopen_with(answering: Callable[[str], WSGIApplication | None]) -> Callable[..., Any]:
    """Return a method ``urlopen`` for urllib3's pools that sends requests to applications.

    :param answering: returns the application that answers requests to a host; None if a request should take
        its ordinary way.
    """
    original = HTTPConnectionPool.urlopen

    class Pool(HTTPConnectionPool):
        """A pool of connections that end in memory."""

        ConnectionCls = _Connection
        urlopen = original

    @functools.wraps(original)
    def urlopen(pool: HTTPConnectionPool, method: str, url: str, *arguments: Any, **keywords: Any) -> Any:
        target = parse_url(url)  # a path, or a whole URL if the pool is that of a proxy
        host = target.host or pool.host
        application = answering(host)
        if application is None:
            return original(pool, method, url, *arguments, **keywords)
        answer = functools.partial(_answer, application, f"{target.scheme or pool.scheme}://{host}")
        # Not the given pool, which may hold a connection that is open.
        in_memory = Pool(
            host, headers=pool.headers, retries=pool.retries, timeout=pool.timeout, answer=answer
        )
        return in_memory.urlopen(method, target.request_uri, *arguments, **keywords)

    return urlopen


class _Connection(HTTPConnection):
    def __init__(self, *arguments: Any, answer: Answer, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._answer = answer

    def connect(self) -> None:
        self.sock: Any = _Socket(self._answer)


class _Socket:
    """The part of a socket that a connection uses."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._sent = io.BytesIO()

    def sendall(self, data: Any) -> None:
        self._sent.write(data)

    def makefile(self, mode: str) -> io.BytesIO:
        self._sent.seek(0)
        return io.BytesIO(self._answer(self._sent))

    def settimeout(self, timeout: float | None) -> None:
        """Do nothing: replies come at once."""

    def close(self) -> None:
        """Do nothing, because nothing is open."""


def _answer(application: WSGIApplication, base_url: str, request: io.BytesIO) -> bytes:
    method, target, _ = request.readline().decode("latin-1").split(" ", 2)
    path, _, query = target.partition("?")
    headers = parse_headers(request)
    is_chunked = headers["Transfer-Encoding"] is not None
    del headers["Transfer-Encoding"]
    builder = EnvironBuilder(
        path,
        base_url,
        query,
        method,
        headers=headers.items(),
        data=DechunkedInput(request).read() if is_chunked else request.read(),
    )
    # Buffered, so that the response is closed before its client has it.
    chunks, status, reply_headers = run_wsgi_app(application, builder.get_environ(), buffered=True)
    reply_headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in reply_headers.items())]
    head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
    return head + b"".join(chunks)
