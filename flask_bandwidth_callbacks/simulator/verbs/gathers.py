"""Verbs that take keys and words from the caller: Gather, StartGather, StopGather."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_bandwidth_callbacks import bxml

from ..choices import KEY_SECONDS
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


class _Gathered(NamedTuple):
    """What came of a Gather, by attributes of its event; ``text`` only after speech."""

    digits: str
    terminating_digit: str = ""
    text: str | None = None


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
        gathered = yield from _collect(call, verb, base)
    finally:
        call.activities.remove(gathering)
    destination = call.destination(verb, "gather_url", base)
    return call.then_request(destination, "gather", **gathered._asdict())


def _collect(call: Call, verb: bxml.Gather, base: str) -> Steps[_Gathered]:
    """Wait until the caller has pressed enough keys, has spoken, or is too late."""
    messages = _LISTENS_FOR[verb.effective("input")]
    terminating_digits = verb.effective("terminating_digits").upper()
    message = yield from _first(call, verb, base, messages)
    digits = ""
    while message is not None:
        if isinstance(message, Speech):
            text = yield from _recognize(call, verb, base, message)
            return _Gathered(digits, text=text)
        if message.key in terminating_digits:
            return _Gathered(digits, message.key)
        digits += message.key
        if len(digits) >= verb.effective("max_digits"):
            return _Gathered(digits)
        message = yield from call.silence(KEY_SECONDS + verb.effective("inter_digit_timeout"), messages)
    return _Gathered(digits)


def _first(call: Call, verb: bxml.Gather, base: str, messages: tuple[type, ...]) -> Steps[Any]:
    """Return the first key or speech of the caller, None if there is none in time."""
    for repetition in range(max(1, verb.effective("repeat_count"))):
        if repetition:
            call.check_repetition("Gather")
        for child in verb.children:
            assert isinstance(child, bxml.SpeakSentence | bxml.PlayAudio)
            message = yield from play(call, child, base, messages)
            if message is not None:
                return message
        message = yield from call.silence(verb.effective("first_digit_timeout"), messages)
        if message is not None:
            return message
    return None


def _recognize(call: Call, verb: bxml.Gather, base: str, speech: Speech) -> Steps[str]:
    """Report speech until the caller has been silent for long enough, and return all that was said."""
    message: Any = speech
    said = []
    while message is not None:
        said.append(message.text)
        call.notify(call.destination(verb, "partial_result_callback", base), "partialgather")
        silence = verb.effective("speech_timeout")
        message = yield from call.silence(message.seconds + silence, (Speech,))
    return " ".join(said)
