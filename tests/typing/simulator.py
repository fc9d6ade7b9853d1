"""What a type checker says of a test that calls: lines that must pass, and lines that must not.

Never run. mypy fails on an error that is not marked and, because of ``warn_unused_ignores``, on a mark
without an error.
"""

from __future__ import annotations

from typing import Literal, assert_type

from flask_bandwidth_callbacks.bxml import Gather, Hangup, Redirect, SpeakSentence
from flask_bandwidth_callbacks.simulator import Call, Callee, Exchange, MachineDetection, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.engine.interpreter import Next, runs
from flask_bandwidth_callbacks.simulator.engine.timeline import Steps


def what_passes(bandwidth: SimulatedBandwidth) -> None:
    call = bandwidth.call("+13035550100", var_from="+13035550123", diversion={"origTo": "+13035550199"})
    assert_type(call, Call)
    assert_type(call.heard, list[str])
    assert_type(call.state, Literal["queued", "initiated", "answered", "disconnected"])
    assert_type(call.cause, str | None)
    assert_type(call.exchanges, list[Exchange])
    assert_type(call.legs[0], Call)
    assert_type(bandwidth.callee("+13035550141").answers(after=3).hangs_up(after=60), Callee)
    bandwidth.dial("+13035550141", "/answered", machine_detection=MachineDetection("sync"))
    call.update([SpeakSentence("Goodbye."), Hangup()])
    call.update("<Response><Hangup/></Response>")
    bandwidth.conference("weekly").redirect("/ended", "GET")


def what_does_not(bandwidth: SimulatedBandwidth) -> None:
    call = bandwidth.call(diversions={})  # type: ignore[call-arg]
    call.press(1)  # type: ignore[arg-type]
    call.redirect("/again", "PUT")  # type: ignore[arg-type]
    call.update(7)  # type: ignore[arg-type]
    if call.state == "ringing":  # type: ignore[comparison-overlap]
        return
    bandwidth.dial("+13035550141", "/answered", machine_detection=MachineDetection("later"))  # type: ignore[arg-type]
    bandwidth.callee("+13035550141").answers(detected_as="robot")  # type: ignore[arg-type]


@runs(Redirect)
def a_verb_that_takes_no_time(call: Call, verb: Redirect, base: str) -> Next:
    assert_type(verb.tag, str | None)
    return None


@runs(Gather, answers=False)
def a_verb_that_takes_time(call: Call, verb: Gather, base: str) -> Steps[Next]:
    assert_type(verb.max_digits, int | None)
    yield from call.silence(1)
    return None


@runs(Redirect)  # type: ignore[arg-type]
def the_function_of_another_verb(call: Call, verb: Gather, base: str) -> Next:
    return None
