"""A telephone that rings: the test decides when, and whether, the person there answers."""

from __future__ import annotations

import pytest

from flask_bandwidth_callbacks.bxml import Gather, Hangup, PhoneNumber, SpeakSentence, Transfer
from flask_bandwidth_callbacks.simulator import Call, Conflict
from flask_bandwidth_callbacks.simulator.engine.real_time import real_time
from flask_bandwidth_callbacks.simulator.samples import sample_of
from tests.simulator.conftest import Line
from tests.simulator.test_real_time import wait_until

BOB = "+13035550141"


def ringing(line: Line, timeout: int = 20) -> tuple[Call, Call]:
    """Return a call whose leg rings at Bob's, and the leg."""
    bandwidth = line(
        Transfer(PhoneNumber(BOB), transfer_complete_url="done", call_timeout=timeout), done=Hangup()
    )
    bandwidth.callee(BOB).does_not_answer()
    call = bandwidth.call()
    return call, call.legs[0]


def test_picking_up(line: Line) -> None:
    """A person whose telephone rings can pick up, and is joined with the caller."""
    call, leg = ringing(line)
    assert leg.is_ringing
    assert not call.is_ringing
    leg.pick_up()
    assert not leg.is_ringing
    assert leg.state == "answered"
    leg.hang_up()
    assert call.exchanges[1].payload["cause"] == "hangup"


@pytest.mark.parametrize(("as_busy", "cause", "status"), [(False, "rejected", 603), (True, "busy", 486)])
def test_rejecting(line: Line, as_busy: bool, cause: str, status: int) -> None:
    """A person whose telephone rings can reject the call, or be busy; the cause is the same as by a rule."""
    call, leg = ringing(line)
    leg.reject(as_busy=as_busy)
    assert leg.cause == cause
    assert call.cause == "hangup"
    assert call.exchanges[1].payload["cause"] == cause


def test_nobody_decides(line: Line) -> None:
    """A telephone at which nobody decides rings until callTimeout."""
    call, leg = ringing(line, timeout=7)
    call.wait(6)
    assert leg.is_ringing
    call.wait(1)
    assert leg.cause == "timeout"


def test_picking_up_before_a_rule(line: Line) -> None:
    """A person who would answer after some seconds can pick up, or reject the call, before."""
    bandwidth = line(Gather())
    bandwidth.callee(BOB).answers(after=10)
    call = bandwidth.dial(BOB, "/phone/")
    assert call.is_ringing
    call.pick_up()
    assert call.state == "answered"
    other = bandwidth.dial(BOB, "/phone/")
    other.reject()
    assert other.cause == "rejected"


def test_a_telephone_that_does_not_ring(line: Line) -> None:
    """Picking up is an error where nothing rings, and where the call has ended."""
    bandwidth = line(Gather())
    call = bandwidth.call()
    with pytest.raises(Conflict, match="does not ring"):
        call.pick_up()
    call.hang_up()
    with pytest.raises(Conflict, match="has ended"):
        call.reject()


def test_speaking_in_real_time(line: Line) -> None:
    """A person begins to speak without making time pass; what they said is heard when it is over."""
    bandwidth = line(
        Gather(SpeakSentence("Say it."), gather_url="more", input="speech", speech_timeout=1),
        more=lambda event: [SpeakSentence(f"{event.text}!"), Hangup()],
    )
    with real_time(bandwidth):
        call = bandwidth.call()
        wait_until(lambda: call.is_listened_to)
        before = bandwidth.timeline.now
        call.begin_to_speak("Sales, please.")
        assert bandwidth.timeline.now - before < 500
        wait_until(lambda: call.heard[1:] == ["Sales, please.!"])


def test_what_is_held_back(line: Line) -> None:
    """Keys that are held back follow each other, and each of them counts."""
    bandwidth = line(Gather(gather_url="more", max_digits=3), more=lambda event: SpeakSentence(event.digits))
    call = bandwidth.call()
    with bandwidth.turn, bandwidth.held_back():
        call.press("123")
        assert len(call.exchanges) == 1
    bandwidth.catch_up()
    assert call.heard == ["123"]


def test_sending_elsewhere(line: Line) -> None:
    """A single callback can go to another URL, with another method."""
    bandwidth = line(Gather(), more=lambda event: SpeakSentence(f"{event.event_type}."))
    payload = sample_of(bandwidth, "gather")
    exchange = bandwidth.send("gather", payload, url="/phone/more", method="POST")
    assert exchange.bxml is not None
    assert "gather." in exchange.bxml
    other = bandwidth.send("gather", payload, url="/phone/more", method="GET")
    assert (other.method, other.url) == ("GET", "https://localhost/phone/more")
