"""Recordings of calls and conferences: their data, their sound, their transcriptions."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from ...engine.call import Call, Calls
from ...engine.recording import Recording
from ...engine.resource import Resource
from ...verbs.conferences import Conference
from ...verbs.recordings import live_recording
from ...verbs.recordings import transcribe as transcribe_recording
from ..audio import mp3, wav
from ..models import (
    CallRecordingMetadata,
    ConferenceRecordingMetadata,
    ListRecordings,
    RecordingTranscriptions,
    TranscribeRecording,
    UpdateCallRecording,
    pair,
)
from ..operation import Asked, operation
from ..problems import not_found
from .calls import find_call
from .conferences import find_conference

_CALL = "/accounts/<account_id>/calls/<call_id>"
_RECORDINGS = f"{_CALL}/recordings"
_RECORDING = f"{_RECORDINGS}/<recording_id>"
_TRANSCRIPTION = f"{_RECORDING}/transcription"
_OF_CONFERENCE = "/accounts/<account_id>/conferences/<conference_id>/recordings"

_MOST = 1000
"""How many recordings of an account are listed at most. Source: Bandwidth's OpenAPI description."""


def _find(resource: Resource, recording_id: str) -> Recording:
    """Return a recording that is not deleted; raises :class:`.Problem` if there is none."""
    for recording in resource.recordings:
        if recording.recording_id == recording_id and not recording.is_deleted:
            return recording
    raise not_found("Recording", recording_id)


def _find_available(resource: Resource, recording_id: str) -> Recording:
    """Return a recording that can be fetched; raises :class:`.Problem` if there is none yet or any more."""
    recording = _find(resource, recording_id)
    if not recording.is_available or recording.is_media_deleted:
        raise not_found("Media of recording", recording_id)
    return recording


# -- The recordings of a call --------------------------------------------------------------------------------


@operation("GET", "/accounts/<account_id>/recordings", name="listAccountCallRecordings")
def list_account_call_recordings(asked: Asked) -> Response:
    """List the recordings of all calls that are known, with all filters, at most 1000."""
    query = asked.read_query(ListRecordings())
    listed = [
        _of_call(call, recording)
        for call in asked.bandwidth.shared(Calls).all()
        if query["to"] in (None, call.to) and query["var_from"] in (None, call.var_from)
        for recording in call.recordings
        if not recording.is_deleted
        and (query["min_start_time"] is None or query["min_start_time"] <= recording.start_time)
        and (query["max_start_time"] is None or query["max_start_time"] >= recording.start_time)
    ]
    return asked.written(CallRecordingMetadata(), listed[:_MOST])


@operation("GET", _RECORDINGS, name="listCallRecordings")
def list_call_recordings(asked: Asked, call_id: str) -> Response:
    """List the recordings of a call, running ones too."""
    call = find_call(asked, call_id)
    listed = [_of_call(call, recording) for recording in call.recordings if not recording.is_deleted]
    return asked.written(CallRecordingMetadata(), listed)


@operation("GET", _RECORDING, name="getCallRecording")
def get_call_recording(asked: Asked, call_id: str, recording_id: str) -> Response:
    """Return the data of a recording, with its transcription and, once it is available, its ``mediaUrl``."""
    call = find_call(asked, call_id)
    return asked.written(CallRecordingMetadata(), _of_call(call, _find(call, recording_id)))


@operation("PUT", f"{_CALL}/recording", name="updateCallRecordingState")
def update_call_recording_state(asked: Asked, call_id: str) -> None:
    """Pause or resume the recording that ``StartRecording`` has begun."""
    call = find_call(asked, call_id)
    body = asked.read(UpdateCallRecording())
    recording = live_recording(call)
    if recording is None:
        raise not_found("Running recording of call", call_id)
    if body["state"] == "paused":
        recording.pause()
    else:
        recording.resume()


@operation("DELETE", _RECORDING, name="deleteRecording", status=204)
def delete_recording(asked: Asked, call_id: str, recording_id: str) -> None:
    """Delete a recording with its sound and its transcription."""
    _find(find_call(asked, call_id), recording_id).is_deleted = True


@operation("GET", f"{_RECORDING}/media", name="downloadCallRecording")
def download_call_recording(asked: Asked, call_id: str, recording_id: str) -> Response:
    """Return a WAV file of the recorded length: silence, with a tone for each sound. An MP3 is silent."""
    return _media(_find_available(find_call(asked, call_id), recording_id))


@operation("DELETE", f"{_RECORDING}/media", name="deleteRecordingMedia", status=204)
def delete_recording_media(asked: Asked, call_id: str, recording_id: str) -> None:
    """Delete the sound of a recording. Its data and its transcription stay."""
    _find_available(find_call(asked, call_id), recording_id).is_media_deleted = True


# -- Their transcriptions ------------------------------------------------------------------------------------


@operation("GET", _TRANSCRIPTION, name="getRecordingTranscription")
def get_recording_transcription(asked: Asked, call_id: str, recording_id: str) -> Response:
    """Return the words that were spoken, by side where there are two channels."""
    recording = _find(find_call(asked, call_id), recording_id)
    if recording.transcription is None or recording.transcription["status"] != "available":
        raise not_found("Transcription of recording", recording_id)
    return asked.written(RecordingTranscriptions(), _transcribed(recording))


@operation("POST", _TRANSCRIPTION, name="transcribeCallRecording", status=204)
def transcribe_call_recording(asked: Asked, call_id: str, recording_id: str) -> None:
    """Transcribe a recording that is available, and notify ``callbackUrl`` if it is given."""
    call = find_call(asked, call_id)
    recording = _find_available(call, recording_id)
    body = asked.read(TranscribeRecording())
    destination = None
    if body["callback_url"] is not None:
        destination = asked.bandwidth.destination(
            body["callback_url"],
            body["callback_method"],
            credentials=pair(body),
            callback_timeout=body["callback_timeout"],
        )
    transcribe_recording(call, recording, destination, body["tag"])


@operation("DELETE", _TRANSCRIPTION, name="deleteRecordingTranscription", status=204)
def delete_recording_transcription(asked: Asked, call_id: str, recording_id: str) -> None:
    """Delete the transcription of a recording."""
    recording = _find(find_call(asked, call_id), recording_id)
    if recording.transcription is None:
        raise not_found("Transcription of recording", recording_id)
    recording.transcription = None


# -- The recordings of a conference --------------------------------------------------------------------------


@operation("GET", _OF_CONFERENCE, name="listConferenceRecordings")
def list_conference_recordings(asked: Asked, conference_id: str) -> Response:
    """List the recordings of a conference, running ones too."""
    conference = find_conference(asked, conference_id)
    listed = [_of_conference(conference, recording) for recording in conference.recordings]
    return asked.written(ConferenceRecordingMetadata(), listed)


@operation("GET", f"{_OF_CONFERENCE}/<recording_id>", name="getConferenceRecording")
def get_conference_recording(asked: Asked, conference_id: str, recording_id: str) -> Response:
    """Return the data of a recording."""
    conference = find_conference(asked, conference_id)
    described = _of_conference(conference, _find(conference, recording_id))
    return asked.written(ConferenceRecordingMetadata(), described)


@operation("GET", f"{_OF_CONFERENCE}/<recording_id>/media", name="downloadConferenceRecording")
def download_conference_recording(asked: Asked, conference_id: str, recording_id: str) -> Response:
    """Return a file, as ``downloadCallRecording`` does."""
    return _media(_find_available(find_conference(asked, conference_id), recording_id))


# -- What replies hold ---------------------------------------------------------------------------------------


def _of_call(call: Call, recording: Recording) -> dict[str, Any]:
    """Return a recording of a call, keyed by attribute name."""
    return {**call.properties(), **_described(recording), "transcription": recording.transcription}


def _of_conference(conference: Conference, recording: Recording) -> dict[str, Any]:
    """Return a recording of a conference, keyed by attribute name."""
    return {**conference.properties(), **_described(recording)}


def _described(recording: Recording) -> dict[str, Any]:
    properties = recording.properties()
    status: str = recording.status
    if not recording.is_available:
        status = "processing"
        for name in ("media_url", "end_time", "duration"):
            del properties[name]
    elif recording.is_media_deleted:
        status = "deleted"
        del properties["media_url"]
    return {**properties, "status": status, "recording_name": recording.name}


def _media(recording: Recording) -> Response:
    is_wav = recording.file_format == "wav"
    length, parts = (wav if is_wav else mp3)(recording)
    content_type = "audio/vnd.wave" if is_wav else "audio/mpeg"
    return Response(parts, headers={"Content-Length": str(length)}, content_type=content_type)


def _transcribed(recording: Recording) -> dict[str, Any]:
    """Return the words of a recording, by speaker and one by one."""
    clips: list[dict[str, Any]] = [
        {
            "speaker": 0 if passage.spoken or recording.channels == 1 else 1,
            "text": passage.sound.words,
            "confidence": 1.0,
            "start_time_seconds": round(passage.start, 3),
            "end_time_seconds": round(passage.end, 3),
        }
        for passage in recording.passages
        if not passage.sound.is_file
    ]
    transcripts = [
        {
            "speaker": speaker,
            "text": " ".join(clip["text"] for clip in clips if clip["speaker"] == speaker),
            "confidence": 1.0,
        }
        for speaker in range(recording.channels)
    ]
    return {"transcripts": transcripts, "clips": clips}
