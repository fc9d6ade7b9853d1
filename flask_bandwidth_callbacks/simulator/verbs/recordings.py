"""Verbs that record: Record the caller; StartRecording and its like a call or a conference."""

from __future__ import annotations

from datetime import timedelta

from flask_bandwidth_callbacks import bxml

from ..choices import RECORDING_AVAILABLE_AFTER, TRANSCRIPTION_AVAILABLE_AFTER
from ..engine.activities import Activity, Sound
from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Key, Speech
from ..engine.recording import Recording
from ..engine.resource import Resource
from ..engine.timeline import Steps
from ..wire.destinations import Destination
from ..wire.payloads import timestamp


@runs(bxml.Record)
def record(call: Call, verb: bxml.Record, base: str) -> Steps[Next]:
    """Record the caller, then fetch the next document."""
    call.set_tag(verb.tag)
    recording = _begin(call, verb)
    call.note("", "recording")
    try:
        yield from _listen(call, verb, recording)
    finally:
        _finish(call, recording, verb, base)
    destination = call.destination(verb, "record_complete_url", base)
    return call.then_request(destination, "recordComplete", **recording.properties())


def _listen(call: Call, verb: bxml.Record, recording: Recording) -> Steps[None]:
    """Wait until the caller presses a terminating key, was silent for too long or has said enough."""
    keys = verb.effective("terminating_digits").upper()
    left = verb.effective("max_duration")
    silence = verb.effective("silence_timeout") or float("inf")
    speaks_for = 0.0
    while left > 0:
        since = call.bandwidth.now
        message = yield from call.silence(min(left, speaks_for + silence), (Key, Speech))
        passed = (call.bandwidth.now - since).total_seconds()
        left -= passed
        if message is None or (isinstance(message, Key) and message.key in keys):
            return
        speaks_for = max(0.0, speaks_for - passed)
        if isinstance(message, Speech):
            recording.add(Sound(message.text, message.seconds), spoken=True)
            speaks_for = message.seconds


class _LiveRecording(Activity):
    """What StartRecording leaves running, until StopRecording or the end of the call or conference."""

    listens = True

    def __init__(self, resource: Resource, verb: bxml.StartRecording, base: str) -> None:
        self._resource = resource
        self._verb = verb
        self._base = base
        is_stereo = verb.effective("multi_channel") and isinstance(resource, Call)
        self.recording = _begin(resource, verb, channels=2 if is_stereo else 1)

    def sounded(self, sound: Sound, *, spoken: bool) -> None:
        self.recording.add(sound, spoken=spoken)

    def over(self) -> None:
        self._resource.activities.remove(self)
        _finish(self._resource, self.recording, self._verb, self._base)


@runs(bxml.StartRecording)
def start_recording(resource: Resource, verb: bxml.StartRecording, base: str) -> Next:
    """Start to record a call or conference, unless it is recorded already."""
    if not resource.running(_LiveRecording):
        resource.set_tag(verb.tag)
        resource.activities.append(_LiveRecording(resource, verb, base))
    return None


@runs(bxml.PauseRecording)
def pause_recording(resource: Resource, verb: bxml.PauseRecording, base: str) -> Next:
    """Pause the recording, if there is one."""
    for live in resource.running(_LiveRecording):
        live.recording.pause()
    return None


@runs(bxml.ResumeRecording)
def resume_recording(resource: Resource, verb: bxml.ResumeRecording, base: str) -> Next:
    """Resume the recording, if there is one."""
    for live in resource.running(_LiveRecording):
        live.recording.resume()
    return None


@runs(bxml.StopRecording)
def stop_recording(resource: Resource, verb: bxml.StopRecording, base: str) -> Next:
    """End the recording, if there is one."""
    for live in resource.running(_LiveRecording):
        live.over()
    return None


# -- What becomes of a recording -----------------------------------------------------------------------------


def _begin(resource: Resource, verb: bxml.Record | bxml.StartRecording, *, channels: int = 1) -> Recording:
    recording = Recording(
        resource.bandwidth,
        resource.rest_url,
        name=verb.recording_name,
        file_format=verb.effective("file_format"),
        channels=channels,
    )
    resource.recordings.append(recording)
    return recording


def _finish(
    resource: Resource, recording: Recording, verb: bxml.Record | bxml.StartRecording, base: str
) -> None:
    """End a recording. Some time later the application is notified that it can be fetched."""
    recording.stop()
    available = resource.destination(verb, "recording_available_url", base)
    transcribed = resource.destination(verb, "transcription_available_url", base)
    timeline = resource.bandwidth.timeline
    timeline.later(RECORDING_AVAILABLE_AFTER, lambda: _become_available(resource, recording, available))
    if transcribed is not None and verb.transcribe and isinstance(resource, Call):
        transcribe(resource, recording, transcribed)


def _become_available(resource: Resource, recording: Recording, destination: Destination | None) -> None:
    recording.is_available = True
    if not recording.is_deleted:
        resource.notify(
            destination, resource.recording_event, **recording.properties(), status=recording.status
        )


def live_recording(call: Call) -> Recording | None:
    """Return the recording that StartRecording has begun on a call, None if there is none now."""
    return next((live.recording for live in call.running(_LiveRecording)), None)


def transcribe(
    call: Call, recording: Recording, destination: Destination | None, tag: str | None = None
) -> None:
    """Have a recording transcribed; some time later the application is notified.

    :param tag: tag of the notification; defaults to that of the call.
    """
    transcription = {
        "id": call.bandwidth.new_id("t"),
        "url": f"{recording.url}/transcription",
        "status": "processing",
    }
    recording.transcription = transcription

    def become_transcribed() -> None:
        if recording.is_deleted or recording.transcription is not transcription:
            return
        transcription["status"] = _transcription_status(recording.duration)
        transcription["completedTime"] = timestamp(call.bandwidth.now)
        tagged = {} if tag is None else {"tag": tag}
        properties = {**recording.properties(), "transcription": dict(transcription), **tagged}
        call.notify(destination, "transcriptionAvailable", **properties)

    call.bandwidth.timeline.later(TRANSCRIPTION_AVAILABLE_AFTER, become_transcribed)


def _transcription_status(length: timedelta) -> str:
    # Sources: https://dev.bandwidth.com/docs/voice/bxml/record; for the words, Bandwidth's OpenAPI.
    if length <= timedelta(seconds=0.5):
        return "file-size-too-small"
    return "available" if length < timedelta(hours=4) else "file-size-too-big"
