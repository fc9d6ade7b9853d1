"""``flask bandwidth studio``: how it starts, loads the application again, and refuses to start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint
from flask_bandwidth_callbacks.cli import bandwidth, studio
from flask_bandwidth_callbacks.studio import Studio
from flask_bandwidth_callbacks.studio.following import following
from tests.conftest import CREDENTIALS
from tests.simulator.test_real_time import wait_until
from tests.studio.conftest import Client

APPLICATION = """
from flask import Flask
from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import Pause, SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

@phone.respond(InitiateCallback)
def greet(call):
    return [SpeakSentence("Hello."), Pause(duration=600)]

def create_app():
    app = Flask(__name__)
    app.register_blueprint(phone)
    return app
"""


class Served:
    """What the command serves in a test, instead of serving it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.options: dict[str, Any] = {}
        self.opened: list[str] = []
        self.visited: list[Any] = []
        monkeypatch.setattr(studio, "run_simple", self._serve)
        monkeypatch.setattr(webbrowser, "open", self.opened.append)
        monkeypatch.setenv(studio.PARENT, "")  # so that it is as before after the test

    def _serve(self, host: str, port: int, application: Any, **options: Any) -> None:
        self.options = {"host": host, "port": port, **options}
        self.visited.append(application)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    for name in ("FLASK_ENV", "APP_ENV", "ENVIRONMENT", "ENV", "SENTRY_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    return Served(monkeypatch)


@pytest.fixture
def line(app: Flask, phone: CallbackBlueprint) -> Flask:
    phone.respond("initiate")(lambda call: "<Response/>")
    app.register_blueprint(phone, url_prefix="/phone")
    return app


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["studio", *arguments])


def run_child(app: Flask, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """Run the command as the process that is started again whenever the code changes."""
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    monkeypatch.setenv(studio.PARENT, "5050 secret")
    return run(app, *arguments)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that is not free."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


# -- Starting ------------------------------------------------------------------------------------------------


def test_the_command_prints_and_opens_the_url(line: Flask, served: Served) -> None:
    """The URL with the token is printed, and opened in the browser; the code is watched for changes."""
    result = run(line, "--port", "0")
    assert result.exit_code == 0
    (url,) = re.findall(r"The studio is at (\S+)", result.output)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{40,}", url)
    wait_until(lambda: served.opened == [url])
    assert served.options["host"] == "127.0.0.1"
    assert served.options["use_reloader"] is True


def test_no_open(line: Flask, served: Served) -> None:
    """With --no-open no browser is opened."""
    assert run(line, "--port", "0", "--no-open").exit_code == 0
    assert served.opened == []


def test_a_port_that_is_taken(line: Flask, served: Served, taken: int) -> None:
    """A port that is taken gives one sentence, and exit status 2."""
    result = run(line, "--port", str(taken))
    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == (
        f"Error: The port must be free, got {taken} (Address already in use). Give another one with --port,"
        " or 0 for any."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("FLASK_ENV", "production"), ("APP_ENV", "prod"), ("ENVIRONMENT", "Production"), ("ENV", "live")],
)
def test_production(
    line: Flask, served: Served, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Where the environment or the application says production, the studio does not start."""
    line.config[name] = value
    refused = run_child(line, monkeypatch)
    assert refused.exit_code == 2
    assert f"the application says {name}={value}" in refused.output
    monkeypatch.setenv(name, value)
    monkeypatch.delenv("WERKZEUG_RUN_MAIN")
    refused = run(Flask("other"))
    assert refused.exit_code == 2
    assert f"the application says {name}={value}" in refused.output
    assert served.options == {}


def test_a_development_environment(line: Flask, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other words in these places are fine."""
    line.config["ENV"] = "development"
    line.config["ENVIRONMENT"] = None
    assert run_child(line, monkeypatch).exit_code == 0
    assert served.options["port"] == 5050


# -- What is called ------------------------------------------------------------------------------------------


def test_an_application_in_process(line: Flask, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application is called in process, with its own credentials, and a fresh one is explored."""
    opened: list[Any] = []
    original = Studio.open

    def remember(self: Any, bandwidth: Any, make_app: Any = None) -> Any:
        opened.extend([bandwidth, make_app()])
        return original(self, bandwidth, make_app)

    monkeypatch.setattr(Studio, "open", remember)
    assert run_child(line, monkeypatch).exit_code == 0
    assert opened[0].app is line
    assert opened[0].credentials == CREDENTIALS
    assert opened[1] is line


def test_a_server(served: Served) -> None:
    """A running server is called with the credentials that are given; nothing is loaded again."""
    result = run(
        Flask("other"),
        "--url",
        "http://127.0.0.1:9/",
        "--credentials",
        "ann:s3cret",
        "--port",
        "0",
        "--no-open",
    )
    assert result.exit_code == 0
    assert served.options["use_reloader"] is False
    assert "s3cret" not in result.output


def test_an_application_that_cannot_be_called(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application without a blueprint is shown on the page and in the terminal, and the page is served."""
    result = run_child(Flask("empty"), monkeypatch)
    assert result.exit_code == 0
    assert "Application 'empty' has no CallbackBlueprint." in result.output
    assert len(served.visited) == 1


# -- Real traffic --------------------------------------------------------------------------------------------


def test_watching(line: Flask, served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The call log of the application is followed, which its copy in the studio does not write."""
    followed: list[Path] = []

    @contextmanager
    def follow(path: Path, *functions: Any) -> Iterator[None]:
        followed.append(path)
        with following(path, *functions):
            yield

    monkeypatch.setattr(studio, "following", follow)
    line.config["BANDWIDTH_CALLBACKS_RECORD"] = tmp_path / "own.jsonl"
    assert run_child(line, monkeypatch, "--watch").exit_code == 0
    assert run_child(line, monkeypatch, "--watch", str(tmp_path / "other.jsonl")).exit_code == 0
    assert run_child(line, monkeypatch).exit_code == 0
    assert followed == [tmp_path / "own.jsonl", tmp_path / "other.jsonl"]


def test_watching_without_a_file(line: Flask, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file is known, the command says what to do, and ends with status 2."""
    result = run_child(line, monkeypatch, "--watch")
    assert result.exit_code == 2
    assert "--watch must have a call log, got none. Set BANDWIDTH_CALLBACKS_RECORD" in result.output
    monkeypatch.delenv("WERKZEUG_RUN_MAIN")
    result = run(line, "--url", "http://127.0.0.1:9/", "--watch")
    assert result.exit_code == 2
    assert "--watch must have a file with --url, got none." in result.output


# -- The real command ----------------------------------------------------------------------------------------


@contextmanager
def running(folder: Path) -> Iterator[Client]:
    """Run the command with an application in a folder, and open its page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
    for name in ("WERKZEUG_RUN_MAIN", "WERKZEUG_SERVER_FD"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "flask", "--app", "line:create_app"]
    command += ["bandwidth", "studio", "--no-open", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"token=([\w-]+)", process.stdout.readline())
            assert found is not None
            shown = Studio(port, found[1])
            wait_until(lambda: _is_listening(port))
            client = Client(shown)
            client.listen()
            yield client
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(20)
    assert process.returncode == 0


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_code_that_changes(tmp_path: Path) -> None:
    """Broken code is shown on the page until it is mended; port and token stay; calls end with a sentence."""
    code = tmp_path / "line.py"
    code.write_text(APPLICATION)
    with running(tmp_path) as client:
        client.wait_for("application", state="ready")
        call = client.do("call")["call"]
        client.wait_for("line", call=call, words="Hello.")
        last = client.ids[-1]
        code.write_text(APPLICATION.replace("Hello.", "Hello") + "\nraise RuntimeError('half a thought')\n")
        broken = listen_again(client, last, "broken")
        assert "RuntimeError: half a thought" in broken["error"]
        assert client.act("call")[0] == 409
        code.write_text(APPLICATION.replace("Hello.", "Good day."))
        listen_again(client, client.ids[-1], "ready")
        call = client.do("call")["call"]
        client.wait_for("line", call=call, words="Good day.")
    notes = [note["note"] for note in client.heard("reset")]
    assert any(note and "calls that were up have ended" in note for note in notes)


def listen_again(client: Client, last: int, state: str) -> Any:
    """Connect to the events as a browser does, until the application has a state."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        before = len(client.events)
        try:
            client.listen(last)
        except OSError:
            time.sleep(0.1)
            continue
        time.sleep(0.5)
        found = [data for kind, data in client.events[before:] if kind == "application"]
        if found and found[-1]["state"] == state:
            return found[-1]
    raise AssertionError(f"The application is not {state}: {client.events}")
