"""Verbs that call somebody else: Transfer, Forward, Refer, Connect."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.interpreter import Next, live, runs
from ..engine.messages import Ended, LegAnswered, LegEnded
from ..engine.ringing import pick_up, ring
from ..engine.timeline import Steps, Wait
from ..wire.destinations import destination_of
from ..wire.documents import Script

_NO_ANSWER = 408
"""The SIP status that tells of a telephone that nobody answered."""


# -- Transfer ------------------------------------------------------------------------------------------------


class _Race:
    """The legs of one Transfer: the first to answer wins."""

    def __init__(self) -> None:
        self.winner: Call | None = None


@runs(bxml.Transfer)
def _transfer(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    race = _Race()
    legs = []
    for child in verb.children:
        leg = call.bandwidth.make_leg(call, child.text or "", verb.transfer_caller_id or call.person)
        leg.set_tag(child.attributes.get("tag"))
        leg.end_destination = destination_of(leg, child, "transfer_disconnect_url", base)
        first = _leg(leg, child, base, verb.call_timeout, race)
        call.bandwidth.start(leg, live(leg, first, partial(_join, leg)))
        legs.append(leg)
    try:
        last = yield from _outcome(call, legs, race)
    finally:
        _drop(legs)
    return call.then_ask(
        destination_of(call, verb, "transfer_complete_url", base),
        "transferComplete",
        transfer_caller_id=last.var_from,
        transfer_to=last.to,
        cause=last.cause,
        error_message=last.error_message,
        error_id=last.error_id,
    )


def _outcome(call: Call, legs: list[Call], race: _Race) -> Steps[Call]:
    """Return the leg that the Transfer is about, once all of them are over."""
    up = set(legs)
    last = legs[0]
    while up:
        told = yield from call.silence(None, (LegAnswered, LegEnded))
        if isinstance(told, LegEnded):
            up.discard(told.leg)
            last = told.leg
        else:
            _drop(leg for leg in legs if race.winner not in (None, leg))
    return race.winner or last


def _drop(legs: Iterable[Call]) -> None:
    for leg in legs:
        leg.process.interrupt(Ended("hangup" if leg.state == "answered" else "cancel"))


def _leg(leg: Call, child: bxml.Element, base: str, timeout: float | None, race: _Race) -> Steps[Script]:
    """Ring a callee and, if they answer first, give the document that is for them alone."""
    callee = leg.bandwidth.callee_at(leg.to)
    yield from ring(leg, callee, timeout)
    if race.winner is not None:
        raise Ended("cancel")
    race.winner = leg
    assert leg.parent is not None
    leg.parent.process.tell(LegAnswered(leg))
    pick_up(leg, callee)
    destination = destination_of(leg, child, "transfer_answer_url", base)
    if destination is None:
        return Script((), base)
    return (yield from leg.ask(destination, "transferAnswer"))


def _join(leg: Call) -> Steps[Script]:
    """Let a leg and the call that it belongs to talk, until one of them leaves."""
    call = leg.parent
    assert call is not None
    call.talks_with, leg.talks_with = leg, call
    leg.note("", f"talks with {call.person}")
    try:
        while True:
            yield Wait(None)
    finally:
        leg.talks_with = None
        if call.talks_with is leg:  # and not somebody else by now
            call.talks_with = None


# -- Forward -------------------------------------------------------------------------------------------------


@runs(bxml.Forward)
def _forward(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    if call.state != "initiated":
        raise Ended("application-error", "Forward is for inbound calls that are not answered yet")
    leg = call.bandwidth.make_leg(call, verb.to, verb.from_ or call.to)
    call.bandwidth.start(leg, live(leg, _forwarded(leg, verb.call_timeout), partial(_join, leg)))
    call.is_forwarded = leg.is_forwarded = True
    try:
        told = yield from call.silence(None, (LegAnswered, LegEnded))
        if isinstance(told, LegAnswered):
            call.answer()
            yield from call.silence(None, (LegEnded,))
    finally:
        _drop([leg])
    raise Ended(leg.cause or "unknown")


def _forwarded(leg: Call, timeout: float | None) -> Steps[Script]:
    callee = leg.bandwidth.callee_at(leg.to)
    yield from ring(leg, callee, timeout)
    assert leg.parent is not None
    leg.parent.process.tell(LegAnswered(leg))
    pick_up(leg, callee)
    return Script((), "")


# -- Refer and Connect ---------------------------------------------------------------------------------------


@runs(bxml.Refer)
def _refer(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    callee = call.bandwidth.callee_at(verb.children[0].text or "")
    destination = destination_of(call, verb, "refer_complete_url", base)
    if callee.refusal is None and callee.rings is not None:
        call.tell(
            destination,
            "referComplete",
            refer_call_status="success",
            refer_sip_response_code=202,
            notify_sip_response_code=200,
        )
        raise Ended("hangup")
    status = callee.refusal[1] if callee.refusal else _NO_ANSWER
    return call.then_ask(
        destination,
        "referComplete",
        refer_call_status="failure",
        refer_sip_response_code=202,
        notify_sip_response_code=status,
    )
    yield


@runs(bxml.Connect)
def _connect(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.note("", f"connected to {', '.join(child.text or '' for child in verb.children)}")
    while True:
        yield Wait(None)
