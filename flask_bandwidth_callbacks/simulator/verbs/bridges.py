"""The verb that joins two calls: Bridge."""

from __future__ import annotations

from flask_bandwidth_callbacks import bxml

from ..engine.activities import Activity, Sound
from ..engine.call import Call, Calls
from ..engine.interpreter import Next, runs
from ..engine.messages import Ended, OtherLeft, Taken
from ..engine.timeline import Steps
from ..wire.documents import Script


class Talk(Activity):
    """What one call says is heard on another one."""

    listens = True

    def __init__(self, other: Call) -> None:
        self._other = other

    def sounded(self, sound: Sound, *, spoken: bool) -> None:
        if spoken:
            self._other.hear(sound)


class _Bridged(Activity):
    """One side of a bridge, from when the bridge is made: a call can be in only one."""

    def __init__(self, other: Call) -> None:
        self._other = other

    def over(self) -> None:  # the call ends where it was going to be joined
        self._other.process.send(OtherLeft())


class _CannotBridge(Exception):
    """The two calls cannot be joined; the message says why."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


@runs(bxml.Bridge)
def bridge(call: Call, verb: bxml.Bridge, base: str) -> Steps[Next]:
    """Join the call with another one until one of the two leaves, then fetch the next document."""
    call.set_tag(verb.tag)
    complete = call.destination(verb, "bridge_complete_url", base)
    try:
        target = _target(call, (verb.text or "").strip())
    except _CannotBridge as error:
        call.note("", f"cannot be bridged: {error}")
        if complete is None:
            return None
        error_id = call.bandwidth.new_id("")
        return call.request(
            complete, "bridgeComplete", cause=error.cause, error_message=str(error), error_id=error_id
        )

    call.activities.append(_Bridged(target))
    target.activities.append(_Bridged(call))
    target.process.interrupt(Taken(_bridged(target, call, verb, base)))
    call.note("", f"bridged with {target.call_id}")
    yield from _talk(call, target)
    return call.then_request(complete, "bridgeComplete")


def _target(call: Call, target_id: str) -> Call:
    target = call.bandwidth.shared(Calls).up.get(target_id)
    if target is None:
        raise _CannotBridge("unknown", f"call {target_id} does not exist or has ended")
    if target is call:
        raise _CannotBridge("unknown", "a call cannot be bridged with itself")
    if target.running(_Bridged):
        raise _CannotBridge("busy", f"call {target_id} is in another bridge")
    if not target.is_controlled or (target.state != "answered" and target.direction == "outbound"):
        raise _CannotBridge("rejected", f"call {target_id} is not answered, or was forwarded")
    return target


def _talk(call: Call, other: Call) -> Steps[None]:
    """Join one call of a bridge with the other one, until one of the two leaves."""
    talk = Talk(other)
    call.activities.append(talk)
    try:
        yield from call.silence(None, (OtherLeft,))
    except (Ended, Taken):  # this call leaves first
        other.process.send(OtherLeft())
        raise
    finally:
        call.activities.remove(talk)
        for bridged in call.running(_Bridged):
            call.activities.remove(bridged)


def _bridged(target: Call, other: Call, verb: bxml.Bridge, base: str) -> Steps[Script]:
    """Hold the target of a bridge until one of the two leaves, then give the target's next document."""
    target.answer()
    yield from _talk(target, other)
    complete = target.destination(verb, "bridge_target_complete_url", base)
    if complete is None:
        raise Ended("hangup")
    return (yield from target.request(complete, "bridgeTargetComplete"))
