"""Events that can be sent: a sample payload of each, what is known of its properties, and where it goes."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import events
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.payloads import Payload, attribute_types
from flask_bandwidth_callbacks.registrations import registrations
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.samples import sample_of

_NOWHERE = "http://127.0.0.1/"
_REQUIRED = frozenset({"eventType", "callId", "conferenceId"})
"""The properties without which a callback cannot be identified."""
_TYPES: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    datetime: "time, such as 2026-01-05T15:00:00Z",
    timedelta: "duration, such as PT3.5S",
}


@functools.cache
def samples() -> list[dict[str, Any]]:
    """Return every event with its sample payload and its properties."""
    return [
        {
            "event": event,
            "payload": sample_of(SimulatedBandwidth(_NOWHERE, seed=0), event),
            "properties": list(_properties(event_class, "")),
        }
        for event, event_class in EVENT_CLASSES.items()
    ]


def _properties(payload_class: type[Payload], prefix: str) -> Iterator[dict[str, Any]]:
    meanings = _meanings(payload_class)
    for attribute, kind in attribute_types(payload_class).items():
        name = f"{prefix}{payload_class.wire_name(attribute)}"
        is_object = isinstance(kind, type) and issubclass(kind, Payload)
        yield {
            "name": name,
            "type": "object" if is_object else _TYPES.get(kind, "object"),
            "meaning": meanings.get(attribute, ""),
            "required": name in _REQUIRED,
        }
        if is_object:
            yield from _properties(kind, f"{name}.")


def _meanings(payload_class: type[Payload]) -> dict[str, str]:
    """Return the docstrings of the attributes, which stand below them in the code."""
    meanings: dict[str, str] = {}
    for each in reversed(payload_class.__mro__):
        for declared, following in itertools.pairwise(_statements().get(each.__name__, ())):
            match declared, following:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(meaning))):
                    meanings[name] = " ".join(inspect.cleandoc(meaning).replace("``", "").split())
    return meanings


@functools.cache
def _statements() -> dict[str, list[ast.stmt]]:
    """Return the statements of each class of events and of the objects inside of them, by name."""
    module = ast.parse(inspect.getsource(events))
    return {node.name: node.body for node in module.body if isinstance(node, ast.ClassDef)}


def url_for_event(app: Flask | None, url: str, event: str) -> str:
    """Return where an event goes: the URL of its responder, else where ``initiate`` goes.

    Of several responders the one at the blueprint's own URL counts, else the first one.

    :param app: the application in process; None for a server.
    :param url: where ``initiate`` goes.
    """
    paths = [
        responder.path
        for registration in (registrations(app).values() if app is not None else ())
        for responder in registration.subscriptions.responders
        if responder.takes([event]) and not responder.variables
    ]
    path = None if None in paths or not paths else paths[0]
    return url if path is None else url.rstrip("/") + path
