"""Outbound calls: a telephone rings, and a person or a machine answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flask_bandwidth_callbacks.display import show

from .choices import MACHINE_DETECTION_SECONDS
from .engine.call import Call
from .engine.ringing import pick_up, ring
from .engine.timeline import Process, Steps, Wait
from .exceptions import SimulationError
from .wire.destinations import Destination, Method
from .wire.documents import Script
from .wire.payloads import duration

RINGING_SECONDS = 30.0
"""Default of createCall's callTimeout. Source: https://dev.bandwidth.com/apis/voice/#tag/Calls"""


@dataclass(frozen=True)
class MachineDetection:
    """How an outbound call finds out whether a person or a machine answered, as createCall has it."""

    mode: Literal["sync", "async"] = "async"
    """``sync``: ``answer`` waits for the result and carries it; ``async``: an event of its own does."""
    callback_url: str | None = None
    """Where ``machineDetectionComplete`` goes."""
    callback_method: Method = "POST"
    fallback_url: str | None = None
    fallback_method: Method = "POST"

    def __post_init__(self) -> None:
        if self.mode not in ("sync", "async"):
            raise SimulationError(f"mode must be sync or async, got {show(self.mode)}.")


def answered(
    call: Call,
    answer: Destination,
    call_timeout: float,
    detection: MachineDetection | None,
    detected: Destination | None,
) -> Steps[Script]:
    """Ring until the call is answered, and give the document in the reply to ``answer``.

    :param detected: where the result of the detection goes if ``answer`` does not carry it.
    """
    yield Wait(0)  # where a handler makes the call, the document that it returns begins first
    call.leave_queue()
    callee = call.bandwidth.callee_at(call.to)
    yield from ring(call, callee, call_timeout)
    pick_up(call, callee)
    if detection is not None:
        length = timedelta(seconds=MACHINE_DETECTION_SECONDS)
        result = {"value": callee.detected_as, "duration": duration(length)}
        if detection.mode == "sync":
            yield from call.play(MACHINE_DETECTION_SECONDS)
            return (yield from call.request(answer, "answer", machine_detection_result=result))
        Process(call.bandwidth.timeline, _detect(call, detected, result))
    return (yield from call.request(answer, "answer"))


def _detect(call: Call, detected: Destination | None, result: dict[str, str]) -> Steps[None]:
    yield Wait(MACHINE_DETECTION_SECONDS, sounds=True)
    if call.state == "answered":
        call.notify(detected, "machineDetectionComplete", machine_detection_result=result)
