"""Verbs that the caller hears, or that wait: SpeakSentence, PlayAudio, Pause, Ring, SendDtmf."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup

from flask_bandwidth_callbacks import bxml

from ..choices import AUDIO_FILE_SECONDS
from ..engine.call import Call, spoken_seconds
from ..engine.interpreter import Next, runs
from ..engine.timeline import Steps

_PAUSES = {",": 0.5, "w": 0.5, "W": 1.0}
"""Tones that are none, with how long they wait. Source: https://dev.bandwidth.com/docs/voice/bxml/sendDtmf"""

_BREAKS = re.compile(r"<(/?(p|s)|break)\b[^>]*>")
"""SSML between whose neighbours there is a pause."""


def heard_of(verb: bxml.Verb, base: str) -> tuple[str, float]:
    """Return what is heard of a SpeakSentence or PlayAudio, and for how long."""
    text = verb.text or ""
    if isinstance(verb, bxml.PlayAudio):
        return urljoin(base, text), AUDIO_FILE_SECONDS
    words = Markup(_BREAKS.sub(" ", text)).striptags() if isinstance(text, Markup) else " ".join(text.split())
    return words, spoken_seconds(words)


def play(call: Call, verb: bxml.Verb, base: str, hears: tuple[type, ...] = ()) -> Steps[Any]:
    """Let a call hear a SpeakSentence or PlayAudio; returns what it was interrupted by, if anything."""
    what, seconds = heard_of(verb, base)
    call.hear(what, is_file=isinstance(verb, bxml.PlayAudio))
    return (yield from call.play(seconds, hears))


@runs(bxml.SpeakSentence, bxml.PlayAudio)
def _play(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    yield from play(call, verb, base)
    return None


@runs(bxml.Pause)
def _pause(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    seconds = 1.0 if verb.duration is None else verb.duration
    call.note("", f"silence for {seconds:g} s")
    yield from call.silence(seconds)
    return None


@runs(bxml.Ring)
def _ring(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    seconds = 5.0 if verb.duration is None else verb.duration
    call.note("", f"ringing for {seconds:g} s")
    yield from call.silence(seconds)
    return None


@runs(bxml.SendDtmf)
def _send_dtmf(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    tone = (verb.tone_duration or 200.0) / 1000
    interval = (verb.tone_interval or 400.0) / 1000
    keys = verb.text or ""
    length = 0.0
    for key, following in zip_longest(keys, keys[1:]):
        # A pause takes the place of the interval before it.
        length += _PAUSES.get(key, tone if following in _PAUSES else tone + interval)
    call.note("", f"tones {keys}")
    yield from call.play(length)
    return None
