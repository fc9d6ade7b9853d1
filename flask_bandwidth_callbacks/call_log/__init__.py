"""The call log: each callback with its reply as a line of JSON, to be replayed later.

The blueprint opens it if ``BANDWIDTH_CALLBACKS_RECORD`` names a file, and knows nothing else of it: the rest
happens when Flask and this library send their signals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        app.extensions[_EXTENSION] = CallLog(app, path.absolute(), is_masked=is_masked)


def close_call_log(app: Flask) -> None:
    """Write no more callbacks of an application to its file, if it has one."""
    call_log = app.extensions.pop(_EXTENSION, None)
    if call_log is not None:
        call_log.close()


@contextmanager
def suspended(app: Flask) -> Iterator[None]:
    """Return a context in which no callback of an application is written, because it is not a real one."""
    call_log: CallLog | None = app.extensions.get(_EXTENSION)
    if call_log is None:
        yield
        return
    call_log.is_suspended = True
    try:
        yield
    finally:
        call_log.is_suspended = False


class CallLog:
    """The call log of an application."""

    def __init__(self, app: Flask, path: Path, *, is_masked: bool) -> None:
        self._writer = Writer(LogFile(path), str(path))
        self._is_masked = is_masked
        self.is_suspended = False
        """Whether callbacks that begin now are not written."""
        callback_received.connect(self._begin, app)
        request_finished.connect(self._finish, app)
        request_tearing_down.connect(self._finish_without_reply, app)

    def close(self) -> None:
        """Take no more notice of the application."""
        callback_received.disconnect(self._begin)
        request_finished.disconnect(self._finish)
        request_tearing_down.disconnect(self._finish_without_reply)

    def _begin(self, sender: Flask, event: Callback) -> None:
        if not self.is_suspended:
            request_itself().environ[_RECEIVED] = _Received(event)

    def _finish(self, sender: Flask, response: Response, **_: Any) -> None:
        """Have the line written when the reply is closed."""
        callback = request_itself()
        received: _Received | None = callback.environ.pop(_RECEIVED, None)
        if received is not None:
            response.call_on_close(partial(self._write, partial(self._line, callback, received, response)))
            received.end()

    def _finish_without_reply(self, sender: Flask, exc: BaseException | None = None, **_: Any) -> None:
        """Have the line written of an exception that Flask passes on to the server, which replies 500."""
        callback = request_itself()
        received: _Received | None = callback.environ.pop(_RECEIVED, None)
        if received is not None and exc is not None:
            response = Response(status=500)
            del response.headers["Content-Type"]
            received.end()
            self._writer.add(partial(self._line, callback, received, response))

    def _write(self, make: Callable[[], bytes]) -> None:
        self._writer.add(make)
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

    def __init__(self, event: Callback) -> None:
        self.event = event
        self.time = datetime.now(UTC)
        self.seconds = 0.0
        """How long it took to make the reply."""
        self._started = time.perf_counter()

    def end(self) -> None:
        """Measure the time that it took, which is over."""
        self.seconds = time.perf_counter() - self._started
