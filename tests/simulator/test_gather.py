"""All endings of a Gather, and StartGather beside other verbs."""

from __future__ import annotations

from typing import Any

import pytest

from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Connect,
    Endpoint,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    PlayAudio,
    Record,
    SpeakSentence,
    StartGather,
    StopGather,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator import Call
from tests.simulator.callbacks import all_told, events, timed, told
from tests.simulator.conftest import Line

ANN = "+13035550141"
TEN_SECONDS = PlayAudio("menu.wav")


def collected(call: Call) -> tuple[str, str]:
    """Return the keys in the gather event, and the one that ended the Gather."""
    gather = told(call.exchanges, "gather")
    return gather["digits"], gather["terminatingDigit"]


# -- What ends a Gather --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "keys", "digits", "terminating"),
    [
        ({"terminating_digits": "#"}, "12#", "12", "#"),
        ({"terminating_digits": "*#"}, "1*", "1", "*"),
        ({"terminating_digits": "#"}, "#", "", "#"),
        ({"terminating_digits": "abcd"}, "1C", "1", "C"),
        ({"max_digits": 3}, "1#3", "1#3", ""),
        ({"max_digits": 2, "terminating_digits": "#"}, "1#", "1", "#"),
        ({"max_digits": 2, "terminating_digits": "#"}, "123", "12", ""),
        ({}, "0123456789" * 6, "0123456789" * 5, ""),
    ],
)
def test_key_ends_it(
    line: Line, attributes: dict[str, Any], keys: str, digits: str, terminating: str
) -> None:
    """A terminating key, which is reported apart, or the last of maxDigits ends a Gather."""
    call = line(Gather(gather_url="gathered", **attributes), gathered=Pause()).call()
    call.press(keys)
    assert collected(call) == (digits, terminating)


@pytest.mark.parametrize(
    ("gather", "heard", "seconds"),
    [
        (Gather(TEN_SECONDS, gather_url="gathered"), 1, 15),
        (Gather(TEN_SECONDS, TEN_SECONDS, gather_url="gathered"), 2, 25),
        (Gather(TEN_SECONDS, gather_url="gathered", first_digit_timeout=2.5), 1, 12.5),
        (Gather(TEN_SECONDS, gather_url="gathered", first_digit_timeout=0), 1, 10),
        (Gather(TEN_SECONDS, gather_url="gathered", repeat_count=3), 3, 45),
        (Gather(gather_url="gathered"), 0, 5),
        (Gather(gather_url="gathered", repeat_count=2), 0, 10),
    ],
)
def test_silence_ends_it(line: Line, gather: Gather, heard: int, seconds: float) -> None:
    """The caller has firstDigitTimeout after the sound, which is heard repeatCount times."""
    call = line(gather, gathered=Hangup()).call()
    call.wait(60)
    assert call.heard == ["https://localhost/phone/menu.wav"] * heard
    assert collected(call) == ("", "")
    assert timed(call) == [("initiate", 0), ("gather", seconds), ("disconnect", seconds)]


def test_no_further_key_ends_it(line: Line) -> None:
    """From the first key on there is interDigitTimeout for each of the others."""
    call = line(Gather(TEN_SECONDS, gather_url="gathered", inter_digit_timeout=3), gathered=Hangup()).call()
    call.wait(4)
    for key in "123":
        call.press(key)
        call.wait(2.9)
    call.wait(0.1)
    assert collected(call) == ("123", "")
    assert timed(call)[1] == ("gather", 10 + 4 + 3 * (0.1 + 2.9) + 0.1)


def test_a_key_takes_time(line: Line) -> None:
    """Keys follow each other a tenth of a second apart, so no two callbacks about them are the same."""
    call = line(StartGather(dtmf_url="told"), Pause(duration=60)).call()
    call.press("77")
    call.press("7")
    assert timed(call)[1:] == [("dtmf", 0), ("dtmf", 0.1), ("dtmf", 0.2)]
    payloads = all_told(call.exchanges, "dtmf")
    assert len({payload["eventTime"] for payload in payloads}) == 3


def test_keys_pressed_in_a_handler_take_time(line: Line) -> None:
    """Keys that a handler presses follow each other, too, once its callback is answered."""

    def press(event: Any) -> Verb:
        bandwidth.calls[0].press("12")
        return Hangup()

    bandwidth = line(StartGather(dtmf_url="told"), Pause(duration=60), second=press)
    call = bandwidth.call()
    bandwidth.dial(ANN, "second")
    assert [(told["digit"]) for told in all_told(call.exchanges, "dtmf")] == ["1", "2"]
    assert timed(call)[1:] == [("dtmf", 0), ("dtmf", 0.1)]


def test_keys_wait_for_what_the_one_before_leads_to(line: Line) -> None:
    """Of keys for several menus, each is pressed when the sentences before its menu are over."""
    menu = Gather(gather_url="more", max_digits=1)
    call = line(menu, more=[SpeakSentence("One moment."), menu]).call()
    call.press("123")
    assert [told["digits"] for told in all_told(call.exchanges, "gather")] == ["1", "2", "3"]


def test_five_seconds_for_the_next_key(line: Line) -> None:
    """interDigitTimeout defaults to 5 seconds."""
    call = line(Gather(gather_url="gathered"), gathered=Hangup()).call()
    call.press("1")
    call.wait(4.9)
    assert events(call.exchanges) == ["initiate"]
    call.wait(0.1)
    assert collected(call) == ("1", "")


def test_key_stops_the_sound(line: Line) -> None:
    """The first key stops the sound."""

    def greet(event: Any) -> Verb:
        bandwidth.dial(ANN, "interrupt")
        return Gather(TEN_SECONDS, SpeakSentence("Never mind."), gather_url="gathered", max_digits=1)

    def interrupt(event: Any) -> Verb:
        bandwidth.calls[0].press("1")
        return Hangup()

    bandwidth = line(greet, interrupt=interrupt, gathered=Hangup())
    bandwidth.callee(ANN).answers(after=3)
    call = bandwidth.call()
    assert call.heard == ["https://localhost/phone/menu.wav"]
    assert timed(call)[1:] == [("gather", 3), ("disconnect", 3)]


def test_key_ends_the_repetitions(line: Line) -> None:
    """After a key the sound is not repeated."""
    gather = Gather(TEN_SECONDS, gather_url="gathered", repeat_count=3, max_digits=2)
    call = line(gather, gathered=Hangup()).call()
    call.wait(5)
    call.press("1")
    call.wait(60)
    assert len(call.heard) == 2
    assert collected(call) == ("1", "")


def test_hanging_up_ends_it_without_a_word(line: Line) -> None:
    """A caller who hangs up causes no gather event, whatever was pressed."""
    call = line(Gather(gather_url="gathered"), gathered=None).call()
    call.press("12")
    call.hang_up()
    assert events(call.exchanges) == ["initiate", "disconnect"]


# -- What comes after a Gather -------------------------------------------------------------------------------


def test_verbs_after_a_gather_with_a_url_do_not_run(line: Line) -> None:
    """The call goes on with the document in the reply to gather."""
    gather = Gather(gather_url="gathered", max_digits=1)
    call = line(gather, SpeakSentence("Never."), gathered=SpeakSentence("Thank you.")).call()
    call.press("1")
    assert call.heard == ["Thank you."]


@pytest.mark.parametrize("keys", ["", "1"])
def test_verbs_after_a_gather_without_a_url_run(line: Line, keys: str) -> None:
    """Without gatherUrl the keys are lost, and the next verb runs."""
    call = line(Gather(max_digits=1), SpeakSentence("Anyway."), Hangup()).call()
    if keys:
        call.press(keys)
    else:
        call.wait(5)
    assert call.heard == ["Anyway."]
    assert events(call.exchanges) == ["initiate", "disconnect"]


def test_unwanted_keys_are_lost(line: Line) -> None:
    """A key before or after a Gather is not part of it."""
    call = line(Pause(duration=5), Gather(gather_url="gathered", max_digits=1), gathered=Pause()).call()
    call.press("7")
    call.wait(5)
    call.press("12")
    assert collected(call) == ("1", "")


# -- Speech --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["speech", "dtmf_speech"])
def test_speech_ends_it_after_a_silence(line: Line, what: Any) -> None:
    """Speech gives partialgather events, and speechTimeout after the last word the Gather is over."""
    gather = Gather(TEN_SECONDS, gather_url="gathered", input=what, partial_result_callback="told")
    call = line(gather, gathered=Hangup()).call()
    call.speak("Sales", seconds=1)
    call.wait(2)
    call.speak("please", seconds=3)
    call.wait(5)
    assert timed(call)[1:-1] == [("partialgather", 10), ("partialgather", 13), ("gather", 21)]
    assert collected(call) == ("", "")
    assert told(call.exchanges, "gather")["text"] == "Sales please"


def test_the_handler_reads_what_was_said(line: Line) -> None:
    """The event of a Gather carries the words that the caller said, and no words after keys."""
    heard: list[Any] = []

    def listen(event: Any) -> Verb:
        heard.append((event.text, event.digits))
        return Gather(gather_url="more", input="dtmf_speech", max_digits=1)

    start = Gather(gather_url="more", input="speech")
    call = line(start, more=listen).call()
    call.speak("The blue bicycle, please.")
    call.wait(6)
    call.press("4")
    assert heard == [("The blue bicycle, please.", ""), (None, "4")]


def test_speech_has_its_own_timeout(line: Line) -> None:
    """speechTimeout counts from the end of what was said, with or without partialgather events."""
    call = line(Gather(gather_url="gathered", input="speech", speech_timeout=2), gathered=Hangup()).call()
    call.speak("Sales", seconds=4)
    call.wait(2)
    assert timed(call)[1] == ("gather", 6)


@pytest.mark.parametrize(("what", "digits"), [("speech", ""), ("dtmf_speech", "1"), ("dtmf", "1")])
def test_keys_where_speech_is_wanted(line: Line, what: Any, digits: str) -> None:
    """Keys count unless only speech is gathered; speech counts only if it is gathered."""
    call = line(Gather(gather_url="gathered", input=what, max_digits=1), gathered=Hangup()).call()
    call.press("1")
    call.wait(5)
    assert collected(call) == (digits, "")


# -- StartGather ---------------------------------------------------------------------------------------------


def test_every_key_is_told(line: Line) -> None:
    """One dtmf event per key, from StartGather until StopGather."""
    bandwidth = line(
        Pause(), StartGather(dtmf_url="told", tag="keys"), Pause(duration=5), StopGather(), Pause(duration=5)
    )
    call = bandwidth.call()
    call.press("1")
    call.wait(1)
    call.press("2#")
    call.wait(5)
    call.press("3")
    assert [dtmf["digit"] for dtmf in all_told(call.exchanges, "dtmf")] == ["2", "#"]
    assert {dtmf["tag"] for dtmf in all_told(call.exchanges, "dtmf")} == {"keys"}


def test_key_of_a_gather_is_no_dtmf_event(line: Line) -> None:
    """While a Gather runs, StartGather sends no events; afterwards it does again."""
    call = line(
        StartGather(dtmf_url="told"), Gather(gather_url="gathered", max_digits=1), gathered=Pause(duration=5)
    ).call()
    call.press("12")
    assert told(call.exchanges, "dtmf")["digit"] == "2"
    assert events(call.exchanges) == ["initiate", "gather", "dtmf"]


def test_latest_start_gather_counts(line: Line) -> None:
    """A second StartGather replaces the first."""
    call = line(StartGather(dtmf_url="first"), StartGather(dtmf_url="told"), Pause(), first=None).call()
    call.press("1")
    assert call.exchanges[-1].url == "https://localhost/phone/told"


@pytest.mark.parametrize(
    "verb",
    [
        Pause(duration=60),
        Record(),
        Conference("room"),
        Transfer(PhoneNumber(ANN)),
        Connect(Endpoint("e-1")),
    ],
    ids=lambda verb: type(verb).__name__,
)
def test_keys_are_reported_whatever_the_call_does(line: Line, verb: Verb) -> None:
    """StartGather works beside every verb that takes time."""
    call = line(StartGather(dtmf_url="told"), verb).call()
    call.press("12")
    assert events(call.exchanges) == ["initiate", "dtmf", "dtmf"]


def test_keys_are_told_on_both_sides_of_a_bridge(line: Line) -> None:
    """Each call has its own StartGather; a dtmf event is about the call on which the key was pressed."""

    def greet(event: Any) -> list[Verb]:
        others = [call.call_id for call in bandwidth.calls if call.call_id != event.call_id]
        return [StartGather(dtmf_url="told"), Bridge(others[0]) if others else Pause(duration=60)]

    bandwidth = line(greet)
    target, call = bandwidth.call(), bandwidth.call()
    call.press("1")
    target.press("2")
    for one, digit in ((call, "1"), (target, "2")):
        dtmf = told(one.exchanges, "dtmf")
        assert (dtmf["callId"], dtmf["digit"]) == (one.call_id, digit)
