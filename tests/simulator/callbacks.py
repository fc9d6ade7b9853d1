"""The callbacks of a call, and whether Bandwidth could have sent them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask_bandwidth_callbacks import Callback
from flask_bandwidth_callbacks.simulator import Call, Exchange
from tests.payloads import PAYLOADS, places, value_at

# -- What a call told ----------------------------------------------------------------------------------------


def events(exchanges: Iterable[Exchange]) -> list[str]:
    """Return the event types, in order."""
    return [exchange.event for exchange in exchanges]


def timed(call: Call) -> list[tuple[str, float]]:
    """Return the event types of a call with the seconds that had passed since it began."""
    return [
        (exchange.event, (exchange.time - call.start_time).total_seconds()) for exchange in call.exchanges
    ]


def told(exchanges: Iterable[Exchange], event: str) -> Mapping[str, Any]:
    """Return the payload of the only callback of an event."""
    (payload,) = all_told(exchanges, event)
    return payload


def all_told(exchanges: Iterable[Exchange], event: str) -> list[Mapping[str, Any]]:
    """Return the payloads of all callbacks of an event, in order."""
    return [exchange.payload for exchange in exchanges if exchange.event == event]


# -- Whether Bandwidth could have told it so -----------------------------------------------------------------

_OPTIONAL = {
    *("uui", "diversion", "stirShaken", "sipCallId", "sipHeaders", "sipResponseCode"),
    *("privacy", "callerDisplayName", "text"),
    *(
        "machineDetectionResult",
        "enqueuedTime",
        "tag",
        "errorMessage",
        "errorId",
        "parentCallId",
        "transferCallerId",
        "transferTo",
    ),
    *("originalMediaStream", "originalTranscription", "referSipResponseCode", "notifySipResponseCode"),
}
"""Properties that an event may lack."""
_ALWAYS = {
    "transferAnswer": {"parentCallId", "transferCallerId", "transferTo"},
    "transferComplete": {"transferCallerId", "transferTo"},
    "transferDisconnect": {"parentCallId", "transferCallerId", "transferTo"},
    "machineDetectionComplete": {"machineDetectionResult"},
    "mediaStreamRejected": {"errorMessage"},
    "realTimeTranscriptionRejected": {"errorMessage"},
}
"""Those among them that some events never lack."""
_SOMETIMES = {
    "disconnect": {"answerTime"},
    "redirect": {"answerTime"},
    "transferDisconnect": {"answerTime"},
    "bridgeComplete": {"cause"},
}
"""Others that some events may lack."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DURATION = re.compile(r"PT\d+\.\d{3,9}S")


def check(exchange: Exchange) -> None:
    """Assert that a callback has the properties, spellings and types of Bandwidth's documentation."""
    event, sent = exchange.event, dict(exchange.payload)
    documented = PAYLOADS[event]
    unknown = set(places(sent)) - set(places(documented))
    assert not unknown, f"{event} has no {unknown}"
    optional = (_OPTIONAL - _ALWAYS.get(event, set())) | _SOMETIMES.get(event, set())
    missing = documented.keys() - sent.keys() - optional
    assert not missing, f"{event} lacks {missing}"
    for place in places(sent):
        value = value_at(sent, *place)
        assert type(value) is type(value_at(documented, *place)), f"{event} {place}: {value!r}"
        if place[-1].endswith("Time"):
            assert _TIME.fullmatch(value), f"{event} {place}: {value!r}"
        if place[-1] == "duration":
            assert _DURATION.fullmatch(value), f"{event} {place}: {value!r}"
    assert not Callback.from_dict(sent).errors
