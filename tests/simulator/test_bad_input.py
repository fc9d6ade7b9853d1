"""What cannot be: each is an error of the library's tree, in one line that names the thing and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_bandwidth_callbacks import BandwidthCallbacksError, CallbackBlueprint, InvalidBXML
from flask_bandwidth_callbacks.bxml import Conference, Gather, Hangup, Pause, Ring
from flask_bandwidth_callbacks.simulator import (
    Call,
    MachineDetection,
    SimulatedBandwidth,
    SimulationError,
)
from tests.simulator.conftest import Line

URL = "http://127.0.0.1:5000/phone"


def refusal(action: Callable[[], object], kind: type[BandwidthCallbacksError] = SimulationError) -> str:
    """Return what the library says of something that cannot be, in one line and without a context."""
    with pytest.raises(kind) as raised:
        action()
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return message


NO_SECONDS = "is no number of seconds that can pass: give 0 or more, and less than 1,000,000,000."

# -- The simulation itself -----------------------------------------------------------------------------------

NO_URL = (
    "{!r} is no URL that can be requested: it must begin with http:// or https:// and a host, and have no"
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
    """A URL that is none, or that nothing can be sent to, is refused before anything is sent."""
    assert refusal(lambda: SimulatedBandwidth(url)) == NO_URL.format(url)


@pytest.mark.parametrize("url", ["http://[::1", "//[::1", "http:/phone", "phone:80"])
@pytest.mark.parametrize("option", ["fallback_url", "status_url"])
def test_no_other_url(option: str, url: str) -> None:
    """So is every other URL that is given besides, which may be relative."""
    options: dict[str, Any] = {option: url}
    assert refusal(lambda: SimulatedBandwidth(URL, **options)) == NO_URL.format(url)


@pytest.mark.parametrize("target", [None, 5000, b"http://127.0.0.1/", Blueprint("pages", "pages"), Flask])
def test_no_target(target: Any) -> None:
    """Only an application or a URL can be called."""
    assert refusal(lambda: SimulatedBandwidth(target)) == (
        f"{target!r} cannot be called: give a Flask application or a URL."
    )


def test_urls_with_credentials() -> None:
    """Credentials in a URL are refused, with the remedy and without showing the password."""
    message = refusal(lambda: SimulatedBandwidth("http://bandwidth:t0psecret@127.0.0.1:5000/"))
    assert message == "The URL for 127.0.0.1 holds a username: give it as credentials."
    message = refusal(lambda: SimulatedBandwidth("http://bandwidth:t0psecret@127.0.0.1:phone/"))
    assert "t0psecret" not in message


@pytest.mark.parametrize(
    "credentials",
    ["bandwidth:t0psecret", ("bandwidth",), ("bandwidth", b"t0psecret"), ("a", "b", "t0psecret"), 7, ()],
)
@pytest.mark.parametrize("option", ["credentials", "fallback_credentials"])
def test_no_credentials(option: str, credentials: Any) -> None:
    """Credentials are a username and a password, both texts; none is shown."""
    options: dict[str, Any] = {option: credentials, "fallback_url": "/"}
    assert refusal(lambda: SimulatedBandwidth(URL, **options)) == (
        "The credentials are no username and password: give (username, password)."
    )


@pytest.mark.parametrize("seconds", [0, -1, 25.5, float("nan"), float("inf"), True, "15", None])
def test_no_timeout(seconds: Any) -> None:
    """A callback is given up after some seconds, 25 at most."""
    message = refusal(lambda: SimulatedBandwidth(URL, callback_timeout=seconds))
    assert f"{seconds!r}" in message
    assert "seconds" in message


@pytest.mark.parametrize("option", ["method", "status_method", "fallback_method"])
def test_no_method(option: str) -> None:
    """Callbacks come by POST or by GET."""
    options: dict[str, Any] = {option: "PUT", "fallback_url": "/"}
    message = refusal(lambda: SimulatedBandwidth(URL, **options))
    assert message == "'PUT' is no method of a callback: it is POST or GET."


@pytest.mark.parametrize("start", [datetime(2026, 1, 5), "2026-01-05T15:00:00Z", 0, None])
def test_no_beginning(start: Any) -> None:
    """A time without a time zone would be another one on another machine."""
    assert refusal(lambda: SimulatedBandwidth(URL, start=start)) == (
        f"start={start!r} is no time in a time zone: give an aware datetime, such as"
        " datetime(2026, 1, 5, 15, 0, tzinfo=UTC)."
    )


def test_no_blueprint(app: Flask, phone: CallbackBlueprint) -> None:
    """An application without a CallbackBlueprint is told so, as is one whose blueprint is another's."""
    app.register_blueprint(Blueprint("pages", __name__))
    assert refusal(lambda: SimulatedBandwidth(app)) == (
        "Application 'host' has no CallbackBlueprint: register one, or give the URL that calls go to."
    )
    assert refusal(lambda: SimulatedBandwidth(app, phone)) == (
        "Blueprint 'phone' is not registered with 'host'."
    )
    url: Any = 7
    assert refusal(lambda: SimulatedBandwidth(app, url)) == "url=7 is neither a URL nor a CallbackBlueprint."
    assert refusal(lambda: SimulatedBandwidth(app, "http://[")) == NO_URL.format("http://[")
    assert refusal(lambda: SimulatedBandwidth(URL, phone)) == (
        f"{phone!r} cannot be called: give a Flask application or a URL."
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
    ("act", "what"),
    [
        (lambda bandwidth, number: bandwidth.callee(number), "The callee"),
        (lambda bandwidth, number: bandwidth.dial(number, "/"), "The number"),
        (lambda bandwidth, number: bandwidth.call(number), "The number"),
        (lambda bandwidth, number: bandwidth.call(var_from=number), "The caller's number"),
        (lambda bandwidth, number: bandwidth.dial("+1", "/", var_from=number), "The caller's number"),
    ],
    ids=["callee", "dial", "call", "caller", "dialler"],
)
def test_no_number(act: Callable[[SimulatedBandwidth, Any], object], what: str, number: Any) -> None:
    """What is neither a number nor a SIP URI cannot be called, and does not call."""
    bandwidth = SimulatedBandwidth(URL)
    words = "; or Private, Restricted, Unavailable, Anonymous" if what == "The caller's number" else ""
    assert refusal(lambda: act(bandwidth, number)) == (
        f"{what} {number!r} is no number that can be called: give + and digits, or a SIP URI such as"
        f" sip:user@host{words}."
    )
    assert not bandwidth.calls


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), True, "3", None])
def test_no_patience(seconds: Any) -> None:
    """Somebody answers, and hangs up, after some seconds."""
    callee = SimulatedBandwidth(URL).callee("+15556667777")
    message = f"after={seconds!r} {NO_SECONDS}"
    assert refusal(lambda: callee.answers(after=seconds)) == message
    assert refusal(lambda: callee.hangs_up(after=seconds)) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"answer_url": "http://["}, NO_URL.format("http://[")),
        ({"answer_url": None}, "None is no URL: give a text, such as what url_for(handler) gives."),
        ({"answer_url": "/", "disconnect_url": "ftp://127.0.0.1"}, NO_URL.format("ftp://127.0.0.1")),
        ({"answer_url": "/", "answer_fallback_url": "http://"}, NO_URL.format("http://")),
        ({"answer_url": "/", "answer_method": "PUT"}, "'PUT' is no method of a callback: it is POST or GET."),
        ({"answer_url": "/", "credentials": "a:b"}, "The credentials are no username and password: give"),
        (
            {"answer_url": "/", "callback_timeout": 26},
            "callback_timeout=26 must be more than 0 and at most 25",
        ),
        (
            {"answer_url": "/", "call_timeout": -1},
            f"call_timeout=-1 {NO_SECONDS}",
        ),
    ],
)
def test_no_call(options: dict[str, Any], message: str) -> None:
    """A call that could never be made is refused at once."""
    bandwidth = SimulatedBandwidth(URL)
    assert refusal(lambda: bandwidth.dial("+15556667777", **options)).startswith(message)
    assert not bandwidth.calls


@pytest.mark.parametrize("detection", [True, {"mode": "sync"}, MachineDetection])
def test_no_machine_detection(detection: Any) -> None:
    """How machines are detected says a MachineDetection."""
    message = refusal(lambda: SimulatedBandwidth(URL).dial("+1", "/", machine_detection=detection))
    assert message == (
        f"machine_detection={detection!r} is no MachineDetection: give MachineDetection(callback_url=...),"
        " from the simulator."
    )


def test_no_mode_of_machine_detection() -> None:
    """Machine detection has two modes."""
    mode: Any = "asynchronous"
    message = refusal(lambda: MachineDetection(mode))
    assert message == "mode='asynchronous' is no way to detect machines: it is sync or async."


def test_nothing_that_machine_detection_finds() -> None:
    """A misspelt result would be one that no application knows."""
    result: Any = "answering_machine"
    assert refusal(lambda: SimulatedBandwidth(URL).callee("+1").answers(detected_as=result)) == (
        "detected_as='answering_machine' is nothing that machine detection finds: give one of human,"
        " answering-machine, tone-detected, silence, timeout, error."
    )


# -- What a caller does --------------------------------------------------------------------------------------


@pytest.fixture
def call(line: Line) -> Call:
    """A call that waits."""
    return line(Pause(duration=60), more=Pause(duration=60)).call()


@pytest.mark.parametrize("keys", ["", "E", "a", "1x", "1 2", "\uff11", "+"])
def test_no_key(call: Call, keys: str) -> None:
    """Keys that no telephone has cannot be pressed, and none of those before them is."""
    assert refusal(lambda: call.press(keys)) == f"{keys!r} cannot be pressed: keys are 0-9, *, # and A-D."


@pytest.mark.parametrize("keys", [1, None, ["1"]])
def test_keys_are_a_text(call: Call, keys: Any) -> None:
    """A key is no number: 0 and 00 are not the same."""
    message = refusal(lambda: call.press(keys))
    assert message == f"{keys!r} cannot be pressed: give keys as a text, such as '1'."


def test_every_key(call: Call) -> None:
    """Those that a telephone has can be."""
    call.press("0123456789*#ABCD")
    assert call.state == "answered"


@pytest.mark.parametrize("words", ["", " ", None, b"Hello"])
def test_no_words(call: Call, words: Any) -> None:
    """Nothing cannot be said."""
    assert refusal(lambda: call.speak(words)) == f"{words!r} cannot be said: give some words."


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
    """Time does not pass backwards, nor for ever."""
    before = call.bandwidth.now
    assert refusal(lambda: act(call, seconds)).endswith(NO_SECONDS)
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
    """Of several keys pressed at once those are lost that come too late; there is nothing wrong with them."""
    call = line(Gather(gather_url="more", max_digits=1), more=Hangup()).call()
    call.press("123")
    assert [exchange.event for exchange in call.exchanges] == ["initiate", "gather", "disconnect"]


@pytest.mark.parametrize("act", ACTS)
def test_after_the_end(call: Call, act: str) -> None:
    """After its end nothing can be done on a call, and why it ended is told."""
    call.hang_up()
    assert refusal(lambda: ACTS[act](call)) == f"Nobody can {act}: call {call.call_id} has ended (hangup)."


def test_after_a_failure(line: Line) -> None:
    """Where the call ended for a failure, the error says which."""
    bandwidth = line(lambda event: "<Response><Gather maxDigits='0'/></Response>")
    bandwidth.raise_errors = False
    call = bandwidth.call()
    assert refusal(lambda: call.press("1")) == (
        f"Nobody can press a key: call {call.call_id} has ended (callback-error: {call.error_message})."
    )


@pytest.mark.parametrize("act", ["redirect", "update"])
def test_before_the_answer(line: Line, act: str) -> None:
    """A call that is not answered can only be ended."""
    call = line(Ring(duration=20, answer_call=False)).call()
    message = refusal(lambda: ACTS[act](call))
    assert message == f"Nobody can {act}: call {call.call_id} is not answered yet (409)."
    call.complete()
    assert call.cause == "rejected"


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/", None])
def test_no_url_to_redirect_to(call: Call, url: Any) -> None:
    """A call stays where it is if it is redirected to what is no URL."""
    assert "is no URL" in refusal(lambda: call.redirect(url))
    assert [exchange.event for exchange in call.exchanges] == ["initiate"]


@pytest.mark.parametrize(
    "document", ["", "<Response>", "<Response><Pause duration='0'/></Response>", "Hello"]
)
def test_no_document_to_run(call: Call, document: str) -> None:
    """So it does if it is updated with what is no BXML."""
    assert "line 1" in refusal(lambda: call.update(document), InvalidBXML)
    assert call.state == "answered"


def test_no_conference(call: Call) -> None:
    """A conference that nobody is in is named, with those that there are."""
    assert refusal(lambda: call.bandwidth.conference("room")) == (
        "There is no conference 'room' now; there are: none."
    )
    call.update(Conference("lobby"))
    conference = call.bandwidth.conference("lobby")
    assert refusal(lambda: call.bandwidth.conference("room")) == (
        "There is no conference 'room' now; there are: 'lobby'."
    )
    assert "Gather cannot stand in the reply to a conference event" in refusal(
        lambda: conference.update(Gather()), InvalidBXML
    )
