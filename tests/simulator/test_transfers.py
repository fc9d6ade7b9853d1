"""Verbs that call other numbers: Transfer with its legs, Forward, Refer, Connect."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Response

from flask_bandwidth_callbacks.bxml import (
    Connect,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    Record,
    Redirect,
    Refer,
    Ring,
    SipUri,
    SpeakSentence,
    StartGather,
    Tag,
    Transfer,
)
from flask_bandwidth_callbacks.bxml import (
    Response as BxmlResponse,
)
from flask_bandwidth_callbacks.simulator import LostCall, SimulatedBandwidth, SimulationError
from tests.simulator.callbacks import all_told, events, timed, told
from tests.simulator.conftest import Line

ANN, BOB, EVE = "+13035550141", "+13035550142", "+13035550143"
CALLER, APPLICATION = "+13035550123", "+13035550100"
DESK = "sip:desk@example.com"


def leg(number: str = ANN, **attributes: Any) -> PhoneNumber:
    """Return a leg with a URL for its end."""
    return PhoneNumber(number, transfer_disconnect_url="told", **attributes)


def behave(bandwidth: SimulatedBandwidth, number: str, how: str) -> None:
    """Make a callee behave as the cause of a failure says."""
    callee = bandwidth.callee(number)
    {"busy": callee.is_busy, "rejected": callee.rejects, "timeout": callee.does_not_answer}[how]()


# -- One leg -------------------------------------------------------------------------------------------------


def test_two_people_talk_until_the_called_one_leaves(line: Line) -> None:
    """The two hear each other; then transferComplete brings the caller's next document."""
    call = line(
        Transfer(leg(), transfer_complete_url="done", tag="sales"),
        SpeakSentence("Never."),
        done=SpeakSentence("How was it?"),
    ).call()
    ann = call.legs[0]
    call.speak("Hello?", seconds=2)
    ann.speak("Hello!", seconds=3)
    ann.hang_up()
    assert (ann.heard, call.heard) == (["Hello?"], ["Hello!", "How was it?"])
    assert timed(call)[:3] == [("initiate", 0), ("transferDisconnect", 5), ("transferComplete", 5)]
    complete = told(call.exchanges, "transferComplete")
    assert complete["callId"] == call.call_id
    assert (complete["transferTo"], complete["transferCallerId"]) == (ANN, CALLER)
    assert (complete["cause"], complete["tag"]) == ("hangup", "sales")
    assert not {"errorMessage", "errorId", "parentCallId", "endTime"} & complete.keys()


def test_without_a_url_the_next_verb_runs(line: Line) -> None:
    """Without transferCompleteUrl the verb after Transfer runs."""
    call = line(Transfer(PhoneNumber(ANN)), SpeakSentence("On we go.")).call()
    call.legs[0].hang_up()
    assert call.heard == ["On we go."]
    assert events(call.exchanges) == ["initiate", "disconnect"]


@pytest.mark.parametrize(
    ("cause", "attributes", "seconds"),
    [
        ("busy", {}, 0),
        ("rejected", {}, 0),
        ("timeout", {}, 30),
        ("timeout", {"call_timeout": 4.5}, 4.5),
    ],
)
def test_call_that_is_not_answered(
    line: Line, cause: str, attributes: dict[str, Any], seconds: float
) -> None:
    """Both events have the cause, and no answer time."""
    bandwidth = line(Transfer(leg(), transfer_complete_url="done", **attributes), done=Hangup())
    behave(bandwidth, ANN, cause)
    call = bandwidth.call()
    call.wait(seconds)
    assert timed(call)[1:] == [
        ("transferDisconnect", seconds),
        ("transferComplete", seconds),
        ("disconnect", seconds),
    ]
    complete, disconnect = (
        told(call.exchanges, "transferComplete"),
        told(call.exchanges, "transferDisconnect"),
    )
    assert complete["cause"] == disconnect["cause"] == cause
    assert "answerTime" not in disconnect


def test_telephone_rings_until_it_is_answered(line: Line) -> None:
    """Ringing lasts until the callee answers, at most callTimeout."""
    bandwidth = line(Transfer(leg(), call_timeout=10))
    bandwidth.callee(ANN).answers(after=10).hangs_up(after=5)
    call = bandwidth.call()
    call.wait(9)
    assert call.legs[0].answer_time is None
    call.wait(6)
    ended = told(call.exchanges, "transferDisconnect")
    assert (ended["startTime"], ended["answerTime"], ended["endTime"]) == (
        "2026-01-05T15:00:00.000Z",
        "2026-01-05T15:00:10.000Z",
        "2026-01-05T15:00:15.000Z",
    )


def test_who_answers_too_late_does_not_answer(line: Line) -> None:
    """After callTimeout no leg rings any longer."""
    bandwidth = line(Transfer(leg(), call_timeout=9))
    bandwidth.callee(ANN).answers(after=9.1)
    call = bandwidth.call()
    call.wait(10)
    ended = told(call.exchanges, "transferDisconnect")
    assert (ended["cause"], ended["endTime"]) == ("timeout", "2026-01-05T15:00:09.000Z")


def test_leg_is_a_call_of_its_own(line: Line) -> None:
    """A leg is outbound, has its own id, and names the call that made it; it never sends disconnect."""
    call = line(Transfer(leg(), transfer_complete_url="done"), done=Hangup()).call()
    (ann,) = call.legs
    ann.hang_up()
    ended = told(call.exchanges, "transferDisconnect")
    assert (ended["callId"], ended["parentCallId"]) == (ann.call_id, call.call_id)
    assert (ended["direction"], ended["from"], ended["to"]) == ("outbound", CALLER, APPLICATION)
    assert (ended["transferCallerId"], ended["transferTo"]) == (CALLER, ANN)
    assert told(call.exchanges, "disconnect")["callId"] == call.call_id
    assert ann.cause == "hangup"


@pytest.mark.parametrize("caller_id", ["+13035550199", "Anonymous"])
def test_called_party_may_see_another_number(line: Line, caller_id: str) -> None:
    """transferCallerId sets the number that the callee sees."""
    call = line(Transfer(leg(), transfer_caller_id=caller_id)).call()
    call.legs[0].hang_up()
    assert told(call.exchanges, "transferDisconnect")["transferCallerId"] == caller_id


def test_sip_address_is_called_like_a_number(line: Line) -> None:
    """A SipUri has all that a PhoneNumber has."""
    call = line(
        Transfer(SipUri(DESK, transfer_answer_url="whisper", transfer_disconnect_url="told")),
        whisper=SpeakSentence("A call."),
    ).call()
    assert call.legs[0].heard == ["A call."]
    call.legs[0].hang_up()
    assert told(call.exchanges, "transferDisconnect")["transferTo"] == DESK


# -- Several legs --------------------------------------------------------------------------------------------


def test_first_to_answer_wins(line: Line) -> None:
    """All legs ring at once; the first to answer wins, and transferComplete is about it."""
    bandwidth = line(
        Transfer(leg(ANN), leg(BOB), leg(EVE), transfer_complete_url="done"), done=Pause(duration=60)
    )
    bandwidth.callee(ANN).answers(after=9)
    bandwidth.callee(BOB).answers(after=5)
    bandwidth.callee(EVE).is_busy()
    call = bandwidth.call()
    call.wait(20)
    call.speak("Bob?", seconds=1)
    ann, bob, eve = call.legs
    bob.hang_up()
    assert (ann.heard, bob.heard) == ([], ["Bob?"])
    assert [when for event, when in timed(call) if event == "transferDisconnect"] == [0, 5, 21]
    assert [leg_.cause for leg_ in (ann, bob, eve)] == ["hangup", "hangup", "busy"]
    assert [ended["transferTo"] for ended in all_told(call.exchanges, "transferDisconnect")] == [
        EVE,
        ANN,
        BOB,
    ]
    complete = told(call.exchanges, "transferComplete")
    assert (complete["transferTo"], complete["cause"]) == (BOB, "hangup")


def test_no_answer_from_eight(line: Line) -> None:
    """One transferComplete describes the leg that ended last."""
    numbers = [f"+1303555014{digit}" for digit in range(8)]
    bandwidth = line(Transfer(*map(leg, numbers), transfer_complete_url="done"), done=Hangup())
    for number in numbers:
        behave(bandwidth, number, "timeout" if number == numbers[3] else "busy")
    call = bandwidth.call()
    call.wait(30)
    assert len({leg_.call_id for leg_ in call.legs}) == 8
    assert len(all_told(call.exchanges, "transferDisconnect")) == 8
    complete = told(call.exchanges, "transferComplete")
    assert (complete["transferTo"], complete["cause"]) == (numbers[3], "timeout")


def test_leg_that_answered_is_what_it_is_about(line: Line) -> None:
    """transferComplete is about the leg that answered, even if its document failed."""
    bandwidth = line(
        Transfer(leg(ANN, transfer_answer_url="nowhere"), leg(BOB), transfer_complete_url="done"),
        nowhere=lambda event: Response(status=404),
        done=Hangup(),
    )
    bandwidth.callee(BOB).does_not_answer()
    bandwidth.raise_errors = False
    complete = told(bandwidth.call().exchanges, "transferComplete")
    assert (complete["transferTo"], complete["cause"]) == (ANN, "callback-error")


def test_two_answer_in_the_same_moment(line: Line) -> None:
    """Of two legs that answer at the same time one wins."""
    call = line(Transfer(leg(ANN), leg(BOB))).call()
    assert [leg_.state for leg_ in call.legs] == ["answered", "disconnected"]
    assert call.legs[1].cause == "hangup"


# -- The document of a leg -----------------------------------------------------------------------------------


def test_called_party_hears_a_document_of_its_own(line: Line) -> None:
    """transferAnswer is about the leg, with the from and to of the original call; then the two talk."""
    call = line(
        Transfer(leg(transfer_answer_url="whisper", tag="whispered")),
        whisper=[SpeakSentence("A call from the menu."), Pause(duration=2)],
    ).call()
    (ann,) = call.legs
    call.speak("Anybody there?", seconds=1)
    call.wait(2)
    call.speak("Hello?", seconds=1)
    assert ann.heard == ["A call from the menu.", "Hello?"]
    assert call.heard == []
    answer = told(call.exchanges, "transferAnswer")
    assert (answer["callId"], answer["parentCallId"]) == (ann.call_id, call.call_id)
    assert (answer["from"], answer["to"], answer["direction"]) == (CALLER, APPLICATION, "outbound")
    assert (answer["transferCallerId"], answer["transferTo"]) == (CALLER, ANN)
    assert answer["tag"] == "whispered"


def test_declined_and_talked(line: Line) -> None:
    """An empty document lets the two talk, Hangup declines; the cause is the same, so the tag says which."""
    for reply, joined in ((BxmlResponse(), True), ([Tag("declined"), Hangup()], False)):
        bandwidth = line(
            Transfer(leg(transfer_answer_url="whisper"), transfer_complete_url="done"),
            whisper=reply,
            done=Hangup(),
        )
        call = bandwidth.call()
        assert call.legs[0].is_listened_to is joined
        if joined:
            call.legs[0].hang_up()
        assert told(call.exchanges, "transferComplete")["cause"] == "hangup"
        assert ("declined" in told(call.exchanges, "transferDisconnect").values()) is not joined


def test_empty_document_joins_at_once(line: Line) -> None:
    """An empty reply to transferAnswer joins the two."""
    call = line(Transfer(leg(transfer_answer_url="told"))).call()
    call.speak("Hello?")
    assert call.legs[0].heard == ["Hello?"]


def test_events_of_a_legs_document_are_about_the_leg(line: Line) -> None:
    """Events of a leg have parentCallId, transferCallerId, transferTo and the tag of the leg."""
    call = line(
        Transfer(leg(transfer_answer_url="screen")),
        screen=[
            StartGather(dtmf_url="told"),
            Pause(),
            Tag("screened"),
            Gather(SpeakSentence("Press 1 to take the call."), gather_url="screened", max_digits=1),
        ],
        screened=Redirect(redirect_url="name"),
        name=Record(
            record_complete_url="recorded",
            recording_available_url="told",
            transcribe=True,
            transcription_available_url="told",
        ),
        recorded=Pause(duration=60),
    ).call()
    (ann,) = call.legs
    ann.press("7")
    ann.wait(1)
    ann.press("1")
    ann.speak("Ann.", seconds=2)
    ann.press("#")
    ann.wait(10)
    seen = [exchange.payload for exchange in ann.exchanges]
    assert [payload["eventType"] for payload in seen] == [
        *("transferAnswer", "dtmf", "gather", "redirect"),
        *("dtmf", "recordComplete", "recordingAvailable", "transcriptionAvailable"),
    ]
    for payload in seen:
        assert (payload["callId"], payload["parentCallId"]) == (ann.call_id, call.call_id)
        assert (payload["transferCallerId"], payload["transferTo"]) == (CALLER, ANN)
    assert [payload.get("tag") for payload in seen] == [None, None, *["screened"] * 6]
    assert call.tag is None


def test_hangup_in_a_legs_document_ends_the_leg(line: Line) -> None:
    """The caller goes on as if the called party had hung up."""
    call = line(Transfer(leg(transfer_answer_url="no")), SpeakSentence("They left."), no=Hangup()).call()
    assert call.heard == ["They left."]
    assert told(call.exchanges, "transferDisconnect")["cause"] == "hangup"


@pytest.mark.parametrize("reply", ["<Response><Conference>x</Conference></Response>", "<Response>"])
def test_bad_document_ends_the_leg_alone(line: Line, reply: str) -> None:
    """A reply that cannot be run ends the leg; both events have the same error."""
    bandwidth = line(
        Transfer(leg(transfer_answer_url="bad"), transfer_complete_url="done"),
        # Another status than 200 is not looked at before it is sent.
        bad=lambda event: Response(reply, status=202, mimetype="application/xml"),
        done=SpeakSentence("Still here."),
    )
    bandwidth.raise_errors = False
    call = bandwidth.call()
    assert call.heard == ["Still here."]
    complete, ended = told(call.exchanges, "transferComplete"), told(call.exchanges, "transferDisconnect")
    for name in ("cause", "errorMessage", "errorId"):
        assert complete[name] == ended[name]
    assert complete["cause"] == "invalid-bxml"


def test_leg_can_be_fetched_away_and_comes_back(line: Line) -> None:
    """While a leg runs another document the two are not joined; afterwards they are again."""
    call = line(Transfer(leg()), aside=Pause(duration=10)).call()
    (ann,) = call.legs
    ann.redirect("aside")
    call.speak("Ann?", seconds=10)
    call.speak("There you are.", seconds=1)
    assert ann.heard == ["There you are."]
    assert told(call.exchanges, "redirect")["callId"] == ann.call_id


# -- Tags of legs --------------------------------------------------------------------------------------------


def test_tag_of_a_leg(line: Line) -> None:
    """A leg begins with the tag of the call, unless it has its own; an empty one clears it."""
    call = line(Transfer(leg(ANN), leg(BOB, tag="bob"), leg(EVE, tag=""), tag="call"), Hangup()).call()
    call.legs[0].hang_up()
    ended = {one["transferTo"]: one.get("tag") for one in all_told(call.exchanges, "transferDisconnect")}
    assert ended == {ANN: "call", BOB: "bob", EVE: None}


# -- The caller leaves first ---------------------------------------------------------------------------------


def test_caller_hangs_up_first(line: Line) -> None:
    """A caller who hangs up causes no transferComplete, but every leg sends transferDisconnect."""
    bandwidth = line(Transfer(leg(ANN), transfer_complete_url="told"))
    call = bandwidth.call()
    call.wait(3)
    call.hang_up()
    assert timed(call) == [("initiate", 0), ("disconnect", 3), ("transferDisconnect", 3)]
    assert told(call.exchanges, "transferDisconnect")["cause"] == "hangup"
    assert told(call.exchanges, "disconnect")["cause"] == "hangup"


def test_caller_hangs_up_while_it_rings(line: Line) -> None:
    """A caller who hangs up while legs ring cancels the legs."""
    bandwidth = line(Transfer(leg(ANN), leg(BOB)))
    bandwidth.callee(ANN).does_not_answer()
    bandwidth.callee(BOB).answers(after=5)
    call = bandwidth.call()
    call.wait(2)
    call.hang_up()
    assert [ended["cause"] for ended in all_told(call.exchanges, "transferDisconnect")] == ["cancel"] * 2


def test_caller_is_fetched_away(line: Line) -> None:
    """A call that leaves its Transfer hangs its legs up, and its next document may hold another Transfer."""
    call = line(
        Transfer(leg(ANN), transfer_complete_url="told"),
        next=[Transfer(leg(BOB)), SpeakSentence("Over.")],
    ).call()
    call.redirect("next")
    ann, bob = call.legs
    assert (ann.state, bob.state) == ("disconnected", "answered")
    call.update(Transfer(leg(EVE)))
    assert [leg_.state for leg_ in call.legs] == ["disconnected", "disconnected", "answered"]
    assert events(call.exchanges) == ["initiate", "redirect", "transferDisconnect", "transferDisconnect"]


# -- Forward -------------------------------------------------------------------------------------------------


def test_forwarded_call_is_out_of_control(line: Line) -> None:
    """The caller talks to the callee, later verbs never run, and REST requests raise errors."""
    call = line(Ring(answer_call=False), Forward(to=ANN), SpeakSentence("Never.")).call()
    call.wait(5)
    (ann,) = call.legs
    ann.speak("Hello?")
    assert call.heard == ["Hello?"]
    assert ann.var_from == APPLICATION
    for one in (call, ann):
        for change in (partial(one.redirect, "told"), partial(one.update, Hangup()), one.complete):
            with pytest.raises(SimulationError, match="was forwarded"):
                change()


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_either_end_of_a_forward_ends_the_call(line: Line, who: str) -> None:
    """When either of the two hangs up, one disconnect is sent."""
    bandwidth = line(Forward(to=DESK, from_="Private"))
    bandwidth.callee(DESK).answers(after=2)
    call = bandwidth.call()
    call.wait(5)
    (desk,) = call.legs
    assert desk.var_from == "Private"
    (call if who == "caller" else desk).hang_up()
    assert (call.cause, desk.cause) == ("hangup", "hangup")
    assert timed(call) == [("initiate", 0), ("disconnect", 5)]
    assert told(call.exchanges, "disconnect")["answerTime"] == "2026-01-05T15:00:02.000Z"


@pytest.mark.parametrize(
    ("cause", "attributes", "seconds"),
    [("busy", {}, 0), ("rejected", {}, 0), ("timeout", {}, 30), ("timeout", {"call_timeout": 7}, 7)],
)
def test_forward_that_is_not_answered(
    line: Line, cause: str, attributes: dict[str, Any], seconds: float
) -> None:
    """The cause of the leg's end is the cause of the call's end."""
    bandwidth = line(Forward(to=ANN, **attributes))
    behave(bandwidth, ANN, cause)
    call = bandwidth.call()
    call.wait(seconds)
    disconnect = told(call.exchanges, "disconnect")
    assert disconnect["cause"] == cause
    assert "answerTime" not in disconnect
    assert timed(call)[-1] == ("disconnect", seconds)


def test_caller_gives_up_while_it_is_forwarded(line: Line) -> None:
    """A caller who hangs up during a Forward cancels the leg."""
    bandwidth = line(Forward(to=ANN))
    bandwidth.callee(ANN).does_not_answer()
    call = bandwidth.call()
    call.hang_up()
    assert (call.cause, call.legs[0].cause) == ("cancel", "cancel")


def test_answered_call_cannot_be_forwarded(line: Line) -> None:
    """Forward after a verb that answers is an error, and disconnect has it."""
    bandwidth = line(SpeakSentence("One moment."), Forward(to=ANN))
    with pytest.raises(LostCall, match="application-error: Forward is for inbound calls"):
        bandwidth.call()
    (call,) = bandwidth.calls
    disconnect = told(call.exchanges, "disconnect")
    assert disconnect["cause"] == "application-error"
    assert "not answered yet" in disconnect["errorMessage"]
    assert call.legs == []


# -- Refer ---------------------------------------------------------------------------------------------------


def test_referred_call_is_gone(line: Line) -> None:
    """After a success the reply to referComplete is ignored, and later verbs do not run."""
    call = line(
        Refer(SipUri(DESK), refer_complete_url="referred", tag="referred"),
        SpeakSentence("Never."),
        referred=SpeakSentence("Never."),
    ).call(var_from="sip:caller@example.com")
    assert call.heard == []
    assert call.cause == "hangup"
    refer = told(call.exchanges, "referComplete")
    assert (refer["referCallStatus"], refer["tag"]) == ("success", "referred")
    assert (refer["referSipResponseCode"], refer["notifySipResponseCode"]) == (202, 200)


@pytest.mark.parametrize(("cause", "status"), [("busy", 486), ("rejected", 603), ("timeout", 408)])
def test_failed_refer_goes_on_with_its_document(line: Line, cause: str, status: int) -> None:
    """After a failure the call stays; the event has the status of the other side."""
    bandwidth = line(
        Refer(SipUri(DESK), refer_complete_url="referred"),
        SpeakSentence("Never."),
        referred=SpeakSentence("Nobody there."),
    )
    behave(bandwidth, DESK, cause)
    call = bandwidth.call(var_from="sip:caller@example.com")
    assert call.heard == ["Nobody there."]
    refer = told(call.exchanges, "referComplete")
    assert refer["referCallStatus"] == "failure"
    assert (refer["referSipResponseCode"], refer["notifySipResponseCode"]) == (202, status)


def test_failed_refer_without_a_url_goes_on_with_the_next_verb(line: Line) -> None:
    """Without a URL no event is sent, neither for a failure nor for a success."""
    bandwidth = line(Refer(SipUri(DESK)), SpeakSentence("On we go."))
    assert bandwidth.call().heard == []
    bandwidth.callee(DESK).is_busy()
    call = bandwidth.call()
    assert call.heard == ["On we go."]
    assert events(call.exchanges) == ["initiate", "disconnect"]


# -- Connect -------------------------------------------------------------------------------------------------


def test_endpoint_stays_connected(line: Line) -> None:
    """A call stays connected to an endpoint until it ends or is redirected."""
    bandwidth = line(
        Connect(Endpoint("e-1"), event_callback_url="told"),
        SpeakSentence("Never."),
        back=SpeakSentence("Back again."),
    )
    call = bandwidth.call()
    call.wait(3600)
    assert call.state == "answered"
    call.redirect("back")
    assert call.heard == ["Back again."]
