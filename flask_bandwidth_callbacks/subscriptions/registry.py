"""The responders and subscribers of one blueprint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask_bandwidth_callbacks.events import Callback
from flask_bandwidth_callbacks.exceptions import SubscriptionError

from .conflicts import Conflicts
from .handlers import Handler, check_callable, describe, full_name
from .lookup import Candidate, Index
from .matches import attribute_type, matches_of
from .subscription import Subscription
from .targets import Target


class Subscriptions:
    """The responders and subscribers of one blueprint."""

    def __init__(self) -> None:
        self.responders: list[Subscription] = []
        """In order of registration."""
        self.subscribers: list[Subscription] = []
        """In order of registration."""
        self._by_handler: dict[Handler, list[Subscription]] = defaultdict(list)
        self._background_handlers: dict[str, Handler] = {}
        self._conflicts = Conflicts()
        self._responder_indexes: dict[tuple[str | None, type[Callback]], Index] = {}
        self._subscriber_indexes: dict[type[Callback], Index] = {}

    def add_responder(
        self,
        handler: Handler,
        targets: tuple[Target, ...],
        path: str | None,
        variables: frozenset[str],
        conditions: Mapping[str, Any],
        *,
        repeats: bool,
    ) -> None:
        """Register ``handler`` as a responder at ``path``, whose variables it is given by name.

        Raises :class:`SubscriptionError` for a responder that would never run and for a second responder to
        the same event.
        """
        check_callable(handler, variables)
        matches = matches_of(handler, targets, conditions)
        responder = Subscription(
            handler, targets, matches, path, variables, is_responder=True, repeats=repeats
        )
        _check_reply(responder)
        self._conflicts.check(responder)
        self._conflicts.add(responder)
        self.responders.append(responder)
        self._by_handler[handler].append(responder)
        self._responder_indexes.clear()

    def add_subscriber(
        self,
        handler: Handler,
        targets: tuple[Target, ...],
        conditions: Mapping[str, Any],
        *,
        repeats: bool,
        background: bool,
    ) -> None:
        """Register ``handler`` as a subscriber.

        Raises :class:`SubscriptionError` for a subscriber that would never run.
        """
        check_callable(handler, ())
        subscriber = Subscription(
            handler,
            targets,
            matches_of(handler, targets, conditions),
            repeats=repeats,
            is_background=background,
        )
        if background:
            self._check_name(handler)
            self._background_handlers[full_name(handler)] = handler
        self.subscribers.append(subscriber)
        self._by_handler[handler].append(subscriber)
        self._subscriber_indexes.clear()

    def check(self) -> None:
        """Raise :class:`SubscriptionError` for a subscription that would never run.

        The decorators have checked what was known then. An event type that had no class may have one now.
        """
        for subscription in (*self.responders, *self.subscribers):
            if not any(isinstance(target.named, str) for target in subscription.targets):
                continue
            for match in subscription.matches:
                attribute_type(subscription.handler, subscription.targets, match.attribute)
            if subscription.is_responder:
                _check_reply(subscription)

    def responder(self, event: Callback, path: str | None = None) -> Subscription | None:
        """Return the responder to ``event`` at ``path``, else at the blueprint's own URL, else None.

        More matches go first, then the narrower class, then the first registered. An exception of a predicate
        passes through, with a note that names the responder.
        """
        if not event.reply.awaited:
            return None
        for candidate in self._responder_index(path, type(event)).candidates(event):
            try:
                if candidate.fits(event):
                    return candidate.subscription
            except Exception as error:
                error.add_note(f"Raised by a predicate of responder {candidate.subscription}.")
                raise
        return None if path is None else self.responder(event)

    def near_misses(self, event: Callback) -> list[Subscription]:
        """Return the responders to events of this type at other paths or for other values."""
        return [responder for responder in self.responders if responder.takes((event.event_type or "",))]

    def subscriber_candidates(self, event: Callback) -> list[Candidate]:
        """Return the subscribers that may get ``event``, in order of registration.

        The caller asks each candidate whether it ``fits``: a predicate that raises must not keep the event
        from the other subscribers.
        """
        event_class = type(event)
        if event_class not in self._subscriber_indexes:
            self._subscriber_indexes[event_class] = Index(self.subscribers, event_class, by_rank=False)
        return self._subscriber_indexes[event_class].candidates(event)

    def of(self, handler: Handler) -> list[Subscription]:
        """Return every subscription of a handler."""
        return self._by_handler.get(handler, [])

    @property
    def have_background(self) -> bool:
        """Whether there are subscribers that run after the reply."""
        return bool(self._background_handlers)

    def background_handler(self, name: str) -> Handler | None:
        """Return the subscriber that runs after the reply and has this full name, None if there is none."""
        return self._background_handlers.get(name)

    def _check_name(self, handler: Handler) -> None:
        other = self._background_handlers.get(full_name(handler), handler)
        if other is not handler:
            raise SubscriptionError(
                f"A handler with background=True must have a name of its own, by which another process finds"
                f" it, got {describe(handler)} beside {describe(other)}. Rename one of them."
            )

    def _responder_index(self, path: str | None, event_class: type[Callback]) -> Index:
        if (path, event_class) not in self._responder_indexes:
            here = [responder for responder in self.responders if responder.path == path]
            self._responder_indexes[path, event_class] = Index(here, event_class, by_rank=True)
        return self._responder_indexes[path, event_class]


def _check_reply(responder: Subscription) -> None:
    for target in responder.targets:
        if not any(event_class.reply.awaited for event_class in target.classes):
            raise SubscriptionError(
                f"{responder} cannot respond to {target}, because Bandwidth ignores the reply to a"
                " notification. Subscribe with on() instead."
            )
