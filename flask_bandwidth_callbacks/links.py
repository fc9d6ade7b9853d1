"""The URLs of handlers, and the credentials that verbs carry for them.

A URL attribute of a verb may hold a handler or a blueprint. Before the verb is written, it is replaced by
the handler's URL, and the verb gets the username and password that this URL requires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from flask import Blueprint, current_app, has_request_context, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, RequestRedirect

from .bxml import Element, Url
from .credentials import Credentials, Gate
from .exceptions import LinkError
from .registrations import (
    CallbackURL,
    Registration,
    current_registration,
    endpoint_of,
    registration_at,
    registration_of,
    registrations,
    variables_of,
)
from .subscriptions import OWN_URL, Subscription, describe

_OUTERMOST = "respond() belongs outermost, because a decorator above it makes another function."

ElementT = TypeVar("ElementT", bound=Element)


# -- URLs --------------------------------------------------------------------------------------------------


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
            f" Decorate it with respond() or on(). {_OUTERMOST}"
        )
    return _url(registration, _only_path(handler, subscriptions), values, current)


def _only_path(handler: Callable[..., Any], subscriptions: list[Subscription]) -> str | None:
    paths = {subscription.path for subscription in subscriptions}
    if len(paths) > 1:
        names = " and ".join(sorted(path or OWN_URL for path in paths))
        raise LinkError(
            f"{describe(handler)} has several URLs, {names}, so a link to it is ambiguous. Give each path a"
            " function of its own."
        )
    return paths.pop()


def _url(
    registration: Registration, path: str | None, values: Mapping[str, Any], current: Registration | None
) -> CallbackURL:
    endpoint = f"{registration.name}.{endpoint_of(path)}"
    given = dict(values)
    if current is registration:
        for name in registration.prefix_variables & (request.view_args or {}).keys():
            given.setdefault(name, (request.view_args or {})[name])
    try:
        if has_request_context() or given.get("_external"):
            text = current_app.url_for(endpoint, **{"_external": False, **given})
        else:
            given.pop("_external", None)
            current_app.inject_url_defaults(endpoint, given)
            # Flask itself requires SERVER_NAME here, which a URL without a host does not need.
            adapter = current_app.url_map.bind(
                current_app.config["SERVER_NAME"] or "localhost", current_app.config["APPLICATION_ROOT"]
            )
            text = adapter.build(endpoint, given)
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


# -- The URLs and credentials of a verb --------------------------------------------------------------------


def resolve(element: ElementT, current: Registration | None) -> ElementT:
    """Return an element with its handlers replaced by their URLs and its credentials filled in.

    Raises :class:`LinkError` for a handler without a URL here, for one that does not take the event of the
    attribute, and where the verb cannot carry the credentials.
    """
    specification = element.specification
    if not specification.links and not element.children:
        return element
    given = element.attributes
    changes: dict[str, Any] = {}
    guarded: dict[tuple[str, str], list[tuple[str, CallbackURL]]] = {}
    for name, leads in specification.links.items():
        value = given.get(name)
        if value is None or value.__class__ is str:
            continue
        if not isinstance(value, str):
            value = changes[name] = _resolve_link(element, name, leads, value, current)
        if isinstance(value, CallbackURL) and value.gate.handed_out is not None:
            if leads.credentials is None:
                raise LinkError(
                    f"{specification.name} {name} leads to {value}, which requires credentials, but"
                    f" {specification.name} has no attribute for them. Handle it on a"
                    " CallbackBlueprint with credentials=ANYONE."
                )
            guarded.setdefault(leads.credentials, []).append((name, value))
    for pair, urls in guarded.items():
        if pair[0] not in given and pair[1] not in given:
            changes[pair[0]], changes[pair[1]] = _credentials(element, pair, urls)
    children = tuple([resolve(child, current) for child in element.children])
    if not changes and all(new is old for new, old in zip(children, element.children, strict=True)):
        return element
    return element.with_links(children, changes)


def _resolve_link(
    element: Element, name: str, leads: Url, link: Any, current: Registration | None
) -> CallbackURL:
    key = link, leads
    # Building a URL takes a tenth of a whole callback, so URLs that stay the same are kept.
    if current is not None and key in current.urls and not request.root_path:
        return current.urls[key]
    if isinstance(link, Blueprint):
        return _url(registration_of(link, current), None, {}, current)

    def here() -> str:
        return f"{element.specification.name} {name}={describe(link)}"

    owner = _owner(link, here, current)
    subscriptions = owner.subscriptions.of(link)
    taking = [subscription for subscription in subscriptions if subscription.takes(leads.events)]
    if not taking:
        targets = ", ".join(str(target) for each in subscriptions for target in each.targets)
        raise LinkError(
            f"{here()} leads to {' or '.join(map(repr, leads.events))}, which that handler does not take."
            f" It is registered for {targets}."
        )
    url = _url(owner, _only_path(link, taking), {}, current)
    if current is owner and _is_fixed(owner):
        owner.urls[key] = url
    return url


def _is_fixed(registration: Registration) -> bool:
    """Return whether a URL of a registration is the same in every request."""
    return not (
        request.root_path
        or registration.prefix_variables
        or current_app.url_default_functions
        or current_app.url_map.host_matching
        or current_app.subdomain_matching
    )


def _owner(
    handler: Callable[..., Any], here: Callable[[], str], current: Registration | None
) -> Registration:
    if current is not None and current.subscriptions.of(handler):
        return current
    blueprints = {
        id(each.blueprint): each.blueprint
        for each in registrations(current_app).values()
        if each.subscriptions.of(handler)
    }
    if len(blueprints) != 1:
        fault = (
            "a handler of several CallbackBlueprints"
            if blueprints
            else "not a handler of any CallbackBlueprint"
        )
        raise LinkError(
            f"{here()} is {fault} of this application. Decorate it with respond() or on(), or"
            f" give the URL that the blueprint's url_for(handler) returns. {_OUTERMOST}"
        )
    return registration_of(blueprints.popitem()[1], current)


def _credentials(
    element: Element, pair: tuple[str, str], links: list[tuple[str, CallbackURL]]
) -> Credentials:
    verb = element.specification.name
    name, url = links[0]
    credentials = url.gate.handed_out
    assert credentials is not None
    for other_name, other in links[1:]:
        if other.gate.handed_out != credentials:
            raise LinkError(
                f"{verb} {name} and {other_name} lead to blueprints with different credentials, but {verb}"
                f" has one {pair[0]} for both. Give the blueprints the same credentials, or set {pair[0]} and"
                f" {pair[1]} to a pair that both accept."
            )
    given = element.attributes
    for other_name, leads in element.specification.links.items():
        other_url = given.get(other_name)
        if leads.credentials != pair or not isinstance(other_url, str):
            continue
        if not isinstance(other_url, CallbackURL) and _host(other_url) not in (None, _current_host()):
            raise LinkError(
                f"{verb} {name} leads to a blueprint whose credentials would be sent to {_host(other_url)}"
                f" too, through {other_name}. Set {pair[0]} and {pair[1]} yourself if that is intended, or"
                " give both attributes a handler."
            )
    return credentials


def _host(url: str) -> str | None:
    return urlsplit(url).netloc.rpartition("@")[2] or None


def _current_host() -> str | None:
    return request.host if has_request_context() else None


# -- Plain URLs --------------------------------------------------------------------------------------------


def faults(element: Element) -> Iterator[str]:
    """Yield the faults of the plain URLs in an element: those that this application would reject."""
    given = element.attributes
    for name, leads in element.specification.links.items():
        value = given.get(name)
        if not isinstance(value, str) or isinstance(value, CallbackURL):
            continue
        gate = _gate_at(value)
        username, password = leads.credentials or ("", "")
        if gate and not gate.accepts(given.get(username), given.get(password)):
            yield (
                f"{element.specification.name} {name}={value!r} leads to a CallbackBlueprint of this"
                " application without the credentials that it requires; give the handler itself, or what"
                " url_for(handler) returns"
            )
    for child in element.children:
        if child.specification.links or child.children:
            yield from faults(child)


def _gate_at(url: str) -> Gate | None:
    """Return the gate that a URL in the current reply leads to, or None if it leads elsewhere."""
    target = urlsplit(urljoin(request.url, url))
    root = request.script_root
    if target.netloc.lower() != request.host.lower() or not target.path.startswith(root):
        return None
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        endpoint, _ = adapter.match(unquote(target.path.removeprefix(root)) or "/", method="POST")
    except (HTTPException, RequestRedirect):
        return None
    registration = registration_at(current_app, endpoint)
    return registration.gate if registration else None
