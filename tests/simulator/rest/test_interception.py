"""Requests of this process to Bandwidth: which are answered in it, by which simulation, and for how long."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import ssl
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import urllib3
from urllib3.util import Retry

from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.rest import intercepted

VOICE = "https://voice.bandwidth.com"


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Reply with the request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Twice", "1"), ("X-Twice", "2")])
    names = ("REQUEST_METHOD", "wsgi.url_scheme", "HTTP_HOST", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE")
    request = {name: environ.get(name) for name in (*names, "HTTP_AUTHORIZATION", "HTTP_TRANSFER_ENCODING")}
    return [json.dumps({**request, "body": body}).encode()]


def named(name: str) -> WSGIApplication:
    """Return an application that replies with a name."""

    def reply(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [name.encode()]

    return reply


def answers() -> str:
    """Return the name of the application that answers requests to Bandwidth."""
    return urllib3.request("GET", VOICE).data.decode()


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The URL of a real server, which is none of Bandwidth's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"elsewhere")

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


# -- Which requests ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "scheme", "host"),
    [
        ("https://voice.bandwidth.com/path", "https", "voice.bandwidth.com"),
        ("http://messaging.bandwidth.com/path", "http", "messaging.bandwidth.com"),
        ("https://BANDWIDTH.COM:8443/path", "https", "bandwidth.com"),
        ("https://a.b.bandwidth.com./path", "https", "a.b.bandwidth.com"),
    ],
)
def test_every_host_of_bandwidth(url: str, scheme: str, host: str) -> None:
    """A request to any host under bandwidth.com is answered, whatever its scheme, port and spelling."""
    with intercepted(echo):
        request = urllib3.request("GET", url).json()
    assert (request["wsgi.url_scheme"], request["HTTP_HOST"]) == (scheme, host)
    assert request["PATH_INFO"] == "/path"


def test_other_hosts(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to other hosts take their ordinary way, also if their names or URLs hold Bandwidth's name."""
    with intercepted(named("simulated")):
        response = urllib3.request("GET", f"{elsewhere}?next=https://voice.bandwidth.com/")
    assert response.data == b"elsewhere"
    looked_up: list[str] = []

    def look_up(host: str, *arguments: Any, **keywords: Any) -> Any:
        looked_up.append(host)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with intercepted(named("simulated")):
        for host in ("notbandwidth.com", "bandwidth.com.example", "bandwidth.com@host.example"):
            with pytest.raises(urllib3.exceptions.MaxRetryError):
                urllib3.request("GET", f"http://{host}/", retries=0)
    assert looked_up == ["notbandwidth.com", "bandwidth.com.example", "host.example"]


def test_a_proxy(elsewhere: str) -> None:
    """A request to Bandwidth that would go through a proxy is answered; others are sent to the proxy."""
    manager = urllib3.ProxyManager(elsewhere)
    with intercepted(named("simulated")):
        assert manager.request("GET", VOICE).data == b"simulated"
        assert manager.request("GET", "http://voice.bandwidth.com/").data == b"simulated"
        assert manager.request("GET", "http://other.example/").data == b"elsewhere"


def test_a_pool_that_was_there_before() -> None:
    """A pool that may hold an open connection to Bandwidth does not use it."""
    pool = urllib3.HTTPSConnectionPool("voice.bandwidth.com")
    pool.ConnectionCls = None  # type: ignore[assignment]  # it cannot connect
    with intercepted(named("simulated")):
        assert pool.request("GET", "/").data == b"simulated"


# -- Request and response ------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["four", b"four", iter([b"fo", b"ur"])], ids=["text", "bytes", "chunks"])
def test_the_request_arrives_whole(body: Any) -> None:
    """Method, path, query, headers and body arrive, also a body that is sent in chunks."""
    headers = {"Authorization": "Bearer x", "Content-Type": "text/plain"}
    with intercepted(echo):
        response = urllib3.request("PUT", f"{VOICE}/a%2Fb%20c?x=1&y=%3D", body=body, headers=headers)
    assert response.json() == {
        "REQUEST_METHOD": "PUT",
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "voice.bandwidth.com",
        "PATH_INFO": "/a/b c",
        "QUERY_STRING": "x=1&y=%3D",
        "CONTENT_TYPE": "text/plain",
        "HTTP_AUTHORIZATION": "Bearer x",
        "HTTP_TRANSFER_ENCODING": None,
        "body": "four",
    }


@pytest.mark.parametrize("preload_content", [True, False])
def test_the_response_arrives_whole(preload_content: bool) -> None:
    """Status, repeated headers and the body arrive; the body may be streamed; HEAD has none."""
    with intercepted(echo):
        response = urllib3.request("POST", VOICE, body="x", preload_content=preload_content)
        assert json.loads(response.read() or response.data)["body"] == "x"
        assert (response.status, response.reason) == (200, "OK")
        assert response.headers.getlist("X-Twice") == ["1", "2"]
        assert urllib3.request("HEAD", VOICE).data == b""


def test_urllib3_retries() -> None:
    """The client's own rules for sending a request again apply, such as for a limit that is exceeded."""
    statuses = iter(["429 Too Many Requests", "200 OK"])

    def limited(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(next(statuses), [("Retry-After", "0")])
        return [b"body"]

    with intercepted(limited):
        manager = urllib3.PoolManager(retries=Retry(1, status_forcelist=[429]))
        response = manager.request("GET", VOICE)
    assert (response.status, len(response.retries.history)) == (200, 1)  # type: ignore[union-attr]


def test_an_error_of_the_application() -> None:
    """What the application raises comes out where the request was sent, and its response is closed."""

    class Body:
        is_closed = False

        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise LookupError("no other half")

        def close(self) -> None:
            self.is_closed = True

    body = Body()

    def fails(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return body

    with intercepted(fails), pytest.raises(LookupError, match="no other half"):
        urllib3.request("GET", VOICE)
    assert body.is_closed


# -- Who answers ---------------------------------------------------------------------------------------------


def test_nested_contexts() -> None:
    """The innermost context answers, also if its application is that of an outer one."""
    one, two = named("one"), named("two")
    with intercepted(one):
        with intercepted(two):
            with intercepted(one):
                assert answers() == "one"
            assert answers() == "two"
        assert answers() == "one"


def test_contexts_that_overlap() -> None:
    """A context that ends before one that began within it leaves that one as it is."""
    first, second = ExitStack(), ExitStack()
    first.enter_context(intercepted(named("first")))
    second.enter_context(intercepted(named("second")))
    first.close()
    assert answers() == "second"
    second.close()


def test_threads() -> None:
    """A thread without a context shares the latest; one with its own has it to itself."""

    def own() -> str:
        with intercepted(named("of the thread")):
            ready.wait(10)
            done.wait(10)
            return answers()

    ready, done = threading.Barrier(2), threading.Barrier(2)
    with ThreadPoolExecutor() as threads, intercepted(named("of the test")):
        assert threads.submit(answers).result(10) == "of the test"
        answer = threads.submit(own)
        ready.wait(10)
        assert answers() == "of the test"
        assert ThreadPoolExecutor().submit(answers).result(10) == "of the thread"
        done.wait(10)
        assert answer.result(10) == "of the thread"
        assert threads.submit(answers).result(10) == "of the test"


def test_everything_is_put_back() -> None:
    """After the last context everything is as it was, also after an error."""

    def functions() -> list[object]:
        tls = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio
        return [urllib3.HTTPConnectionPool.urlopen, socket.getaddrinfo, *tls]

    before = functions()
    with intercepted(echo):
        assert not set(functions()) & set(before)
    with pytest.raises(SimulationError), intercepted(echo), intercepted(echo):
        socket.getaddrinfo("voice.bandwidth.com", 443)
    assert functions() == before


def test_a_request_that_outlives_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that a client took while requests were intercepted takes the ordinary way afterwards."""
    calls: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port: calls.append((host, port)))
    with intercepted(echo):
        look_up = socket.getaddrinfo
    look_up("voice.bandwidth.com", 443)
    assert calls == [("voice.bandwidth.com", 443)]


# -- Other clients -------------------------------------------------------------------------------------------


def of_asyncio() -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection("voice.bandwidth.com", 443), 10))


def with_its_own_resolver() -> None:
    """Begin TLS as asyncio does, with an address that was looked up by other means."""
    tls = ssl.create_default_context()
    tls.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="voice.bandwidth.com")


def through_a_proxy() -> None:
    """Begin TLS on a connection to a proxy."""
    with socket.socket() as connection:
        ssl.create_default_context().wrap_socket(connection, server_hostname="voice.bandwidth.com")


@pytest.mark.parametrize(
    "send",
    [
        lambda: http.client.HTTPConnection("voice.bandwidth.com").request("GET", "/"),
        lambda: urllib.request.urlopen("http://messaging.bandwidth.com/"),
        lambda: socket.create_connection(("Bandwidth.com.", 443)),
        lambda: socket.getaddrinfo(b"api.bandwidth.com", 443),
        of_asyncio,
        with_its_own_resolver,
        through_a_proxy,
    ],
    ids=["http.client", "urllib.request", "socket", "bytes", "asyncio", "own resolver", "proxy"],
)
def test_other_clients_are_told_what_to_do(send: Callable[[], object]) -> None:
    """A client that does not use urllib3 gets an error that says how it can reach the simulation."""
    message = re.escape("Give that client a URL from bandwidth.serve_rest().")
    with intercepted(echo), pytest.raises(SimulationError, match=message):
        send()


def test_without_urllib3(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an environment without urllib3, other clients still get the error."""
    monkeypatch.setitem(sys.modules, "urllib3", None)
    before = urllib3.HTTPConnectionPool.urlopen
    with intercepted(echo):
        assert urllib3.HTTPConnectionPool.urlopen is before
        with pytest.raises(SimulationError, match=r"another client connects to 'voice"):
            socket.getaddrinfo("voice.bandwidth.com", 443)
