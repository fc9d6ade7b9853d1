"""Real HTTP to applications without the library: a plain Flask view, a plain http.server handler."""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, UnreachableApplication
from tests.simulator.callbacks import check, events

CREDENTIALS = ("bandwidth", "s3cret")
MENU = '<Response><Gather gatherUrl="menu"><SpeakSentence>Press a key.</SpeakSentence></Gather></Response>'
PRESSED = "<Response><SpeakSentence>You pressed {}.</SpeakSentence></Response>"

Serve: TypeAlias = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers on 127.0.0.1 that run until the test is over; gives their URLs."""
    with ExitStack() as stack:

        def start(server: Any) -> str:
            thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/phone/"

        yield start


# -- The same application twice ------------------------------------------------------------------------------


def flask_view() -> Any:
    """A plain Flask view under Werkzeug's server."""
    app = Flask("host")

    @app.route("/phone/", methods=["GET", "POST"])
    @app.route("/phone/menu", methods=["GET", "POST"])
    def phone() -> Response:
        if request.authorization is None or request.authorization.parameters != {
            "username": CREDENTIALS[0],
            "password": CREDENTIALS[1],
        }:
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="phone"'})
        event = request.get_json() if request.method == "POST" else request.args
        if event["eventType"] == "gather":
            return Response(PRESSED.format(event["digits"]), mimetype="application/xml")
        return Response(MENU.replace("<Gather", ATTRIBUTES), mimetype="application/xml")

    return make_server("127.0.0.1", 0, app)


class PlainHandler(BaseHTTPRequestHandler):
    """A plain handler of Python's own server, which replies in chunks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.answer({name: values[0] for name, values in query.items()})

    def do_POST(self) -> None:
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, event: dict[str, str]) -> None:
        shown = self.headers.get("Authorization", "").removeprefix("Basic ")
        if b64decode(shown).decode() != ":".join(CREDENTIALS):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="phone"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        document = MENU.replace("<Gather", ATTRIBUTES)
        if event["eventType"] == "gather":
            document = PRESSED.format(event["digits"])
        self.send_response(200)
        self.send_header("Content-Type", "application/xml; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in (*document, ""):
            self.wfile.write(f"{len(chunk):x}\r\n{chunk}\r\n".encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


ATTRIBUTES = f'<Gather username="{CREDENTIALS[0]}" password="{CREDENTIALS[1]}" gatherMethod="GET"'
SERVERS: dict[str, Callable[[], Any]] = {
    "flask": flask_view,
    "http.server": lambda: ThreadingHTTPServer(("127.0.0.1", 0), PlainHandler),
}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_call(serve: Serve, server: str, method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole call, by POST and by GET, with its challenges; a proxy of the environment is not used."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    url = serve(SERVERS[server]())
    bandwidth = SimulatedBandwidth(url, credentials=CREDENTIALS, method=method)
    call = bandwidth.call("+15553334444", var_from="+15551112222")
    assert call.heard == ["Press a key."]
    call.press("7")
    call.wait(5)
    assert call.heard == ["Press a key.", "You pressed 7."]
    assert call.cause == "hangup"
    assert [(one.method, one.url, one.status, one.challenged) for one in call.exchanges] == [
        (method, url, 200, True),
        ("GET", f"{url}menu", 200, True),
        ("POST", url, 200, True),
    ]
    for exchange in call.exchanges:
        check(exchange)


def test_urls_relative_to_the_target(serve: Serve) -> None:
    """A second URL is relative to the first one, and those for failures and the status to that."""
    url = serve(flask_view())
    bandwidth = SimulatedBandwidth(
        url, "../nobody", credentials=CREDENTIALS, fallback_url="phone/?at=8:30", status_url="phone/menu"
    )
    call = bandwidth.call()
    call.hang_up()
    assert [(one.event, urlsplit(one.url).path, one.status) for one in call.exchanges] == [
        ("initiate", "/nobody", 404),
        ("initiate", "/phone/", 200),
        ("disconnect", "/phone/menu", 200),
    ]


# -- Servers that misbehave ----------------------------------------------------------------------------------


def raw(*parts: bytes, reads: bool = True, hangs_up: bool = True) -> Any:
    """Return a server that reads a request, sends these parts one by one, and hangs up or waits."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            if reads:
                head = iter(lambda: self.rfile.readline().strip().lower(), b"")
                (length,) = (int(line[15:]) for line in head if line.startswith(b"content-length:"))
                self.rfile.read(length)
            with suppress(ConnectionError):
                for part in parts:
                    self.wfile.write(part)
                    if len(parts) > 1:
                        time.sleep(0.05)
                if not hangs_up:
                    self.rfile.read()  # until the other side hangs up

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.server_port = server.server_address[1]  # type: ignore[attr-defined]
    return server


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (b"", "no connection: Remote end closed connection without response"),
        (
            OK + b"Content-Length: 99\r\n\r\n<Response>",
            "no connection: IncompleteRead(10 bytes read, 89 more",
        ),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\n<Resp", "no connection: IncompleteRead"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nnine\r\n", "no connection: IncompleteRead"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "no connection: SSH-2.0-OpenSSH_9.9"),
        (OK + b"X: " + b"x" * 65536 + b"\r\n\r\n", "no connection: got more than 65536 bytes"),
    ],
)
def test_connections_that_break(serve: Serve, reply: bytes, failure: str) -> None:
    """A server that hangs up or does not speak HTTP is unreachable: the call ends, and an error is raised."""
    bandwidth = SimulatedBandwidth(serve(raw(reply)))
    with pytest.raises(UnreachableApplication, match=re.escape(failure)):
        bandwidth.call()
    (call,) = bandwidth.calls
    assert call.cause == "callback-error"
    assert events(call.exchanges) == ["initiate", "disconnect", "disconnect"]
    assert (call.exchanges[0].failure or "").startswith(failure)


@pytest.mark.parametrize(
    "server",
    [
        lambda: raw(hangs_up=False),
        lambda: raw(OK, hangs_up=False),
        lambda: raw(OK + b"Content-Length: 99\r\n\r\n", *[b" "] * 20),
    ],
    ids=["silent", "begins", "drips"],
)
def test_servers_that_take_too_long(serve: Serve, server: Callable[[], Any]) -> None:
    """A reply that is not complete in time is a timeout, also one that comes byte by byte."""
    began = time.monotonic()
    call = SimulatedBandwidth(serve(server()), callback_timeout=0.2).call()
    assert call.cause == "callback-error"
    assert [one.failure for one in call.exchanges] == ["no reply within 0.2 s"] * 2
    assert time.monotonic() - began < 5


def test_replies_without_end(serve: Serve) -> None:
    """Only the beginning of a reply that is far too large is read."""
    call = SimulatedBandwidth(serve(raw(OK + b"\r\n" + b" <Response/>" * 2**18))).call()
    assert call.cause == "invalid-bxml"
    assert len(call.exchanges[0].response) < 2**21


def test_replies_that_end_with_the_connection(serve: Serve) -> None:
    """A reply without a length ends when the server closes the connection."""
    reply = OK + b"\r\n<Response><SpeakSentence>Hello.</SpeakSentence></Response>"
    assert SimulatedBandwidth(serve(raw(reply))).call().heard == ["Hello."]


def test_notifications_come_again(serve: Serve) -> None:
    """A notification whose connection broke is sent once more, and may get through then."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["eventType"])
            if heard.count("disconnect") != 1:
                self.send_response(204)
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    call = SimulatedBandwidth(serve(ThreadingHTTPServer(("127.0.0.1", 0), Handler))).call()
    assert heard == ["initiate", "disconnect", "disconnect"]
    assert [one.status for one in call.exchanges] == [204, None, 204]


# -- Where it goes, and where it never goes ------------------------------------------------------------------


def test_no_server_listens(nowhere: str) -> None:
    """The error about a missing server is one line, with its URL."""
    bandwidth = SimulatedBandwidth(nowhere)
    with pytest.raises(UnreachableApplication, match=f"^POST {nowhere}: no connection: .*refused"):
        bandwidth.call()
    with pytest.raises(UnreachableApplication, match=f"^POST {nowhere}: no connection: .*refused"):
        bandwidth.dial("+15556667777", "")
    assert [call.cause for call in bandwidth.calls] == ["callback-error"] * 2


def test_credentials_rejected(serve: Serve) -> None:
    """The error about rejected credentials is one line, without the password."""
    url = serve(flask_view())
    for credentials, reason in [
        (("bandwidth", "wr0ng"), "401: the credentials of 'bandwidth' are rejected."),
        (
            None,
            "401: the application asks for credentials, and there are none for this URL."
            " Give credentials=(username, password), or --credentials in the terminal.",
        ),
    ]:
        with pytest.raises(UnreachableApplication) as raised:
            SimulatedBandwidth(url, credentials=credentials).call()
        assert str(raised.value) == f"POST {url}: {reason}"


def test_a_server_without_tls(serve: Serve) -> None:
    """An https URL is requested with TLS, and a server without TLS is unreachable."""
    url = serve(raw(b"HTTP/1.1 400 \r\n\r\n", reads=False)).replace("http:", "https:")
    with pytest.raises(UnreachableApplication, match=r"no connection: .*SSL"):
        SimulatedBandwidth(url).call()


def test_only_the_server_and_this_machine(serve: Serve) -> None:
    """No host but the target's own and this machine is sent anything."""
    url = serve(flask_view())
    target = url.replace("127.0.0.1", "127.1")
    bandwidth = SimulatedBandwidth(target, credentials=CREDENTIALS)
    assert bandwidth.call().heard == ["Press a key."]
    call = bandwidth.dial("+15556667777", url)
    assert call.heard == ["Press a key."]
    call.redirect("http://elsewhere.example/phone")
    assert call.exchanges[-1].failure == "elsewhere.example is not part of this simulation"


def test_hosts_and_paths_beyond_ascii(serve: Serve) -> None:
    """A path may have any characters, sent as browsers send them; an impossible host is unreachable."""
    app = Flask("host")
    asked = []

    @app.post("/<path:path>")
    def answer(path: str) -> Response:
        asked.append((path, request.args.get("q")))
        document = (
            '<Response><Redirect redirectUrl="/gr\u00fc\u00dfe?q=\u20ac"/></Response>'
            if path == "phone/"
            else ""
        )
        return Response(document, mimetype="application/xml")

    url = serve(make_server("127.0.0.1", 0, app))
    assert SimulatedBandwidth(url).call().cause == "hangup"
    assert asked == [("phone/", None), ("gr\u00fc\u00dfe", "\u20ac"), ("phone/", None)]
    with pytest.raises(UnreachableApplication, match="no connection"):
        SimulatedBandwidth(f"http://{'x' * 64}.example/").call()
