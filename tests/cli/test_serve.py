"""``flask bandwidth serve``: a simulated Bandwidth for the application's own client, in real time."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import bandwidth as sdk
import pytest
from click.testing import Result
from flask import Flask

from flask_bandwidth_callbacks import AnswerCallback, CallbackBlueprint, TransferCompleteCallback
from flask_bandwidth_callbacks.bxml import Hangup, PhoneNumber, SpeakSentence, Transfer, Verb
from flask_bandwidth_callbacks.cli import bandwidth
from tests.conftest import CREDENTIALS
from tests.servers import ROOT
from tests.simulator.test_real_time import wait_until

BOB = "+13035550141"
CAROL = "+13035550142"

APPLICATION = """
from flask import Flask
from flask_bandwidth_callbacks import AnswerCallback, ANYONE, CallbackBlueprint
from flask_bandwidth_callbacks.bxml import Pause, SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

@phone.respond(AnswerCallback)
def greet(call):
    return [SpeakSentence("Hello."), Pause(duration=60)]

app = Flask(__name__)
app.register_blueprint(phone)
"""


@pytest.fixture
def reminders(app: Flask, phone: CallbackBlueprint) -> Flask:
    """An application that reminds people of appointments, and lets them talk to Carol."""

    @phone.respond(AnswerCallback, "/answered")
    def remind(call: AnswerCallback) -> list[Verb]:
        return [
            SpeakSentence("Tuesday at nine."),
            Transfer(PhoneNumber(CAROL), transfer_complete_url=end),
        ]

    @phone.respond(TransferCompleteCallback, "/transferred")
    def end(call: TransferCompleteCallback) -> list[Verb]:
        return [SpeakSentence(f"Carol: {call.cause}."), Hangup()]

    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        free: int = bound.getsockname()[1]
    return free


def calls_of(port: int) -> sdk.CallsApi:
    """Return the SDK, set as the command says."""
    url = f"http://127.0.0.1:{port}"
    configuration = sdk.Configuration(
        client_id="any",
        client_secret="any",
        host=f"{url}/api/v2",
        ignore_operation_servers=True,
        access_token_url=f"{url}/api/v1/oauth2/token",
    )
    return sdk.CallsApi(sdk.ApiClient(configuration))


def call_bob(calls: sdk.CallsApi, answer_url: str) -> str:
    """Create a call to Bob with the SDK, and return its id."""
    created = calls.create_call(
        "9900000",
        sdk.CreateCall(
            to=BOB,
            var_from="+13035550100",
            application_id="app",
            answer_url=answer_url,
            username=CREDENTIALS[0],
            password=CREDENTIALS[1],
        ),
    )
    call_id: str = created.call_id
    return call_id


def call_until_the_end(port: int, answer_url: str = "https://localhost/phone/answered") -> None:
    """Create a call to Bob with the SDK, and ask for its state until it has ended."""
    calls = calls_of(port)
    call_id = call_bob(calls, answer_url)
    wait_until(lambda: calls.get_call_state("9900000", call_id).state == "disconnected")


@contextmanager
def meanwhile(port: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something in a thread when a server listens on a port, then press Ctrl-C."""
    failures: list[BaseException] = []
    is_over = threading.Event()

    def run() -> None:
        try:
            wait_until(lambda: is_over.is_set() or is_listening(port))
            act()
        except BaseException as error:
            failures.append(error)
        finally:
            if not is_over.is_set():  # else it would end the tests
                os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    is_over.set()
    thread.join()
    assert failures == []


def is_listening(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def serve(app: Flask, port: int, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["serve", "--port", str(port), *arguments])


def test_the_sdk_calls(reminders: Flask, port: int) -> None:
    """A call that the SDK makes is shown as it goes, with the people as told; Ctrl-C ends the command."""

    def call_twice() -> None:
        call_until_the_end(port)
        call_until_the_end(port)

    with meanwhile(port, call_twice):
        result = serve(reminders, port, "--callee", f"{CAROL}=busy")
    assert result.exit_code == 0
    lines = [line[:7] + line[14:] for line in result.output.splitlines() if line.startswith("call ")]
    assert lines[: len(lines) // 2] == [
        f"call 1  (calls {BOB})",
        "call 1  (ringing)",
        "call 1  (answered)",
        'call 1  "Tuesday at nine."',
        f"call 1  (calls {CAROL})",
        f"call 1  ({CAROL}: ended: busy)",
        'call 1  "Carol: busy."',
        "call 1  (ended: hangup)",
    ]
    assert [line.replace("call 2", "call 1") for line in lines[len(lines) // 2 :]] == lines[: len(lines) // 2]


def test_callbacks_are_shown(reminders: Flask, port: int) -> None:
    """With -v, each callback is shown with the BXML that came back."""

    with meanwhile(port, lambda: call_until_the_end(port)):
        result = serve(reminders, port, "-v", "--callee", f"{CAROL}=rejects")
    assert "answer  POST https://localhost/phone/answered  200" in result.output
    assert "<SpeakSentence>Tuesday at nine.</SpeakSentence>" in result.output


def test_what_to_set(reminders: Flask, port: int) -> None:
    """The command prints what to set in Python, in Node and in band, as the documentation has it."""
    with meanwhile(port, lambda: call_until_the_end(port)):
        result = serve(reminders, port, "--callee", f"{CAROL}=busy")
    url = f"http://127.0.0.1:{port}"
    assert f'host="{url}/api/v2", ignore_operation_servers=True' in result.output
    assert f'access_token_url="{url}/api/v1/oauth2/token"' in result.output
    assert f'basePath: "{url}/api/v2"' in result.output
    assert f"BW_API_URL={url} BW_VOICE_URL={url}" in result.output
    shown = result.output.partition("Python:")[2].partition("Ctrl-C")[0].replace(url, "http://127.0.0.1:5001")
    assert shown.strip() in (ROOT / "docs" / "rest.md").read_text("utf-8")


def test_another_host(reminders: Flask, port: int) -> None:
    """An answerUrl on another host is accepted; the call ends, and the conversation says why."""

    with meanwhile(port, lambda: call_until_the_end(port, "https://bandwidth.com/answered")):
        result = serve(reminders, port)
    assert "bandwidth.com is not part of this simulation" in " ".join(result.output.split())
    assert "(ended: callback-error" in result.output


def test_a_port_that_is_taken(reminders: Flask) -> None:
    """A port where another program listens is one line and exit status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = serve(reminders, taken.getsockname()[1])
    assert result.exit_code == 1
    assert result.output.startswith("Error: The port must be free, got ")
    assert result.output.count("\n") == 1


def test_output_that_cannot_be_printed(reminders: Flask, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with exit status 1 when a line cannot be printed, and the client has its response."""

    def fail(*line: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("flask_bandwidth_callbacks.cli.serve.show", fail)
    with ThreadPoolExecutor() as pool:
        created = pool.submit(call_when_served, port)
        assert serve(reminders, port).exit_code == 1
    assert created.result().startswith("c-")


def call_when_served(port: int) -> str:
    """Create a call to Bob as soon as a server listens on a port, and return its id."""
    wait_until(lambda: is_listening(port))
    return call_bob(calls_of(port), "https://localhost/phone/answered")


def test_a_reader_that_goes_away(tmp_path: Path, port: int) -> None:
    """The command ends when nothing reads its output any more, and leaves no traceback."""
    (tmp_path / "app.py").write_text(APPLICATION)
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "bandwidth", "serve", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        wait_until(lambda: is_listening(port))
        while b"Ctrl-C" not in process.stdout.readline():
            pass
        process.stdout.close()
        call_bob(calls_of(port), "https://localhost/")
        assert process.wait(10) == 1
        assert b"Traceback" not in process.stderr.read()
