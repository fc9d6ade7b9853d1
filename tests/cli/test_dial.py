"""``flask bandwidth dial``: an outbound call of the application, answered in the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from click.testing import Result
from flask import Flask

from flask_bandwidth_callbacks import AnswerCallback, CallbackBlueprint, DisconnectCallback, GatherCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, Verb
from flask_bandwidth_callbacks.cli import bandwidth

BOB = "+15557778888"

Dial: TypeAlias = Callable[..., Result]


@pytest.fixture
def ended() -> list[str | None]:
    """The causes of the calls of which the application was notified."""
    return []


@pytest.fixture
def reminders(app: Flask, phone: CallbackBlueprint, ended: list[str | None]) -> Flask:
    """An application that reminds people of appointments, and leaves a message on a machine."""

    @phone.respond(AnswerCallback, "/answered")
    def remind(call: AnswerCallback) -> list[Verb]:
        result = call.machine_detection_result
        if result is not None and result.value == "answering-machine":
            return [SpeakSentence("Please call us back."), Hangup()]
        return [Gather(SpeakSentence("Press 1 to confirm."), gather_url=confirm, max_digits=1)]

    @phone.respond(GatherCallback, "/confirmed")
    def confirm(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence(f"You pressed {call.digits}."), Hangup()]

    @phone.on(DisconnectCallback)
    def end(call: DisconnectCallback) -> None:
        ended.append(call.cause)

    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.fixture
def dial(app: Flask) -> Dial:
    """Return a function that runs ``flask bandwidth dial`` for ``app``, with ``typed`` as its input."""

    def run(*arguments: str, typed: str = "", url: str = "/phone/answered") -> Result:
        command = ["dial", BOB, "--answer-url", url, *arguments]
        return app.test_cli_runner().invoke(bandwidth, command, input=typed)

    return run


def lines(result: Result) -> list[str]:
    """Return the lines of the conversation without their times."""
    return [line[8:] for line in result.stdout.splitlines() if line.startswith(" ")]


def report(result: Result) -> Any:
    return json.loads(result.stdout)


def test_an_outbound_call(reminders: Flask, dial: Dial) -> None:
    """The application calls, the person at the number answers, hears, and does what the script says."""
    result = dial("--press", "1")
    assert result.exit_code == 0
    assert lines(result) == [
        f"(calls {BOB})",
        "(ringing)",
        "(answered)",
        '"Press 1 to confirm."',
        "callee presses 1",
        '"You pressed 1."',
        "(ended: hangup)",
    ]


def test_typing(reminders: Flask, dial: Dial) -> None:
    """Without a script, the lines that are typed are what the person at the number does."""
    assert lines(dial(typed="2\n"))[-2:] == ['"You pressed 2."', "(ended: hangup)"]


def test_a_machine(reminders: Flask, dial: Dial) -> None:
    """With --machine an answering machine answers, and the event answer carries that result."""
    result = dial("--machine", "--wait", "5")
    assert result.exit_code == 0
    assert '"Please call us back."' in lines(result)


@pytest.mark.parametrize(
    ("behavior", "cause"), [("busy", "busy"), ("rejects", "rejected"), ("none", "timeout")]
)
@pytest.mark.parametrize("script", [[], ["--wait", "60"]])
def test_a_callee_who_does_not_talk(
    reminders: Flask, dial: Dial, ended: list[str | None], behavior: str, cause: str, script: list[str]
) -> None:
    """--callee says how the person that is called behaves, with a script and without; it is not a failure."""
    result = dial("--callee", f"{BOB}={behavior}", "--disconnect-url", "/phone/", *script)
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines(result)[-1] == f"(ended: {cause})"
    assert ended == [cause]


def test_hanging_up_while_it_rings(reminders: Flask, dial: Dial, ended: list[str | None]) -> None:
    """A telephone that is put down while it rings, or before, is not waited for."""
    result = dial("--callee", f"{BOB}=none", "--disconnect-url", "/phone/", "--hang-up", "--hang-up")
    assert result.exit_code == 0
    assert ended == ["cancel"]


def test_disconnect_is_sent_only_where_it_is_wanted(
    reminders: Flask, dial: Dial, ended: list[str | None]
) -> None:
    """Without --disconnect-url no disconnect is sent, as in createCall."""
    dial("--hang-up")
    assert ended == []
    dial("--hang-up", "--disconnect-url", "/phone/")
    assert ended == ["hangup"]


def test_callbacks_that_come_more_than_once(reminders: Flask, dial: Dial, ended: list[str | None]) -> None:
    """--repeats sends every callback that often, and an application that recognizes them is not confused."""
    result = dial("--repeats", "3", "--press", "1", "--disconnect-url", "/phone/", "--json")
    sent = [exchange["event"] for exchange in report(result)["exchanges"]]
    assert sent == ["answer"] * 3 + ["gather"] * 3 + ["disconnect"] * 3
    assert report(result)["heard"] == ["Press 1 to confirm.", "You pressed 1."]
    assert len(ended) == 1


def test_json(reminders: Flask, dial: Dial) -> None:
    """--json prints the call; its numbers, time and id are those of the options."""
    options = ("--from", "+13035550111", "--at", "2026-01-05T03:00", "--seed", "7", "--json", "--press", "1")
    call = report(dial(*options))
    assert (call["from"], call["to"], call["cause"]) == ("+13035550111", BOB, "hangup")
    assert call["exchanges"][0]["time"] == "2026-01-05T03:00:00+00:00"
    assert call["call_id"] == report(dial(*options))["call_id"]


@pytest.mark.parametrize(
    ("arguments", "url", "message"),
    [
        ([], "/phone/nowhere", "The call ended with callback-error."),
        ([], "http://127.0.0.1:9/", "POST http://127.0.0.1:9/: no connection: "),
        (["--credentials", "ann:key"], "/phone/answered", "401: the credentials of 'ann' are rejected."),
    ],
)
def test_mistakes(reminders: Flask, dial: Dial, arguments: list[str], url: str, message: str) -> None:
    """A call that cannot be made gives one line and exit status 1."""
    result = dial(*arguments, url=url)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize(
    ("arguments", "url", "message"),
    [
        (["--from", "me"], "/phone/answered", "'--from': The caller's number must be + and digits"),
        (["--disconnect-url", "ftp://x"], "/phone/answered", "'--disconnect-url': 'ftp://x' is not a URL"),
        (["--repeats", "0"], "/phone/answered", "'--repeats': 0 is not in the range x>=1."),
        ([], "phone/answered", "'--answer-url': 'phone/answered' is not a URL that can be requested"),
    ],
)
def test_wrong_values(reminders: Flask, dial: Dial, arguments: list[str], url: str, message: str) -> None:
    """A wrong value is a usage error that names its option."""
    result = dial(*arguments, url=url)
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]


def test_the_answer_url_is_required(reminders: Flask) -> None:
    """Without --answer-url the command says that it is missing."""
    result = reminders.test_cli_runner().invoke(bandwidth, ["dial", BOB])
    assert result.exit_code == 2
    assert "Missing option '--answer-url'" in result.stderr
