"""Our events against the models of Bandwidth's official SDK: the same names, and nothing of theirs lacks."""

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

# Models whose name ends in Callback, but which are of messaging.
OF_MESSAGING = {"Callback", "InboundCallback", "StatusCallback"}

# Events that the SDK has no model of.
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

# The SDK took an example's made-up key of an open set of keys for a property. It is in our extra.
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
            kind, *_ = [one for one in typing.get_args(field.annotation) if one is not type(None)]
            yield attribute, wire_name, kind


def check(ours: type[Payload], theirs: type[BaseModel]) -> None:
    """Fail unless every property of a model is one of ours, inside of objects as well."""
    assert ours.__name__ == theirs.__name__
    for attribute, wire_name, kind in properties(theirs):
        assert attribute in attribute_types(ours), f"{ours.__name__} lacks {attribute}"
        assert ours.wire_name(attribute) == wire_name
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            check(attribute_types(ours)[attribute], kind)


@every_model
def test_every_model_of_theirs_is_a_class_of_ours(name: str) -> None:
    """Each callback model of the SDK is one of our event classes, with all its attributes and wire names."""
    ours = getattr(library, name)
    assert issubclass(ours, Callback)
    check(ours, VOICE_MODELS[name])


def test_nothing_of_theirs_is_overlooked() -> None:
    """The SDK has a model of every event of ours but of those that are listed here, and no other."""
    known = {event_type: event_class.__name__ for event_type, event_class in EVENT_CLASSES.items()}
    assert {known[event_type] for event_type in known.keys() - NOT_IN_THE_SDK} == set(VOICE_MODELS)
    assert set(vars(models)) >= OF_MESSAGING


def test_what_they_write_is_read() -> None:
    """Our InitiateCallback reads what the SDK's to_dict gives, enums and datetimes turned into JSON."""
    theirs = models.InitiateCallback.from_dict(payload("initiate"))
    ours = InitiateCallback.from_json(json.dumps(theirs.to_dict(), default=datetime.isoformat))
    assert ours == InitiateCallback.from_dict(payload("initiate"))


@pytest.mark.parametrize("event_type", sorted(PAYLOADS.keys() - NOT_IN_THE_SDK))
def test_both_read_the_same_values(event_type: str) -> None:
    """Of every payload, an attribute that both have as text, number or time is the same in both."""
    ours = Callback.from_dict(payload(event_type))
    theirs = VOICE_MODELS[type(ours).__name__].from_dict(payload(event_type))
    compared = 0
    for field in dataclasses.fields(ours):
        kind = attribute_types(type(ours)).get(field.name)
        if kind in (str, int, datetime) and hasattr(theirs, field.name):
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name
            compared += 1
    assert compared >= 5
