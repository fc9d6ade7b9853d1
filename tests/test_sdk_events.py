"""Our events have every name and property of the models in Bandwidth's official SDK."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from bandwidth import models
from pydantic import BaseModel

import flask_bandwidth_callbacks as library
from flask_bandwidth_callbacks import Callback, InitiateCallback
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.payloads import Payload, attribute_types
from tests.payloads import PAYLOADS, payload

# Models of messaging whose names end in Callback too.
OF_MESSAGING = {"Callback", "InboundCallback", "StatusCallback"}

# Events without a model in the SDK.
NOT_IN_THE_SDK = {
    "partialgather",
    "mediaStreamStarted",
    "mediaStreamRejected",
    "mediaStreamStopped",
    "realTimeTranscriptionStarted",
    "realTimeTranscriptionRejected",
    "realTimeTranscriptionStopped",
    "realTimeTranscriptionAvailable",
}

# The SDK has a property for a key that only an example uses. Our event keeps it in extra.
NOT_OURS = {("Diversion", "unknown")}

VOICE_MODELS: dict[str, Any] = {
    name: model
    for name, model in vars(models).items()
    if name.endswith("Callback") and isinstance(model, type) and name not in OF_MESSAGING
}
every_model = pytest.mark.parametrize("name", sorted(VOICE_MODELS))


def properties(model: type[BaseModel]) -> Iterator[tuple[str, str, Any]]:
    """Yield attribute name, wire name and type of each property of a model."""
    for attribute, field in model.model_fields.items():
        wire_name = field.alias or attribute
        if attribute != "additional_properties" and (model.__name__, wire_name) not in NOT_OURS:
            kind, *_ = [option for option in typing.get_args(field.annotation) if option is not type(None)]
            yield attribute, wire_name, kind


def check(ours: type[Payload], theirs: type[BaseModel]) -> None:
    """Fail unless our class has every property of the model, those of nested objects included."""
    assert ours.__name__ == theirs.__name__
    for attribute, wire_name, kind in properties(theirs):
        assert attribute in attribute_types(ours), f"{ours.__name__} lacks {attribute}"
        assert ours.wire_name(attribute) == wire_name
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            check(attribute_types(ours)[attribute], kind)


@every_model
def test_every_model_has_its_event_class(name: str) -> None:
    """Each callback model of the SDK has an event class with all its attributes and wire names."""
    ours = getattr(library, name)
    assert issubclass(ours, Callback)
    check(ours, VOICE_MODELS[name])


def test_the_list_of_events_without_a_model_is_exact() -> None:
    """The SDK's models are those of our events, except for the events listed here."""
    known = {event_type: event_class.__name__ for event_type, event_class in EVENT_CLASSES.items()}
    assert {known[event_type] for event_type in known.keys() - NOT_IN_THE_SDK} == set(VOICE_MODELS)
    assert set(vars(models)) >= OF_MESSAGING


def test_json_of_the_sdk_is_read() -> None:
    """InitiateCallback reads the JSON that the SDK's own model writes."""
    theirs = models.InitiateCallback.from_dict(payload("initiate"))
    ours = InitiateCallback.from_json(json.dumps(theirs.to_dict(), default=datetime.isoformat))
    assert ours == InitiateCallback.from_dict(payload("initiate"))


@pytest.mark.parametrize("event_type", sorted(PAYLOADS.keys() - NOT_IN_THE_SDK))
def test_both_read_the_same_values(event_type: str) -> None:
    """Texts, numbers and times have the same values in our event and in the SDK's model."""
    ours = Callback.from_dict(payload(event_type))
    theirs = VOICE_MODELS[type(ours).__name__].from_dict(payload(event_type))
    compared = 0
    for field in dataclasses.fields(ours):
        kind = attribute_types(type(ours)).get(field.name)
        if kind in (str, int, datetime) and hasattr(theirs, field.name):
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name
            compared += 1
    assert compared >= 5
