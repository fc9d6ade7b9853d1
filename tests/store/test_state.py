"""The state of a call, in callbacks and elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Blueprint, Flask
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    CallCallback,
    ConferenceCreatedCallback,
    ConferenceMemberJoinCallback,
    DisconnectCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    LinkError,
    RecordingAvailableCallback,
    StateLocked,
)
from flask_bandwidth_callbacks.bxml import SpeakSentence
from flask_bandwidth_callbacks.store import repeats
from flask_bandwidth_callbacks.store import state as state_module
from flask_bandwidth_callbacks.store.memory import MemoryStore
from flask_bandwidth_callbacks.stores import Lease, stores_of
from tests.conftest import CREDENTIALS
from tests.stopwatch import Stopwatch

Call = Callable[..., TestResponse]
TIME = "2026-03-04T16:20:15.258Z"

every_store = pytest.mark.parametrize("store_url", ["memory", "sqlite", "redis", "postgresql"], indirect=True)
only_in_memory = pytest.mark.parametrize("store_url", ["memory"], indirect=True)


@pytest.fixture
def registered(app: Flask, phone: CallbackBlueprint) -> CallbackBlueprint:
    """The blueprint, registered with the application."""
    app.register_blueprint(phone, url_prefix="/phone")
    return phone


def state_now(phone: CallbackBlueprint, call_id: str = "c-1") -> dict[str, Any]:
    """Return a copy of a call's state."""
    with phone.state(call_id) as state:
        return dict(state)


# -- What is kept --------------------------------------------------------------------------------------------


@every_store
def test_a_state_goes_from_callback_to_callback(phone: CallbackBlueprint, call: Call) -> None:
    """What one callback of a call puts into the state, the next finds; another call has its own."""

    @phone.respond((InitiateCallback, GatherCallback))
    def respond(event: InitiateCallback | GatherCallback) -> SpeakSentence:
        with phone.state(event) as state:
            state["tries"] = state.get("tries", 0) + 1
            return SpeakSentence(f"Try {state['tries']}.")

    @phone.on(DisconnectCallback)
    def bill(event: DisconnectCallback) -> None:
        with phone.state(event.call_id) as state:
            state["billed"] = True

    assert b"Try 1." in call("initiate").data
    assert b"Try 2." in call("gather").data
    assert b"Try 1." in call("gather", callId="c-2").data
    call("disconnect")
    assert state_now(phone) == {"tries": 2, "billed": True}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@only_in_memory
@given(value=st.dictionaries(st.text(), JSON, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_json_is_kept_as_it_is(registered: CallbackBlueprint, value: dict[str, Any]) -> None:
    """A state of any JSON values is the same when it is opened the next time."""
    with registered.state("c-1") as state:
        state.clear()
        state.update(value)
    assert state_now(registered) == value


def test_a_value_that_was_changed_in_place(registered: CallbackBlueprint) -> None:
    """A change inside of a list or a dict of the state is a change of the state."""
    with registered.state("c-1") as state:
        state["keys"] = {"pressed": ["1"]}
    with registered.state("c-1") as state:
        state["keys"]["pressed"].append("2")
    assert state_now(registered) == {"keys": {"pressed": ["1", "2"]}}


@every_store
def test_an_exception_stores_nothing(registered: CallbackBlueprint) -> None:
    """An exception inside the block passes through and leaves the state as it was; the lock is gone."""
    with registered.state("c-1") as state:
        state["tries"] = 1

    def fail() -> None:
        with registered.state("c-1") as state:
            state["tries"] = 2
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert state_now(registered) == {"tries": 1}


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (datetime(2026, 3, 4, tzinfo=UTC), "state['x'] must be a JSON value, got datetime.datetime(2026"),
        ({"y": [1, {"z": b"bytes"}]}, "state['x']['y'][1]['z'] must be a JSON value, got b'bytes'."),
        ({"y": {"a set"}}, "state['x']['y'] must be a JSON value, got {'a set'}."),
        ([float("nan")], "state['x'][0] must be a JSON value, got nan."),
        ({1: "one"}, "A key of state['x'] must be a string, got 1. Give '1'."),
    ],
)
def test_a_value_that_json_cannot_hold(registered: CallbackBlueprint, value: object, key: str) -> None:
    """A value that is not JSON raises an error that names its key, and nothing is stored."""
    with pytest.raises(TypeError) as raised, registered.state("c-1") as state:
        state["x"] = value
    assert str(raised.value).startswith(key)
    assert state_now(registered) == {}


def test_a_value_that_holds_itself(registered: CallbackBlueprint) -> None:
    """A list that holds itself is an error, not the end of the stack."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="holds itself"), registered.state("c-1") as state:
        state["x"] = endless


@pytest.mark.parametrize(
    "call",
    [
        "",
        None,
        7,
        ConferenceCreatedCallback(conference_id="conf-1"),
        InitiateCallback(),
    ],
)
def test_something_that_is_not_a_call(registered: CallbackBlueprint, call: Any) -> None:
    """What is neither an event of a call nor a call id is an error with its remedy."""
    with (
        pytest.raises(TypeError, match=r"must be given an event of a call, or a call id.* Give the event"),
        registered.state(call),
    ):
        raise AssertionError


def test_the_event_of_a_member_of_a_conference(registered: CallbackBlueprint) -> None:
    """A conference event about a member has the state of the member's call."""
    join = ConferenceMemberJoinCallback(conference_id="conf-1", call_id="c-1")
    with registered.state(join) as state:
        state["joined"] = True
    assert state_now(registered) == {"joined": True}


class CountingStore(MemoryStore):
    """A store that counts its writes."""

    writes = 0

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        self.writes += 1
        return super().write(lease, value, free_in=free_in)


@only_in_memory
def test_without_a_change_nothing_is_written(app: Flask, phone: CallbackBlueprint) -> None:
    """A block that only reads, or that sets what was there already, writes nothing."""
    app.config["BANDWIDTH_CALLBACKS_STORE"] = "memory://counting"
    stores_of(app)["memory://counting"] = store = CountingStore()
    app.register_blueprint(phone)
    assert state_now(phone) == {}
    with phone.state("c-1") as state:
        state["tries"] = [1]
    assert store.writes == 1
    with phone.state("c-1") as state:
        state["tries"] = [*state["tries"]]
    assert state_now(phone) == {"tries": [1]}
    assert store.writes == 1


# -- Where it can be opened ----------------------------------------------------------------------------------


def test_in_an_ordinary_view(app: Flask, registered: CallbackBlueprint) -> None:
    """A view of the application opens the state of a call by its id, to show or to change it."""

    @app.get("/calls/<call_id>")
    def show(call_id: str) -> dict[str, Any]:
        with registered.state(call_id) as state:
            state["shown"] = state.get("shown", 0) + 1
            return dict(state)

    assert [app.test_client().get("/calls/c-1").get_json() for _ in range(2)] == [{"shown": 1}, {"shown": 2}]


def test_outside_of_a_request() -> None:
    """Without an application context the blueprint's only application is used; with two it must be chosen."""
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    first, second = Flask("first"), Flask("second")

    def in_a_thread(work: Callable[[], Any]) -> Any:
        # A new thread has none of the contexts that pytest-flask opens around a test.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()

    def add() -> None:
        with phone.state("c-1") as state:
            state["tries"] = state.get("tries", 0) + 1

    with pytest.raises(LinkError, match="is registered with 0 applications"):
        in_a_thread(add)
    first.register_blueprint(phone)
    in_a_thread(add)
    second.register_blueprint(phone)
    with pytest.raises(LinkError, match=r"ambiguous. Use app.app_context\(\)"):
        in_a_thread(add)
    with first.app_context():
        assert state_now(phone) == {"tries": 1}
    with second.app_context():
        assert state_now(phone) == {}
    with Flask("third").app_context(), pytest.raises(LinkError, match=r"Call app\.register_blueprint"):
        add()


def test_nested_and_registered_twice(app: Flask, phone: CallbackBlueprint) -> None:
    """The registrations of a blueprint with one application have one state for a call."""
    parent = Blueprint("parent", __name__)
    parent.register_blueprint(phone, url_prefix="/phone")
    app.register_blueprint(parent, url_prefix="/parent")
    app.register_blueprint(phone, url_prefix="/again", name="again")
    with app.test_request_context("/again/"), phone.state("c-1") as state:
        state["tries"] = 1
    with app.test_request_context("/parent/phone/"):
        assert state_now(phone) == {"tries": 1}


def test_two_blueprints_with_stores(app: Flask, registered: CallbackBlueprint) -> None:
    """Blueprints with one store share the states of calls; one with a store of its own does not."""
    same = CallbackBlueprint("same", __name__, credentials=[CREDENTIALS])
    own = CallbackBlueprint("own", __name__, credentials=[CREDENTIALS], store="memory://")
    app.register_blueprint(same, url_prefix="/same")
    app.register_blueprint(own, url_prefix="/own")
    with registered.state("c-1") as state:
        state["tries"] = 1
    assert state_now(same) == {"tries": 1}
    is_shared = app.config["BANDWIDTH_CALLBACKS_STORE"] == "memory://"
    assert state_now(own) == ({"tries": 1} if is_shared else {})


def test_in_a_coroutine_function(phone: CallbackBlueprint, call: Call) -> None:
    """A handler that is a coroutine function opens a state like any other."""

    @phone.on(DtmfCallback)
    async def count(event: DtmfCallback) -> None:
        with phone.state(event) as state:
            state["keys"] = state.get("keys", "") + str(event.digit)

    for digit in "123":
        call("dtmf", digit=digit)
    assert state_now(phone) == {"keys": "123"}


# -- Two at once ---------------------------------------------------------------------------------------------


@every_store
def test_callbacks_at_once_wait_for_each_other(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """Of 40 callbacks of one call in eight threads none loses what another one counted."""

    @phone.on(DtmfCallback)
    def count(event: DtmfCallback) -> None:
        with phone.state(event) as state:
            keys = state.get("keys", 0)
            time.sleep(0.001)
            state["keys"] = keys + 1

    call("disconnect")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: call("dtmf", tag=str(number)), range(40)))
    assert {reply.status_code for reply in replies} == {204}
    assert state_now(phone) == {"keys": 40}


def test_another_call_does_not_wait(registered: CallbackBlueprint) -> None:
    """A state that is open keeps no other call's state from being opened."""
    with registered.state("c-1"), registered.state("c-2") as state:
        state["tries"] = 1
    assert state_now(registered, "c-2") == {"tries": 1}


@every_store
def test_waiting_has_an_end(registered: CallbackBlueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that another block has open for too long is an error that says what to do about it."""
    monkeypatch.setattr(state_module, "_PATIENCE", 0.2)
    with registered.state("c-1") as state:
        state["mine"] = True
        started, stopwatch = time.monotonic(), Stopwatch()
        with (
            pytest.raises(StateLocked, match=r"call 'c-1' must be free .* Do slow work outside of the block"),
            registered.state("c-1"),
        ):
            raise AssertionError
        assert time.monotonic() - started >= 0.2
        assert stopwatch.seconds() < 2
    assert state_now(registered) == {"mine": True}


@only_in_memory
def test_waiting_takes_five_seconds(registered: CallbackBlueprint) -> None:
    """A callback waits five seconds for another one's block, and goes on as soon as it is closed."""
    opened, close = threading.Event(), threading.Event()

    def hold(seconds: float) -> None:
        with registered.state("c-1") as state:
            opened.set()
            close.wait(seconds)
            state["held"] = state.get("held", 0) + 1

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold, 10)
        assert opened.wait(10)
        started, stopwatch = time.monotonic(), Stopwatch()
        with pytest.raises(StateLocked), registered.state("c-1"):
            raise AssertionError
        assert time.monotonic() - started >= 5
        assert stopwatch.seconds() < 8
        close.set()
    assert state_now(registered) == {"held": 1}


@only_in_memory
def test_a_state_that_was_taken_over(app: Flask, registered: CallbackBlueprint) -> None:
    """A block whose state another one took over stores nothing, and says so."""
    store = stores_of(app)["memory://"]

    def stand_still() -> None:
        with registered.state("c-1") as state:
            state["late"] = True
            store.forget("c-1")

    with pytest.raises(StateLocked, match="took it over"):
        stand_still()
    assert state_now(registered) == {}


@pytest.mark.parametrize("store_url", ["sqlite", "redis", "postgresql"], indirect=True)
@pytest.mark.parametrize("event_type", ["dtmf", "gather"])
def test_a_callback_that_was_taken_over(
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    store_url: str,
    event_type: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A process that stood still while another one handled its callback does not change the state again."""
    monkeypatch.setattr(repeats, "LEASE", 0.0)
    stands_still = [True, False]

    def count(event: CallCallback) -> None:
        if stands_still.pop(0):
            stores_of(app)[store_url].forget("c-1")  # so its leases are lost
            assert call(event_type, eventTime=TIME).status_code < 300
        with phone.state(event) as state:
            state["keys"] = state.get("keys", 0) + 1

    @phone.respond(GatherCallback)
    def respond(event: GatherCallback) -> SpeakSentence:
        count(event)
        return SpeakSentence("Thank you.")

    phone.on(DtmfCallback)(count)
    phone.errorhandler(StateLocked)(lambda error: SpeakSentence(str(error)))
    reply = call(event_type, eventTime=TIME)
    assert "another took this one over, because this process stood still" in caplog.text + reply.text
    assert state_now(phone) == {"keys": 1}
    assert stands_still == []


@every_store
def test_a_callback_that_takes_long(
    phone: CallbackBlueprint, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handlers that take longer than a lease lasts without renewal open the state as if they were fast, and
    so do those that run when their process holds no lease any more.
    """
    monkeypatch.setattr(repeats, "LEASE", 0.0)

    def count(event: CallCallback) -> None:
        with phone.state(event) as state:
            state["tries"] = state.get("tries", 0) + 1

    @phone.respond(GatherCallback)
    def respond(event: GatherCallback) -> SpeakSentence:
        count(event)
        count(event)
        raise LookupError

    @phone.errorhandler(LookupError)
    def apologize(error: LookupError) -> SpeakSentence:
        with phone.state("c-1") as state:
            return SpeakSentence(f"You tried {state['tries']} times.")

    phone.on(GatherCallback)(count)
    assert b"You tried 3 times." in call("gather", eventTime=TIME).data
    assert b"You tried 3 times." in call("gather", eventTime=TIME).data


# -- When it is gone -----------------------------------------------------------------------------------------


@only_in_memory
def test_an_hour_after_the_call(phone: CallbackBlueprint, call: Call) -> None:
    """A state is gone an hour after ``disconnect``, also if it is used in between."""

    @phone.on((DtmfCallback, RecordingAvailableCallback))
    def count(event: CallCallback) -> None:
        with phone.state(event) as state:
            state["seen"] = [*state.get("seen", []), event.event_type]

    with freeze_time("2026-03-04 16:00:00") as frozen:
        call("dtmf")
        call("disconnect", eventTime="2026-03-04T16:00:00Z")
        frozen.tick(59 * 60)
        call("recordingAvailable")
        assert state_now(phone) == {"seen": ["dtmf", "recordingAvailable"]}
        frozen.tick(61)
        assert state_now(phone) == {}


@only_in_memory
def test_a_day_and_an_hour_after_its_last_use(phone: CallbackBlueprint, call: Call) -> None:
    """A state of a call that never ends is gone 25 hours after it was stored last."""

    @phone.on(DtmfCallback)
    def count(event: DtmfCallback) -> None:
        with phone.state(event) as state:
            state["keys"] = state.get("keys", 0) + 1

    with freeze_time("2026-03-04 16:00:00") as frozen:
        call("dtmf")
        frozen.tick(24 * 3600)
        call("dtmf")
        frozen.tick(25 * 3600 - 1)
        assert state_now(phone) == {"keys": 2}
        frozen.tick(2)
        assert state_now(phone) == {}


@every_store
def test_it_is_json_in_the_store(app: Flask, registered: CallbackBlueprint, store_url: str) -> None:
    """A state is stored as JSON, so that other programs and a later version can read it."""
    with registered.state("c-1") as state:
        state["tries"] = 1
    store = stores_of(app)[app.config["BANDWIDTH_CALLBACKS_STORE"]]
    value = store.read(state_module.STATE, "c-1")
    assert value is not None
    assert json.loads(value) == {"tries": 1}
