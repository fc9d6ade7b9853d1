"""Probes: requests that show whether something else replies in place of the blueprint.

The blueprint rejects each of them because it has no content, so no handler runs.
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

from flask_bandwidth_callbacks import config
from flask_bandwidth_callbacks.cli.application import one_line
from flask_bandwidth_callbacks.cli.callback_routes import CallbackRoute
from flask_bandwidth_callbacks.registrations import Registration
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.application import endpoint_at, host_of
from flask_bandwidth_callbacks.simulator.wire.transport import InProcess
from flask_bandwidth_callbacks.simulator.wire.urls import split
from flask_bandwidth_callbacks.subscriptions import describe

from .findings import Finding

_INVENTED = ("1", "a", "00000000-0000-4000-8000-000000000000")
"""Values for the variables of a URL. Every converter of Werkzeug except ``any`` accepts one of them."""
_EMPTY = b"{}"
_REJECTED = 422
"""Status of the blueprint's own reply to a callback without content."""
_PROXY_FIX = (
    "Only if your proxy overwrites X-Forwarded-Proto in every request, use"
    " app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1), from werkzeug.middleware.proxy_fix. Otherwise anyone"
    " can forge that header. Do not add x_host=1 for absolute URLs: many proxies pass on an X-Forwarded-Host"
    f" that anyone can forge. Set {config.PUBLIC_URL} to the public https host instead."
    " Ignore this without a proxy."
)


class _Target(NamedTuple):
    """A URL that fits a route, and the endpoint that receives requests to it."""

    url: str
    endpoint: str | None


def check(app: Flask, routes: Sequence[Sequence[CallbackRoute]]) -> list[Finding]:
    """Return what is wrong with the replies of an application, given the routes of each blueprint."""
    findings: list[Finding] = []
    with _logging_disabled():
        for of_blueprint in routes:
            findings += _intercepted(app, of_blueprint)
        findings += _behind_proxy(app, routes[0][0])
    return findings


@contextlib.contextmanager
def _logging_disabled() -> Iterator[None]:
    """Disable logging, so that log lines about the probes do not drown the findings."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


# -- Callbacks that do not reach the blueprint ---------------------------------------------------------------


def _intercepted(app: Flask, routes: Sequence[CallbackRoute]) -> Iterator[Finding]:
    """Yield where callbacks do not reach their blueprint; routes with the same finding are joined."""
    registration = routes[0].registration
    urls: dict[Finding, list[str]] = defaultdict(list)
    for route in routes:
        finding = _probe(app, route)
        if finding is not None:
            urls[finding].append(str(route))
    for finding, affected in urls.items():
        subject = ", ".join(affected) if len(affected) < len(routes) else f"Every URL of {registration.name}"
        yield replace(finding, summary=f"{subject}: {finding.summary}")


def _probe(app: Flask, route: CallbackRoute) -> Finding | None:
    target = _target_of(app, route)
    if target is None:
        return Finding(
            "note",
            "not checked, because no values for its variables are known.",
            "Callbacks may or may not reach the blueprint.",
            "Check it with a value: flask bandwidth send initiate --url ...",
        )
    if target.endpoint is None:
        return Finding(
            "error",
            "requests do not reach it.",
            "Every callback is lost.",
            "A subdomain needs SERVER_NAME and Flask(subdomain_matching=True). With host_matching Flask uses"
            " only rules that name a host, which those of a CallbackBlueprint do not.",
        )
    if target.endpoint != route.rule.endpoint:
        return Finding(
            "error",
            f"endpoint {target.endpoint!r} receives its requests.",
            "Every callback is lost.",
            "Move one of them: app.register_blueprint takes a url_prefix.",
        )
    reply = _foreign_reply(app, route.registration, target.url)
    if reply is None:
        return None
    invented = ", with invented values for its variables" if route.rule.arguments else ""
    return Finding(
        "warning" if invented else "error",
        f"something else replies in place of the blueprint{invented} ({reply}).",
        "Bandwidth gets neither a challenge nor a document, and every callback is lost.",
        _suspects(app, route.registration),
    )


def _target_of(app: Flask, route: CallbackRoute) -> _Target | None:
    """Return a URL that fits a route; None if it has variables for which no invented value fits."""
    host = host_of(app)
    adapter = app.url_map.bind(host, url_scheme="https")
    names = sorted(route.rule.arguments - (route.rule.defaults or {}).keys())
    endpoint = route.rule.endpoint
    for values in itertools.product(_INVENTED, repeat=len(names)):
        try:
            built = adapter.build(endpoint, dict(zip(names, values, strict=True)), force_external=True)
            # With host_matching it has no host.
            url = urljoin(f"https://{host}/", built)
            target = _Target(url, endpoint_at(app, url))
        except Exception:  # a converter of the application may raise anything
            continue
        if target.endpoint == endpoint or not names:
            return target
    return None


def _foreign_reply(app: Flask, registration: Registration, url: str) -> str | None:
    """Return what came back in place of the blueprint's own reply; None if the blueprint replied."""
    pair = registration.gate.handed_out
    bandwidth = SimulatedBandwidth(app, url, credentials=pair, raise_errors=True)
    try:
        exchange = bandwidth.send("disconnect", {}, raw=_EMPTY)
    except Exception as error:  # hooks and middleware may raise anything
        return one_line(error)
    if exchange.status == _REJECTED and exchange.challenged == (pair is not None):
        return None
    return exchange.failure or f"status {exchange.status}"


def _suspects(app: Flask, registration: Registration) -> str:
    """Return a remedy that names the hooks of the application that run before and after a blueprint."""
    names = registration.name.split(".")
    scopes = [None, *(".".join(names[:length]) for length in range(1, len(names) + 1))]
    before = _hooks(scopes, app.url_value_preprocessors, app.before_request_funcs)
    after = _hooks(scopes, app.after_request_funcs, app.teardown_request_funcs)
    after += map(describe, app.teardown_appcontext_funcs)
    remedy = "Check the middleware around app.wsgi_app: no hook of Flask runs before the blueprint."
    if before:
        remedy = (
            f"These run before it: {', '.join(before)}. Begin the one that replies with"
            f" `if request.blueprint == {registration.name!r}: return None`."
        )
    if after:
        remedy += f" These run after it: {', '.join(after)}. None of them may raise or change the reply."
    return remedy


def _hooks(
    scopes: Sequence[str | None], *kinds: Mapping[str | None, Sequence[Callable[..., Any]]]
) -> list[str]:
    """Return the names of the hooks of some blueprints, without those of this library."""
    return [
        describe(hook)
        for scope in scopes
        for hooks in kinds
        for hook in hooks.get(scope, ())
        if not getattr(hook, "__module__", "").startswith("flask_bandwidth_callbacks")
    ]


# -- https behind a proxy ------------------------------------------------------------------------------------


def _behind_proxy(app: Flask, route: CallbackRoute) -> Iterator[Finding]:
    """Yield whether the application misses https, probed as by a proxy that received https and sends http."""
    schemes: list[str] = []

    def note_scheme(sender: Flask, **details: object) -> None:
        schemes.append(request.scheme)

    target = _target_of(app, route)
    if target is None:
        return
    url = split(target.url.replace("https", "http", 1))
    headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
    with request_started.connected_to(note_scheme, app):
        reply = InProcess(app, url).send("POST", url, headers, _EMPTY, timeout=15)
    if reply.status in range(300, 400) and reply.headers.get("location", "").startswith("https:"):
        yield Finding(
            "error",
            "Behind a proxy, every callback is redirected to https.",
            "The application takes what a proxy passes on for http, and Bandwidth does not follow redirects:"
            " every call is lost.",
            _PROXY_FIX,
        )
    elif "http" in schemes and config.PUBLIC_URL.read(app) is None:
        yield Finding(
            "warning",
            "Behind a proxy, https is not recognized.",
            "If a proxy receives the callbacks and passes them on over http, url_for(..., _external=True)"
            " returns http URLs. If Bandwidth sends a password there at all, it can be read on its way.",
            _PROXY_FIX,
        )
