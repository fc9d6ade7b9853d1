"""The events that a subscription names: classes, or event types that have no class yet."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from flask_bandwidth_callbacks.events import EVENT_CLASSES, Callback, UnknownCallback
from flask_bandwidth_callbacks.exceptions import SubscriptionError
from flask_bandwidth_callbacks.oddities import warn


@dataclass(frozen=True)
class Target:
    """An event class, or an event type that has no class yet."""

    event_class: type[Callback]
    event_type: str | None = None
    """Set for a type without a class, whose ``event_class`` is :class:`UnknownCallback`."""

    @property
    def classes(self) -> list[type[Callback]]:
        """The classes of the events that this target stands for: of a base class, all below it."""
        if self.event_class.event_types or self.event_class is UnknownCallback:
            return [self.event_class]
        return [
            known
            for known in (*EVENT_CLASSES.values(), UnknownCallback)
            if issubclass(known, self.event_class)
        ]

    @property
    def event_types(self) -> set[str]:
        """The event types that this target stands for; empty where it may be any."""
        if self.event_type is not None:
            return {self.event_type}
        if UnknownCallback in self.classes:
            return set()
        return {event_type for known in self.classes for event_type in known.event_types}

    def __str__(self) -> str:
        return repr(self.event_type) if self.event_type else self.event_class.__name__


def targets_of(event: object) -> tuple[Target, ...]:
    """Return the targets in the first argument of ``respond`` or ``on``.

    Warns about an unknown event type: Bandwidth may have added it, or it may be misspelled.
    Raises :class:`SubscriptionError` for anything that does not name an event.
    """
    names = event if isinstance(event, tuple) else (event,)
    if not names:
        raise SubscriptionError("A tuple of events must not be empty. Give at least one event class or type.")
    return tuple(dict.fromkeys(map(_target, names)))


def _target(event: object) -> Target:
    if isinstance(event, type) and issubclass(event, Callback):
        return Target(event)
    if isinstance(event, str) and event:
        if event in EVENT_CLASSES:
            return Target(EVENT_CLASSES[event])
        nearest = difflib.get_close_matches(event, EVENT_CLASSES, n=1, cutoff=0)[0]
        warn(
            f"Event type {event!r} is unknown; the nearest known one is {nearest!r}. The handler is"
            " registered all the same, in case Bandwidth has added it."
        )
        return Target(UnknownCallback, event)
    raise SubscriptionError(
        f"An event must be an event class or an event type, got {event!r}. Give a class such as"
        " InitiateCallback, a type such as 'initiate', or a tuple of these."
    )
