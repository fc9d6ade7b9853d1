"""The sound of a recording: silence, and a tone wherever something sounded.

A WAV has both, in one channel, or in one for each side of the call. An MP3 is silent throughout.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator

from ..engine.recording import Passage, Recording

RATE = 8000
"""Samples in a second, as telephones have."""

_PERIOD = 20
"""Samples in one period of the tone, which makes it 400 Hz."""
_TONE = [round(8000 * math.sin(2 * math.pi * sample / _PERIOD)) for sample in range(_PERIOD)]
_SAMPLE_BYTES = 2
_HEADER_BYTES = 44
_MOST_BYTES = 2**32 - _HEADER_BYTES
"""A WAV states its length in 32 bits; a longer recording is cut."""

_MP3_FRAME = bytes.fromhex("ffe318c0") + bytes(68)
"""72 ms of silence: MPEG 2.5, layer III, 8 kbit/s, 8000 Hz, mono, without any data."""
_MP3_FRAME_SECONDS = 0.072


def wav(recording: Recording) -> tuple[int, Iterator[bytes]]:
    """Return the number of bytes of a recording as a WAV file, and its parts."""
    frame = _SAMPLE_BYTES * recording.channels
    length = min(round(recording.duration.total_seconds() * RATE), _MOST_BYTES // frame)
    return _HEADER_BYTES + length * frame, _wav(recording, length)


def _wav(recording: Recording, length: int) -> Iterator[bytes]:
    channels = recording.channels
    frame = _SAMPLE_BYTES * channels
    yield b"RIFF" + struct.pack("<I", _HEADER_BYTES - 8 + length * frame) + b"WAVEfmt "
    yield struct.pack("<IHHIIHH", 16, 1, channels, RATE, RATE * frame, frame, 8 * _SAMPLE_BYTES)
    yield b"data" + struct.pack("<I", length * frame)
    tones = [_spans(recording.passages, side) for side in _sides(channels)]
    changes = sorted({0, length, *(edge for spans in tones for span in spans for edge in span)})
    for start, end in itertools.pairwise(changes):
        sounding = [any(first <= start < last for first, last in spans) for spans in tones]
        samples = [value for tone in _TONE for value in (tone if sounds else 0 for sounds in sounding)]
        period = struct.pack(f"<{len(samples)}h", *samples)
        for at in range(start, min(end, length), RATE):
            yield (period * (RATE // _PERIOD))[: frame * (min(end, length, at + RATE) - at)]


def _sides(channels: int) -> list[bool | None]:
    """Return whose sounds each channel has: the person's, then what they heard; in one channel, both."""
    return [None] if channels == 1 else [True, False]


def _spans(passages: list[Passage], side: bool | None) -> list[tuple[int, int]]:
    """Return when one side sounds, in samples."""
    return [
        (round(passage.start * RATE), round(passage.end * RATE))
        for passage in passages
        if side in (None, passage.spoken)
    ]


def mp3(recording: Recording) -> tuple[int, Iterator[bytes]]:
    """Return the number of bytes of a recording as a silent MP3 file, and its parts."""
    frames = math.ceil(recording.duration.total_seconds() / _MP3_FRAME_SECONDS)
    return frames * len(_MP3_FRAME), (_MP3_FRAME for _ in range(frames))
