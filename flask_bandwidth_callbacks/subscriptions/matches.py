"""Matches: the attributes by which a subscription is narrowed to some events.

A match is a collection of values, a pattern to search for, or a predicate.
"""

from __future__ import annotations

import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_bandwidth_callbacks.events import Callback
from flask_bandwidth_callbacks.exceptions import SubscriptionError
from flask_bandwidth_callbacks.fields import unfrozen
from flask_bandwidth_callbacks.payloads import Payload, attribute_types

from .handlers import Handler, check_hashable, describe
from .targets import Target

_COMPARABLE = (str, int, float, bool, unfrozen(datetime), timedelta)


@dataclass(frozen=True)
class Match(ABC):
    """A condition on one attribute of an event."""

    attribute: str

    @property
    @abstractmethod
    def keys(self) -> frozenset[Hashable]:
        """The keys that two matches of one attribute share if some event is known to fit both."""

    @abstractmethod
    def fits(self, event: Callback) -> bool:
        """Return whether the event meets the condition; a predicate of the application may raise."""


@dataclass(frozen=True)
class ValuesMatch(Match):
    """An attribute that equals one of some values; None among them matches absence."""

    values: frozenset[Any]

    @property
    def keys(self) -> frozenset[Hashable]:
        return self.values

    def fits(self, event: Callback) -> bool:
        value = getattr(event, self.attribute, None)
        # A nested object has no hash, and only its absence can be matched.
        return isinstance(value, Hashable) and value in self.values

    def __str__(self) -> str:
        return f"{self.attribute}={' or '.join(sorted(map(repr, self.values)))}"


@dataclass(frozen=True)
class PatternMatch(Match):
    """An attribute in which a pattern is found."""

    pattern: re.Pattern[str]

    @property
    def keys(self) -> frozenset[Hashable]:
        return frozenset({self.pattern})

    def fits(self, event: Callback) -> bool:
        value = getattr(event, self.attribute, None)
        return value is not None and self.pattern.search(value) is not None

    def __str__(self) -> str:
        return f"{self.attribute}=/{self.pattern.pattern}/"


@dataclass(frozen=True)
class PredicateMatch(Match):
    """An attribute for which a predicate of the application returns a true value."""

    predicate: Callable[[Any], Any]

    @property
    def keys(self) -> frozenset[Hashable]:
        return frozenset({self.predicate})

    def fits(self, event: Callback) -> bool:
        value = getattr(event, self.attribute, None)
        return value is not None and bool(self.predicate(value))

    def __str__(self) -> str:
        return f"{self.attribute}={describe(self.predicate)}"


def matches_of(
    handler: Handler, targets: Sequence[Target], conditions: Mapping[str, Any]
) -> tuple[Match, ...]:
    """Return the matches in the keyword arguments of ``respond`` or ``on``.

    Raises :class:`SubscriptionError` for a condition that no event of the targets can meet.
    """
    if {"from_", "var_from"} <= conditions.keys():
        raise SubscriptionError(f"{describe(handler)} matches on from_ and on var_from, which are the same.")
    return tuple(
        _match(handler, targets, "var_from" if attribute == "from_" else attribute, condition)
        for attribute, condition in conditions.items()
    )


def _match(handler: Handler, targets: Sequence[Target], attribute: str, condition: Any) -> Match:
    kind = attribute_type(handler, targets, attribute)

    def error(reason: str) -> SubscriptionError:
        names = ", ".join(map(str, targets))
        return SubscriptionError(
            f"{describe(handler)} would never get {names} with {attribute}={condition!r}: {reason}."
        )

    if isinstance(condition, re.Pattern):
        if kind is not str or not isinstance(condition.pattern, str):
            raise error("a pattern must be a pattern of str, for an attribute that holds str")
        return PatternMatch(attribute, condition)
    is_single = isinstance(condition, str | bytes | Payload) or not isinstance(condition, Collection)
    if is_single and callable(condition):
        check_hashable(f"The match of {describe(handler)} on {attribute}", condition)
        return PredicateMatch(attribute, condition)
    values = [condition] if is_single else list(condition)
    if not values:
        raise error("the collection of values is empty")
    for value in values:
        if value is not None and (kind not in _COMPARABLE or not isinstance(value, kind)):
            remedy = f"give {str(value)!r}" if kind is str else "a predicate may look inside"
            raise error(
                f"{attribute} holds {getattr(kind, '__name__', kind)}, which {value!r} cannot equal; {remedy}"
            )
        if isinstance(value, datetime) and value.tzinfo is None:
            raise error(f"{attribute} has a time zone, and {value!r} has none; give it one")
    if attribute == "event_type":
        possible = {event_type for target in targets for event_type in target.event_types}
        if possible and possible.isdisjoint(values):
            raise error(f"the event type can only be one of {', '.join(sorted(possible))}")
    return ValuesMatch(attribute, frozenset(values))


def attribute_type(handler: Handler, targets: Sequence[Target], attribute: str) -> Any:
    """Return the type of an attribute; raises :class:`SubscriptionError` if a target does not have it."""
    kind: Any = None
    for target in targets:
        types = [attribute_types(event_class) for event_class in target.classes]
        kinds = [known[attribute] for known in types if attribute in known]
        if not kinds:
            names = sorted({name for known in types for name in known})
            nearest = difflib.get_close_matches(attribute, names, n=1, cutoff=0)[0]
            raise SubscriptionError(
                f"{describe(handler)} matches on {attribute!r}, which {target} does not have; the nearest"
                f" attribute is {nearest!r}."
            )
        kind = kinds[0]
    return kind
