"""Recordings over REST: listed, paused, downloaded as sound, transcribed, deleted."""

from __future__ import annotations

import io
import re
import struct
import wave
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks.bxml import (
    Conference,
    Pause,
    PlayAudio,
    Record,
    SpeakSentence,
    StartRecording,
    StartTranscription,
    StopRecording,
    StopTranscription,
)
from flask_bandwidth_callbacks.simulator.rest import audio
from tests.simulator.callbacks import all_told, events, told
from tests.simulator.rest.conftest import Rest, Scene, description

MakeRest = Callable[..., Rest]


def recorded(rest: MakeRest, **attributes: Any) -> tuple[Rest, str]:
    """Return a client, and the path of an available recording of both sides."""
    client = rest(
        StartRecording(recording_name="interview", recording_available_url="told", **attributes),
        SpeakSentence("x" * 30),
        Pause(duration=10),
        StopRecording(),
        Pause(duration=600),
    )
    call = client.bandwidth.call()
    call.wait(1)
    call.speak("Hello.", seconds=3)
    call.wait(30)
    return client, f"/calls/{call.call_id}/recordings/{call.recordings[0].recording_id}"


# -- Metadata ------------------------------------------------------------------------------------------------


def test_a_recording(rest: MakeRest) -> None:
    """A recording has the properties of its event, and is in the lists of its call and of the account."""
    client, path = recorded(rest, multi_channel=True)
    call = client.bandwidth.calls[0]
    url = f"https://voice.bandwidth.com/api/v2/accounts/{call.account_id}{path}"
    recording = client.get(path)
    assert recording == {
        "accountId": call.account_id,
        "applicationId": call.application_id,
        "callId": call.call_id,
        "recordingId": call.recordings[0].recording_id,
        "recordingName": "interview",
        "to": call.to,
        "from": call.var_from,
        "direction": "inbound",
        "channels": 2,
        "startTime": "2026-01-05T15:00:00.000Z",
        "endTime": "2026-01-05T15:00:12.000Z",
        "duration": "PT12.000S",
        "fileFormat": "wav",
        "status": "complete",
        "mediaUrl": f"{url}/media",
    }
    assert len(call.recordings[0].recording_id) == 47
    assert told(call.exchanges, "recordingAvailable")["mediaUrl"] == recording["mediaUrl"]
    assert client.get(f"/calls/{call.call_id}/recordings") == [recording]
    assert client.get("/recordings") == [recording]


def test_a_running_recording(rest: MakeRest) -> None:
    """A recording that is not available yet is in process, and has neither an end nor sound: 404."""
    client = rest(Record())
    call = client.bandwidth.call()
    path = f"/calls/{call.call_id}/recordings"
    (recording,) = client.get(path)
    assert recording["status"] == "processing"
    assert not recording.keys() & {"endTime", "duration", "mediaUrl"}
    for method, below in (("GET", "media"), ("DELETE", "media"), ("POST", "transcription")):
        response = client.send(method, f"{path}/{recording['recordingId']}/{below}", {})
        assert response.status_code == 404
        assert recording["recordingId"] in description(response)


def test_the_recordings_of_an_account(rest: MakeRest) -> None:
    """Recordings of all calls are listed oldest first, by number and time."""
    client = rest(Record(max_duration=5))
    ids = []
    for caller in ("+13035550141", "+13035550142"):
        call = client.bandwidth.call(var_from=caller)
        ids.append(call.recordings[0].recording_id)
        client.bandwidth.wait(10)

    def listed(query: str = "") -> list[str]:
        return [recording["recordingId"] for recording in client.get(f"/recordings{query}")]

    assert listed() == listed("?to=%2B13035550100") == ids
    assert listed("?from=%2B13035550142") == listed("?minStartTime=2026-01-05T15:00:01Z") == ids[1:]
    assert listed("?maxStartTime=2026-01-05T15:00:01Z") == ids[:1]


def test_pause_and_resume(rest: MakeRest) -> None:
    """A running StartRecording is paused and resumed; without one there is nothing to pause: 404."""
    client = rest(StartRecording(), Pause(duration=30), StopRecording(), Pause(duration=60))
    call = client.bandwidth.call()
    path = f"/calls/{call.call_id}/recording"
    for state in ("paused", "paused", "recording"):
        call.wait(5)
        response = client.send("PUT", path, {"state": state})
        assert (response.status_code, response.data) == (200, b"")
    call.wait(40)
    assert call.recordings[0].duration.total_seconds() == 20
    assert client.send("PUT", path, {"state": "paused"}).status_code == 404


# -- Sound ---------------------------------------------------------------------------------------------------


def sounding(response: TestResponse) -> list[tuple[float, list[bool]]]:
    """Return when a WAV changes between silence and sound, with whether each channel sounds from then on."""
    with wave.open(io.BytesIO(response.data)) as sound:
        assert (sound.getframerate(), sound.getsampwidth()) == (8000, 2)
        channels, length = sound.getnchannels(), sound.getnframes()
        samples = struct.unpack(f"<{channels * length}h", sound.readframes(length))
    changes: list[tuple[float, list[bool]]] = []
    step = 800  # a tenth of a second
    for start in range(0, length, step):
        part = samples[start * channels : (start + step) * channels]
        state = [any(part[channel::channels]) for channel in range(channels)]
        if not changes or changes[-1][1] != state:
            changes.append((start / 8000, state))
    return changes


def test_a_channel_for_each_side(rest: MakeRest) -> None:
    """With two channels one has a tone where the person spoke, the other where a sentence was played."""
    client, path = recorded(rest, multi_channel=True)
    response = client.send("GET", f"{path}/media")
    assert (response.status_code, response.content_type) == (200, "audio/vnd.wave")
    assert response.content_length == len(response.data) == 44 + 12 * 8000 * 4
    assert sounding(response) == [
        (0, [False, True]),
        (2, [False, False]),
        (3, [True, False]),
        (6, [False, False]),
    ]


def test_one_channel_for_both_sides(rest: MakeRest) -> None:
    """With one channel there is a tone where either side sounds."""
    client, path = recorded(rest)
    response = client.send("GET", f"{path}/media")
    assert sounding(response) == [(0, [True]), (2, [False]), (3, [True]), (6, [False])]


def test_a_sound_that_is_cut(rest: MakeRest) -> None:
    """A sound that goes on after the recording is cut where it ends; one in a pause is not in it."""
    client = rest(Record(max_duration=4))
    call = client.bandwidth.call()
    call.wait(2)
    call.speak("A long story.", seconds=60)
    path = f"/calls/{call.call_id}/recordings/{call.recordings[0].recording_id}/media"
    assert sounding(client.send("GET", path)) == [(0, [False]), (2, [True])]
    assert client.send("GET", path).content_length == 44 + 4 * 8000 * 2


def test_an_empty_recording(rest: MakeRest) -> None:
    """A recording without a length is a WAV without frames."""
    client = rest(Record(max_duration=0))
    call = client.bandwidth.call()
    path = f"/calls/{call.call_id}/recordings/{call.recordings[0].recording_id}/media"
    assert sounding(client.send("GET", path)) == []


def test_mp3(rest: MakeRest) -> None:
    """An MP3 has the recorded length, in frames of 72 ms that hold silence."""
    client, path = recorded(rest, file_format="mp3")
    response = client.send("GET", f"{path}/media")
    assert response.content_type == "audio/mpeg"
    frames = re.findall(rb"\xff\xe3\x18\xc0\x00{68}", response.data)
    assert len(b"".join(frames)) == len(response.data) == response.content_length
    assert len(frames) == 167  # 12 s


def test_a_recording_longer_than_a_wav(rest: MakeRest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into a WAV is cut off, so that its header is right."""
    monkeypatch.setattr(audio, "_MOST_BYTES", 8000 * 2 * 5)
    client, path = recorded(rest)
    assert sounding(client.send("GET", f"{path}/media"))[-1] == (3, [True])
    assert client.send("GET", f"{path}/media").content_length == 44 + 8000 * 2 * 5


# -- Transcriptions ------------------------------------------------------------------------------------------


def test_transcribe(rest: MakeRest) -> None:
    """A recording is transcribed on request; then its words are there, by side, and without audio files."""
    client = rest(
        StartRecording(multi_channel=True),
        SpeakSentence("Your name?"),
        PlayAudio("https://example.com/beep.wav"),
        Pause(duration=20),
        StopRecording(),
        Pause(duration=600),
        told=None,
    )
    call = client.bandwidth.call()
    call.speak("Ann.", seconds=2)
    call.wait(60)
    path = f"/calls/{call.call_id}/recordings/{call.recordings[0].recording_id}"
    assert "transcription" not in client.get(path)
    assert client.send("GET", f"{path}/transcription").status_code == 404
    body = {"callbackUrl": "https://localhost/phone/told", "tag": "mine"}
    assert client.send("POST", f"{path}/transcription", body).status_code == 204
    assert client.get(path)["transcription"]["status"] == "processing"
    assert client.send("GET", f"{path}/transcription").status_code == 404
    client.bandwidth.wait(10)
    event = told(call.exchanges, "transcriptionAvailable")
    assert event["tag"] == "mine"
    assert client.get(path)["transcription"] == event["transcription"]
    assert client.get(f"{path}/transcription") == {
        "transcripts": [
            {"speaker": 0, "text": "Ann.", "confidence": 1.0},
            {"speaker": 1, "text": "Your name?", "confidence": 1.0},
        ],
        "clips": [
            {
                "speaker": 1,
                "text": "Your name?",
                "confidence": 1.0,
                "startTimeSeconds": 0.0,
                "endTimeSeconds": 0.667,
            },
            {
                "speaker": 0,
                "text": "Ann.",
                "confidence": 1.0,
                "startTimeSeconds": 10.667,
                "endTimeSeconds": 12.667,
            },
        ],
    }


def test_transcribe_without_a_url(rest: MakeRest) -> None:
    """Without a callbackUrl a recording is transcribed all the same, and no event is sent."""
    client, path = recorded(rest)
    call = client.bandwidth.calls[0]
    assert client.send("POST", f"{path}/transcription", {}).status_code == 204
    client.bandwidth.wait(10)
    (transcript,) = client.get(f"{path}/transcription")["transcripts"]
    assert (transcript["speaker"], transcript["text"]) == (0, "x" * 30 + " Hello.")
    assert "transcriptionAvailable" not in events(call.exchanges)


def test_the_newer_transcription_counts(rest: MakeRest) -> None:
    """A second request takes the place of one that is in process."""
    client, path = recorded(rest)
    body = {"callbackUrl": "https://localhost/phone/told"}
    for _ in range(2):
        client.send("POST", f"{path}/transcription", body)
    client.bandwidth.wait(20)
    (event,) = all_told(client.bandwidth.calls[0].exchanges, "transcriptionAvailable")
    assert client.get(path)["transcription"] == event["transcription"]


def test_live_transcriptions(rest: MakeRest) -> None:
    """A live transcription is there some time after its end, with the words of each of its tracks."""
    client = rest(
        StartTranscription(name="captions", tracks="both"),
        StartTranscription(name="caller"),
        SpeakSentence("Who is it?"),
        PlayAudio("https://example.com/beep.wav"),
        Pause(duration=5),
        StopTranscription(),
        Pause(duration=600),
    )
    call = client.bandwidth.call()
    call.speak("Ann.", seconds=5)
    path = f"/calls/{call.call_id}/transcriptions"
    assert client.get(path) == []
    call.wait(10)
    listed = client.get(path)
    assert [each["transcriptionName"] for each in listed] == ["captions", "caller"]
    assert all(each["transcriptionId"].startswith("t-") for each in listed)
    (first, second) = (client.get(each["transcriptionUrl"].partition("9900000")[2]) for each in listed)
    assert [(track["track"], track["transcript"]) for track in first["tracks"]] == [
        ("inbound", "Ann."),
        ("outbound", "Who is it?"),
    ]
    assert [track["track"] for track in second["tracks"]] == ["inbound"]
    one = f"{path}/{listed[0]['transcriptionId']}"
    response = client.send("DELETE", one)
    assert (response.status_code, response.data) == (200, b"")
    assert client.send("GET", one).status_code == client.send("DELETE", one).status_code == 404
    assert client.get(path) == listed[1:]


# -- Deletion ------------------------------------------------------------------------------------------------


def test_delete_a_recording(scene: Scene) -> None:
    """A deleted recording is gone with its sound and its transcription; the test still has it."""
    client = scene.rest
    calls = f"/calls/{scene.ids['call_id']}/recordings"
    path = f"{calls}/{scene.ids['call_recording_id']}"
    assert client.send("DELETE", path).status_code == 204
    for below in ("", "/media", "/transcription"):
        assert client.send("GET", f"{path}{below}").status_code == 404
    assert client.send("DELETE", path).status_code == 404
    listed = [each["recordingId"] for each in client.get(calls)]
    assert listed == [each["recordingId"] for each in client.get("/recordings")]
    assert scene.ids["call_recording_id"] not in listed
    assert client.bandwidth.calls[0].recordings[0].is_deleted


def test_delete_the_sound(scene: Scene) -> None:
    """Without its sound, the data and the transcription of a recording stay."""
    path = f"/calls/{scene.ids['call_id']}/recordings/{scene.ids['call_recording_id']}"
    assert scene.rest.send("DELETE", f"{path}/media").status_code == 204
    assert scene.rest.send("DELETE", f"{path}/media").status_code == 404
    recording = scene.rest.get(path)
    assert recording["status"] == "deleted"
    assert "mediaUrl" not in recording
    assert scene.rest.get(f"{path}/transcription")["transcripts"][0]["text"] == "Hello."


def test_delete_a_transcription(scene: Scene) -> None:
    """Without its transcription, a recording stays."""
    path = f"/calls/{scene.ids['call_id']}/recordings/{scene.ids['call_recording_id']}"
    assert scene.rest.send("DELETE", f"{path}/transcription").status_code == 204
    assert scene.rest.send("DELETE", f"{path}/transcription").status_code == 404
    assert scene.rest.send("GET", f"{path}/transcription").status_code == 404
    assert "transcription" not in scene.rest.get(path)


def test_delete_before_it_is_available(rest: MakeRest) -> None:
    """A recording that is deleted while it runs causes no more events."""
    client = rest(
        StartRecording(recording_available_url="told", transcribe=True, transcription_available_url="told"),
        Pause(duration=5),
    )
    call = client.bandwidth.call()
    path = f"/calls/{call.call_id}/recordings/{call.recordings[0].recording_id}"
    assert client.send("DELETE", path).status_code == 204
    client.bandwidth.wait(60)
    assert events(call.exchanges) == ["initiate", "disconnect"]


# -- Conferences ---------------------------------------------------------------------------------------------


def test_the_recording_of_a_conference(rest: MakeRest) -> None:
    """A recording of a conference is listed and downloaded with the conference, also after its end."""
    client = rest(Conference("room"))
    call = client.bandwidth.call()
    conference = client.bandwidth.conference("room")
    conference.update([StartRecording(recording_name="minutes"), SpeakSentence("x" * 30)])
    call.wait(5)
    call.hang_up()
    client.bandwidth.wait(5)
    (recording,) = client.get(f"/conferences/{conference.conference_id}/recordings")
    path = f"/conferences/{conference.conference_id}/recordings/{recording['recordingId']}"
    assert client.get(path) == recording
    assert recording == {
        "accountId": call.account_id,
        "conferenceId": conference.conference_id,
        "name": "room",
        "recordingId": conference.recordings[0].recording_id,
        "recordingName": "minutes",
        "startTime": "2026-01-05T15:00:00.000Z",
        "endTime": "2026-01-05T15:00:07.000Z",
        "duration": "PT7.000S",
        "channels": 1,
        "fileFormat": "wav",
        "status": "complete",
        "mediaUrl": f"{conference.rest_url}/recordings/{recording['recordingId']}/media",
    }
    assert sounding(client.send("GET", f"{path}/media")) == [(0, [True]), (2, [False])]
