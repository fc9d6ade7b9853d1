"""Verbs that only change where a call goes: Redirect, Hangup, Tag."""

from __future__ import annotations

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Ended
from ..engine.timeline import Steps
from ..wire.destinations import destination_of


@runs(bxml.Redirect)
def _redirect(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    destination = destination_of(call, verb, "redirect_url", base)
    assert destination is not None
    return call.ask(destination, "redirect")
    yield


@runs(bxml.Hangup)
def _hang_up(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    raise Ended("hangup")
    yield


@runs(bxml.Tag)
def _tag(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.text)
    return None
    yield
