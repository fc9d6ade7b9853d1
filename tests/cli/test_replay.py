"""``flask bandwidth replay``: what is shown, the tests that are written, and bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from flask_bandwidth_callbacks.call_log import read_lines
from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.call_log.writers import wait_for_writers
from tests.servers import ROOT, granian, running
from tests.simulator.replay.lines import line_with

CREDENTIALS = ("bandwidth", "s3cret")
NOTE = "Handlers run for real: what they do outside of this library is done again.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The call log of two calls: one pressed 6, the other one 2 and a code."""
    path = tmp_path / "calls.jsonl"
    simulated = SimulatedBandwidth(line_with(file=path), seed=1)
    simulated.call().press("6")
    call = simulated.call()
    call.press("2")
    call.press("1234")
    wait_for_writers()
    return path


def run(app: Flask, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["replay", *map(str, arguments)])


def call_ids(file: Path) -> list[str]:
    return list(dict.fromkeys(str(line.call_id) for line in read_lines(file)))


def test_nothing_has_changed(file: Path) -> None:
    """Without a difference there is a summary, and the exit status is 0."""
    result = run(line_with(), file)
    assert result.output == f"{NOTE}2 calls, 8 callbacks, no replies differ.\n"
    assert result.exit_code == 0


def test_a_sentence_has_changed(file: Path) -> None:
    """A difference is shown with its callback, as a line of then and one of today; the exit status is 1."""
    result = run(line_with({"Once more.": "Again."}), file)
    assert result.output == (
        f"{NOTE}{call_ids(file)[0]}  redirect  POST /phone/again\n"
        "  - <SpeakSentence>Once more.</SpeakSentence>\n"
        "  + <SpeakSentence>Again.</SpeakSentence>\n"
        "2 calls, 8 callbacks, 1 reply differs.\n"
    )
    assert result.exit_code == 1


def test_one_call(file: Path) -> None:
    """--call replays the chosen calls only."""
    first, second = call_ids(file)
    changed = line_with({"Once more.": "Again.", "Your code, please.": "Code?"})
    assert run(changed, file, "--call", second).output.endswith("\n1 call, 4 callbacks, 1 reply differs.\n")
    result = run(changed, file, "--call", second, "--call", first)
    assert result.output.endswith("\n2 calls, 8 callbacks, 2 replies differ.\n")


def test_older_files(file: Path) -> None:
    """Older files beside the log are read as well, and a file that is named twice is read once."""
    text = file.read_bytes().splitlines(keepends=True)
    file.with_name("calls.jsonl.2").write_bytes(b"".join(text[:2]))
    file.with_name("calls.jsonl.1").write_bytes(b"".join(text[2:5]))
    file.write_bytes(b"".join(text[5:]))
    for files in ([file], [file, file.with_name("calls.jsonl.1")]):
        assert run(line_with(), *files).output == f"{NOTE}2 calls, 8 callbacks, no replies differ.\n"


def test_written_tests(file: Path, tmp_path: Path) -> None:
    """--write-tests writes a test of each call that can be played, and says which cannot."""
    without_beginning = file.read_bytes().splitlines(keepends=True)[4:5]
    other = json.loads(without_beginning[0])
    other["call_id"] = other["payload"]["callId"] = "c-other"
    with file.open("a") as log:
        log.write(json.dumps({**other, "payload": {**other["payload"], "eventType": "gather"}}) + "\n")
    tests = tmp_path / "test_calls.py"
    result = run(line_with(), file, "--write-tests", tests)
    assert "Call c-other is not among the tests: The log does not have the first callback" in result.output
    assert f"2 tests written to {tests}.\n" in result.output
    text = tests.read_text()
    assert '"""Calls to the application, written by flask bandwidth replay calls.jsonl."""' in text
    assert "def test_press_6(bandwidth: SimulatedBandwidth) -> None:" in text
    assert "@time_machine.travel(" in text


def test_written_tests_without_a_clock(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without time-machine, the tests do not ask for it."""
    monkeypatch.setattr("flask_bandwidth_callbacks.cli.replay.find_spec", lambda name: None)
    tests = tmp_path / "test_calls.py"
    run(line_with(), file, "--write-tests", tests)
    assert "time_machine" not in tests.read_text()


# -- Bad input -----------------------------------------------------------------------------------------------


def foreign(file: Path) -> list[object]:
    file.write_text("hello\n")
    return [file]


def missing(file: Path) -> list[object]:
    return [file.with_name("other.jsonl")]


def unknown_call(file: Path) -> list[object]:
    return [file, "--call", "c-1"]


def unknown_event(file: Path) -> list[object]:
    file.write_text(file.read_text().replace('"redirect"', '"teleport"'))
    return [file]


def nowhere(file: Path) -> list[object]:
    return [file, "--write-tests", file.parent / "missing" / "test_calls.py"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (foreign, "calls.jsonl must be a call log, got something else in line 1: Not JSON"),
        (missing, "other.jsonl cannot be read: No such file or directory."),
        (unknown_call, "Error: The call must be in the log, got 'c-1'. These are: c-"),
        (
            unknown_event,
            "Error: The log has an event that application 'line' does not have: 'teleport' of c-",
        ),
        (nowhere, "test_calls.py cannot be written: No such file or directory."),
    ],
)
def test_bad_input(file: Path, arguments: Callable[[Path], list[object]], message: str) -> None:
    """What cannot be used gives one clear line and exit status 2."""
    result = run(line_with(), *arguments(file))
    assert result.exit_code == 2
    (error,) = [text for text in result.output.splitlines() if text.startswith("Error: ")]
    assert message in error


def test_an_application_without_a_blueprint(app: Flask, file: Path) -> None:
    """Without a CallbackBlueprint the command says so, and the exit status is 2."""
    result = run(app, file)
    assert result.exit_code == 2
    assert result.output == (
        "Error: Application 'host' has no CallbackBlueprint. Register one with app.register_blueprint.\n"
    )


# -- From a real call to a test ------------------------------------------------------------------------------

APPLICATION = """
from flask import Flask
from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

@phone.respond(InitiateCallback)
def greet(call):
    return Gather(SpeakSentence("Press 1 for sales, 2 for support."), gather_url=menu, max_digits=1)

@phone.respond(GatherCallback, "/menu")
def menu(call):
    return [SpeakSentence(f"You pressed {call.digits}. Goodbye."), Hangup()]

app = Flask(__name__)
app.config.from_prefixed_env()
app.register_blueprint(phone, url_prefix="/phone")
"""
CONFTEST = """
import pytest
import line

@pytest.fixture
def app():
    return line.app
"""


def test_a_real_call_becomes_a_test(tmp_path: Path) -> None:
    """A call over HTTP to granian is replayed; a changed sentence is shown, and fails the written test."""
    source, log, tests = tmp_path / "line.py", tmp_path / "calls.jsonl", tmp_path / "test_calls.py"
    source.write_text(APPLICATION)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
    recorded = {**environment, "FLASK_BANDWIDTH_CALLBACKS_RECORD": str(log)}
    with running(granian("line:app"), tmp_path / "granian.log", **recorded) as port:
        url = f"http://127.0.0.1:{port}/phone/"
        SimulatedBandwidth(url, credentials=CREDENTIALS).call(var_from="+13035550199").press("2")
        # A line is written after its reply, and the server may be stopped in between.
        while not log.exists() or log.read_bytes().count(b"\n") < 3:
            time.sleep(0.01)
    (call_id,) = call_ids(log)

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **environment}, capture_output=True, text=True
        )

    def replay(*arguments: str) -> subprocess.CompletedProcess[str]:
        return python("flask", "--app", "line", "bandwidth", "replay", "calls.jsonl", *arguments)

    def pytest() -> str:
        return python("pytest", "-q", "-p", "no:cacheprovider", "test_calls.py").stdout

    written = replay("--call", call_id, "--write-tests", "test_calls.py")
    assert written.returncode == 0, written.stderr
    assert "1 call, 3 callbacks, no replies differ." in written.stdout
    assert 'call.press("2")' in tests.read_text()
    assert "1 passed" in pytest()

    source.write_text(APPLICATION.replace("Goodbye.", "Bye."))
    changed = replay()
    assert changed.returncode == 1
    assert changed.stdout.splitlines()[1:] == [
        f"{call_id}  gather  POST /phone/menu",
        "  - <SpeakSentence>You pressed 2. Goodbye.</SpeakSentence>",
        "  + <SpeakSentence>You pressed 2. Bye.</SpeakSentence>",
        "1 call, 3 callbacks, 1 reply differs.",
    ]
    assert "1 failed" in pytest()
