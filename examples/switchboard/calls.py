"""Today's calls and what happened on them.

They are kept in the memory of one process: a restart loses them, and two processes would have half of them
each. An application that must not lose them uses a database instead.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from flask import current_app


@dataclass
class Call:
    """A call and its steps so far."""

    caller: str
    began: datetime
    over: bool = False
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    """What happened and when, in order of time."""


class CallLog:
    """The calls of the last 24 hours. Safe to use from several threads."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._lock = Lock()

    def add(self, call_id: str, caller: str, time: datetime, step: str, over: bool = False) -> None:
        """Add a step to a call. A step that Bandwidth sends twice is added once."""
        with self._lock:
            # Any event may be the first of a call, because the application may have restarted during it.
            if call_id not in self._calls:
                self._remove_before(time - timedelta(days=1))
                self._calls[call_id] = Call(caller, began=time)
            call = self._calls[call_id]
            call.over = call.over or over
            if (time, step) not in call.steps:
                call.steps.append((time, step))
                call.steps.sort(key=lambda timed: timed[0])

    def of_day(self, now: datetime) -> list[Call]:
        """Return the calls that began on the day of ``now``, in its time zone; the latest comes first."""
        with self._lock:
            today = [
                deepcopy(call)
                for call in self._calls.values()
                if call.began.astimezone(now.tzinfo).date() == now.date()
            ]
        return sorted(today, key=lambda call: call.began, reverse=True)

    def _remove_before(self, time: datetime) -> None:
        self._calls = {call_id: call for call_id, call in self._calls.items() if call.began >= time}


def call_log() -> CallLog:
    """Return the log of the current application."""
    log: CallLog = current_app.extensions["calls"]
    return log
