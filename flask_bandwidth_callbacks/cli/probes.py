"""What will go wrong in production, as far as requests to an application tell.

Each of them is one that the blueprint refuses, because there is nothing in it: no handler hears of it.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urljoin

from flask import Flask, request, request_started

from flask_bandwidth_callbacks.registrations import Registration
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.application import endpoint_at, host_of
from flask_bandwidth_callbacks.simulator.wire.transport import InProcess
from flask_bandwidth_callbacks.simulator.wire.urls import split
from flask_bandwidth_callbacks.subscriptions import describe

from .addresses import Address
from .application import told
from .findings import Finding

_INVENTED = ("1", "a", "00000000-0000-4000-8000-000000000000")
"""Values for the variables of a URL; every converter that Werkzeug has takes one of them, but ``any``."""
_NOTHING = b"{}"
_REFUSAL = 422
"""Status of the blueprint's own answer to a callback with nothing in it."""
_PROXY_FIX = (
    "app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1), from werkzeug.middleware.proxy_fix;"
    " no matter without a proxy."
)


class _Place(NamedTuple):
    """A URL that an address can have, and where requests to it get."""

    url: str
    endpoint: str | None


def look(app: Flask, addresses: Sequence[Sequence[Address]]) -> list[Finding]:
    """Return what is wrong with the answers at the addresses of an application, by blueprint."""
    findings: list[Finding] = []
    with _silence():
        for of_one in addresses:
            findings += _answers(app, of_one)
        findings += _scheme(app, addresses[0][0])
    return findings


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what is logged of the requests from whoever wants to read the findings."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


# -- Who answers ---------------------------------------------------------------------------------------------


def _answers(app: Flask, addresses: Sequence[Address]) -> Iterator[Finding]:
    """Yield where callbacks to a blueprint do not get to it; what has the same trouble, together."""
    registration = addresses[0].registration
    places: dict[Finding, list[str]] = defaultdict(list)
    for address in addresses:
        finding = _trouble_at(app, address)
        if finding is not None:
            places[finding].append(str(address))
    for finding, found in places.items():
        where = ", ".join(found) if len(found) < len(addresses) else f"Every URL of {registration.name}"
        yield replace(finding, what=f"{where}: {finding.what}")


def _trouble_at(app: Flask, address: Address) -> Finding | None:
    place = _place_of(app, address)
    if place is None:
        return Finding(
            "note",
            "not tried, because no value for its variables is known.",
            "Whether callbacks get there is not known either.",
            "Try it with a value: flask bandwidth send initiate --url ...",
        )
    if place.endpoint is None:
        return Finding(
            "error",
            "no request gets there.",
            "Every callback is lost.",
            "A subdomain needs SERVER_NAME and Flask(subdomain_matching=True); host_matching finds only rules"
            " that name a host, which no CallbackBlueprint's does.",
        )
    if place.endpoint != address.rule.endpoint:
        return Finding(
            "error",
            f"taken by endpoint {place.endpoint!r}.",
            "Every callback is lost.",
            "Move one of them: app.register_blueprint takes a url_prefix.",
        )
    answer = _answer_at(app, address.registration, place.url)
    if answer is None:
        return None
    invented = ", with invented values for its variables" if address.rule.arguments else ""
    return Finding(
        "warning" if invented else "error",
        f"something answers in place of the blueprint{invented} ({answer}).",
        "Bandwidth gets neither a challenge nor a document, and every callback is lost.",
        _way_out(app, address.registration),
    )


def _place_of(app: Flask, address: Address) -> _Place | None:
    """Return a place that an address can have, None if it has variables that nothing invented fits."""
    host = host_of(app)
    adapter = app.url_map.bind(host, url_scheme="https")
    names = sorted(address.rule.arguments - (address.rule.defaults or {}).keys())
    endpoint = address.rule.endpoint
    for values in itertools.product(_INVENTED, repeat=len(names)):
        try:
            built = adapter.build(endpoint, dict(zip(names, values, strict=True)), force_external=True)
            # With host_matching it has no host.
            url = urljoin(f"https://{host}/", built)
            place = _Place(url, endpoint_at(app, url))
        except Exception:  # whatever a converter says of such a value
            continue
        if place.endpoint == endpoint or not names:
            return place
    return None


def _answer_at(app: Flask, registration: Registration, url: str) -> str | None:
    """Return what answers a callback in the place of the blueprint, None if the blueprint does."""
    pair = registration.gate.handed_out
    bandwidth = SimulatedBandwidth(app, url, credentials=pair, raise_errors=True)
    try:
        exchange = bandwidth.send("disconnect", {}, raw=_NOTHING)
    except Exception as error:  # of whatever is in the way
        return told(error)
    if exchange.status == _REFUSAL and exchange.challenged == (pair is not None):
        return None
    return exchange.failure or f"status {exchange.status}"


def _way_out(app: Flask, registration: Registration) -> str:
    names = registration.name.split(".")
    scopes = [None, *(".".join(names[:length]) for length in range(1, len(names) + 1))]
    before = _hooks(scopes, app.url_value_preprocessors, app.before_request_funcs)
    after = _hooks(scopes, app.after_request_funcs, app.teardown_request_funcs)
    after += map(describe, app.teardown_appcontext_funcs)
    way_out = "Look at what app.wsgi_app is wrapped in: nothing of Flask runs before the blueprint."
    if before:
        way_out = (
            f"These run before it: {', '.join(before)}. Let the one that answers begin with"
            f" `if request.blueprint == {registration.name!r}: return None`."
        )
    if after:
        way_out += f" These run after it: {', '.join(after)}. None may raise anything or change its answer."
    return way_out


def _hooks(
    scopes: Sequence[str | None], *kinds: Mapping[str | None, Sequence[Callable[..., Any]]]
) -> list[str]:
    """Return the names of the hooks of an application and of some blueprints, without those of our own."""
    return [
        describe(hook)
        for scope in scopes
        for hooks in kinds
        for hook in hooks.get(scope, ())
        if not getattr(hook, "__module__", "").startswith("flask_bandwidth_callbacks")
    ]


# -- What it is asked for ------------------------------------------------------------------------------------


def _scheme(app: Flask, address: Address) -> Iterator[Finding]:
    """Ask as a proxy does that was asked over https, and itself asks over http."""
    seen: list[str] = []

    def note(sender: Flask, **details: object) -> None:
        seen.append(request.scheme)

    place = _place_of(app, address)
    if place is None:
        return
    url = split(place.url.replace("https", "http", 1))
    headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
    with request_started.connected_to(note, app):
        reply = InProcess(app, url).send("POST", url, headers, _NOTHING, timeout=15)
    if reply.status in range(300, 400) and reply.headers.get("location", "").startswith("https:"):
        yield Finding(
            "error",
            "Behind a proxy, every callback is redirected to https.",
            "The application takes what a proxy passes on for http, and Bandwidth follows no redirect: every"
            " call is lost.",
            _PROXY_FIX,
        )
    elif "http" in seen:
        yield Finding(
            "warning",
            "Behind a proxy, https is not seen.",
            "If a proxy takes the calls and passes them on over http, url_for(..., _external=True) gives http"
            " URLs, and Bandwidth sends no password there, or one that can be read on its way.",
            _PROXY_FIX,
        )
