"""The five signals, and the log."""

from __future__ import annotations

import gc
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from blinker import Signal
from flask import Flask, got_request_exception
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    ANYONE,
    Callback,
    CallbackBlueprint,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    InvalidBXML,
    LinkError,
    bxml,
    signals,
)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence
from flask_bandwidth_callbacks.events import EVENT_CLASSES

Call = Callable[..., TestResponse]
Told = list[tuple[str, Any, dict[str, Any]]]

NAMES = ("callback_received", "callback_answered", "callback_repeated", "callback_rejected", "handler_failed")
AUTH = ("bandwidth", "s3cret")


@pytest.fixture
def told() -> Iterator[Told]:
    """Return the list of all signals sent during a test: name, sender and arguments of each."""
    told: Told = []

    def receiver(name: str) -> Callable[..., None]:
        return lambda sender, **arguments: told.append((name, sender, arguments))

    with ExitStack() as stack:
        for name in NAMES:
            stack.enter_context(getattr(signals, name).connected_to(receiver(name)))
        yield told


def raises(event: Callback) -> Any:
    raise LookupError("the handler's own fault")


def babbles(event: Callback) -> Any:
    return 7


def links_to_nobody(event: Callback) -> Any:
    return Gather(gather_url=raises)


def breaks_a_rule(event: Callback) -> Any:
    return "<Response>"


# -- Signals -----------------------------------------------------------------------------------------------


def test_received_and_answered(app: Flask, phone: CallbackBlueprint, call: Call, told: Told) -> None:
    """A signal is sent when an event was read and when it has its reply; the sender is the application."""
    phone.respond(InitiateCallback)(lambda event: Hangup())
    call("initiate", to="+1")
    (received, received_from, event), (answered, answered_from, reply) = told
    assert (received, answered) == ("callback_received", "callback_answered")
    assert received_from is app
    assert answered_from is app
    assert event.keys() == {"event"}
    assert event["event"] == InitiateCallback(call_id="c-1", to="+1")
    assert reply.keys() == {"event", "response"}
    assert reply["event"] is event["event"]
    assert bxml.parse(reply["response"].data) == bxml.Response(Hangup())


@pytest.mark.parametrize("event_type", ["disconnect", "conferenceMemberJoin", "tomorrow"])
def test_answered_without_content(call: Call, told: Told, event_type: str) -> None:
    """callback_answered is sent for a 204 too."""
    call(event_type)
    assert [name for name, _, _ in told] == ["callback_received", "callback_answered"]
    assert told[1][2]["response"].status_code == 204


def test_response_can_be_changed(phone: CallbackBlueprint, call: Call) -> None:
    """callback_answered is sent before the reply, so a receiver can change the reply."""
    phone.respond(InitiateCallback)(lambda event: Hangup())

    def mark(sender: Flask, response: Any, **more: Any) -> None:
        response.headers["X-Call"] = "marked"

    with signals.callback_answered.connected_to(mark):
        assert call("initiate").headers["X-Call"] == "marked"


def test_order(phone: CallbackBlueprint, call: Call) -> None:
    """callback_received comes first, then responder, subscribers, and callback_answered last."""
    order: list[str] = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Hangup:
        order.append("responder")
        return Hangup()

    phone.on(InitiateCallback)(lambda event: order.append("subscriber"))

    def receiver(name: str) -> Callable[..., None]:
        return lambda sender, **arguments: order.append(name)

    with (
        signals.callback_received.connected_to(receiver("received")),
        signals.callback_answered.connected_to(receiver("answered")),
    ):
        call("initiate")
    assert order == ["received", "responder", "subscriber", "answered"]


@pytest.mark.parametrize(
    ("request_options", "status", "reason"),
    [
        (
            {"auth": ("bandwidth", "wrong"), "json": {}},
            401,
            "This URL requires the credentials of the Bandwidth application.",
        ),
        ({"data": b"{", "content_type": "application/json"}, 400, "Not JSON"),
        ({"data": b"{}", "content_type": "text/plain"}, 415, "The Content-Type must be application/json"),
        (
            {"data": b" " * 300_000, "content_type": "application/json"},
            413,
            "The body must have at most 262144 bytes",
        ),
        ({"method": "PUT"}, 405, "The method must be POST or GET, got 'PUT'."),
        ({"json": {}}, 422, "eventType is missing"),
        ({"json": {"eventType": "initiate"}}, 422, "callId is required for 'initiate' events."),
    ],
)
def test_rejected(
    app: Flask,
    phone: CallbackBlueprint,
    told: Told,
    request_options: dict[str, Any],
    status: int,
    reason: str,
) -> None:
    """A rejected request sends callback_rejected alone, with the status and the reason of the response."""
    app.register_blueprint(phone, url_prefix="/phone")
    response = app.test_client().open("/phone/", **{"method": "POST", "auth": AUTH, **request_options})
    ((name, sender, arguments),) = told
    assert (name, sender is app) == ("callback_rejected", True)
    assert arguments == {"status": status, "reason": response.get_json()["detail"]}
    assert type(arguments["status"]) is int
    assert arguments["reason"].startswith(reason)
    assert response.status_code == status


def test_rejected_without_a_responder(call: Call, told: Told) -> None:
    """An event without a responder sends callback_received, then callback_rejected."""
    call("initiate")
    assert [name for name, _, _ in told] == ["callback_received", "callback_rejected"]
    assert told[1][2] == {"status": 404, "reason": "No responder for 'initiate' at this URL."}


@pytest.mark.parametrize(
    ("responder", "error"),
    [(raises, LookupError), (babbles, TypeError), (links_to_nobody, LinkError), (breaks_a_rule, InvalidBXML)],
)
def test_responder_failed(
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    told: Told,
    responder: Callable[..., Any],
    error: type[Exception],
) -> None:
    """A responder that fails sends handler_failed with event, handler and exception."""
    phone.respond(InitiateCallback)(responder)
    with pytest.raises(error) as raised:
        call("initiate")
    assert [name for name, _, _ in told] == ["callback_received", "handler_failed"]
    _, sender, arguments = told[1]
    assert sender is app
    assert arguments == {"event": told[0][2]["event"], "handler": responder, "exception": raised.value}


@pytest.mark.parametrize(
    ("subscriber", "match", "error"),
    [
        (raises, {}, LookupError),
        (babbles, {}, TypeError),
        (raises, {"cause": lambda cause: 1 / 0}, ZeroDivisionError),
    ],
)
def test_subscriber_failed(
    phone: CallbackBlueprint,
    call: Call,
    told: Told,
    subscriber: Callable[..., Any],
    match: dict[str, Any],
    error: type[Exception],
) -> None:
    """A subscriber that fails sends handler_failed, and the event still gets its reply."""
    phone.on(DisconnectCallback, **match)(subscriber)
    call("disconnect", cause="hangup")
    assert [name for name, _, _ in told] == ["callback_received", "handler_failed", "callback_answered"]
    failed = told[1][2]
    assert failed.keys() == {"event", "handler", "exception"}
    assert failed["handler"] is subscriber
    assert type(failed["exception"]) is error


def test_receivers_of_one_application(phone: CallbackBlueprint) -> None:
    """A receiver that is connected for one application is not called for another."""
    one, two = Flask("one"), Flask("two")
    heard = []

    def hear(sender: Flask, event: Callback) -> None:
        heard.append((sender.name, event.event_type))

    signals.callback_received.connect(hear, one)
    for app in (one, two):
        app.register_blueprint(phone)
        app.test_client().post("/", json={"eventType": "disconnect", "callId": "c"}, auth=AUTH)
    assert heard == [("one", "disconnect")]


def test_handlers_are_not_forgotten(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """A handler that nothing else refers to is still called, unlike a receiver of a signal."""
    heard: list[Callback] = []
    phone.on(DisconnectCallback)(lambda event: heard.append(event))
    gc.collect()
    call("disconnect")
    assert len(heard) == 1


def test_signals_that_the_module_has() -> None:
    """The module has exactly these five signals, and each documents its arguments."""
    assert {name for name, value in vars(signals).items() if isinstance(value, Signal)} == set(NAMES)
    for name in NAMES:
        assert "Arguments: ``" in getattr(signals, name).__doc__


# -- The log -----------------------------------------------------------------------------------------------


def test_every_record_carries_the_call(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """Every log record has call_id and event_type as extra, so that a formatter can print them."""
    app.config.update(BANDWIDTH_CALLBACKS_CHECK_BXML=False)
    app.register_blueprint(CallbackBlueprint("open", __name__, credentials=ANYONE))
    phone.respond(GatherCallback)(lambda event: "<Response><Dance/>")
    phone.on(DisconnectCallback)(raises)
    for event_type in ("initiate", "disconnect", "gather", "tomorrow"):
        call(event_type, startTime="noon")
    call("conferenceMemberJoin", callId=7)
    call("initiate", auth=("bandwidth", "wrong"))
    call("")
    records = [(vars(one)["event_type"], vars(one)["call_id"], one.getMessage()) for one in caplog.records]
    assert [
        (event_type, call_id, message.partition(":")[0][:40]) for event_type, call_id, message in records
    ] == [
        (None, None, "Blueprint 'open' has authentication disa"),
        ("initiate", "c-1", "Ignored unreadable 'startTime' in 'initi"),
        ("initiate", "c-1", "No responder for 'initiate' at '/phone/'"),
        ("disconnect", "c-1", "Ignored unreadable 'startTime' in 'disco"),
        ("disconnect", "c-1", "Subscriber raises (test_signals.py"),
        ("gather", "c-1", "Ignored unreadable 'startTime' in 'gathe"),
        ("gather", "c-1", "test_every_record_carries_the_call.<loca"),
        ("tomorrow", "c-1", "Ignored unreadable 'startTime' in 'tomor"),
        ("tomorrow", "c-1", "Unknown event 'tomorrow' has no handler."),
        ("conferenceMemberJoin", None, "Ignored unreadable 'callId' in 'conferen"),
        (None, None, "Callback rejected with 401"),
        (None, None, "Callback rejected with 422"),
    ]
    assert {one.name for one in caplog.records} == {"flask_bandwidth_callbacks"}


def test_first_challenge_is_not_logged(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    """A request without credentials is not logged, because every callback begins with one."""
    call("disconnect", auth=None)
    assert caplog.records == []


@pytest.mark.parametrize("strict", [True, False])
def test_no_value_of_a_payload_is_logged(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture, strict: bool
) -> None:
    """The log names properties but never their values, whatever happens to a callback."""
    caplog.set_level(logging.DEBUG)
    app.config.update(BANDWIDTH_CALLBACKS_STRICT=strict, PROPAGATE_EXCEPTIONS=False)
    phone.respond(GatherCallback)(raises)
    phone.respond("answer")(babbles)
    phone.on(Callback)(raises)
    hidden = "a caller's own words"
    values = {
        "from": hidden,
        "to": hidden,
        "startTime": hidden,
        "diversion": hidden,
        "words": hidden,
        "digits": hidden,
    }
    for event_type in ("initiate", "gather", "answer", "disconnect", "tomorrow"):
        call(event_type, **values)
    call("initiate", **{**values, "callId": None})
    app.test_client().post(
        "/phone/", data=f'{{"from": "{hidden}"', content_type="application/json", auth=AUTH
    )
    assert len(caplog.records) > 6
    for record in caplog.records:
        assert hidden not in caplog.handler.format(record)
        assert hidden not in json.dumps(vars(record), default=repr)


def test_unreadable_property_is_warned_about(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning names the properties that could not be read in an event that was delivered."""
    heard: list[DisconnectCallback] = []
    phone.on(DisconnectCallback)(heard.append)
    call("disconnect", startTime="noon", to=7)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("Ignored unreadable ")
    assert {"'startTime'", "'to'"} <= set(re.findall(r"'\w+'", record.getMessage()))
    assert [(one.start_time, set(one.errors)) for one in heard] == [(None, {"startTime", "to"})]


def test_unknown_event_without_a_subscriber_is_warned_about(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown event is warned about only if it has no subscriber."""
    heard: list[Callback] = []
    phone.on(Callback, tag="mine")(heard.append)
    call("tomorrow")
    assert [one.getMessage() for one in caplog.records] == ["Unknown event 'tomorrow' has no handler."]
    caplog.clear()
    call("tomorrow", tag="mine")
    assert len(heard) == 1
    assert caplog.records == []


REQUIRED = [name for name, event in EVENT_CLASSES.items() if event.reply.awaited and event.reply.required]


@pytest.mark.parametrize("event_type", REQUIRED)
def test_logged_handler_is_ready_to_paste(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture, event_type: str
) -> None:
    """The log of an event without a responder contains a responder that works when it is pasted."""
    assert call(event_type, "/phone/").status_code == 404
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    said, _, source = record.getMessage().partition("\n\n")
    assert (
        said == f"No responder for '{event_type}' at '/phone/', so the call will fail. Start from this one:"
    )

    fresh = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    exec(source, {"phone": fresh})
    app = Flask("pasted")
    app.register_blueprint(fresh)
    response = app.test_client().post("/", json={"eventType": event_type, "callId": "c-1"})
    assert bxml.parse(response.data) == bxml.Response(SpeakSentence("Hello."))


def test_responders_that_nearly_fit_are_named(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """The log of an event without a responder names the URLs and values that do have one."""
    for digits in ("1", re.compile("^2"), str.isalpha, "4", "5"):
        phone.respond(GatherCallback, "/menu", digits=digits)(lambda event: SpeakSentence("Hello."))
    assert call("gather", "/phone/menu", digits="9").status_code == 404
    said = caplog.text.partition("\n\n")[0]
    assert "at '/phone/menu', so the call will fail. Responders at other URLs or for other values: " in said
    assert "(test_signals.py:" in said
    for condition in (
        "at /menu if digits='1'; ",
        "if digits=/^2/; ",
        "if digits=str.isalpha; ",
        "if digits='5'.",
    ):
        assert condition in said
    assert "more" not in said

    caplog.clear()
    other = CallbackBlueprint("other", __name__, credentials=[AUTH])
    for number in range(7):
        other.respond(GatherCallback, f"/{number}")(lambda event: SpeakSentence("Hello."))
    app = Flask("host")
    app.register_blueprint(other)
    app.test_client().post("/", json={"eventType": "gather", "callId": "c-1"}, auth=AUTH)
    assert " at /4; and 2 more. Start from this one:" in caplog.text


@pytest.mark.parametrize(
    ("name", "variable"),
    [("front_door", "front_door"), ("front-door", "phone"), ("1st", "phone"), ("class", "phone")],
)
def test_logged_handler_names_the_blueprint(
    caplog: pytest.LogCaptureFixture, name: str, variable: str
) -> None:
    """The logged responder uses the blueprint's name as a variable if it is a valid one."""
    app = Flask("host")
    app.register_blueprint(CallbackBlueprint(name, __name__, credentials=[AUTH]))
    app.test_client().post("/", json={"eventType": "recordComplete", "callId": "c-1"}, auth=AUTH)
    assert f"\n@{variable}.respond(RecordingCompleteCallback)\ndef handle_record_complete(" in caplog.text


def test_flask_logs_a_responder_that_raises(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """Flask logs the exception of a responder, once and with its traceback."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    sent: list[BaseException] = []

    def receive(sender: Flask, exception: BaseException) -> None:
        sent.append(exception)

    phone.respond(InitiateCallback)(raises)
    with got_request_exception.connected_to(receive, app):
        assert call("initiate").status_code == 500
    assert [record.name for record in caplog.records] == ["host"]
    assert "LookupError: the handler's own fault" in caplog.text
    assert len(sent) == 1


# -- Failing receivers, and unusual replies ------------------------------------------------------------------


def test_a_receiver_that_raises_stops_no_subscriber(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in a receiver of handler_failed is logged; other subscribers run and the reply stays."""
    heard = []
    phone.respond(InitiateCallback)(lambda event: Hangup())
    phone.on(InitiateCallback)(raises)
    phone.on(InitiateCallback)(lambda event: heard.append(event))

    def faulty(sender: Flask, **arguments: Any) -> None:
        raise RuntimeError("a receiver's own fault")

    with signals.handler_failed.connected_to(faulty):
        assert call("initiate").status_code == 200
    assert len(heard) == 1
    assert any(re.match(r"Receiver .*faulty \(test_signals.py:\d+\) of", one) for one in caplog.messages)


def test_reply_of_an_errorhandler_is_signaled(phone: CallbackBlueprint, call: Call, told: Told) -> None:
    """A reply from the blueprint's errorhandler sends callback_answered."""
    phone.respond(InitiateCallback)(raises)
    phone.errorhandler(LookupError)(lambda error: Hangup())
    response = call("initiate")
    assert response.status_code == 200
    assert [name for name, _, _ in told] == ["callback_received", "handler_failed", "callback_answered"]


def test_invalid_value_of_an_errorhandler_is_signaled(
    app: Flask, phone: CallbackBlueprint, call: Call, told: Told
) -> None:
    """An invalid value from an errorhandler sends handler_failed, as one from a responder does."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    phone.respond(InitiateCallback)(raises)
    phone.errorhandler(LookupError)(lambda error: object())  # type: ignore[type-var]
    assert call("initiate").status_code == 500
    assert [name for name, _, _ in told] == ["callback_received", "handler_failed", "handler_failed"]


def test_a_rejected_event_is_named_in_the_log(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """The log record of a 422 carries the call and the event type that were rejected."""
    app.config["BANDWIDTH_CALLBACKS_STRICT"] = True
    assert call("initiate", startTime="yesterday").status_code == 422
    (record,) = [record for record in caplog.records if "422" in record.getMessage()]
    assert (record.__dict__["event_type"], record.__dict__["call_id"]) == ("initiate", "c-1")


def test_an_event_without_a_call_id_is_logged_without_one(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """The call_id of a log record is None, not empty, if the event has none."""
    assert call("initiate", callId="").status_code == 422
    assert call("tomorrow", callId=None).status_code == 204
    assert [vars(record)["call_id"] for record in caplog.records] == [None, None]


def test_a_long_event_type_is_cut_in_the_log(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    """An event type of any length takes a short line in the log."""
    assert call("x" * 10_000).status_code == 204
    assert max(len(message) for message in caplog.messages) < 250


def test_no_log_shows_the_password_in_a_url(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A URL with credentials is shown without its password, in messages and in a verb's repr."""
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    url = "http://bandwidth:topsecret@127.0.0.1/a"
    document = f'<Response><Record username="x" password="y" recordCompleteUrl="{url}"/></Response>'
    phone.respond(InitiateCallback)(lambda event: document)
    assert call("initiate").status_code == 200
    assert any("must be https" in message for message in caplog.messages)
    assert "topsecret" not in caplog.text
    assert "topsecret" not in repr(Gather(gather_url=url))
