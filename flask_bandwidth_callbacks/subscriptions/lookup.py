"""The look-up: the subscriptions that an event reaches, found among thousands at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_bandwidth_callbacks.events import Callback, UnknownCallback

from .matches import Match, ValuesMatch
from .subscription import Subscription


@dataclass(frozen=True)
class Candidate:
    """A subscription that events of one class can reach."""

    rank: tuple[int, ...]
    """Sorts candidates: the lowest comes first."""
    subscription: Subscription
    event_types: frozenset[str] | None
    """The types that an unknown event must have; None where every type will do."""
    matches: tuple[Match, ...]
    """The matches that are still to be checked when the candidate is found."""

    def fits(self, event: Callback) -> bool:
        """Return whether the subscription gets the event; a predicate of the application may raise."""
        return (self.event_types is None or event.event_type in self.event_types) and all(
            match.fits(event) for match in self.matches
        )


class Index:
    """The subscriptions that events of one class can reach.

    Each is filed under its rarest value, so that a call finds its handler among ten thousand numbers as fast
    as among two.
    """

    def __init__(
        self, subscriptions: Sequence[Subscription], event_class: type[Callback], *, by_rank: bool
    ) -> None:
        candidates = [
            candidate
            for order, subscription in enumerate(subscriptions)
            if (candidate := _candidate(subscription, event_class, order, by_rank=by_rank))
        ]
        uses = Counter(
            (match.attribute, value)
            for candidate in candidates
            for match in _values_matches(candidate)
            for value in match.values
        )
        self._anywhere: list[Candidate] = []
        self._by_value: dict[str, dict[Any, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
        for candidate in sorted(candidates, key=_rank):
            rarest = min(
                _values_matches(candidate),
                key=lambda match: max(uses[match.attribute, value] for value in match.values),
                default=None,
            )
            if rarest is None:
                self._anywhere.append(candidate)
                continue
            # The look-up by value has checked this match.
            others = tuple(match for match in candidate.matches if match is not rarest)
            filed = replace(candidate, matches=others)
            for value in rarest.values:
                self._by_value[rarest.attribute][value].append(filed)

    def candidates(self, event: Callback) -> list[Candidate]:
        """Return the few candidates that the event's values do not rule out, the lowest rank first."""
        if not self._by_value:
            return self._anywhere
        candidates = list(self._anywhere)
        for attribute, by_value in self._by_value.items():
            value = getattr(event, attribute, None)
            if isinstance(value, Hashable):
                candidates += by_value.get(value, ())
        return sorted(candidates, key=_rank)


def _rank(candidate: Candidate) -> tuple[int, ...]:
    return candidate.rank


def _values_matches(candidate: Candidate) -> list[ValuesMatch]:
    return [match for match in candidate.matches if isinstance(match, ValuesMatch)]


def _candidate(
    subscription: Subscription, event_class: type[Callback], order: int, *, by_rank: bool
) -> Candidate | None:
    ancestors = event_class.__mro__
    distances = [
        ancestors.index(target.event_class)
        for target in subscription.targets
        if target.event_type is None and target.event_class in ancestors
    ]
    event_types = frozenset(target.event_type for target in subscription.targets if target.event_type)
    if not distances and not (event_types and event_class is UnknownCallback):
        return None
    if not by_rank:
        rank: tuple[int, ...] = (order,)
    else:  # an event type is narrower than any class
        rank = (-len(subscription.matches), min(distances, default=-1), order)
    return Candidate(rank, subscription, None if distances else event_types, subscription.matches)
