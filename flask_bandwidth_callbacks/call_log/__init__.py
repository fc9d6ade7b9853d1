"""The call log: each callback with its reply as a line of JSON, to be replayed later.

The blueprint opens it if ``BANDWIDTH_CALLBACKS_RECORD`` names a file, and knows nothing else of it: the rest
happens when Flask and this library send their signals.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Request, request_finished, request_tearing_down
from werkzeug.wrappers import Response

from flask_bandwidth_callbacks.events import Callback
from flask_bandwidth_callbacks.handling import RESPONDER
from flask_bandwidth_callbacks.proxies import request_itself
from flask_bandwidth_callbacks.signals import callback_received
from flask_bandwidth_callbacks.subscriptions import full_name

from .files import LogFile, older_file
from .lines import Line, NotACallLog, read_lines
from .writer import Writer

__all__ = [
    "CallLog",
    "Line",
    "NotACallLog",
    "close_call_log",
    "older_file",
    "open_call_log",
    "read_lines",
    "suspended",
]

_EXTENSION = "bandwidth_callbacks_call_log"
_RECEIVED = "flask_bandwidth_callbacks.call_log"
"""Key of the WSGI environment: the event of a request whose reply is not logged yet, and when it came."""
_SAFE = "/:@!$&'()*+,;=~"
"""The characters of a path that are not escaped (RFC 3986)."""


def open_call_log(app: Flask, path: Path, *, is_masked: bool) -> None:
    """Write the callbacks of an application to a file from now on, unless it is done already.

    :param path: where the file is, relative to the working directory of the process.
    :param is_masked: whether numbers and digits are masked.
    """
    if _EXTENSION not in app.extensions:
        app.extensions[_EXTENSION] = CallLog(path.absolute(), is_masked=is_masked)
        # Not methods: to forget them, blinker would go through what other threads may change.
        callback_received.connect(_begin, app)
        request_finished.connect(_finish, app)
        request_tearing_down.connect(_finish_without_reply, app)


def close_call_log(app: Flask) -> None:
    """Write no more callbacks of an application to its file, if it has one."""
    if app.extensions.pop(_EXTENSION, None) is not None:
        callback_received.disconnect(_begin, app)
        request_finished.disconnect(_finish, app)
        request_tearing_down.disconnect(_finish_without_reply, app)


_is_suspended = ContextVar("is_suspended", default=False)


@contextmanager
def suspended() -> Iterator[None]:
    """Return a context in which the callbacks that this thread sends, which are not real, are not written."""
    before = _is_suspended.set(True)
    try:
        yield
    finally:
        _is_suspended.reset(before)


def _begin(app: Flask, event: Callback) -> None:
    if not _is_suspended.get():
        request_itself().environ[_RECEIVED] = _Received(app.extensions[_EXTENSION], event)


def _finish(app: Flask, response: Response, **_: Any) -> None:
    """Have the line written when the reply is closed."""
    callback = request_itself()
    received: _Received | None = callback.environ.pop(_RECEIVED, None)
    if received is not None:
        received.end()
        response.call_on_close(partial(received.call_log.write, callback, received, response))


def _finish_without_reply(app: Flask, exc: BaseException | None = None, **_: Any) -> None:
    """Have the line written of an exception that Flask passes on to the server, which replies 500."""
    callback = request_itself()
    received: _Received | None = callback.environ.pop(_RECEIVED, None)
    if received is not None and exc is not None:
        received.end()
        response = Response(status=500)
        del response.headers["Content-Type"]
        received.call_log.add(callback, received, response)


class CallLog:
    """The call log of an application."""

    def __init__(self, path: Path, *, is_masked: bool) -> None:
        self._writer = Writer(LogFile(path), str(path))
        self._is_masked = is_masked

    def add(self, callback: Request, received: _Received, response: Response) -> None:
        """Have the line of a callback and its reply written by a thread."""
        self._writer.add(partial(self._line, callback, received, response))

    def write(self, callback: Request, received: _Received, response: Response) -> None:
        """Have the line of a callback and its reply written, and wait a moment for it."""
        self.add(callback, received, response)
        self._writer.wait_a_moment()

    def _line(self, callback: Request, received: _Received, response: Response) -> bytes:
        event = received.event
        path = quote(callback.path, _SAFE)
        query = callback.query_string.decode("latin-1") if callback.method == "POST" else ""
        is_read = response.is_sequence and not response.direct_passthrough
        responder = callback.environ.get(RESPONDER)
        line = Line(
            time=received.time,
            method=callback.method,
            root=callback.root_url.rstrip("/"),
            path=f"{path}?{query}" if query else path,
            payload=event.raw,
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            reply=response.get_data(as_text=True) if is_read else None,
            milliseconds=round(received.seconds * 1000, 3),
            call_id=getattr(event, "call_id", None) or None,
            conference_id=getattr(event, "conference_id", None) or None,
            handler=None if responder is None else full_name(responder.handler),
        ).without_secrets()
        return (line.masked() if self._is_masked else line).to_json()


class _Received:
    """A callback whose line is to be written."""

    def __init__(self, call_log: CallLog, event: Callback) -> None:
        self.call_log = call_log
        self.event = event
        self.time = datetime.now(UTC)
        self.seconds = 0.0
        """How long it took to make the reply."""
        self._started = time.perf_counter()

    def end(self) -> None:
        """Measure the time that it took, which is over."""
        self.seconds = time.perf_counter() - self._started
