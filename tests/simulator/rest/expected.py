"""What Bandwidth's description of its REST interface says of each operation, written by hand.

Source: https://dev.bandwidth.com/apis/voice/, and Bandwidth's SDK for Python.
"""

from __future__ import annotations

from typing import Any, NamedTuple

CALL = "/accounts/<account_id>/calls/<call_id>"
CONFERENCE = "/accounts/<account_id>/conferences/<conference_id>"
RECORDING = f"{CALL}/recordings/<recording_id>"
BXML = "<Response><SpeakSentence>Hi.</SpeakSentence></Response>"


class Expected(NamedTuple):
    """One operation."""

    method: str
    path: str
    status: int = 200
    body: Any = None
    """A body that is right, for operations that read one: a JSON value, or the text of a document."""


_CALL_BODY = {
    "to": "+13035550141",
    "from": "+13035550100",
    "applicationId": "app-1",
    "answerUrl": "https://localhost/phone/",
}
_ACCOUNT = "/accounts/<account_id>"
_USERS = "/users/<account_id>"

VOICE = {
    "createCall": Expected("POST", f"{_ACCOUNT}/calls", 201, _CALL_BODY),
    "listCalls": Expected("GET", f"{_ACCOUNT}/calls"),
    "getCallState": Expected("GET", CALL),
    "updateCall": Expected("POST", CALL, 200, {"redirectUrl": "https://localhost/phone/"}),
    "updateCallBxml": Expected("PUT", f"{CALL}/bxml", 204, BXML),
    "listConferences": Expected("GET", f"{_ACCOUNT}/conferences"),
    "getConference": Expected("GET", CONFERENCE),
    "updateConference": Expected("POST", CONFERENCE, 204, {"redirectUrl": "https://localhost/phone/told"}),
    "updateConferenceBxml": Expected("PUT", f"{CONFERENCE}/bxml", 204, BXML),
    "getConferenceMember": Expected("GET", f"{CONFERENCE}/members/<member_id>"),
    "updateConferenceMember": Expected("PUT", f"{CONFERENCE}/members/<member_id>", 204, {"mute": True}),
    "listConferenceRecordings": Expected("GET", f"{CONFERENCE}/recordings"),
    "getConferenceRecording": Expected("GET", f"{CONFERENCE}/recordings/<recording_id>"),
    "downloadConferenceRecording": Expected("GET", f"{CONFERENCE}/recordings/<recording_id>/media"),
    "listAccountCallRecordings": Expected("GET", f"{_ACCOUNT}/recordings"),
    "listCallRecordings": Expected("GET", f"{CALL}/recordings"),
    "getCallRecording": Expected("GET", RECORDING),
    "updateCallRecordingState": Expected("PUT", f"{CALL}/recording", 200, {"state": "paused"}),
    "deleteRecording": Expected("DELETE", RECORDING, 204),
    "downloadCallRecording": Expected("GET", f"{RECORDING}/media"),
    "deleteRecordingMedia": Expected("DELETE", f"{RECORDING}/media", 204),
    "getRecordingTranscription": Expected("GET", f"{RECORDING}/transcription"),
    "transcribeCallRecording": Expected(
        "POST", f"{RECORDING}/transcription", 204, {"callbackUrl": "https://localhost/phone/told"}
    ),
    "deleteRecordingTranscription": Expected("DELETE", f"{RECORDING}/transcription", 204),
    "listRealTimeTranscriptions": Expected("GET", f"{CALL}/transcriptions"),
    "getRealTimeTranscription": Expected("GET", f"{CALL}/transcriptions/<transcription_id>"),
    "deleteRealTimeTranscription": Expected("DELETE", f"{CALL}/transcriptions/<transcription_id>"),
    "getStatistics": Expected("GET", f"{_ACCOUNT}/statistics"),
}
"""The operations of voice."""

NOT_SIMULATED = {
    "createMessage": Expected("POST", f"{_USERS}/messages", 501),
    "listMessages": Expected("GET", f"{_USERS}/messages", 501),
    "createMultiChannelMessage": Expected("POST", f"{_USERS}/messages/multiChannel", 501),
    "listMedia": Expected("GET", f"{_USERS}/media", 501),
    "getMedia": Expected("GET", f"{_USERS}/media/<path:media_id>", 501),
    "uploadMedia": Expected("PUT", f"{_USERS}/media/<path:media_id>", 501),
    "deleteMedia": Expected("DELETE", f"{_USERS}/media/<path:media_id>", 501),
    "createEndpoint": Expected("POST", f"{_ACCOUNT}/endpoints", 501),
    "listEndpoints": Expected("GET", f"{_ACCOUNT}/endpoints", 501),
    "getEndpoint": Expected("GET", f"{_ACCOUNT}/endpoints/<endpoint_id>", 501),
    "deleteEndpoint": Expected("DELETE", f"{_ACCOUNT}/endpoints/<endpoint_id>", 501),
    "updateEndpointBxml": Expected("PUT", f"{_ACCOUNT}/endpoints/<endpoint_id>/bxml", 501),
}
"""Operations of messaging, media and endpoints."""

OPERATIONS = {"token": Expected("POST", "/api/v1/oauth2/token"), **VOICE, **NOT_SIMULATED}

# -- Constraints of the models -------------------------------------------------------------------------------

LONG_URL = "https://example.com/" + "x" * 2028
"""A URL of 2048 characters."""

_METHODS = ["GET", "POST"]
_NOT_A_METHOD = ["PUT", "post", "", 1]
_URLS = ["https://example.com/path?query=1", "http://127.0.0.1:5000/", LONG_URL, None]
_NOT_A_URL = [
    "/relative",
    "ftp://x.com/",
    "https://",
    "https://u:p@x.com/",
    LONG_URL + "x",
    1,
    {},
]
_CREDENTIAL = ["x" * 1024, "s3cret!"]
_NOT_A_CREDENTIAL = ["x" * 1025, 1, "with\nnewline", "\ud800"]
_FLAGS = [True, False, None]
_NOT_A_FLAG = ["true", 1, 0, []]
_SECONDS = [0, 3.5, 60]
_NOT_SECONDS = ["soon", -1, True, []]


def _ranged(least: float, most: float) -> tuple[list[Any], list[Any]]:
    return [least, most, None], [least - 0.5, most + 0.5, "x", True, [least]]


VALUES: dict[str, dict[str, tuple[list[Any], list[Any]]]] = {
    "createCall": {
        "to": (
            ["+12", "+19195551234", "sip:jane@example.com", "sips:jane@example.com"],
            ["9195551234", "+0919555123", "+1234567890123456", "+1919555123x", "jane", "", None, 1, {}],
        ),
        "from": (["+19195551234"], ["9195551234", "Anonymous", "sip:jane@example.com", None, 1]),
        "privacy": (_FLAGS, _NOT_A_FLAG),
        "displayName": (["x" * 256, None], ["x" * 257, "\n", 1]),
        "uui": (["bXk=;encoding=base64", None], ["plain", "x" * 257 + ";encoding=base64", 1]),
        "applicationId": (["app"], [None, 1]),
        "answerUrl": (_URLS[:-1], [*_NOT_A_URL, None]),
        "answerMethod": (_METHODS, _NOT_A_METHOD),
        "answerFallbackUrl": (_URLS, _NOT_A_URL),
        "answerFallbackMethod": (_METHODS, _NOT_A_METHOD),
        "disconnectUrl": (_URLS, _NOT_A_URL),
        "disconnectMethod": (_METHODS, _NOT_A_METHOD),
        "callTimeout": _ranged(1, 300),
        "callbackTimeout": _ranged(1, 25),
        "priority": ([1, 5, None], [0, 6, 2.5, "x", True]),
        "tag": (["x" * 4096, "", None], ["x" * 4097, 1, "\ud83d"]),
        "machineDetection": ([{}, None], [1, [], "async"]),
        "machineDetection.mode": (["sync", "async"], ["slow", 1]),
        "machineDetection.detectionTimeout": (_SECONDS, _NOT_SECONDS),
        "machineDetection.silenceTimeout": (_SECONDS, _NOT_SECONDS),
        "machineDetection.speechThreshold": (_SECONDS, _NOT_SECONDS),
        "machineDetection.speechEndThreshold": (_SECONDS, _NOT_SECONDS),
        "machineDetection.machineSpeechEndThreshold": (_SECONDS, _NOT_SECONDS),
        "machineDetection.delayResult": (_FLAGS, _NOT_A_FLAG),
        "machineDetection.callbackUrl": (_URLS, _NOT_A_URL),
        "machineDetection.callbackMethod": (_METHODS, _NOT_A_METHOD),
        "machineDetection.fallbackUrl": (_URLS, _NOT_A_URL),
        "machineDetection.fallbackMethod": (_METHODS, _NOT_A_METHOD),
    },
    "updateCall": {
        "state": (["active"], ["done", 1]),
        "redirectUrl": (_URLS[:-1], [*_NOT_A_URL, None]),
        "redirectMethod": (_METHODS, _NOT_A_METHOD),
        "redirectFallbackUrl": (_URLS, _NOT_A_URL),
        "redirectFallbackMethod": (_METHODS, _NOT_A_METHOD),
        "tag": (["x" * 4096, ""], ["x" * 4097, 1]),
    },
    "updateConference": {
        "status": (["active"], ["done", 1]),
        "redirectUrl": (_URLS[:-1], [*_NOT_A_URL, None]),
        "redirectMethod": (_METHODS, _NOT_A_METHOD),
        "redirectFallbackUrl": (_URLS, _NOT_A_URL),
        "redirectFallbackMethod": (_METHODS, _NOT_A_METHOD),
    },
    "updateConferenceMember": {
        "mute": (_FLAGS, _NOT_A_FLAG),
        "hold": (_FLAGS, _NOT_A_FLAG),
        "callIdsToCoach": ([[], ["c-1", "c-2"], None], ["c-1", 1, {}]),
        "callIdsToCoach.0": (["c-1"], [1, None, {}]),
    },
    "updateCallRecordingState": {"state": (["paused", "recording"], ["stopped", None, 1])},
    "transcribeCallRecording": {
        "callbackUrl": (_URLS, ["/relative", "ftp://x.com/", 1]),
        "callbackMethod": (_METHODS, _NOT_A_METHOD),
        "tag": (["x" * 5000, None], [1]),
        "callbackTimeout": _ranged(1, 25),
        "detectLanguage": (_FLAGS, _NOT_A_FLAG),
    },
}
"""The properties of each model by their paths, each with values that are accepted and values that are not."""

PAIRS = {
    "createCall": ["", "fallback", "machineDetection.", "machineDetection.fallback"],
    "updateCall": ["", "fallback"],
    "updateConference": ["", "fallback"],
    "transcribeCallRecording": [""],
}
"""Where each model has a username and a password."""

for _operation, _prefixes in PAIRS.items():
    for _prefix in _prefixes:
        _name = "Username" if _prefix.endswith("fallback") else "username"
        VALUES[_operation][f"{_prefix}{_name}"] = (_CREDENTIAL, [*_NOT_A_CREDENTIAL, "with:colon", ""])

QUERIES: dict[str, dict[str, tuple[list[str], list[str]]]] = {
    "listCalls": {
        "to": (["+13035550141", ""], []),
        "from": (["x"], []),
        "minStartTime": (["2026-01-05T15:00:00Z", "2026-01-05T15:00:00.123+01:00"], ["yesterday", ""]),
        "maxStartTime": (["2026-01-05T15:00:00Z"], ["yesterday"]),
        "disconnectCause": (["busy"], []),
        "pageSize": (["1", "10000"], ["0", "10001", "x", "1.5", ""]),
        "pageToken": ([], ["x", ""]),
    },
    "listConferences": {
        "name": (["room"], []),
        "minCreatedTime": (["2026-01-05T15:00:00Z"], ["x"]),
        "maxCreatedTime": (["2026-01-05T15:00:00Z"], ["x"]),
        "pageSize": (["1", "1000"], ["0", "1001", "x"]),
        "pageToken": ([], ["x"]),
    },
    "listAccountCallRecordings": {
        "to": (["x"], []),
        "from": (["x"], []),
        "minStartTime": (["2026-01-05T15:00:00Z"], ["x"]),
        "maxStartTime": (["2026-01-05T15:00:00Z"], ["x"]),
    },
}
"""The parameters of each query, in the same way."""
