"""The studio is for one browser of this machine: who is let in, and what every reply says to browsers."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest
from flask import Flask

from flask_bandwidth_callbacks.studio import Studio, create_app
from tests.studio.conftest import BOB, Client, Open

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def client(phone_app: Flask, open_studio: Open) -> Client:
    return open_studio(phone_app)


def test_only_this_machine_is_served(client: Client) -> None:
    """The server listens at 127.0.0.1, and at no other address of this machine."""
    for address in ("127.0.0.2", "::1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with closing(socket.socket(family)) as other:
            assert other.connect_ex((address, client.studio.port)) != 0


@pytest.mark.parametrize(
    "host", ["evil.example.com", "127.0.0.1.nip.io:{port}", "127.0.0.1", "localhost:1", "[::1]:{port}", ""]
)
def test_other_hosts(client: Client, host: str) -> None:
    """A page of another host that leads here, by DNS rebinding, gets nothing, even with the token."""
    host = host.format(port=client.studio.port)
    for path in (f"/?token={client.studio.token}", "/samples"):
        reply = client.request("GET", path, None, Host=host, Cookie=client.cookie)
        assert reply.status == 403
        assert reply.getheader("Set-Cookie") is None
        assert b"served for localhost and 127.0.0.1 only" in reply.read()


def test_localhost(client: Client) -> None:
    """The page may also be opened as localhost."""
    port = client.studio.port
    reply = client.request("GET", "/samples", None, Host=f"localhost:{port}", Cookie=client.cookie)
    assert reply.status == 200


def test_the_token_becomes_a_cookie(client: Client) -> None:
    """The token of the URL opens a session that scripts and other sites cannot use, and leaves the URL."""
    reply = client.request("GET", f"/?token={client.studio.token}")
    assert (reply.status, reply.getheader("Location")) == (303, "/")
    cookie = reply.getheader("Set-Cookie") or ""
    assert cookie.startswith(f"studio_{client.studio.port}=")
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert client.request("GET", "/", None, Cookie=client.cookie).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/?token=wrong", "/?token=%C3%A9", "/studio.css", "/events", "/samples"]
)
@pytest.mark.parametrize("cookie", ["", "studio_{port}=wrong", "other=1"])
def test_without_the_token(client: Client, path: str, cookie: str) -> None:
    """Without the token nothing is served; the page says in one sentence what to do."""
    reply = client.request("GET", path, None, Cookie=cookie.format(port=client.studio.port))
    assert reply.status == 403
    assert b"Open the studio with the URL that flask bandwidth studio has printed." in reply.read()


def test_the_token_is_not_in_other_paths(client: Client) -> None:
    """The token opens the page only; an action or a file with it in its URL is refused."""
    reply = client.request("GET", f"/samples?token={client.studio.token}")
    assert reply.status == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example.com", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_other_origins(client: Client, origin: str | None) -> None:
    """An action is accepted from the studio's own page only."""
    headers = {"Cookie": client.cookie, "Content_Type": "application/json"}
    if origin is not None:
        headers["Origin"] = origin.format(port=client.studio.port)
    reply = client.request("POST", "/actions/call", b"{}", **headers)
    assert reply.status == 403
    assert "page of the studio" in json.loads(reply.read())["detail"]
    assert client.heard("call") == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_types(client: Client, content_type: str) -> None:
    """What a form of another site can send is not an action."""
    reply = client.request(
        "POST",
        "/actions/call",
        b"{}",
        Cookie=client.cookie,
        Origin=f"http://127.0.0.1:{client.studio.port}",
        Content_Type=content_type,
    )
    assert reply.status == 415


def test_an_action_without_the_token(client: Client) -> None:
    """An action needs the cookie, too."""
    origin = f"http://127.0.0.1:{client.studio.port}"
    reply = client.request("POST", "/actions/call", b"{}", Origin=origin, Content_Type="application/json")
    assert reply.status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/studio.css"),
        ("GET", "/events"),
        ("GET", "/samples"),
        ("GET", "/nothing"),
        ("GET", "/../session.py"),
        ("GET", "/%2e%2e/session.py"),
        ("POST", "/actions/call"),
        ("POST", "/actions/unknown"),
        ("PUT", "/"),
        ("GET", "/callbacks/1"),
    ],
)
def test_headers_of_every_reply(client: Client, method: str, path: str) -> None:
    """Every reply forbids scripts and styles of others, frames, guessed types and caches."""
    for cookie in (client.cookie, ""):
        reply = client.request(method, path, None, Cookie=cookie)
        assert {name: reply.getheader(name) for name in HEADERS} == HEADERS
        if path.endswith("session.py"):
            assert reply.status == (404 if cookie else 403)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"call": 7}', b"\xff", b"x" * 2_000_000])
def test_a_body_that_is_not_an_action(client: Client, body: bytes) -> None:
    """A body that cannot be read is a problem with a sentence."""
    reply = client.request(
        "POST",
        "/actions/press",
        body,
        Cookie=client.cookie,
        Origin=f"http://127.0.0.1:{client.studio.port}",
        Content_Type="application/json",
    )
    assert reply.status in (400, 413)
    assert json.loads(reply.read())["detail"].endswith(".")


def test_an_unknown_action(client: Client) -> None:
    """An action that does not exist is a problem with a sentence."""
    assert client.act("explode") == (
        404,
        {"status": 404, "detail": "'explode' is not an action of the studio."},
    )


def test_words_stay_words(client: Client) -> None:
    """Markup that a caller says, and line breaks in it, stay text in the JSON of one event."""
    words = "<script>alert(1)</script>\n\nevent: reset\ndata: {}\u2028"
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("speak", call=call, text=words)
    client.wait_for("line", kind="says", words=words)
    assert len(client.heard("reset")) == 1
    client.do("send", event="gather", payload={"eventType": "gather", "from": BOB, "digits": "<b>"})
    number = client.wait_for("callback", source="sent")["number"]
    reply = client.request("GET", f"/callbacks/{number}", None, Cookie=client.cookie)
    assert reply.getheader("Content-Type") == "application/json"


def test_the_port_that_browsers_do_not_name() -> None:
    """At port 80 the browser names no port, neither as the host nor as the origin."""
    studio = Studio(80)
    browser = create_app(studio).test_client()
    assert browser.get(f"/?token={studio.token}", headers={"Host": "localhost"}).status_code == 303
    reply = browser.post(
        "/actions/call", json={}, headers={"Host": "localhost", "Origin": "http://localhost"}
    )
    assert reply.status_code == 409
