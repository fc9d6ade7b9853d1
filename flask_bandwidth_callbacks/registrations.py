"""The registrations of blueprints with an application, and the endpoints of their callback URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, current_app, has_request_context, request

from .bxml import Url
from .credentials import Gate
from .exceptions import LinkError
from .jobs import Jobs
from .repeats import EVERY_TIME, Repeats
from .stores import Store
from .subscriptions import Subscriptions

_EXTENSION = "bandwidth_callbacks"
_NAME = "[a-zA-Z_][a-zA-Z0-9_]*"
_VARIABLE = re.compile(rf"<(?:({_NAME}(?:\(.*?\))?):)?({_NAME})>")
"""A variable with its converter, as Werkzeug reads it: the converter's arguments may hold any character."""


@dataclass(eq=False)
class Registration:
    """One registration of a blueprint with an application."""

    name: str
    """Flask's name for it, which begins with the names of its parents if it is nested."""
    blueprint: Blueprint
    subscriptions: Subscriptions
    gate: Gate
    prefix_variables: frozenset[str]
    """Variables of the URL prefix and the subdomain, which every URL of this registration needs."""
    endpoints: frozenset[str] = field(default_factory=frozenset)
    """Endpoints of the callback URLs; the blueprint may have ordinary pages besides."""
    store: Store | None = None
    """Where states, replies to repeats, and jobs are kept; None without the folder ``store/``."""
    repeats: Repeats = EVERY_TIME
    """Recognizes callbacks that come again."""
    jobs: Jobs | None = None
    """Runs subscribers after the reply; None if no subscriber asks for that."""
    urls: dict[tuple[Any, Url], CallbackURL] = field(default_factory=dict)
    """URLs of handlers in URL attributes, kept where they are the same in every request."""


class CallbackURL(str):
    """A URL of a ``CallbackBlueprint``, with the gate of that blueprint."""

    __slots__ = ("gate",)
    gate: Gate


def registrations(app: Flask) -> dict[str, Registration]:
    """Return the registrations with an application, by name; the dictionary is the application's own."""
    by_name: dict[str, Registration] = app.extensions.setdefault(_EXTENSION, {})
    return by_name


def current_registration() -> Registration | None:
    """Return the registration that received the current request, None outside a callback."""
    return registration_at(current_app, request.endpoint) if has_request_context() else None


def registration_at(app: Flask, endpoint: str | None) -> Registration | None:
    """Return the registration with an endpoint for callbacks, None if the endpoint is not one."""
    registration = registrations(app).get((endpoint or "").rpartition(".")[0])
    return registration if registration and endpoint in registration.endpoints else None


def registration_of(blueprint: Blueprint, current: Registration | None) -> Registration:
    """Return the registration of a blueprint that received the current request, else its only one.

    Raises :class:`LinkError` where there is none, or several.
    """
    if current is not None and current.blueprint is blueprint:
        return current
    candidates = [each for each in registrations(current_app).values() if each.blueprint is blueprint]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise LinkError(
            f"Blueprint {blueprint.name!r} must be registered with this application first."
            " Call app.register_blueprint."
        )
    names = ", ".join(repr(each.name) for each in candidates)
    raise LinkError(
        f"Blueprint {blueprint.name!r} is registered as {names}, so outside a request to one of them its URL"
        " is ambiguous. Use flask.url_for with the name of the endpoint."
    )


# -- Paths and endpoints -----------------------------------------------------------------------------------


def endpoint_of(path: str | None) -> str:
    """Return the endpoint, within its blueprint, of a path below the blueprint's own URL."""
    return f"callbacks{path or ''}".replace(
        ".", "%2E"
    )  # Flask would take a dot for the end of a blueprint's name


def shape_of(path: str | None) -> str:
    """Return a path without the names of its variables; paths of one shape fit the same requests."""
    return _VARIABLE.sub(r"<\1>", path or "")


def variables_of(path: str | None) -> frozenset[str]:
    """Return the names of the variables in a path, as in ``/rooms/<int:room>``."""
    return frozenset(match[2] for match in _VARIABLE.finditer(path or ""))
