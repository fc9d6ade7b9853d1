"""Documents that end a call by accident."""

from __future__ import annotations

from .elements import Document, Verb
from .verbs import (
    PauseRecording,
    ResumeRecording,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    Tag,
)

_INSTANT = (
    PauseRecording,
    ResumeRecording,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    Tag,
)
"""The verbs after which the next one runs at once."""


def accidental_ends(document: Document) -> list[str]:
    """Return a fault if a document ends as soon as its bidirectional stream has started.

    Bandwidth hangs up at the end of a document, and nothing in it waits for who talks over the stream.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
    """
    for verb in reversed(document.children):
        if isinstance(verb, StartStream) and verb.effective("mode") == "bidirectional":
            name = verb.effective("name") or "..."
            return [
                "the document ends as soon as its bidirectional StartStream has started, so Bandwidth hangs"
                f" up. End it with StopStream(name={name!r}, wait=True), which waits until the stream is"
                " closed"
            ]
        if not _is_instant(verb):
            break
    return []


def _is_instant(verb: Verb) -> bool:
    return isinstance(verb, _INSTANT) and not (isinstance(verb, StopStream) and verb.effective("wait"))
