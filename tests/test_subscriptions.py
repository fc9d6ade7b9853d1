"""Responders and subscribers: the decorators, their matches, their errors, and the order of calls."""

from __future__ import annotations

import functools
import inspect
import logging
import re
import time
import types
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response, got_request_exception, request
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    AnswerCallback,
    BandwidthCallbacksWarning,
    Callback,
    CallbackBlueprint,
    CallCallback,
    ConferenceCallback,
    ConferenceMemberJoinCallback,
    ConfigurationError,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    SubscriptionError,
    UnknownCallback,
    bxml,
    events,
)
from flask_bandwidth_callbacks.bxml import Hangup, SpeakSentence

Call = Callable[..., TestResponse]
Handler = Callable[..., Any]


def says(text: str) -> Handler:
    """Return a responder that speaks a text, so that tests can distinguish responders."""

    def responder(event: Callback) -> SpeakSentence:
        return SpeakSentence(text)

    return responder


def spoken(response: TestResponse) -> str | None:
    """Return the sentence that the reply speaks, None for a reply without a document."""
    if response.status_code != 200:
        return None
    (sentence,) = bxml.parse(response.data).children
    return sentence.text


def refusal(decorate: Callable[[Any], Any], handler: Any = None) -> str:
    """Return the message of the error that a decorator raises for a handler."""
    with pytest.raises(SubscriptionError) as refused:
        decorate(handler or says("unheard"))
    return str(refused.value)


def line_of(handler: Handler) -> str:
    """Return the name, file and line by which messages name a handler."""
    return f"{handler.__qualname__} (test_subscriptions.py:{handler.__code__.co_firstlineno})"


# -- The events of a handler -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        InitiateCallback,
        "initiate",
        (GatherCallback, "initiate"),
        ("gather", InitiateCallback),
        CallCallback,
        Callback,
    ],
    ids=repr,
)
def test_event_is_named_by_class_string_tuple_or_base(
    phone: CallbackBlueprint, call: Call, event: Any
) -> None:
    """Both decorators take an event as a class, an event type, a tuple of these and a base class."""
    heard: list[Any] = []
    phone.respond(event)(says("answered"))
    phone.on(event)(heard.append)
    assert spoken(call("initiate")) == "answered"
    assert [type(one) for one in heard] == [InitiateCallback]


def test_tuple_names_each_of_its_events(phone: CallbackBlueprint, call: Call) -> None:
    """A responder to several events replies to each of them, and to no other."""
    phone.respond((InitiateCallback, "gather", InitiateCallback))(says("both"))
    assert spoken(call("initiate")) == "both"
    assert spoken(call("gather")) == "both"
    assert call("redirect").status_code == 404


def test_base_class_means_all_events_below_it(phone: CallbackBlueprint, call: Call) -> None:
    """A subscriber to a base class gets all events below it, unknown ones included, and no others."""
    heard: dict[str, list[str | None]] = {"all": [], "calls": [], "conferences": []}
    phone.on(Callback)(lambda event: heard["all"].append(event.event_type))
    phone.on(CallCallback)(lambda event: heard["calls"].append(event.event_type))
    phone.on(ConferenceCallback)(lambda event: heard["conferences"].append(event.event_type))
    for event_type in ("disconnect", "conferenceCompleted", "conferenceMemberJoin", "tomorrow"):
        call(event_type)
    assert heard == {
        "all": ["disconnect", "conferenceCompleted", "conferenceMemberJoin", "tomorrow"],
        "calls": ["disconnect", "tomorrow"],
        "conferences": ["conferenceCompleted", "conferenceMemberJoin"],
    }


@pytest.mark.parametrize("event_type", ["disconnect", "conferenceCompleted"])
def test_responder_of_a_base_class_is_not_asked_for_notifications(
    phone: CallbackBlueprint, call: Call, event_type: str
) -> None:
    """A responder to a base class gets only the answered events below it."""
    asked: list[Callback] = []
    phone.respond(Callback)(asked.append)
    phone.respond(ConferenceCallback)(asked.append)
    assert call(event_type).status_code == 204
    assert asked == []


def test_responder_of_all_conference_events(phone: CallbackBlueprint, call: Call) -> None:
    """A responder to ConferenceCallback replies to conference events and to no call event."""
    phone.respond(ConferenceCallback)(says("conference"))
    assert spoken(call("conferenceMemberJoin")) == "conference"
    assert call("initiate").status_code == 404


@pytest.mark.parametrize("named", ["recordComplete", "recordingComplete", RecordingCompleteCallback])
@pytest.mark.parametrize("sent", ["recordComplete", "recordingComplete"])
def test_both_spellings_of_record_complete(
    phone: CallbackBlueprint, call: Call, named: Any, sent: str
) -> None:
    """Either spelling of recordComplete registers a handler for both, because they are one class."""
    phone.respond(named)(says("recorded"))
    assert spoken(call(sent)) == "recorded"


@pytest.mark.parametrize("decorator", ["respond", "on"])
@pytest.mark.parametrize("named", ["initate", ("gather", "initate")])
def test_unknown_event_type_is_warned_about(phone: CallbackBlueprint, decorator: str, named: Any) -> None:
    """An unknown event type gives a warning at the decorator's line, with the nearest known one."""
    with pytest.warns(
        BandwidthCallbacksWarning, match=r"'initate' is unknown; the nearest known one is 'initiate'"
    ) as told:
        getattr(phone, decorator)(named)(says("x") if decorator == "respond" else lambda event: None)
    frame = inspect.currentframe()
    assert frame is not None
    assert [(one.filename, one.lineno) for one in told] == [(__file__, frame.f_lineno - 3)]


def test_known_event_type_is_not_warned_about(phone: CallbackBlueprint) -> None:
    """A known event type works like its class, without a warning."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        phone.on("initiate")(lambda event: None)
    assert told == []


def test_unknown_event_type_is_delivered_all_the_same(phone: CallbackBlueprint, call: Call) -> None:
    """Handlers of an unknown event type get events of that type, and no others."""
    heard: list[Any] = []
    with pytest.warns(BandwidthCallbacksWarning):
        phone.respond("callParked")(says("parked"))
    with pytest.warns(BandwidthCallbacksWarning):
        phone.on("callParked")(heard.append)
    assert spoken(call("callParked", lot=7)) == "parked"
    assert call("callMoved").status_code == 204
    assert [(type(one), one.event_type, one.extra) for one in heard] == [
        (UnknownCallback, "callParked", {"lot": 7})
    ]


def test_all_unknown_events(phone: CallbackBlueprint, call: Call) -> None:
    """A responder to UnknownCallback gets every unknown event without a responder of its own."""
    phone.respond(UnknownCallback)(says("unknown"))
    with pytest.warns(BandwidthCallbacksWarning):
        phone.respond("callParked")(says("parked"))
    assert spoken(call("callMoved")) == "unknown"
    assert spoken(call("callParked")) == "parked"


class MyDisconnect(DisconnectCallback):
    """A class of the application, which no callback has."""


class MyUnknown(UnknownCallback):
    """Likewise, below the class of unknown events."""


class MyBase(CallCallback):
    """A base class without event types, below which no event stands."""


@pytest.mark.parametrize("decorator", ["respond", "on"])
@pytest.mark.parametrize(
    ("event_class", "remedy"),
    [
        (MyDisconnect, "Give DisconnectCallback, the class of these events."),
        (MyUnknown, "Give UnknownCallback, the class of these events."),
        (MyBase, "Declare its event_types, or the event classes below it, before the handler."),
    ],
)
def test_a_class_that_no_callback_can_have(
    phone: CallbackBlueprint, decorator: str, event_class: type[Callback], remedy: str
) -> None:
    """An event class that no callback can have is an error when the decorator runs, with the remedy."""
    for event in (event_class, (InitiateCallback, event_class)):
        with pytest.raises(SubscriptionError) as refused:
            getattr(phone, decorator)(event)
        assert str(refused.value) == (
            f"An event class must be one that a callback can have, got {event_class.__name__}. {remedy}"
        )


Declare = Callable[..., type[Callback]]


@pytest.fixture
def declare() -> Iterator[Declare]:
    """Declare event classes that are forgotten after the test."""
    known = dict(events._event_classes)

    def declare(event_type: str, base: type[Callback] = CallCallback, **members: Any) -> type[Callback]:
        return types.new_class(
            "Declared", (base,), exec_body=lambda body: body.update(event_types=(event_type,), **members)
        )

    yield declare
    events._event_classes.clear()
    events._event_classes.update(known)


def test_an_event_type_is_found_after_its_class_is_declared(
    phone: CallbackBlueprint, call: Call, declare: Declare
) -> None:
    """Handlers of an event type get its events, whether its class is declared before or after them."""
    heard: list[tuple[str, type[Callback]]] = []
    with pytest.warns(BandwidthCallbacksWarning):
        phone.on("callParked")(lambda event: heard.append(("type", type(event))))
    with pytest.warns(BandwidthCallbacksWarning):
        phone.respond("callParked")(says("parked"))
    declared = declare("callParked", reply=events.DOCUMENT)
    phone.on("callParked")(lambda event: heard.append(("known type", type(event))))
    phone.on(declared)(lambda event: heard.append(("class", type(event))))
    assert spoken(call("callParked")) == "parked"
    assert heard == [("type", declared), ("known type", declared), ("class", declared)]
    assert call("callMoved").status_code == 204


def test_an_event_reaches_handlers_of_the_class_above_its_own(
    phone: CallbackBlueprint, call: Call, declare: Declare
) -> None:
    """A handler of an event class gets the events of the classes declared below it, too."""
    heard: list[str | None] = []
    declared = declare("disconnectLater", DisconnectCallback)
    phone.on(DisconnectCallback, event_type="disconnectLater")(lambda event: heard.append("above"))
    phone.on(declared)(lambda event: heard.append("class"))
    assert call("disconnectLater").status_code == 204
    assert heard == ["above", "class"]


def test_a_second_responder_is_found_under_the_class(phone: CallbackBlueprint, declare: Declare) -> None:
    """A responder to an event type and one to its class, declared in between, reply to the same event."""
    with pytest.warns(BandwidthCallbacksWarning):
        phone.respond("callParked")(says("first"))
    declared = declare("callParked", reply=events.DOCUMENT)
    assert "would both reply to" in refusal(phone.respond(declared))
    phone.respond(declared, "/elsewhere")(says("elsewhere"))


@pytest.mark.parametrize(
    ("condition", "reply", "reason"),
    [
        ({}, events.NOTIFICATION, "Bandwidth ignores the reply"),
        ({"tag": "vip"}, events.DOCUMENT, "matches on 'tag', which Declared does not have"),
    ],
)
def test_a_responder_that_a_later_class_rules_out(
    app: Flask,
    phone: CallbackBlueprint,
    declare: Declare,
    condition: dict[str, Any],
    reply: events.Reply,
    reason: str,
) -> None:
    """A responder that can never run once its class is declared is an error when Flask registers it."""
    with pytest.warns(BandwidthCallbacksWarning):
        phone.respond("callParked", **condition)(says("parked"))
    declare("callParked", reply=reply)
    with pytest.raises(SubscriptionError, match=reason):
        app.register_blueprint(phone)


def test_decorators_return_the_function_unchanged(phone: CallbackBlueprint) -> None:
    """A decorator returns the function itself, so that it can be decorated again and called in a test."""

    def handler(event: Callback) -> Any:
        return None

    assert phone.respond(InitiateCallback)(handler) is handler
    assert phone.on(DisconnectCallback)(handler) is handler


# -- Paths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/phone", "/phone/"])
@pytest.mark.parametrize("path", [None, "/"])
def test_own_url_with_and_without_closing_slash(
    phone: CallbackBlueprint, call: Call, url: str, path: str | None
) -> None:
    """A responder without a path has the blueprint's own URL, with and without the closing slash."""
    phone.respond(InitiateCallback, path)(says("own"))
    assert spoken(call("initiate", url)) == "own"


@pytest.mark.parametrize("prefix", [None, "/", "/phone/", "/a/b"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_own_url_under_any_prefix(
    app: Flask, phone: CallbackBlueprint, prefix: str | None, slash: str
) -> None:
    """The blueprint's own URL is its prefix, for every form of prefix."""
    phone.respond(InitiateCallback)(says("own"))
    app.register_blueprint(phone, url_prefix=prefix)
    url = (prefix or "/").rstrip("/") + slash
    response = app.test_client().post(
        url, json={"eventType": "initiate", "callId": "c-1"}, auth=("bandwidth", "s3cret")
    )
    assert spoken(response) == "own"


def test_responder_with_a_path_is_reached_only_there(phone: CallbackBlueprint, call: Call) -> None:
    """A responder with a path replies at that path, and not at the blueprint's own URL."""
    phone.respond(GatherCallback, "/menu")(says("menu"))
    assert spoken(call("gather", "/phone/menu")) == "menu"
    assert call("gather").status_code == 404


def test_event_without_a_responder_at_its_path_goes_to_the_own_url(
    phone: CallbackBlueprint, call: Call
) -> None:
    """An event without a responder at its path goes to the responder at the blueprint's own URL."""
    phone.respond(GatherCallback, "/menu/<room>", digits="1")(lambda event, room: SpeakSentence(room))
    phone.respond(GatherCallback)(says("own"))
    phone.respond(RedirectCallback)(says("redirected"))
    assert spoken(call("gather", "/phone/menu/blue", digits="1")) == "blue"
    assert spoken(call("gather", "/phone/menu/blue", digits="2")) == "own"
    assert spoken(call("redirect", "/phone/menu/blue")) == "redirected"
    assert call("initiate", "/phone/menu/blue").status_code == 404


def test_one_event_is_answered_by_path(phone: CallbackBlueprint, call: Call) -> None:
    """One event can have a responder on each path."""
    phone.respond(GatherCallback, "/sales")(says("sales"))
    phone.respond(GatherCallback, "/support")(says("support"))
    assert spoken(call("gather", "/phone/sales")) == "sales"
    assert spoken(call("gather", "/phone/support")) == "support"


def test_path_shared_by_events(phone: CallbackBlueprint, call: Call) -> None:
    """One path can have responders to several events."""
    phone.respond(GatherCallback, "/menu")(says("gathered"))
    phone.respond(RedirectCallback, "/menu")(says("redirected"))
    assert spoken(call("gather", "/phone/menu")) == "gathered"
    assert spoken(call("redirect", "/phone/menu")) == "redirected"


def test_path_variables_are_given_by_name(phone: CallbackBlueprint, call: Call) -> None:
    """The variables of a path reach the responder by name, converted as Flask converts them."""
    got: dict[str, Any] = {}

    @phone.respond(GatherCallback, "/rooms/<int:room>/<any(in, out):way>/v1.2")
    def enter(event: GatherCallback, *, way: str, room: int) -> bxml.Response:
        got.update(way=way, room=room)
        return bxml.Response()

    assert call("gather", "/phone/rooms/7/out/v1.2").status_code == 200
    assert got == {"room": 7, "way": "out"}


def test_prefix_variables_are_not_given_to_responders(app: Flask, phone: CallbackBlueprint) -> None:
    """Variables of the URL prefix are not passed to the responder; Flask's view_args has them."""

    @phone.respond(GatherCallback, "/rooms/<room>")
    def enter(event: GatherCallback, room: str) -> SpeakSentence:
        return SpeakSentence(f"{room} of {request.view_args and request.view_args['tenant']}")

    app.register_blueprint(phone, url_prefix="/<tenant>/phone")
    response = app.test_client().post(
        "/acme/phone/rooms/blue", json={"eventType": "gather", "callId": "c"}, auth=("bandwidth", "s3cret")
    )
    assert spoken(response) == "blue of acme"


def test_subscribers_hear_events_on_every_url(phone: CallbackBlueprint, call: Call) -> None:
    """A subscriber gets an event at every URL, without the variables of the path."""
    heard = []
    phone.respond(GatherCallback, "/rooms/<room>")(lambda event, room: SpeakSentence(room))
    phone.on(DisconnectCallback)(lambda event: heard.append(request.path))
    phone.on(GatherCallback)(lambda event: heard.append(request.path))
    for event_type, url in [
        ("disconnect", "/phone/"),
        ("disconnect", "/phone/rooms/blue"),
        ("gather", "/phone/rooms/blue"),
    ]:
        call(event_type, url)
    assert heard == ["/phone/", "/phone/rooms/blue", "/phone/rooms/blue"]


@pytest.mark.parametrize("path", ["menu", ""])
def test_path_without_leading_slash_is_refused(phone: CallbackBlueprint, path: str) -> None:
    """A path that does not begin with a slash raises an error that shows the corrected path."""
    with pytest.raises(SubscriptionError, match=f"must start with a slash, got '{path}'. Give '/{path}'"):
        phone.respond(InitiateCallback, path)


@pytest.mark.parametrize("path", [GatherCallback, 7, b"/menu", ["/menu"]])
def test_path_that_is_no_text_is_refused(phone: CallbackBlueprint, path: Any) -> None:
    """What is no path, such as a second event, raises an error that says how several events are given."""
    message = f"A path must be a str such as '/menu', got {path!r}. Give several events as one tuple."
    with pytest.raises(SubscriptionError, match=re.escape(message)):
        phone.respond(InitiateCallback, path)


@pytest.mark.parametrize("second", [GatherCallback, "/menu"])
def test_subscriber_with_a_path_is_refused(phone: CallbackBlueprint, second: Any) -> None:
    """A subscriber with a path or a second event raises an error that says at which URLs it is called."""
    message = f"got {second!r} as well. Leave a path out: subscribers are called at every URL of the"
    with pytest.raises(SubscriptionError, match=re.escape(message)):
        phone.on(InitiateCallback, second)  # type: ignore[call-overload]


# -- The most specific responder ---------------------------------------------------------------------------


def test_more_matches_go_first(phone: CallbackBlueprint, call: Call) -> None:
    """The responder with more matches replies, even if its class is wider."""
    phone.respond(InitiateCallback)(says("no match"))
    phone.respond(InitiateCallback, to="+1")(says("one match"))
    phone.respond(CallCallback, to="+1", var_from="+2")(says("two matches"))
    assert spoken(call("initiate", to="+1", **{"from": "+2"})) == "two matches"
    assert spoken(call("initiate", to="+1")) == "one match"
    assert spoken(call("initiate")) == "no match"


def test_narrower_class_goes_first(phone: CallbackBlueprint, call: Call) -> None:
    """With equally many matches the narrower class replies, whichever was registered first."""
    phone.respond(Callback)(says("any event"))
    phone.respond(CallCallback)(says("any call"))
    phone.respond(InitiateCallback)(says("an inbound call"))
    phone.respond(ConferenceCallback)(says("any conference"))
    phone.respond(ConferenceMemberJoinCallback)(says("a member"))
    assert spoken(call("initiate")) == "an inbound call"
    assert spoken(call("answer")) == "any call"
    assert spoken(call("conferenceMemberJoin")) == "a member"
    assert spoken(call("conferenceMemberExit")) == "any conference"
    assert spoken(call("tomorrow")) == "any call"


def test_narrowest_class_of_a_tuple_counts(phone: CallbackBlueprint, call: Call) -> None:
    """A tuple ranks by its narrowest class that fits the event."""
    phone.respond(CallCallback)(says("any call"))
    phone.respond((Callback, GatherCallback))(says("tuple"))
    assert spoken(call("gather")) == "tuple"
    assert spoken(call("initiate")) == "any call"


def test_first_registered_goes_first(phone: CallbackBlueprint, call: Call) -> None:
    """With equally many matches on one class the first registered responder replies."""
    phone.respond(InitiateCallback, var_from=re.compile("^.1"))(says("pattern"))
    phone.respond(InitiateCallback, to="+1")(says("value"))
    phone.respond(InitiateCallback, direction=str.isalpha)(says("predicate"))
    properties = {"from": "+1", "to": "+1", "direction": "inbound"}
    assert spoken(call("initiate", **properties)) == "pattern"
    assert spoken(call("initiate", **{**properties, "from": "+2"})) == "value"
    assert spoken(call("initiate", **{**properties, "from": "+2", "to": "+2"})) == "predicate"


def test_exactly_one_responder_answers(phone: CallbackBlueprint, call: Call) -> None:
    """Only one responder is called for an event."""
    asked = []

    def asks(name: str) -> Handler:
        def responder(event: Callback) -> Hangup:
            asked.append(name)
            return Hangup()

        return responder

    phone.respond(Callback)(asks("callback"))
    phone.respond(InitiateCallback)(asks("initiate"))
    phone.respond(InitiateCallback, to="+1")(asks("match"))
    call("initiate", to="+1")
    assert asked == ["match"]


# -- Matches -----------------------------------------------------------------------------------------------

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event_type", "match", "fitting", "unfitting"),
    [
        ("initiate", {"to": "+1"}, [{"to": "+1"}], [{"to": "+12"}, {"to": None}, {}]),
        ("gather", {"tag": {"a", "b"}}, [{"tag": "a"}, {"tag": "b"}], [{"tag": "ab"}, {}]),
        ("gather", {"tag": ["a", None]}, [{"tag": "a"}, {"tag": None}, {}], [{"tag": "b"}]),
        ("gather", {"tag": ("a",)}, [{"tag": "a"}], [{"tag": "b"}]),
        ("gather", {"tag": {"a": "keys"}.keys()}, [{"tag": "a"}], [{"tag": "keys"}]),
        ("gather", {"tag": None}, [{"tag": None}, {}], [{"tag": ""}, {"tag": "a"}]),
        ("gather", {"tag": ""}, [{"tag": ""}], [{}, {"tag": "a"}]),
        ("initiate", {"var_from": re.compile(r"^\+1")}, [{"from": "+1"}], [{"from": "5+1"}, {}]),
        ("initiate", {"var_from": re.compile("55")}, [{"from": "+1552"}], [{"from": "+152"}]),
        ("initiate", {"from_": "+1"}, [{"from": "+1"}], [{"from": "+2"}, {}]),
        ("gather", {"digits": str.isdigit}, [{"digits": "12"}], [{"digits": "#"}, {"digits": ""}, {}]),
        ("gather", {"digits": len}, [{"digits": "1"}], [{"digits": ""}]),
        ("referComplete", {"refer_sip_response_code": 202}, [{"referSipResponseCode": 202}], [{}]),
        (
            "referComplete",
            {"refer_sip_response_code": range(400, 600)},
            [{"referSipResponseCode": 486}],
            [{}],
        ),
        ("initiate", {"start_time": NOON}, [{"startTime": "2026-01-02T12:00:00Z"}], [{}]),
        (
            "recordComplete",
            {"duration": timedelta(seconds=1)},
            [{"duration": "PT1S"}],
            [{"duration": "PT2S"}],
        ),
        ("initiate", {"diversion": None}, [{}], [{"diversion": {"reason": "busy"}}]),
        ("initiate", {"sip_headers": None}, [{}], [{"sipHeaders": {"x-a": "b"}}]),
        (
            "initiate",
            {"diversion": lambda one: one.reason == "away"},
            [{"diversion": {"reason": "away"}}],
            [{}],
        ),
        ("recordComplete", {"event_type": "recordComplete"}, [{}], [{"eventType": "recordingComplete"}]),
        ("initiate", {"to": "+1", "var_from": {"+2", "+3"}}, [{"to": "+1", "from": "+3"}], [{"to": "+1"}]),
    ],
)
def test_matches(
    phone: CallbackBlueprint,
    call: Call,
    event_type: str,
    match: dict[str, Any],
    fitting: list[dict[str, Any]],
    unfitting: list[dict[str, Any]],
) -> None:
    """Values, collections, patterns, predicates and None narrow responders and subscribers alike."""
    heard: list[Any] = []
    phone.respond(event_type, **match)(says("fits"))
    phone.respond(event_type)(says("does not fit"))
    phone.on(event_type, **match)(heard.append)
    for properties in fitting:
        assert spoken(call(event_type, **properties)) == "fits"
    assert len(heard) == len(fitting)
    for properties in unfitting:
        assert spoken(call(event_type, **properties)) == "does not fit"
    assert len(heard) == len(fitting)


def test_predicates_never_see_none(phone: CallbackBlueprint, call: Call) -> None:
    """A predicate is not called for an absent attribute."""
    seen: list[object] = []

    def predicate(value: object) -> bool:
        seen.append(value)
        return True

    phone.respond(GatherCallback, digits=predicate)(says("digits"))
    phone.on(GatherCallback, tag=predicate)(lambda event: None)
    assert call("gather", digits=None).status_code == 404
    assert spoken(call("gather", digits="1")) == "digits"
    assert seen == ["1"]


def test_base_class_matches_on_what_only_some_of_its_events_have(
    phone: CallbackBlueprint, call: Call
) -> None:
    """A match may name an attribute that only some events below a base class have; the others do not fit."""
    heard: list[Any] = []
    phone.on(Callback, digits=re.compile("1"))(heard.append)
    call("gather", digits="1")
    call("gather", digits="2")
    call("disconnect")
    assert [one.event_type for one in heard] == ["gather"]


def test_predicate_that_raises_while_a_responder_is_sought(
    app: Flask, phone: CallbackBlueprint, call: Call
) -> None:
    """A responder's predicate that raises gives 500, and the subscribers are still notified."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    heard: list[Any] = []
    phone.respond(GatherCallback, digits=lambda digits: int(digits) > 1)(says("unheard"))
    phone.on(GatherCallback)(heard.append)
    assert call("gather", digits="#").status_code == 500
    assert len(heard) == 1


# -- Errors when the decorator runs ------------------------------------------------------------------------


def first(event: Callback) -> SpeakSentence:
    return SpeakSentence("first")


def second(event: Callback) -> SpeakSentence:
    return SpeakSentence("second")


STARTS_WITH_1 = re.compile("^1")


@pytest.mark.parametrize(
    ("one", "other", "at_event"),
    [
        ((InitiateCallback,), (InitiateCallback,), "InitiateCallback"),
        (("initiate",), (InitiateCallback,), "InitiateCallback"),
        (("recordComplete",), ("recordingComplete",), "RecordingCompleteCallback"),
        ((InitiateCallback,), ((GatherCallback, InitiateCallback),), "InitiateCallback"),
        (((InitiateCallback, AnswerCallback),), (("gather", "answer"),), "AnswerCallback"),
        ((Callback,), (Callback,), "Callback"),
        ((ConferenceCallback,), (ConferenceCallback,), "ConferenceCallback"),
        ((GatherCallback, "/menu"), (GatherCallback, "/menu"), "GatherCallback at /menu"),
        ((GatherCallback, "/"), (GatherCallback,), "GatherCallback at the blueprint's own URL"),
        ((InitiateCallback, None, {"to": "+1"}), (InitiateCallback, None, {"to": "+1"}), "InitiateCallback"),
        (
            (InitiateCallback, None, {"to": "+1"}),
            (InitiateCallback, None, {"to": {"+2", "+1"}}),
            "InitiateCallback",
        ),
        (
            (InitiateCallback, None, {"from_": ["+1", "+2"]}),
            (InitiateCallback, None, {"var_from": ("+2", "+3")}),
            "InitiateCallback",
        ),
        (
            (GatherCallback, None, {"tag": None}),
            (GatherCallback, None, {"tag": ["a", None]}),
            "GatherCallback",
        ),
        (
            (GatherCallback, None, {"digits": STARTS_WITH_1}),
            (GatherCallback, None, {"digits": re.compile("^1")}),
            "GatherCallback",
        ),
        (
            (GatherCallback, None, {"digits": str.isdigit}),
            (GatherCallback, None, {"digits": str.isdigit}),
            "GatherCallback",
        ),
        (
            (GatherCallback, None, {"digits": str.isdigit, "tag": "a"}),
            (GatherCallback, None, {"tag": {"a", "b"}, "digits": str.isdigit}),
            "GatherCallback",
        ),
    ],
)
def test_second_responder_is_refused(phone: CallbackBlueprint, one: Any, other: Any, at_event: str) -> None:
    """A second responder to one event, path and attributes raises an error that names both and the event."""

    def decorate(event: Any, path: str | None = None, match: dict[str, Any] | None = None) -> Handler:
        return phone.respond(event, path, **match or {})

    decorate(*one)(first)
    told = refusal(decorate(*other), second)
    assert line_of(first) in told
    assert line_of(second) in told
    assert f"would both reply to {at_event}" in told
    assert "path of its own" in told


@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.BandwidthCallbacksWarning")
def test_second_responder_of_an_unknown_type_is_refused(phone: CallbackBlueprint) -> None:
    """Unknown event types conflict by their names."""
    phone.respond("callParked")(first)
    phone.respond("callMoved")(first)
    assert "'callParked'" in refusal(phone.respond("callParked"), second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"to": "+1"}, {"to": "+2"}),
        ({"to": {"+1", "+2"}}, {"to": {"+3"}}),
        ({"to": "+1", "var_from": "+2"}, {"to": "+1", "var_from": "+3"}),
        ({"to": "+1"}, {"var_from": "+1"}),
        ({"to": "+1"}, {}),
        ({"to": "+1"}, {"to": re.compile("1")}),
        ({"to": re.compile("1")}, {"to": re.compile("2")}),
        ({"to": re.compile("a")}, {"to": re.compile("a", re.IGNORECASE)}),
        ({"to": str.isdigit}, {"to": str.isalpha}),
        ({"to": None}, {"to": ""}),
    ],
)
def test_responders_that_share_no_value_live_together(
    phone: CallbackBlueprint, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Two responders are accepted if no event is known to fit the matches of both."""
    phone.respond(InitiateCallback, **one)(first)
    phone.respond(InitiateCallback, **other)(second)
    assert [str(one).partition(" ")[0] for one in phone.subscriptions.responders] == ["first", "second"]


def test_each_attribute_shared_with_another_responder(phone: CallbackBlueprint, call: Call) -> None:
    """A responder that shares each value with another rival, but all with none, is accepted."""
    phone.respond(InitiateCallback, to="+1", var_from="+3")(says("to"))
    phone.respond(InitiateCallback, to="+4", var_from="+2")(says("from"))
    phone.respond(InitiateCallback, to="+1", var_from="+2")(says("both"))
    assert spoken(call("initiate", to="+1", **{"from": "+2"})) == "both"
    assert spoken(call("initiate", to="+1", **{"from": "+3"})) == "to"
    assert spoken(call("initiate", to="+4", **{"from": "+2"})) == "from"


def test_refused_responder_leaves_nothing_behind(phone: CallbackBlueprint, call: Call) -> None:
    """A rejected responder leaves nothing behind: its events can still be registered."""
    phone.respond(GatherCallback)(first)
    refusal(phone.respond((InitiateCallback, GatherCallback)), says("refused"))
    phone.respond(InitiateCallback)(second)
    assert spoken(call("initiate")) == "second"
    assert spoken(call("gather")) == "first"


def test_subscribers_never_conflict(phone: CallbackBlueprint, call: Call) -> None:
    """One event can have any number of subscribers, the same function twice included."""
    heard: list[Callback] = []
    phone.on(DisconnectCallback)(heard.append)
    phone.on(DisconnectCallback)(heard.append)
    call("disconnect")
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (DisconnectCallback, "DisconnectCallback"),
        ("dtmf", "DtmfCallback"),
        ((InitiateCallback, RecordingAvailableCallback), "RecordingAvailableCallback"),
    ],
)
def test_responding_to_a_notification_is_refused(phone: CallbackBlueprint, event: Any, named: str) -> None:
    """A responder to a notification raises an error that names both and recommends on()."""
    told = refusal(phone.respond(event), first)
    assert f"{line_of(first)} cannot respond to {named}" in told
    assert "on()" in told


@pytest.mark.parametrize("decorator", ["respond", "on"])
@pytest.mark.parametrize(
    ("event", "attribute", "nearest"),
    [
        (InitiateCallback, "digit", "diversion"),
        (GatherCallback, "digit", "digits"),
        (GatherCallback, "callId", "call_id"),
        ((GatherCallback, InitiateCallback), "digits", "diversion"),
        (ConferenceCallback, "var_frm", "var_from"),
        (Callback, "digts", "digits"),
    ],
)
def test_match_on_an_attribute_that_the_event_lacks(
    phone: CallbackBlueprint, decorator: str, event: Any, attribute: str, nearest: str
) -> None:
    """A match on an attribute that the event lacks raises an error with the nearest attribute."""
    told = refusal(getattr(phone, decorator)(event, **{attribute: "1"}), first)
    lacking = event[-1] if isinstance(event, tuple) else event
    assert f"{line_of(first)} matches on '{attribute}', which {lacking.__name__} does not have" in told
    assert f"the nearest attribute is {nearest!r}" in told


@pytest.mark.parametrize("attribute", ["raw", "errors", "extra", "reply", "Schema"])
def test_match_on_what_is_no_property(phone: CallbackBlueprint, attribute: str) -> None:
    """Only properties of the event can be matched on, not other attributes of its class."""
    match: Any = {attribute: "x"}
    assert f"'{attribute}'" in refusal(phone.on(InitiateCallback, **match))


@pytest.mark.parametrize(
    ("match", "reason"),
    [
        ({"to": 15551234567}, "to holds str, which 15551234567 cannot equal"),
        ({"to": b"+1"}, "to holds str, which b'+1' cannot equal"),
        ({"to": ["+1", 2]}, "to holds str, which 2 cannot equal"),
        ({"to": (number for number in "12")}, "to holds str"),
        ({"start_time": "2026-01-02T12:00:00Z"}, "start_time holds datetime"),
        ({"start_time": datetime(2026, 1, 2)}, "start_time has a time zone"),
        (
            {"start_time": re.compile("2026")},
            "a pattern must be a pattern of str, for an attribute that holds str",
        ),
        ({"to": re.compile(b"1")}, "a pattern must be a pattern of str"),
        (
            {"diversion": "away"},
            "diversion holds Diversion, which 'away' cannot equal; a predicate may look inside",
        ),
        ({"sip_headers": [{}]}, "a predicate may look inside"),
        ({"to": []}, "the collection of values is empty"),
        ({"to": set()}, "the collection of values is empty"),
        ({"event_type": "gather"}, "the event type can only be one of initiate"),
    ],
)
def test_match_that_can_never_fit(phone: CallbackBlueprint, match: dict[str, Any], reason: str) -> None:
    """A match that no event can fit raises an error with the handler, the event, the match and the rule."""
    told = refusal(phone.respond(InitiateCallback, **match), first)
    ((attribute, wanted),) = match.items()
    assert f"{line_of(first)} would never get InitiateCallback with {attribute}={wanted!r}: " in told
    assert reason in told


@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.BandwidthCallbacksWarning")
@pytest.mark.parametrize(
    ("event", "possible"),
    [
        (("initiate", GatherCallback), True),
        (CallCallback, True),
        (UnknownCallback, True),
        (ConferenceCallback, False),
        ("callParked", False),
    ],
)
def test_match_on_the_event_type(phone: CallbackBlueprint, event: Any, possible: bool) -> None:
    """An event type can be matched on if it is one of those that the handler is registered for."""
    if possible:
        phone.on(event, event_type={"gather", "other"})(first_heard := (lambda event: None))
        assert phone.subscriptions.of(first_heard)
    else:
        assert "the event type can only be one of" in refusal(phone.on(event, event_type={"gather", "other"}))


def test_match_given_under_both_names(phone: CallbackBlueprint) -> None:
    """from_ and var_from are one attribute, and matching on both is an error."""
    told = refusal(phone.respond(InitiateCallback, from_="+1", var_from="+1"), first)
    assert f"{line_of(first)} matches on from_ and on var_from" in told


@pytest.mark.parametrize(
    "event", [None, "", 7, str, object(), UnknownCallback(), ["initiate"], ("initiate", 7), ()]
)
@pytest.mark.parametrize("decorator", ["respond", "on"])
def test_invalid_event(phone: CallbackBlueprint, decorator: str, event: Any) -> None:
    """A value that is not an event class, an event type or a tuple of these raises an error at once."""
    with pytest.raises(
        SubscriptionError, match=r"must (be an event class or an event type|not be empty).* Give"
    ):
        getattr(phone, decorator)(event)


class Methods:
    """Handlers that are not plain functions."""

    def __init__(self) -> None:
        self.heard: list[Callback] = []

    def method(self, event: Callback) -> SpeakSentence:
        self.heard.append(event)
        return SpeakSentence("method")

    @staticmethod
    def static(event: Callback) -> SpeakSentence:
        return SpeakSentence("static")

    def __call__(self, event: Callback) -> SpeakSentence:
        return SpeakSentence("instance")


def with_options(event: Callback, *rest: Any, loud: bool = True, **options: Any) -> SpeakSentence:
    return SpeakSentence("options")


@functools.wraps(first)
def wrapping(*arguments: Any, **options: Any) -> SpeakSentence:
    return SpeakSentence("wrapping")


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (Methods().method, "method"),
        (Methods.static, "static"),
        (Methods(), "instance"),
        (with_options, "options"),
        (functools.partial(with_options, loud=False), "options"),
        (wrapping, "wrapping"),
    ],
)
def test_handlers_of_every_kind(phone: CallbackBlueprint, call: Call, handler: Handler, text: str) -> None:
    """Methods, instances, partials and wrapped functions can be handlers."""
    phone.respond(InitiateCallback)(handler)
    assert spoken(call("initiate")) == text


def test_callable_without_a_signature(phone: CallbackBlueprint, call: Call) -> None:
    """A callable whose signature cannot be read is accepted."""
    with pytest.raises(ValueError, match="signature"):
        inspect.signature(type)
    of_unknown_signature: Any = type
    phone.on(DisconnectCallback)(of_unknown_signature)
    assert call("disconnect").status_code == 204


def takes_nothing() -> None: ...
def takes_two(event: Callback, other: str) -> None: ...
def takes_keyword(*, event: Callback) -> None: ...
def needs_keyword(event: Callback, *, room: str) -> None: ...
def takes_room_by_place(event: Callback, room: str, /) -> None: ...
def calls_the_event_room(room: Callback) -> None: ...
def takes_room(event: Callback, room: str) -> None: ...


@pytest.mark.parametrize(
    ("path", "handler", "reason"),
    [
        (None, takes_nothing, "too many positional arguments"),
        (None, takes_two, "missing a required argument: 'other'"),
        (None, takes_keyword, "too many positional arguments"),
        (None, needs_keyword, "missing a required.* argument: 'room'"),
        ("/rooms/<room>", first, "and room by name: .* unexpected keyword argument 'room'"),
        (
            "/rooms/<room>/<int:seat>",
            takes_room,
            "and room, seat by name: .* unexpected keyword argument 'seat'",
        ),
        ("/rooms/<room>", takes_two, "missing a required argument: 'other'"),
        ("/rooms/<room>", takes_room_by_place, "'room'"),
        ("/rooms/<room>", calls_the_event_room, "multiple values for argument 'room'"),
    ],
)
def test_handler_that_cannot_be_called_so(
    phone: CallbackBlueprint, path: str | None, handler: Handler, reason: str
) -> None:
    """A responder that does not take the event and the path's variables raises an error with the reason."""
    told = refusal(phone.respond(InitiateCallback, path), handler)
    assert told.startswith(f"{line_of(handler)} must take the event as its only positional argument")
    assert re.search(reason, told)


@pytest.mark.parametrize("handler", [takes_nothing, takes_two, needs_keyword])
def test_subscriber_that_cannot_be_called_so(phone: CallbackBlueprint, handler: Handler) -> None:
    """A subscriber that does not take the event alone raises an error."""
    assert line_of(handler) in refusal(phone.on(InitiateCallback), handler)


@pytest.mark.parametrize("decorator", ["respond", "on"])
@pytest.mark.parametrize("handler", ["greet", 7, Hangup()], ids=repr)
def test_handler_that_cannot_be_called(phone: CallbackBlueprint, decorator: str, handler: object) -> None:
    """A handler that is not callable raises an error."""
    assert f"must be callable, got {handler!r}" in refusal(
        getattr(phone, decorator)(InitiateCallback), handler
    )


@pytest.mark.parametrize("decorator", ["respond", "on"])
def test_decorator_after_registration(app: Flask, phone: CallbackBlueprint, decorator: str) -> None:
    """A decorator raises an error after the registration, even if it was created before."""
    begun = getattr(phone, decorator)(InitiateCallback)
    app.register_blueprint(phone)
    message = (
        rf"{decorator}\(\) was called after blueprint 'phone' was registered.*before app.register_blueprint"
    )
    with pytest.raises(SubscriptionError, match=message):
        getattr(phone, decorator)(InitiateCallback)
    with pytest.raises(SubscriptionError, match=message):
        begun(first)
    assert phone.subscriptions.of(first) == []


def test_decorator_after_the_application_is_gone(phone: CallbackBlueprint) -> None:
    """A blueprint counts as registered even after its application is garbage collected."""
    Flask("gone").register_blueprint(phone)
    assert "after blueprint 'phone' was registered" in refusal(
        lambda handler: phone.on(InitiateCallback)(handler)
    )


def test_decorator_after_a_failed_registration(app: Flask) -> None:
    """After a failed registration, handlers can still be added."""
    phone = CallbackBlueprint("phone", __name__)
    with pytest.raises(ConfigurationError):
        app.register_blueprint(phone)
    phone.on(InitiateCallback)(lambda event: None)
    assert len(phone.subscriptions.subscribers) == 1


# -- Subscribers -------------------------------------------------------------------------------------------


def test_subscribers_run_after_the_responder_in_order_of_registration(
    phone: CallbackBlueprint, call: Call
) -> None:
    """Subscribers run after the responder, in order of registration, whatever they match on."""
    ran: list[str] = []

    def hears(name: str) -> Handler:
        return lambda event: ran.append(name)

    def answers_and_runs(event: InitiateCallback) -> Hangup:
        ran.append("responder")
        return Hangup()

    phone.on(InitiateCallback, to="+1")(hears("value"))
    phone.on(Callback)(hears("base class"))
    phone.on(InitiateCallback, var_from=re.compile("2"))(hears("pattern"))
    phone.respond(InitiateCallback)(answers_and_runs)
    phone.on(InitiateCallback, var_from="+2")(hears("another value"))
    phone.on("initiate")(hears("string"))
    phone.on(InitiateCallback, to={"+1", "+3"})(hears("values"))
    phone.on(InitiateCallback, to="+4")(hears("unfit"))
    call("initiate", to="+1", **{"from": "+2"})
    assert ran == ["responder", "value", "base class", "pattern", "another value", "string", "values"]


def test_subscribers_run_without_a_responder(phone: CallbackBlueprint, call: Call) -> None:
    """Subscribers get an event that has no responder."""
    heard: list[Callback] = []
    phone.on(InitiateCallback)(heard.append)
    assert call("initiate").status_code == 404
    assert len(heard) == 1


def raises(event: Callback) -> Any:
    raise LookupError("the handler's own fault")


def forgets(event: Callback) -> Any:
    return None


def babbles(event: Callback) -> Any:
    return 7


@pytest.mark.parametrize("responder", [raises, forgets, babbles])
def test_subscribers_run_when_the_responder_failed(
    app: Flask, phone: CallbackBlueprint, call: Call, responder: Handler
) -> None:
    """Subscribers get an event whose responder raises or returns an invalid reply."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    heard: list[Callback] = []
    phone.respond(InitiateCallback)(responder)
    phone.on(InitiateCallback)(heard.append)
    assert call("initiate").status_code == 500
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("subscriber", "match", "error"),
    [
        (raises, {}, "LookupError: the handler's own fault"),
        (babbles, {}, "TypeError: Subscriber babbles (test_subscriptions.py:"),
        (first, {"to": lambda to: int(to)}, "ValueError: invalid literal for int()"),
    ],
)
def test_subscriber_that_fails_is_isolated(
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    subscriber: Handler,
    match: dict[str, Any],
    error: str,
) -> None:
    """A subscriber that raises does not stop the others; it is logged with its traceback and signaled."""
    heard: list[Callback] = []
    sent: list[BaseException] = []

    def receive(sender: Flask, exception: BaseException, **more: Any) -> None:
        assert sender is app
        sent.append(exception)

    phone.respond(InitiateCallback)(says("answer"))
    phone.on(InitiateCallback, **match)(subscriber)
    phone.on(InitiateCallback)(heard.append)
    with got_request_exception.connected_to(receive, app):
        assert spoken(call("initiate", to="Anonymous")) == "answer"
    assert len(heard) == 1
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.name == "flask_bandwidth_callbacks"
    assert record.getMessage() == f"Subscriber {line_of(subscriber)} failed."
    assert error in caplog.text
    assert "Traceback" in caplog.text
    assert [f"{type(one).__name__}: {one}".startswith(error) for one in sent] == [True]


def test_subscriber_that_returns_something_is_logged(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A subscriber must return None; the log names the one that did not, and the type of its value."""
    phone.on(DisconnectCallback)(babbles)
    assert call("disconnect").status_code == 204
    assert f"Subscriber {line_of(babbles)} must return None, got int" in caplog.text


# -- Responders that raise ---------------------------------------------------------------------------------


def test_responder_that_raises_is_a_500(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """Without an errorhandler, a responder that raises gives 500 and Flask's signal."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    sent = []
    phone.respond(InitiateCallback)(raises)
    with got_request_exception.connected_to(lambda sender, exception: sent.append(type(exception)), app):
        assert call("initiate").status_code == 500
    assert sent == [LookupError]


def test_responder_that_raises_is_seen_by_tests(phone: CallbackBlueprint, call: Call) -> None:
    """Where Flask propagates exceptions, those of a responder come through unchanged."""
    phone.respond(InitiateCallback)(raises)
    with pytest.raises(LookupError, match="the handler's own fault"):
        call("initiate")


@pytest.mark.parametrize(
    ("returned", "status", "content_type", "body"),
    [
        (Hangup(), 200, "application/xml", b"<Response><Hangup/></Response>"),
        ([SpeakSentence("Sorry."), Hangup()], 200, "application/xml", b"Sorry.</SpeakSentence><Hangup/>"),
        ((SpeakSentence("Sorry."), Hangup()), 200, "application/xml", b"Sorry.</SpeakSentence><Hangup/>"),
        (bxml.Response(), 200, "application/xml", b"<Response/>"),
        ("<Response><Hangup/></Response>", 200, "application/xml", b"<Response><Hangup/></Response>"),
        (("<p>Down</p>", 503), 503, "text/html", b"<p>Down</p>"),
        (({"down": True}, 503, {"Retry-After": "5"}), 503, "application/json", b"true"),
        ({"down": True}, 200, "application/json", b"true"),
        (Response("busy", 429), 429, "text/html", b"busy"),
    ],
    ids=repr,
)
def test_errorhandler_returns_what_a_responder_may(
    phone: CallbackBlueprint, call: Call, returned: Any, status: int, content_type: str, body: bytes
) -> None:
    """An errorhandler of the blueprint may return verbs, or what any Flask view returns."""
    phone.respond(InitiateCallback)(raises)

    @phone.errorhandler(LookupError)
    def apologise(error: LookupError) -> Any:
        return returned

    response = call("initiate")
    assert (response.status_code, response.mimetype) == (status, content_type)
    assert body in response.data


def test_errorhandler_may_link_to_handlers(phone: CallbackBlueprint, call: Call) -> None:
    """Handlers in what an errorhandler returns become URLs with credentials, as in every reply."""
    phone.respond(InitiateCallback)(raises)
    again = phone.respond(RedirectCallback, "/again")(says("again"))
    phone.errorhandler(LookupError)(lambda error: bxml.Redirect(redirect_url=again))
    assert bxml.parse(call("initiate").data).children == (
        bxml.Redirect(redirect_url="/phone/again", username="bandwidth", password="s3cret"),
    )


def test_errorhandler_takes_bad_answers_too(phone: CallbackBlueprint, call: Call) -> None:
    """An errorhandler gets the error of a responder that returned an invalid reply."""
    phone.respond(InitiateCallback)(babbles)
    phone.errorhandler(TypeError)(lambda error: Hangup())
    assert bxml.parse(call("initiate").data).children == (Hangup(),)


def test_errorhandler_that_returns_no_answer(phone: CallbackBlueprint, call: Call) -> None:
    """An errorhandler that returns an invalid reply raises an error that names it."""

    def apologise(error: LookupError) -> Any:
        return "Sorry."

    phone.respond(InitiateCallback)(raises)
    phone.errorhandler(LookupError)(apologise)
    with pytest.raises(TypeError, match=re.escape(f"{line_of(apologise)} returned 'Sorry.' for 'initiate'")):
        call("initiate")


def test_errorhandler_of_an_ordinary_page(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """On a page of the blueprint an errorhandler is Flask's, also right after a callback in one context."""
    phone.add_url_rule("/page", view_func=lambda: raises(Callback()))
    phone.errorhandler(LookupError)(lambda error: "<p>Sorry.</p>")
    with app.app_context():
        assert call("disconnect").status_code == 204
        page = app.test_client().get("/phone/page")
    assert (page.status_code, page.mimetype, page.text) == (200, "text/html", "<p>Sorry.</p>")


def test_errorhandler_of_the_host_application(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """The host's errorhandlers get the exceptions that the blueprint's do not take."""
    app.errorhandler(LookupError)(lambda error: ("host", 503))
    phone.respond(InitiateCallback)(raises)
    response = call("initiate")
    assert (response.status_code, response.text) == (503, "host")


# -- async -------------------------------------------------------------------------------------------------


def test_async_handlers(phone: CallbackBlueprint, call: Call) -> None:
    """Responders, subscribers and errorhandlers may be coroutine functions, as Flask's views may."""
    heard = []

    @phone.respond(InitiateCallback)
    async def greet(event: InitiateCallback) -> SpeakSentence:
        return SpeakSentence(f"Hello {event.var_from}")

    @phone.respond(GatherCallback, "/rooms/<room>")
    async def enter(event: GatherCallback, room: str) -> SpeakSentence:
        raise LookupError(room)

    @phone.on(Callback)
    async def hear(event: Callback) -> None:
        heard.append(event.event_type)

    @phone.errorhandler(LookupError)
    async def apologise(error: LookupError) -> SpeakSentence:
        return SpeakSentence(f"Sorry, {error}")

    assert spoken(call("initiate", **{"from": "+1"})) == "Hello +1"
    assert spoken(call("gather", "/phone/rooms/blue")) == "Sorry, blue"
    assert heard == ["initiate", "gather"]


def test_async_subscriber_that_raises(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A coroutine function that raises is isolated as a plain function is."""

    @phone.on(DisconnectCallback)
    async def fail(event: DisconnectCallback) -> None:
        raise LookupError("later")

    assert call("disconnect").status_code == 204
    assert "LookupError: later" in caplog.text


# -- The look-up -------------------------------------------------------------------------------------------


def test_handlers_are_found_without_calling_them(phone: CallbackBlueprint) -> None:
    """phone.subscriptions finds the handlers of an event without an application and without calling them."""
    menu, own, hear = (says("menu"), says("own"), lambda event: raises(event))
    phone.respond(GatherCallback, "/menu", digits="1")(menu)
    phone.respond(GatherCallback)(own)
    phone.on(GatherCallback)(hear)

    def answers(event: Callback, path: str | None = None) -> Handler | None:
        responder = phone.subscriptions.responder(event, path)
        return responder.handler if responder else None

    assert answers(GatherCallback(digits="1"), "/menu") is menu
    assert answers(GatherCallback(digits="2"), "/menu") is own
    assert answers(GatherCallback(digits="1")) is own
    assert answers(InitiateCallback(), "/menu") is None
    assert answers(DisconnectCallback()) is None
    near = phone.subscriptions.subscriber_candidates(GatherCallback())
    assert [candidate.subscription.handler for candidate in near] == [hear]


def test_subscriptions_may_be_added_after_asking(phone: CallbackBlueprint) -> None:
    """Handlers that are registered after the first look-up are found, too."""
    assert phone.subscriptions.responder(InitiateCallback()) is None
    assert phone.subscriptions.subscriber_candidates(InitiateCallback()) == []
    phone.respond(InitiateCallback)(first)
    phone.on(InitiateCallback)(second)  # type: ignore[type-var]
    responder = phone.subscriptions.responder(InitiateCallback())
    assert responder is not None
    assert responder.handler is first
    assert len(phone.subscriptions.subscriber_candidates(InitiateCallback())) == 1


@pytest.mark.no_cover
def test_ten_thousand_numbers(phone: CallbackBlueprint, call: Call) -> None:
    """Ten thousand responders, each for its own number, register in seconds and are found at once."""
    began = time.thread_time()
    for number in range(10_000):
        phone.respond(InitiateCallback, to=f"+1{number}")(says(str(number)))
        phone.on(InitiateCallback, to=f"+1{number}")(lambda event: None)
    assert "would both reply to" in refusal(phone.respond(InitiateCallback, to={"+17", "+2"}))
    assert time.thread_time() - began < 20
    call("disconnect")  # registers
    began = time.thread_time()
    for number in (0, 5_000, 9_999):
        assert spoken(call("initiate", to=f"+1{number}")) == str(number)
    assert call("initiate", to="+2").status_code == 404
    assert time.thread_time() - began < 10


def test_what_has_no_hash_is_refused(phone: CallbackBlueprint) -> None:
    """A handler or predicate without a hash raises an error, and nothing of it is kept."""

    class Callee:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, event: Any) -> None: ...

    with pytest.raises(SubscriptionError, match="has no hash"):
        phone.on(InitiateCallback)(Callee())
    with pytest.raises(SubscriptionError, match=r"match of .* on to must be hashable"):
        phone.on(InitiateCallback, to=Callee())(lambda event: None)
    assert phone.subscriptions.subscribers == []


def test_a_predicate_that_raises_is_named(
    phone: CallbackBlueprint, call: Callable[..., TestResponse]
) -> None:
    """The exception of a responder's predicate has a note that names the responder."""

    @phone.respond(GatherCallback, digits=lambda digits: int(digits) > 3)
    def high(event: GatherCallback) -> Hangup:
        return Hangup()

    with pytest.raises(ValueError, match="invalid literal") as raised:
        call("gather", digits="")
    assert "predicate of responder" in raised.value.__notes__[0]
    assert "high (test_subscriptions.py" in raised.value.__notes__[0]


def test_paths_that_fit_the_same_requests_are_refused(phone: CallbackBlueprint) -> None:
    """Two paths that differ only in the names of their variables raise an error that names both."""

    def enter(event: Callback, room: str) -> Hangup:
        return Hangup()

    phone.respond(GatherCallback, "/rooms/<room>")(enter)
    phone.respond(RedirectCallback, "/rooms/<int:room>")(enter)

    def leave(event: Callback, door: str) -> Hangup:
        return Hangup()

    with pytest.raises(SubscriptionError, match="'/rooms/<door>' and '/rooms/<room>' differ"):
        phone.respond(RedirectCallback, "/rooms/<door>")(leave)
    assert len(phone.subscriptions.responders) == 2
