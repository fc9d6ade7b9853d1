"""Who wants which event: responders, subscribers, their matches and conflicts, and the look-up.

What can never work is refused while the decorator runs. No handler is called in here, only predicates are,
and nothing in here knows Flask: ``subscriptions.responder(event, path)`` tells who would answer.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .events import EVENT_CLASSES, Callback, UnknownCallback, event_class_of
from .exceptions import SubscriptionError
from .oddities import warn
from .payloads import Payload, attribute_types

Handler = Callable[..., Any]
OWN_URL = "the blueprint's own URL"

_COMPARABLE = (str, int, float, bool, datetime, timedelta)


@dataclass(frozen=True)
class Target:
    """What a subscription names: a class, or an event type that has no class yet."""

    event_class: type[Callback]
    event_type: str | None = None

    def __str__(self) -> str:
        return repr(self.event_type) if self.event_type else self.event_class.__name__


@dataclass(frozen=True)
class Match:
    """What one attribute must be like: one of some values, found by a pattern, or liked by a predicate."""

    attribute: str
    values: frozenset[Any] | None = None
    pattern: re.Pattern[str] | None = None
    predicate: Callable[[Any], Any] | None = None

    @property
    def keys(self) -> frozenset[Hashable]:
        """What two matches must share for an event to be known to fit both."""
        return self.values or frozenset({self.pattern or self.predicate})

    def __str__(self) -> str:
        if self.pattern is not None:
            return f"{self.attribute}=/{self.pattern.pattern}/"
        if self.predicate is not None:
            return f"{self.attribute}={describe(self.predicate)}"
        return f"{self.attribute}={' or '.join(sorted(map(repr, self.values or ())))}"

    def fits(self, event: Callback) -> bool:
        value = getattr(event, self.attribute, None)
        if self.values is not None:  # an object has no hash, and only its absence is matched
            return isinstance(value, Hashable) and value in self.values
        if value is None:
            return False
        if self.pattern is not None:
            return self.pattern.search(value) is not None
        assert self.predicate is not None
        return bool(self.predicate(value))


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
    answers: bool = False
    """Whether it is a responder, which hears of answered events only."""

    @property
    def condition(self) -> str:
        """What an event must be like, besides its type: empty where it does not matter."""
        return ", ".join(map(str, self.matches))

    @functools.cached_property
    def is_async(self) -> bool:
        """Whether the handler is an ``async def``."""
        return inspect.iscoroutinefunction(self.handler)

    def takes(self, event_types: Collection[str]) -> bool:
        """Tell whether an event of one of these types can get here."""
        return any(
            target.event_type == event_type
            or (
                target.event_type is None
                and issubclass(event_class_of(event_type), target.event_class)
                and (event_class_of(event_type).reply.awaited or not self.answers)
            )
            for target in self.targets
            for event_type in event_types
        )

    def __str__(self) -> str:
        return describe(self.handler)


def describe(handler: Handler) -> str:
    """Return a handler's name and place, for messages."""
    while isinstance(handler, functools.partial):  # whose repr shows the arguments, perhaps a password
        handler = handler.func
    name = getattr(handler, "__qualname__", None) or repr(handler)
    code = getattr(inspect.unwrap(handler), "__code__", None)
    return f"{name} ({Path(code.co_filename).name}:{code.co_firstlineno})" if code else name


def targets_of(event: object) -> tuple[Target, ...]:
    """Return what the first argument of ``respond`` or ``on`` names; raises :class:`SubscriptionError`.

    Warns of an event type that is not known: it may be tomorrow's, or a slip.
    """
    named = event if isinstance(event, tuple) else (event,)
    if not named:
        raise SubscriptionError("An empty tuple names no event: give at least one event class or type.")
    return tuple(dict.fromkeys(_target(one) for one in named))


def _target(named: object) -> Target:
    if isinstance(named, type) and issubclass(named, Callback):
        return Target(named)
    if isinstance(named, str) and named:
        if named in EVENT_CLASSES:
            return Target(EVENT_CLASSES[named])
        nearest = difflib.get_close_matches(named, EVENT_CLASSES, n=1, cutoff=0)[0]
        warn(
            f"No event type {named!r} is known; the nearest is {nearest!r}. It is subscribed to all the same,"
            " in case Bandwidth has added it.",
        )
        return Target(UnknownCallback, named)
    raise SubscriptionError(
        f"{named!r} names no event: give an event class such as InitiateCallback, an event type such as"
        " 'initiate', or a tuple of these."
    )


class Subscriptions:
    """The responders and subscribers of one blueprint."""

    def __init__(self) -> None:
        self.responders: list[Subscription] = []
        """In order of registration."""
        self.subscribers: list[Subscription] = []
        """In order of registration."""
        self._by_handler: dict[Handler, list[Subscription]] = defaultdict(list)
        self._rivals: dict[Hashable, list[Subscription]] = defaultdict(list)
        self._responder_indexes: dict[tuple[str | None, type[Callback]], _Index] = {}
        self._subscriber_indexes: dict[type[Callback], _Index] = {}

    def add_responder(
        self,
        handler: Handler,
        targets: tuple[Target, ...],
        path: str | None,
        variables: frozenset[str],
        match: Mapping[str, Any],
    ) -> None:
        """Let ``handler`` answer events at ``path``, whose variables it is given by name.

        Raises :class:`SubscriptionError` for what can never work and for a second responder of one event.
        """
        _check_callable(handler, variables)
        responder = Subscription(
            handler, targets, _matches(handler, targets, match), path, variables, answers=True
        )
        for target in targets:
            if not any(event_class.reply.awaited for event_class in _classes_below(target.event_class)):
                raise SubscriptionError(
                    f"{responder} cannot respond to {target}: Bandwidth only tells of this event and ignores"
                    " the reply. Subscribe with on() instead."
                )
            self._check_rivals(responder, target)
        for target in targets:
            self._remember(responder, target)
        self.responders.append(responder)
        self._by_handler[handler].append(responder)
        self._responder_indexes.clear()

    def add_subscriber(self, handler: Handler, targets: tuple[Target, ...], match: Mapping[str, Any]) -> None:
        """Let ``handler`` hear of events; raises :class:`SubscriptionError` for what can never work."""
        _check_callable(handler, ())
        subscriber = Subscription(handler, targets, _matches(handler, targets, match))
        self.subscribers.append(subscriber)
        self._by_handler[handler].append(subscriber)
        self._subscriber_indexes.clear()

    def responder(self, event: Callback, path: str | None = None) -> Subscription | None:
        """Return who answers ``event`` at ``path``, else at the blueprint's own URL, else None.

        More matches go first, then the narrower class, then the first registered. What a predicate of the
        application raises is raised here, with a note of whose it is.
        """
        if not event.reply.awaited:
            return None
        for candidate in self._responder_index(path, type(event)).near(event):
            try:
                if candidate.fits(event):
                    return candidate.subscription
            except Exception as error:
                error.add_note(f"Raised by a predicate of responder {candidate.subscription}.")
                raise
        return None if path is None else self.responder(event)

    def passed_over(self, event: Callback) -> list[Subscription]:
        """Return the responders that answer such events elsewhere, or for other values."""
        return [responder for responder in self.responders if responder.takes((event.event_type or "",))]

    def subscribers_near(self, event: Callback) -> list[Candidate]:
        """Return who may hear of ``event``, in order of registration; ``fits`` tells of each.

        Not asked here, because a predicate that raises must not cost the other subscribers the event.
        """
        event_class = type(event)
        if event_class not in self._subscriber_indexes:
            self._subscriber_indexes[event_class] = _Index(self.subscribers, event_class, by_rank=False)
        return self._subscriber_indexes[event_class].near(event)

    def of(self, handler: Handler) -> list[Subscription]:
        """Return every subscription of a handler."""
        return self._by_handler.get(handler, [])

    def _responder_index(self, path: str | None, event_class: type[Callback]) -> _Index:
        if (path, event_class) not in self._responder_indexes:
            here = [responder for responder in self.responders if responder.path == path]
            self._responder_indexes[path, event_class] = _Index(here, event_class, by_rank=True)
        return self._responder_indexes[path, event_class]

    def _check_rivals(self, responder: Subscription, target: Target) -> None:
        place = _place(responder, target)
        # Rivals share a key of every attribute: those that share the rarest one are enough to look at.
        shared: list[list[Subscription]] = [
            [rival for key in match.keys for rival in self._rivals.get((place, match.attribute, key), ())]
            for match in responder.matches
        ] or [self._rivals[place]]
        for rival in min(shared, key=len):
            if all(
                mine.keys & theirs.keys
                for mine, theirs in zip(_sorted(responder.matches), _sorted(rival.matches), strict=True)
            ):
                raise SubscriptionError(
                    f"{responder} and {rival} would both answer {target}"
                    f" at {responder.path or OWN_URL}: one event has one responder."
                    " Narrow one of them with a match, or give it a path of its own."
                )

    def _remember(self, responder: Subscription, target: Target) -> None:
        place = _place(responder, target)
        self._rivals[place].append(responder)
        for match in responder.matches:
            for key in match.keys:
                self._rivals[place, match.attribute, key].append(responder)


def _place(responder: Subscription, target: Target) -> Hashable:
    return responder.path, target, frozenset(match.attribute for match in responder.matches)


def _sorted(matches: Sequence[Match]) -> list[Match]:
    return sorted(matches, key=lambda match: match.attribute)


# -- What is refused while the decorator runs --------------------------------------------------------------


def _check_callable(handler: Handler, variables: Collection[str]) -> None:
    if not callable(handler):
        raise SubscriptionError(f"{handler!r} cannot be called, so it cannot handle an event.")
    _check_hashable(describe(handler), handler)
    try:
        inspect.signature(handler).bind(None, **dict.fromkeys(variables))
    except TypeError as error:
        by_name = f" and {', '.join(sorted(variables))} by name" if variables else ""
        raise SubscriptionError(
            f"{describe(handler)} is called with the event as its only positional argument{by_name},"
            f" which it cannot be: {error}."
        ) from None
    except ValueError:  # callables written in C may not tell
        pass


def _check_hashable(place: str, value: object) -> None:
    try:
        hash(value)
    except TypeError:
        raise SubscriptionError(
            f"{place}: {value!r} cannot be told from others, because it has no hash: give a function."
        ) from None


def _classes_below(event_class: type[Callback]) -> list[type[Callback]]:
    if event_class.event_types or event_class is UnknownCallback:
        return [event_class]
    return [known for known in (*EVENT_CLASSES.values(), UnknownCallback) if issubclass(known, event_class)]


def _matches(handler: Handler, targets: Sequence[Target], match: Mapping[str, Any]) -> tuple[Match, ...]:
    if {"from_", "var_from"} <= match.keys():
        raise SubscriptionError(f"{describe(handler)} matches on from_ and on var_from, which are the same.")
    return tuple(
        _match(handler, targets, "var_from" if attribute == "from_" else attribute, wanted)
        for attribute, wanted in match.items()
    )


def _match(handler: Handler, targets: Sequence[Target], attribute: str, wanted: Any) -> Match:
    kind: Any = None
    for target in targets:
        types = [attribute_types(event_class) for event_class in _classes_below(target.event_class)]
        kinds = [known[attribute] for known in types if attribute in known]
        if not kinds:
            known = sorted({name for known in types for name in known})
            nearest = difflib.get_close_matches(attribute, known, n=1, cutoff=0)[0]
            raise SubscriptionError(
                f"{describe(handler)} matches on {attribute!r}, which {target} does not have; the nearest"
                f" attribute is {nearest!r}."
            )
        kind = kinds[0]

    def refuse(rule: str) -> SubscriptionError:
        names = ", ".join(map(str, targets))
        return SubscriptionError(
            f"{describe(handler)} would never get {names} with {attribute}={wanted!r}: {rule}."
        )

    if isinstance(wanted, re.Pattern):
        if kind is not str or not isinstance(wanted.pattern, str):
            raise refuse("a pattern of text finds something in an attribute that holds text only")
        return Match(attribute, pattern=wanted)
    single = wanted is None or isinstance(wanted, str | bytes | Payload) or not isinstance(wanted, Collection)
    if single and callable(wanted):
        _check_hashable(f"{describe(handler)} matches on {attribute}", wanted)
        return Match(attribute, predicate=wanted)
    values = [wanted] if single else list(wanted)
    if not values:
        raise refuse("the collection of values is empty")
    for value in values:
        if value is not None and (kind not in _COMPARABLE or not isinstance(value, kind)):
            remedy = f"give {str(value)!r}" if kind is str else "a predicate may look inside"
            raise refuse(
                f"{attribute} holds {getattr(kind, '__name__', kind)}, which {value!r} cannot equal; {remedy}"
            )
        if isinstance(value, datetime) and value.tzinfo is None:
            raise refuse(f"{attribute} has a zone, and {value!r} has none: give it one")
    if attribute == "event_type":
        possible = {one for target in targets for one in _event_types(target)}
        if possible and possible.isdisjoint(values):
            raise refuse(f"the event type can only be one of {', '.join(sorted(possible))}")
    return Match(attribute, values=frozenset(values))


def _event_types(target: Target) -> set[str]:
    """The event types that a target stands for; empty where it may be any."""
    if target.event_type is not None:
        return {target.event_type}
    classes = _classes_below(target.event_class)
    return set() if UnknownCallback in classes else {one for known in classes for one in known.event_types}


# -- The look-up -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A subscription that events of one class can reach."""

    rank: tuple[int, ...]
    subscription: Subscription
    event_types: frozenset[str] | None
    """The types that an unknown event must have, if any will not do."""

    def fits(self, event: Callback) -> bool:
        """Tell whether the event is one that was subscribed to; a predicate of the application may raise."""
        return (self.event_types is None or event.event_type in self.event_types) and all(
            match.fits(event) for match in self.subscription.matches
        )


class _Index:
    """The subscriptions that events of one class can reach.

    Each stands under its most telling value, so that one call finds its handler among ten thousand, each
    for its own number, as fast as among two.
    """

    def __init__(
        self, subscriptions: Sequence[Subscription], event_class: type[Callback], *, by_rank: bool
    ) -> None:
        candidates = [
            candidate
            for order, subscription in enumerate(subscriptions)
            if (candidate := _candidate(subscription, event_class, order, by_rank=by_rank))
        ]
        crowds = Counter(
            (match.attribute, value)
            for candidate in candidates
            for match in candidate.subscription.matches
            for value in match.values or ()
        )
        self._anywhere: list[Candidate] = []
        self._by_value: dict[str, dict[Any, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
        for candidate in sorted(candidates, key=lambda one: one.rank):
            telling = min(
                (match for match in candidate.subscription.matches if match.values),
                key=lambda match: max(crowds[match.attribute, value] for value in match.values or ()),
                default=None,
            )
            if telling is None:
                self._anywhere.append(candidate)
                continue
            for value in telling.values or ():
                self._by_value[telling.attribute][value].append(candidate)

    def near(self, event: Callback) -> list[Candidate]:
        """Return the few candidates that the event's values do not rule out, the first to be asked first."""
        if not self._by_value:
            return self._anywhere
        found = list(self._anywhere)
        for attribute, by_value in self._by_value.items():
            value = getattr(event, attribute, None)
            if isinstance(value, Hashable):
                found += by_value.get(value, ())
        return sorted(found, key=lambda candidate: candidate.rank)


def _candidate(
    subscription: Subscription, event_class: type[Callback], order: int, *, by_rank: bool
) -> Candidate | None:
    ancestors = event_class.__mro__
    distances = [
        ancestors.index(target.event_class)
        for target in subscription.targets
        if target.event_type is None and target.event_class in ancestors
    ]
    named = {target.event_type for target in subscription.targets if target.event_type}
    if not distances and not (named and event_class is UnknownCallback):
        return None
    if not by_rank:
        rank: tuple[int, ...] = (order,)
    else:  # a type named outright is narrower than any class
        rank = (-len(subscription.matches), min(distances, default=-1), order)
    return Candidate(rank, subscription, None if distances else frozenset(named))
