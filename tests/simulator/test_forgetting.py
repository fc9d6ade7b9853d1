"""Simulations with the same seed have the same ids; what stores hold about an earlier call is forgotten."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_bandwidth_callbacks import (
    ANYONE,
    AnswerCallback,
    Callback,
    CallbackBlueprint,
    GatherCallback,
    InitiateCallback,
    StoreError,
    TransferCompleteCallback,
    parts,
)
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Gather,
    Hangup,
    PhoneNumber,
    SpeakSentence,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.stores import stores_of

pytestmark = pytest.mark.skipif(not parts.has("store"), reason="store/ has been deleted")

AGENT = "+13035550141"


def counter(store: str | None = None) -> tuple[Flask, Counter[str]]:
    """Return an application that counts the callbacks of a call, and how often it was notified of events."""
    notified: Counter[str] = Counter()
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.respond((InitiateCallback, AnswerCallback, GatherCallback, TransferCompleteCallback))
    def count(call: Any) -> list[Verb]:
        with phone.state(call) as state:
            state["callbacks"] = state.get("callbacks", 0) + 1
            said = SpeakSentence(f"Callback {state['callbacks']} of this call.")
        if isinstance(call, InitiateCallback):
            return [Gather(said, gather_url=phone, max_digits=1)]
        if isinstance(call, GatherCallback):
            leg = PhoneNumber(AGENT, transfer_answer_url="/leg")
            return [said, Transfer(leg, transfer_complete_url=phone)]
        return [said, Conference("room", conference_event_url=phone)]

    @phone.respond("transferAnswer", "/leg")
    def whisper(leg: Any) -> list[Verb]:
        with phone.state(leg) as state:
            state["whispers"] = state.get("whispers", 0) + 1
            return [SpeakSentence(f"Whisper {state['whispers']}."), Hangup()]

    @phone.on(Callback)
    def see(event: Callback) -> None:
        notified[str(event.event_type)] += 1

    app = Flask("host")
    app.testing = True
    if store is not None:
        app.config["BANDWIDTH_CALLBACKS_STORE"] = store
    app.register_blueprint(phone)
    return app, notified


def play(app: Flask) -> list[list[str]]:
    """Make two calls with a seed, and return what the people on them heard."""
    bandwidth = SimulatedBandwidth(app, raise_errors=True, seed=7)
    call = bandwidth.call()
    call.press("1")
    dialed = bandwidth.dial(AGENT, bandwidth.url)
    bandwidth.wait(1)
    for each in (call, dialed):
        each.hang_up()
    return [call.heard, call.legs[0].heard, dialed.heard]


HEARD = [
    ["Callback 1 of this call.", "Callback 2 of this call.", "Callback 3 of this call."],
    ["Whisper 1."],
    ["Callback 1 of this call."],
]

NOTIFIED = {
    "initiate": 1,
    "gather": 1,
    "transferAnswer": 1,
    "transferComplete": 1,
    "answer": 1,
    "conferenceCreated": 1,
    "conferenceMemberJoin": 2,
    "conferenceMemberExit": 2,
    "conferenceCompleted": 1,
    "disconnect": 1,
}

app, notified = counter()


@pytest.mark.parametrize("test", [1, 2])
def test_an_application_of_several_tests(test: int) -> None:
    """With one application, calls, legs and conferences of the same ids are new ones in every test."""
    notified.clear()
    assert play(app) == HEARD
    assert notified == NOTIFIED


def test_a_file_of_an_earlier_run(tmp_path: Path) -> None:
    """The store of an earlier run, or of a run that was killed, does not change what a call is like."""
    pytest.importorskip("flask_bandwidth_callbacks.store.sql")
    store = f"sqlite:///{tmp_path / 'calls.db'}"
    for _ in range(2):
        application, notified = counter(store)
        assert play(application) == HEARD
        assert notified == NOTIFIED


def test_simulations_at_the_same_time() -> None:
    """The call that begins last has an id for itself."""
    bandwidth, other = (SimulatedBandwidth(app, raise_errors=True, seed="same") for _ in range(2))
    assert [simulated.call().heard for simulated in (bandwidth, other)] == [HEARD[2]] * 2


# -- Single callbacks ----------------------------------------------------------------------------------------


def test_a_single_callback_of_several_tests() -> None:
    """A payload that tests repeat is a repeat only within one simulation, seeded or not."""
    payload = {"eventType": "disconnect", "callId": "c-1", "eventTime": "2026-01-05T15:00:00.000Z"}
    for times in (1, 2):
        notified.clear()
        bandwidth = SimulatedBandwidth(app)
        for _ in range(times):
            bandwidth.send("disconnect", payload)
        assert notified == {"disconnect": 1}


def test_a_single_callback_of_a_call() -> None:
    """A callback that a test sends about a call of the simulation finds the state of that call."""
    bandwidth = SimulatedBandwidth(app, raise_errors=True, seed=7)
    call = bandwidth.call()
    gather = {**call.exchanges[0].payload, "eventType": "gather", "digits": "9"}
    assert "Callback 2 of this call." in (bandwidth.send("gather", gather).bxml or "")
    assert "Callback 3 of this call." in (bandwidth.send("gather", {**gather, "digits": "8"}).bxml or "")


@pytest.mark.parametrize("subject", [None, 7, ["c-1"]])
def test_a_single_callback_about_no_call(subject: Any) -> None:
    """A callback without an id, or with what is not one, is sent as it is."""
    exchange = SimulatedBandwidth(app).send("initiate", {"eventType": "initiate", "callId": subject})
    assert exchange.status == 422


def test_bytes_say_nothing() -> None:
    """With ``raw`` the payload is not what is sent, and nothing is forgotten."""
    bandwidth = SimulatedBandwidth(app, raise_errors=True, seed=7)
    call_id = bandwidth.call().call_id
    body = f'{{"eventType": "gather", "callId": "{call_id}"}}'.encode()
    exchange = SimulatedBandwidth(app).send("gather", {"callId": call_id}, raw=body)
    assert "Callback 2 of this call." in (exchange.bxml or "")


# -- Stores that fail ----------------------------------------------------------------------------------------


class Broken:
    """A store that can be reached no more."""

    def forget(self, subject: str) -> None:
        raise StoreError("The store must be reachable.")


def test_a_store_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be forgotten costs no call, and is logged."""
    application, _ = counter()
    stores_of(application)["broken://"] = Broken()  # type: ignore[assignment]
    call = SimulatedBandwidth(application, raise_errors=True, seed=7).call()
    assert call.heard == HEARD[2]
    assert caplog.record_tuples[-1][1:] == (
        logging.ERROR,
        f"Records about {call.call_id} are kept, because the store failed: The store must be reachable.",
    )
