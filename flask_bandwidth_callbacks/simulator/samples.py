"""Sample payloads: one callback of every type, with every property that it can have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.events import event_class_of
from flask_bandwidth_callbacks.payloads import attribute_types

from .choices import MACHINE_DETECTION_SECONDS
from .engine.call import Call
from .engine.platform import Platform
from .engine.recording import Recording
from .verbs.conferences import Conference
from .verbs.streams import LiveTranscription, MediaStream
from .wire.payloads import (
    APPLICATION_NUMBER,
    CALLER_NUMBER,
    VERIFIED_CALLER,
    duration,
    payload_of,
    timestamp,
)

_CALLED_NUMBER = "+13035550141"
_WEBSOCKET = "wss://stream.example.com/"
_LENGTH = timedelta(seconds=20)
_VALUES: dict[str, Any] = {
    "uui": "b3JkZXIgNw==;encoding=base64",
    "diversion": {
        "origTo": "+13035550199",
        "reason": "no-answer",
        "screen": "no",
        "privacy": "off",
        "counter": "1",
        "limit": "5",
    },
    "stir_shaken": VERIFIED_CALLER,
    "sip_headers": {"x-ticket": "4711"},
    "machine_detection_result": {
        "value": "human",
        "duration": duration(timedelta(seconds=MACHINE_DETECTION_SECONDS)),
    },
    "digits": "1",
    "terminating_digit": "#",
    "digit": "1",
    "status": "complete",
    "sip_response_code": 486,
    "refer_call_status": "failure",
    "refer_sip_response_code": 202,
    "notify_sip_response_code": 486,
    "text": "The blue bicycle, please.",
    "privacy": False,
    "caller_display_name": "Ada Lovelace",
}
"""What does not come from a call, a recording, a stream or a conference, keyed by attribute name."""


def sample_of(bandwidth: Platform, event: str) -> dict[str, Any]:
    """Return a credible payload of an event, with every property that it can have.

    In a new simulation all events are about the same call. It is the leg of a Transfer, waited in a queue,
    was recorded, streamed and so on, although no single call does all of that.
    """
    attributes = attribute_types(event_class_of(event))
    caller = Call(bandwidth, APPLICATION_NUMBER, CALLER_NUMBER, "inbound")
    call = caller.make_leg(_CALLED_NUMBER, CALLER_NUMBER)
    call.set_tag("order 7")
    conference = Conference(bandwidth, "weekly-sales", call, None)
    recorded: Call | Conference = conference if "conference_id" in attributes else call
    recording = Recording(bandwidth, recorded.rest_url, name=None, file_format="wav")
    stream = MediaStream(call, bxml.StartStream(destination=f"{_WEBSOCKET}audio", name="agent"), "")
    transcription = LiveTranscription(
        call, bxml.StartTranscription(destination=f"{_WEBSOCKET}words", name="captions"), ""
    )
    call.answer()
    end = bandwidth.now + _LENGTH
    recording.end_time, recording.duration = end, _LENGTH

    properties = {
        **_VALUES,
        **call.properties(),
        **_cause(attributes),
        "event_type": event,
        "event_time": timestamp(end),
        "end_time": timestamp(end),
        "error_id": bandwidth.new_id(""),
        **_nested(bandwidth, call, stream.properties(), transcription.properties()),
    }
    if "enqueued_time" not in attributes:
        properties["direction"] = "inbound"
    if "conference_id" in attributes:
        properties |= conference.properties()
    if "recording_id" in attributes:
        properties |= recording.properties()
    return payload_of(event, properties)


def _cause(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return the cause and the error of an event that reports one."""
    if "error_id" in attributes:
        return {"cause": "busy", "error_message": "Callee is busy"}
    if "original_media_stream" in attributes or "original_transcription" in attributes:
        return {"cause": "duplicate", "error_message": "The name is in use"}
    return {"cause": "connection-error", "error_message": "The connection to the websocket broke"}


def _nested(
    bandwidth: Platform, call: Call, stream: dict[str, Any], transcription: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the streams and the transcriptions that events describe, keyed by attribute name."""
    over = {"duration": duration(_LENGTH)}
    available = {
        "status": "available",
        "url": f"{call.rest_url}/transcriptions/{transcription['id']}",
        "completedTime": timestamp(bandwidth.now + _LENGTH),
    }
    words = {"speaker": "caller", "text": "The blue bicycle, please.", "confidence": 0.93}
    return {
        "media_stream": stream | over,
        "original_media_stream": stream | over | {"id": bandwidth.new_id("s")},
        "transcription": available | words | {"id": transcription["id"]},
        "real_time_transcription": transcription | over | available,
        "original_transcription": transcription | over | available | {"id": bandwidth.new_id("t")},
    }
