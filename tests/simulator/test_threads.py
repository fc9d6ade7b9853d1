"""Many simulations of one application, each in a thread of its own, do not affect each other."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Flask

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    GatherCallback,
    InitiateCallback,
    signals,
)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

THREADS = 16
CALLS = 5


SIGNALS = (
    flask.got_request_exception,
    flask.request_finished,
    flask.request_started,
    flask.request_tearing_down,
    signals.callback_answered,
    signals.callback_received,
    signals.callback_rejected,
    signals.callback_repeated,
    signals.handler_failed,
)


def make_app() -> Flask:
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence(f"Hello {call.var_from}."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits={"0", "1", "2", "3", "4"})
    def menu(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence(f"{call.var_from} pressed {call.digits}."), Hangup()]

    @phone.respond(GatherCallback, "/menu")
    def fail(call: GatherCallback) -> Hangup:
        raise LookupError(call.var_from)

    app = Flask("host")
    app.config["TESTING"] = True
    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.mark.no_cover
def test_lines_in_threads(app: Flask) -> None:
    """Callers hear what is said to them, and an error is raised by the simulation that caused it."""
    barrier = threading.Barrier(THREADS)

    def make_calls(number: int) -> None:
        caller = f"+1555000{number:04}"
        bandwidth = SimulatedBandwidth(app, raise_errors=True, seed=number)
        barrier.wait()
        for turn in range(CALLS):
            call = bandwidth.call(var_from=caller)
            call.press(str(turn))
            assert call.heard == [f"Hello {caller}.", f"{caller} pressed {turn}."]
            assert call.cause == "hangup"
            assert [exchange.failure for exchange in call.exchanges] == [None] * 3
            call = bandwidth.call(var_from=caller)
            if number % 2 == 0:
                with pytest.raises(LookupError, match=caller[1:]):
                    call.press("9")
            else:
                call.hang_up()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(make_calls, range(THREADS)))


def test_signals_get_no_receivers_that_end(tmp_path: Path) -> None:
    """Applications and simulations of them come and go without a receiver that blinker would have to forget.

    It looks through all senders for that, which raises RuntimeError if another thread adds one meanwhile.
    """

    def call_and_forget() -> None:
        app = make_app()
        app.config["BANDWIDTH_CALLBACKS_STORE"] = f"sqlite:///{tmp_path}/store.db"
        app.config["BANDWIDTH_CALLBACKS_RECORD"] = str(tmp_path / "calls.jsonl")
        phone = CallbackBlueprint("other", __name__, credentials=[("bandwidth", "s3cret")])
        phone.on(GatherCallback, background=True)(print)
        app.register_blueprint(phone, url_prefix="/other")
        bandwidth = SimulatedBandwidth(app, "/phone/")
        with bandwidth.mock_rest_if_installed():
            call = bandwidth.call()
            call.press("1")
        assert call.heard[-1].endswith("pressed 1.")
        receivers.append({signal: set(signal.receivers) for signal in SIGNALS})

    receivers: list[dict[Any, set[Any]]] = []
    call_and_forget()
    call_and_forget()
    gc.collect()
    receivers.append({signal: set(signal.receivers) for signal in SIGNALS})
    assert receivers[0] == receivers[1] == receivers[2]
