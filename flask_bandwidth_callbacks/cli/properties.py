"""Properties of an event's payload, as ``--set`` and ``--remove`` name them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import click
from marshmallow import ValidationError

from flask_bandwidth_callbacks.decoding import decode_json
from flask_bandwidth_callbacks.events import EVENT_CLASSES, event_class_of
from flask_bandwidth_callbacks.payloads import Payload, attribute_types

_EVENTS_SHOWN = 5


@dataclass(frozen=True)
class Property:
    """A property of an event, perhaps inside an object of its payload."""

    path: tuple[str, ...]
    """Its wire name, after those of the objects that it is in."""
    type: Any
    """The type of its values."""

    def put(self, payload: dict[str, Any], text: str) -> None:
        """Set the property; ``text`` is read as JSON unless the property is text."""
        self._parent(payload)[self.path[-1]] = text if self.type is str else read_json(text)

    def remove(self, payload: dict[str, Any]) -> None:
        """Remove the property if it is there."""
        self._parent(payload).pop(self.path[-1], None)

    def _parent(self, payload: dict[str, Any]) -> dict[str, Any]:
        for name in self.path[:-1]:
            if not isinstance(payload.get(name), dict):
                payload[name] = {}
            payload = payload[name]
        return payload


def find_property(event: str, name: str) -> Property:
    """Return the property of an event type with a name as in JSON or in Python; a dot leads into an object.

    Raises :class:`click.BadParameter`, which names the nearest property, or the events that have this one.
    """
    type_: Any = event_class_of(event)
    path: tuple[str, ...] = ()
    rest = name
    while True:
        if type_ == dict[str, str]:
            return Property((*path, rest), str)
        if not (isinstance(type_, type) and issubclass(type_, Payload)):
            raise click.BadParameter(
                f"{'.'.join(path)!r} of {event} is not an object, so {name!r} is unknown."
            )
        part, dot, rest = rest.partition(".")
        types = _wire_types(type_)
        wire_name = type_.wire_name(part)
        if wire_name not in types:
            raise click.BadParameter(
                f"{event} has no property {name!r}{_nearest(path, part, types)}."
                + ("" if path else _events_with(part))
            )
        path = (*path, wire_name)
        type_ = types[wire_name]
        if not dot:
            return Property(path, type_)


def read_json(text: str) -> Any:
    """Return the value of a JSON text; any other text stays text."""
    try:
        return decode_json(text)
    except ValidationError:
        return text


def _nearest(path: Sequence[str], name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; the nearest is {'.'.join([*path, *near])!r}" if near else ""


def _events_with(name: str) -> str:
    events = [event for event, kind in EVENT_CLASSES.items() if kind.wire_name(name) in _wire_types(kind)]
    others = f" and {len(events) - _EVENTS_SHOWN} others" if len(events) > _EVENTS_SHOWN else ""
    return f" These events have it: {', '.join(events[:_EVENTS_SHOWN])}{others}." if events else ""


def _wire_types(payload_class: type[Payload]) -> dict[str, Any]:
    return {
        payload_class.wire_name(attribute): type_
        for attribute, type_ in attribute_types(payload_class).items()
    }
