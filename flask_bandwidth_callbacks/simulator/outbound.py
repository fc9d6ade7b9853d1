"""Outbound calls: a telephone rings, and a person or a machine answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml.values import BrokenRule
from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.display import show

from .choices import MACHINE_DETECTION_SECONDS
from .engine.call import Call
from .engine.callees import Detected
from .engine.ringing import pick_up, ring
from .engine.timeline import Process, Steps, Wait, check_seconds
from .exceptions import SimulationError
from .wire.destinations import Destination, Method
from .wire.documents import Script
from .wire.payloads import duration

RINGING_SECONDS = 30.0
"""Default of createCall's callTimeout. Source: https://dev.bandwidth.com/apis/voice/#tag/Calls"""


_LONGEST_NAME = 256
_THRESHOLDS = (
    "detection_timeout",
    "silence_timeout",
    "speech_threshold",
    "speech_end_threshold",
    "machine_speech_end_threshold",
)


def check_presentation(priority: int, privacy: bool, display_name: str | None, uui: str | None) -> None:
    """Raise :class:`SimulationError` for what createCall does not accept.

    Source: https://dev.bandwidth.com/apis/voice/#tag/Calls
    """
    if isinstance(priority, bool) or priority not in range(1, 6):
        raise SimulationError(f"priority must be a whole number from 1 to 5, got {show(priority)}.")
    if not isinstance(privacy, bool):
        raise SimulationError(f"privacy must be True or False, got {show(privacy)}.")
    if display_name is not None and not (
        isinstance(display_name, str) and display_name.isprintable() and len(display_name) <= _LONGEST_NAME
    ):
        raise SimulationError(
            f"display_name must be at most {_LONGEST_NAME} characters without control characters, got"
            f" {show(display_name)}."
        )
    if uui is not None:
        try:
            bxml.PhoneNumber.specification.attributes["uui"].check(uui)
        except BrokenRule as broken:
            raise SimulationError(f"uui {broken.rules[0]}, got {show(uui)}.") from None


def presented(number: str, privacy: bool, display_name: str | None) -> str | None:
    """Return whom the callee sees, None if it is just the number."""
    if privacy:
        return "Anonymous"
    return None if display_name is None else f"{display_name} <{number}>"


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
    detection_timeout: float = 15.0
    """Seconds after which the result is ``timeout``."""
    silence_timeout: float = 10.0
    """Seconds of silence after which the result is ``silence``."""
    speech_threshold: float = 10.0
    """Seconds of speech after which it is a machine that speaks."""
    speech_end_threshold: float = 5.0
    """Seconds of silence that end speech."""
    machine_speech_end_threshold: float | None = None
    """The same for a machine whose result is delayed; defaults to ``speech_end_threshold``."""
    delay_result: bool = False
    """Whether a machine is reported only when it has ended its speech."""
    credentials: tuple[str, str] | Credentials | Unset | None = field(default=UNSET, repr=False)
    """Credentials for ``callback_url``; default to those of the call."""
    fallback_credentials: tuple[str, str] | Credentials | Unset | None = field(default=UNSET, repr=False)
    """Credentials for ``fallback_url``; default to those of the call."""

    def __post_init__(self) -> None:
        if self.mode not in ("sync", "async"):
            raise SimulationError(f"mode must be sync or async, got {show(self.mode)}.")
        for name in _THRESHOLDS:
            if (seconds := getattr(self, name)) is not None:
                check_seconds(seconds, name)

    def given_credentials(self) -> dict[str, Any]:
        """Return the credentials that were given, as arguments for a destination."""
        pairs = {"credentials": self.credentials, "fallback_credentials": self.fallback_credentials}
        return {name: pair for name, pair in pairs.items() if not isinstance(pair, Unset)}

    def result_of(self, detected_as: Detected) -> tuple[Detected, float]:
        """Return the result for what answers the call, and the seconds after which it is there."""
        seconds = {
            "human": min(MACHINE_DETECTION_SECONDS, self.speech_end_threshold),
            "answering-machine": min(MACHINE_DETECTION_SECONDS, self.speech_threshold),
            "silence": self.silence_timeout,
            "timeout": self.detection_timeout,
        }.get(detected_as, MACHINE_DETECTION_SECONDS)
        if seconds > self.detection_timeout:
            return "timeout", self.detection_timeout
        if detected_as == "answering-machine" and self.delay_result:
            end = self.machine_speech_end_threshold
            seconds += self.speech_end_threshold if end is None else end
        return detected_as, min(seconds, self.detection_timeout)


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
        value, seconds = detection.result_of(callee.detected_as)
        result = {"value": value, "duration": duration(timedelta(seconds=seconds))}
        if detection.mode == "sync":
            yield from call.play(seconds)
            return (yield from call.request(answer, "answer", machine_detection_result=result))
        Process(call.bandwidth.timeline, _detect(call, detected, seconds, result))
    return (yield from call.request(answer, "answer"))


def _detect(call: Call, detected: Destination | None, seconds: float, result: dict[str, str]) -> Steps[None]:
    yield Wait(seconds, sounds=True)
    if call.state == "answered":
        call.notify(detected, "machineDetectionComplete", machine_detection_result=result)
