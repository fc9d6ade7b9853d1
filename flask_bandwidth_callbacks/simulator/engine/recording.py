"""A recording of a call or conference."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from ..wire.payloads import duration, timestamp
from .activities import Sound
from .platform import Platform


class Passage(NamedTuple):
    """A part of a recording in which something sounds."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    sound: Sound
    spoken: bool
    """Whether the person on the call spoke it; else they heard it."""


class Recording:
    """One recording, running or done.

    :param url: what it is a recording of, in the REST interface, such as ``https://.../calls/c-...``.
    """

    def __init__(
        self, bandwidth: Platform, url: str, *, name: str | None, file_format: str, channels: int = 1
    ) -> None:
        self.recording_id = bandwidth.new_id("r")
        """Id of the recording, ``r-...``."""
        self.name = name
        """Its name, if the application gave it one."""
        self.file_format = file_format
        """``wav`` or ``mp3``."""
        self.channels = channels
        """Number of channels, 1 or 2."""
        self.start_time = self.end_time = bandwidth.now
        self.duration = timedelta()
        """Its length without pauses."""
        self.words: list[str] = []
        """What was said while it ran; where both sides are recorded, also what was played."""
        self.passages: list[Passage] = []
        """When something sounded, in order."""
        self.is_available = False
        """Whether it can be fetched now."""
        self.is_deleted = False
        """Whether the application has deleted it over REST."""
        self.is_media_deleted = False
        """Whether the application has deleted its sound over REST."""
        self.transcription: dict[str, str] | None = None
        """Its transcription as events describe it, by wire names; None without one."""
        self.status: Literal["complete", "partial", "error"] = "complete"
        """The status that the application will be notified of; may be set until then."""
        self.url = f"{url}/recordings/{self.recording_id}"
        """Where it is in the REST interface."""

        self._bandwidth = bandwidth
        self._runs_since: datetime | None = self.start_time

    def __repr__(self) -> str:
        return f"<Recording {self.recording_id}, {self.duration.total_seconds():g} s, {self.words}>"

    def pause(self) -> None:
        """Record nothing until it is resumed."""
        if self._runs_since is not None:
            self.duration = self._length()
            self._runs_since = None
            end = self.duration.total_seconds()
            self.passages = [passage._replace(end=min(passage.end, end)) for passage in self.passages]

    def resume(self) -> None:
        """Record again."""
        if self._runs_since is None:
            self._runs_since = self._bandwidth.now

    def add(self, sound: Sound, *, spoken: bool) -> None:
        """Record a sound, unless it is paused.

        :param spoken: whether the person on the call speaks it; else they hear it.
        """
        if self._runs_since is not None:
            start = self._length().total_seconds()
            self.words.append(sound.words)
            self.passages.append(Passage(start, start + sound.seconds, sound, spoken))

    def _length(self) -> timedelta:
        running = timedelta() if self._runs_since is None else self._bandwidth.now - self._runs_since
        return self.duration + running

    def stop(self) -> None:
        """End the recording."""
        self.pause()
        self.end_time = self._bandwidth.now

    def properties(self) -> dict[str, Any]:
        """Return the event properties of this recording, keyed by attribute name."""
        return {
            "recording_id": self.recording_id,
            "media_url": f"{self.url}/media",
            "start_time": timestamp(self.start_time),
            "end_time": timestamp(self.end_time),
            "duration": duration(self.duration),
            "file_format": self.file_format,
            "channels": self.channels,
        }
