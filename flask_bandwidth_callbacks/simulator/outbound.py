"""Outbound calls: a telephone rings, somebody or something answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal

from .call import Call
from .callees import Callee
from .choices import MACHINE_DETECTION_SECONDS
from .delivery import Script
from .destinations import Destination, Method
from .exceptions import SimulationError
from .messages import Ended
from .payloads import duration
from .timeline import Process, Steps, Wait

RINGING_SECONDS = 30.0
"""Default of every callTimeout. Source: https://dev.bandwidth.com/docs/voice/bxml/transfer"""


@dataclass(frozen=True)
class MachineDetection:
    """How an outbound call finds out who or what answered, as createCall has it."""

    mode: Literal["sync", "async"] = "async"
    """``sync``: ``answer`` waits for the result and carries it; ``async``: a callback of its own tells it."""
    callback_url: str | None = None
    """Where ``machineDetectionComplete`` goes."""
    callback_method: Method = "POST"
    fallback_url: str | None = None
    fallback_method: Method = "POST"

    def __post_init__(self) -> None:
        if self.mode not in ("sync", "async"):
            raise SimulationError(f"mode={self.mode!r} is no way to detect machines: it is sync or async.")


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


def dialled(
    call: Call,
    answer: Destination,
    call_timeout: float,
    detection: MachineDetection | None,
    detected: Destination | None,
) -> Steps[Script]:
    """Ring whom the application calls, and give the document for whoever answers.

    :param detected: where the result of the detection goes if ``answer`` does not carry it.
    """
    yield Wait(0)  # where a handler makes the call, the document that it returns begins first
    callee = call.bandwidth.callee_at(call.to)
    yield from ring(call, callee, call_timeout)
    pick_up(call, callee)
    if detection is not None:
        length = timedelta(seconds=MACHINE_DETECTION_SECONDS)
        result = {"value": callee.detected_as, "duration": duration(length)}
        if detection.mode == "sync":
            yield from call.play(MACHINE_DETECTION_SECONDS)
            return (yield from call.ask(answer, "answer", machine_detection_result=result))
        Process(call.bandwidth.timeline, _detect(call, detected, result))
    return (yield from call.ask(answer, "answer"))


def _detect(call: Call, detected: Destination | None, result: dict[str, str]) -> Steps[None]:
    yield Wait(MACHINE_DETECTION_SECONDS, sounds=True)
    if call.state == "answered":
        call.tell(detected, "machineDetectionComplete", machine_detection_result=result)
