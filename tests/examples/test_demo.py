"""The demo, run from the command line and in a terminal."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from examples.switchboard import create_app, demo
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

COMMAND = [sys.executable, "-m", "examples.switchboard.demo"]
ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )


class Terminal:
    """The demo in a terminal."""

    def __init__(self, *arguments: str) -> None:
        self.screen = ""
        self._keyboard, terminal = os.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "120"},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)

    def type(self, line: str) -> None:
        """Type a line once there is a prompt."""
        assert self._read(until="> "), self.screen
        os.write(self._keyboard, f"{line}\n".encode())

    def wait(self) -> int:
        """Read the screen until the demo ends, and return its exit status."""
        self._read()
        os.close(self._keyboard)
        return self.process.wait(30)

    def _read(self, until: str | None = None) -> bool:
        while until is None or not self.screen.endswith(until):
            try:
                self.screen += os.read(self._keyboard, 1024).decode().replace("\r\n", "\n")
            except OSError:  # on Linux this is how reading ends when the other side is closed
                return False
        return True


@pytest.fixture(scope="module")
def output() -> str:
    """What the demo prints when it succeeds, without a terminal."""
    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


# -- The story -----------------------------------------------------------------------------------------------


def test_demo_plays_the_whole_story(output: str) -> None:
    """Each callback of the call is printed in order, with its URL and status."""
    assert re.findall(r"(\w+)  POST http://127\.0\.0\.1:\d+(\S+)  (\d+)$", output, re.MULTILINE) == [
        ("initiate", "/phone/", "200"),
        ("gather", "/phone/menu", "200"),
        ("transferComplete", "/phone/transferred", "200"),
        ("recordComplete", "/phone/recorded", "200"),
        ("disconnect", "/phone/", "204"),
        ("recordingAvailable", "/phone/", "204"),
    ]


def test_story_is_a_conversation(output: str) -> None:
    """The output shows what the caller does and hears, and when."""
    assert '  0:00  "Good ' in output
    assert "  0:07  caller presses 1\n" in output
    assert '  0:30  "I am sorry, nobody in sales is answering."\n' in output


def test_replies_are_printed_as_indented_bxml(output: str) -> None:
    """Replies are printed one verb a line, without credentials and, outside a terminal, without colors."""
    assert "\n          <SpeakSentence>Good " in output
    assert "\n            <PhoneNumber>+13035550141</PhoneNumber>\n" in output
    assert "password" not in output
    assert "\033" not in output


def test_the_message_is_fetched(output: str) -> None:
    """The application fetches the sound of the message, 4 seconds of 16 kB, from the simulated Bandwidth."""
    (size,) = re.findall(r"fetched the message from Bandwidth: (\d+) kB\.$", output, re.MULTILINE)
    assert 64 < int(size) < 72


def test_the_page_comes_last(output: str) -> None:
    """The last part of the output is the call as the web page shows it."""
    page = output.partition("The page /calls")[2]
    assert page.index("+13035550123") < page.index("did not reach sales: timeout") < page.index("hung up")
    assert "left a message of 4 s" in page
    assert "on the line" not in page


# -- The keypad ----------------------------------------------------------------------------------------------


def test_keypad_is_handed_over_in_a_terminal() -> None:
    """In a terminal the user calls sales, which answers now, and sees the call on the page."""
    terminal = Terminal()
    for line in ["1", "", "h"]:
        terminal.type(line)
    assert terminal.wait() == 0
    turn = terminal.screen.partition("Now it is your turn")[2]
    assert turn.index("presses 1") < turn.index("+13035550141: answered") < turn.index("caller hangs up")
    assert "hung up" in turn.partition("The page /calls")[2]


def test_keypad_can_be_left_out() -> None:
    """--no-keypad only plays the story, also in a terminal."""
    terminal = Terminal("--no-keypad")
    assert terminal.wait() == 0
    assert "left a message" in terminal.screen
    assert "your turn" not in terminal.screen


# -- Failures ------------------------------------------------------------------------------------------------


def test_help_needs_no_server() -> None:
    """--help describes the demo and its options without starting a server."""
    done = run("--help")
    assert done.returncode == 0
    assert "--port" in done.stdout
    assert "play one whole call" in done.stdout


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_port_in_use(taken_port: int) -> None:
    """A port that another program uses gives one line without a traceback."""
    done = run("--port", str(taken_port))
    assert done.returncode == 1
    assert f"Port {taken_port} of 127.0.0.1 is not available: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_cannot_exist() -> None:
    """A number above the highest port gives one line, too."""
    done = run("--port", "65536")
    assert done.returncode == 1
    assert done.stderr.startswith("The demo failed. Port 65536 of 127.0.0.1 is not available: ")


def test_application_that_does_not_start_fails_the_demo() -> None:
    """If the server does not start, the demo fails after the server has printed the reason."""
    done = run(FLASK_BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH="0")
    assert done.returncode == 1
    assert "ConfigurationError" in done.stderr
    assert done.stderr.splitlines()[-1] == "The demo failed. The server did not start."


def test_failing_application_fails_the_demo() -> None:
    """A callback that fails ends the story, and the last line names it."""
    done = run(FLASK_SWITCHBOARD_CLOCK="1")
    assert done.returncode == 1
    assert "'int' object is not callable" in done.stderr
    assert re.match(r"The demo failed\. .*/phone/: status 500\)\.$", done.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("<Response><Gather>", "invalid BXML"),
        ("<Response/>", r"has ended \(hangup\)"),
        ('<Response><Pause duration="86400"/></Response>', "did not end as expected"),
        (
            '<Response><Gather gatherUrl="http://198.51.100.1/x"/></Response>',
            "198.51.100.1 is not part of this simulation",
        ),
    ],
)
def test_other_story_fails_the_demo(reply: str, message: str) -> None:
    """Anything outside the story fails the demo with its name, and nothing is sent to another host."""
    stranger = Flask("stranger")
    stranger.post("/")(lambda: (reply, {"Content-Type": "application/xml"}))
    with pytest.raises((demo.DemoError, BandwidthCallbacksError), match=message):
        demo.play(SimulatedBandwidth(stranger, "/"))


def test_notification_that_fails_fails_the_demo() -> None:
    """A notification that fails also fails the demo, although the caller does not notice it."""
    app = create_app(
        {
            "SQLALCHEMY_DATABASE_URI": "sqlite://",
            "BANDWIDTH_CALLBACKS_CREDENTIALS": ["a:b"],
            "SWITCHBOARD_CLOSES": 24,
            "SWITCHBOARD_OPENS": 0,
        }
    )
    bandwidth = SimulatedBandwidth(app, status_url="/nowhere")
    with pytest.raises(demo.DemoError, match="did not end as expected"):
        demo.play(bandwidth)


def test_call_that_is_not_on_the_page_fails_the_demo() -> None:
    """The demo fails if the page does not list the call."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://", "BANDWIDTH_CALLBACKS_CREDENTIALS": ["a:b"]})
    with make_server("127.0.0.1", 0, app) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(demo.DemoError, match="does not list the call"):
            demo.show_page(server.port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_demo_leaves_no_server(number: int) -> None:
    """A signal that stops the demo stops its server, too."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*COMMAND, "--port", str(port)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert b"calls" in child.stdout.readline()
        child.send_signal(number)
        assert child.wait(60) in (0, 130)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()


def test_the_command_in_the_readme(tmp_path: Path) -> None:
    """The command in the example's README calls the application in the terminal."""
    readme = (ROOT / "examples" / "switchboard" / "README.md").read_text(encoding="utf-8")
    setting = re.search(r"^\$ export (\w+)=(\S+)\n\$ flask (.+ bandwidth call)$", readme, re.MULTILINE)
    assert setting is not None
    name, value, command = setting.groups()
    done = subprocess.run(
        [sys.executable, "-m", "flask", *command.split(), "--hang-up"],
        cwd=ROOT,
        env=os.environ | {name: value, "FLASK_SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/calls.db"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "this is Fernhill Cycles." in done.stdout
