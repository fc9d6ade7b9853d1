"""The demo, run as a newcomer runs it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    assert "The demo failed." in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"FLASK_SWITCHBOARD_RING_SECONDS": "0"}, "/phone/menu answered 500"),
        ({"FLASK_APPLICATION_ROOT": "/", "FLASK_SWITCHBOARD_SALES": "nobody"}, "/phone/menu answered 500"),
    ],
)
def test_surprise_fails_the_demo(environment: dict[str, str], message: str) -> None:
    """An answer that does not belong to the story ends it, and the last line says which it was."""
    done = run(**environment)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_leaves_no_server(number: int) -> None:
    """Whoever stops the demo stops the server with it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([*COMMAND, "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.stdout.readline()
        demo.send_signal(number)
        assert demo.wait(30) in (0, 130)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
