"""The advice in the log when an answered event has no responder: near misses, and a responder to paste."""

from __future__ import annotations

import keyword
from string import Template

from .events import Callback
from .spelling import snake_case
from .subscriptions import OWN_URL, Subscription, Subscriptions

_MOST_SHOWN = 5
"""How many near misses are listed."""

_RESPONDER = Template("""
from flask_bandwidth_callbacks import $event_class
from flask_bandwidth_callbacks.bxml import SpeakSentence

@$blueprint.respond($event_class)
def handle_$event(event: $event_class):
    return SpeakSentence("Hello.")
""")


def advice_for(blueprint: str, subscriptions: Subscriptions, event: Callback) -> str:
    """Return the near misses and a responder to paste, after which an event of this type is replied to."""
    responder = _RESPONDER.substitute(
        event_class=type(event).__name__,
        event=snake_case(event.event_type or ""),
        blueprint=blueprint if blueprint.isidentifier() and not keyword.iskeyword(blueprint) else "phone",
    )
    return f"{_near_misses(subscriptions.near_misses(event))}Start from this one:\n{responder}"


def _near_misses(responders: list[Subscription]) -> str:
    if not responders:
        return ""
    shown = "; ".join(map(_near_miss, responders[:_MOST_SHOWN]))
    rest = f"; and {len(responders) - _MOST_SHOWN} more" if len(responders) > _MOST_SHOWN else ""
    return f"Responders at other URLs or for other values: {shown}{rest}. "


def _near_miss(responder: Subscription) -> str:
    condition = f" if {responder.condition}" if responder.matches else ""
    return f"{responder} at {responder.path or OWN_URL}{condition}"
