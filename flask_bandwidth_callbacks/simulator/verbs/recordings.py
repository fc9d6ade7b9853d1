"""Recordings: of a caller by Record, of a call or a conference by StartRecording."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from flask_bandwidth_callbacks import bxml

from ..choices import RECORDING_AVAILABLE_AFTER, TRANSCRIPTION_AVAILABLE_AFTER
from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Key, Speech
from ..engine.timeline import Steps
from ..wire.destinations import Destination, destination_of
from ..wire.payloads import REST, duration, timestamp

if TYPE_CHECKING:
    from ..bandwidth import SimulatedBandwidth
    from .conferences import Conference

_LONGEST = 60.0
"""Default of maxDuration. Source: https://dev.bandwidth.com/docs/voice/bxml/record"""


class Recording:
    """One recording, running or done."""

    def __init__(self, owner: Call | Conference, verb: bxml.Verb, base: str) -> None:
        bandwidth = owner.bandwidth
        self.recording_id = bandwidth.new_id("r")
        """Id of the recording, ``r-...``."""
        self.name: str | None = verb.recording_name
        """What the application calls it, if it gave it a name."""
        self.file_format: str = verb.file_format or "wav"
        """``wav`` or ``mp3``."""
        self.channels = 1
        """How many channels are recorded, 1 or 2."""
        if isinstance(verb, bxml.StartRecording) and verb.multi_channel and isinstance(owner, Call):
            self.channels = 2
        self.start_time = self.end_time = bandwidth.now
        self.duration = timedelta()
        """Its length, pauses not counted."""
        self.words: list[str] = []
        """What was said while it ran; where both sides are recorded, also what was played."""
        self.is_available = False
        """Whether it can be fetched by now."""
        self.status: Literal["complete", "partial", "error"] = "complete"
        """What the application will be told that became of it; may be changed until then."""

        self._bandwidth: SimulatedBandwidth = bandwidth
        self._runs_since: datetime | None = self.start_time
        self._owner = owner
        self._available = destination_of(owner, verb, "recording_available_url", base)
        self._transcribed: Destination | None = None
        if verb.transcribe and isinstance(owner, Call):  # of a conference nothing is transcribed
            self._transcribed = destination_of(owner, verb, "transcription_available_url", base)

    def __repr__(self) -> str:
        return f"<Recording {self.recording_id}, {self.duration.total_seconds():g} s, {self.words}>"

    def pause(self) -> None:
        """Record nothing until it is resumed."""
        if self._runs_since is not None:
            self.duration += self._bandwidth.now - self._runs_since
            self._runs_since = None

    def resume(self) -> None:
        """Record again."""
        if self._runs_since is None:
            self._runs_since = self._bandwidth.now

    def add(self, words: str) -> None:
        """Record what somebody says now."""
        if self._runs_since is not None:
            self.words.append(words)

    def stop(self) -> None:
        """End the recording; some time later the application is told that it can be fetched."""
        self.pause()
        self.end_time = self._bandwidth.now
        self._bandwidth.timeline.later(RECORDING_AVAILABLE_AFTER, self._become_available)
        if self._transcribed is not None:
            self._bandwidth.timeline.later(TRANSCRIPTION_AVAILABLE_AFTER, self._become_transcribed)

    def known(self) -> dict[str, Any]:
        """Return what events tell of it, by the names of their attributes."""
        return {
            "recording_id": self.recording_id,
            "media_url": f"{REST}/{self._owner.resource}/recordings/{self.recording_id}/media",
            "start_time": timestamp(self.start_time),
            "end_time": timestamp(self.end_time),
            "duration": duration(self.duration),
            "file_format": self.file_format,
            "channels": self.channels,
        }

    def _become_available(self) -> None:
        self.is_available = True
        event = self._owner.recording_event
        self._owner.tell(self._available, event, **self.known(), status=self.status)

    def _become_transcribed(self) -> None:
        transcription_id = self._bandwidth.new_id("t")
        transcription = {
            "id": transcription_id,
            "url": f"{REST}/{self._owner.resource}/recordings/{self.recording_id}/transcription",
            "status": _transcription_status(self.duration),
            "completedTime": timestamp(self._bandwidth.now),
        }
        self._owner.tell(
            self._transcribed, "transcriptionAvailable", **self.known(), transcription=transcription
        )


def _transcription_status(length: timedelta) -> str:
    # Source: https://dev.bandwidth.com/docs/voice/bxml/record; of the words, Bandwidth's OpenAPI.
    if length <= timedelta(seconds=0.5):
        return "file-size-too-small"
    return "available" if length < timedelta(hours=4) else "file-size-too-big"


# -- The verbs -----------------------------------------------------------------------------------------------


@runs(bxml.Record)
def _record(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    recording = Recording(call, verb, base)
    call.recordings.append(recording)
    call.note("", "recording")
    try:
        yield from _listen(call, verb, recording)
    finally:
        recording.stop()
    destination = destination_of(call, verb, "record_complete_url", base)
    return call.then_ask(destination, "recordComplete", **recording.known())


def _listen(call: Call, verb: bxml.Verb, recording: Recording) -> Steps[None]:
    """Wait until the caller is done, was silent for too long or has said enough."""
    keys = "#" if verb.terminating_digits is None else verb.terminating_digits.upper()
    left = _LONGEST if verb.max_duration is None else verb.max_duration
    silence = verb.silence_timeout or float("inf")
    speaks_for = 0.0
    while left > 0:
        since = call.bandwidth.now
        told = yield from call.silence(min(left, speaks_for + silence), (Key, Speech))
        passed = (call.bandwidth.now - since).total_seconds()
        left -= passed
        if told is None or (isinstance(told, Key) and told.key in keys):
            return
        speaks_for = max(0.0, speaks_for - passed)
        if isinstance(told, Speech):
            recording.add(told.text)
            speaks_for = told.seconds


@runs(bxml.StartRecording, bxml.PauseRecording, bxml.ResumeRecording, bxml.StopRecording)
def _control(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    control(call, verb, base)
    return None
    yield


def control(owner: Call | Conference, verb: bxml.Verb, base: str) -> None:
    """Run a verb that starts, pauses, resumes or stops the recording of a call or conference."""
    if isinstance(verb, bxml.StartRecording):
        if owner.live_recording is None:
            owner.set_tag(verb.tag)
            owner.live_recording = Recording(owner, verb, base)
            owner.recordings.append(owner.live_recording)
    elif owner.live_recording is not None:
        if isinstance(verb, bxml.PauseRecording):
            owner.live_recording.pause()
        elif isinstance(verb, bxml.ResumeRecording):
            owner.live_recording.resume()
        else:
            owner.live_recording.stop()
            owner.live_recording = None
