"""Verbs that stream a call's audio or transcribe it live. Only their events are sent, no audio."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_bandwidth_callbacks import bxml

from ..choices import TRANSCRIPTION_AVAILABLE_AFTER
from ..engine.activities import Sound, Stream
from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import StreamEnded
from ..engine.timeline import Steps
from ..engine.transcription import CallTranscription
from ..engine.turn import Turn, in_turn
from ..wire.payloads import duration, timestamp

MOST_TRACKS = 4
"""How many tracks a call may stream at a time, and transcribe at a time.

Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
"""

_TRACKS = {"inbound": ["inbound"], "outbound": ["outbound"], "both": ["inbound", "outbound"]}


class _StartedStream(Stream):
    """What a verb leaves running, with the events about it."""

    prefix: ClassVar[str]
    """Prefix of its ids."""
    url_attribute: ClassVar[str]
    """Attribute of the verb that holds the URL for the events."""
    event: ClassVar[str]
    """What the types of its events begin with."""
    attribute: ClassVar[str]
    """Attribute of the events that describes it."""
    original_attribute: ClassVar[str]
    """Attribute of a rejection that describes the one whose name it has."""

    def __init__(self, call: Call, verb: bxml.StartStream | bxml.StartTranscription, base: str) -> None:
        self.id = call.bandwidth.new_id(self.prefix)
        self.name = verb.name or self.id
        self.tracks = _TRACKS[verb.effective("tracks")]
        self.start_time = call.bandwidth.now
        self.call = call
        self.events = call.destination(verb, self.url_attribute, base)

    def start(self) -> None:
        """Start, unless the call has one of that name or too many tracks already."""
        running = self.call.running(type(self))
        namesake = next((stream for stream in running if stream.name == self.name), None)
        if namesake is not None:
            message = f"the name {self.name!r} is in use"
            original = {self.original_attribute: namesake.properties()}
            self.notify("Rejected", cause="duplicate", error_message=message, **original)
        elif sum(len(stream.tracks) for stream in running) + len(self.tracks) > MOST_TRACKS:
            self.notify("Rejected", cause="track-limit", error_message=f"more than {MOST_TRACKS} tracks")
        else:
            self.call.activities.append(self)
            self.notify("Started")

    @property
    def turn(self) -> Turn:
        """The lock that lets one thread at a time use the simulation."""
        return self.call.turn

    @in_turn
    def close(self) -> None:
        if self in self.call.activities:
            self.call.application_acts()
            self.call.note("", f"stream {self.name} closed by the application")
            self.stop()
            self.call.bandwidth.go_on()

    def stop(self) -> None:
        """Stop."""
        self.call.activities.remove(self)
        length = self.call.bandwidth.now - self.start_time
        self.notify("Stopped", {"duration": duration(length)}, cause="closed")
        self.call.process.send(StreamEnded())

    def over(self) -> None:
        self.stop()

    def notify(self, suffix: str, details: dict[str, Any] | None = None, **properties: Any) -> None:
        """Send an event about it.

        :param suffix: what the type of the event ends with.
        :param details: what the event says of it besides :meth:`properties`.
        """
        described = {self.attribute: {**self.properties(), **(details or {})}}
        self.call.notify(self.events, f"{self.event}{suffix}", **described, **properties)

    def properties(self) -> dict[str, Any]:
        """Return how events describe it, by wire names."""
        return {
            "id": self.id,
            "name": self.name,
            "startTime": timestamp(self.start_time),
            "tracks": self.tracks,
        }


class MediaStream(_StartedStream):
    """A stream of a call's audio to a websocket."""

    prefix = "s"
    url_attribute = "stream_event_url"
    event = "mediaStream"
    attribute = "media_stream"
    original_attribute = "original_media_stream"

    def __init__(self, call: Call, verb: bxml.StartStream, base: str) -> None:
        super().__init__(call, verb, base)
        self.destination = verb.destination

    def properties(self) -> dict[str, Any]:
        return {**super().properties(), "destination": self.destination, "type": "WebSocket"}


class LiveTranscription(_StartedStream):
    """A transcription that is made while the call goes on."""

    prefix = "t"
    url_attribute = "transcription_event_url"
    event = "realTimeTranscription"
    attribute = "real_time_transcription"
    original_attribute = "original_transcription"

    def __init__(self, call: Call, verb: bxml.StartTranscription, base: str) -> None:
        super().__init__(call, verb, base)
        self.destination = verb.destination
        self.stabilized: bool = verb.effective("stabilized")
        url = f"{call.rest_url}/transcriptions/{self.id}"
        self.transcription = CallTranscription(self.id, self.name, url, {track: [] for track in self.tracks})

    def sounded(self, sound: Sound, *, spoken: bool) -> None:
        words = self.transcription.words.get("inbound" if spoken else "outbound")
        if words is not None and not sound.is_file:
            words.append(sound.words)

    def stop(self) -> None:
        super().stop()
        self.call.bandwidth.timeline.later(TRANSCRIPTION_AVAILABLE_AFTER, self._become_available)

    def _become_available(self) -> None:
        self.call.transcriptions.append(self.transcription)
        details = {
            "status": "available",
            "url": self.transcription.transcription_url,
            "completedTime": timestamp(self.call.bandwidth.now),
        }
        super().notify("Available", details)

    def notify(self, suffix: str, details: dict[str, Any] | None = None, **properties: Any) -> None:
        if self.destination is not None:  # otherwise the transcription cannot be followed while it is made
            super().notify(suffix, details, **properties)

    def properties(self) -> dict[str, Any]:
        properties = super().properties()
        if self.destination is not None:
            properties["destination"] = self.destination
            properties["stabilized"] = "true" if self.stabilized else "false"
        return properties


# -- The verbs -----------------------------------------------------------------------------------------------


@runs(bxml.StartStream)
def start_stream(call: Call, verb: bxml.StartStream, base: str) -> Next:
    """Start to stream the call's audio."""
    MediaStream(call, verb, base).start()
    return None


@runs(bxml.StopStream)
def stop_stream(call: Call, verb: bxml.StopStream, base: str) -> Steps[Next]:
    """Stop the stream of that name, if there is one, or wait until its websocket is closed."""
    if not verb.effective("wait"):
        _stop(call, MediaStream, verb.name)
        return None
    for stream in call.running(MediaStream):
        if stream.name == verb.name:
            call.note("", f"waiting for the end of stream {stream.name}")
            while stream in call.activities:
                yield from call.silence(None, (StreamEnded,))
    return None


@runs(bxml.StartTranscription)
def start_transcription(call: Call, verb: bxml.StartTranscription, base: str) -> Next:
    """Start to transcribe the call."""
    LiveTranscription(call, verb, base).start()
    return None


@runs(bxml.StopTranscription)
def stop_transcription(call: Call, verb: bxml.StopTranscription, base: str) -> Next:
    """Stop the transcription of that name, or all of them without a name."""
    _stop(call, LiveTranscription, verb.name)
    return None


def _stop(call: Call, kind: type[_StartedStream], name: str | None) -> None:
    for stream in call.running(kind):
        if name in (None, stream.name):
            stream.stop()
