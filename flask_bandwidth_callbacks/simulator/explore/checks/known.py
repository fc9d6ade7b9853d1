"""What the checks know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import Pattern

from flask_bandwidth_callbacks.subscriptions import Subscription

from ..states import Arrival, State
from ..walks import Incident, Silence


@dataclass(frozen=True)
class Known:
    """Everything that exploration learned."""

    states: Sequence[State]
    beginnings: Sequence[Arrival]
    """Where the call of each scene is before anything is done."""
    incidents: Sequence[Incident]
    responders: Sequence[Subscription]
    """The responders that no call reached."""
    is_exhausted: bool
    longest_way: int
    pattern: Pattern[str] | None
    """What announces keys, in languages other than English."""
    be_silent: Callable[[State], Silence]
    """Makes a call to a state, on which the caller does nothing more."""
