"""Verbs that take keys and words from the caller: Gather, StartGather, StopGather."""

from __future__ import annotations

from typing import Any

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Key, Speech
from ..engine.timeline import Steps
from ..wire.destinations import destination_of
from .sound import play

_MOST_KEYS = 50
_SECONDS = 5.0
"""Default of every timeout. Source: https://dev.bandwidth.com/docs/voice/bxml/gather"""


@runs(bxml.StartGather)
def _start_gather(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    call.dtmf = destination_of(call, verb, "dtmf_url", base)
    return None
    yield


@runs(bxml.StopGather)
def _stop_gather(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.dtmf = None
    return None
    yield


@runs(bxml.Gather)
def _gather(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    call.is_gathering = True  # meanwhile a StartGather tells of no keys
    try:
        digits, terminating_digit = yield from _collect(call, verb, base)
    finally:
        call.is_gathering = False
    destination = destination_of(call, verb, "gather_url", base)
    return call.then_ask(destination, "gather", digits=digits, terminating_digit=terminating_digit)


def _collect(call: Call, verb: bxml.Verb, base: str) -> Steps[tuple[str, str]]:
    """Return the keys that were pressed and the one that ended it, each of them perhaps empty."""
    hears = _heard_by(verb)
    told = yield from _first(call, verb, base, hears)
    digits = ""
    while told is not None:
        if isinstance(told, Speech):
            yield from _recognise(call, verb, base, told)
            return digits, ""
        if told.key in (verb.terminating_digits or "").upper():
            return digits, told.key
        digits += told.key
        if len(digits) >= (verb.max_digits or _MOST_KEYS):
            return digits, ""
        told = yield from call.silence(_seconds(verb.inter_digit_timeout), hears)
    return digits, ""


def _first(call: Call, verb: bxml.Verb, base: str, hears: tuple[type, ...]) -> Steps[Any]:
    """Return the first thing that the caller does, None if that is nothing."""
    for _ in range(max(1, verb.repeat_count or 1)):
        for child in verb.children:
            assert isinstance(child, bxml.Verb)
            told = yield from play(call, child, base, hears)
            if told is not None:
                return told
        told = yield from call.silence(_seconds(verb.first_digit_timeout), hears)
        if told is not None:
            return told
    return None


def _heard_by(verb: bxml.Verb) -> tuple[type, ...]:
    return {"speech": (Speech,), "dtmf_speech": (Key, Speech)}.get(verb.input or "dtmf", (Key,))


def _recognise(call: Call, verb: bxml.Verb, base: str, speech: Speech) -> Steps[None]:
    told: Any = speech
    while told is not None:
        call.tell(destination_of(call, verb, "partial_result_callback", base), "partialgather")
        silence = _seconds(verb.speech_timeout)
        told = yield from call.silence(told.seconds + silence, (Speech,))


def _seconds(given: float | None) -> float:
    return _SECONDS if given is None else given
