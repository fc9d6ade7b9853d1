"""A subscription: a handler, the events that it gets, and where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask_bandwidth_callbacks.events import event_class_of

from .handlers import Handler, describe
from .matches import Match
from .targets import Target

OWN_URL = "the blueprint's own URL"
"""How messages name the URL of a subscription whose path is None."""


@dataclass(frozen=True, eq=False)
class Subscription:
    """One use of ``respond`` or ``on``."""

    handler: Handler
    targets: tuple[Target, ...]
    matches: tuple[Match, ...]
    path: str | None = None
    """Path below the blueprint's own URL; None is the blueprint's own URL."""
    variables: frozenset[str] = frozenset()
    """Variables of the path, which the handler is given by name."""
    is_responder: bool = False
    """Whether the handler is a responder, which gets answered events only."""
    repeats: bool = False
    """Whether the handler is called again for a callback that comes again."""
    is_background: bool = False
    """Whether the handler is called after the reply has gone out."""

    @property
    def condition(self) -> str:
        """The matches as text; empty where there are none."""
        return ", ".join(map(str, self.matches))

    def takes(self, event_types: Collection[str]) -> bool:
        """Return whether an event of one of these types can reach the handler."""
        return any(self._takes(target, event_type) for target in self.targets for event_type in event_types)

    def _takes(self, target: Target, event_type: str) -> bool:
        if target.event_type is not None:
            return target.event_type == event_type
        event_class = event_class_of(event_type)
        return issubclass(event_class, target.event_class) and (
            event_class.reply.awaited or not self.is_responder
        )

    def __str__(self) -> str:
        return describe(self.handler)
