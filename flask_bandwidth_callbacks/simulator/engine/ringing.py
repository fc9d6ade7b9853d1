"""A telephone rings, and a person or a machine answers it or does not."""

from __future__ import annotations

from functools import partial

from .activities import Activity
from .call import Call
from .callees import Callee
from .messages import Ended
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
        cause, status = callee.rejection
        raise Ended(cause, sip_response_code=status)
    call.note("", "ringing")
    if callee.rings is None or callee.rings > call_timeout:
        yield from call.silence(call_timeout)
        raise Ended("timeout")
    if callee.rings:
        yield from call.silence(callee.rings)


def pick_up(call: Call, callee: Callee) -> None:
    """Mark the call as answered by a callee, who may hang up after some time."""
    call.answer()
    if callee.stays is not None:
        leave = partial(call.process.interrupt, Ended("hangup"))
        call.activities.append(_Departure(call.bandwidth.timeline.later(callee.stays, leave)))
