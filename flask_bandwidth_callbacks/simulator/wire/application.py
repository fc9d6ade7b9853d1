"""Where a Flask application receives calls: its host, its ``CallbackBlueprint``, its URLs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, MapAdapter
from werkzeug.test import create_environ

from flask_bandwidth_callbacks.blueprint import CallbackBlueprint
from flask_bandwidth_callbacks.registrations import Registration, endpoint_of, registration_at, registrations

from ..exceptions import SimulationError
from .urls import absolute


def place(app: Flask, url: str | CallbackBlueprint | None) -> tuple[str, Registration | None]:
    """Return where ``initiate`` goes, and the registration there, None if that is not known."""
    base = f"https://{host_of(app)}/"  # https, as Bandwidth wants it
    if isinstance(url, str):
        url = absolute(base, url)
        return url, registration_at(app, endpoint_at(app, url)) or _only_one(app)
    registration = _registration(app, url)
    endpoint = f"{registration.name}.{endpoint_of(None)}"
    values: dict[str, Any] = {}
    if app.url_default_functions:  # else without a context, whose end would run teardown functions
        with app.test_request_context("/", base_url=base):
            app.inject_url_defaults(endpoint, values)
    try:
        path = _adapter(app, base).build(endpoint, values)
    except BuildError:
        raise SimulationError(
            f"The URL of {registration.name!r} has variables: give the one that calls go to."
        ) from None
    return urljoin(base, path), registration


def host_of(app: Flask) -> str:
    """Return a host, perhaps with a port, that an application takes requests for."""
    trusted = app.config["TRUSTED_HOSTS"] or ["localhost"]
    host: str = app.config["SERVER_NAME"] or trusted[0].lstrip(".")
    return host


def endpoint_at(app: Flask, url: str) -> str | None:
    """Return the endpoint of an application that a POST to a URL gets to, None if there is none."""
    try:
        endpoint: str = _adapter(app, url).match()[0]
    except HTTPException:
        return None
    return endpoint


def _adapter(app: Flask, url: str) -> MapAdapter:
    """Return the application's map as a POST to a URL meets it."""
    parts = urlsplit(url)
    environ = create_environ(parts.path, f"{parts.scheme}://{parts.netloc}/", method="POST")
    adapter = app.create_url_adapter(app.request_class(environ))
    assert adapter is not None  # there is a request
    return adapter


def _only_one(app: Flask) -> Registration | None:
    """Return the only registration: where a middleware changes paths, the map does not find it."""
    found = list(registrations(app).values())
    return found[0] if len(found) == 1 else None


def _registration(app: Flask, blueprint: CallbackBlueprint | None) -> Registration:
    found = list(registrations(app).values())
    if isinstance(blueprint, CallbackBlueprint):
        found = [one for one in found if one.blueprint is blueprint]
        if not found:
            raise SimulationError(f"Blueprint {blueprint.name!r} is not registered with {app.name!r}.")
    elif blueprint is not None:
        raise SimulationError(f"url={blueprint!r} is neither a URL nor a CallbackBlueprint.")
    if not found:
        raise SimulationError(
            f"Application {app.name!r} has no CallbackBlueprint: register one, or give the URL that calls go"
            " to."
        )
    if len(found) > 1:
        rules = [(one.name, app.url_map.iter_rules(f"{one.name}.{endpoint_of(None)}")) for one in found]
        names = ", ".join(f"{name!r} at {next(rule)}" for name, rule in rules)
        raise SimulationError(f"Application {app.name!r} has {names}: give the URL that calls go to.")
    return found[0]
