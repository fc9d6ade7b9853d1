"""Verbs that call other numbers: Transfer, Forward, Refer, Connect."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.interpreter import Next, live, runs
from ..engine.messages import Ended, LegAnswered, LegEnded
from ..engine.ringing import pick_up, ring
from ..engine.timeline import Steps, Wait
from ..wire.documents import Script
from .bridges import Talk

_NO_ANSWER = 408
"""The SIP status of a call that was not answered."""


# -- Transfer ------------------------------------------------------------------------------------------------


class _Race:
    """The legs of one Transfer, of which the first to answer wins."""

    def __init__(self) -> None:
        self.winner: Call | None = None


@runs(bxml.Transfer)
def transfer(call: Call, verb: bxml.Transfer, base: str) -> Steps[Next]:
    """Ring all callees, join the call with the first to answer, then fetch the next document."""
    call.set_tag(verb.tag)
    race = _Race()
    legs = []
    for child in verb.children:
        leg = call.make_leg(child.text or "", verb.transfer_caller_id or call.person)
        leg.set_tag(child.attributes.get("tag"))
        leg.end_destination = leg.destination(child, "transfer_disconnect_url", base)
        first = _leg(call, leg, child, base, verb.effective("call_timeout"), race)
        leg.start(live(leg, first, partial(_join, call, leg)))
        legs.append(leg)
    try:
        last = yield from _outcome(call, legs, race)
    finally:
        _drop(legs)
    return call.then_request(
        call.destination(verb, "transfer_complete_url", base),
        "transferComplete",
        transfer_caller_id=last.var_from,
        transfer_to=last.to,
        cause=last.cause,
        error_message=last.error_message,
        error_id=last.error_id,
    )


def _outcome(call: Call, legs: list[Call], race: _Race) -> Steps[Call]:
    """Return the leg that the Transfer is about, once all of them have ended."""
    up = {leg.call_id: leg for leg in legs}
    last = legs[0]
    while up:
        message = yield from call.silence(None, (LegAnswered, LegEnded))
        if isinstance(message, LegEnded):
            last = up.pop(message.leg_id, last)  # the leg of an earlier Transfer may end, too
        else:
            for leg in legs:
                if race.winner not in (None, leg):
                    leg.process.interrupt(Ended("hangup"))
    return race.winner or last


def _drop(legs: Iterable[Call]) -> None:
    for leg in legs:
        leg.process.interrupt(Ended("hangup" if leg.state == "answered" else "cancel"))


def _leg(call: Call, leg: Call, child: bxml.Element, base: str, timeout: float, race: _Race) -> Steps[Script]:
    """Ring a callee and, if they answer first, give the document for them alone."""
    callee = leg.bandwidth.callee_at(leg.to)
    yield from ring(leg, callee, timeout)
    if race.winner is not None:
        raise Ended("hangup")
    race.winner = leg
    call.process.send(LegAnswered(leg.call_id))
    pick_up(leg, callee)
    destination = leg.destination(child, "transfer_answer_url", base)
    if destination is None:
        return Script((), base)
    return (yield from leg.request(destination, "transferAnswer"))


def _join(call: Call, leg: Call) -> Steps[Script]:
    """Join a leg with the call that made it, until one of the two leaves."""
    call_talk, leg_talk = Talk(leg), Talk(call)
    call.activities.append(call_talk)
    leg.activities.append(leg_talk)
    leg.note("", f"talks with {call.person}")
    try:
        while True:
            yield Wait(None)
    finally:
        call.activities.remove(call_talk)
        leg.activities.remove(leg_talk)


# -- Forward -------------------------------------------------------------------------------------------------


@runs(bxml.Forward, answers=False)
def forward(call: Call, verb: bxml.Forward, base: str) -> Steps[Next]:
    """Forward an inbound call that is not answered yet, out of the application's control."""
    if call.state != "initiated":
        raise call.lose("application-error", "Forward is for inbound calls that are not answered yet")
    leg = call.make_leg(verb.to, verb.from_ or call.to)
    first = _forwarded(call, leg, verb.effective("call_timeout"))
    leg.start(live(leg, first, partial(_join, call, leg)))
    call.is_controlled = leg.is_controlled = False
    try:
        message = yield from call.silence(None, (LegAnswered, LegEnded))
        if isinstance(message, LegAnswered):
            call.answer()
            yield from call.silence(None, (LegEnded,))
    finally:
        _drop([leg])
    raise Ended(leg.cause or "unknown")


def _forwarded(call: Call, leg: Call, timeout: float) -> Steps[Script]:
    callee = leg.bandwidth.callee_at(leg.to)
    yield from ring(leg, callee, timeout)
    call.process.send(LegAnswered(leg.call_id))
    pick_up(leg, callee)
    return Script((), "")


# -- Refer and Connect ---------------------------------------------------------------------------------------


@runs(bxml.Refer)
def refer(call: Call, verb: bxml.Refer, base: str) -> Next:
    """Hand the call over to another SIP user; if that fails, fetch the next document."""
    call.set_tag(verb.tag)
    callee = call.bandwidth.callee_at(verb.children[0].text or "")
    destination = call.destination(verb, "refer_complete_url", base)
    if callee.rejection is None and callee.rings is not None:
        call.notify(
            destination,
            "referComplete",
            refer_call_status="success",
            refer_sip_response_code=202,
            notify_sip_response_code=200,
        )
        raise Ended("hangup")
    status = callee.rejection[1] if callee.rejection else _NO_ANSWER
    return call.then_request(
        destination,
        "referComplete",
        refer_call_status="failure",
        refer_sip_response_code=202,
        notify_sip_response_code=status,
    )


@runs(bxml.Connect)
def connect(call: Call, verb: bxml.Connect, base: str) -> Steps[Next]:
    """Connect the call to endpoints until it ends."""
    call.note("", f"connected to {', '.join(child.text or '' for child in verb.children)}")
    while True:
        yield Wait(None)
