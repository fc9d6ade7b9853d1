"""A clean payload is read without its schema, with the same result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from flask_bandwidth_callbacks import Callback, InitiateCallback
from flask_bandwidth_callbacks.events import event_class_of
from flask_bandwidth_callbacks.payloads import Payload
from tests.payloads import PAYLOADS, payload, places, replaced

EVENT_TYPES = sorted(PAYLOADS)
OTHER_NAMES = ("tag", "transcription", "realTimeTranscription", "extra", "raw", "errors", "call_id", "new")
TIMES = (
    "2026-03-04T16:20:15Z",
    "2026-03-04T16:20:15.258258Z",
    "2026-03-04T16:20:15+00:00",
    "2026-03-04T16:20:15+05:30",
    "2026-03-04 16:20:15",
    "20260304T162015Z",
    "2026-W10-3",
    "0001-01-01T00:00+14:00",
)
TEXTS = ("PT1S", "PT1M0.5S", "true", "false", "7", "", "{}", "[]", '{"x-a": "b"}', '{"x-a": 1}')

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(TIMES + TEXTS)
)
odd = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a payload of some event in which some values are replaced or stand under other names."""
    data = payload(draw(st.sampled_from(EVENT_TYPES)))
    kept = draw(st.sets(st.sampled_from(sorted(data)))) | {"eventType"}
    data = {name: value for name, value in data.items() if name in kept}
    for place in draw(st.lists(st.sampled_from(sorted(places(data)) or [("tag",)]), max_size=3, unique=True)):
        if place == place[:1] or isinstance(data[place[0]], dict):
            data = replaced(data, draw(odd), *place)
    return data | draw(st.dictionaries(st.sampled_from(OTHER_NAMES), odd, max_size=2))


def outcome(read: Any, data: Any) -> tuple[Any, Any]:
    """Return everything that the event holds, or everything that is wrong with the payload."""
    try:
        event = read(data)
    except ValidationError as error:
        return None, error.messages
    return contents(event), None


def contents(value: Any) -> Any:
    """Return everything that an object holds, with its type: 1 is neither True nor 1.0."""
    if isinstance(value, Payload):
        return type(value), {name: contents(held) for name, held in vars(value).items()}
    return type(value), value


@given(payloads())
@example(payload("initiate"))
@example({"eventType": "initiate"})
@settings(deadline=None)
def test_both_ways_give_the_same(data: dict[str, Any]) -> None:
    """Clean, odd and broken payloads give the same event, or errors, as their marshmallow schema."""
    event_class = (
        event_class_of(data["eventType"]) if isinstance(data["eventType"], str) else InitiateCallback
    )
    schema = event_class.Schema()
    assert outcome(event_class.from_dict, data) == outcome(schema.load, data)
    assert outcome(event_class.from_json, json.dumps(data)) == outcome(schema.loads, json.dumps(data))


@given(payloads())
@settings(deadline=None)
def test_reading_leaves_the_payload_alone(data: dict[str, Any]) -> None:
    """Neither reading a payload nor changing the event's extra changes the payload as received."""
    before = json.dumps(data)
    event, _ = Callback.read_leniently(data)
    event.extra["added"] = 1
    assert json.dumps(event.raw) == before


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_a_clean_payload_needs_no_schema(event_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every payload of Bandwidth's documentation is clean: reading it does not run its schema."""
    expected = Callback.from_dict(payload(event_type))

    def fail(*args: Any, **options: Any) -> Any:
        raise AssertionError("the schema was used")

    monkeypatch.setattr("marshmallow.Schema.load", fail)
    assert Callback.from_dict(payload(event_type)) == expected
