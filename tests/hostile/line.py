"""A phone line that anything may be sent to: its replies, its events and its log."""

from __future__ import annotations

import io
import json
import logging
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import Callback, CallbackBlueprint, GatherCallback
from flask_bandwidth_callbacks.bxml import Gather, Redirect, Response

PAIRS = (("bandwidth", "s3cret"), ("before", "old:pässword"))
"""The credentials of every line."""
LIMIT = 4096
"""Bytes that a body may have: small, so that many are larger."""
HEADERS = {
    *("Content-Type", "Content-Length", "Cache-Control"),
    *("WWW-Authenticate", "Allow", "X-Content-Type-Options"),
}
"""All that a reply of the library has of headers."""


def basic(username: str, password: str) -> str:
    """Return an ``Authorization`` header."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


BASIC = basic(*PAIRS[0])


# -- What is sent --------------------------------------------------------------------------------------------


class Body(io.RawIOBase):
    """A body as a server hands it on: in pieces, perhaps with an error where the connection broke."""

    def __init__(self, content: bytes, piece: int, error: Exception | None) -> None:
        self._content = content
        self._piece = piece
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._content[: min(len(buffer), self._piece)]
        if not part and self._error is not None and len(buffer):
            raise self._error
        self._content = self._content[len(part) :]
        buffer[: len(part)] = part
        return len(part)


@dataclass(frozen=True)
class Request:
    """A request as a WSGI server gets it. Text is Latin-1 (PEP 3333)."""

    method: str = "POST"
    path: str = "/phone/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    """Names as in the environment: ``CONTENT_TYPE``, ``HTTP_AUTHORIZATION``."""
    body: bytes = b""
    piece: int = 65536
    """How many bytes the server hands on at once."""
    error: Exception | None = None
    """What the server raises at the end of the body."""
    terminated: bool = False
    """Whether the server ends the body itself, as those do that understand chunks."""

    def environ(self) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": Body(self.body, self.piece, self.error),
            "wsgi.input_terminated": self.terminated,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **self.headers,
        }


# -- What comes back -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def check_refusal(self) -> None:
        """Fail unless this is a problem document (RFC 9457) that reveals no internals."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert (self.headers["Cache-Control"], self.headers["X-Content-Type-Options"]) == (
            "no-store",
            "nosniff",
        )
        problem = json.loads(self.body)
        assert problem.keys() <= {"type", "title", "status", "detail", "errors"}
        assert (problem["type"], problem["status"]) == ("about:blank", self.status)
        assert problem["title"] == HTTPStatus(self.status).phrase
        assert problem["detail"].endswith(".")
        assert b"Traceback" not in self.body
        assert (self.status == 401) == ("WWW-Authenticate" in self.headers)


class Log(logging.Handler):
    """Keeps every record, and what a plain formatter makes of it without its traceback."""

    _formatter = logging.Formatter(
        "%(levelname)s:%(name)s:%(event_type)s:%(call_id)s:%(message)s",
        defaults={"event_type": None, "call_id": None},
    )

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.written: list[str] = []
        self.tracebacks: list[BaseException | None] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.tracebacks.append(record.exc_info[1])
            record.exc_info = record.exc_text = None
        self.records.append(record)
        self.written.append(self._formatter.format(record))

    def check(self, *, tracebacks_of: type[Exception] | tuple[()] = ()) -> None:
        """Fail if anything that was sent controls a terminal, begins a line, or is shown as a traceback.

        :param tracebacks_of: the application's own exceptions.
        """
        assert [error for error in self.tracebacks if not isinstance(error, tracebacks_of)] == []
        for written in self.written:
            first, *others = written.split("\n")
            assert first.isprintable(), f"{first!r}"
            # The handler that is ready to paste has lines of its own, always as many.
            assert len(others) in (0, 8)
            assert all(line.isprintable() for line in others)
            assert not others or first.endswith("Start from this one:")


@contextmanager
def logged() -> Iterator[Log]:
    """Give all that is logged within the block."""
    log = Log()
    root = logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(log)
        root.setLevel(level)


def send(app: Callable[..., Any], request: Request) -> Reply:
    """Send a request through the whole WSGI stack; what the application raises comes out."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [status, headers]

    chunks = app(request.environ(), start_response)
    try:
        body = b"".join(chunks)
    finally:
        chunks.close()
    status, pairs = started
    headers = dict(pairs)
    assert len(headers) == len(pairs)
    assert all(text.isascii() and text.isprintable() for pair in pairs for text in pair)
    return Reply(int(status.split(" ")[0]), headers, body)


# -- The line ------------------------------------------------------------------------------------------------


class Line:
    """An application with a blueprint at ``/phone`` that records the events of its handlers."""

    def __init__(self, *, answers: bool = True, strict: bool = False) -> None:
        self.answers = answers
        """Whether its responders answer anything."""
        self.strict = strict
        self.heard: list[Callback] = []
        self.app = Flask(__name__)
        self.app.config.update(
            PROPAGATE_EXCEPTIONS=True,  # whatever it raises comes out, to be seen
            BANDWIDTH_CALLBACKS_STRICT=strict,
            BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH=LIMIT,
        )
        phone = CallbackBlueprint("phone", __name__, credentials=PAIRS)
        # Every request is judged by itself, also if the same one was sent before.
        phone.on(Callback, repeats=True)(self.heard.append)
        match: dict[str, Any] = {"repeats": True} if answers else {"event_type": "never sent"}
        phone.respond(Callback, **match)(self._answer)
        phone.respond(Callback, "/rooms/<room>", **match)(self._answer_in_room)
        phone.respond(GatherCallback, "/gathered", repeats=True)(self._answer_gather)
        self.app.register_blueprint(phone, url_prefix="/phone")
        self.app.add_url_rule("/heard", view_func=lambda: str(len(self.heard)))

    def _answer(self, event: Callback) -> Response:
        self.heard.append(event)
        return Response(Gather(gather_url=self._answer_gather), Redirect(redirect_url="/elsewhere"))

    def _answer_gather(self, event: GatherCallback) -> Response:
        return self._answer(event)

    def _answer_in_room(self, event: Callback, room: str) -> Response:
        return self._answer(event)

    def __repr__(self) -> str:
        return f"Line(answers={self.answers}, strict={self.strict})"


LINES: Sequence[Line] = (Line(), Line(answers=False), Line(strict=True))


def create_app() -> Flask:
    """Return the application of a line, whose ``/heard`` returns how often its handlers were called."""
    return Line().app
