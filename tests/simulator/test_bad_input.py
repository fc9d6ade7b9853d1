"""What cannot be: each is an error of the library's tree, in one line that names the thing and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_bandwidth_callbacks import BandwidthCallbacksError, CallbackBlueprint, InvalidBXML
from flask_bandwidth_callbacks.bxml import Conference, Gather, Hangup, Pause, Ring
from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.simulator import (
    Call,
    MachineDetection,
    SimulatedBandwidth,
    SimulationError,
)
from tests.simulator.conftest import Line

URL = "http://127.0.0.1:5000/phone"


def refusal(action: Callable[[], object], kind: type[BandwidthCallbacksError] = SimulationError) -> str:
    """Return the message of the error that an action raises, which is one line and has no context."""
    with pytest.raises(kind) as raised:
        action()
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return message


NO_SECONDS = "must be at least 0 and less than 1,000,000,000 seconds, got"

# -- The simulation itself -----------------------------------------------------------------------------------

NO_URL = (
    "{!r} is not a URL that can be requested: it must begin with http:// or https:// and a host, and have no"
    " white space."
)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "127.0.0.1:5000",
        "/phone",
        "ftp://127.0.0.1/",
        "http://",
        "http:///phone",
        "http://:5000/",
        "http://[::1",
        "http://127.0.0.1:phone/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        " http://127.0.0.1/",
        "http://127.0.0.1/my phone",
        "http://127.0.0.1/\n",
        "http://\ud800/",
    ],
)
def test_no_url(url: str) -> None:
    """An invalid URL, or one that nothing can be sent to, raises an error before anything is sent."""
    assert refusal(lambda: SimulatedBandwidth(url)) == NO_URL.format(url)


@pytest.mark.parametrize("url", ["http://[::1", "//[::1", "http:/phone", "phone:80"])
@pytest.mark.parametrize("option", ["fallback_url", "status_url"])
def test_no_other_url(option: str, url: str) -> None:
    """So does every other URL that is given, which may be relative."""
    options: dict[str, Any] = {option: url}
    assert refusal(lambda: SimulatedBandwidth(URL, **options)) == NO_URL.format(url)


@pytest.mark.parametrize("target", [None, 5000, b"http://127.0.0.1/", Blueprint("pages", "pages"), Flask])
def test_no_target(target: Any) -> None:
    """Only an application or a URL can be called."""
    assert refusal(lambda: SimulatedBandwidth(target)) == (
        f"The target must be a Flask application or a URL, got {show(target)}."
    )


def test_urls_with_credentials() -> None:
    """Credentials in a URL raise an error with the remedy, which does not show the password."""
    message = refusal(lambda: SimulatedBandwidth("http://bandwidth:t0psecret@127.0.0.1:5000/"))
    assert message == "The URL for 127.0.0.1 must not hold a username. Give it as credentials."
    message = refusal(lambda: SimulatedBandwidth("http://bandwidth:t0psecret@127.0.0.1:phone/"))
    assert "t0psecret" not in message


@pytest.mark.parametrize(
    "credentials",
    ["t0psecret", ("bandwidth",), ("bandwidth", b"t0psecret"), ("a", "b", "t0psecret"), 7, ()],
)
@pytest.mark.parametrize("option", ["credentials", "fallback_credentials"])
def test_no_credentials(option: str, credentials: Any) -> None:
    """Credentials are a username and a password, both strings; the error shows neither."""
    options: dict[str, Any] = {option: credentials, "fallback_url": "/"}
    assert refusal(lambda: SimulatedBandwidth(URL, **options)) == (
        "credentials must be a username and a password. Give (username, password) or 'username:password',"
        " neither part blank."
    )


@pytest.mark.parametrize("seconds", [0, -1, 25.5, float("nan"), float("inf"), True, "15", None])
def test_no_timeout(seconds: Any) -> None:
    """The time to wait for a reply is more than 0 seconds and at most 25."""
    message = refusal(lambda: SimulatedBandwidth(URL, callback_timeout=seconds))
    assert f"{seconds!r}" in message
    assert "seconds" in message


@pytest.mark.parametrize("option", ["method", "status_method", "fallback_method"])
def test_no_method(option: str) -> None:
    """Callbacks are sent by POST or GET."""
    options: dict[str, Any] = {option: "PUT", "fallback_url": "/"}
    message = refusal(lambda: SimulatedBandwidth(URL, **options))
    assert message == "The method of a callback must be POST or GET, got 'PUT'."


@pytest.mark.parametrize("start", [datetime(2026, 1, 5), "2026-01-05T15:00:00Z", 0, None])
def test_no_beginning(start: Any) -> None:
    """A time without a zone, which would mean another time on another machine, raises an error."""
    assert refusal(lambda: SimulatedBandwidth(URL, start=start)) == (
        f"start must be an aware datetime, got {start!r}. Give one such as"
        " datetime(2026, 1, 5, 15, 0, tzinfo=UTC)."
    )


def test_no_blueprint(app: Flask, phone: CallbackBlueprint) -> None:
    """An application without a CallbackBlueprint raises an error, as does another application's blueprint."""
    app.register_blueprint(Blueprint("pages", __name__))
    assert refusal(lambda: SimulatedBandwidth(app)) == (
        "Application 'host' has no CallbackBlueprint. Register one, or give the URL that calls go to."
    )
    assert refusal(lambda: SimulatedBandwidth(app, phone)) == (
        "Blueprint 'phone' must be registered with application 'host', and is not. Register it first."
    )
    url: Any = 7
    assert refusal(lambda: SimulatedBandwidth(app, url)) == "url must be a URL or a CallbackBlueprint, got 7."
    assert refusal(lambda: SimulatedBandwidth(app, "http://[")) == NO_URL.format("http://[")
    assert refusal(lambda: SimulatedBandwidth(URL, phone)) == (
        f"The target must be a Flask application or a URL, got {show(phone)}."
    )


# -- Calls ---------------------------------------------------------------------------------------------------

NUMBERS = [
    "",
    "nonsense",
    "5551234",
    "+",
    "+1 303",
    "+\u0661",
    "tel:+1",
    "sip:",
    "sip:a b",
    None,
    13035550100,
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("act", "subject"),
    [
        (lambda bandwidth, number: bandwidth.callee(number), "The callee's number"),
        (lambda bandwidth, number: bandwidth.dial(number, "/"), "The number that is called"),
        (lambda bandwidth, number: bandwidth.call(number), "The number that is called"),
        (lambda bandwidth, number: bandwidth.call(var_from=number), "The caller's number"),
        (lambda bandwidth, number: bandwidth.dial("+1", "/", var_from=number), "The caller's number"),
    ],
    ids=["callee", "dial", "call", "caller", "dialer"],
)
def test_no_number(act: Callable[[SimulatedBandwidth, Any], object], subject: str, number: Any) -> None:
    """Only a phone number or a SIP URI can call or be called."""
    bandwidth = SimulatedBandwidth(URL)
    words = ""
    if subject == "The caller's number":
        words = ", or one of Private, Restricted, Unavailable, Anonymous"
    assert refusal(lambda: act(bandwidth, number)) == (
        f"{subject} must be + and digits, or a SIP URI such as sip:user@host{words}, got {number!r}."
    )
    assert not bandwidth.calls


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), True, "3", None])
def test_no_patience(seconds: Any) -> None:
    """A callee answers, and hangs up, after a number of seconds that can pass."""
    callee = SimulatedBandwidth(URL).callee("+15556667777")
    message = f"after {NO_SECONDS} {seconds!r}."
    assert refusal(lambda: callee.answers(after=seconds)) == message
    assert refusal(lambda: callee.hangs_up(after=seconds)) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"answer_url": "http://["}, NO_URL.format("http://[")),
        ({"answer_url": None}, "A URL must be a string, got None. Use what url_for(handler) returns."),
        ({"answer_url": "/", "disconnect_url": "ftp://127.0.0.1"}, NO_URL.format("ftp://127.0.0.1")),
        ({"answer_url": "/", "answer_fallback_url": "http://"}, NO_URL.format("http://")),
        ({"answer_url": "/", "answer_method": "PUT"}, "The method of a callback must be POST or GET, got"),
        ({"answer_url": "/", "credentials": "ab"}, "credentials must be a username and a password. Give"),
        (
            {"answer_url": "/", "callback_timeout": 26},
            "callback_timeout must be more than 0 and at most 25 seconds, got 26.",
        ),
        (
            {"answer_url": "/", "call_timeout": -1},
            f"call_timeout {NO_SECONDS} -1.",
        ),
    ],
)
def test_no_call(options: dict[str, Any], message: str) -> None:
    """A call that can never be made raises an error at once."""
    bandwidth = SimulatedBandwidth(URL)
    assert refusal(lambda: bandwidth.dial("+15556667777", **options)).startswith(message)
    assert not bandwidth.calls


@pytest.mark.parametrize("detection", [True, {"mode": "sync"}, MachineDetection])
def test_no_machine_detection(detection: Any) -> None:
    """Machine detection is configured with a MachineDetection."""
    message = refusal(lambda: SimulatedBandwidth(URL).dial("+1", "/", machine_detection=detection))
    assert message == (
        f"machine_detection must be a MachineDetection, got {show(detection)}. Give"
        " MachineDetection(callback_url=...), from the simulator."
    )


def test_no_mode_of_machine_detection() -> None:
    """Machine detection has two modes."""
    mode: Any = "asynchronous"
    message = refusal(lambda: MachineDetection(mode))
    assert message == "mode must be sync or async, got 'asynchronous'."


def test_no_result_of_machine_detection() -> None:
    """A misspelled result of machine detection raises an error that lists the results."""
    result: Any = "answering_machine"
    assert refusal(lambda: SimulatedBandwidth(URL).callee("+1").answers(detected_as=result)) == (
        "detected_as must be one of human, answering-machine, tone-detected, silence, timeout, error, got"
        " 'answering_machine'."
    )


# -- What a caller does --------------------------------------------------------------------------------------


@pytest.fixture
def call(line: Line) -> Call:
    """A call that waits."""
    return line(Pause(duration=60), more=Pause(duration=60)).call()


NO_KEYS = "keys must be a string of 0-9, *, # and A-D, such as '1', got"


@pytest.mark.parametrize("keys", ["", "E", "a", "1x", "1 2", "\uff11", "+"])
def test_no_key(call: Call, keys: str) -> None:
    """Keys that no telephone has raise an error, and the keys before them are not pressed."""
    assert refusal(lambda: call.press(keys)) == f"{NO_KEYS} {keys!r}."


@pytest.mark.parametrize("keys", [1, None, ["1"]])
def test_keys_are_a_string(call: Call, keys: Any) -> None:
    """Keys are a string, because 0 and 00 are not the same."""
    assert refusal(lambda: call.press(keys)) == f"{NO_KEYS} {keys!r}."


def test_every_key(call: Call) -> None:
    """All keys that a telephone has can be pressed."""
    call.press("0123456789*#ABCD")
    assert call.state == "answered"


@pytest.mark.parametrize("words", ["", " ", None, b"Hello"])
def test_no_words(call: Call, words: Any) -> None:
    """A caller speaks words, not silence."""
    assert refusal(lambda: call.speak(words)) == f"text must be words to say, got {words!r}."


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf"), 1e9, True, "6", None])
@pytest.mark.parametrize(
    "act",
    [
        lambda call, seconds: call.wait(seconds),
        lambda call, seconds: call.bandwidth.wait(seconds),
        lambda call, seconds: call.speak("Hello", seconds=-1 if seconds is None else seconds),
    ],
    ids=["call", "simulation", "speech"],
)
def test_no_time(call: Call, act: Callable[[Call, Any], None], seconds: Any) -> None:
    """Time does not pass backward, nor forever."""
    before = call.bandwidth.now
    assert refusal(lambda: act(call, seconds)).startswith(f"seconds {NO_SECONDS}")
    assert call.bandwidth.now == before


ACTS: dict[str, Callable[[Call], None]] = {
    "press a key": lambda call: call.press("1"),
    "speak": lambda call: call.speak("Hello"),
    "hang up": lambda call: call.hang_up(),
    "redirect": lambda call: call.redirect("/"),
    "update": lambda call: call.update(Hangup()),
    "complete": lambda call: call.complete(),
}


def test_keys_after_the_one_that_ends_the_call(line: Line) -> None:
    """Of several keys pressed at once, those after the end of the call are ignored without an error."""
    call = line(Gather(gather_url="more", max_digits=1), more=Hangup()).call()
    call.press("123")
    assert [exchange.event for exchange in call.exchanges] == ["initiate", "gather", "disconnect"]


@pytest.mark.parametrize("act", ACTS)
def test_after_the_end(call: Call, act: str) -> None:
    """Any act on a call that has ended raises an error that says why it ended."""
    call.hang_up()
    assert refusal(lambda: ACTS[act](call)) == f"Cannot {act}: call {call.call_id} has ended (hangup)."


def test_after_a_failure(line: Line) -> None:
    """If the call ended because of a failure, the error says which."""
    bandwidth = line(lambda event: "<Response><Gather maxDigits='0'/></Response>")
    bandwidth.raise_errors = False
    call = bandwidth.call()
    assert refusal(lambda: call.press("1")) == (
        f"Cannot press a key: call {call.call_id} has ended (callback-error: {call.error_message})."
    )


@pytest.mark.parametrize("act", ["press a key", "speak"])
def test_while_it_rings(line: Line, act: str) -> None:
    """A person whose call still rings can neither press keys nor speak; the error says to wait."""
    bandwidth = line(Ring(duration=20, answer_call=False), Pause(duration=9), picked_up=Pause())
    bandwidth.callee("+13035550141").answers(after=20)
    for begin in (bandwidth.call, partial(bandwidth.dial, "+13035550141", "picked_up")):
        call = begin()
        assert refusal(partial(ACTS[act], call)) == (
            f"Cannot {act}: call {call.call_id} is not answered yet. Wait until it is, with"
            " call.wait(seconds)."
        )
        call.wait(20)
        ACTS[act](call)


@pytest.mark.parametrize("act", ["redirect", "update"])
def test_before_the_answer(line: Line, act: str) -> None:
    """A call that is not answered yet can only be ended."""
    call = line(Ring(duration=20, answer_call=False)).call()
    message = refusal(lambda: ACTS[act](call))
    assert message == f"Cannot {act}: call {call.call_id} is not answered yet (409)."
    call.complete()
    assert call.cause == "rejected"


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/", None])
def test_no_url_to_redirect_to(call: Call, url: Any) -> None:
    """A call stays where it is if it is redirected to an invalid URL."""
    assert "URL" in refusal(lambda: call.redirect(url))
    assert [exchange.event for exchange in call.exchanges] == ["initiate"]


@pytest.mark.parametrize(
    "document", ["", "<Response>", "<Response><Pause duration='0'/></Response>", "Hello"]
)
def test_no_document_to_run(call: Call, document: str) -> None:
    """A call stays where it is if it is updated with invalid BXML."""
    assert "line 1" in refusal(lambda: call.update(document), InvalidBXML)
    assert call.state == "answered"


def test_no_conference(line: Line) -> None:
    """The error about a conference without members names it, and those that have members."""
    bandwidth = line(Pause(duration=60))
    call = bandwidth.call()
    assert refusal(lambda: bandwidth.conference("room")) == (
        "Conference 'room' does not exist now; these do: none."
    )
    call.update(Conference("lobby"))
    conference = bandwidth.conference("lobby")
    assert refusal(lambda: bandwidth.conference("room")) == (
        "Conference 'room' does not exist now; these do: 'lobby'."
    )
    assert "Gather cannot stand in the reply to a conference event" in refusal(
        lambda: conference.update(Gather()), InvalidBXML
    )
