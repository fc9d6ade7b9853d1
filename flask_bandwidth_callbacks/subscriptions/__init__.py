"""Responders and subscribers: which handler gets which event.

A registration that can never match raises an error at import time. Nothing in here calls a handler, only
predicates of matches, and nothing in here knows Flask.

The rooms, each importing earlier ones only: ``handlers`` (the functions), ``targets`` (the events that a
subscription names), ``matches`` (the attributes that narrow it), ``subscription`` (one use of ``respond`` or
``on``), ``conflicts`` (two responders for one event), ``lookup`` (the subscriptions of an event, found fast)
and ``registry`` (all subscriptions of a blueprint).
"""

from .handlers import Handler, describe, full_name
from .lookup import Candidate
from .registry import Subscriptions
from .subscription import OWN_URL, Subscription
from .targets import Target, targets_of

__all__ = [
    "OWN_URL",
    "Candidate",
    "Handler",
    "Subscription",
    "Subscriptions",
    "Target",
    "describe",
    "full_name",
    "targets_of",
]
