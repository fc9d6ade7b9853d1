"""``flask bandwidth routes``: which function handles which callback, and at which URL."""

from __future__ import annotations

import click

from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.subscriptions import Subscription, Target

from .application import load_application
from .callback_routes import CallbackRoute, callback_routes
from .terminal import say, table


@click.command("routes")
def command() -> None:
    """List the responders and subscribers of each event.

    A responder handles the events that reach its own URL and fit its conditions. Of several that fit, the
    most specific one runs; if none fits, those at the blueprint's own URL are tried. A subscriber is notified
    of events that reach any URL of its blueprint. For example:

    \b
      flask bandwidth routes
    """
    for number, routes in enumerate(callback_routes(load_application())):
        if number:
            click.echo()
        _show(routes)


def _show(routes: list[CallbackRoute]) -> None:
    registration = routes[0].registration
    pair = registration.gate.handed_out
    access = (
        "accepts callbacks from anyone" if pair is None else f"requires the credentials of {pair.username!r}"
    )
    say(f"{registration.name} at {routes[0]} {access}", "bold")
    responders = [
        (_events(responder), str(route), responder.condition, str(responder))
        for route in routes
        for responder in sorted(route.responders, key=_order)
    ]
    subscribers = [
        (_events(subscriber), subscriber.condition, str(subscriber))
        for subscriber in sorted(registration.subscriptions.subscribers, key=_order)
    ]
    if responders:
        table(("Event", "URL", "Condition", "Responder"), responders)
    if subscribers:
        table(("Event", "Condition", "Subscriber"), subscribers)
    if not responders and not subscribers:
        say("This blueprint has no responders and no subscribers.", "yellow")


def _events(subscription: Subscription) -> str:
    return ", ".join(_event(target, answers=subscription.is_responder) for target in subscription.targets)


def _event(target: Target, *, answers: bool) -> str:
    if target.event_type is not None or target.event_class.event_types:
        return target.event_type or " or ".join(target.event_class.event_types)
    below = {known for known in EVENT_CLASSES.values() if issubclass(known, target.event_class)}
    number = sum(known.reply.awaited or not answers for known in below)
    return target.event_class.__name__ + (f" ({number} events)" if number else "")


def _order(subscription: Subscription) -> tuple[int, int]:
    """Return a sort key: events in the order of a call, then the subscription that is tried first."""
    types = list(EVENT_CLASSES)
    first = subscription.targets[0].event_class.event_types
    return types.index(first[0]) if first else len(types), -len(subscription.matches)
