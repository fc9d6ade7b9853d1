"""Every method of the SDK's APIs of voice, with the SDK's own models, which validate each response."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bandwidth import (
    CallsApi,
    ConferencesApi,
    RecordingsApi,
    StatisticsApi,
    TranscriptionsApi,
)
from bandwidth.exceptions import ApiException, NotFoundException
from bandwidth.models import (
    CallRecordingMetadata,
    CallState,
    CallTranscriptionMetadata,
    CallTranscriptionResponse,
    Conference,
    ConferenceMember,
    ConferenceRecordingMetadata,
    CreateCall,
    CreateCallResponse,
    TranscribeRecording,
    UpdateCall,
    UpdateCallRecording,
    UpdateConference,
    UpdateConferenceMember,
)

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.choices import SPOKEN_CHARACTERS_PER_SECOND
from tests.simulator.conftest import Line
from tests.simulator.rest.sdk.conftest import Connect

ACCOUNT = "9900000"
ANN = "+13035550141"
BOB = "+13035550142"
COMPANY = "+13035550100"
URL = "https://localhost/phone"
SILENCE = bxml.Pause(duration=3600)
SPOKEN = len("Welcome.") / SPOKEN_CHARACTERS_PER_SECOND


def until(bandwidth: SimulatedBandwidth, condition: Callable[[], Any]) -> Any:
    """Let time pass until a condition holds, and return its value: what a request begins comes after it."""
    for _ in range(600):
        if value := condition():
            return value
        bandwidth.wait(0.5)
    raise AssertionError("The condition does not hold after five minutes.")


def create(calls: CallsApi, to: str = ANN, **properties: Any) -> CreateCallResponse:
    """Make a call that runs the first document of a line."""
    body = CreateCall(to=to, var_from=COMPANY, application_id="app-1", answer_url=f"{URL}/", **properties)
    return calls.create_call(ACCOUNT, body)


def answered(bandwidth: SimulatedBandwidth, calls: CallsApi, to: str = ANN) -> Call:
    """Make a call and return it when it is answered."""
    call = bandwidth.find_call(create(calls, to).call_id)
    until(bandwidth, lambda: call.state == "answered")
    return call


def rejected(call: Callable[[], object]) -> tuple[int, str]:
    """Return status and description of the error that a method of the SDK raises."""
    with pytest.raises(ApiException) as raised:
        call()
    return raised.value.status, raised.value.data.description


# -- CallsApi ------------------------------------------------------------------------------------------------


def test_make_a_call_and_look_at_it(line: Line, connect: Connect) -> None:
    """A call can be made, looked at while it lasts and afterwards, and listed."""
    bandwidth = line([bxml.SpeakSentence("Hello."), SILENCE])
    bandwidth.callee(ANN).answers(after=3)
    calls = CallsApi(connect(bandwidth))
    created = create(calls, tag="order 7", call_timeout=40.5, callback_timeout=5)
    assert isinstance(created, CreateCallResponse)
    assert (created.account_id, created.application_id) == (ACCOUNT, "app-1")
    assert (created.to, created.var_from, created.tag) == (ANN, COMPANY, "order 7")
    assert (created.call_timeout, created.callback_timeout) == (40.5, 5)
    assert created.call_url.endswith(f"/accounts/{ACCOUNT}/calls/{created.call_id}")
    assert len(created.call_id) == 47
    call = bandwidth.find_call(created.call_id)
    until(bandwidth, lambda: call.heard)
    state = calls.get_call_state(ACCOUNT, call.call_id)
    assert isinstance(state, CallState)
    assert (state.state, state.direction, state.disconnect_cause) == ("answered", "outbound", None)
    assert state.enqueued_time <= state.start_time <= state.answer_time - timedelta(seconds=3)
    call.hang_up()
    (listed,) = calls.list_calls(ACCOUNT, to=ANN, disconnect_cause="hangup")
    assert isinstance(listed, CallState)
    assert (listed.call_id, listed.state, listed.end_time) == (call.call_id, "disconnected", call.end_time)
    assert calls.list_calls(ACCOUNT, to=BOB) == []


def test_change_a_call(line: Line, connect: Connect) -> None:
    """A call can be redirected, be given a document, and be ended."""
    bandwidth = line(SILENCE, other=[bxml.SpeakSentence("Elsewhere."), SILENCE])
    calls = CallsApi(connect(bandwidth))
    call = answered(bandwidth, calls)
    calls.update_call(ACCOUNT, call.call_id, UpdateCall(redirect_url=f"{URL}/other", tag="moved"))
    until(bandwidth, lambda: call.heard == ["Elsewhere."])
    assert call.tag == "moved"
    document = bxml.Response(bxml.SpeakSentence("From a document."), SILENCE)
    calls.update_call_bxml(ACCOUNT, call.call_id, bxml.render(document).decode())
    until(bandwidth, lambda: call.heard[1:] == ["From a document."])
    calls.update_call(ACCOUNT, call.call_id, UpdateCall(state="completed"))
    until(bandwidth, lambda: call.state == "disconnected")
    ended = f"Call [{call.call_id}]"
    status, description = rejected(
        lambda: calls.update_call(ACCOUNT, call.call_id, UpdateCall(state="completed"))
    )
    assert status in (404, 409)
    assert description.startswith(ended)


# -- ConferencesApi ------------------------------------------------------------------------------------------


def test_run_a_conference(line: Line, connect: Connect) -> None:
    """A conference can be found with its members, be changed, play a document, and be ended."""
    bandwidth = line(
        [bxml.Conference("room"), bxml.SpeakSentence("It is over."), SILENCE],
        announcement=bxml.SpeakSentence("One more minute."),
    )
    client = connect(bandwidth)
    conferences = ConferencesApi(client)
    ann, bob = (answered(bandwidth, CallsApi(client), number) for number in (ANN, BOB))
    until(bandwidth, lambda: len(bandwidth.conference("room").members) == 2)
    (listed,) = conferences.list_conferences(ACCOUNT, name="room")
    assert isinstance(listed, Conference)
    assert listed.active_members is None
    found = conferences.get_conference(ACCOUNT, listed.id)
    assert {member.call_id for member in found.active_members} == {ann.call_id, bob.call_id}

    conferences.update_conference_member(
        ACCOUNT, listed.id, bob.call_id, UpdateConferenceMember(mute=True, call_ids_to_coach=[ann.call_id])
    )
    member = conferences.get_conference_member(ACCOUNT, listed.id, bob.call_id)
    assert isinstance(member, ConferenceMember)
    assert (member.mute, member.hold, member.call_ids_to_coach) == (True, False, [ann.call_id])

    body = UpdateConference(redirect_url=f"{URL}/announcement")
    conferences.update_conference(ACCOUNT, listed.id, body)
    until(bandwidth, lambda: ann.heard == bob.heard == ["One more minute."])
    document = bxml.Response(bxml.SpeakSentence("Goodbye."))
    conferences.update_conference_bxml(ACCOUNT, listed.id, bxml.render(document).decode())
    until(bandwidth, lambda: ann.heard[1:] == ["Goodbye."])
    conferences.update_conference(ACCOUNT, listed.id, UpdateConference(status="completed"))
    until(bandwidth, lambda: ann.heard[2:] == bob.heard[2:] == ["It is over."])
    assert conferences.get_conference(ACCOUNT, listed.id).completed_time is not None


def test_recordings_of_a_conference(line: Line, connect: Connect) -> None:
    """A recording of a conference can be listed, looked at, downloaded, and opened."""
    bandwidth = line(bxml.Conference("room"))
    client = connect(bandwidth)
    conferences = ConferencesApi(client)
    answered(bandwidth, CallsApi(client))
    until(bandwidth, lambda: "room" in bandwidth.conferences)
    conference = bandwidth.conference("room")
    conference.update([bxml.StartRecording(), bxml.SpeakSentence("Welcome."), bxml.StopRecording()])
    until(bandwidth, lambda: conference.recordings and conference.recordings[0].is_available)
    (listed,) = conferences.list_conference_recordings(ACCOUNT, conference.conference_id)
    assert isinstance(listed, ConferenceRecordingMetadata)
    ids = ACCOUNT, conference.conference_id, listed.recording_id
    found = conferences.get_conference_recording(*ids)
    assert (found.name, found.status, found.file_format) == ("room", "complete", "wav")
    seconds = seconds_of(conferences.download_conference_recording(*ids))
    assert seconds == pytest.approx(SPOKEN, abs=0.001)


# -- RecordingsApi -------------------------------------------------------------------------------------------


def seconds_of(media: bytes, channels: int = 1) -> float:
    """Return the length of a WAV file."""
    with wave.open(io.BytesIO(media)) as opened:
        assert opened.getnchannels() == channels
        return float(opened.getnframes() / opened.getframerate())


def test_recordings_of_a_call(line: Line, connect: Connect) -> None:
    """A recording can be paused, listed, looked at, downloaded, opened, transcribed, and deleted."""
    bandwidth = line([bxml.StartRecording(multi_channel=True), bxml.SpeakSentence("Hello."), SILENCE])
    client = connect(bandwidth)
    recordings = RecordingsApi(client)
    call = answered(bandwidth, CallsApi(client))
    until(bandwidth, lambda: call.heard)
    bandwidth.wait(2)
    recordings.update_call_recording_state(ACCOUNT, call.call_id, UpdateCallRecording(state="paused"))
    bandwidth.wait(20)
    recordings.update_call_recording_state(ACCOUNT, call.call_id, UpdateCallRecording(state="recording"))
    call.speak("The blue bicycle.", seconds=3)
    call.hang_up()
    recording = call.recordings[0]
    until(bandwidth, lambda: recording.is_available)

    (listed,) = recordings.list_call_recordings(ACCOUNT, call.call_id)
    assert isinstance(listed, CallRecordingMetadata)
    assert recordings.list_account_call_recordings(ACCOUNT, to=ANN)[0] == listed
    assert recordings.list_account_call_recordings(ACCOUNT, to=BOB) == []
    ids = ACCOUNT, call.call_id, listed.recording_id
    found = recordings.get_call_recording(*ids)
    assert (found.status, found.channels, found.transcription) == ("complete", 2, None)
    assert found.media_url.endswith(f"/calls/{call.call_id}/recordings/{listed.recording_id}/media")
    length = seconds_of(recordings.download_call_recording(*ids), channels=2)
    assert 5 < length < 20  # without the time in which it was paused
    assert float(found.duration.removeprefix("PT").removesuffix("S")) == pytest.approx(length, abs=0.01)

    with pytest.raises(NotFoundException):
        recordings.get_recording_transcription(*ids)
    transcribe = TranscribeRecording(callback_url=f"{URL}/told", tag="words")
    recordings.transcribe_call_recording(*ids, transcribe)
    until(bandwidth, lambda: call.exchanges[-1].event == "transcriptionAvailable")
    assert call.exchanges[-1].payload["tag"] == "words"
    assert recordings.get_call_recording(*ids).transcription.status == "available"
    words = recordings.get_recording_transcription(*ids)
    assert [transcript.text for transcript in words.transcripts] == ["The blue bicycle.", "Hello."]
    assert words.clips[0].end_time_seconds <= words.clips[1].start_time_seconds

    recordings.delete_recording_transcription(*ids)
    assert rejected(lambda: recordings.get_recording_transcription(*ids))[0] == 404
    recordings.delete_recording_media(*ids)
    assert rejected(lambda: recordings.download_call_recording(*ids))[0] == 404
    assert recordings.get_call_recording(*ids).status == "deleted"
    recordings.delete_recording(*ids)
    assert rejected(lambda: recordings.get_call_recording(*ids))[0] == 404
    assert recordings.list_call_recordings(ACCOUNT, call.call_id) == []


# -- TranscriptionsApi ---------------------------------------------------------------------------------------


def test_live_transcriptions(line: Line, connect: Connect) -> None:
    """A live transcription can be listed, read and deleted."""
    bandwidth = line(
        [
            bxml.StartTranscription(name="captions", tracks="both"),
            bxml.SpeakSentence("Hello."),
            bxml.StopTranscription(name="captions"),
            SILENCE,
        ]
    )
    client = connect(bandwidth)
    transcriptions = TranscriptionsApi(client)
    call = answered(bandwidth, CallsApi(client))
    until(bandwidth, lambda: call.transcriptions)
    (listed,) = transcriptions.list_real_time_transcriptions(ACCOUNT, call.call_id)
    assert isinstance(listed, CallTranscriptionMetadata)
    assert listed.transcription_name == "captions"
    ids = ACCOUNT, call.call_id, listed.transcription_id
    assert listed.transcription_url.endswith("/".join(["calls", ids[1], "transcriptions", ids[2]]))
    found = transcriptions.get_real_time_transcription(*ids)
    assert isinstance(found, CallTranscriptionResponse)
    assert {track.track: track.transcript for track in found.tracks} == {"inbound": "", "outbound": "Hello."}
    transcriptions.delete_real_time_transcription(*ids)
    assert transcriptions.list_real_time_transcriptions(ACCOUNT, call.call_id) == []


# -- StatisticsApi -------------------------------------------------------------------------------------------


def test_statistics(line: Line, connect: Connect) -> None:
    """The statistics say how many calls are queued and may be."""
    statistics = StatisticsApi(connect(line(bxml.Hangup()))).get_statistics(ACCOUNT)
    assert (statistics.current_call_queue_size, statistics.max_call_queue_size) == (0, 1500)


# -- All of them ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", [CallsApi, ConferencesApi, RecordingsApi, StatisticsApi, TranscriptionsApi])
def test_no_method_is_forgotten(api: type) -> None:
    """Each method of the API, as this version of the SDK has it, is called in this module."""
    source = Path(__file__).read_text("utf-8")
    variants = ("_with_http_info", "_without_preload_content")
    methods = [name for name in vars(api) if not name.startswith("_") and not name.endswith(variants)]
    assert methods != []
    assert [name for name in methods if f".{name}(" not in source] == []
