"""``flask bandwidth explore``: what it prints, its files, its exit status, and input that cannot be used."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, PhoneNumber, SpeakSentence, Transfer, Verb
from flask_bandwidth_callbacks.cli import bandwidth, terminal
from tests.cli.test_call import ROOT

AGENT = "+13035550141"

Explore: TypeAlias = Callable[..., Result]


def create_line() -> Flask:
    """Make a line with a key that fails, one that no prompt announces, and one that calls Ann."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "t0psecret")])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        print("The application has been called.")
        logging.getLogger("line").error("somebody calls")
        return Gather(SpeakSentence("For Ann, press 1. For Ben, press 2."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def ann(call: GatherCallback) -> list[Verb]:
        return [Transfer(PhoneNumber(AGENT)), SpeakSentence("Ann is busy. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/menu", digits="2")
    def ben(call: GatherCallback) -> list[Verb]:
        raise LookupError("no Ben\x1b[2J")

    @phone.respond(GatherCallback, "/menu", digits="9")
    def hidden(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Nine. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Goodbye."), Hangup()]

    app = Flask("line")
    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.fixture
def explore() -> Explore:
    """Return a function that runs the command for an application, by default that of ``create_line``."""

    def run(*arguments: str, make: Callable[[], Flask] = create_line, **environment: str) -> Result:
        info = ScriptInfo(create_app=make)
        runner = make().test_cli_runner()
        return runner.invoke(bandwidth, ["explore", *arguments], obj=info, env=environment)

    return run


def test_findings(explore: Explore) -> None:
    """Findings are printed with their handler and the way there, then what was walked."""
    result = explore()
    assert result.exit_code == 1
    *findings, summary = result.stdout.split("\n\n")
    assert [" ".join(finding.split()) for finding in findings] == [
        f"exception create_line.<locals>.ben (test_explore.py:{line_of('def ben') - 1}) raised LookupError:"
        f" no Ben\ufffd[2J (test_explore.py:{line_of('raise LookupError')})."
        f" create_line.<locals>.ben (test_explore.py:{line_of('def ben') - 1})"
        " The way there: call, then press 2.",
        "hidden-key Key 9 leads somewhere, and no prompt announces it."
        f" create_line.<locals>.greet (test_explore.py:{line_of('def greet') - 1})"
        " The way there: call, then press 9.",
    ]
    assert re.fullmatch(r"\d+ states in \d+ calls: 1 finding, 1 note\.\n", summary)
    assert "Call c-" not in result.stdout


def line_of(text: str) -> int:
    """Return the number of the first line of this file that has a text."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, each in enumerate(lines, 1) if text in each)


def test_conversations(explore: Explore) -> None:
    """-v also shows the call of each finding, and neither passwords nor what controls the terminal."""
    result = explore("-v")
    assert 'hears "For Ann, press 1. For Ben, press 2."' in result.stdout
    assert "FAILED: status 500 (LookupError: no Ben" in result.stdout
    assert "t0psecret" not in result.output
    assert "\x1b" not in result.output


def test_findings_without_a_call_or_a_handler(explore: Explore) -> None:
    """A finding about the application has no handler, and one about a handler that no call reached no way."""

    def make() -> Flask:
        phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "t0psecret")])
        phone.respond(GatherCallback, "/menu")(menu)
        app = Flask("line")
        app.register_blueprint(phone)
        app.before_request(fail)
        return app

    def menu(call: GatherCallback) -> list[Verb]:
        return [Hangup()]

    def fail() -> None:
        raise LookupError("no database")

    exception, unreached, _ = explore(make=make).stdout.split("\n\n")
    assert " ".join(exception.split()).endswith("). The way there: call.")
    assert "The application raised LookupError: no database" in exception
    assert len(exception.splitlines()) == len(unreached.splitlines()) == 2
    assert "The way there" not in unreached


def test_what_the_application_prints_and_logs(explore: Explore) -> None:
    """What handlers print and log stays out of the output, and logging is afterwards as it was."""
    result = explore("--write-tests", "/dev/null")
    assert "has been called" not in result.output
    assert "somebody calls" not in result.output
    assert logging.root.manager.disable == logging.NOTSET


def test_a_terminal(explore: Explore) -> None:
    """In a terminal there are colors, and a progress bar that counts calls and states."""
    if not terminal.has_rich:
        pytest.skip("rich is not installed")
    result = explore(FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[1;31m" in result.stdout
    assert "Exploring" in result.stderr
    assert "/5000" in result.stderr
    assert " states" in result.stderr


def test_without_rich(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich, everything is printed plainly, and there is no progress bar."""
    monkeypatch.setattr(terminal, "has_rich", False)
    result = explore(FORCE_COLOR="1")
    assert "\x1b" not in result.output
    assert result.stdout.count("The way there") == 2
    assert result.stderr == ""


def test_json(explore: Explore) -> None:
    """--json prints one object with the findings and the states, and the exit status is the same."""
    result = explore("--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [finding["kind"] for finding in report["findings"]] == ["exception", "hidden-key"]
    assert report["is_exhausted"] is True
    assert len(report["states"]) > 4


def test_the_same_output_twice(explore: Explore) -> None:
    """The same seed gives the same output; another one gives other ids."""
    assert explore("-v").stdout == explore("-v").stdout
    assert explore("-v", "--seed", "7").stdout != explore("-v").stdout


def test_options(explore: Explore) -> None:
    """What is to be tried can be said: keys, people, and the way there names them."""
    result = explore("--keys", "1", "--callee", f"{AGENT}=busy", "--callee", f"{AGENT}=none", "--json")
    scenes = [state["scene"]["callees"] for state in json.loads(result.stdout)["states"]]
    assert {AGENT: "busy"} in scenes
    result = explore("--at", "2026-01-05T03:00", "--keys", "1")
    assert "The way there: call at 2026-01-05T03:00, then press 2." in " ".join(result.stdout.split())


def test_kinds_that_are_allowed(explore: Explore) -> None:
    """With --allow a kind is left out, and notes alone give exit status 0."""
    result = explore("--allow", "exception")
    assert (result.exit_code, result.stdout.count("The way there")) == (0, 1)
    result = explore("--allow", "exception", "--allow", "hidden-key")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)


def test_a_search_that_is_not_exhausted(explore: Explore) -> None:
    """What was left is said before the sum."""
    result = explore("--calls", "5", "--allow", "unreached", "--allow", "exception")
    lines = result.stdout.split("\n\n")[-1].splitlines()
    assert lines[0].startswith("The search ended when 5 calls were made, before ")
    assert ", not all that there is: " in lines[1]


def test_written_tests(explore: Explore, tmp_path: Path) -> None:
    """The tests that are written pass, one for each way that does not fail."""
    result = explore("--write-tests", str(tmp_path / "test_ways.py"))
    assert result.exit_code == 1
    (tmp_path / "conftest.py").write_text(
        "import pytest\nfrom tests.cli.test_explore import create_line\n\n\n"
        "@pytest.fixture\ndef app():\n    return create_line()\n",
        encoding="utf-8",
    )
    arguments = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "-W",
        "error",
        "-o",
        "pythonpath=",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_factory_gives_fresh_applications(explore: Explore) -> None:
    """Each call gets an application of its own if --app names a function that makes one."""
    made: list[Flask] = []

    def make() -> Flask:
        made.append(create_line())
        return made[-1]

    result = explore(make=make)
    assert len(made) > 10
    assert result.exit_code == 1


def test_an_application_is_used_again(explore: Explore) -> None:
    """An application that --app names itself is used for every call."""
    app = create_line()
    result = explore(make=lambda: app)
    assert (result.exit_code, result.stdout.count("The way there")) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--depth", "0"], "Invalid value for '--depth': 0 is not in the range x>=1."),
        (["--calls", "0"], "Invalid value for '--calls': 0 is not in the range x>=1."),
        (["--seconds", "0"], "Invalid value for '--seconds': 0.0 is not in the range x>0."),
        (["--longest-way", "x"], "Invalid value for '--longest-way': 'x' is not a valid integer range."),
        (["--callee", "Ann=busy"], "The callee's number must be + and digits"),
        (
            ["--callee", f"{AGENT}=asleep"],
            "Invalid value for '--callee': must be NUMBER= and one of answers, busy",
        ),
        (["--callee", "busy"], "Invalid value for '--callee': must be NUMBER= and one of answers, busy"),
        (["--at", "noon"], "at must be times such as '2026-01-05T03:00', got 'noon'."),
        (["--keys", "x"], "keys must be a string of 0-9"),
        (["--number", "1x"], "keys must be a string of 0-9"),
        (["--words", " "], "words must be texts that can be said"),
        (["--announcement", "("], "announcements must"),
        (["--allow", "everything"], "Invalid value for '--allow': 'everything' is not one of 'exception'"),
        (["--fallback-url", "ftp://x"], "URL"),
        (["--write-tests", "/nowhere/test.py"], "Folder '/nowhere' does not exist."),
        (["--write-tests", "/"], "'/' is a directory."),
    ],
)
def test_input_that_cannot_be_used(explore: Explore, arguments: list[str], message: str) -> None:
    """Bad input gives one clear line and exit status 2."""
    result = explore(*arguments)
    assert result.exit_code == 2
    (error,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert message in error
    assert result.stderr.endswith(f"{error}\n")
    assert result.stdout == ""


def test_an_application_without_a_blueprint(explore: Explore) -> None:
    """An application that receives no calls gives one line and exit status 2."""
    result = explore(make=lambda: Flask("empty"))
    assert result.exit_code == 2
    assert result.output == (
        "Error: Application 'empty' has no CallbackBlueprint. Register one with app.register_blueprint.\n"
    )


def test_a_file_that_cannot_be_written(explore: Explore) -> None:
    """Findings are shown all the same when the file for the tests cannot be written."""
    result = explore("--write-tests", "/dev/full")
    assert result.exit_code == 2
    assert result.stdout.count("The way there") == 2
    assert result.stderr == "Error: '/dev/full' cannot be written: No space left on device.\n"


def test_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C ends the command quietly."""
    (tmp_path / "application.py").write_text(
        "import pathlib, sys, time\n"
        "from tests.cli.test_explore import create_line\n\n\n"
        "def create_app():\n"
        "    app = create_line()\n"
        "    app.before_request(slow)\n"
        "    return app\n\n\n"
        "def slow():\n"
        f"    pathlib.Path({str(tmp_path / 'begun')!r}).touch()\n"
        "    time.sleep(0.2)\n",
        encoding="utf-8",
    )
    command = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", f"{tmp_path}/application.py", "bandwidth", "explore"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    command.send_signal(signal.SIGINT)
    printed, errors = command.communicate(timeout=60)
    assert (command.returncode, printed, errors.strip()) == (1, "", "Aborted!")
