"""A live transcription of a call, as it can be fetched when it is complete."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class CallTranscription:
    """The words of a call that was transcribed while it went on."""

    transcription_id: str
    """Its id, ``t-...``."""
    transcription_name: str
    """Its name, or its id if the application gave it none."""
    transcription_url: str
    """Where it is in the REST interface."""
    words: dict[str, list[str]] = field(default_factory=dict)
    """What was said (``inbound``) and played (``outbound``), by the tracks that were transcribed."""
