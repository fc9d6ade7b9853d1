"""Work after the reply, in threads: what runs when, what is tried again, and what a bounded pool does."""

from __future__ import annotations

import functools
import gc
import json
import logging
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, g, got_request_exception, has_request_context
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    ANYONE,
    Callback,
    CallbackBlueprint,
    ConferenceMemberJoinCallback,
    ConfigurationError,
    DisconnectCallback,
    DtmfCallback,
    InitiateCallback,
    SubscriptionError,
    signals,
)
from flask_bandwidth_callbacks.background import FAILED, Entry, Journal, Pool, Threads, threads
from flask_bandwidth_callbacks.bxml import Hangup
from flask_bandwidth_callbacks.jobs import Job
from flask_bandwidth_callbacks.registrations import registrations
from tests.background.conftest import Wait
from tests.background.outages import FailingStore

Call = Callable[..., TestResponse]
TIME = "2026-03-04T16:20:15.258Z"


def pool_of(app: Flask) -> Pool:
    """Return the pool of the only registration."""
    pool = registrations(app)["phone"].jobs
    assert isinstance(pool, Pool)
    return pool


def leave(journal: Journal, handler: str, call_id: str = "c-1", registration: str = "phone") -> Entry:
    """Write a job that no process is doing, as one leaves it that has died."""
    payload = {"eventType": "disconnect", "callId": call_id}
    entry = Journal(journal.store, registration).new_entry(Job(handler, call_id, payload, None))
    journal.write(entry)
    journal.give_back(entry)
    return entry


# -- Names ---------------------------------------------------------------------------------------------------


def test_two_handlers_of_one_name(phone: CallbackBlueprint) -> None:
    """Another process could not tell handlers of one name apart, so the second is an error, with a remedy."""

    def made() -> Callable[[DisconnectCallback], None]:
        def keep(event: DisconnectCallback) -> None:
            raise AssertionError

        return phone.on(DisconnectCallback, background=True)(keep)

    made()
    with pytest.raises(SubscriptionError, match=r"must have a name of its own.*keep.*Rename one of them\."):
        made()


def test_a_handler_of_two_events(phone: CallbackBlueprint, call: Call) -> None:
    """One function may be the handler of several events in the background, also with arguments filled in."""
    heard: list[tuple[str, str | None]] = []

    def keep(where: str, event: Callback) -> None:
        heard.append((where, event.event_type))

    handler = functools.partial(keep, "archive")
    phone.on(DtmfCallback, background=True)(handler)
    phone.on(DisconnectCallback, background=True)(handler)
    call("dtmf", digit="1")
    call("disconnect")
    assert phone.wait_for_background()
    assert sorted(heard) == [("archive", "disconnect"), ("archive", "dtmf")]


# -- After the reply -----------------------------------------------------------------------------------------


def test_the_reply_does_not_wait(phone: CallbackBlueprint, call: Call, gate: threading.Event) -> None:
    """The reply is there while the handler is still working, and ordinary subscribers have run by then."""
    order = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        assert gate.wait(10)
        order.append("background")

    @phone.on(DisconnectCallback)
    def hear(event: DisconnectCallback) -> None:
        order.append("subscriber")

    with call("disconnect") as response:
        assert response.status_code == 204
    assert not phone.wait_for_background(0.05)
    assert order == ["subscriber"]
    gate.set()
    assert phone.wait_for_background()
    assert order == ["subscriber", "background"]


def test_work_begins_when_the_reply_is_closed(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """The handler does not run before the server has closed the reply, and waiting counts as closing."""
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    response = call("disconnect", callId="c-1")
    call("disconnect", callId="c-2")
    pool_of(app).look()
    time.sleep(0.05)
    assert runs == []
    response.close()
    response.close()
    assert phone.wait_for_background()
    assert sorted(runs) == ["c-1", "c-2"]


def test_the_event_is_the_one_that_was_received(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """In the background the event equals the received one, with what was unknown or could not be read."""
    received: list[Callback] = []
    kept: list[Callback] = []

    @phone.on((DisconnectCallback, ConferenceMemberJoinCallback), background=True)
    def keep(event: Callback) -> None:
        assert not has_request_context()
        assert not hasattr(g, "mark")
        kept.append(event)

    @phone.on((DisconnectCallback, ConferenceMemberJoinCallback))
    def hear(event: Callback) -> None:
        received.append(event)

    g.mark = True
    call("disconnect", eventTime=TIME, startTime="never", cause="hangup", extra={"__type__": ["ü\ud800"]})
    call("conferenceMemberJoin", eventTime=TIME, callId="c-9")
    assert phone.wait_for_background()
    kept.sort(key=lambda event: str(event.event_type), reverse=True)
    for before, after in zip(received, kept, strict=True):
        assert type(after) is type(before)
        assert after == before
        assert after.raw == before.raw
        assert after.errors == before.errors
        assert after.repeat_key == before.repeat_key
    assert list(kept[0].errors) == ["startTime"]
    assert (kept[1].repeat_key or "").startswith("conf-1/")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)
KEYS = st.text() | st.sampled_from(["startTime", "eventTime", "cause", "tag", "from", "__type__"])


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_any_event_is_the_one_that_was_received(properties: dict[str, Any]) -> None:
    """Whatever a payload holds, the event in the background equals the received one."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    received: list[Callback] = []
    kept: list[Callback] = []
    phone.on(DisconnectCallback)(lambda event: received.append(event))
    phone.on(DisconnectCallback, background=True)(lambda event: kept.append(event))
    app = Flask("host")
    app.register_blueprint(phone)
    payload = {**properties, "eventType": "disconnect", "callId": "c-1"}
    app.test_client().post("/", data=json.dumps(payload), content_type="application/json").close()
    assert phone.wait_for_background()
    assert kept == received
    assert kept[0].raw == payload
    assert kept[0].errors == received[0].errors
    assert kept[0].repeat_key == received[0].repeat_key


def test_coroutine_functions(phone: CallbackBlueprint, call: Call) -> None:
    """An ``async def`` handler runs in the background, too."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    async def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    call("disconnect")
    assert phone.wait_for_background()
    assert runs == ["c-1"]


def test_matches_choose_handlers_before_the_reply(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """Only handlers whose matches fit get the event, and a predicate that raises stops no other."""
    runs = []

    def is_odd(digit: str) -> bool:
        return int(digit) % 2 == 1

    @phone.on(DtmfCallback, background=True, digit=is_odd)
    def keep_odd(event: DtmfCallback) -> None:
        runs.append(("odd", event.digit))

    @phone.on(DtmfCallback, background=True)
    def keep(event: DtmfCallback) -> None:
        runs.append(("any", event.digit))

    for digit in "12*":
        call("dtmf", digit=digit)
    assert phone.wait_for_background()
    assert sorted(runs) == [("any", "*"), ("any", "1"), ("any", "2"), ("odd", "1")]
    assert "keep_odd" in caplog.text


def test_an_interruption_passes(phone: CallbackBlueprint, call: Call) -> None:
    """Ctrl-C in a predicate ends the program, and is not the failure of a handler."""

    def interrupt(digit: str) -> bool:
        raise KeyboardInterrupt

    @phone.on(DtmfCallback, background=True, digit=interrupt)
    def keep(event: DtmfCallback) -> None: ...

    with pytest.raises(KeyboardInterrupt):
        call("dtmf", digit="1")


def test_work_on_a_call_whose_responder_failed(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """The work is done although the responder raised, with or without a reply to close."""
    runs = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Hangup:
        raise ValueError("out of words")

    @phone.on(InitiateCallback, background=True)
    def keep(event: InitiateCallback) -> None:
        runs.append(event.call_id)

    with pytest.raises(ValueError, match="out of words"):
        call("initiate", callId="c-1")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with call("initiate", callId="c-2") as response:
        assert response.status_code == 500
    assert phone.wait_for_background()
    assert sorted(runs) == ["c-1", "c-2"]


def test_a_reply_that_the_application_replaces(
    app: Flask, phone: CallbackBlueprint, call: Call, wait_until: Wait
) -> None:
    """Work begins when the reply is closed that is sent, whoever made it."""
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    @app.after_request
    def replace(response: Response) -> Response:
        return Response(status=202)

    call("disconnect").close()
    wait_until(lambda: runs == ["c-1"])


def test_a_reply_that_is_never_closed(
    phone: CallbackBlueprint, call: Call, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work begins after a while although a faulty server never closes the reply."""
    monkeypatch.setattr(threads, "_PATIENCE", 0.01)
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    call("disconnect")
    wait_until(lambda: runs == ["c-1"])


def test_each_registration_has_work_of_its_own() -> None:
    """A blueprint that is registered twice waits for the work of both."""
    runs = []
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        time.sleep(0.02)
        runs.append(event.call_id)

    app = Flask("host")
    app.register_blueprint(phone, url_prefix="/a")
    app.register_blueprint(phone, url_prefix="/b", name="other")
    for url in ("/a/", "/b/"):
        app.test_client().post(url, json={"eventType": "disconnect", "callId": url})
    assert phone.wait_for_background()
    assert sorted(runs) == ["/a/", "/b/"]


def test_waiting_within_work(phone: CallbackBlueprint, call: Call) -> None:
    """A handler that waits for the background does not wait for itself."""
    results = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        results.append(phone.wait_for_background())

    call("disconnect")
    assert phone.wait_for_background(5)
    assert results == [True]


def test_work_that_causes_work(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """Waiting ends when no work is left, also of callbacks that were sent by handlers."""
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)
        if event.call_id != "iii":
            payload = {"eventType": "disconnect", "callId": f"{event.call_id}i"}
            app.test_client().post("/phone/", json=payload, auth=("bandwidth", "s3cret"))

    call("disconnect", callId="i")
    assert phone.wait_for_background()
    assert runs == ["i", "ii", "iii"]


# -- Failures ------------------------------------------------------------------------------------------------


def test_a_handler_that_fails_is_called_again(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that fails is reported each time and called again, until it does its work."""
    failures: list[BaseException] = []
    reported: list[BaseException] = []
    tries = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        tries.append(event.call_id)
        if len(tries) < 3:
            raise ValueError(f"try {len(tries)}")

    def hear(sender: Flask, exception: BaseException, **_: Any) -> None:
        failures.append(exception)

    def hear_report(sender: Flask, exception: BaseException, **_: Any) -> None:
        reported.append(exception)

    with signals.handler_failed.connected_to(hear), got_request_exception.connected_to(hear_report):
        call("disconnect")
        assert phone.wait_for_background()
    assert tries == ["c-1"] * 3
    assert [str(failure) for failure in failures] == ["try 1", "try 2"]
    assert reported == failures
    assert "keep is called again in 0 s." in caplog.text
    assert pool_of(app).journal.waiting() == []


@pytest.mark.parametrize("failure", [ValueError("no disk"), SystemExit(3), KeyboardInterrupt()])
def test_a_handler_that_always_fails(
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    failure: BaseException,
) -> None:
    """After its last try the work is kept as failed, with the handler, the event, the time and the error."""
    tries = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        tries.append(event)
        raise failure

    began = time.time()
    call("disconnect")
    assert phone.wait_for_background()
    assert len(tries) == 4
    journal = pool_of(app).journal
    (entry,) = journal.failed()
    assert journal.waiting() == []
    assert entry.job.handler.endswith("keep")
    assert entry.job.payload == {"eventType": "disconnect", "callId": "c-1"}
    assert entry.job.subject == "c-1"
    assert began <= entry.since <= time.time()
    assert entry.error.startswith(type(failure).__name__)
    assert entry.failures == 4
    assert f"Job {entry.id} is kept as failed" in caplog.text


def test_retries_have_their_times(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """By default a handler that fails is called again after 1, 10 and 60 seconds, not earlier."""
    assert threads.RETRIES == (1, 10, 60)
    patient = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    tries = []

    @patient.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise ValueError

    app.register_blueprint(patient, url_prefix="/phone")
    app.test_client().post("/phone/", json={"eventType": "disconnect", "callId": "c-1"})
    assert patient.wait_for_background()
    assert len(tries) == 1
    deadline = time.monotonic() + 10
    while len(tries) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert 1 <= tries[1] - tries[0] < 5


def test_errors_hide_passwords(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """The error that is kept is one short line without passwords."""

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        raise ValueError("no\nroute to https://me:secret@example.com/" + "x" * 1000)

    call("disconnect")
    assert phone.wait_for_background()
    (entry,) = pool_of(app).journal.failed()
    assert entry.error.startswith("ValueError: no route to https://***@example.com/x")
    assert len(entry.error) < 400


# -- The bounds of a pool ------------------------------------------------------------------------------------


def test_a_full_pool_in_memory(
    app: Flask, call: Call, gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """Beyond its bound, a pool in memory has notifications sent again, and loses the work of calls."""
    phone = CallbackBlueprint(
        "phone", __name__, credentials=[("bandwidth", "s3cret")], background=Threads(1, waiting=2)
    )
    runs = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Hangup:
        return Hangup()

    @phone.on((InitiateCallback, DisconnectCallback), background=True)
    def keep(event: InitiateCallback | DisconnectCallback) -> None:
        assert gate.wait(10)
        runs.append(event.call_id)

    app.register_blueprint(phone, url_prefix="/phone")
    statuses = [call("disconnect", callId=f"c-{number}").status_code for number in range(3)]
    assert statuses == [204, 204, 503]
    assert call("initiate", callId="c-4").status_code == 200
    assert "The work on 'initiate' is lost: 2 jobs are waiting already." in caplog.text
    gate.set()
    assert phone.wait_for_background()
    assert sorted(runs) == ["c-0", "c-1"]
    assert call("disconnect", callId="c-2").status_code == 204


def test_a_full_pool_with_a_durable_store(
    app: Flask, store: FailingStore, call: Call, gate: threading.Event
) -> None:
    """Beyond its bound, a pool leaves work in a durable store, and does it when it is idle."""
    phone = CallbackBlueprint(
        "phone", __name__, credentials=[("bandwidth", "s3cret")], background=Threads(1, waiting=2)
    )
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        assert gate.wait(60)
        runs.append(event.call_id)

    app.register_blueprint(phone, url_prefix="/phone")
    for number in range(5):
        call("disconnect", callId=f"c-{number}").close()
    journal = Journal(store, "phone")
    assert len(journal.due(10)) == 3
    gate.set()
    assert phone.wait_for_background(60)
    assert sorted(runs) == [f"c-{number}" for number in range(5)]
    assert journal.waiting() == []


def test_waiting_includes_what_threads_take_meanwhile(
    app: Flask, store: FailingStore, call: Call, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting does not end while a job is being done that a thread took before it was looked for."""
    phone = CallbackBlueprint(
        "phone", __name__, credentials=[("bandwidth", "s3cret")], background=Threads(1, waiting=1)
    )
    done = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        assert gate.wait(60)
        time.sleep(0.2)
        done.append(event.call_id)

    app.register_blueprint(phone, url_prefix="/phone")
    for number in range(3):
        call("disconnect", callId=f"c-{number}").close()
    look = Pool.look

    def look_late(pool: Pool) -> int:
        time.sleep(0.1 if threading.current_thread() is threading.main_thread() else 0.02)
        return look(pool)

    monkeypatch.setattr(Pool, "look", look_late)
    gate.set()
    assert phone.wait_for_background(60)
    assert sorted(done) == ["c-0", "c-1", "c-2"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"threads": 0}, "threads must be a number of 1 or more, got 0."),
        ({"threads": "4"}, "threads must be a number of 1 or more, got '4'."),
        ({"waiting": -1}, "waiting must be a number of 1 or more, got -1."),
        ({"retries": [1, -1]}, r"retries must be numbers of seconds from 0, got \[1, -1\]."),
        ({"retries": [float("inf")]}, r"retries must be numbers of seconds from 0, got \[inf\]."),
        ({"retries": ["1"]}, r"retries must be numbers of seconds from 0, got \['1'\]."),
    ],
)
def test_wrong_numbers(arguments: dict[str, Any], rule: str) -> None:
    """Numbers that a pool cannot have are errors that name the rule."""
    with pytest.raises(ConfigurationError, match=f"^{rule}$"):
        Threads(**arguments)


@pytest.mark.parametrize("wrong", ["threads", Threads])
def test_what_is_not_a_background(wrong: Any) -> None:
    """A blueprint takes an object that runs work; anything else is an error, and so is a class."""
    with pytest.raises(ConfigurationError, match=r"background must be an object such as .* Leave it out"):
        CallbackBlueprint("phone", __name__, credentials=ANYONE, background=wrong)


def test_a_background_of_a_subscriber(phone: CallbackBlueprint) -> None:
    """A subscriber says only whether it works in the background; where that is, the blueprint says."""
    wrong: Any = Threads()
    with pytest.raises(SubscriptionError, match=r"background must be True or False, got .* Give CallbackBlu"):
        phone.on(DisconnectCallback, background=wrong)


def test_a_pool_without_a_store(app: Flask) -> None:
    """A pool without a store for its jobs is an error with its remedy."""
    with pytest.raises(ConfigurationError, match="Install the whole package"):
        Threads().open(app, "phone", lambda job: None, None)


# -- The journal ---------------------------------------------------------------------------------------------


def test_a_store_that_is_down(
    phone: CallbackBlueprint, store: FailingStore, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """If work cannot be written, a notification is to be sent again; a call goes on, and the work is done."""
    runs = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Hangup:
        return Hangup()

    @phone.on((InitiateCallback, DisconnectCallback), background=True)
    def keep(event: InitiateCallback | DisconnectCallback) -> None:
        runs.append(event.call_id)

    store.failing = {"add"}
    response = call("disconnect", callId="c-1")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["detail"] == "The work on this callback could not be written down."
    assert "is left to Bandwidth's next attempt: The store must be up, got an outage." in caplog.text
    assert call("initiate", callId="c-2").status_code == 200
    assert phone.wait_for_background()
    assert "is lost if this process ends before it is done: The store must be up" in caplog.text
    assert runs == ["c-2"]
    store.failing = set()
    assert call("disconnect", callId="c-1").status_code == 204
    assert phone.wait_for_background()
    assert runs == ["c-2", "c-1"]


def test_unwritten_work_that_fails(phone: CallbackBlueprint, store: FailingStore, call: Call) -> None:
    """Work that could not be written is tried again, too, and written as soon as the store is back."""
    tries = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Hangup:
        return Hangup()

    @phone.on(InitiateCallback, background=True)
    def keep(event: InitiateCallback) -> None:
        tries.append(event.call_id)
        raise ValueError

    store.failing = {"add"}
    call("initiate")
    assert phone.wait_for_background()
    assert tries == ["c-1"]
    store.failing = set()
    assert phone.wait_for_background()
    assert tries == ["c-1"] * 4
    (failed,) = Journal(store, "phone").failed()
    assert failed.failures == 4


def test_an_outage_between_two_jobs(
    phone: CallbackBlueprint, store: FailingStore, journal: Journal, call: Call
) -> None:
    """If only some of a notification's work could be written, none of it stays: it is sent again."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append("keep")

    @phone.on(DisconnectCallback, background=True)
    def bill(event: DisconnectCallback) -> None:
        runs.append("bill")

    store.failing = {"add", "delete"}
    store.successes = {"add": 1}
    assert call("disconnect").status_code == 503
    assert len(journal.waiting()) == 1
    store.failing = set()
    assert phone.wait_for_background()
    assert journal.waiting() == []
    assert call("disconnect").status_code == 204
    assert phone.wait_for_background()
    assert sorted(runs) == ["bill", "keep"]


@pytest.mark.parametrize("operation", ["delete", "due"])
def test_an_outage_after_the_work(
    phone: CallbackBlueprint,
    store: FailingStore,
    journal: Journal,
    call: Call,
    operation: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Work that was done during an outage is not done again afterwards, and the outage is logged once."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    store.failing = {operation}
    for number in range(3):
        call("disconnect", callId=f"c-{number}").close()
    assert phone.wait_for_background()
    assert sorted(runs) == ["c-0", "c-1", "c-2"]
    assert caplog.text.count("The journal of jobs is tried again each second") == 1
    store.failing = set()
    assert phone.wait_for_background()
    assert journal.waiting() == []
    assert len(runs) == 3


def test_the_search_for_work_goes_on(
    phone: CallbackBlueprint,
    store: FailingStore,
    journal: Journal,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An unexpected error while looking for work is logged, and the next look finds it."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    call("disconnect")
    leave(journal, f"{keep.__module__}.{keep.__qualname__}", "c-2")
    with monkeypatch.context() as patch:
        patch.setattr(store, "due", lambda kind, count: 1 / 0)
        assert phone.wait_for_background()
    assert "Looking for jobs failed." in caplog.text
    assert phone.wait_for_background()
    assert runs == ["c-1", "c-2"]


def test_work_that_another_process_left(
    app: Flask,
    phone: CallbackBlueprint,
    store: FailingStore,
    journal: Journal,
    call: Call,
    wait_until: Wait,
) -> None:
    """What another process left is done from the first request on, whatever that is, and not before."""
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    app.register_blueprint(phone, url_prefix="/phone")
    for number in range(9):  # more than there are threads
        leave(journal, f"{keep.__module__}.{keep.__qualname__}", f"c-{number}")
    time.sleep(0.05)
    assert runs == []
    app.test_client().get("/favicon.ico")
    wait_until(lambda: len(runs) == 9 and not journal.waiting())
    assert sorted(runs) == [f"c-{number}" for number in range(9)]


def test_work_of_a_handler_that_is_gone(
    phone: CallbackBlueprint, store: FailingStore, journal: Journal, call: Call
) -> None:
    """A job of a subscriber that the application no longer has is kept as failed at once."""

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None: ...

    entry = leave(journal, "calls.old_keep")
    call("disconnect")
    assert phone.wait_for_background()
    (failed,) = journal.failed()
    assert failed.id == entry.id
    assert failed.failures == 1
    assert "'calls.old_keep', which this application does not have. Bring it back" in failed.error


def test_work_of_other_blueprints_stays(
    phone: CallbackBlueprint, store: FailingStore, journal: Journal, call: Call
) -> None:
    """Work of blueprints that this application does not have is left alone, however much there is."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    call("disconnect", callId="c-0")
    strange = [leave(journal, "calls.keep", registration="other").id for _ in range(9)]
    leave(journal, f"{keep.__module__}.{keep.__qualname__}", "c-1")
    for _ in range(3):
        assert phone.wait_for_background()
    assert runs == ["c-0", "c-1"]
    assert sorted(entry.id for entry in journal.waiting()) == sorted(strange)


def test_work_that_ends_processes(
    phone: CallbackBlueprint, store: FailingStore, journal: Journal, call: Call
) -> None:
    """A job during which ten processes have died is kept as failed, and ends no more of them."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    call("dtmf")
    left = leave(journal, f"{keep.__module__}.{keep.__qualname__}", "c-1")
    for _ in range(10):
        entry = Journal(store, "phone").take(left.name)
        assert entry is not None
        journal.give_back(entry)  # the lease of a process that died is over
    assert phone.wait_for_background()
    assert runs == []
    assert [entry.error for entry in journal.failed()] == ["10 processes ended while they worked on it."]


@pytest.mark.parametrize("fails", [False, True])
def test_work_that_was_taken_over(
    phone: CallbackBlueprint,
    store: FailingStore,
    journal: Journal,
    call: Call,
    gate: threading.Event,
    wait_until: Wait,
    caplog: pytest.LogCaptureFixture,
    fails: bool,
) -> None:
    """A process that stood still for too long changes nothing about work that another has taken over."""
    started = threading.Event()

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        started.set()
        assert gate.wait(10)
        if fails:
            raise ValueError

    call("disconnect").close()
    assert started.wait(10)
    (entry,) = journal.waiting()
    taken = store.add(entry.kind, entry.name, entry.to_bytes())  # as another process that leases it
    gate.set()
    assert phone.wait_for_background()
    assert ("has taken the job over" in caplog.text) is not fails
    assert store.write(taken, entry.to_bytes())
    assert journal.failed() == []


def test_work_that_was_taken_over_and_failed_for_good(
    app: Flask, phone: CallbackBlueprint, store: FailingStore, journal: Journal, call: Call
) -> None:
    """A last failure after another process has taken the work over does not make it a failed one."""

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        (entry,) = journal.waiting()
        store.add(entry.kind, entry.name, entry.to_bytes())
        raise ValueError

    app.register_blueprint(phone, url_prefix="/phone")
    entry = leave(journal, f"{keep.__module__}.{keep.__qualname__}")
    lease = store.lease(entry.kind, entry.name)
    assert lease is not None
    entry.failures = 3
    store.write(lease, entry.to_bytes())
    call("dtmf")
    assert phone.wait_for_background()
    assert journal.failed() == []
    assert len(journal.waiting()) == 1
    assert store.read(FAILED, entry.name) is None


def test_work_that_several_processes_want(store: FailingStore, journal: Journal) -> None:
    """Of processes that take the same work only one gets it, and work that is gone is not taken."""
    entry = leave(journal, "calls.keep")
    first = journal.take(entry.name)
    assert first is not None
    assert journal.take(entry.name) is None
    journal.done(first)
    assert journal.take(entry.name) is None
    assert journal.waiting() == []


# -- Threads and processes -----------------------------------------------------------------------------------


def test_an_application_that_is_no_longer_used(wait_until: Wait) -> None:
    """The threads of an application end when nothing refers to it any more."""

    before = set(threading.enumerate())

    def make() -> weakref.ref[Flask]:
        phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

        @phone.on(DisconnectCallback, background=True)
        def keep(event: DisconnectCallback) -> None: ...

        app = Flask("host")
        app.register_blueprint(phone)
        app.test_client().post("/", json={"eventType": "disconnect", "callId": "c-1"})
        assert phone.wait_for_background()
        return weakref.ref(app)

    weak = make()

    def is_gone() -> bool:
        gc.collect()
        return weak() is None and not set(threading.enumerate()) - before

    wait_until(is_gone)


def test_a_process_without_threads(
    phone: CallbackBlueprint, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that cannot start threads answers all the same, and works when it can again."""
    runs = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        call("disconnect", callId="c-1").close()
    assert not phone.wait_for_background(0.01)
    call("disconnect", callId="c-2").close()
    assert phone.wait_for_background()
    assert runs == ["c-1", "c-2"]


ENDS = """
import threading, time
from flask import Flask
from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, DisconnectCallback

phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
is_ending = threading.Event()

@phone.on(DisconnectCallback, background=True)
def keep(event):
    if event.call_id == "c-1":
        threading.main_thread().join(0.5)  # Python waits for this before it ends the main thread
        is_ending.set()
        time.sleep(0.5)
    print(event.call_id)

app = Flask("host")
app.register_blueprint(phone)
is_answered = threading.Event()

def serve():
    first, second = [
        app.test_client().post("/", json={"eventType": "disconnect", "callId": call_id})
        for call_id in ("c-1", "c-2")
    ]
    first.close()
    is_answered.set()
    is_ending.wait()
    second.close()

threading.Thread(target=serve, daemon=True).start()
is_answered.wait()
"""


def test_a_reply_that_is_closed_while_the_process_ends() -> None:
    """Work is done whose reply a server's daemon thread sends when the pool takes no more work."""
    command = [sys.executable, "-c", ENDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["c-1", "c-2"]


@pytest.mark.parametrize("has_a_thread", [True, False])
def test_no_more_threads_at_the_end(
    has_a_thread: bool,
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Work for which a process had no more threads is done once before it ends."""
    runs = []
    is_busy = threading.Event()
    start = threading.Thread.start

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)
        if event.call_id == "busy":
            is_busy.set()
            gate.wait()

    def fail(thread: threading.Thread) -> None:
        if thread.name.startswith("bandwidth-callbacks-job_"):
            raise RuntimeError("can't start new thread")
        start(thread)

    if has_a_thread:
        call("disconnect", callId="busy").close()
        assert is_busy.wait(5)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        call("disconnect", callId="c-1").close()
    assert "c-1" not in runs
    pool_of(app).main = threading.Thread()  # a thread that is not alive
    gate.set()
    assert phone.wait_for_background()
    assert runs == ["busy", "c-1"][not has_a_thread :]


def test_the_end_of_a_process(
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    wait_until: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A process that ends finishes what it has; what is to be tried again later is logged as lost."""
    runs = []
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)
        if event.call_id == "c-1":
            raise ValueError("no disk")

    app.register_blueprint(phone, url_prefix="/phone")
    call("disconnect", callId="c-1")
    assert phone.wait_for_background()
    responses = [call("disconnect", callId=f"c-{number}") for number in (2, 3)]
    responses[0].close()
    pool = pool_of(app)
    pool.main = threading.Thread()  # a thread that is not alive
    wait_until(lambda: "is lost" in caplog.text)
    responses[1].close()
    call("disconnect", callId="c-4").close()  # while the last requests are handled
    assert sorted(runs) == ["c-1", "c-2", "c-3", "c-4"]
    assert "keep is lost, because the process ends: ValueError: no disk" in caplog.text
    assert caplog.text.count("is lost") == 1


def test_the_end_of_a_process_with_a_durable_store(
    app: Flask,
    phone: CallbackBlueprint,
    store: FailingStore,
    journal: Journal,
    call: Call,
    wait_until: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is to be tried again later stays in a durable store for another process."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        raise ValueError("no disk")

    app.register_blueprint(phone, url_prefix="/phone")
    call("disconnect")
    pool = pool_of(app)
    pool.main = threading.Thread()  # a thread that is not alive
    wait_until(lambda: [entry.failures for entry in journal.waiting()] == [1])
    assert "is lost" not in caplog.text


def test_a_forked_process(
    app: Flask,
    phone: CallbackBlueprint,
    store: FailingStore,
    journal: Journal,
    call: Call,
    wait_until: Wait,
) -> None:
    """A process that was forked has threads of its own, and leaves alone what its parent has."""
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    call("disconnect", callId="c-1")  # the parent has not started it yet
    threads.begin_after_fork()
    leave(journal, f"{keep.__module__}.{keep.__qualname__}", "c-2")
    app.test_client().get("/favicon.ico")
    wait_until(lambda: runs == ["c-2"])
    assert phone.wait_for_background()
    assert [entry.job.subject for entry in journal.waiting()] == ["c-1"]


def test_the_log_names_the_event(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """Every line of the log about work carries the event's type and call id."""

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        raise ValueError

    with caplog.at_level(logging.WARNING, "flask_bandwidth_callbacks"):
        call("disconnect")
        assert phone.wait_for_background()
    records = [each for each in caplog.records if each.name == "flask_bandwidth_callbacks"]
    assert len(records) == 8
    assert {each.__dict__["call_id"] for each in records} == {"c-1"}
    assert {each.__dict__["event_type"] for each in records} == {"disconnect"}
