"""Callbacks over HTTP to real servers, for what a test client cannot show."""

from __future__ import annotations

import json
import socket
import time
import uuid
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from tests.servers import granian, gunicorn, running

LIMIT = 256 * 1024
JSON = {"Content-Type": "application/json"}


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()}


LET_IN = JSON | basic("bandwidth", "s3cret")


@dataclass(frozen=True)
class Server:
    """A server that runs on 127.0.0.1, and the behavior to expect of it."""

    port: int
    keeps_alive: bool
    """The connection stays open after a reply."""
    buffers: bool
    """It reads the whole body before it asks the application."""
    hangs_up_above: int
    """It may hang up after a reply if more bytes than this of the body were not read; -1 for any body."""
    hides_broken_chunks: bool
    """It hands on a chunked body that breaks off as if that were the end of the body."""

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=5)

    def heard(self) -> list[str]:
        """Return the ids of the calls that handlers got; fails if the server is down."""
        with closing(self.connect()) as connection:
            connection.request("GET", "/heard")
            ids: list[str] = json.loads(connection.getresponse().read())
            return ids

    def send_raw(
        self, head: list[str], *body: bytes, target: bytes = b"/phone/", ends: bool = False
    ) -> int | None:
        """Send a POST as bytes; return the status, or None if the server closes the connection.

        With ``ends`` nothing more is sent after the body; else the server would have to wait for it.
        """
        lines = [
            b"POST " + target + b" HTTP/1.1",
            b"Host: localhost",
            *(line.encode() for line in head),
            b"",
            b"",
        ]
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"\r\n".join(lines))
            for part in body:
                time.sleep(0.05)
                connection.sendall(part)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            with closing(HTTPResponse(connection)) as response:
                try:
                    response.begin()
                except (RemoteDisconnected, ConnectionResetError):
                    return None
                response.read()
                return response.status


RAW = [f"{name}: {value}" for name, value in LET_IN.items()]
CHUNKED = [*RAW, "Transfer-Encoding: chunked"]
COMMANDS = {
    "granian": granian("tests.served:app"),
    "gunicorn": gunicorn("tests.served:app", threads=4),
    "waitress": ["-m", "tests.served", "waitress", "{fd}"],
    "werkzeug": ["-m", "tests.served", "werkzeug", "{fd}"],
}


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each of the servers in turn."""
    with running(COMMANDS[request.param], tmp_path_factory.mktemp("served") / "log") as port:
        yield Server(
            port,
            keeps_alive=request.param != "werkzeug",
            buffers=request.param == "waitress",
            hangs_up_above=-1 if request.param == "granian" else LIMIT,
            hides_broken_chunks=request.param == "granian",
        )


@pytest.fixture
def call_id() -> str:
    return f"c-{uuid.uuid4()}"


def initiate(call_id: str, length: int = 0) -> bytes:
    """Return the callback of an inbound call, padded with spaces to a length."""
    payload = {"eventType": "initiate", "callId": call_id, "from": "+15551112222"}
    return json.dumps(payload).encode().ljust(length)


def chunks(body: bytes, size: int = 8192) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def chunked(parts: Iterable[bytes], end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


# -- A call ------------------------------------------------------------------------------------------------


def test_a_call_on_one_connection(server: Server, call_id: str) -> None:
    """A whole call, challenge first, works over one connection where the server keeps it open."""
    with closing(server.connect()) as connection:
        connection.request("POST", "/phone", initiate(call_id), JSON)
        response = connection.getresponse()
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="phone", charset="UTF-8"'
        assert json.loads(response.read())["status"] == 401
        first_socket = connection.sock
        assert (first_socket is not None) == server.keeps_alive

        connection.request("POST", "/phone", initiate(call_id), LET_IN)
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"]) == (200, "application/xml; charset=utf-8")
        (gather,) = ElementTree.fromstring(response.read())
        assert gather.findtext("SpeakSentence") == "Hello +15551112222."

        pressed = json.dumps({"eventType": "gather", "callId": call_id, "digits": "1"})
        headers = JSON | basic(gather.attrib["username"], gather.attrib["password"])
        connection.request("POST", gather.attrib["gatherUrl"], pressed, headers)
        response = connection.getresponse()
        answer = ElementTree.fromstring(response.read())
        assert [child.tag for child in answer] == ["SpeakSentence", "Hangup"]
        assert answer.findtext("SpeakSentence") == "You pressed 1."
        if server.keeps_alive:
            assert connection.sock is first_socket

        ended = urlencode({"eventType": "disconnect", "callId": call_id, "cause": "hangup"})
        connection.request("GET", f"/phone/?{ended}", headers=LET_IN)
        response = connection.getresponse()
        assert (response.status, response.read()) == (204, b"")
    assert server.heard().count(call_id) == 3


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "HEAD", "BREW"])
def test_other_methods(server: Server, method: str) -> None:
    """Other methods are challenged and then rejected, and the connection stays usable."""
    with closing(server.connect()) as connection:
        for headers, status in ((JSON, 401), (LET_IN, 405), (JSON, 401)):
            connection.request(method, "/phone/", headers=headers)
            response = connection.getresponse()
            response.read()
            assert response.status == status


def send(connection: HTTPConnection, body: bytes, headers: dict[str, str], *, in_chunks: bool) -> None:
    """Send a callback as far as the server allows: one that has replied may close the connection."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(
            "POST", "/phone/", chunks(body) if in_chunks else body, headers, encode_chunked=in_chunks
        )


# -- Refused before the body is read -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 4096, 50_000, LIMIT + 1])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_goes_on_after_an_unread_body(server: Server, call_id: str, length: int, in_chunks: bool) -> None:
    """The unread body of a challenged request is not mistaken for the next request, which gets its reply.

    A server may hang up rather than discard a body that is larger than a callback.
    """
    with closing(server.connect()) as connection:
        body = initiate(call_id, length)
        send(connection, body, JSON, in_chunks=in_chunks)
        response = connection.getresponse()
        response.read()
        assert response.status == 401
        try:
            connection.request("POST", "/phone/", initiate(call_id), LET_IN)
            response = connection.getresponse()
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            assert length > server.hangs_up_above
            connection.close()
            connection.request("POST", "/phone/", initiate(call_id), LET_IN)
            response = connection.getresponse()
        response.read()
        assert response.status == 200
    assert server.heard().count(call_id) == 1


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_challenges_without_waiting_for_the_body(server: Server, framing: str) -> None:
    """The challenge comes before the body does, unless the server itself waits for the body."""
    if server.buffers:
        pytest.skip("This server reads every body before it asks the application.")
    assert server.send_raw(["Content-Type: application/json", framing]) == 401


# -- Chunked bodies and the limit --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "status"), [(0, 200), (LIMIT, 200), (LIMIT + 1, 413), (LIMIT + 2, 413), (3 * LIMIT, 413)]
)
@pytest.mark.parametrize("in_chunks", [True, False])
def test_the_limit(server: Server, call_id: str, in_chunks: bool, length: int, status: int) -> None:
    """A body of up to 256 KiB is accepted, chunked or not, and a larger one gets 413."""
    body = initiate(call_id, length)
    with closing(server.connect()) as connection:
        send(connection, body, LET_IN, in_chunks=in_chunks)
        response = connection.getresponse()
        response.read()
        assert response.status == status
    assert server.heard().count(call_id) == (status == 200)


def test_does_not_wait_for_the_end_of_what_is_too_large(server: Server, call_id: str) -> None:
    """A chunked body is rejected soon after the limit, although the client would go on forever."""
    if server.buffers:
        pytest.skip("This server reads every body before it asks the application.")
    body = chunked(chunks(initiate(call_id, LIMIT + 8192)), end=b"")
    assert server.send_raw(CHUNKED, body) == 413
    assert call_id not in server.heard()


# -- Slow, cut and broken bodies ---------------------------------------------------------------------------


def test_takes_a_slow_body(server: Server, call_id: str) -> None:
    """A body that comes in pieces is waited for."""
    body = initiate(call_id)
    assert server.send_raw([*RAW, f"Content-Length: {len(body)}"], body[:1], body[1:20], body[20:]) == 200
    assert server.send_raw(CHUNKED, *(chunked([part], b"") for part in chunks(body, 30)), b"0\r\n\r\n") == 200
    assert server.heard().count(call_id) == 2


@pytest.mark.parametrize("missing", [1, 1000])
def test_refuses_a_cut_body(server: Server, call_id: str, missing: int) -> None:
    """A body that ends before its length is rejected, even if the part that came is a whole callback."""
    body = initiate(call_id)
    status = server.send_raw([*RAW, f"Content-Length: {len(body) + missing}"], body, ends=True)
    assert status in (400, None)
    assert call_id not in server.heard()


@pytest.mark.parametrize("end", [b"", b"0", b"5\r\n ", b"zz\r\n", b"-1\r\n\r\n"])
def test_refuses_broken_chunks(server: Server, call_id: str, end: bytes) -> None:
    """A chunked body that ends early, or has an invalid chunk, is rejected.

    If the server hides that from the application, at least half a callback is.
    """
    body = initiate(call_id)[: -1 if server.hides_broken_chunks else None]
    status = server.send_raw(CHUNKED, chunked([body], end), ends=True)
    assert status in (400, None)
    assert call_id not in server.heard()


def test_refuses_bytes_in_the_query_string(server: Server, call_id: str) -> None:
    """Raw bytes in a query string that are not UTF-8 are rejected, unless the server encodes them."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        target = b"/phone/?eventType=initiate&callId=%s&from=\xe9" % call_id.encode()
        head = "\r\n".join(["Host: localhost", *RAW, "", ""]).encode()
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\n" + head)
        with closing(HTTPResponse(connection)) as response:
            response.begin()
            response.read()
            assert response.status in (200, 400)
    assert (call_id in server.heard()) == (response.status == 200)
