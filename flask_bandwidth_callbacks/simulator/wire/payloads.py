"""Payloads of events, built from what is known under the names of their attributes."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask_bandwidth_callbacks.events import event_class_of
from flask_bandwidth_callbacks.payloads import attribute_types

ACCOUNT_ID = "9900000"
APPLICATION_ID = "04e88489-df02-4e34-a0ee-27a91849555f"
APPLICATION_NUMBER = "+13035550100"
CALLER_NUMBER = "+13035550123"
VERIFIED_CALLER = {
    "verstat": "TN-Validation-Passed",
    "attestationIndicator": "A",
    "originatingId": "6cc2b5a7-50ba-4b5e-a1ae-6c3f0ef2cb0b",
}
REST_URL = "https://voice.bandwidth.com/api/v2"
"""Where the URLs of Bandwidth's REST interface begin."""


_UNDOCUMENTED = {"partialgather": frozenset({"call_url", "start_time"})}
"""Attributes that an event shares with the other events of a call, but that its documentation lacks."""


@functools.cache
def _properties(event_type: str) -> tuple[tuple[str, str], ...]:
    """Return the attributes of an event with their wire names."""
    event_class = event_class_of(event_type)
    names = [name for name in attribute_types(event_class) if name not in _UNDOCUMENTED.get(event_type, ())]
    return tuple((name, event_class.wire_name(name)) for name in names)


def payload_of(event_type: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of an event, with those of the properties that its class has.

    :param properties: JSON values, keyed by attribute name; None is left out.
    """
    return {
        wire_name: properties[name]
        for name, wire_name in _properties(event_type)
        if properties.get(name) is not None
    }


def query_of(payload: Mapping[str, Any]) -> str:
    """Return the query string of a GET callback. An object in it is written as JSON."""
    return urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in payload.items()}
    )


def timestamp(time: datetime) -> str:
    """Return a time as Bandwidth writes it: UTC, with milliseconds."""
    return f"{time.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def duration(length: timedelta) -> str:
    """Return a duration as Bandwidth writes most of them: in seconds, with at least three decimals."""
    return f"PT{length.total_seconds():.3f}S"
