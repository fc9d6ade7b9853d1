"""What verbs leave running on a call or conference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sound:
    """What is said or played on a call: words or an audio file."""

    words: str
    """The words, or the URL of the file."""
    seconds: float
    """How long it lasts, unless it is interrupted."""
    is_file: bool = False


class Activity:
    """Something that a verb leaves running: a recording, a stream, a bridge.

    The verb adds it to its resource with ``resource.activities.append(...)``. The resource reports to it
    what happens, and knows nothing else of it.
    """

    @property
    def takes_keys(self) -> bool:
        """Whether a key that is pressed now has an effect."""
        return False

    @property
    def listens(self) -> bool:
        """Whether words that are said now have an effect."""
        return False

    def key_pressed(self, key: str) -> None:
        """Handle a key that the person on the call presses."""

    def sounded(self, sound: Sound, *, spoken: bool) -> None:
        """Handle a sound that is ``spoken`` by the person on the call, else heard by them."""

    def over(self) -> None:
        """Handle the end of the resource."""


class Stream(Activity):
    """A stream of a call's audio while it runs, or a live transcription of it."""

    id: str
    name: str
    tracks: list[str]
    """The sides of the call that are streamed, of ``inbound`` and ``outbound``."""
    start_time: datetime

    @property
    def listens(self) -> bool:
        return "inbound" in self.tracks

    def close(self) -> None:
        """Close the websocket as the application does, unless it is closed already."""


class Streams(Mapping[str, Stream]):
    """The streams and live transcriptions that run on a call, by id. A name finds the oldest one of it."""

    def __init__(self, running: Sequence[Stream]) -> None:
        self._running = running

    def __getitem__(self, name: str) -> Stream:
        for stream in self._running:
            if name in (stream.id, stream.name):
                return stream
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (stream.id for stream in self._running)

    def __len__(self) -> int:
        return len(self._running)
