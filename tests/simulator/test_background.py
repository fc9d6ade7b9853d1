"""Work in the background: a simulation in process waits for it, and raises what fails in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, has_request_context

from flask_bandwidth_callbacks import (
    Callback,
    CallbackBlueprint,
    DisconnectCallback,
    InitiateCallback,
    parts,
)
from flask_bandwidth_callbacks.bxml import Hangup, Pause, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.engine.real_time import real_time
from tests.conftest import CREDENTIALS

pytestmark = pytest.mark.skipif(
    not (parts.has("store") and parts.has("background")), reason="store/ or background/ has been deleted"
)

AGENT = "+13035550141"
LATE = "work in the background has not ended yet"


class Mistake(Exception):
    """What a handler raises."""


@pytest.fixture
def greets() -> CallbackBlueprint:
    """A blueprint with a responder; work that fails is not tried again, which would be during other tests."""
    threads = import_module("flask_bandwidth_callbacks.background").Threads(retries=[])
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS], background=threads)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("Hello."), Hangup()]

    return phone


@pytest.fixture(params=["memory://", "sqlite"])
def host(app: Flask, tmp_path: Path, request: pytest.FixtureRequest) -> Flask:
    """The application with a store in memory, and with a durable one."""
    url = request.param
    if url == "sqlite":
        pytest.importorskip("flask_bandwidth_callbacks.store.sql")
        url = f"sqlite:///{tmp_path / 'calls.db'}"
    app.config["BANDWIDTH_CALLBACKS_STORE"] = url
    return app


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_test_is_a_straight_line(host: Flask, greets: CallbackBlueprint, method: Any) -> None:
    """When a method of the simulation returns, the work is done that its callbacks have led to."""
    done: list[str] = []

    @greets.on(Callback, background=True)
    def work(event: Callback) -> None:
        time.sleep(0.02)
        assert not has_request_context()
        assert vars(g) == {}
        done.append(str(event.event_type))

    @greets.on(DisconnectCallback, background=True)
    def bill(event: DisconnectCallback) -> None:
        done.append("billed")

    host.register_blueprint(greets)
    SimulatedBandwidth(host, raise_errors=True, method=method).call()
    assert done[0] == "initiate"
    assert sorted(done[1:]) == ["billed", "disconnect"]


def test_the_work_of_each_registration(app: Flask) -> None:
    """The work of every blueprint of the application is waited for, also where calls do not begin."""
    done: list[str] = []
    for name in ("sales", "support"):
        phone = CallbackBlueprint(name, __name__, credentials=[CREDENTIALS])

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> Hangup:
            return Hangup()

        @phone.on(DisconnectCallback, background=True)
        def work(event: DisconnectCallback, name: str = name) -> None:
            time.sleep(0.02)
            done.append(name)

        app.register_blueprint(phone, url_prefix=f"/{name}")
    SimulatedBandwidth(app, "/sales/", status_url="/support/", raise_errors=True).call()
    assert done == ["support"]


# -- What it raises ------------------------------------------------------------------------------------------


def fails(event: Callback) -> None:
    raise Mistake("the work's own fault")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_it_raises(host: Flask, greets: CallbackBlueprint, method: Any) -> None:
    """An exception is raised unchanged, like that of a subscriber, and is in the exchange of its callback."""
    greets.on(InitiateCallback, background=True)(fails)
    host.register_blueprint(greets)
    bandwidth = SimulatedBandwidth(host, raise_errors=True, method=method)
    with pytest.raises(Mistake, match="the work's own fault") as raised:
        bandwidth.call()
    assert [exchange.raised for exchange in bandwidth.exchanges] == [(raised.value,), ()]
    assert [exchange.failure for exchange in bandwidth.exchanges] == [None, None]
    bandwidth.wait(1)  # it is not raised again


def test_errors_are_not_heard(app: Flask, greets: CallbackBlueprint) -> None:
    """Without raise_errors an exception only shows in the exchange."""
    greets.on(DisconnectCallback, background=True)(fails)
    app.register_blueprint(greets)
    call = SimulatedBandwidth(app).call()
    assert (call.heard, call.cause) == (["Hello."], "hangup")
    assert [len(exchange.raised) for exchange in call.exchanges] == [0, 1]


@pytest.mark.parametrize("raw", [None, b"not JSON"], ids=["a callback", "what is not one"])
def test_the_work_of_other_clients(app: Flask, greets: CallbackBlueprint, raw: bytes | None) -> None:
    """Work that a request of the test has led to does not concern the simulation, if it fails meanwhile."""
    may_fail = threading.Event()

    @greets.on(DisconnectCallback, background=True)
    def work(event: DisconnectCallback) -> None:
        may_fail.wait(10)
        raise Mistake

    @app.before_request
    def let_it_fail() -> None:
        threading.Timer(0.1, may_fail.set).start()

    app.register_blueprint(greets)
    payload = {"eventType": "disconnect", "callId": "c-1"}
    assert app.test_client().post("/", json=payload, auth=CREDENTIALS).status_code == 204
    may_fail.clear()
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    exchange = bandwidth.send("initiate", {"eventType": "initiate", "callId": "c-2"}, raw=raw)
    assert may_fail.is_set()
    assert exchange.status == (400 if raw else 200)
    assert exchange.raised == ()


# -- What it does --------------------------------------------------------------------------------------------


def test_it_uses_the_simulation(host: Flask, greets: CallbackBlueprint) -> None:
    """Work may use the simulation from its thread: what it begins goes on after its callback, time cannot."""
    states: list[str] = []
    errors: list[SimulationError] = []

    @greets.respond("answer", "/answered")
    def answered(event: Any) -> list[Verb]:
        return [SpeakSentence("Your friend has called."), Pause(duration=60)]

    @greets.on(InitiateCallback, background=True)
    def call_back(event: InitiateCallback) -> None:
        states.append(bandwidth.find_call(event.call_id).state)
        states.append(bandwidth.dial(AGENT, "/answered").state)
        with pytest.raises(SimulationError, match="Time cannot pass while") as raised:
            bandwidth.wait(1)
        errors.append(raised.value)

    host.register_blueprint(greets)
    bandwidth = SimulatedBandwidth(host, raise_errors=True)
    first = bandwidth.call()
    assert states == ["initiated", "queued"]
    assert len(errors) == 1
    _, second = bandwidth.calls
    assert (first.heard, second.heard) == (["Hello."], ["Your friend has called."])


def test_after_a_single_callback(app: Flask, greets: CallbackBlueprint) -> None:
    """The work that send() leads to may begin calls, too, which go on afterwards, with their errors."""

    @greets.respond("answer", "/answered")
    def answered(event: Any) -> Hangup:
        raise Mistake

    @greets.on(InitiateCallback, background=True)
    def call_back(event: InitiateCallback) -> None:
        bandwidth.dial(AGENT, "/answered")
        assert [exchange.event for exchange in bandwidth.exchanges] == []

    app.register_blueprint(greets)
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    with pytest.raises(Mistake):
        bandwidth.send("initiate", {"eventType": "initiate", "callId": "c-1"})
    assert [exchange.event for exchange in bandwidth.exchanges] == ["initiate", "answer"]


def test_work_that_a_request_of_the_test_led_to(app: Flask, greets: CallbackBlueprint) -> None:
    """Work outside of any simulated callback may make calls, whose callbacks do not wait for that work."""
    heard: list[list[str]] = []

    @greets.on(DisconnectCallback, background=True, call_id="c-1")
    def call_back(event: DisconnectCallback) -> None:
        heard.append(bandwidth.call().heard)

    app.register_blueprint(greets)
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    payload = {"eventType": "disconnect", "callId": "c-1"}
    app.test_client().post("/", json=payload, auth=CREDENTIALS)
    assert greets.wait_for_background()
    assert heard == [["Hello."]]


# -- Celery --------------------------------------------------------------------------------------------------


@pytest.fixture
def celery(app: Flask) -> CallbackBlueprint:
    """A blueprint whose work Celery does at once, as in tests of its users."""
    celery = pytest.importorskip("celery")
    background = import_module("flask_bandwidth_callbacks.background")
    eager = celery.Celery("work", broker="memory://")
    eager.conf.task_always_eager = True
    phone = CallbackBlueprint(
        "phone", __name__, credentials=[CREDENTIALS], background=background.CeleryBackground(eager)
    )
    phone.respond(InitiateCallback)(lambda call: [SpeakSentence("Hello."), Pause(duration=60)])
    return phone


def test_celery(app: Flask, celery: CallbackBlueprint) -> None:
    """With ``task_always_eager`` the work is done as well, may use the simulation, and goes on afterwards."""
    states: list[str] = []

    @celery.on(InitiateCallback, background=True)
    def end(event: InitiateCallback) -> None:
        bandwidth.find_call(event.call_id).complete()
        states.append(bandwidth.find_call(event.call_id).state)

    app.register_blueprint(celery)
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    call = bandwidth.call()
    assert (states, call.cause) == (["initiated"], "rejected")


def test_what_celery_raises(app: Flask, celery: CallbackBlueprint) -> None:
    """With ``task_always_eager`` an exception is raised like that of the pool."""
    celery.on(InitiateCallback, background=True)(fails)
    app.register_blueprint(celery)
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    with pytest.raises(Mistake, match="the work's own fault"):
        bandwidth.call()
    (exchange,) = bandwidth.exchanges
    assert (exchange.status, exchange.failure) == (200, None)
    assert {type(error) for error in exchange.raised} == {Mistake}


# -- How long it takes ---------------------------------------------------------------------------------------


class Slow:
    """A subscriber that works until it is released."""

    def __init__(self, phone: CallbackBlueprint) -> None:
        self.may_end = threading.Event()
        self.ended: list[Callback] = []
        phone.on(InitiateCallback, background=True)(self.work)

    def work(self, event: Callback) -> None:
        self.may_end.wait(10)
        self.ended.append(event)


@pytest.fixture
def slow(app: Flask, greets: CallbackBlueprint) -> Any:
    """The subscriber of an application, released at the end."""
    slow = Slow(greets)
    app.register_blueprint(greets)
    yield slow
    slow.may_end.set()
    greets.wait_for_background()


def test_work_without_end(app: Flask, greets: CallbackBlueprint, slow: Slow) -> None:
    """A call goes on after ``background_timeout`` with an oddity, and does not wait again for such work."""
    bandwidth = SimulatedBandwidth(app)
    assert bandwidth.background_timeout == 10
    bandwidth.background_timeout = 0.05
    call = bandwidth.call()
    assert call.heard == ["Hello."]
    assert [exchange.oddities for exchange in call.exchanges] == [(LATE,), (LATE,)]
    bandwidth.background_timeout = 60
    began = time.monotonic()
    bandwidth.call()
    assert time.monotonic() - began < 5
    slow.may_end.set()
    assert greets.wait_for_background()
    call = bandwidth.call()
    assert (call.exchanges[-1].oddities, len(slow.ended)) == ((), 3)


def test_work_without_end_fails_the_test(app: Flask, slow: Slow) -> None:
    """With raise_errors, work that takes too long is an error with its remedy."""
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    bandwidth.background_timeout = 0.05
    with pytest.raises(SimulationError) as raised:
        bandwidth.call()
    assert str(raised.value) == (
        "Work in the background must end 0.05 seconds after 'initiate', but some has not. Make it quicker, or"
        " set bandwidth.background_timeout."
    )


def test_real_time_does_not_wait(app: Flask, slow: Slow) -> None:
    """While time follows the clock, a call goes on beside the work, as it really does."""
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    with real_time(bandwidth):
        call = bandwidth.call()
        end = time.monotonic() + 10
        while call.cause is None:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert slow.ended == []
    assert [exchange.oddities for exchange in call.exchanges] == [(), ()]


@pytest.mark.parametrize("value", [-1, True, "1", None])
def test_timeouts_that_cannot_be(line: Callable[..., SimulatedBandwidth], value: Any) -> None:
    """What is not a length of time is an error."""
    bandwidth = line(Hangup())
    with pytest.raises(SimulationError, match="background_timeout must be at least 0 "):
        bandwidth.background_timeout = value
