"""Callbacks that the simulation sends more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks import (
    ANYONE,
    CallbackBlueprint,
    ConferenceCallback,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    parts,
)
from flask_bandwidth_callbacks.bxml import Conference, Gather, Hangup, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth, SimulationError
from tests.simulator.callbacks import events
from tests.simulator.conftest import Line

DIFFERS = ("the reply to this repeat differs from the first",)

needs_store = pytest.mark.skipif(not parts.has("store"), reason="store/ has been deleted")


def greeter(*, repeats: bool) -> tuple[Flask, Counter[str]]:
    """Return an application with a menu, and how often each of its handlers ran.

    :param repeats: whether it recognizes repeats.
    """
    ran: Counter[str] = Counter()
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        ran["greet"] += 1
        return Gather(SpeakSentence(f"You are caller {ran['greet']}."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        ran["menu"] += 1
        return [SpeakSentence("Goodbye."), Hangup()]

    @phone.on(DisconnectCallback)
    def bill(call: DisconnectCallback) -> None:
        ran["bill"] += 1

    app = Flask("host")
    app.config.update(TESTING=True, BANDWIDTH_CALLBACKS_REPEATS=repeats)
    app.register_blueprint(phone, url_prefix="/phone")
    return app, ran


def play(app: Flask, times: int = 1) -> Call:
    """Make a call whose callbacks are sent so often."""
    bandwidth = SimulatedBandwidth(app, raise_errors=True, seed=7)
    bandwidth.repeats = times
    call = bandwidth.call()
    call.press("1")
    return call


def conversation(call: Call) -> list[tuple[int, str, str]]:
    """Return what people did and heard on a call, without the callbacks."""
    return [(line.time, line.who, line.words or line.text) for line in call.lines if line.exchange is None]


@needs_store
@settings(max_examples=5, deadline=None)
@given(times=st.integers(1, 5))
def test_an_application_that_recognizes_repeats(times: int) -> None:
    """However often callbacks are sent, handlers run once, and the caller hears and does the same."""
    app, ran = greeter(repeats=True)
    call = play(app, times)
    assert ran == {"greet": 1, "menu": 1, "bill": 1}
    assert conversation(call) == conversation(play(greeter(repeats=True)[0]))
    assert events(call.exchanges) == ["initiate"] * times + ["gather"] * times + ["disconnect"] * times
    assert {exchange.oddities for exchange in call.exchanges} == {()}


def test_an_application_that_does_not() -> None:
    """Every sending is logged and reaches the handlers; the first reply is run, and others are an oddity."""
    app, ran = greeter(repeats=False)
    call = play(app, 3)
    assert ran == {"greet": 3, "menu": 3, "bill": 3}
    assert call.heard == ["You are caller 1.", "Goodbye."]
    assert [(exchange.event, exchange.oddities) for exchange in call.exchanges] == [
        *[("initiate", ()), ("initiate", DIFFERS), ("initiate", DIFFERS)],
        *[("gather", ())] * 3,
        *[("disconnect", ())] * 3,
    ]
    payloads = [exchange.payload for exchange in call.exchanges]
    assert all(payloads[number] == payloads[number - number % 3] for number in range(9))
    assert f"  ({DIFFERS[0]})" in str(call)
    assert call.exchanges == list(call.bandwidth.exchanges)


@pytest.mark.parametrize(
    "second",
    [
        Response("<Response/>", 201, mimetype="application/xml"),
        Response("<Response/>", mimetype="text/xml"),
        Response("<Response></Response>", mimetype="application/xml"),
        Response(status=500),
    ],
    ids=["status", "type", "body", "failure"],
)
def test_how_a_reply_may_differ(app: Flask, second: Response) -> None:
    """A reply with another status, type or body is an oddity, and never changes what happens."""
    replies = iter([Response("<Response/>", mimetype="application/xml"), second])
    app.add_url_rule("/start", view_func=lambda: next(replies), methods=["POST"])
    bandwidth = SimulatedBandwidth(app, "/start", status_url=None)
    bandwidth.repeats = 2
    call = bandwidth.call()
    assert [exchange.oddities for exchange in call.exchanges] == [(), DIFFERS]
    assert call.cause == "hangup"


def test_replies_to_notifications(app: Flask) -> None:
    """The reply to a notification is ignored, so it may differ."""
    replies = iter(["Thank you.", "Thank you again.", "I heard you."])
    app.add_url_rule("/start", "start", lambda: "", methods=["POST"])
    app.add_url_rule("/told", "told", lambda: next(replies), methods=["POST"])
    bandwidth = SimulatedBandwidth(app, "/start", status_url="/told")
    bandwidth.repeats = 3
    call = bandwidth.call()
    assert len({exchange.response for exchange in call.exchanges[3:]}) == 3
    assert [exchange.oddities for exchange in call.exchanges[3:]] == [(), (), ()]


@pytest.mark.parametrize(("times", "sent"), [(1, 2), (2, 2), (3, 3)])
def test_repeats_of_notifications(line: Line, times: int, sent: int) -> None:
    """Where notifications are repeated anyway, they come as often as the greater number."""
    bandwidth = line(Hangup())
    bandwidth.repeats_notifications = True
    bandwidth.repeats = times
    assert events(bandwidth.call().exchanges) == ["initiate"] * times + ["disconnect"] * sent


def test_a_first_reply_that_fails(app: Flask) -> None:
    """If the first reply is a failure, the fallback URL is requested, as often, whatever came later."""
    replies = iter([Response(status=500), Response("<Response/>", mimetype="application/xml")])
    app.add_url_rule("/start", "start", lambda: next(replies), methods=["POST"])
    app.add_url_rule("/spare", "spare", lambda: "", methods=["POST"])
    bandwidth = SimulatedBandwidth(app, "/start", fallback_url="/spare", status_url=None)
    bandwidth.repeats = 2
    call = bandwidth.call()
    assert [(exchange.url.rpartition("/")[2], exchange.status) for exchange in call.exchanges] == [
        *[("start", 500), ("start", 200)],
        *[("spare", 200), ("spare", 200)],
    ]
    assert call.cause == "hangup"


def test_conferences(line: Line) -> None:
    """The events of a conference are repeated like all others."""
    heard: list[Any] = []
    bandwidth = line(Conference("room", conference_event_url="room"), hears=heard.append, room=None)
    bandwidth.repeats = 2
    bandwidth.call().hang_up()
    sent = Counter(
        exchange.event for exchange in bandwidth.exchanges if exchange.event.startswith("conference")
    )
    assert sent == {
        "conferenceCreated": 2,
        "conferenceMemberJoin": 2,
        "conferenceMemberExit": 2,
        "conferenceCompleted": 2,
    }
    expected = 4 if parts.has("store") else 8
    assert len([event for event in heard if isinstance(event, ConferenceCallback)]) == expected


def test_a_single_callback() -> None:
    """send() repeats its callback, too, and returns the first exchange."""
    app, ran = greeter(repeats=False)
    bandwidth = SimulatedBandwidth(app)
    bandwidth.repeats = 2
    exchange = bandwidth.send("initiate", {"eventType": "initiate", "callId": "c-1"})
    assert "You are caller 1." in (exchange.bxml or "")
    assert [each.oddities for each in bandwidth.exchanges] == [(), DIFFERS]
    assert bandwidth.exchanges[0] is exchange
    assert ran == {"greet": 2}


def test_what_each_repeat_raises(app: Flask) -> None:
    """A handler that fails each time fails the call once, with its exception."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    errors = [LookupError("first"), LookupError("second")]

    @phone.respond(InitiateCallback)
    def fail(call: InitiateCallback) -> Hangup:
        raise errors[len(bandwidth.exchanges)]

    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app, raise_errors=True, status_url=None)
    bandwidth.repeats = 2
    with pytest.raises(LookupError, match="first"):
        bandwidth.call()
    bandwidth.wait(1)
    assert [exchange.raised for exchange in bandwidth.exchanges] == [(error,) for error in errors]


@pytest.mark.parametrize("value", [0, -1, True, 2.0, "3", None])
def test_numbers_that_cannot_be(line: Callable[..., SimulatedBandwidth], value: Any) -> None:
    """What is not a whole number of at least 1 is an error, and changes nothing."""
    bandwidth = line(Hangup())
    with pytest.raises(SimulationError, match=r"^repeats must be a whole number of at least 1, got "):
        bandwidth.repeats = value
    assert bandwidth.repeats == 1
