"""Verbs that the caller hears, or that wait: SpeakSentence, PlayAudio, Pause, Ring, SendDtmf."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any, TypeAlias
from urllib.parse import urljoin

from markupsafe import Markup

from flask_bandwidth_callbacks import bxml

from ..choices import AUDIO_FILE_SECONDS
from ..engine.activities import Sound
from ..engine.call import Call, spoken_seconds
from ..engine.interpreter import Next, runs
from ..engine.resource import Resource
from ..engine.timeline import Steps

Audio: TypeAlias = bxml.SpeakSentence | bxml.PlayAudio

_PAUSES = {",": 0.5, "w": 0.5, "W": 1.0}
"""Seconds of the characters of SendDtmf that are pauses, not tones.

Source: https://dev.bandwidth.com/docs/voice/bxml/sendDtmf
"""

_BREAKS = re.compile(r"<(/?(p|s)|break)\b[^<>]*>")
"""SSML that separates the words on both sides."""


def play(resource: Resource, verb: Audio, base: str, messages: tuple[type, ...] = ()) -> Steps[Any]:
    """Play a sentence or an audio file; returns the message that interrupted it, if any."""
    text = verb.text or ""
    if isinstance(verb, bxml.PlayAudio):
        resource.hear(Sound(urljoin(base, text), AUDIO_FILE_SECONDS, is_file=True))
        return (yield from resource.play(AUDIO_FILE_SECONDS, messages))
    words = Markup(_BREAKS.sub(" ", text)).striptags() if isinstance(text, Markup) else " ".join(text.split())
    seconds = spoken_seconds(words)
    resource.hear(Sound(words, seconds))
    return (yield from resource.play(seconds, messages))


@runs(bxml.SpeakSentence)
def speak_sentence(resource: Resource, verb: bxml.SpeakSentence, base: str) -> Steps[Next]:
    """Say a sentence."""
    yield from play(resource, verb, base)
    return None


@runs(bxml.PlayAudio)
def play_audio(resource: Resource, verb: bxml.PlayAudio, base: str) -> Steps[Next]:
    """Play an audio file."""
    yield from play(resource, verb, base)
    return None


@runs(bxml.Pause)
def pause(call: Call, verb: bxml.Pause, base: str) -> Steps[Next]:
    """Wait in silence."""
    seconds = verb.effective("duration")
    call.note("", f"silence for {seconds:g} s")
    yield from call.silence(seconds)
    return None


@runs(bxml.Ring, answers=False)
def ring(call: Call, verb: bxml.Ring, base: str) -> Steps[Next]:
    """Play a ringing tone, before or after answering the call."""
    if verb.effective("answer_call"):
        call.answer()
    seconds = verb.effective("duration")
    call.note("", f"ringing for {seconds:g} s")
    yield from call.silence(seconds)
    return None


@runs(bxml.SendDtmf)
def send_dtmf(call: Call, verb: bxml.SendDtmf, base: str) -> Steps[Next]:
    """Play the tones of keys."""
    tone = verb.effective("tone_duration") / 1000
    interval = verb.effective("tone_interval") / 1000
    keys = verb.text or ""
    length = 0.0
    for key, following in zip_longest(keys, keys[1:]):
        # A pause takes the place of the interval before it.
        length += _PAUSES.get(key, tone if following in _PAUSES else tone + interval)
    call.note("", f"tones {keys}")
    yield from call.play(length)
    return None
