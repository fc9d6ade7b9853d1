"""A telephone rings, and the person or the machine there answers or does not."""

from __future__ import annotations

from functools import partial

from .call import Call
from .callees import Callee
from .messages import Ended
from .timeline import Steps

RINGING_SECONDS = 30.0
"""Default of every callTimeout. Source: https://dev.bandwidth.com/docs/voice/bxml/transfer"""


def ring(call: Call, callee: Callee, call_timeout: float | None) -> Steps[None]:
    """Let a callee's telephone ring until the call is answered; it ends if that does not happen."""
    timeout = RINGING_SECONDS if call_timeout is None else call_timeout
    if callee.refusal is not None:
        cause, status = callee.refusal
        raise Ended(cause, sip_response_code=status)
    call.note("", "ringing")
    if callee.rings is None or callee.rings > timeout:
        yield from call.silence(timeout)
        raise Ended("timeout")
    if callee.rings:
        yield from call.silence(callee.rings)


def pick_up(call: Call, callee: Callee) -> None:
    """Let a callee answer, who may hang up after a while."""
    call.answer()
    if callee.stays is not None:
        leave = partial(call.process.interrupt, Ended("hangup"))
        call.departure = call.bandwidth.timeline.later(callee.stays, leave)
