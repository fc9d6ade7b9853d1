"""A timeout holds for the whole exchange, whatever a server does; and which servers are reached at all."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TypeAlias

import pytest
from flask import Flask, Response

from flask_bandwidth_callbacks.bxml import Redirect, SpeakSentence, render
from flask_bandwidth_callbacks.bxml import Response as Document
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.deadlines import DeadlinePassed, connect
from flask_bandwidth_callbacks.simulator.wire.transport import NoConnection, OverHTTP
from flask_bandwidth_callbacks.simulator.wire.urls import split

TIMEOUT = 0.2
LONG = 4.0
"""Seconds after which a server of these tests gives up, so that a test that waits for it fails."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

Serve: TypeAlias = Callable[[Callable[[BaseRequestHandler], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that treat a connection as a function says; gives their host and port."""
    with ExitStack() as stack:

        def start(treat: Callable[[BaseRequestHandler], None]) -> str:
            class Handler(BaseRequestHandler):
                def handle(self) -> None:
                    with suppress(OSError):
                        treat(self)

            server = stack.enter_context(ThreadingTCPServer(("127.0.0.1", 0), Handler))
            thread = Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"127.0.0.1:{server.server_address[1]}"

        yield start


def dripping(begin: bytes, drop: bytes, pause: float) -> Callable[[BaseRequestHandler], None]:
    """Return how a server begins a reply and then sends a drop again and again."""

    def treat(connection: BaseRequestHandler) -> None:
        connection.request.recv(65536)
        connection.request.sendall(begin)
        given_up = time.monotonic() + LONG
        while time.monotonic() < given_up:
            connection.request.sendall(drop)
            time.sleep(pause)

    return treat


@pytest.mark.parametrize("pause", [0.02, 0.0], ids=["slowly", "fast"])
@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (OK + b"X-Long: ", b"x"),
        (OK + b"X-Many: 1", b"\r\n "),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\nX: ", b"x"),
        (CHUNKED, b"0"),
        (CHUNKED + b"5;", b"x"),
        (CHUNKED, b"1\r\n \r\n"),
        (CHUNKED + b"0\r\n", b"X-Trailer: x\r\n"),
        (CHUNKED + b"0\r\nX: ", b"x"),
        (OK + b"Content-Length: 9999999\r\n\r\n", b" "),
        (OK + b"\r\n", b" "),
    ],
    ids=[
        *("status line", "header", "folded header", "100-continue", "header of a 100-continue", "chunk size"),
        *("chunk extension", "chunks", "trailers", "trailer", "body", "body without a length"),
    ],
)
def test_a_server_that_drips(serve: Serve, begin: bytes, drop: bytes, pause: float) -> None:
    """A reply that never ends fails once the timeout is over, whichever part of it the server repeats."""
    bandwidth = SimulatedBandwidth(f"http://{serve(dripping(begin, drop, pause))}/", callback_timeout=TIMEOUT)
    began = time.monotonic()
    exchange = bandwidth.send("disconnect", {})
    assert time.monotonic() - began < LONG / 2
    # A fast server exceeds the limits of a line or of a body before the timeout.
    assert exchange.failure == f"no reply within {TIMEOUT} s" or (
        not pause and len(exchange.response) < 2**21
    )


def test_a_server_that_reads_slowly(serve: Serve) -> None:
    """A request that the server takes byte by byte fails once the timeout is over."""

    def treat(connection: BaseRequestHandler) -> None:
        given_up = time.monotonic() + LONG
        while time.monotonic() < given_up and connection.request.recv(1):
            time.sleep(0.02)

    bandwidth = SimulatedBandwidth(f"http://{serve(treat)}/", callback_timeout=TIMEOUT)
    began = time.monotonic()
    assert bandwidth.send("disconnect", {}, raw=bytes(20_000_000)).failure == f"no reply within {TIMEOUT} s"
    assert time.monotonic() - began < LONG / 2


def test_a_handshake_that_drips(serve: Serve) -> None:
    """A TLS handshake that never ends fails once the timeout is over."""
    a_long_record = bytes([0x16, 3, 3, 0x40, 0, 2])
    url = f"https://{serve(dripping(a_long_record, b'x', 0.02))}/"
    began = time.monotonic()
    exchange = SimulatedBandwidth(url, callback_timeout=TIMEOUT).send("disconnect", {})
    assert exchange.failure == f"no reply within {TIMEOUT} s"
    assert time.monotonic() - began < LONG / 2


def test_an_application_that_streams_forever() -> None:
    """A reply of a Flask application in process that never ends fails once the timeout is over."""
    app = Flask("host")
    given_up = time.monotonic() + LONG

    @app.post("/")
    def endless() -> Response:
        def drops() -> Iterator[bytes]:
            while time.monotonic() < given_up:
                time.sleep(0.02)
                yield b" "

        return Response(drops(), mimetype="application/xml")

    exchange = SimulatedBandwidth(app, "/", callback_timeout=TIMEOUT).send("initiate", {})
    assert exchange.failure == f"no reply within {TIMEOUT} s"
    assert time.monotonic() < given_up - LONG / 2


def test_no_connection_is_made_after_the_deadline() -> None:
    """A deadline that has passed already is not waited for again."""
    with pytest.raises(DeadlinePassed):
        connect(split("http://127.0.0.1:9/"), time.monotonic())


# -- Which servers are reached -------------------------------------------------------------------------------


def replying(document: bytes) -> Callable[[BaseRequestHandler], None]:
    def treat(connection: BaseRequestHandler) -> None:
        connection.request.recv(65536)
        connection.request.sendall(OK + b"\r\n" + document)

    return treat


THIS_MACHINE = ["localhost", "127.0.0.1", "127.1", "127.7.7.7", "2130706433", "[::1]", "0.0.0.0"]
THIS_MACHINE += ["phone.localhost", "[::ffff:127.0.0.1]"]


@pytest.mark.parametrize("host", THIS_MACHINE)
def test_a_remote_server_leads_nowhere_on_this_machine(
    serve: Serve, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document of a remote server cannot make the simulation request what runs on this machine."""
    local: list[BaseRequestHandler] = []
    port = serve(local.append).partition(":")[2]
    document = render(Document(Redirect(redirect_url=f"http://{host}:{port}/")))
    remote = serve(replying(document)).partition(":")[2]
    # The name of the remote server leads to this one, as no test may leave this machine.
    monkeypatch.setattr("socket.create_connection", _without_names("calls.example.com"))
    call = SimulatedBandwidth(f"http://calls.example.com:{remote}/").call()
    assert call.cause == "callback-error"
    assert [one.status for one in call.exchanges] == [200, None, 200]
    assert (call.exchanges[1].failure or "").endswith("is not part of this simulation")
    assert local == []


def _without_names(host: str) -> Callable[..., object]:
    really = socket.create_connection

    def create_connection(address: tuple[str, int], timeout: float) -> socket.socket:
        return really(("127.0.0.1" if address[0] == host else address[0], address[1]), timeout)

    return create_connection


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433"])
def test_a_server_on_this_machine_may_lead_to_others_there(serve: Serve, host: str) -> None:
    """A server on this machine may lead to others on it, by any name of this machine."""
    port = serve(replying(render(Document(SpeakSentence("Hello."))))).partition(":")[2]
    document = render(Document(Redirect(redirect_url=f"http://{host}:{port}/")))
    call = SimulatedBandwidth(f"http://{serve(replying(document))}/").call()
    assert call.heard == ["Hello."]


@pytest.mark.parametrize(
    "host", ["127.0.0.1.example.com", "127.example.com", "localhost.example.com", "[2001:db8::1]", "10.0.0.1"]
)
def test_what_only_looks_like_this_machine(host: str) -> None:
    """A host whose name only begins like one of this machine is another one, as target and otherwise."""
    for target, url in [("localhost", f"http://{host}/"), (host.strip("[]"), "http://localhost/")]:
        with pytest.raises(NoConnection, match="is not part of this simulation"):
            OverHTTP(target).send("POST", split(url), {}, b"", timeout=1)
