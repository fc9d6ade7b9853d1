"""The log: a caller's text stays on the line of its record and controls nothing."""

from __future__ import annotations

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from flask import Flask
from hypothesis import example, given, settings

import flask_bandwidth_callbacks
from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, DisconnectCallback, GatherCallback, signals
from flask_bandwidth_callbacks.bxml import Hangup
from tests.bxml.strategies import hostile_text
from tests.hostile.line import BASIC, PAIRS, Log, Request, basic, logged, send

PACKAGE = Path(flask_bandwidth_callbacks.__file__).parent


class Own(Exception):
    """An exception of the application, whose traceback is its own affair."""


def fail(*arguments: Any, **named: Any) -> None:
    raise Own


def make_app() -> Flask:
    """Return an application that fails in all the ways that are logged."""
    phone = CallbackBlueprint("phone", __name__, credentials=PAIRS)
    phone.respond(GatherCallback, "/rooms/<room>")(lambda event, room: Hangup())
    phone.respond("answer")(lambda event: f'<Response><Redirect redirectUrl="{event.to}"/></Response>')
    phone.respond("redirect")(lambda event: f"<Response><Hangup why={quoteattr(event.to)}/></Response>")
    phone.on(DisconnectCallback)(fail)
    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    app.register_blueprint(CallbackBlueprint("open", __name__, credentials=ANYONE), url_prefix="/open")
    signals.handler_failed.connect(fail, app)
    return app


def callbacks(text: str) -> Iterator[Request]:
    """Yield requests of all kinds, each with a text in every property that takes one."""
    json_body = {"CONTENT_TYPE": "application/json", "HTTP_AUTHORIZATION": BASIC}
    path = "/phone/rooms/" + (text.replace("/", "").encode("utf-8", "replace").decode("latin-1") or "x")
    header = text.encode("latin-1", "replace").decode("latin-1")

    def post(body: Any, path: str = "/phone/", **headers: str) -> Request:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Request(path=path, headers=json_body | {"CONTENT_LENGTH": str(len(sent))} | headers, body=sent)

    for event_type in (
        "initiate",
        "gather",
        "answer",
        "redirect",
        "disconnect",
        "conferenceMemberJoin",
        text,
    ):
        whole = {
            "eventType": event_type,
            "callId": text or "c-1",
            "conferenceId": text or "conf-1",
            text: text,
        }
        yield post({**whole, "to": text, "from": [text], "startTime": text}, path)
        yield post({**whole, "callId": [text], "conferenceId": {text: text}})
    yield post({"eventType": [text]})
    yield post(json.dumps({"a": text}, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    yield post(f'{{"a": {text}}}'.encode("utf-8", "replace"))
    yield post(b"{}", CONTENT_TYPE=header)
    yield post(b"{}", HTTP_AUTHORIZATION=header)
    yield post(
        b"{}",
        HTTP_AUTHORIZATION=basic(
            text.encode("utf-8", "replace").decode(), text.encode("utf-8", "replace").decode()
        ),
    )
    yield Request("GET", path, f"eventType={header}&callId={header}&{header}={header}", json_body)
    yield Request("PUT", path, header, json_body)


def log_of(app: Flask, text: str) -> Log:
    with logged() as log:
        for request in callbacks(text):
            send(app, request)
    return log


with logged():
    app = make_app()


@given(hostile_text)
@example("x\nERROR forged\r\n\x1b[31m\u2028")
@settings(deadline=None)
def test_no_value_makes_a_line_of_the_log(text: str) -> None:
    """A plain formatter writes each record on one line without control characters, ids included."""
    log_of(app, text).check(tracebacks_of=Own)


def test_every_line_of_the_log_is_looked_at() -> None:
    """The requests above make the library write every record that it writes during calls."""
    with logged() as log:
        log.records += log_of(make_app(), "x\u202e").records
    written = {(Path(record.pathname), record.lineno) for record in log.records}
    unwritten = [
        f"{path.name}:{call.lineno}"
        for path in PACKAGE.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("logger.")
        if (path, call.lineno) not in written
    ]
    assert unwritten == []
    assert {record.levelno for record in log.records} <= {logging.WARNING, logging.ERROR}
