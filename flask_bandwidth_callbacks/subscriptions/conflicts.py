"""Conflicts: two responders that would both reply to one event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from flask_bandwidth_callbacks.exceptions import SubscriptionError

from .matches import Match
from .subscription import OWN_URL, Subscription
from .targets import Target


class Conflicts:
    """The responders so far, arranged so that a new one is compared with few of them."""

    def __init__(self) -> None:
        self._rivals: dict[Hashable, list[Subscription]] = defaultdict(list)
        """Responders by path, target and matched attributes, and again with each key of a match."""

    def check(self, responder: Subscription) -> None:
        """Raise :class:`SubscriptionError` if another responder would reply to the same event."""
        for target in responder.targets:
            # A rival may have named the event type before the class was declared.
            for named in (target, *map(Target, target.event_class.event_types)):
                self._check(responder, named)

    def _check(self, responder: Subscription, target: Target) -> None:
        for rival in self._closest(responder, target):
            if _overlap(responder, rival):
                raise SubscriptionError(
                    f"{responder} and {rival} would both reply to {target} at"
                    f" {responder.path or OWN_URL}, but one event has one responder. Narrow one of them with"
                    " a match, or give it a path of its own."
                )

    def add(self, responder: Subscription) -> None:
        """Compare responders that follow with this one."""
        for target in responder.targets:
            group = _group(responder, target)
            self._rivals[group].append(responder)
            for match in responder.matches:
                for key in match.keys:
                    self._rivals[group, match.attribute, key].append(responder)

    def _closest(self, responder: Subscription, target: Hashable) -> list[Subscription]:
        """Return the rivals that share a key of the rarest attribute: only they can share one of each."""
        group = _group(responder, target)
        if not responder.matches:
            return self._rivals.get(group, [])
        return min(
            (
                [rival for key in match.keys for rival in self._rivals.get((group, match.attribute, key), ())]
                for match in responder.matches
            ),
            key=len,
        )


def _group(responder: Subscription, target: Hashable) -> Hashable:
    return responder.path, target, frozenset(match.attribute for match in responder.matches)


def _overlap(responder: Subscription, rival: Subscription) -> bool:
    """Return whether some event is known to fit both, which match on the same attributes."""
    return all(
        mine.keys & theirs.keys
        for mine, theirs in zip(_by_attribute(responder), _by_attribute(rival), strict=True)
    )


def _by_attribute(responder: Subscription) -> list[Match]:
    return sorted(responder.matches, key=lambda match: match.attribute)
