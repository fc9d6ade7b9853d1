"""The URLs of handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, current_app, has_request_context, request
from werkzeug.routing import BuildError

from . import config
from .exceptions import LinkError
from .hosts import request_host_is_trusted
from .registrations import (
    CallbackURL,
    Registration,
    current_registration,
    endpoint_of,
    registration_of,
    variables_of,
)
from .subscriptions import OWN_URL, Subscription, describe

OUTERMOST = "respond() belongs outermost, because a decorator above it makes another function."
"""The end of messages about a function that is not a handler."""

_SAFE_IN_ANCHOR = "%!#$&'()*+,/:;=?@"
"""As in :meth:`flask.Flask.url_for`."""


def url_for_handler(
    blueprint: Blueprint, handler: Callable[..., Any], values: Mapping[str, Any]
) -> CallbackURL:
    """Return the URL of a blueprint's handler; raises :class:`LinkError`.

    :param values: the variables of the URL; further ones become its query string.
    """
    current = current_registration()
    registration = registration_of(blueprint, current)
    subscriptions = registration.subscriptions.of(handler)
    if not subscriptions:
        raise LinkError(
            f"{describe(handler)} is not a handler of blueprint {blueprint.name!r}."
            f" Decorate it with respond() or on(). {OUTERMOST}"
        )
    return url_of(registration, only_path(handler, subscriptions), values, current)


def only_path(handler: Callable[..., Any], subscriptions: list[Subscription]) -> str | None:
    """Return the path of a handler; raises :class:`LinkError` if it has several."""
    paths = {subscription.path for subscription in subscriptions}
    if len(paths) > 1:
        names = " and ".join(sorted(path or OWN_URL for path in paths))
        raise LinkError(
            f"{describe(handler)} has several URLs, {names}, so a link to it is ambiguous. Give each path a"
            " function of its own."
        )
    return paths.pop()


def url_of(
    registration: Registration, path: str | None, values: Mapping[str, Any], current: Registration | None
) -> CallbackURL:
    """Return the URL of a path of a registration; raises :class:`LinkError` if it cannot be built.

    :param path: path below the blueprint's own URL; None is the blueprint's own URL.
    :param values: as for :func:`flask.url_for`, but the URL has no host unless ``_external`` is true.
    :param current: the registration that received the current request.
    """
    endpoint = f"{registration.name}.{endpoint_of(path)}"
    # A member of a (str, Enum) would be written by its name.
    given = {name: str.__str__(each) if isinstance(each, str) else each for name, each in values.items()}
    if current is registration:
        for name in registration.prefix_variables & (request.view_args or {}).keys():
            given.setdefault(name, (request.view_args or {})[name])
    scheme, external = given.get("_scheme"), given.pop("_external", None)
    if scheme is not None and external is not None and not external:
        raise ValueError(f"_scheme must be given together with _external=True, got _external={external!r}.")
    is_absolute = bool(external) or scheme is not None
    base = _base(registration, current) if is_absolute else None
    try:
        text = _build(endpoint, given, base, is_absolute)
    except (BuildError, ValueError) as error:  # ValueError: a converter rejects a value
        blueprint = registration.blueprint.name
        names = sorted(registration.prefix_variables | variables_of(path))
        raise LinkError(
            f"The URL {path or OWN_URL} of blueprint {blueprint!r} needs a value for {' and '.join(names)}."
            f" Give {blueprint}.url_for(handler, {', '.join(f'{name}=...' for name in names)}). {error}"
        ) from None
    url = CallbackURL(text)
    url.gate = registration.gate
    return url


def _base(registration: Registration, current: Registration | None) -> str | None:
    """Return the scheme and the host of absolute URLs; None if those of the current request are trusted.

    Anyone can send a request for an ordinary page with any ``Host``. An absolute URL with that host would
    lead Bandwidth to it, and the password with it. Anyone can send a callback without authentication too, so
    its host is only for URLs without it. Raises :class:`LinkError` if no other host is known.
    """
    public_url = config.PUBLIC_URL.read(current_app)
    if public_url is not None:
        return public_url
    server_name = current_app.config["SERVER_NAME"]
    if server_name:
        schemes = {current_app.config["PREFERRED_URL_SCHEME"], has_request_context() and request.scheme}
        return f"{'https' if 'https' in schemes else 'http'}://{server_name}"
    if request_host_is_trusted():
        return None
    if (
        current is not None
        and current.gate.lets_in(request.environ.get("HTTP_AUTHORIZATION"))
        and (registration.gate.is_open or not current.gate.is_open)
    ):
        return None
    got = "the Host header of a request that anyone can send" if has_request_context() else "none"
    raise LinkError(
        f"The host of an absolute URL must be known, got {got}. Set {config.PUBLIC_URL} in app.config to the"
        " scheme and the host at which Bandwidth reaches the application, such as"
        " 'https://calls.example.com'."
    )


def _build(endpoint: str, given: dict[str, Any], base: str | None, is_absolute: bool) -> str:
    if base is None and has_request_context():
        return current_app.url_for(endpoint, _external=is_absolute, **given)
    # What follows is what Flask does, but for a host of our choice. Without SERVER_NAME, Flask builds nothing
    # outside of a request, not even a URL without a host.
    parts = urlsplit(base or f"//{current_app.config['SERVER_NAME'] or 'localhost'}")
    root = request.root_path if has_request_context() else current_app.config["APPLICATION_ROOT"]
    adapter = current_app.url_map.bind(parts.netloc, root or "/", url_scheme=parts.scheme)
    anchor, method, scheme = (given.pop(name, None) for name in ("_anchor", "_method", "_scheme"))
    current_app.inject_url_defaults(endpoint, given)
    url = adapter.build(endpoint, given, method, force_external=is_absolute, url_scheme=scheme)
    return url if anchor is None else f"{url}#{quote(anchor, safe=_SAFE_IN_ANCHOR)}"
