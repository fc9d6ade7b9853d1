"""The verb that joins two calls: Bridge."""

from __future__ import annotations

from flask_bandwidth_callbacks import bxml

from .call import Call, Ended, OtherLeft, Taken
from .delivery import Script
from .documents import Next, runs
from .timeline import Steps


@runs(bxml.Bridge)
def _bridge(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    complete = call.bandwidth.destination_of(call, verb, "bridge_complete_url", base)
    target_id = (verb.text or "").strip()
    target = call.bandwidth.call_of(target_id)
    refusal = _refusal(call, target, target_id)
    if refusal is not None or target is None:
        cause, message = refusal or ("unknown", "")
        call.note("", f"cannot be bridged: {message}")
        if complete is None:
            return None
        error_id = call.bandwidth.new_id("")
        return call.ask(complete, "bridgeComplete", cause=cause, error_message=message, error_id=error_id)

    call.bridged_with, target.bridged_with = target, call
    target.process.interrupt(Taken(_bridged(target, call, verb, base)))
    call.note("", f"bridged with {target.call_id}")
    try:
        call.talks_with = target
        yield from call.silence(None, (OtherLeft,))
    except (Ended, Taken):  # this call leaves first
        target.process.tell(OtherLeft())
        raise
    finally:
        call.talks_with = call.bridged_with = None
    return None if complete is None else call.ask(complete, "bridgeComplete")


def _refusal(call: Call, target: Call | None, target_id: str) -> tuple[str, str] | None:
    if target is None:
        return "unknown", f"there is no call {target_id} now"
    if target is call:
        return "unknown", "a call cannot be bridged with itself"
    if target.bridged_with is not None:
        return "busy", f"call {target_id} is in another bridge"
    if target.is_forwarded or (target.state != "answered" and target.direction == "outbound"):
        return "rejected", f"call {target_id} is not answered, or was forwarded"
    return None


def _bridged(target: Call, other: Call, verb: bxml.Verb, base: str) -> Steps[Script]:
    """Hold the target of a bridge until one of the two leaves; gives the target's next document."""
    if target.state != "answered":
        target.answer()
    target.talks_with = other
    try:
        yield from target.silence(None, (OtherLeft,))
    except (Ended, Taken):  # the target leaves first
        other.process.tell(OtherLeft())
        raise
    finally:
        target.talks_with = target.bridged_with = None
    complete = target.bandwidth.destination_of(target, verb, "bridge_target_complete_url", base)
    if complete is None:
        raise Ended("hangup")
    return (yield from target.ask(complete, "bridgeTargetComplete"))
