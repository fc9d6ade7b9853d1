"""Verbs that take keys and words from the caller: Gather, StartGather, StopGather."""

from __future__ import annotations

from typing import Any

from flask_bandwidth_callbacks import bxml

from ..engine.activities import Activity
from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Key, Speech
from ..engine.timeline import Steps
from ..wire.destinations import Destination
from .sound import play

_LISTENS_FOR: dict[str, tuple[type, ...]] = {
    "dtmf": (Key,),
    "speech": (Speech,),
    "dtmf_speech": (Key, Speech),
}
"""The messages that a Gather takes, by its ``input``."""


class _KeyReport(Activity):
    """What StartGather leaves running: each key gives a ``dtmf`` event, except during a Gather."""

    takes_keys = True

    def __init__(self, call: Call, destination: Destination | None) -> None:
        self._call = call
        self._destination = destination

    def key_pressed(self, key: str) -> None:
        if not self._call.running(_Gathering):
            self._call.notify(self._destination, "dtmf", digit=key)


class _Gathering(Activity):
    """A Gather while it runs."""


@runs(bxml.StartGather)
def start_gather(call: Call, verb: bxml.StartGather, base: str) -> Next:
    """Report keys from now on, instead of where they were reported before."""
    call.set_tag(verb.tag)
    _stop_reports(call)
    call.activities.append(_KeyReport(call, call.destination(verb, "dtmf_url", base)))
    return None


@runs(bxml.StopGather)
def stop_gather(call: Call, verb: bxml.StopGather, base: str) -> Next:
    """Report no more keys."""
    _stop_reports(call)
    return None


def _stop_reports(call: Call) -> None:
    for report in call.running(_KeyReport):
        call.activities.remove(report)


@runs(bxml.Gather)
def gather(call: Call, verb: bxml.Gather, base: str) -> Steps[Next]:
    """Collect keys or words, then fetch the next document with them."""
    call.set_tag(verb.tag)
    gathering = _Gathering()
    call.activities.append(gathering)
    try:
        digits, terminating_digit = yield from _collect(call, verb, base)
    finally:
        call.activities.remove(gathering)
    destination = call.destination(verb, "gather_url", base)
    return call.then_request(destination, "gather", digits=digits, terminating_digit=terminating_digit)


def _collect(call: Call, verb: bxml.Gather, base: str) -> Steps[tuple[str, str]]:
    """Return the keys that were pressed and the one that ended the Gather; either may be empty."""
    messages = _LISTENS_FOR[verb.effective("input")]
    terminating_digits = verb.effective("terminating_digits").upper()
    message = yield from _first(call, verb, base, messages)
    digits = ""
    while message is not None:
        if isinstance(message, Speech):
            yield from _recognize(call, verb, base, message)
            return digits, ""
        if message.key in terminating_digits:
            return digits, message.key
        digits += message.key
        if len(digits) >= verb.effective("max_digits"):
            return digits, ""
        message = yield from call.silence(verb.effective("inter_digit_timeout"), messages)
    return digits, ""


def _first(call: Call, verb: bxml.Gather, base: str, messages: tuple[type, ...]) -> Steps[Any]:
    """Return the first key or speech of the caller, None if there is none in time."""
    for _ in range(max(1, verb.effective("repeat_count"))):
        for child in verb.children:
            assert isinstance(child, bxml.SpeakSentence | bxml.PlayAudio)
            message = yield from play(call, child, base, messages)
            if message is not None:
                return message
        message = yield from call.silence(verb.effective("first_digit_timeout"), messages)
        if message is not None:
            return message
    return None


def _recognize(call: Call, verb: bxml.Gather, base: str, speech: Speech) -> Steps[None]:
    """Report speech until the caller has been silent for long enough."""
    message: Any = speech
    while message is not None:
        call.notify(call.destination(verb, "partial_result_callback", base), "partialgather")
        silence = verb.effective("speech_timeout")
        message = yield from call.silence(message.seconds + silence, (Speech,))
