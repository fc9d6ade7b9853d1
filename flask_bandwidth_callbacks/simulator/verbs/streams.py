"""Streams of a call's audio and live transcriptions: their events; there is no audio to send."""

from __future__ import annotations

from typing import Any

from flask_bandwidth_callbacks import bxml

from ..choices import TRANSCRIPTION_AVAILABLE_AFTER
from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.timeline import Steps
from ..wire.destinations import destination_of
from ..wire.payloads import REST, duration, timestamp

MOST_TRACKS = 4
"""How many tracks a call may stream at a time, and transcribe at a time.

Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
"""

_TRACKS = {"inbound": ["inbound"], "outbound": ["outbound"], "both": ["inbound", "outbound"]}


class Stream:
    """One stream or live transcription while it runs."""

    is_transcription = False
    url_attribute = "stream_event_url"
    event = "mediaStream"
    attribute = "media_stream"
    original = "original_media_stream"
    prefix = "s"

    def __init__(self, call: Call, verb: bxml.Verb, base: str) -> None:
        self.call = call
        self.id = call.bandwidth.new_id(self.prefix)
        self.name: str = verb.name or self.id
        self.tracks = _TRACKS[verb.tracks or "inbound"]
        self.verb = verb
        self.start_time = call.bandwidth.now
        self.events = destination_of(call, verb, self.url_attribute, base)

    def start(self) -> None:
        """Start, unless the call has one of that name or too many tracks already."""
        running = [one for one in self.call.streams.values() if one.is_transcription == self.is_transcription]
        namesake = next((one for one in running if one.name == self.name), None)
        if namesake is not None:
            words = f"the name {self.name!r} is in use"
            original = {self.original: namesake.known()}
            self.tell("Rejected", cause="duplicate", error_message=words, **original)
        elif sum(len(one.tracks) for one in running) + len(self.tracks) > MOST_TRACKS:
            self.tell("Rejected", cause="track-limit", error_message=f"more than {MOST_TRACKS} tracks")
        else:
            self.call.streams[self.id] = self
            self.tell("Started")

    def stop(self) -> None:
        """Stop."""
        del self.call.streams[self.id]
        length = self.call.bandwidth.now - self.start_time
        self.tell("Stopped", {"duration": duration(length)}, cause="closed")

    def tell(self, what: str, more: dict[str, Any] | None = None, **properties: Any) -> None:
        """Tell the application of this stream."""
        known = {self.attribute: {**self.known(), **(more or {})}}
        self.call.tell(self.events, f"{self.event}{what}", **known, **properties)

    def known(self) -> dict[str, Any]:
        """Return what the events tell of it."""
        return {
            "id": self.id,
            "name": self.name,
            "destination": self.verb.destination,
            "startTime": timestamp(self.start_time),
            "tracks": self.tracks,
            "type": "WebSocket",
        }


class LiveTranscription(Stream):
    """A transcription that is made while the call goes on."""

    is_transcription = True
    url_attribute = "transcription_event_url"
    event = "realTimeTranscription"
    attribute = "real_time_transcription"
    original = "original_transcription"
    prefix = "t"

    def stop(self) -> None:
        super().stop()
        self.call.bandwidth.timeline.later(TRANSCRIPTION_AVAILABLE_AFTER, self._become_available)

    def _become_available(self) -> None:
        more = {
            "status": "available",
            "url": f"{REST}/{self.call.resource}/transcriptions/{self.id}",
            "completedTime": timestamp(self.call.bandwidth.now),
        }
        super().tell("Available", more)

    def tell(self, what: str, more: dict[str, Any] | None = None, **properties: Any) -> None:
        if self.verb.destination is not None:  # only then anybody follows it while it is made
            super().tell(what, more, **properties)

    def known(self) -> dict[str, Any]:
        known = {
            "id": self.id,
            "name": self.name,
            "startTime": timestamp(self.start_time),
            "tracks": self.tracks,
        }
        if self.verb.destination is not None:
            known["destination"] = self.verb.destination
            known["stabilized"] = "false" if self.verb.stabilized is False else "true"
        return known


# -- The verbs -----------------------------------------------------------------------------------------------


@runs(bxml.StartStream)
def _start_stream(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    Stream(call, verb, base).start()
    return None
    yield


@runs(bxml.StartTranscription)
def _start_transcription(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    LiveTranscription(call, verb, base).start()
    return None
    yield


@runs(bxml.StopStream, bxml.StopTranscription)
def _stop(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    is_transcription = isinstance(verb, bxml.StopTranscription)
    for stream in list(call.streams.values()):
        # Only a StopTranscription may have no name: it means all of them.
        if stream.is_transcription == is_transcription and verb.name in (None, stream.name):
            stream.stop()
    return None
    yield
