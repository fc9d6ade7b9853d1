"""The events that a subscription names: classes, or event types that have no class yet."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from flask_bandwidth_callbacks.events import EVENT_CLASSES, Callback, UnknownCallback, event_class_of
from flask_bandwidth_callbacks.exceptions import SubscriptionError
from flask_bandwidth_callbacks.oddities import warn


@dataclass(frozen=True)
class Target:
    """An event class, or an event type that had no class when it was named."""

    named: type[Callback] | str

    @property
    def event_class(self) -> type[Callback]:
        """The class. That of an event type without one is :class:`UnknownCallback`, until it is declared."""
        return event_class_of(self.named) if isinstance(self.named, str) else self.named

    @property
    def event_type(self) -> str | None:
        """The event type, if it still has no class."""
        return self.named if isinstance(self.named, str) and self.named not in EVENT_CLASSES else None

    @property
    def classes(self) -> list[type[Callback]]:
        """The classes of the events that this target stands for: of a base class, all below it."""
        return [known for known in _known_classes() if issubclass(known, self.event_class)]

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


def _known_classes() -> list[type[Callback]]:
    """Return the classes that a callback can have."""
    return list(dict.fromkeys((*EVENT_CLASSES.values(), UnknownCallback)))


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
        target = Target(event)
        if not target.classes:
            raise SubscriptionError(
                f"An event class must be one that a callback can have, got {event.__name__}. {_remedy(event)}"
            )
        return target
    if isinstance(event, str) and event:
        if event in EVENT_CLASSES:
            return Target(EVENT_CLASSES[event])
        nearest = difflib.get_close_matches(event, EVENT_CLASSES, n=1, cutoff=0)[0]
        warn(
            f"Event type {event!r} is unknown; the nearest known one is {nearest!r}. The handler is"
            " registered all the same, in case Bandwidth has added it."
        )
        return Target(event)
    raise SubscriptionError(
        f"An event must be an event class or an event type, got {event!r}. Give a class such as"
        " InitiateCallback, a type such as 'initiate', or a tuple of these."
    )


def _remedy(event_class: type[Callback]) -> str:
    nearest = next(known for known in event_class.__mro__ if known in (*_known_classes(), Callback))
    if nearest is Callback:
        return "Declare its event_types, or the event classes below it, before the handler."
    return f"Give {nearest.__name__}, the class of these events."
