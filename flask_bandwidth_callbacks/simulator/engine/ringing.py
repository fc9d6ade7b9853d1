"""A telephone rings, and a person or a machine answers it or does not."""

from __future__ import annotations

from functools import partial

from .activities import Activity
from .call import Call
from .callees import Callee
from .messages import Decision, Ended
from .timeline import Steps, Timer


class _Departure(Activity):
    """The time at which a callee is going to hang up."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer

    def over(self) -> None:
        self._timer.cancel()


def ring(call: Call, callee: Callee, call_timeout: float) -> Steps[None]:
    """Ring until the callee answers; raises :class:`.Ended` if they do not."""
    if callee.rejection is not None:
        raise _rejected(callee.rejection)
    call.note("", "ringing")
    if callee.rings == 0:
        return
    is_in_time = callee.rings is not None and callee.rings <= call_timeout
    decision = yield from call.silence(callee.rings if is_in_time else call_timeout, (Decision,))
    if decision is None and not is_in_time:
        raise Ended("timeout")
    if decision is not None and decision.rejection is not None:
        raise _rejected(decision.rejection)


def _rejected(rejection: tuple[str, int]) -> Ended:
    cause, status = rejection
    return Ended(cause, sip_response_code=status)


def pick_up(call: Call, callee: Callee) -> None:
    """Mark the call as answered by a callee, who may hang up after some time."""
    call.answer()
    if callee.stays is not None:
        leave = partial(call.process.interrupt, Ended("hangup"))
        call.activities.append(_Departure(call.bandwidth.timeline.later(callee.stays, leave)))
