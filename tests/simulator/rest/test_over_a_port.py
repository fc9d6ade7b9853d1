"""The REST interface over a port: any client of this machine, in real time."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from flask_bandwidth_callbacks import AnswerCallback, CallbackBlueprint, CallCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Bridge, Hangup, Pause, Record, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.rest import RestApplication, serving
from tests.simulator.callbacks import told
from tests.simulator.conftest import Line
from tests.simulator.test_real_time import wait_until

ANY = "Basic YTpi"
BOB = "+13035550141"


def send(url: str, method: str = "GET", body: Any = None, authorization: str = ANY) -> tuple[int, Any]:
    """Send a request with a body of JSON, and return the status and the JSON of the response."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    try:
        with urlopen(Request(url, data, headers, method=method), timeout=10) as response:
            return response.status, json.loads(response.read() or "null")
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or "null")


def create_call(url: str, answer_url: str = "https://localhost/phone/told") -> str:
    """Create a call to Bob, and return its id."""
    body = {"to": BOB, "from": "+13035550100", "applicationId": "app", "answerUrl": answer_url}
    status, created = send(f"{url}/api/v2/accounts/9900000/calls", "POST", body)
    assert status == 201, created
    call_id: str = created["callId"]
    return call_id


def test_a_call_runs_in_real_time(line: Line) -> None:
    """A call that a client creates takes as long as it really does, while the client asks for its state."""
    bandwidth = line(told=[SpeakSentence("Hi."), Pause(duration=0.3)])
    with bandwidth.serve_rest() as url:
        began = time.monotonic()
        call_url = f"{url}/api/v2/accounts/9900000/calls/{create_call(url)}"
        wait_until(lambda: send(call_url)[1]["state"] == "answered")
        wait_until(lambda: send(call_url)[1]["state"] == "disconnected")
        assert time.monotonic() - began > 0.4
        assert send(call_url)[1]["disconnectCause"] == "hangup"
    (call,) = bandwidth.calls
    assert call.heard == ["Hi."]


def test_a_call_begins_after_the_response(line: Line) -> None:
    """No callback of a call is sent before the server has sent the response that holds the call's id."""
    bandwidth = line(told=Hangup())
    body = {
        "to": BOB,
        "from": "+13035550100",
        "applicationId": "app",
        "answerUrl": "https://localhost/phone/told",
    }
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v2/accounts/9900000/calls",
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": ANY,
    }
    with bandwidth.serve_rest():
        application = serving.over_a_connection(RestApplication(bandwidth))
        chunks = application(_environ(environ, json.dumps(body).encode()), lambda *started: None)
        assert b"callId" in next(chunks)
        (call,) = bandwidth.calls
        time.sleep(0.2)  # ten times the time in which it would begin
        assert (call.state, call.exchanges) == ("queued", [])
        assert list(chunks) == []
        wait_until(lambda: call.state == "disconnected")


def _environ(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    return {**EnvironBuilder(data=body).get_environ(), **environ}


def test_a_handler_that_creates_a_call() -> None:
    """A handler creates a call over the port while its own callback is out, and bridges the two later."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("a", "b")])
    served: list[str] = []

    @phone.respond(InitiateCallback)
    def call_bob(event: InitiateCallback) -> Pause:
        body = {
            "to": BOB,
            "from": event.to,
            "applicationId": "app",
            "answerUrl": "https://localhost/answered",
            "username": "a",
            "password": "b",
            "tag": event.call_id,
        }
        assert send(f"{served[0]}/api/v2/accounts/9900000/calls", "POST", body)[0] == 201
        return Pause(duration=60)

    @phone.respond(AnswerCallback, "/answered")
    def join(event: AnswerCallback) -> list[Verb]:
        return [SpeakSentence("A call for you."), Bridge(event.tag or "")]

    app = Flask("host")
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    with bandwidth.serve_rest() as url:
        served.append(url)
        inbound = bandwidth.call()
        wait_until(lambda: len(bandwidth.calls) == 2)
        outbound = bandwidth.calls[1]
        wait_until(lambda: outbound.heard == ["A call for you."])
        bandwidth.wait(5)
        outbound.hang_up()
        wait_until(lambda: inbound.state == "disconnected")
    assert [call.cause for call in bandwidth.calls] == ["hangup", "hangup"]


def test_requests_while_a_callback_is_out(line: Line) -> None:
    """A handler that takes long keeps no client waiting, whatever asks."""
    is_asked, may_reply = threading.Event(), threading.Event()

    def think(event: CallCallback) -> Hangup:
        is_asked.set()
        may_reply.wait(10)
        return Hangup()

    bandwidth = line(told=think)
    with bandwidth.serve_rest() as url:
        first = create_call(url)
        assert is_asked.wait(10)
        second = create_call(url)
        calls = f"{url}/api/v2/accounts/9900000/calls"
        assert [call["callId"] for call in send(calls)[1]] == [first, second]
        assert send(f"{calls}/{second}")[1]["state"] == "queued"
        may_reply.set()
        wait_until(lambda: send(f"{calls}/{second}")[1]["state"] == "disconnected")


def test_urls_lead_to_the_server(line: Line) -> None:
    """The URLs in callbacks lead to the server while there is one; a recording is fetched there."""
    bandwidth = line(Record(record_complete_url="bye", recording_available_url="told"), bye=Hangup())
    with bandwidth.serve_rest() as url:
        call = bandwidth.call()
        call.speak("Please call me back.")
        call.press("#")
        call.wait(10)
        media_url = told(call.exchanges, "recordingAvailable")["mediaUrl"]
        assert media_url.startswith(f"{url}/api/v2/accounts/9900000/calls/{call.call_id}/recordings/")
        with urlopen(Request(media_url, headers={"Authorization": ANY})) as response:
            assert response.read(4) == b"RIFF"
    other = bandwidth.call()
    assert other.rest_url.startswith("https://voice.bandwidth.com/api/v2/")


def test_who_is_let_in(line: Line) -> None:
    """The clients that are given are let in, others get 401, and forbidden ones 403."""
    bandwidth = line()
    with bandwidth.serve_rest(clients=[("a", "b")], forbidden=[("c", "d")]) as url:
        calls = f"{url}/api/v2/accounts/9900000/calls"
        assert send(calls, authorization="Basic YTpi")[0] == 200
        assert send(calls, authorization="Basic Yzpk")[0] == 403
        assert send(calls, authorization="Basic ZTpm")[0] == 401


def test_a_token_names_its_account(line: Line) -> None:
    """An access token has the form of a JSON web token, from which band reads its account."""
    bandwidth = line()
    with bandwidth.serve_rest() as url:
        request = Request(f"{url}/api/v1/oauth2/token", b"grant_type=client_credentials")
        request.add_header("Authorization", ANY)
        with urlopen(request) as response:
            token = json.load(response)["access_token"]
        claims = token.split(".")[1]
        assert json.loads(b64decode(claims + "=" * (-len(claims) % 4)))["accounts"] == ["9900000"]
        assert send(f"{url}/api/v2/accounts/9900000/calls", authorization=f"Bearer {token}")[0] == 200


def test_a_body_that_is_too_large(line: Line) -> None:
    """A body of several megabytes is rejected, and the server goes on."""
    bandwidth = line(told=Hangup())
    with bandwidth.serve_rest() as url:
        assert send(f"{url}/api/v2/accounts/9900000/calls", "POST", "x" * 3_000_000)[0] == 413
        create_call(url)


def test_clients_that_hang(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends half a request, or none, keeps no other waiting, and its connection is closed."""
    monkeypatch.setattr(serving.Handler, "timeout", 0.3)
    bandwidth = line(told=Hangup())
    with bandwidth.serve_rest() as url:
        port = int(url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)) as silent,
            socket.create_connection(("127.0.0.1", port)) as half,
        ):
            half.sendall(
                b"POST /api/v2/accounts/9900000/calls HTTP/1.1\r\nHost: localhost\r\n"
                b"Authorization: Basic YTpi\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
            )
            create_call(url)
            for connection in (silent, half):
                connection.settimeout(10)
                while connection.recv(1000):
                    pass


def test_many_clients(line: Line) -> None:
    """Calls that many clients create at once all take place."""
    bandwidth = line(told=[SpeakSentence("Hi."), Hangup()])
    with bandwidth.serve_rest() as url:
        clients = [threading.Thread(target=create_call, args=(url,)) for _ in range(20)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        wait_until(lambda: all(call.state == "disconnected" for call in bandwidth.calls))
    assert [call.heard for call in bandwidth.calls] == [["Hi."]] * 20


def test_an_error_of_a_handler(line: Line) -> None:
    """What a handler raises while nothing else runs is raised when the server is left."""

    def fail(event: CallCallback) -> Hangup:
        raise LookupError("no such number")

    bandwidth = line(told=fail)

    def call_over_rest() -> None:
        with bandwidth.serve_rest() as url:
            create_call(url)
            wait_until(lambda: bandwidth.calls[0].state == "disconnected")

    with pytest.raises(LookupError, match="no such number"):
        call_over_rest()


@pytest.mark.parametrize("port", [-1, 65536, True, "5001"])
def test_what_is_not_a_port(line: Line, port: Any) -> None:
    """What is not the number of a port is an error that says what it must be."""
    with pytest.raises(SimulationError, match="port must be a number from 0 to 65535"):
        _enter(lambda: line().serve_rest(port))


def test_a_port_that_is_taken(line: Line) -> None:
    """A port where another program listens is an error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SimulationError, match=f"The port must be free, got {port}"):
            _enter(lambda: line().serve_rest(port))


def test_serving_twice(line: Line) -> None:
    """A simulation has one server at a time, because its time can follow only one clock."""
    bandwidth = line()
    with bandwidth.serve_rest() as url:
        with pytest.raises(SimulationError, match="follows the clock already"):
            _enter(bandwidth.serve_rest)
        assert send(f"{url}/api/v2/accounts/9900000/calls") == (200, [])


def _enter(serve: Callable[[], Any]) -> None:
    with serve():
        pass


def test_only_this_machine_is_served(line: Line) -> None:
    """No other machine can reach the server."""
    bandwidth = line()
    with bandwidth.serve_rest() as url:
        port = int(url.rpartition(":")[2])
        with socket.socket() as free_elsewhere:
            free_elsewhere.bind(("127.0.0.2", port))  # fails if the server listens on every interface


def test_without_the_rest_interface(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder of the REST interface was deleted, an error says so."""
    monkeypatch.setitem(sys.modules, "flask_bandwidth_callbacks.simulator.rest", None)
    with pytest.raises(SimulationError, match="The REST interface must be installed"):
        line().serve_rest()
