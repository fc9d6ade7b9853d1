"""Links: handlers in place of URLs, and the credentials that verbs carry for them.

A URL attribute of a verb may hold a handler or a blueprint. While the verb is written, it is replaced by the
handler's URL, and the verb gets the username and password that this URL requires.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, current_app, request

from .bxml import Element, Url
from .credentials import Credentials
from .display import without_password
from .exceptions import LinkError
from .handler_urls import OUTERMOST, only_path, url_of
from .hosts import host_of, is_own_host
from .plain_urls import fault_of
from .proxies import request_itself
from .registrations import CallbackURL, Registration, registration_of, registrations
from .subscriptions import describe


class Links:
    """The links of one reply: gives each element its URLs and credentials while the reply is written.

    :param current: the registration that received the current request.
    """

    def __init__(self, current: Registration | None) -> None:
        self._current = current
        # Building a URL takes a tenth of a whole callback, so URLs that stay the same are kept.
        self._kept = {} if current is None or request_itself().root_path else current.urls
        self.faults: list[str] = []
        """The faults of the plain URLs in the elements so far."""

    def attributes_of(self, element: Element) -> Mapping[str, Any]:
        """Return the attributes of an element as they are written.

        Raises :class:`LinkError` for a handler without a URL here, for one that does not take the event of
        the attribute, and where the element cannot carry the credentials; :class:`~.exceptions.InvalidBXML`
        where the credentials break a rule of the element.
        """
        specification, attributes = element.specification, {**element.attributes}
        plain: list[str] = []
        guarded: dict[tuple[str, str], list[str]] = {}
        for name, leads in specification.links.items():
            link = attributes.get(name)
            if link is None:
                continue
            if isinstance(link, str) and not isinstance(link, CallbackURL):
                plain.append(name)
                continue
            url = link if isinstance(link, CallbackURL) else self._url(element, name, leads, link)
            attributes[name] = url
            if url.gate.handed_out is not None:
                pair = leads.credentials
                if pair is None:
                    raise LinkError(
                        f"{specification.name} {name} leads to {url}, which requires credentials, but"
                        f" {specification.name} has no attribute for them. Handle it on a"
                        " CallbackBlueprint with credentials=ANYONE."
                    )
                if pair[0] not in attributes and pair[1] not in attributes:
                    guarded.setdefault(pair, []).append(name)
        for pair, names in guarded.items():
            credentials = _credentials(element, pair, names, attributes, plain)
            attributes[pair[0]], attributes[pair[1]] = credentials.username, credentials.password
        if guarded and specification.rules:
            element.check_rules(attributes)
        for name in plain:
            self._check_plain(element, name, attributes)
        return attributes

    def check(self, element: Element) -> None:
        """Check the URLs of an element that was written elsewhere, and of the elements inside it."""
        for name in element.specification.links:
            if name in element.attributes:
                self._check_plain(element, name, element.attributes)
        for child in element.children:
            self.check(child)

    def _check_plain(self, element: Element, name: str, attributes: Mapping[str, Any]) -> None:
        leads = element.specification.links[name]
        username, password = map(attributes.get, leads.credentials or ("", ""))
        method = attributes.get(f"{name.removesuffix('_url')}_method", "POST")
        url = str.__str__(attributes[name])
        fault = fault_of(url, method, (username, password), leads.events)
        if fault is not None:
            shown = without_password(repr(url))
            self.faults.append(f"{element.specification.name} {name}={shown} {fault}")

    def _url(self, element: Element, name: str, leads: Url, link: Any) -> CallbackURL:
        """Return the URL of a handler or a blueprint that stands in an attribute."""
        current, key = self._current, (link, leads)
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        if isinstance(link, Blueprint):
            return url_of(registration_of(link, current), None, {}, current)

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
        url = url_of(owner, only_path(link, taking), {}, current)
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
    if not blueprints:
        raise LinkError(
            f"{here()} is not a handler of any CallbackBlueprint of this application. Decorate it with"
            f" respond() or on(), or give the URL that the blueprint's url_for(handler) returns. {OUTERMOST}"
        )
    if len(blueprints) > 1:
        raise LinkError(
            f"{here()} is a handler of several CallbackBlueprints of this application. Give the URL that"
            " url_for(handler) of one of them returns."
        )
    return registration_of(blueprints.popitem()[1], current)


def _credentials(
    element: Element,
    pair: tuple[str, str],
    guarded: Sequence[str],
    urls: Mapping[str, CallbackURL],
    plain: Sequence[str],
) -> Credentials:
    """Return the credentials that URLs of an element share, and that go to no other host.

    :param pair: the names of the attributes for the credentials.
    :param guarded: the attributes whose URLs require them.
    :param plain: the attributes with plain URLs.
    """
    verb = element.specification.name
    name, *others = guarded
    credentials = urls[name].gate.handed_out
    assert credentials is not None
    for other in others:
        if urls[other].gate.handed_out != credentials:
            raise LinkError(
                f"{verb} {name} and {other} lead to blueprints with different credentials, but {verb}"
                f" has one {pair[0]} for both. Give the blueprints the same credentials, or set {pair[0]} and"
                f" {pair[1]} to a pair that both accept."
            )
    for other in plain:
        host = host_of(element.attributes[other])
        if element.specification.links[other].credentials == pair and not is_own_host(host):
            raise LinkError(
                f"{verb} {name} leads to a blueprint whose credentials would be sent to {host} too, through"
                f" {other}. Set {pair[0]} and {pair[1]} yourself if that is intended, or give both attributes"
                " a handler."
            )
    return credentials
