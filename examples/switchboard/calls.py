"""Today's calls and what became of them.

Kept in the memory of one process: a restart forgets them, and of two processes each would know half. An
application that must not forget has a database here.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from flask import current_app


@dataclass
class Call:
    """One call, as far as it has come."""

    caller: str
    began: datetime
    over: bool = False
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    """What happened and when, in order."""


class CallLog:
    """The calls of the last 24 hours; may be used from several threads."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._lock = Lock()

    def note(self, call_id: str, caller: str, time: datetime, step: str, over: bool = False) -> None:
        """Note what happened on a call. What Bandwidth tells twice is noted once."""
        with self._lock:
            # Any event may be the first one heard of a call: a restart may have come in between.
            if call_id not in self._calls:
                self._forget_before(time - timedelta(days=1))
                self._calls[call_id] = Call(caller, began=time)
            call = self._calls[call_id]
            call.over = call.over or over
            if (time, step) not in call.steps:
                call.steps.append((time, step))
                call.steps.sort(key=lambda noted: noted[0])

    def of_day(self, now: datetime) -> list[Call]:
        """Return the calls that began on the same day as ``now``, in its time zone, the latest first."""
        with self._lock:
            today = [
                deepcopy(call)
                for call in self._calls.values()
                if call.began.astimezone(now.tzinfo).date() == now.date()
            ]
        return sorted(today, key=lambda call: call.began, reverse=True)

    def _forget_before(self, time: datetime) -> None:
        self._calls = {call_id: call for call_id, call in self._calls.items() if call.began >= time}


def call_log() -> CallLog:
    """Return the log of the current application."""
    log: CallLog = current_app.extensions["calls"]
    return log
