"""Payloads of every event type with all its properties, compiled from Bandwidth's documentation.

Real events leave out properties that do not apply; these payloads have all of them at once.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

_CALL_URL = "https://voice.bandwidth.com/api/v2/accounts/5500000/calls/c-15ac29a2-1331029c-2cb0"
_MEDIA_STREAM = {
    "id": "s-a5e6ab2c-3d5b-4a1e-9f0a-2c1f6b7d8e90",
    "name": "live_agent",
    "destination": "wss://stream.example.com/audio",
    "startTime": "2026-03-04T16:21:04.104Z",
    "tracks": ["inbound", "outbound"],
    "type": "WebSocket",
}
_LIVE_TRANSCRIPTION = {
    "id": "t-387bd648-18f3-4823-9d16-746bca0003c9",
    "name": "live_captions",
    "startTime": "2026-03-04T16:21:04.104Z",
    "tracks": ["inbound"],
    "destination": "wss://stream.example.com/captions",
    "stabilized": "true",
}

_VALUES: dict[str, Any] = {
    "accountId": "5500000",
    "answerTime": "2026-03-04T16:20:16.312Z",
    "applicationId": "7fc9698a-b04a-468b-9e8f-91238c0d0086",
    "callId": "c-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85",
    "callUrl": _CALL_URL,
    "callerDisplayName": "Ada Lovelace",
    "cause": "hangup",
    "channels": 1,
    "conferenceId": "conf-fe23a767-a75a5b77-20c5-4cca-b581-cbbf0776eca9",
    "digit": "#",
    "digits": "15*",
    "direction": "outbound",
    "diversion": {
        "origTo": "+19195551234",
        "reason": "no-answer",
        "screen": "no",
        "privacy": "off",
        "counter": "1",
        "limit": "5",
    },
    "duration": "PT20.056S",
    "endTime": "2026-03-04T16:22:17.789Z",
    "enqueuedTime": "2026-03-04T16:20:15.007Z",
    "errorId": "4642074b-7b58-478b-96e4-3a60955c6765",
    "errorMessage": "Invalid BXML: the verb Speak is not known",
    "eventTime": "2026-03-04T16:22:18.102Z",
    "fileFormat": "wav",
    "from": "+15551112222",
    "machineDetectionResult": {"value": "answering-machine", "duration": "PT5.045329S"},
    "mediaStream": _MEDIA_STREAM,
    "mediaUrl": f"{_CALL_URL}/recordings/r-fbe05094-9fd2afe9-bf5b-4c68-820a-41a01c1c5833/media",
    "name": "weekly-sales",
    "notifySipResponseCode": 486,
    "originalMediaStream": {**_MEDIA_STREAM, "id": "s-0f7c3d52-77e1-4b9a-8f16-5e0d2c4b6a81"},
    "originalTranscription": {**_LIVE_TRANSCRIPTION, "id": "t-c02bbf46-4f7a-4d9e-93b5-1de3a5d20f6f"},
    "parentCallId": "c-95ac8d6e-1a31c52e-b38f-4198-93c1-51633ec68f8d",
    "privacy": True,
    "realTimeTranscription": _LIVE_TRANSCRIPTION,
    "recordingId": "r-fbe05094-9fd2afe9-bf5b-4c68-820a-41a01c1c5833",
    "referCallStatus": "failure",
    "referSipResponseCode": 202,
    "sipCallId": "0c6e1f2a-sbc@192.0.2.17",
    "sipHeaders": {"x-ticket": "4711", "x-language": "de"},
    "sipResponseCode": 603,
    "startTime": "2026-03-04T16:20:15.258Z",
    "status": "complete",
    "stirShaken": {
        "verstat": "TN-Verification-Passed",
        "attestationIndicator": "A",
        "originatingId": "8b1b1d7a-3f0c-4ce5-9b0e-5f3c1c0c6b5d",
    },
    "tag": "order 4711",
    "terminatingDigit": "#",
    "text": "two tickets, please",
    "to": "+15553334444",
    "transcription": {
        "id": "t-6dbd9e2a-9ad8-4b3c-8d9b-2a3cc5c2f3a1",
        "url": f"{_CALL_URL}/recordings/r-fbe05094-9fd2afe9-bf5b-4c68-820a-41a01c1c5833/transcription",
        "status": "available",
        "completedTime": "2026-03-04T16:23:01.250Z",
    },
    "transferCallerId": "+15551112222",
    "transferTo": "+15556667777",
    "uui": "bGlmZSBpcyBzaG9ydA==;encoding=base64,ZXlKaGJHY2lPaUpJVXpJMU5pSjk;encoding=jwt",
}
"""A realistic value of every property, unless the event has one of its own below."""

_PROPERTIES = {
    "initiate": "accountId applicationId to from uui direction callId callUrl startTime diversion stirShaken"
    " sipCallId sipHeaders privacy callerDisplayName",
    "answer": "accountId applicationId to from direction callId callUrl enqueuedTime startTime answerTime tag"
    " machineDetectionResult sipCallId",
    "disconnect": "accountId applicationId to from direction callId callUrl startTime enqueuedTime answerTime"
    " endTime cause errorMessage errorId tag sipCallId sipResponseCode",
    "redirect": "accountId applicationId to from direction callId parentCallId callUrl enqueuedTime startTime"
    " answerTime tag transferCallerId transferTo",
    "gather": "accountId applicationId to from direction callId parentCallId callUrl enqueuedTime startTime"
    " answerTime tag digits terminatingDigit text transferCallerId transferTo",
    "partialgather": "accountId applicationId to from direction callId",
    "dtmf": "accountId applicationId to from direction callId digit callUrl enqueuedTime startTime answerTime"
    " parentCallId transferCallerId transferTo tag",
    "recordComplete": "accountId applicationId to from direction callId parentCallId recordingId callUrl"
    " mediaUrl enqueuedTime answerTime startTime endTime duration channels fileFormat tag transferCallerId"
    " transferTo",
    "recordingAvailable": "accountId applicationId to from direction callId parentCallId recordingId channels"
    " enqueuedTime startTime endTime duration fileFormat callUrl mediaUrl tag status transferCallerId"
    " transferTo",
    "transcriptionAvailable": "accountId applicationId callId parentCallId recordingId to from direction tag"
    " enqueuedTime startTime endTime duration fileFormat callUrl mediaUrl transcription transferCallerId"
    " transferTo",
    "transferAnswer": "accountId applicationId from to direction callId parentCallId callUrl enqueuedTime"
    " startTime answerTime tag transferCallerId transferTo",
    "transferComplete": "accountId applicationId from to direction callId callUrl enqueuedTime startTime"
    " answerTime tag transferCallerId transferTo cause errorMessage errorId",
    "transferDisconnect": "accountId applicationId from to direction callId parentCallId callUrl tag"
    " enqueuedTime startTime answerTime endTime transferCallerId transferTo cause errorMessage errorId",
    "bridgeComplete": "accountId applicationId to from direction callId callUrl enqueuedTime startTime"
    " answerTime tag cause errorMessage errorId transferCallerId transferTo",
    "bridgeTargetComplete": "accountId applicationId to from direction callId callUrl enqueuedTime startTime"
    " answerTime tag",
    "conferenceCreated": "conferenceId name tag",
    "conferenceMemberJoin": "conferenceId name callId from to tag",
    "conferenceMemberExit": "conferenceId name callId from to tag",
    "conferenceCompleted": "conferenceId name tag",
    "conferenceRedirect": "conferenceId name tag",
    "conferenceRecordingAvailable": "conferenceId name accountId recordingId channels startTime endTime"
    " duration fileFormat mediaUrl tag status",
    "machineDetectionComplete": "accountId applicationId to from direction callId callUrl enqueuedTime"
    " startTime answerTime tag machineDetectionResult",
    "mediaStreamStarted": "accountId answerTime applicationId callId callUrl direction enqueuedTime from"
    " startTime to tag mediaStream",
    "mediaStreamRejected": "accountId answerTime applicationId callId callUrl direction enqueuedTime from"
    " startTime to tag cause errorMessage mediaStream originalMediaStream",
    "mediaStreamStopped": "accountId answerTime applicationId callId callUrl direction enqueuedTime from"
    " startTime to tag cause errorMessage mediaStream",
    "realTimeTranscriptionStarted": "accountId answerTime applicationId callId callUrl direction enqueuedTime"
    " from startTime to tag realTimeTranscription",
    "realTimeTranscriptionRejected": "accountId answerTime applicationId callId callUrl direction"
    " enqueuedTime from startTime to tag cause errorMessage realTimeTranscription originalTranscription",
    "realTimeTranscriptionStopped": "accountId answerTime applicationId callId callUrl direction enqueuedTime"
    " from startTime to tag cause errorMessage realTimeTranscription",
    "realTimeTranscriptionAvailable": "accountId answerTime applicationId callId callUrl direction"
    " enqueuedTime from startTime to tag realTimeTranscription",
    "referComplete": "accountId applicationId from to direction callId callUrl startTime answerTime tag"
    " referCallStatus referSipResponseCode notifySipResponseCode",
}
"""The properties of every event, besides ``eventType`` and ``eventTime``, which all events have."""

_OWN_VALUES: dict[str, dict[str, Any]] = {
    "initiate": {"direction": "inbound"},
    "bridgeComplete": {"cause": "busy"},
    "transferComplete": {"cause": "busy"},
    "mediaStreamRejected": {"cause": "duplicate"},
    "mediaStreamStopped": {
        "cause": "connection-error",
        "mediaStream": {**_MEDIA_STREAM, "duration": "PT1M52.217257S"},
    },
    "realTimeTranscriptionRejected": {"cause": "duplicate"},
    "realTimeTranscriptionStopped": {
        "cause": "connection-error",
        "realTimeTranscription": {**_LIVE_TRANSCRIPTION, "duration": "PT1M52.217257S"},
    },
    "realTimeTranscriptionAvailable": {
        "realTimeTranscription": {
            **_LIVE_TRANSCRIPTION,
            "status": "available",
            "url": f"{_CALL_URL}/transcriptions/t-387bd648-18f3-4823-9d16-746bca0003c9",
            "completedTime": "2026-03-04T16:23:01.250Z",
        }
    },
}
"""Values that differ from those above, by event."""

PAYLOADS: dict[str, dict[str, Any]] = {
    event_type: {
        name: _OWN_VALUES.get(event_type, {}).get(name, _VALUES.get(name, event_type))
        for name in ("eventType", "eventTime", *names.split())
    }
    for event_type, names in _PROPERTIES.items()
}
"""The full payload of every event type, as from JSON. Read only: :func:`payload` gives a copy."""

Place = tuple[str, ...]


def payload(event_type: str, **properties: Any) -> dict[str, Any]:
    """Return a copy of an event's full payload, with other values of some properties."""
    return copy.deepcopy(PAYLOADS[event_type]) | properties


def places(of: dict[str, Any], *, leaves_only: bool = False) -> Iterator[Place]:
    """Yield the path of each property of a payload, those inside of objects included."""
    for name, value in of.items():
        inner = value if isinstance(value, dict) and name != "sipHeaders" else {}
        if not (inner and leaves_only):
            yield (name,)
        yield from ((name, *place) for place in places(inner))


def without(of: dict[str, Any], *place: str) -> dict[str, Any]:
    """Return a copy of a payload that lacks one property: ``without(payload, "stirShaken", "verstat")``."""
    name, *inner = place
    if inner:
        return {**of, name: without(of[name], *inner)}
    return {key: value for key, value in of.items() if key != name}


def replaced(of: dict[str, Any], value: Any, *place: str) -> dict[str, Any]:
    """Return a copy of a payload in which one property has another value."""
    name, *inner = place
    return {**of, name: replaced(of[name], value, *inner) if inner else value}


def value_at(of: dict[str, Any], *place: str) -> Any:
    """Return the value of a property of a payload."""
    name, *inner = place
    return value_at(of[name], *inner) if inner else of[name]
