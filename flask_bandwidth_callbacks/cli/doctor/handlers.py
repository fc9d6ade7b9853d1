"""Responders and subscribers: the events that none of them takes, and those that cannot reach them."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator, Sequence

from flask import Flask

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.cli.callback_routes import CallbackRoute
from flask_bandwidth_callbacks.events import EVENT_CLASSES

from .findings import Finding

_FROM_OUTSIDE = {
    "initiate": "the Call initiated callback URL of a Bandwidth application",
    "answer": "the answerUrl of createCall",
    "conferenceRedirect": "the redirectUrl of updateConference",
}
"""How Bandwidth learns of URLs that no verb leads to."""

_FROM_VERBS = {
    event
    for element in bxml.ELEMENTS.values()
    for attribute in element.specification.attributes.values()
    if attribute.url is not None
    for event in attribute.url.events
}


def check_calls(routes: Sequence[Sequence[CallbackRoute]]) -> Iterator[Finding]:
    """Yield which calls would be lost, and which would end unnoticed, given the routes of every blueprint."""
    yield from _initiate_without_responder([route for of_blueprint in routes for route in of_blueprint])
    yield from _disconnect_without_subscriber(routes)


def check_blueprint(app: Flask, routes: Sequence[CallbackRoute]) -> Iterator[Finding]:
    """Yield which handlers of a blueprint do not cover their events, are not reachable, or cannot run."""
    yield from _only_on_conditions(routes)
    yield from _without_a_verb(routes)
    yield from _async_without_support(app, routes[0])


# -- The beginning and the end of calls ----------------------------------------------------------------------


def _initiate_without_responder(routes: Sequence[CallbackRoute]) -> Iterator[Finding]:
    if any(route.answers("initiate") for route in routes):
        return
    summary = "initiate has no responder."
    remedy = f"Register one: @{routes[0].registration.blueprint.name}.respond(InitiateCallback)."
    if any(route.answers("answer") for route in routes):
        consequence = "Every inbound call is lost. Ignore this if the application only makes outbound calls."
        yield Finding("warning", summary, consequence, remedy)
    else:
        yield Finding("error", summary, "Every inbound call is lost: Bandwidth hangs up.", remedy)


def _disconnect_without_subscriber(routes: Sequence[Sequence[CallbackRoute]]) -> Iterator[Finding]:
    taking_calls = [of_blueprint for of_blueprint in routes if _takes_calls(of_blueprint)]
    for of_blueprint in taking_calls or routes[:1]:
        registration = of_blueprint[0].registration
        if any(subscriber.takes(["disconnect"]) for subscriber in registration.subscriptions.subscribers):
            continue
        whose = f" for the calls of {registration.name}" if len(routes) > 1 else ""
        yield Finding(
            "warning",
            f"disconnect has no subscriber{whose}.",
            "Only this event says that a call has ended and why, for example because a callback failed.",
            f"Register one: @{registration.blueprint.name}.on(DisconnectCallback).",
        )


def _takes_calls(routes: Sequence[CallbackRoute]) -> bool:
    return any(route.answers(event) for route in routes for event in ("initiate", "answer"))


# -- Events that do not reach a responder --------------------------------------------------------------------


def _only_on_conditions(routes: Sequence[CallbackRoute]) -> Iterator[Finding]:
    own = routes[0]
    for route in routes:
        conditional: dict[str, list[str]] = defaultdict(list)
        for event, event_class in EVENT_CLASSES.items():
            if event != event_class.event_types[0] or not event_class.reply.required:
                continue
            here = [responder for responder in route.responders if responder.takes([event])]
            fallback = [responder for responder in own.responders if responder.takes([event])]
            if here and all(responder.matches for responder in (*here, *fallback)):
                conditions = dict.fromkeys(responder.condition for responder in here)
                conditional[" or ".join(conditions)].append(event)
        for condition, events in conditional.items():
            yield Finding(
                "warning",
                f"{route} responds to {_listed(events)} only if {condition}.",
                "Any other event is rejected, and the call is lost.",
                "Add a responder without a condition, unless the conditions cover every case.",
            )


def _without_a_verb(routes: Sequence[CallbackRoute]) -> Iterator[Finding]:
    for route in routes[1:]:
        events = [event for event in EVENT_CLASSES if route.answers(event)]
        if _FROM_VERBS.isdisjoint(events):
            yield _no_verb_leads_to(route, routes[0], events)


def _no_verb_leads_to(route: CallbackRoute, own: CallbackRoute, events: Sequence[str]) -> Finding:
    responders = ", ".join(map(str, route.responders))
    summary = f"No verb leads to {route}, where {responders} responds to"
    remedy = f"If this is not intended, omit the path: the URL without it is {own}."
    ways = " or ".join(_FROM_OUTSIDE[event] for event in events)
    if not events:
        return Finding(
            "warning",
            f"{summary} unknown events.",
            "Whether anything else leads there is unknown, too.",
            remedy,
        )
    return Finding(
        "warning" if "initiate" in events else "note",
        f"{summary} {_listed(events)}.",
        f"Bandwidth requests this URL only if it is {ways}.",
        remedy,
    )


def _listed(events: Sequence[str]) -> str:
    return ", ".join(map(repr, events))


# -- Handlers that cannot run --------------------------------------------------------------------------------


def _async_without_support(app: Flask, route: CallbackRoute) -> Iterator[Finding]:
    subscriptions = route.registration.subscriptions
    coroutines = [
        subscription
        for subscription in (*subscriptions.responders, *subscriptions.subscribers)
        if inspect.iscoroutinefunction(subscription.handler)
    ]
    try:
        for subscription in coroutines:
            app.ensure_sync(subscription.handler)
    except RuntimeError as error:
        yield Finding(
            "error",
            f"{', '.join(map(str, coroutines))} cannot run: {error}",
            "Every call that needs one of them is lost.",
            "pip install 'flask[async]'",
        )
