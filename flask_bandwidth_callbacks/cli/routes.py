"""``flask bandwidth routes``: who answers what, where, and who else hears of it."""

from __future__ import annotations

import click

from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.subscriptions import Subscription, Target

from . import application
from .addresses import Address, addresses_of
from .terminal import say, table


@click.command()
def routes() -> None:
    """Show who answers which event, and who else hears of it.

    A responder answers at its own URL, and only events that fit its conditions: the first one that fits. If
    there is none, the responders at the blueprint's own URL are asked. A subscriber hears of events at every
    URL of its blueprint. For example:

    \b
      flask bandwidth routes
    """
    for number, addresses in enumerate(addresses_of(application.load())):
        if number:
            click.echo()
        _show(addresses)


def _show(addresses: list[Address]) -> None:
    registration = addresses[0].registration
    pair = registration.gate.handed_out
    asks = "lets everyone in" if pair is None else f"asks for the credentials of {pair.username!r}"
    say(f"{registration.name} at {addresses[0]} {asks}", "bold")
    answers = [
        (_events(responder), str(address), responder.condition, str(responder))
        for address in addresses
        for responder in sorted(address.responders, key=_order)
    ]
    hears = [
        (_events(subscriber), subscriber.condition, str(subscriber))
        for subscriber in sorted(registration.subscriptions.subscribers, key=_order)
    ]
    if answers:
        table(("Answered", "URL", "If", "Responder"), answers)
    if hears:
        table(("Heard", "If", "Subscriber"), hears)
    if not answers and not hears:
        say("Nobody answers or hears anything.", "yellow")


def _events(subscription: Subscription) -> str:
    return ", ".join(_event(target, answers=subscription.answers) for target in subscription.targets)


def _event(target: Target, *, answers: bool) -> str:
    if target.event_type is not None or target.event_class.event_types:
        return target.event_type or " or ".join(target.event_class.event_types)
    below = {known for known in EVENT_CLASSES.values() if issubclass(known, target.event_class)}
    number = sum(known.reply.awaited or not answers for known in below)
    return target.event_class.__name__ + (f" ({number} events)" if number else "")


def _order(subscription: Subscription) -> tuple[int, int]:
    """Sort by event, in the order in which a call has them, and who is asked first before the others."""
    types = list(EVENT_CLASSES)
    first = subscription.targets[0].event_class.event_types
    return types.index(first[0]) if first else len(types), -len(subscription.matches)
