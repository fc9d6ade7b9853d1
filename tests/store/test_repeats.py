"""Callbacks that Bandwidth sends again: handlers run once, and the reply is the same."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask
import pytest
from flask import Blueprint, Flask, abort, request
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    AnswerCallback,
    Callback,
    CallbackBlueprint,
    ConferenceMemberJoinCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    signals,
)
from flask_bandwidth_callbacks.bxml import SpeakSentence
from flask_bandwidth_callbacks.stores import stores_of
from tests.conftest import CREDENTIALS

Call = Callable[..., TestResponse]
TIME = "2026-03-04T16:20:15.258Z"
every_store = pytest.mark.parametrize("store_url", ["memory", "sqlite", "redis", "postgresql"], indirect=True)


class Counted:
    """Handlers that are counted, and replies of which no two are the same."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self._replies = itertools.count()

    def responder(self, name: str = "responder") -> Callable[..., SpeakSentence]:
        def respond(event: Callback) -> SpeakSentence:
            return SpeakSentence(f"{name} {self.run(name)}")

        return respond

    def subscriber(self, name: str = "subscriber") -> Callable[..., None]:
        def subscribe(event: Callback) -> None:
            self.run(name)

        return subscribe

    def run(self, name: str) -> int:
        self.runs[name] += 1
        return next(self._replies)


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def repeated() -> Iterator[list[Callback]]:
    """The events of ``callback_repeated``, in order."""
    events: list[Callback] = []

    def receive(sender: Flask, event: Callback) -> None:
        events.append(event)

    with signals.callback_repeated.connected_to(receive):
        yield events


def content(reply: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return everything of a reply that goes out."""
    return reply.status, list(reply.headers), reply.data


# -- What a repeat is ----------------------------------------------------------------------------------------


@every_store
def test_an_answered_event(
    phone: CallbackBlueprint, call: Call, counted: Counted, repeated: list[Callback]
) -> None:
    """A callback that comes three times runs its responder and subscribers once, and has one reply."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    first, *others = (call("initiate", eventTime=TIME) for _ in range(3))
    assert [content(other) for other in others] == [content(first)] * 2
    assert first.data.count(b"responder 0") == 1
    assert counted.runs == {"responder": 1, "subscriber": 1}
    assert [event.repeat_key for event in repeated] == [repeated[0].repeat_key] * 2


@pytest.mark.parametrize("event_type", ["dtmf", "conferenceMemberJoin", "futureEvent"])
def test_a_notification(phone: CallbackBlueprint, call: Call, counted: Counted, event_type: str) -> None:
    """A notification that comes again, a conference's or an unknown one too, gets 204 and notifies once."""
    phone.on(Callback)(counted.subscriber())
    assert [call(event_type, eventTime=TIME).status_code for _ in range(3)] == [204, 204, 204]
    assert counted.runs == {"subscriber": 1}


def test_an_answered_conference_event(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """The reply to a conference event is remembered as that to a call's event is."""
    phone.respond(ConferenceMemberJoinCallback)(counted.responder())
    replies = [call("conferenceMemberJoin", eventTime=TIME) for _ in range(2)]
    assert content(replies[0]) == content(replies[1])
    assert counted.runs == {"responder": 1}


@pytest.mark.parametrize(
    "other",
    [
        {"callId": "c-2"},
        {"eventTime": "2026-03-04T16:20:15.259Z"},
        {"tag": "another"},
        {"digits": "2"},
    ],
)
def test_another_callback(
    phone: CallbackBlueprint, call: Call, counted: Counted, other: dict[str, str]
) -> None:
    """A callback that differs in anything is not a repeat."""
    phone.respond(GatherCallback)(counted.responder())
    phone.on(GatherCallback)(counted.subscriber())
    call("gather", eventTime=TIME)
    call("gather", **{"eventTime": TIME, **other})
    assert counted.runs == {"responder": 2, "subscriber": 2}


def test_another_event_type(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """Two types of event with the same properties are two callbacks."""
    phone.respond((InitiateCallback, AnswerCallback))(counted.responder())
    call("initiate", eventTime=TIME)
    call("answer", eventTime=TIME)
    assert counted.runs == {"responder": 2}


@pytest.mark.parametrize("event_time", [None, "yesterday"])
def test_no_time(phone: CallbackBlueprint, call: Call, counted: Counted, event_time: str | None) -> None:
    """A callback without a time, or with one that cannot be read, is never a repeat."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    assert [call("initiate", eventTime=event_time).status_code for _ in range(2)] == [200, 200]
    assert counted.runs == {"responder": 2, "subscriber": 2}


def test_get(phone: CallbackBlueprint, app: Flask, call: Call, counted: Counted) -> None:
    """A callback sent with GET is compared by its query string."""
    phone.respond(InitiateCallback)(counted.responder())
    call("initiate", eventTime=TIME)
    query = {"eventType": "initiate", "callId": "c-1", "eventTime": TIME}
    client = app.test_client()
    replies = [client.get("/phone/", query_string=query, auth=CREDENTIALS) for _ in range(2)]
    client.get("/phone/", query_string={**query, "tag": "x"}, auth=CREDENTIALS)
    assert content(replies[0]) == content(replies[1])
    assert counted.runs == {"responder": 3}


@pytest.mark.parametrize("store_url", ["memory"], indirect=True)
def test_after_fifteen_minutes(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A callback that comes again after 15 minutes is a new one; after 14 it is a repeat."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    with freeze_time("2026-03-04 16:20:16") as frozen:
        call("initiate", eventTime=TIME)
        frozen.tick(14 * 60)
        call("initiate", eventTime=TIME)
        assert counted.runs == {"responder": 1, "subscriber": 1}
        frozen.tick(61)
        call("initiate", eventTime=TIME)
    assert counted.runs == {"responder": 2, "subscriber": 2}


@pytest.mark.parametrize("store_url", ["memory"], indirect=True)
def test_after_very_many_others(
    phone: CallbackBlueprint, call: Call, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory only the latest thousands of callbacks are known, so that they do not fill it."""
    from flask_bandwidth_callbacks.store import ledgers

    monkeypatch.setattr(ledgers, "GENERATION", 3)
    phone.respond(InitiateCallback)(counted.responder())
    for number in range(10):
        call("initiate", callId=f"c-{number}", eventTime=TIME)
    assert counted.runs == {"responder": 10}
    for number in range(6, 10):
        call("initiate", callId=f"c-{number}", eventTime=TIME)
    assert counted.runs == {"responder": 10}
    call("initiate", callId="c-0", eventTime=TIME)
    assert counted.runs == {"responder": 11}


def test_a_call_that_was_forgotten(
    app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted
) -> None:
    """After the store has forgotten a call, its callbacks are new; those of other calls are repeats."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    for call_id in ("c-1", "c-2"):
        call("initiate", callId=call_id, eventTime=TIME)
    stores_of(app)[app.config["BANDWIDTH_CALLBACKS_STORE"]].forget("c-1")
    for call_id in ("c-1", "c-2"):
        call("initiate", callId=call_id, eventTime=TIME)
    assert counted.runs == {"responder": 3, "subscriber": 3}


# -- Paths ---------------------------------------------------------------------------------------------------


@every_store
def test_a_fallback_runs_its_own_responder(
    phone: CallbackBlueprint, call: Call, counted: Counted, repeated: list[Callback]
) -> None:
    """A callback that goes to another path runs that path's responder, but no subscriber again."""
    phone.respond(InitiateCallback)(counted.responder("primary"))
    phone.respond(InitiateCallback, "/fallback")(counted.responder("fallback"))
    phone.on(InitiateCallback)(counted.subscriber())
    replies = [call("initiate", url, eventTime=TIME).data for url in ("/phone/", "/phone/fallback") * 2]
    assert [b"primary 0" in reply for reply in replies] == [True, False, True, False]
    assert [b"fallback" in reply for reply in replies] == [False, True, False, True]
    assert counted.runs == {"primary": 1, "fallback": 1, "subscriber": 1}
    assert len(repeated) == 3


def test_variables_of_a_path(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """Two URLs of one path with other values of its variables are two paths."""

    @phone.respond(GatherCallback, "/rooms/<room>")
    def enter(event: GatherCallback, room: str) -> SpeakSentence:
        return SpeakSentence(f"{room} {counted.run('responder')}")

    replies = [call("gather", f"/phone/rooms/{room}", eventTime=TIME).data for room in ("a", "b", "a", "b")]
    assert replies[0] == replies[2] != replies[1] == replies[3]
    assert counted.runs == {"responder": 2}


def test_two_blueprints(app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """Each of two blueprints has its own subscribers, which are notified of a callback sent to both."""
    other = CallbackBlueprint("other", __name__, credentials=[CREDENTIALS])
    phone.on(DtmfCallback)(counted.subscriber("of phone"))
    other.on(DtmfCallback)(counted.subscriber("of other"))
    app.register_blueprint(other, url_prefix="/other")
    for url in ("/phone/", "/other/") * 2:
        call("dtmf", url, eventTime=TIME)
    assert counted.runs == {"of phone": 1, "of other": 1}


@every_store
def test_a_blueprint_that_is_registered_twice(
    app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted
) -> None:
    """Subscribers of a blueprint with two URL prefixes, such as one for the fallback, are notified once."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    app.register_blueprint(phone, url_prefix="/fallback", name="fallback")
    replies = [call("initiate", url, eventTime=TIME).data for url in ("/phone/", "/fallback/") * 2]
    assert replies[0] == replies[2] != replies[1] == replies[3]
    assert counted.runs == {"responder": 2, "subscriber": 1}


def test_a_nested_blueprint(app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A blueprint inside of another recognizes repeats, too."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    parent = Blueprint("parent", __name__)
    parent.register_blueprint(phone, url_prefix="/phone")
    app.register_blueprint(parent, url_prefix="/parent", name="phone")
    replies = [
        app.test_client().post(
            "/parent/phone/",
            json={"eventType": "initiate", "callId": "c-1", "eventTime": TIME},
            auth=CREDENTIALS,
        )
        for _ in range(2)
    ]
    assert content(replies[0]) == content(replies[1])
    assert counted.runs == {"responder": 1, "subscriber": 1}


SENDINGS = st.lists(
    st.tuples(
        st.sampled_from(["gather", "initiate", "dtmf"]),
        st.integers(1, 3),
        st.sampled_from(["/phone/", "/phone/menu", "/phone/fallback"]),
    ),
    max_size=4,
    unique=True,
).flatmap(
    lambda each: st.permutations([sending for sending in each for _ in range(3)]).flatmap(
        lambda all_of_them: st.integers(0, len(all_of_them)).map(lambda length: all_of_them[:length])
    )
)
"""Sendings of callbacks: each up to three times, in any order, each an event type, a call and a path."""


@given(sendings=SENDINGS)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("url_of_store", ["memory://", "sqlite:///{}/calls.db"])
def test_any_sequence_of_sendings(
    sendings: list[tuple[str, int, str]], url_of_store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever comes how often and where: handlers run once per callback and path, and replies stay."""
    app = Flask("host")
    app.config.update(
        TESTING=True,
        BANDWIDTH_CALLBACKS_STORE=url_of_store.format(tmp_path_factory.mktemp("store")),
    )
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    responded: Counter[tuple[str, str, str]] = Counter()
    notified: Counter[tuple[str, str]] = Counter()

    def respond(event: Any) -> SpeakSentence:
        responded[event.event_type, event.call_id, request.path] += 1
        return SpeakSentence(f"{sum(responded.values())}")

    for path in (None, "/menu", "/fallback"):
        phone.respond((InitiateCallback, GatherCallback), path)(respond)

    @phone.on(Callback)
    def subscribe(event: Any) -> None:
        notified[event.event_type, event.call_id] += 1

    app.register_blueprint(phone, url_prefix="/phone")
    replies: dict[tuple[str, int, str], Any] = {}
    for sending in sendings:
        event_type, number, path = sending
        body = {"eventType": event_type, "callId": f"c-{number}", "eventTime": TIME}
        reply = app.test_client().post(path, json=body, auth=CREDENTIALS)
        assert content(reply) == replies.setdefault(sending, content(reply))
    for store in stores_of(app).values():
        store.close()
    expected = {(event, f"c-{number}") for event, number, _ in sendings}
    assert notified == dict.fromkeys(expected, 1)
    answered = {(event, f"c-{number}", path) for event, number, path in sendings if event != "dtmf"}
    assert responded == dict.fromkeys(answered, 1)


# -- Which replies are sent again ----------------------------------------------------------------------------


@every_store
def test_a_flask_response(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """Status, headers in their order, cookies and bytes of an application's own response are sent again."""

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> flask.Response:
        response = flask.Response(
            f"<?xml version='1.0'?>\n\n<Response><!-- é: {counted.run('responder')} --></Response>",
            status=200,
            mimetype="application/xml",
        )
        response.headers.add("X-Two", "a: b")
        response.headers.add("X-Two", "ü")
        response.set_cookie("seen", "1", max_age=60)
        response.set_cookie("other", "2")
        return response

    replies = [call("initiate", eventTime=TIME) for _ in range(3)]
    assert content(replies[0]) == content(replies[1]) == content(replies[2])
    assert len(replies[2].headers.getlist("Set-Cookie")) == 2
    assert counted.runs == {"responder": 1}


def test_a_reply_without_content(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A 204 has no Content-Type, and its repeat does not get one."""

    @phone.respond(ConferenceMemberJoinCallback)
    def respond(event: ConferenceMemberJoinCallback) -> None:
        counted.run("responder")

    replies = [call("conferenceMemberJoin", eventTime=TIME) for _ in range(2)]
    assert content(replies[0]) == content(replies[1])
    assert replies[1].status_code == 204
    assert "Content-Type" not in replies[1].headers
    assert counted.runs == {"responder": 1}


@pytest.mark.parametrize("passes_through", [False, True])
def test_a_stream(phone: CallbackBlueprint, call: Call, counted: Counted, passes_through: bool) -> None:
    """The text of a stream is sent again, although a stream can be read only once."""

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> flask.Response:
        number = counted.run("responder")
        chunks = (chunk for chunk in (b"<Response><!--", b"%d" % number, b"--></Response>"))
        return flask.Response(chunks, mimetype="application/xml", direct_passthrough=passes_through)

    replies = [call("initiate", eventTime=TIME).data for _ in range(2)]
    assert replies == [b"<Response><!--0--></Response>"] * 2
    assert counted.runs == {"responder": 1}


def test_a_stream_that_fails(app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """An exception in the middle of a stream is that of a responder, so that half a reply is not sent."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    phone.on(InitiateCallback)(counted.subscriber())

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> flask.Response:
        def chunks() -> Iterator[bytes]:
            yield b"<Response>"
            raise LookupError("no more")

        counted.run("responder")
        return flask.Response(chunks(), mimetype="application/xml")

    assert [call("initiate", eventTime=TIME).status_code for _ in range(2)] == [500, 500]
    assert counted.runs == {"responder": 2, "subscriber": 1}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_client_error(phone: CallbackBlueprint, call: Call, counted: Counted, status: int) -> None:
    """A responder that aborts with a 4xx is not run again."""

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> None:
        counted.run("responder")
        abort(status)

    phone.on(InitiateCallback)(counted.subscriber())
    replies = [call("initiate", eventTime=TIME) for _ in range(2)]
    assert content(replies[0]) == content(replies[1])
    assert replies[0].status_code == status
    assert counted.runs == {"responder": 1, "subscriber": 1}


@pytest.mark.parametrize("of", ["the blueprint", "the application"])
def test_the_reply_of_an_error_handler(
    app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted, of: str
) -> None:
    """The reply of an error handler is sent again, and neither it nor the responder is run again."""

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> None:
        counted.run("responder")
        raise LookupError("not there")

    phone.on(InitiateCallback)(counted.subscriber())
    if of == "the blueprint":
        phone.errorhandler(LookupError)(lambda error: SpeakSentence(f"Sorry {counted.run('errorhandler')}."))
    else:
        app.errorhandler(LookupError)(lambda error: f"Sorry {counted.run('errorhandler')}.")
    replies = [call("initiate", eventTime=TIME) for _ in range(2)]
    assert content(replies[0]) == content(replies[1])
    assert b"Sorry" in replies[0].data
    assert counted.runs == {"responder": 1, "subscriber": 1, "errorhandler": 1}


@pytest.mark.parametrize("propagates", [False, True])
def test_a_responder_that_failed(
    app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted, propagates: bool
) -> None:
    """A 5xx is not remembered: the responder runs again, and so does the fallback. Subscribers do not."""
    app.config["PROPAGATE_EXCEPTIONS"] = propagates
    works = False

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        counted.run("responder")
        if not works:
            raise LookupError("down")
        return SpeakSentence("Up again.")

    phone.respond(InitiateCallback, "/fallback")(counted.responder("fallback"))
    phone.on(InitiateCallback)(counted.subscriber())

    def fail() -> None:
        if propagates:
            with pytest.raises(LookupError):
                call("initiate", eventTime=TIME)
        else:
            assert call("initiate", eventTime=TIME).status_code == 500

    fail()
    fail()
    assert call("initiate", "/phone/fallback", eventTime=TIME).status_code == 200
    works = True
    assert call("initiate", eventTime=TIME).status_code == 200
    assert call("initiate", eventTime=TIME).status_code == 200
    assert counted.runs == {"responder": 3, "fallback": 1, "subscriber": 1}


def test_a_server_error_that_was_returned(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A responder that returns a 503 is run again, too."""

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> flask.Response:
        return flask.Response(f"{counted.run('responder')}", status=503)

    assert [call("initiate", eventTime=TIME).data for _ in range(2)] == [b"0", b"1"]


def test_a_subscriber_that_failed(
    phone: CallbackBlueprint, call: Call, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    """A subscriber that raised is not notified again: the callback got its 2xx."""

    @phone.on(DtmfCallback)
    def fail(event: DtmfCallback) -> None:
        counted.run("subscriber")
        raise LookupError("mine")

    assert [call("dtmf", eventTime=TIME).status_code for _ in range(2)] == [204, 204]
    assert counted.runs == {"subscriber": 1}
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_the_end_of_the_worker(
    phone: CallbackBlueprint, call: Call, counted: Counted, error: type[BaseException]
) -> None:
    """A responder or a subscriber that ends the worker leaves nothing behind that a repeat would wait for."""
    ends = True

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        counted.run("responder")
        if ends:
            raise error
        return SpeakSentence("Hello.")

    @phone.on(DtmfCallback)
    def subscribe(event: DtmfCallback) -> None:
        counted.run("subscriber")
        if ends:
            raise KeyboardInterrupt

    with pytest.raises(error):
        call("initiate", eventTime=TIME)
    with pytest.raises(KeyboardInterrupt):
        call("dtmf", eventTime=TIME)
    ends = False
    assert call("initiate", eventTime=TIME).status_code == 200
    assert call("dtmf", eventTime=TIME).status_code == 204
    assert counted.runs == {"responder": 2, "subscriber": 2}


def test_no_responder(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """An answered event that no responder takes is rejected each time, and subscribers are notified once."""
    phone.on(InitiateCallback)(counted.subscriber())
    assert [call("initiate", eventTime=TIME).status_code for _ in range(2)] == [404, 404]
    assert counted.runs == {"subscriber": 1}


def test_coroutine_functions(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """Handlers that are coroutine functions run once, too."""

    @phone.respond(InitiateCallback)
    async def respond(event: InitiateCallback) -> SpeakSentence:
        return SpeakSentence(f"{counted.run('responder')}")

    @phone.on(InitiateCallback)
    async def subscribe(event: InitiateCallback) -> None:
        counted.run("subscriber")

    replies = [call("initiate", eventTime=TIME) for _ in range(2)]
    assert content(replies[0]) == content(replies[1])
    assert counted.runs == {"responder": 1, "subscriber": 1}


# -- Two at once ---------------------------------------------------------------------------------------------


def both(send: Callable[[], Any], started: threading.Event, go_on: threading.Event) -> list[Any]:
    """Send a callback, send it again while the first is being handled, and return both results."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send)
        assert started.wait(10)
        second = pool.submit(send)
        time.sleep(0.1)
        assert not second.done()
        go_on.set()
        return [first.result(10), second.result(10)]


@every_store
@pytest.mark.parametrize("handled_by", ["responder", "errorhandler"])
def test_a_repeat_waits_for_the_reply(
    phone: CallbackBlueprint, call: Call, counted: Counted, handled_by: str
) -> None:
    """A repeat that arrives while the first is being answered gets its reply, that of an errorhandler too."""
    started, go_on = threading.Event(), threading.Event()

    def handle(event: object) -> SpeakSentence:
        counted.run("handler")
        started.set()
        assert go_on.wait(10)
        return SpeakSentence("Hello.")

    if handled_by == "responder":
        phone.respond(InitiateCallback)(handle)
    else:

        @phone.respond(InitiateCallback)
        def fail(event: InitiateCallback) -> None:
            raise LookupError("not there")

        phone.errorhandler(LookupError)(handle)
    call("disconnect")  # registers the blueprint
    first, second = both(lambda: call("initiate", eventTime=TIME), started, go_on)
    assert content(first) == content(second)
    assert counted.runs == {"handler": 1}


@every_store
def test_a_repeat_waits_for_the_subscribers(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A repeat of a notification gets its 204 when the subscribers have been notified."""
    started, go_on = threading.Event(), threading.Event()

    @phone.on(DtmfCallback)
    def subscribe(event: DtmfCallback) -> None:
        counted.run("subscriber")
        started.set()
        assert go_on.wait(10)

    call("disconnect")
    replies = both(lambda: call("dtmf", eventTime=TIME), started, go_on)
    assert [reply.status_code for reply in replies] == [204, 204]
    assert counted.runs == {"subscriber": 1}


def test_the_fallback_does_not_wait(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A callback at its fallback URL is answered while the responder to the first still hangs."""
    started, go_on = threading.Event(), threading.Event()

    @phone.respond(InitiateCallback)
    def hang(event: InitiateCallback) -> SpeakSentence:
        started.set()
        assert go_on.wait(10)
        return SpeakSentence("At last.")

    phone.respond(InitiateCallback, "/fallback")(counted.responder("fallback"))
    phone.on(InitiateCallback)(counted.subscriber())
    call("disconnect")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: call("initiate", eventTime=TIME))
        assert started.wait(10)
        assert b"fallback" in call("initiate", "/phone/fallback", eventTime=TIME).data
        go_on.set()
        assert b"At last." in first.result(10).data
    assert counted.runs == {"fallback": 1, "subscriber": 1}


def test_waiting_has_an_end(
    phone: CallbackBlueprint, call: Call, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat that waited too long gets 503: neither is a handler run twice, nor Bandwidth kept waiting."""
    from flask_bandwidth_callbacks.store import repeats

    monkeypatch.setattr(repeats, "_PATIENCE", 0.05)
    started, go_on = threading.Event(), threading.Event()

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        counted.run("responder")
        started.set()
        assert go_on.wait(10)
        return SpeakSentence("Hello.")

    phone.on(InitiateCallback)(counted.subscriber())
    call("disconnect")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: call("initiate", eventTime=TIME))
        assert started.wait(10)
        second = call("initiate", eventTime=TIME)
        go_on.set()
        assert first.result(10).status_code == 200
    assert second.status_code == 503
    assert second.get_json()["detail"] == "The same callback is still being handled."
    assert counted.runs == {"responder": 1, "subscriber": 1}


# -- Opting out ----------------------------------------------------------------------------------------------


def test_handlers_that_want_repeats(
    phone: CallbackBlueprint, call: Call, counted: Counted, repeated: list[Callback]
) -> None:
    """Handlers with repeats=True run each time; the others beside them run once."""
    phone.respond(InitiateCallback, repeats=True)(counted.responder())
    phone.on(InitiateCallback, repeats=True)(counted.subscriber("each time"))
    phone.on(InitiateCallback)(counted.subscriber("once"))
    replies = [call("initiate", eventTime=TIME).data for _ in range(3)]
    assert len(set(replies)) == 3
    assert counted.runs == {"responder": 3, "each time": 3, "once": 1}
    assert len(repeated) == 2


def test_a_handler_that_wants_repeats_and_failed(
    phone: CallbackBlueprint, call: Call, counted: Counted
) -> None:
    """A responder with repeats=True runs each time, whatever it raises and whatever handles that."""

    @phone.respond(InitiateCallback, repeats=True)
    def respond(event: InitiateCallback) -> SpeakSentence:
        raise LookupError(f"down {counted.run('responder')}")

    phone.errorhandler(LookupError)(lambda error: SpeakSentence(f"Sorry, {error}."))
    replies = [call("initiate", eventTime=TIME).data for _ in range(2)]
    assert [f"down {number}".encode() in reply for number, reply in enumerate(replies)] == [True, True]
    assert counted.runs == {"responder": 2}


def test_repeats_off(
    app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted, repeated: list[Callback]
) -> None:
    """With BANDWIDTH_CALLBACKS_REPEATS = False every callback is handled each time that it comes."""
    app.config["BANDWIDTH_CALLBACKS_REPEATS"] = False
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    replies = [call("initiate", eventTime=TIME).data for _ in range(2)]
    assert len(set(replies)) == 2
    assert counted.runs == {"responder": 2, "subscriber": 2}
    assert repeated == []


# -- Credentials, signals and the log ------------------------------------------------------------------------


def test_credentials_are_checked_each_time(phone: CallbackBlueprint, call: Call, counted: Counted) -> None:
    """A repeat without the right credentials is challenged: a remembered reply may hold a password."""
    phone.respond(InitiateCallback)(counted.responder())
    assert call("initiate", eventTime=TIME).status_code == 200
    for auth in (None, ("bandwidth", "wrong")):
        reply = call("initiate", eventTime=TIME, auth=auth)
        assert reply.status_code == 401
        assert b"responder" not in reply.data


def test_signals_and_the_log(
    app: Flask, phone: CallbackBlueprint, call: Call, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    """Every request is received and answered; a repeat is one signal and one line of the log besides."""
    phone.respond(InitiateCallback)(counted.responder())
    phone.on(InitiateCallback)(counted.subscriber())
    sent: list[str] = []

    def receiver(name: str) -> Callable[..., None]:
        return lambda sender, **arguments: sent.append(name)

    names = ("callback_received", "callback_answered", "callback_repeated", "callback_rejected")
    receivers = {name: receiver(name) for name in names}
    for name in names:
        getattr(signals, name).connect(receivers[name], app)
    call("initiate", eventTime=TIME)
    assert sent == ["callback_received", "callback_answered"]
    assert caplog.records == []
    call("initiate", eventTime=TIME)
    assert sent[2:] == ["callback_received", "callback_repeated", "callback_answered"]
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "Repeat of 'initiate'.")
    assert record.__dict__["call_id"] == "c-1"
