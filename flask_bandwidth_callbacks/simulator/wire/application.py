"""Where a Flask application receives calls: its host, its ``CallbackBlueprint`` and its URLs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, MapAdapter
from werkzeug.test import create_environ

from flask_bandwidth_callbacks.blueprint import CallbackBlueprint
from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.registrations import Registration, endpoint_of, registration_at, registrations

from ..exceptions import SimulationError
from .urls import absolute


def initiate_url(app: Flask, url: str | CallbackBlueprint | None) -> tuple[str, Registration | None]:
    """Return the URL for ``initiate``, and the registration there, None if it is not known."""
    base = f"https://{host_of(app)}/"  # https, as Bandwidth requires
    if isinstance(url, str):
        url = absolute(base, url)
        return url, registration_at(app, endpoint_at(app, url)) or _only_one(app)
    registration = _registration(app, url)
    return url_of(app, registration), registration


def url_of(app: Flask, registration: Registration) -> str:
    """Return the URL for ``initiate`` of one registration."""
    base = f"https://{host_of(app)}/"
    endpoint = f"{registration.name}.{endpoint_of(None)}"
    values: dict[str, Any] = {}
    if app.url_default_functions:  # otherwise without a context, because its end would run teardown functions
        with app.test_request_context("/", base_url=base):
            app.inject_url_defaults(endpoint, values)
    try:
        path = _adapter(app, base).build(endpoint, values)
    except BuildError:
        raise SimulationError(
            f"The URL of blueprint {registration.name!r} must not have variables. Give the URL that calls go"
            " to."
        ) from None
    return urljoin(base, path)


def host_of(app: Flask) -> str:
    """Return a host that the application accepts requests for, with the port if it has one."""
    trusted = app.config["TRUSTED_HOSTS"] or ["localhost"]
    host: str = app.config["SERVER_NAME"] or trusted[0].lstrip(".")
    return host


def endpoint_at(app: Flask, url: str) -> str | None:
    """Return the endpoint of the application that a POST to a URL reaches, None if there is none."""
    try:
        endpoint: str = _adapter(app, url).match()[0]
    except HTTPException:
        return None
    return endpoint


def _adapter(app: Flask, url: str) -> MapAdapter:
    """Return the application's URL map, bound to a POST to a URL."""
    parts = urlsplit(url)
    environ = create_environ(parts.path, f"{parts.scheme}://{parts.netloc}/", method="POST")
    adapter = app.create_url_adapter(app.request_class(environ))
    assert adapter is not None  # there is a request
    return adapter


def _only_one(app: Flask) -> Registration | None:
    """Return the only registration. Where a middleware changes paths, the map does not lead to it."""
    registered = list(registrations(app).values())
    return registered[0] if len(registered) == 1 else None


def _registration(app: Flask, blueprint: CallbackBlueprint | None) -> Registration:
    candidates = list(registrations(app).values())
    if isinstance(blueprint, CallbackBlueprint):
        candidates = [registration for registration in candidates if registration.blueprint is blueprint]
        if not candidates:
            raise SimulationError(
                f"Blueprint {blueprint.name!r} must be registered with application {app.name!r}, and is not."
                " Register it first."
            )
    elif blueprint is not None:
        raise SimulationError(f"url must be a URL or a CallbackBlueprint, got {show(blueprint)}.")
    if not candidates:
        raise SimulationError(
            f"Application {app.name!r} has no CallbackBlueprint. Register one, or give the URL that calls go"
            " to."
        )
    if len(candidates) > 1:
        names = ", ".join(f"{each.name!r} at {_rule(app, each)}" for each in candidates)
        raise SimulationError(
            f"Application {app.name!r} has several blueprints: {names}. Give the URL that calls go to."
        )
    return candidates[0]


def _rule(app: Flask, registration: Registration) -> str:
    """Return the rule of the registration's own URL."""
    return next(app.url_map.iter_rules(f"{registration.name}.{endpoint_of(None)}")).rule
