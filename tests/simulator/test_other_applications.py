"""Small applications without this library, such as Bandwidth's own samples are, called as they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from flask import Flask, Response, request

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.simulator.callbacks import check, events

MENU = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Gather gatherUrl="/voice/digit" maxDigits="1">'
    "<SpeakSentence>Press a digit.</SpeakSentence></Gather></Response>"
)
SPOKEN = "<Response><SpeakSentence>{}</SpeakSentence></Response>"
HTML = "the reply is text/html, not application/xml"

# -- A plain Flask view --------------------------------------------------------------------------------------


@pytest.fixture
def plain() -> Flask:
    """A Flask application whose views return strings, which Flask sends as text/html."""
    app = Flask("plain")

    @app.post("/voice")
    def initiate() -> str:
        return MENU

    @app.post("/voice/digit")
    def digit() -> str:
        return SPOKEN.format(f"You pressed {request.get_json()['digits']}.")

    @app.post("/status")
    def status() -> str:
        return ""

    return app


def test_a_plain_flask_view(plain: Flask) -> None:
    """BXML that is sent as text/html is run, and its type is an oddity."""
    bandwidth = SimulatedBandwidth(plain, "/voice", status_url="/status", raise_errors=True)
    call = bandwidth.call()
    call.press("7")
    assert (call.heard, call.cause) == (["Press a digit.", "You pressed 7."], "hangup")
    assert [exchange.oddities for exchange in call.exchanges] == [(HTML,), (HTML,), ()]
    assert call.exchanges[0].bxml == MENU
    assert f"({HTML})" in str(call)


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/octet-stream", ""])
def test_any_type(media_type: str) -> None:
    """BXML is run whatever its type is, or if it has none."""
    app = Flask("plain")
    app.add_url_rule(
        "/voice",
        view_func=lambda: Response(SPOKEN.format("Hi."), headers={"Content-Type": media_type}),
        methods=["POST"],
    )
    call = SimulatedBandwidth(app, "/voice").call()
    assert call.heard == ["Hi."]
    (oddity,) = call.exchanges[0].oddities
    assert oddity == f"the reply is {media_type or 'of no type'}, not application/xml"


def test_no_bxml_behind_the_type() -> None:
    """Of a page that is not BXML the failure says both, and BXML with a fault is a failure in any type."""
    app = Flask("plain")
    replies = {"page": "<html><body>Hi</body></html>", "fault": '<Response><Pause duration="0"/></Response>'}
    app.add_url_rule("/<name>", "reply", lambda name: replies[name], methods=["POST"])
    page = SimulatedBandwidth(app, "/page").call()
    fault = SimulatedBandwidth(app, "/fault").call()
    assert page.cause == fault.cause == "invalid-bxml"
    assert (page.exchanges[0].failure or "").startswith(f"{HTML}; invalid BXML: line 1, column 1: ")
    assert page.exchanges[0].bxml is None
    assert "Pause duration" in (fault.exchanges[0].failure or "")


# -- Attributes of older SDKs --------------------------------------------------------------------------------

OLD = (
    '<Response><Gather gatherUrl="/voice/digit" gatherFallbackUrl="None" maxDigits="1" firstDigitTimeout='
    '"None"><SpeakSentence voice="None" locale="None">Press a digit.</SpeakSentence></Gather></Response>'
)


def test_attributes_that_were_not_given(plain: Flask) -> None:
    """Versions 15 and 16 of the SDK write None for what was not given; it is ignored, and is an oddity."""
    plain.view_functions["initiate"] = lambda: Response(OLD, mimetype="application/xml")
    call = SimulatedBandwidth(plain, "/voice", status_url=None, raise_errors=True).call()
    call.press("4")
    assert call.heard == ["Press a digit.", "You pressed 4."]
    assert len(call.exchanges[0].oddities) == OLD.count('"None"')


# -- An Express server ---------------------------------------------------------------------------------------


class Express(BaseHTTPRequestHandler):
    """A server that replies as Express does: text/html for a string, OK for a status, a page for a 404."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        replies: dict[str, Callable[[], tuple[int, str, str]]] = {
            "/voice": lambda: (200, "text/html; charset=utf-8", MENU),
            "/voice/digit": lambda: (200, "text/html; charset=utf-8", SPOKEN.format(event["digits"])),
            "/status": lambda: (200, "text/plain; charset=utf-8", "OK"),
        }
        page = "<!DOCTYPE html><html><body><pre>Cannot POST</pre></body></html>"
        status, media_type, body = replies.get(self.path, lambda: (404, "text/html; charset=utf-8", page))()
        self.send_response(status)
        self.send_header("X-Powered-By", "Express")
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", 'W/"2-nOO9QiTIwXgNtWtBJezz8kv3SLc"')
        self.send_header("Keep-Alive", "timeout=5")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Suppress the log."""


@pytest.fixture
def express() -> Iterator[str]:
    """The URL of a server that replies as Express does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Express)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/voice"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_express_server(express: str) -> None:
    """An Express server is called over HTTP; OK is a good reply to a notification, and to nothing else."""
    bandwidth = SimulatedBandwidth(express, status_url="/status", raise_errors=True)
    call = bandwidth.call()
    call.press("3")
    assert (call.heard, call.cause) == (["Press a digit.", "3"], "hangup")
    assert [(exchange.event, exchange.failure) for exchange in call.exchanges] == [
        *(("initiate", None), ("gather", None), ("disconnect", None)),
    ]
    for exchange in call.exchanges:
        check(exchange)
    bandwidth.raise_errors = False
    call = bandwidth.dial("+13035550141", "/status", disconnect_url="/nowhere")
    assert [exchange.failure for exchange in call.exchanges] == [
        "the reply is text/plain, not application/xml; invalid BXML: line 1, column 1: not well-formed XML:"
        " syntax error",
        "status 404",
    ]


# -- An agent that talks over a websocket --------------------------------------------------------------------

AGENT = (
    '<Response><StartStream name="agent" mode="bidirectional" destination="wss://agent.example.com/ws"'
    ' streamEventUrl="/status"/><StopStream name="agent" wait="true"/></Response>'
)


def test_an_agent(plain: Flask) -> None:
    """The usual document of an agent keeps the call up for as long as the agent talks."""
    plain.view_functions["initiate"] = lambda: AGENT
    call = SimulatedBandwidth(plain, "/voice", status_url="/status", raise_errors=True).call()
    call.speak("I would like a blue bicycle.")
    call.wait(30)
    assert (call.state, events(call.exchanges)) == ("answered", ["initiate", "mediaStreamStarted"])
    call.streams["agent"].close()
    assert events(call.exchanges)[2:] == ["mediaStreamStopped", "disconnect"]
    assert call.cause == "hangup"
