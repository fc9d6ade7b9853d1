"""``flask bandwidth call``: an inbound call, made from the terminal."""

from __future__ import annotations

import itertools
import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from flask_bandwidth_callbacks import (
    ANYONE,
    CallbackBlueprint,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    RecordingCompleteCallback,
    RedirectCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    Record,
    Redirect,
    SpeakSentence,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks.cli.keypad import converse
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

ANN = "+15556667777"
ROOT = Path(__file__).parents[2]

Telephone: TypeAlias = Callable[..., Result]


@pytest.fixture
def company(app: Flask, phone: CallbackBlueprint) -> Flask:
    """An application with a menu: 1 for Ann, 2 for her voicemail, 3 for a mistake, 4 for an endless loop."""

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        print("The application has been called.")
        return Gather(SpeakSentence("Press a key."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def ann(call: GatherCallback) -> list[Verb]:
        return [Transfer(PhoneNumber(ANN)), SpeakSentence("Ann has left."), Hangup()]

    @phone.respond(GatherCallback, "/menu", digits="2")
    def voicemail(call: GatherCallback) -> Record:
        return Record(record_complete_url=thank)

    @phone.respond(GatherCallback, "/menu", digits="3")
    def mistake(call: GatherCallback) -> Verb:
        raise ValueError("the application's mistake")

    @phone.respond(GatherCallback, "/menu", digits="4")
    def endless(call: GatherCallback) -> Redirect:
        return Redirect(redirect_url=again)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Goodbye."), Hangup()]

    @phone.respond(RecordingCompleteCallback, "/recorded")
    def thank(call: RecordingCompleteCallback) -> list[Verb]:
        return [SpeakSentence("Thank you."), Hangup()]

    @phone.respond(RedirectCallback, "/again")
    def again(call: RedirectCallback) -> Redirect:
        return Redirect(redirect_url=again)

    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.fixture
def telephone(app: Flask) -> Telephone:
    """Return a function that runs ``flask bandwidth call`` for ``app``, with ``typed`` as its input."""

    def run(*arguments: str, typed: str | bytes = "") -> Result:
        return app.test_cli_runner().invoke(bandwidth, ["call", *arguments], input=typed)

    return run


def lines(result: Result) -> list[str]:
    """Return the lines of the conversation without their times."""
    return [line[8:] for line in result.stdout.splitlines() if line.startswith(" ")]


def moves(printed: str) -> list[str]:
    """Return the lines about what the caller did."""
    return re.findall(r"^ +\S+  caller (.+)$", printed, re.MULTILINE)


# -- Oddities ----------------------------------------------------------------------------------------------


def test_a_reply_that_differs_from_the_first(
    app: Flask, phone: CallbackBlueprint, telephone: Telephone
) -> None:
    """--repeats shows a callback whose second reply was another one; the first was run."""
    numbers = itertools.count(1)

    @phone.respond(InitiateCallback, repeats=True)
    def count(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence(f"You are caller {next(numbers)}."), Hangup()]

    app.register_blueprint(phone)
    result = telephone("--repeats", "2", "--hang-up")
    assert result.exit_code == 0
    assert lines(result)[1:] == [
        "initiate  POST https://localhost/  200",
        "(the reply to this repeat differs from the first)",
        "(answered)",
        '"You are caller 1."',
        "(ended: hangup)",
    ]


def test_work_in_the_background_that_fails(app: Flask, telephone: Telephone) -> None:
    """Work in the background is waited for, and what a subscriber raises in it fails the command."""
    threads = pytest.importorskip("flask_bandwidth_callbacks.background").Threads(retries=[])
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE, background=threads)
    phone.respond(InitiateCallback)(lambda call: [SpeakSentence("Hello."), Hangup()])

    @phone.on(DisconnectCallback, background=True)
    def bill(call: DisconnectCallback) -> None:
        raise LookupError("no such customer")

    app.register_blueprint(phone)
    result = telephone("--hang-up")
    assert lines(result)[-1] == "(ended: hangup)"
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "Error: A subscriber raised LookupError: no such customer"


# -- A script ------------------------------------------------------------------------------------------------


def test_call_is_printed_as_it_happens(company: Flask, telephone: Telephone) -> None:
    """Each line of the conversation is printed with its time: the caller, other people, the end."""
    result = telephone("--press", "1", "--speak", "Hello Ann.", "--wait", "75", "--hang-up")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout == (
        "The application has been called.\n"
        "  0:00  caller calls +13035550100\n"
        "  0:00  (answered)\n"
        '  0:00  "Press a key."\n'
        "  0:00  caller presses 1\n"
        "  0:00  (calls +15556667777)\n"
        "  0:00  (+15556667777: ringing)\n"
        "  0:00  (+15556667777: answered)\n"
        "  0:00  (+15556667777: talks with +13035550123)\n"
        '  0:00  caller says "Hello Ann."\n'
        '  0:00  +15556667777 hears "Hello Ann."\n'
        "  0:01  caller waits 75 s\n"
        "  1:16  caller hangs up\n"
        "  1:16  (ended: hangup)\n"
        "  1:16  (+15556667777: ended: hangup)\n"
    )


def test_moves_keep_their_order(company: Flask, telephone: Telephone) -> None:
    """The moves of the script run in the order of the command line, however they are mixed."""
    result = telephone(
        *("--wait", "1", "--press", "2", "--speak", "One.", "--wait=2", "-v", "--speak", "Two.", "--speak"),
        *("Three.", "--press", "0", "--from", "+15551112222", "--wait", "3", "--hang-up"),
    )
    assert moves(result.stdout) == [
        "calls +13035550100",
        "waits 1 s",
        "presses 2",
        'says "One."',
        "waits 2 s",
        'says "Two."',
        'says "Three."',
        "presses 0",
        "waits 3 s",
        "hangs up",
    ]


def test_the_caller_hangs_up_after_the_script(company: Flask, telephone: Telephone) -> None:
    """A call that is still up after the script is hung up, so that the application is notified."""
    result = telephone("--press", "2")
    assert result.exit_code == 0
    assert lines(result)[-3:] == ["(recording)", "caller hangs up", "(ended: hangup)"]


def test_moves_without_effect(company: Flask, telephone: Telephone) -> None:
    """A move without effect is made and gives a warning; the exit status depends on how the call ended."""
    result = telephone("--speak", "Hello?", "--press", "1", "--speak", "Hello Ann.", "--press", "2#")
    assert moves(result.stdout) == [
        *("calls +13035550100", 'says "Hello?"', "presses 1"),
        *('says "Hello Ann."', "presses 2#", "hangs up"),
    ]
    assert result.stderr.splitlines() == [
        '--speak "Hello?": Nothing is listening for speech.',
        "--press 2#: Nothing is listening for keys.",
    ]
    assert result.exit_code == 0


def test_numbers(company: Flask, telephone: Telephone) -> None:
    """--from and --to are the numbers of the call."""
    result = telephone("--from", "Anonymous", "--to", "+15553334444", "--json")
    payload = json.loads(result.stdout)["exchanges"][0]["payload"]
    assert (payload["from"], payload["to"]) == ("Anonymous", "+15553334444")


def test_verbose_shows_each_callback(company: Flask, telephone: Telephone) -> None:
    """-v shows each callback when it happens, with BXML on indented lines and without passwords."""
    result = telephone("-v", "--press", "5")
    assert lines(result) == [
        "caller calls +13035550100",
        "initiate  POST https://localhost/phone/  200",
        "<Response>",
        '  <Gather gatherUrl="/phone/menu" maxDigits="1">',
        "    <SpeakSentence>Press a key.</SpeakSentence>",
        "  </Gather>",
        "</Response>",
        "(answered)",
        '"Press a key."',
        "caller presses 5",
        "gather  POST https://localhost/phone/menu  200",
        "<Response>",
        "  <SpeakSentence>Goodbye.</SpeakSentence>",
        "  <Hangup />",
        "</Response>",
        '"Goodbye."',
        "(ended: hangup)",
        "disconnect  POST https://localhost/phone/  204",
    ]


# -- JSON ----------------------------------------------------------------------------------------------------


def test_json_is_all_that_is_printed(company: Flask, telephone: Telephone) -> None:
    """--json prints the call and its exchanges, without passwords and without what the application prints."""
    result = telephone("--json", "--press", "5")
    assert result.exit_code == 0
    assert result.stderr == "The application has been called.\n"
    call = json.loads(result.stdout)
    assert (call["state"], call["cause"], call["heard"]) == (
        "disconnected",
        "hangup",
        ["Press a key.", "Goodbye."],
    )
    _, gather, disconnect = call["exchanges"]
    assert (gather["event"], gather["method"], gather["url"], gather["status"], gather["failure"]) == (
        "gather",
        "POST",
        "https://localhost/phone/menu",
        200,
        None,
    )
    assert gather["payload"]["digits"] == "5"
    assert "<SpeakSentence>Goodbye.</SpeakSentence>" in gather["bxml"]
    assert (disconnect["status"], disconnect["bxml"]) == (204, None)
    assert "s3cret" not in result.stdout


def test_json_reads_no_input(company: Flask, telephone: Telephone) -> None:
    """--json does not read from standard input, even without a script."""
    result = telephone("--json", typed="5\n")
    assert [exchange["event"] for exchange in json.loads(result.stdout)["exchanges"]] == [
        "initiate",
        "disconnect",
    ]


def test_json_of_a_script_that_fails(company: Flask, telephone: Telephone) -> None:
    """A script that fails still prints the exchanges so far as JSON, and its error to standard error."""
    result = telephone("--json", "--press", "5", "--press", "6")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["exchanges"]) == 3
    assert result.stderr.splitlines()[-1].startswith("Error: Cannot press a key: call c-")


def test_the_application_hangs_up_before_the_script_does(company: Flask, telephone: Telephone) -> None:
    """--hang-up at the end of a script does nothing if the application has hung up already."""
    faster = telephone("--press", "5", "--wait", "5", "--hang-up")
    assert (faster.exit_code, faster.stderr) == (0, "")
    assert faster.stdout == telephone("--press", "5").stdout


# -- The keypad ----------------------------------------------------------------------------------------------


def test_piped_lines_are_typed(company: Flask, telephone: Telephone) -> None:
    """Without a terminal, each line does the same as in a terminal, and there is no prompt."""
    result = telephone(typed="2\nThis is Bob.\n#\n")
    assert result.exit_code == 0
    assert moves(result.stdout) == ["calls +13035550100", "presses 2", 'says "This is Bob."', "presses #"]
    assert "> " not in result.stdout
    assert "Type" not in result.stdout


def test_enter_waits_until_something_happens(company: Flask, telephone: Telephone) -> None:
    """An empty line waits for the next thing that happens, here the end of a Gather without keys."""
    result = telephone(typed="\n")
    assert result.stdout.splitlines()[-2:] == ['  0:05  "Goodbye."', "  0:06  (ended: hangup)"]


def test_enter_when_nothing_will_happen(company: Flask, telephone: Telephone) -> None:
    """An empty line during a silent conversation does not wait for ever."""
    result = telephone(typed="1\n\n")
    assert "Waiting changes nothing now. Speak, press a key or hang up." in result.stdout
    assert moves(result.stdout)[-1] == "hangs up"


def test_enter_waits_for_a_minute_at_most(app: Flask, phone: CallbackBlueprint, telephone: Telephone) -> None:
    """An empty line waits for at most a minute, in a long silence and alone in a conference."""

    @phone.respond(InitiateCallback)
    def hold(call: InitiateCallback) -> list[Verb]:
        return [Pause(duration=90), SpeakSentence("Come in."), Conference("sales")]

    app.register_blueprint(phone, url_prefix="/phone")
    result = telephone(typed="\n\n\nw 0\n")
    assert lines(result)[2:] == [
        "(silence for 90 s)",
        '"Come in."',
        "(in conference sales)",
        "caller waits 0 s",
        "caller hangs up",
        "(ended: hangup)",
    ]
    assert result.stdout.count("Nothing has happened for a minute.") == 2
    assert "  2:30  caller waits 0 s" in result.stdout


def test_waiting_for_seconds(company: Flask, telephone: Telephone) -> None:
    """``w 2.5`` waits for 2.5 seconds; ``w`` before anything but a number is speech."""
    result = telephone(typed="w 2.5\nw/out time\n2\nw one\n")
    assert moves(result.stdout)[1:] == ["waits 2.5 s", "presses 2", 'says "w one"', "hangs up"]


def test_showing_callbacks(company: Flask, telephone: Telephone) -> None:
    """``d`` shows the callbacks so far and their replies."""
    result = telephone(typed="2\nd\n")
    shown = lines(result)[lines(result).index("(recording)") + 1 :]
    assert shown[0] == "initiate  POST https://localhost/phone/  200"
    assert "    <SpeakSentence>Press a key.</SpeakSentence>" in shown
    assert "gather  POST https://localhost/phone/menu  200" in shown
    assert shown[-2:] == ["caller hangs up", "(ended: hangup)"]


def test_hanging_up(company: Flask, telephone: Telephone) -> None:
    """``h`` hangs up, and no further line is read."""
    result = telephone(typed="h\n5\n")
    assert result.exit_code == 0
    assert moves(result.stdout) == ["calls +13035550100", "hangs up"]


def test_words_without_a_listener_are_not_spoken(company: Flask, telephone: Telephone) -> None:
    """Words are not spoken if nothing is listening for speech, because they are probably a mistake."""
    result = telephone(typed="help\n")
    assert "Nothing is listening for speech. Type ? for help." in result.stdout
    assert moves(result.stdout) == ["calls +13035550100", "hangs up"]


def test_quotes_make_words_of_keys(company: Flask, telephone: Telephone) -> None:
    """Text in quotes is spoken, even if it could be keys or a command."""
    result = telephone(typed='2\n"42"\n"h"\n')
    assert moves(result.stdout)[-3:] == ['says "42"', 'says "h"', "hangs up"]


def test_keys_may_have_spaces_between(company: Flask, telephone: Telephone) -> None:
    """Spaces between keys are ignored."""
    result = telephone(typed="2\n1 0 A\n")
    assert moves(result.stdout)[-2:] == ["presses 10A", "hangs up"]


def test_a_key_without_effect(company: Flask, telephone: Telephone) -> None:
    """A key that is pressed while two people talk has no effect, and a line says so."""
    result = telephone(typed="1\n2\n")
    assert "Nothing is listening for keys." in result.stdout
    assert moves(result.stdout)[-2:] == ["presses 2", "hangs up"]


def test_an_error_does_not_end_the_call(company: Flask, telephone: Telephone) -> None:
    """An impossible line prints the error, and the call goes on."""
    result = telephone(typed="w 99999999999\n5\n")
    assert "seconds must be at least 0 and less than 1,000,000,000 seconds" in result.stdout
    assert moves(result.stdout)[-1] == "presses 5"


def test_help_at_the_keypad(company: Flask, telephone: Telephone) -> None:
    """``?`` lists what can be typed and what it does."""
    result = telephone(typed="?\n")
    assert "  w 5    waits for 5 seconds.\n" in result.stdout


def test_converse_on_a_call_that_has_begun(
    company: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """converse() shows what has happened on a call and what happens next, and no other call."""
    simulation = SimulatedBandwidth(company)
    call, other = simulation.call(), simulation.call(var_from="+13035550199")
    far, near = pty.openpty()
    os.write(far, b"2\n\x04")
    with open(near, encoding="utf-8") as stdin, monkeypatch.context() as context:
        context.setattr(sys, "stdin", stdin)
        converse(call)
    os.close(far)
    other.hang_up()
    shown = capsys.readouterr().out.replace("> ", "")
    assert moves(shown) == ["calls +13035550100", "presses 2", "hangs up"]
    assert "Type keys or words." in shown
    assert "+13035550199" not in shown


# -- Errors --------------------------------------------------------------------------------------------------


def only_error(result: Result, exit_code: int = 1) -> str:
    """Return the only line of an error."""
    assert result.exit_code == exit_code
    assert "Traceback" not in result.output
    if exit_code == 2:  # click shows the usage first
        return result.stderr.splitlines()[-1]
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--press", "1x"], 2, "'--press': keys must be a string of 0-9, *, # and A-D"),
        (["--press", ""], 2, "'--press': keys must be a string of 0-9"),
        (["--wait", "-1"], 2, "'--wait': -1.0 is not in the range x>=0."),
        (["--wait", "soon"], 2, "'--wait': 'soon' is not a valid float"),
        (["--wait", "nan"], 2, "seconds must be at least 0 and less than 1,000,000,000 seconds, got nan."),
        (["--speak", " "], 2, "text must be words to say, got ' '."),
        (["--credentials", "s3cret"], 2, "'--credentials': must be a username and a password."),
        (["--credentials", ":s3cret"], 2, "'--credentials': must be a username and a password."),
        (["--credentials", "bandwidth:wrong"], 1, "the credentials of 'bandwidth' are rejected"),
        (["--to", "Ann"], 2, "The number that is called must be + and digits, or a SIP URI"),
        (["--from", ""], 2, "The caller's number must be + and digits, or a SIP URI"),
        (["--press", "5", "--press", "6"], 1, "has ended (hangup)."),
        (["--url", "localhost/phone"], 2, "'localhost/phone' is not a URL that can be requested"),
        (["--url", ""], 2, "'' is not a URL that can be requested"),
        (["--url", "/nowhere"], 1, "Error: The call ended with callback-error."),
        (["--status-url", "/x", "--no-status"], 2, "--status-url cannot be combined with --no-status"),
        (["--status-url", "ftp://x"], 2, "is not a URL that can be requested"),
        (
            ["--callee", "+15556667777"],
            2,
            "'--callee': must be NUMBER= and one of answers, busy, rejects, none",
        ),
        (["--callee", "+15556667777=asleep"], 2, "rejects, none, got '+15556667777=asleep'."),
        (["--callee", "=busy"], 2, "rejects, none, got '=busy'."),
        (["--callee", "Ann=busy"], 2, "'--callee': NUMBER must be + and digits, or a SIP URI"),
        (["--at", "3 am"], 2, "'--at': must be a time such as 2026-01-05T03:00, got '3 am'."),
        (["--at", "0001-01-01T00:00+14:00"], 2, "must be between the years 1000 and 9000"),
        (["--at", "9999-12-31T23:59-14:00"], 2, "must be between the years 1000 and 9000"),
        (["--seed", "x"], 2, "'--seed': 'x' is not a valid integer."),
        (["--url", "http://127.0.0.1:1/"], 1, "POST http://127.0.0.1:1/: no connection: "),
    ],
)
def test_bad_input_is_one_clear_line(
    company: Flask, telephone: Telephone, arguments: list[str], exit_code: int, message: str
) -> None:
    """Bad input gives one line without a traceback; a usage error names its option."""
    assert message in only_error(telephone(*arguments), exit_code)


def test_application_without_a_blueprint(app: Flask, telephone: Telephone) -> None:
    """Without a blueprint the command fails with one line that names the remedy."""
    assert only_error(telephone()) == (
        "Error: Application 'host' has no CallbackBlueprint. Register one, or give the URL that calls go to."
    )


def test_several_blueprints(company: Flask, telephone: Telephone) -> None:
    """With several blueprints the error lists their paths, and --url takes one of them."""
    other = CallbackBlueprint("other", __name__, credentials=[("bandwidth", "0ther")])
    other.respond(InitiateCallback)(lambda call: SpeakSentence("The other one."))
    company.register_blueprint(other, url_prefix="/other")
    assert "'phone' at /phone/, 'other' at /other/. Give the URL" in only_error(telephone())
    assert '"The other one."' in lines(telephone("--url", "/other/"))


def test_credentials_in_process(company: Flask, telephone: Telephone) -> None:
    """--credentials takes precedence over the credentials of the blueprint."""
    assert telephone("--credentials", "bandwidth:s3cret").exit_code == 0


def test_a_handler_that_raises(company: Flask, telephone: Telephone) -> None:
    """A handler that raises gives a line for the callback that failed, and exit status 1."""
    result = telephone("--press", "3")
    url, why = "https://localhost/phone/menu", "status 500 (ValueError: the application's mistake)"
    failed = f"gather  POST {url}  FAILED: {why}"
    assert f"  0:00  {failed}\n" in result.stdout
    assert only_error(result) == "Error: The call ended with callback-error."


def test_a_failure_is_reported_once(company: Flask, telephone: Telephone) -> None:
    """The command says once why a handler failed: in the conversation, or with --json in the error."""
    assert telephone("--press", "3", "-v").output.count("the application's mistake") == 1
    result = telephone("--press", "3", "--json")
    assert result.stderr.splitlines()[-1] == (
        "Error: The call ended with callback-error: gather  POST https://localhost/phone/menu  FAILED: status"
        " 500 (ValueError: the application's mistake)"
    )


def test_a_handler_that_raises_is_logged(
    company: Flask, telephone: Telephone, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback of a handler is logged, although in testing Flask would let the exception through."""
    telephone("--press", "3")
    (record,) = caplog.records
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the application's mistake"


def test_a_subscriber_that_raises_is_logged(
    app: Flask, phone: CallbackBlueprint, telephone: Telephone, caplog: pytest.LogCaptureFixture
) -> None:
    """A subscriber that raises gives exit status 1, and its traceback does not begin in the simulation."""

    @phone.on(DisconnectCallback)
    def bill(call: DisconnectCallback) -> None:
        raise ValueError("the subscriber's mistake")

    phone.respond(InitiateCallback)(lambda call: SpeakSentence("Hello."))
    app.register_blueprint(phone)
    assert only_error(telephone()) == "Error: A subscriber raised ValueError: the subscriber's mistake"
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is not None
    assert record.exc_info[1].__context__ is None


def test_call_that_never_ends(company: Flask, telephone: Telephone) -> None:
    """An endless loop of documents ends the command, and the error shows the last of them."""
    result = telephone("--press", "4")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Call c-")
    assert result.stderr.splitlines()[-1].startswith("redirect  POST https://localhost/phone/again")


def test_call_that_ends_badly(app: Flask, phone: CallbackBlueprint, telephone: Telephone) -> None:
    """If no callback failed, the conversation shows the call's own message, and the error does not again."""
    document = f"<Response><SpeakSentence>Hi.</SpeakSentence><Forward to='{ANN}'/></Response>"
    phone.respond(InitiateCallback)(lambda call: document)
    app.register_blueprint(phone)
    result = telephone()
    assert only_error(result) == "Error: The call ended with application-error."
    assert result.output.count("Forward is for") == 1
    error = telephone("--json").stderr
    assert error.startswith("Error: The call ended with application-error: Forward is for")


def test_a_notification_that_fails(app: Flask, phone: CallbackBlueprint, telephone: Telephone) -> None:
    """A call that ends well with a failed notification gives exit status 1, and says how many failed."""
    phone.respond(InitiateCallback)(lambda call: SpeakSentence("Hello."))
    app.register_blueprint(phone)
    result = telephone("--status-url", "/nowhere")
    assert only_error(result) == "Error: 1 callback failed."
    assert "disconnect  POST https://localhost/nowhere  FAILED: status 404" in lines(result)


# -- The scene -----------------------------------------------------------------------------------------------


def test_the_time_of_the_call(app: Flask, phone: CallbackBlueprint, telephone: Telephone) -> None:
    """--at is when the call begins, in UTC unless it has an offset."""
    phone.respond(InitiateCallback)(lambda call: SpeakSentence(f"It is {call.start_time:%d %H:%M}."))
    app.register_blueprint(phone)
    assert '"It is 05 15:00."' in lines(telephone())
    assert '"It is 05 03:00."' in lines(telephone("--at", "2026-01-05T03:00"))
    assert '"It is 04 21:30."' in lines(telephone("--at", "2026-01-05T03:00+05:30"))
    assert '"It is 06 00:00."' in lines(telephone("--at", "2026-01-06"))


@pytest.mark.parametrize(
    ("behavior", "line"),
    [
        ("answers", f"({ANN}: answered)"),
        ("busy", f"({ANN}: ended: busy)"),
        ("rejects", f"({ANN}: ended: rejected)"),
        ("none", f"({ANN}: ended: timeout)"),
    ],
)
def test_callees(company: Flask, telephone: Telephone, behavior: str, line: str) -> None:
    """--callee says how the person at a number behaves when the application calls them."""
    result = telephone("--callee", f"{ANN}={behavior}", "--callee", "+1=busy", "--press", "1", "--wait", "60")
    assert result.exit_code == 0
    assert line in lines(result)


def test_where_disconnect_goes(company: Flask, telephone: Telephone) -> None:
    """--status-url says where disconnect goes; with --no-status it is not sent."""

    def ends(*arguments: str) -> list[str]:
        exchanges = json.loads(telephone("--press", "5", "--json", *arguments).stdout)["exchanges"]
        return [exchange["url"] for exchange in exchanges if exchange["event"] == "disconnect"]

    assert ends() == ["https://localhost/phone/"]
    assert ends("--status-url", "/phone/menu") == ["https://localhost/phone/menu"]
    assert ends("--no-status") == []


def test_ids(company: Flask, telephone: Telephone) -> None:
    """Each call has an id of its own; the same --seed gives the same one."""

    def call_id(*arguments: str) -> str:
        call = json.loads(telephone("--json", *arguments).stdout)
        return str(call["call_id"])

    assert call_id() != call_id()
    assert call_id("--seed", "7") == call_id("--seed", "7") != call_id("--seed", "8")


def test_json_hides_passwords(app: Flask, phone: CallbackBlueprint, telephone: Telephone) -> None:
    """No password of a URL is in the JSON, whichever of its values the URL is in."""

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> str:
        return (
            "<Response><PlayAudio>https://ann:p@s3cret@files.example.com/a.wav</PlayAudio>"
            "<Tag>https://ann:s3cret@files.example.com/</Tag>"
            '<Redirect redirectUrl="https://ann:s3cret@localhost/gone" other="//ann:s3cret@x"/></Response>'
        )

    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    app.register_blueprint(phone)
    result = telephone("--json")
    report = json.loads(result.stdout)
    assert report["heard"] == ["https://***@files.example.com/a.wav"]
    assert [exchange["url"] for exchange in report["exchanges"]][1] == "https://***@localhost/gone"
    assert "s3cret" not in result.output


def test_verbose_shows_a_document_of_many_levels(
    app: Flask, phone: CallbackBlueprint, telephone: Telephone
) -> None:
    """A document with thousands of levels is shown as it is, and the call fails in one clear line."""
    document = f"<Response>{'<Gather>' * 2000}{'</Gather>' * 2000}</Response>"
    phone.respond(InitiateCallback)(lambda call: document)
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    app.register_blueprint(phone)
    result = telephone("-v")
    assert only_error(result) == "Error: The call ended with invalid-bxml."
    assert "initiate  POST https://localhost/  FAILED: invalid BXML" in result.stdout


# -- A server ------------------------------------------------------------------------------------------------


class Server(BaseHTTPRequestHandler):
    """A server that does not use this library; its replies speak the type of the event."""

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        speak = f"<SpeakSentence>{event['eventType']}</SpeakSentence>"
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.end_headers()
        self.wfile.write(f'<Response>{speak}<Gather gatherUrl="/" maxDigits="1"/></Response>'.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Suppress the log."""


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a running :class:`Server`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


def test_server_needs_no_application(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL of a running server needs no Flask application."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLASK_APP", raising=False)
    result = CliRunner().invoke(bandwidth, ["call", "--url", server, "--press", "1"])
    assert result.exit_code == 0
    assert [line for line in lines(result) if line.startswith('"')] == ['"initiate"', '"gather"']
    assert "Could not locate a Flask application" in CliRunner().invoke(bandwidth, ["call"]).stderr


# -- A real terminal -----------------------------------------------------------------------------------------

APPLICATION = """
from flask import Flask
from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, Record, SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

@phone.respond(InitiateCallback)
def greet(call):
    return Gather(SpeakSentence("Press a key."), gather_url=menu, max_digits=1)

@phone.respond(GatherCallback, "/menu")
def menu(call):
    return [SpeakSentence(f"You pressed {call.digits}."), Record()]

app = Flask(__name__)
app.register_blueprint(phone)
"""


# The terminal becomes the command's own, so that Ctrl-C reaches it.
START = """
import os, runpy
os.login_tty(os.dup(0))
runpy.run_module("flask", run_name="__main__", alter_sys=True)
"""


CTRL_C = "\x03"


class Terminal:
    """A real terminal that runs ``flask bandwidth call`` for the application in a folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._far, near = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, "bandwidth", "call", *arguments],
            stdin=near,
            stdout=near,
            stderr=near,
            cwd=folder,
            env=os.environ
            | {"TERM": "xterm-256color", "COLUMNS": "80", "FLASK_APP": "app.py"}
            | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        )
        os.close(near)
        self._unread = b""

    def type(self, text: str, until: str) -> str:
        """Type a text; return what is shown from then on up to ``until``, without styles."""
        os.write(self._far, text.encode())
        while until.encode() not in self._unread:
            if select.select([self._far], [], [], 1)[0]:
                self._unread += os.read(self._far, 4096)
            elif text == CTRL_C:  # readline ignores it for a moment before it reads keys
                os.write(self._far, text.encode())
        shown, _, self._unread = self._unread.partition(until.encode())
        return re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", shown.decode()).replace("\r", "")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._far)


@pytest.fixture(params=["rich", "plain"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal with rich and one without it."""
    (tmp_path / "app.py").write_text(APPLICATION, encoding="utf-8")
    if request.param == "plain":
        (tmp_path / "rich.py").write_text("raise ImportError", encoding="utf-8")
    with closing(Terminal(tmp_path)) as terminal:
        yield terminal


def test_in_a_real_terminal(terminal: Terminal) -> None:
    """A terminal has a prompt and a hint; keys and words work, and Ctrl-C hangs up."""
    shown = terminal.type("", until="> ")
    assert '  0:00  "Press a key."\n' in shown
    assert "Type keys or words. Enter waits" in shown
    assert '  0:00  "You pressed 7."\n' in terminal.type("7\r", until="> ")
    assert '  0:01  caller says "Hello?"\n' in terminal.type("Hello?\r", until="> ")
    terminal.type("He", until="He")
    assert terminal.type(CTRL_C, until="ended: hangup").endswith("  0:02  caller hangs up\n  0:02  (")
    assert terminal.process.wait(20) == 0


def test_the_readme_shows_what_happens(tmp_path: Path) -> None:
    """The session in the README is what its first example prints, except the id of the call."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    example = next(text for language, text in blocks if language == "python")
    (session,) = [text for _, text in blocks if text.startswith("$ flask bandwidth call")]
    command, _, shown = session.partition("\n")
    before, prompt, after = shown.partition("> ")
    (tmp_path / "app.py").write_text(example, encoding="utf-8")
    with closing(Terminal(tmp_path, *command.split()[4:])) as terminal:
        assert terminal.type("", until=prompt) == before
        typed = after.partition("\n")[0]
        ended = "ended: hangup"  # by the conversation, then by the application
        printed = terminal.type(f"{typed}\r", until=ended) + ended + terminal.type("", until=ended) + ended
    assert re.sub("c-[0-9a-f-]+", "c-1", printed) == re.sub("c-[0-9a-f-]+", "c-1", after.rstrip())
