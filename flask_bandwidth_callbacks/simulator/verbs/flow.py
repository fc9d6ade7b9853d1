"""Verbs that change where a call goes: Redirect, Hangup, Tag."""

from __future__ import annotations

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.interpreter import Next, runs
from ..engine.messages import Ended


@runs(bxml.Redirect, answers=False)
def redirect(call: Call, verb: bxml.Redirect, base: str) -> Next:
    """Fetch the next document."""
    call.set_tag(verb.tag)
    return call.then_request(call.destination(verb, "redirect_url", base), "redirect")


@runs(bxml.Hangup, answers=False)
def hang_up(call: Call, verb: bxml.Hangup, base: str) -> Next:
    """End the call."""
    raise Ended("hangup")


@runs(bxml.Tag, answers=False)
def tag(call: Call, verb: bxml.Tag, base: str) -> Next:
    """Set the tag of the call."""
    call.set_tag(verb.text)
    return None
