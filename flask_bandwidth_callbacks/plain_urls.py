"""The check of plain URLs in a reply: texts in place of handlers, which may lead to nothing that replies."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from urllib.parse import unquote, urljoin, urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter, RequestRedirect

from .display import show
from .exceptions import LinkError
from .handler_urls import url_of
from .hosts import host_of, is_own_host
from .registrations import endpoint_of, registration_at, registrations
from .subscriptions import describe


def fault_of(
    url: str, method: str, pair: tuple[str | None, str | None], events: Collection[str]
) -> str | None:
    """Return why a plain URL in the current reply would be in vain, None if nothing is known against it.

    :param url: the URL, perhaps relative to the current request.
    :param method: the HTTP method with which Bandwidth will request it.
    :param pair: the username and the password that Bandwidth will send there.
    :param events: the types of the events that Bandwidth will send there.
    """
    target = urlsplit(urljoin(request.url, url))
    root = request.script_root
    host = host_of(target.geturl())
    if not is_own_host(host) or not f"{target.path}/".startswith(f"{root}/"):
        return None
    path = unquote(target.path.removeprefix(root)) or "/"
    adapter = _adapter_for(host)
    try:
        endpoint, _ = adapter.match(path, method)
    except RequestRedirect as redirect:
        new_path = urlsplit(redirect.new_url).path
        return (
            f"leads to {_printable(path)}, which this application redirects to {_printable(new_path)}, and"
            " Bandwidth does not follow redirects; give"
            f" {_handlers_at(adapter, new_path.removeprefix(root), events)}{new_path!r}"
        )
    except MethodNotAllowed as error:
        allowed = " or ".join(sorted({*(error.valid_methods or ())} - {"HEAD", "OPTIONS"}))
        return (
            f"leads to {_printable(path)}, which this application serves by {allowed} only, not by {method}"
        )
    except HTTPException:
        meant = _probably_meant(adapter, path, events)
        return f"leads to {_printable(path)}, which this application does not serve; {meant}"
    registration = registration_at(current_app, endpoint)
    if registration and not registration.gate.accepts(*pair):
        return (
            "leads to a CallbackBlueprint of this application without the credentials that it requires; give"
            " the handler itself, or what url_for(handler) returns"
        )
    return None


def _printable(path: str) -> str:
    """Return a path, decoded as the application matches it, in a form that a line of the log can hold."""
    return path if path.isprintable() else show(path)


def _adapter_for(host: str | None) -> MapAdapter:
    """Return the routes at one of the application's own hosts."""
    app = current_app
    if app.subdomain_matching or app.url_map.host_matching:
        # Not those of the request, which may have come to another of the hosts.
        # A given name would be taken for the host where hosts are matched, and for the domain otherwise.
        name = None if app.url_map.host_matching else app.config["SERVER_NAME"]
        return app.url_map.bind_to_environ({**request.environ, "HTTP_HOST": host}, name)
    adapter = app.create_url_adapter(request)
    assert adapter is not None  # there is a request
    return adapter


def _probably_meant(adapter: MapAdapter, path: str, events: Collection[str]) -> str:
    """Return advice that names the handler or the path that was probably meant."""
    root = request.script_root
    current = registration_at(current_app, request.endpoint)
    for registration in registrations(current_app).values():
        try:
            own_url = urlsplit(url_of(registration, None, {}, current)).path.removeprefix(root)
        except LinkError:  # its prefix has variables
            continue
        below = f"{own_url.rstrip('/')}{path}"
        handlers = _handlers_at(adapter, below, events)
        if handlers:
            return f"give {handlers}{root + below!r}"
    rules = dict.fromkeys(rule.rule for rule in current_app.url_map.iter_rules())
    similar = difflib.get_close_matches(path, rules, n=1)
    if similar:
        return f"give {_handlers_at(adapter, similar[0], events)}{root + similar[0]!r}"
    return "give a handler, or a URL that exists"


def _handlers_at(adapter: MapAdapter, path: str, events: Collection[str]) -> str:
    """Return the names of the handlers that take such events at a path, ready to be followed by its URL."""
    try:
        endpoint, _ = adapter.match(path, "POST")
    except HTTPException:
        return ""
    registration = registration_at(current_app, endpoint)
    if registration is None:
        return ""
    subscriptions = registration.subscriptions
    names = [
        describe(each.handler)
        for each in (*subscriptions.responders, *subscriptions.subscribers)
        if each.takes(events) and f"{registration.name}.{endpoint_of(each.path)}" == endpoint
    ]
    return f"the handler {' or '.join(names)}, whose URL is " if names else ""
