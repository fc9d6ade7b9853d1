"""The blueprints registered with an application, and the endpoints of their callbacks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, current_app, has_request_context, request

from .bxml import Url
from .credentials import Gate
from .exceptions import LinkError
from .subscriptions import Subscriptions

_EXTENSION = "bandwidth_callbacks"
_VARIABLE = re.compile(r"<(?:([^<>:]+):)?([^<>:]+)>")


@dataclass(eq=False)
class Registration:
    """One blueprint as it was registered, once, with one application."""

    name: str
    """Under which Flask knows it: with the parents' names before it, if it is nested."""
    blueprint: Blueprint
    subscriptions: Subscriptions
    gate: Gate
    prefix_variables: frozenset[str]
    """Variables of the URL prefix and the subdomain, which every URL of this registration needs."""
    endpoints: frozenset[str] = field(default_factory=frozenset)
    """Of the callback URLs: the blueprint may have ordinary pages besides."""
    urls: dict[tuple[Any, Url], CallbackURL] = field(default_factory=dict)
    """What was found for handlers in URL attributes, where that is the same in every request."""


class CallbackURL(str):
    """A URL that leads to a ``CallbackBlueprint``, and knows who is let in there."""

    __slots__ = ("gate",)
    gate: Gate


def registrations(app: Flask) -> dict[str, Registration]:
    """Return what is registered with an application, by name; the dictionary is the application's own."""
    found: dict[str, Registration] = app.extensions.setdefault(_EXTENSION, {})
    return found


def current_registration() -> Registration | None:
    """Return the registration whose callback URL received the current request, if it was one."""
    return registration_at(current_app, request.endpoint) if has_request_context() else None


def registration_at(app: Flask, endpoint: str | None) -> Registration | None:
    """Return the registration that has an endpoint for callbacks, if one has."""
    registration = registrations(app).get((endpoint or "").rpartition(".")[0])
    return registration if registration and endpoint in registration.endpoints else None


def registration_of(blueprint: Blueprint, current: Registration | None) -> Registration:
    """Return the registration that a blueprint's URLs are built for.

    It is the one that received the current request, else the only one. Raises :class:`LinkError`.
    """
    if current is not None and current.blueprint is blueprint:
        return current
    found = [one for one in registrations(current_app).values() if one.blueprint is blueprint]
    if len(found) == 1:
        return found[0]
    if not found:
        raise LinkError(
            f"Blueprint {blueprint.name!r} is not registered with this application:"
            " call app.register_blueprint first."
        )
    names = ", ".join(repr(one.name) for one in found)
    raise LinkError(
        f"Blueprint {blueprint.name!r} is registered as {names}, and no request to one of them says which"
        " URL is meant: use flask.url_for with the name of the endpoint."
    )


# -- Paths and endpoints -----------------------------------------------------------------------------------


def endpoint_of(path: str | None) -> str:
    """Return the endpoint, within its blueprint, of a path below the blueprint's own URL."""
    return f"callbacks{path or ''}".replace(".", "%2E")  # a dot would be read as a blueprint's


def shape_of(path: str | None) -> str:
    """Return a path without the names of its variables: two of one shape fit the same requests."""
    return _VARIABLE.sub(r"<\1>", path or "")


def variables_of(path: str | None) -> frozenset[str]:
    """Return the names of the variables in a path, as in ``/rooms/<int:room>``."""
    return frozenset(match[2] for match in _VARIABLE.finditer(path or ""))
