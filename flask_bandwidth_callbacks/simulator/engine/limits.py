"""The limits of an account on the calls that the application makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..exceptions import TooManyCalls


@dataclass
class Limits:
    """How many calls an application may make. None stands for any number."""

    calls_per_second: int | None = None
    """How many outbound calls may be made within a second."""
    calls_at_once: int | None = None
    """How many calls may be up when another one is made, inbound ones and legs too."""

    def check(self, now: datetime, dialed: Iterable[datetime], calls_up: int) -> None:
        """Raise :class:`TooManyCalls` if one more call would be too many.

        :param dialed: when outbound calls were made.
        """
        rate, most = self.calls_per_second, self.calls_at_once
        if most is not None and calls_up >= most:
            raise TooManyCalls("Account concurrent call limit exceeded")
        if rate is not None and sum(now - made < timedelta(seconds=1) for made in dialed) >= rate:
            raise TooManyCalls("Account call creation rate limit exceeded")
