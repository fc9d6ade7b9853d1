"""The types of events as a type checker sees them: lines that must pass, and lines that must fail.

Never run. mypy fails on an error that is not marked and, because of ``warn_unused_ignores``, on a mark
without an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, assert_type

from flask_bandwidth_callbacks import (
    Callback,
    CallCallback,
    ConferenceCallback,
    DisconnectCallback,
    Diversion,
    GatherCallback,
    InitiateCallback,
    MachineDetectionResult,
    MediaStreamStartedCallback,
    RealTimeTranscriptionStartedCallback,
    RecordingCompleteCallback,
    StirShaken,
)


def attributes(
    call: InitiateCallback, recording: RecordingCompleteCallback, conference: ConferenceCallback
) -> None:
    """Attributes have the type of their property, or None; ids that are always sent are ``str``."""
    assert_type(call.call_id, str)
    assert_type(call.var_from, str | None)
    assert_type(call.from_, str | None)
    assert_type(call.event_time, datetime | None)
    assert_type(call.diversion, Diversion | None)
    assert_type(call.stir_shaken, StirShaken | None)
    assert_type(call.sip_headers, dict[str, str] | None)
    assert_type(call.extra, dict[str, Any])
    assert_type(call.raw, Mapping[str, Any])
    assert_type(call.errors, Mapping[str, Any])
    assert_type(recording.duration, timedelta | None)
    assert_type(recording.channels, int | None)
    assert_type(conference.conference_id, str)
    call.digits  # type: ignore[attr-defined]
    call.callId  # type: ignore[attr-defined]
    conference.call_id  # type: ignore[attr-defined]
    recording.duration + timedelta(seconds=1)  # type: ignore[operator]
    call.from_ = "+15551112222"  # type: ignore[misc]


def inside(
    call: InitiateCallback, stream: MediaStreamStartedCallback, words: RealTimeTranscriptionStartedCallback
) -> None:
    """Attributes of objects inside of events are typed, and the object itself may be missing."""
    call.stir_shaken.verstat  # type: ignore[union-attr]
    if call.stir_shaken:
        assert_type(call.stir_shaken.verstat, str | None)
        call.stir_shaken.verification  # type: ignore[attr-defined]
    if stream.media_stream and words.real_time_transcription:
        assert_type(stream.media_stream.tracks, tuple[str, ...] | None)
        assert_type(words.real_time_transcription.stabilized, bool | None)


def construction() -> None:
    """A constructor takes the attributes of its event as keywords, each with its type."""
    InitiateCallback(call_id="c-1", stir_shaken=StirShaken(verstat="TN-Verification-Passed"))
    InitiateCallback(call_id="c-1", extra={"somethingNew": 1}, raw={}, errors={})
    MachineDetectionResult(value="human", duration=timedelta(seconds=1), extra={})
    DisconnectCallback(event_time=None)
    InitiateCallback(digits="1")  # type: ignore[call-arg]
    InitiateCallback(callId="c-1")  # type: ignore[call-arg]
    InitiateCallback(call_id=1)  # type: ignore[arg-type]
    InitiateCallback(event_time="2026-03-04T16:22:18.102Z")  # type: ignore[arg-type]
    InitiateCallback("c-1")  # type: ignore[arg-type, call-arg]


def reading(text: str) -> None:
    """A class reads its own events; a base class reads every event below it."""
    assert_type(GatherCallback.from_json(text), GatherCallback)
    assert_type(GatherCallback.from_dict({}), GatherCallback)
    assert_type(Callback.from_json(text), Callback)
    assert_type(CallCallback.read_leniently({}), tuple[CallCallback, dict[str, Any]])
    assert_type(GatherCallback().to_dict(), dict[str, Any])
    assert_type(GatherCallback().to_json(), str)
    GatherCallback.Schema().load({})
    GatherCallback.Schema(many=True).dump([GatherCallback()])
    GatherCallback.from_json(7)  # type: ignore[arg-type]
    event = Callback.from_json(text)
    if isinstance(event, GatherCallback):
        assert_type(event.digits, str | None)
