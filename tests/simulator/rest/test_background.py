"""Work in the background that uses Bandwidth's client, which the simulation answers."""

from __future__ import annotations

import io
import threading
import wave
from typing import Any

import pytest
from bandwidth import ApiClient, CallsApi, Configuration, RecordingsApi
from bandwidth.exceptions import NotFoundException
from bandwidth.models import CreateCall, UpdateCall
from flask import Flask

from flask_bandwidth_callbacks import (
    AnswerCallback,
    CallbackBlueprint,
    DisconnectCallback,
    InitiateCallback,
    RecordingAvailableCallback,
    RedirectCallback,
    parts,
)
from flask_bandwidth_callbacks.bxml import Hangup, Pause, Record, SpeakSentence
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.conftest import CREDENTIALS

pytestmark = pytest.mark.skipif(
    not (parts.has("store") and parts.has("background")), reason="store/ or background/ has been deleted"
)

AGENT = "+13035550141"
PHONE = "http://localhost/"


def client() -> ApiClient:
    return ApiClient(Configuration(client_id="id", client_secret="secret"))


def create_call(tag: str) -> str:
    """Make a call to an agent."""
    body = CreateCall(
        to=AGENT,
        var_from="+13035550100",
        application_id="app-1",
        answer_url=PHONE,
        username=CREDENTIALS[0],
        password=CREDENTIALS[1],
        tag=tag,
    )
    call_id: str = CallsApi(client()).create_call("9900000", body).call_id
    return call_id


@pytest.fixture
def phone(app: Flask, phone: CallbackBlueprint) -> CallbackBlueprint:
    """A blueprint with responders, registered by ``bandwidth``."""
    phone.respond(AnswerCallback)(lambda call: [SpeakSentence(f"About {call.tag}."), Hangup()])
    return phone


@pytest.fixture
def recordings(phone: CallbackBlueprint) -> list[float]:
    """The lengths of the recordings that a subscriber in the background has fetched and deleted."""
    lengths: list[float] = []

    @phone.respond(InitiateCallback)
    def record(call: InitiateCallback) -> list[Any]:
        return [Record(recording_available_url=phone), Hangup()]

    @phone.on(RecordingAvailableCallback, background=True)
    def keep(recording: RecordingAvailableCallback) -> None:
        ids = (recording.account_id, recording.call_id, recording.recording_id)
        api = RecordingsApi(client())
        with wave.open(io.BytesIO(api.download_call_recording(*ids))) as sound:
            lengths.append(sound.getnframes() / sound.getframerate())
        api.delete_recording_media(*ids)
        with pytest.raises(NotFoundException):
            api.download_call_recording(*ids)

    return lengths


def test_a_recording_is_fetched(
    app: Flask, phone: CallbackBlueprint, recordings: list[float], request: pytest.FixtureRequest
) -> None:
    """A handler in the background fetches a recording and deletes it, and the test sees that at once."""
    app.register_blueprint(phone)
    bandwidth: SimulatedBandwidth = request.getfixturevalue("bandwidth")
    call = bandwidth.call()
    call.speak("Please call me back.", seconds=4)
    call.press("#")
    assert recordings == [4]
    assert call.recordings[0].is_media_deleted


def test_a_call_is_changed(app: Flask, phone: CallbackBlueprint, request: pytest.FixtureRequest) -> None:
    """A handler in the background changes its call and makes another one, once its callback is over."""
    phone.respond(InitiateCallback)(lambda call: Pause(duration=60))
    phone.respond(RedirectCallback)(lambda call: [SpeakSentence("You will be called."), Hangup()])
    states: list[str] = []

    @phone.on(InitiateCallback, background=True)
    def work(event: InitiateCallback) -> None:
        calls = CallsApi(client())
        call_id = create_call(event.call_id)
        states.append(calls.get_call_state("9900000", call_id).state)
        with pytest.raises(Exception, match="409"):  # it is not answered yet
            calls.update_call("9900000", event.call_id, UpdateCall(redirect_url=PHONE))

    @phone.on(AnswerCallback, background=True)
    def end(event: AnswerCallback) -> None:
        assert event.tag is not None
        update = UpdateCall(redirect_url=PHONE, username=CREDENTIALS[0], password=CREDENTIALS[1])
        CallsApi(client()).update_call("9900000", event.tag, update)

    app.register_blueprint(phone)
    bandwidth: SimulatedBandwidth = request.getfixturevalue("bandwidth")
    first = bandwidth.call()
    _, second = bandwidth.calls
    assert states == ["queued"]
    assert first.heard == ["You will be called."]
    assert second.heard == [f"About {first.call_id}."]


def test_no_callback_is_out(app: Flask, phone: CallbackBlueprint, request: pytest.FixtureRequest) -> None:
    """Work that a request of the test led to may make a call, which goes on in its thread."""
    threads: list[int] = []

    @phone.on(DisconnectCallback, background=True)
    def work(event: DisconnectCallback) -> None:
        create_call("your call")
        threads.append(threading.get_ident())

    app.register_blueprint(phone)
    bandwidth: SimulatedBandwidth = request.getfixturevalue("bandwidth")
    payload = {"eventType": "disconnect", "callId": "c-1"}
    assert app.test_client().post("/", json=payload, auth=CREDENTIALS).status_code == 204
    assert phone.wait_for_background()
    (call,) = bandwidth.calls
    assert call.heard == ["About your call."]
    assert threads != [threading.get_ident()]
