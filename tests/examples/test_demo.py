"""The demo, run as a newcomer runs it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from examples.switchboard import demo

COMMAND = [sys.executable, "-m", "examples.switchboard.demo"]
ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def output() -> str:
    """What the demo prints when all goes well."""
    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def port() -> Iterator[int]:
    """A port that is taken for as long as the test runs, unless it gives it up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_demo_plays_the_whole_story(output: str) -> None:
    """Each callback of the call is printed, in order, and where it went is what the answers said."""
    assert re.findall(r"^(\w+)  POST (\S+)", output, re.MULTILINE) == [
        ("initiate", "/phone/"),
        ("gather", "/phone/menu"),
        ("transferComplete", "/phone/transferred"),
        ("recordComplete", "/phone/recorded"),
        ("disconnect", "/phone/"),
        ("recordingAvailable", "/phone/"),
    ]


def test_every_callback_is_challenged_first(output: str) -> None:
    """Without credentials each of the six gets 401, with them BXML or, if it only tells something, 204."""
    assert output.count('without credentials: 401 Basic realm="phone"') == 6
    assert output.count("as bandwidth: 200 application/xml; charset=utf-8") == 4
    assert output.count("as bandwidth: 204") == 2


def test_answers_are_printed_as_indented_bxml(output: str) -> None:
    """A reader sees the verbs, one a line, without colour codes where there is no terminal."""
    assert "\n      <SpeakSentence>Good " in output
    assert "\n        <PhoneNumber>+13035550141</PhoneNumber>\n" in output
    assert "\033" not in output


def test_last_comes_the_page(output: str) -> None:
    """What was noted of the call is read off the ordinary web page."""
    page = output.partition("The page /calls")[2]
    assert page.index("+13035550123") < page.index("did not reach sales: timeout") < page.index("hung up")
    assert "left a message of 12 s, r-fe23a767" in page
    assert "on the line" not in page


def test_help_needs_no_server() -> None:
    """--help says what this does, and what can be chosen."""
    done = run("--help")
    assert done.returncode == 0
    assert "--port" in done.stdout
    assert "Play one inbound call" in done.stdout


def test_taken_port_is_said_so(port: int) -> None:
    """A port that another program has is no traceback."""
    done = run("--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


def test_application_that_does_not_start_fails_the_demo() -> None:
    """Where the server gives up, so does the demo, after the server has said why."""
    done = run(FLASK_BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH="0")
    assert done.returncode == 1
    assert "ConfigurationError" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("The demo failed. The application does not answer")


def test_failing_application_fails_the_demo() -> None:
    """An answer that is no success ends the story, and the last line says which it was."""
    done = run(FLASK_SWITCHBOARD_RING_SECONDS="0")
    assert done.returncode == 1
    assert "call_timeout" in done.stderr
    assert done.stderr.splitlines()[-1] == "The demo failed. /phone/menu answered 500."


class Stranger(BaseHTTPRequestHandler):
    """An application that is not the switchboard: one answer to everything."""

    challenge = True
    answer = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        challenged = self.challenge and "Authorization" not in self.headers
        self.send_response(401 if challenged else 200)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("challenge", "answer", "message"),
    [
        (False, b"<Response/>", "/phone/ does not ask for credentials."),
        (True, b"<Response><Gather>", "http://127.0.0.1:PORT/phone/ answered no BXML: "),
        (True, b"<Response/>", "There is no Gather in this answer."),
        (True, b"<Response><Gather/></Response>", "This Gather does not say where gather goes."),
        (
            True,
            b'<Response><Gather gatherUrl="http://example.com/x"/></Response>',
            "gather would go to http://example.com/x, which is not this application.",
        ),
    ],
)
def test_surprise_is_said(
    monkeypatch: pytest.MonkeyPatch, challenge: bool, answer: bytes, message: str
) -> None:
    """Whatever does not belong to the story is named, and nothing is sent to another host."""
    monkeypatch.setattr(Stranger, "challenge", challenge)
    monkeypatch.setattr(Stranger, "answer", answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            with pytest.raises(demo.Surprise) as surprise:
                demo.play(server.server_port, "someone", "s3cret")
        finally:
            server.shutdown()
    assert str(surprise.value).startswith(message.replace("PORT", str(server.server_port)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_leaves_no_server(number: int) -> None:
    """Whoever stops the demo stops the server with it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*COMMAND, "--port", str(port)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"\n"
        assert child.stdout.readline().startswith(b"initiate")
        child.send_signal(number)
        assert child.wait(30) in (0, 130)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
