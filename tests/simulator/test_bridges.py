"""Bridge: two calls are joined until one of them leaves."""

from __future__ import annotations

from typing import Any

import pytest

from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Forward,
    Hangup,
    Pause,
    PhoneNumber,
    Redirect,
    Ring,
    SpeakSentence,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from tests.simulator.callbacks import events, timed, told
from tests.simulator.conftest import Line

ANN = "+13035550141"
WAITING = [Pause(duration=600), SpeakSentence("Never.")]


def bridged(line: Line, *after: Verb, waiting: Any = WAITING, **attributes: Any) -> tuple[Call, Call]:
    """Return two calls: the second, and the waiting first one that it bridges itself with."""

    def greet(event: Any) -> Any:
        if event.call_id == bandwidth.calls[0].call_id:
            return waiting
        return [Bridge(f" {bandwidth.calls[0].call_id} ", **attributes), *after]

    bandwidth = line(
        greet,
        done=lambda event: SpeakSentence(f"Done: {event.cause}."),
        left=SpeakSentence("You are alone."),
        hold=Pause(duration=600),
    )
    target = bandwidth.call()
    return bandwidth.call(), target


def simulation_of(call: Call) -> SimulatedBandwidth:
    """Return the simulation that a call belongs to."""
    assert isinstance(call.bandwidth, SimulatedBandwidth)
    return call.bandwidth


BOTH = {"bridge_complete_url": "done", "bridge_target_complete_url": "left"}


def test_two_calls_talk(line: Line) -> None:
    """Each hears the other, and what the target was doing is over."""
    call, target = bridged(line)
    call.speak("Hello?")
    target.speak("Hello!")
    target.wait(3600)
    assert (call.heard, target.heard) == (["Hello!"], ["Hello?"])
    assert events(target.exchanges) == ["initiate"]


# -- Who leaves first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", [Call.hang_up, Call.complete, lambda call: call.redirect("hold")])
def test_target_leaves_first(line: Line, leave: Any) -> None:
    """bridgeComplete without a cause brings this call's next document; bridgeTargetComplete is not sent."""
    call, target = bridged(line, SpeakSentence("Never."), **BOTH, tag="joined")
    call.wait(4)
    leave(target)
    assert call.heard == ["Done: None."]
    assert timed(call)[:2] == [("initiate", 0), ("bridgeComplete", 4)]
    complete = told(call.exchanges, "bridgeComplete")
    assert complete["tag"] == "joined"
    assert not {"cause", "errorMessage", "errorId"} & complete.keys()
    assert "bridgeTargetComplete" not in events([*call.exchanges, *target.exchanges])


@pytest.mark.parametrize("leave", [Call.hang_up, Call.complete, lambda call: call.redirect("hold")])
def test_this_call_leaves_first(line: Line, leave: Any) -> None:
    """bridgeTargetComplete is about the target, and its document runs there; bridgeComplete is not sent."""
    call, target = bridged(line, **BOTH, tag="joined")
    call.wait(4)
    leave(call)
    assert target.heard == ["You are alone."]
    complete = told(target.exchanges, "bridgeTargetComplete")
    assert complete["callId"] == target.call_id
    assert "tag" not in complete
    assert "bridgeComplete" not in events([*call.exchanges, *target.exchanges])


def test_target_leaves_first_without_a_url(line: Line) -> None:
    """Without bridgeCompleteUrl the verb after Bridge runs."""
    call, target = bridged(line, SpeakSentence("On we go."))
    target.hang_up()
    assert call.heard == ["On we go."]


def test_this_call_leaves_first_without_a_url(line: Line) -> None:
    """Without bridgeTargetCompleteUrl the target is hung up."""
    call, target = bridged(line, bridge_complete_url="done")
    call.hang_up()
    assert target.cause == "hangup"
    assert events(target.exchanges) == ["initiate", "disconnect"]


def test_after_a_bridge_there_may_be_another(line: Line) -> None:
    """After a bridge the two do not hear each other until one of them bridges again."""
    call, target = bridged(line, Pause(duration=600))
    target.redirect("hold")
    target.speak("Anybody there?")
    call.speak("Hello?")
    assert (call.heard, target.heard) == ([], [])
    target.update(Bridge(call.call_id))
    target.speak("There you are.")
    assert call.heard == ["There you are."]


# -- What the target was doing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "waiting",
    [Conference("room"), Transfer(PhoneNumber(ANN)), [Ring(answer_call=False, duration=60), Hangup()]],
    ids=["in a conference", "in a transfer", "not answered yet"],
)
def test_target_leaves_what_it_does(line: Line, waiting: Any) -> None:
    """A conference goes on without it, its legs are dropped, and an inbound call is answered."""
    call, target = bridged(line, waiting=waiting)
    call.speak("Hello?")
    target.speak("Hello!")
    assert (call.heard, target.heard) == (["Hello!"], ["Hello?"])
    assert target.state == "answered"
    assert not simulation_of(call).conferences
    assert [leg.state for leg in target.legs] in ([], ["disconnected"])


# -- What cannot be bridged ----------------------------------------------------------------------------------


def hung_up(bandwidth: SimulatedBandwidth) -> Call:
    """The first call, which has just ended."""
    bandwidth.calls[0].hang_up()
    return bandwidth.calls[0]


@pytest.mark.parametrize(
    ("first", "target", "cause", "words"),
    [
        (WAITING, hung_up, "unknown", "does not exist or has ended"),
        (WAITING, lambda line: line.calls[-1], "unknown", "cannot be bridged with itself"),
        (WAITING, lambda line: line.dial(ANN, "never"), "rejected", "is not answered"),
        (Forward(to=ANN), lambda line: line.calls[0], "rejected", "was forwarded"),
        (Forward(to=ANN), lambda line: line.calls[0].legs[0], "rejected", "was forwarded"),
    ],
    ids=["ended", "itself", "not answered", "forwarded", "where it was forwarded to"],
)
def test_cannot_be_bridged(line: Line, first: Any, target: Any, cause: str, words: str) -> None:
    """bridgeComplete has the cause and the message, and its document runs next."""

    def greet(event: Any) -> Any:
        if len(bandwidth.calls) == 1:
            return first
        return [Bridge(target(bandwidth).call_id, bridge_complete_url="failed"), SpeakSentence("Never.")]

    bandwidth = line(greet, failed=SpeakSentence("A pity."))
    bandwidth.callee(ANN).does_not_answer()
    bandwidth.call()
    call = bandwidth.call()
    assert call.heard == ["A pity."]
    complete = told(call.exchanges, "bridgeComplete")
    assert complete["cause"] == cause
    assert words in complete["errorMessage"]
    assert complete["errorId"]


def test_bridged_call_is_busy(line: Line) -> None:
    """A third call cannot join a bridge, and the two go on."""
    call, target = bridged(line, **BOTH)
    third = simulation_of(call).call()
    complete = told(third.exchanges, "bridgeComplete")
    assert complete["cause"] == "busy"
    assert (call.cause, target.cause) == (None, None)


def test_failed_bridge_without_a_url(line: Line) -> None:
    """Without bridgeCompleteUrl a failed bridge is followed by the next verb."""
    call = line(Bridge("c-nobody"), SpeakSentence("On we go.")).call()
    assert call.heard == ["On we go."]
    assert events(call.exchanges) == ["initiate", "disconnect"]


def test_target_that_leaves_at_the_same_moment(line: Line) -> None:
    """A target that hangs up just as it is joined has left."""

    def meet(event: Any) -> Verb:
        return Bridge(bandwidth.calls[1].call_id, bridge_complete_url="done")

    def greet(event: Any) -> list[Verb]:
        is_first = event.call_id == bandwidth.calls[0].call_id
        return [Pause(duration=6), Redirect(redirect_url="meet" if is_first else "leave")]

    bandwidth = line(greet, meet=meet, leave=Hangup(), done=SpeakSentence("Gone."))
    call, target = bandwidth.call(), bandwidth.call()
    call.wait(6)
    assert target.cause == "hangup"
    assert call.heard == ["Gone."]
