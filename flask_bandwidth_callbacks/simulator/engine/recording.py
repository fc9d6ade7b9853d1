"""A recording of a call or conference."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from ..wire.payloads import duration, timestamp
from .platform import Platform


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
        self.is_available = False
        """Whether it can be fetched now."""
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
            self.duration += self._bandwidth.now - self._runs_since
            self._runs_since = None

    def resume(self) -> None:
        """Record again."""
        if self._runs_since is None:
            self._runs_since = self._bandwidth.now

    def add(self, words: str) -> None:
        """Record words, unless it is paused."""
        if self._runs_since is not None:
            self.words.append(words)

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
