"""A studio that is served, and a client that opens it as a browser does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from flask_bandwidth_callbacks import ANYONE, Callback, CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, PhoneNumber, SpeakSentence, Transfer, Verb
from flask_bandwidth_callbacks.cli.studio import Handler
from flask_bandwidth_callbacks.studio import Studio, StudioBandwidth, create_app

BOB = "+13035550141"
PATIENCE_SECONDS = 20.0


class Client:
    """A browser without a screen: it has opened the studio, and hears its events."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.ids: list[int] = []
        self._responses: list[HTTPResponse] = []
        reply = self.request("GET", f"/?token={studio.token}")
        self.cookie = (reply.getheader("Set-Cookie") or "").partition(";")[0]

    def request(self, method: str, path: str, body: bytes | None = None, /, **headers: str) -> HTTPResponse:
        """Send a request and return the reply, which is read to its end unless it is a stream."""
        connection = HTTPConnection("127.0.0.1", self.studio.port, timeout=PATIENCE_SECONDS)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        return connection.getresponse()

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of a GET."""
        reply = self.request("GET", path, None, **({"Cookie": self.cookie} | headers))
        return reply.status, json.loads(reply.read())

    def act(self, action: str, **arguments: Any) -> tuple[int, Any]:
        """Do something on the page; return status and JSON of the reply."""
        reply = self.request(
            "POST",
            f"/actions/{action}",
            json.dumps(arguments).encode(),
            Cookie=self.cookie,
            Origin=f"http://127.0.0.1:{self.studio.port}",
            Content_Type="application/json",
        )
        text = reply.read()
        return reply.status, json.loads(text) if text else None

    def do(self, action: str, **arguments: Any) -> Any:
        """Do something on the page, which must go well."""
        status, result = self.act(action, **arguments)
        assert status in (200, 204), result
        return result

    def listen(self, last_id: int | None = None) -> None:
        """Hear events from now on, in a thread."""
        more = {} if last_id is None else {"Last_Event_ID": str(last_id)}
        reply = self.request("GET", "/events", None, Cookie=self.cookie, **more)
        assert reply.status == 200
        self._responses.append(reply)
        threading.Thread(target=self._hear, args=(reply,), daemon=True).start()

    def _hear(self, reply: HTTPResponse) -> None:
        kind = ""
        for raw in _lines(reply):
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name == "id":
                self.ids.append(int(value))
            elif name == "event":
                kind = value
            elif name == "data":
                self.events.append((kind, json.loads(value)))

    def heard(self, kind: str, /, **properties: Any) -> list[dict[str, Any]]:
        """Return the events of a type with some properties."""
        return [
            data for each, data in list(self.events) if each == kind and properties.items() <= data.items()
        ]

    def wait_for(self, kind: str, /, **properties: Any) -> dict[str, Any]:
        """Wait until an event is heard, and return it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (found := self.heard(kind, **properties)):
            assert time.monotonic() < end, f"no {kind} with {properties} in {self.events}"
            time.sleep(0.005)
        return found[-1]


def _lines(reply: HTTPResponse) -> Iterator[bytes]:
    """Yield the lines of a reply until it ends, or until the server does, even in the middle of one."""
    with suppress(OSError, HTTPException):
        yield from reply


@pytest.fixture
def phone_app() -> Flask:
    """A line with a menu."""
    return line_with_menu()


def line_with_menu() -> Flask:
    """Return a line with a menu: 1 transfers to Bob, 2 raises an exception, other keys are said."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Verb:
        return Gather(SpeakSentence("Press 1 for Bob."), gather_url="menu", max_digits=1)

    @phone.respond("gather", "/menu")
    def menu(call: Any) -> list[Verb]:
        if call.digits == "1":
            return [Transfer(PhoneNumber(BOB), transfer_complete_url="done", call_timeout=2)]
        if call.digits == "2":
            raise RuntimeError("The printer is on fire.")
        return [SpeakSentence(f"You pressed {call.digits or 'nothing'}."), Hangup()]

    @phone.respond("transferComplete", "/done")
    def done(call: Any) -> list[Verb]:
        return [SpeakSentence(f"Bob: {call.cause}."), Hangup()]

    @phone.on(Callback)
    def hear(event: Callback) -> None:
        pass

    app = Flask("line")
    app.register_blueprint(phone, url_prefix="/phone")
    return app


@contextmanager
def served(studio: Studio) -> Iterator[None]:
    """Serve a studio while the block runs."""
    with make_server(
        "127.0.0.1", studio.port, create_app(studio), threaded=True, request_handler=Handler
    ) as server:
        studio.port = server.port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            studio.feed.close()
            server.shutdown()
            thread.join()


Open = Callable[..., Client]


@pytest.fixture
def open_studio() -> Iterator[Open]:
    """Start a studio of an application or a URL, and return a client that hears its events."""
    with ExitStack() as stack:

        def start(target: Flask | str, url: str | None = None, **options: Any) -> Client:
            studio = Studio(free_port())
            make_app = (lambda: target) if isinstance(target, Flask) else None
            session = studio.open(StudioBandwidth(target, url, **options), make_app)
            stack.enter_context(session.running())
            stack.enter_context(served(studio))
            client = Client(studio)
            client.listen()
            return client

        yield start


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
