"""The verb that joins two calls: Bridge."""

from __future__ import annotations

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Ended, OtherLeft, Taken
from ..engine.timeline import Steps
from ..wire.destinations import destination_of
from ..wire.documents import Script


class _CannotBridge(Exception):
    """The two calls cannot be joined; the message says why."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


@runs(bxml.Bridge)
def _bridge(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    complete = destination_of(call, verb, "bridge_complete_url", base)
    try:
        target = _target(call, (verb.text or "").strip())
    except _CannotBridge as refusal:
        call.note("", f"cannot be bridged: {refusal}")
        if complete is None:
            return None
        error_id = call.bandwidth.new_id("")
        return call.ask(
            complete, "bridgeComplete", cause=refusal.cause, error_message=str(refusal), error_id=error_id
        )

    call.bridged_with, target.bridged_with = target, call
    target.process.interrupt(Taken(_bridged(target, call, verb, base)))
    call.note("", f"bridged with {target.call_id}")
    yield from _talk(call, target)
    return call.then_ask(complete, "bridgeComplete")


def _target(call: Call, target_id: str) -> Call:
    target = call.bandwidth.call_of(target_id)
    if target is None:
        raise _CannotBridge("unknown", f"there is no call {target_id} now")
    if target is call:
        raise _CannotBridge("unknown", "a call cannot be bridged with itself")
    if target.bridged_with is not None:
        raise _CannotBridge("busy", f"call {target_id} is in another bridge")
    if target.is_forwarded or (target.state != "answered" and target.direction == "outbound"):
        raise _CannotBridge("rejected", f"call {target_id} is not answered, or was forwarded")
    return target


def _talk(call: Call, other: Call) -> Steps[None]:
    """Let a call of a bridge talk to the other one, until one of the two leaves."""
    call.talks_with = other
    try:
        yield from call.silence(None, (OtherLeft,))
    except (Ended, Taken):  # this call leaves first
        other.process.tell(OtherLeft())
        raise
    finally:
        call.talks_with = call.bridged_with = None


def _bridged(target: Call, other: Call, verb: bxml.Verb, base: str) -> Steps[Script]:
    """Hold the target of a bridge until one of the two leaves; gives the target's next document."""
    if target.state != "answered":
        target.answer()
    yield from _talk(target, other)
    complete = destination_of(target, verb, "bridge_target_complete_url", base)
    if complete is None:
        raise Ended("hangup")
    return (yield from target.ask(complete, "bridgeTargetComplete"))
