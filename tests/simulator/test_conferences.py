"""Conferences: members, who hears whom, events, and what the replies do."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Response

from flask_bandwidth_callbacks import InvalidBXML
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Hangup,
    Pause,
    PauseRecording,
    PlayAudio,
    ResumeRecording,
    SpeakSentence,
    StartRecording,
    StopRecording,
    Tag,
    Verb,
)
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth, SimulationError
from tests.simulator.callbacks import all_told, events, timed, told
from tests.simulator.conftest import Line

ROOM = Conference("room", conference_event_url="told")


def meet(line: Line, *members: dict[str, Any], **documents: Any) -> tuple[SimulatedBandwidth, list[Call]]:
    """Return calls that join a conference one after the other."""

    def enter(event: Any) -> list[Verb]:
        attributes = members[len(bandwidth.calls) - 1]
        return [Conference("room", **attributes), SpeakSentence("You are out.")]

    bandwidth = line(enter, **documents)
    return bandwidth, [bandwidth.call() for _ in members]


# -- What it tells -------------------------------------------------------------------------------------------


def test_life_of_a_conference(line: Line) -> None:
    """The creator joins first, each member leaves before its call ends, and the last completes it."""
    bandwidth = line(ROOM)
    first, second = bandwidth.call(), bandwidth.call(var_from="+13035550199")
    conference = bandwidth.conference("room")
    first.wait(5)
    first.hang_up()
    second.hang_up()
    assert events(conference.exchanges) == [
        *("conferenceCreated", "conferenceMemberJoin", "conferenceMemberJoin"),
        *("conferenceMemberExit", "conferenceMemberExit", "conferenceCompleted"),
    ]
    assert timed(second) == [
        *(("initiate", 0), ("conferenceMemberJoin", 0)),
        *(("conferenceMemberExit", 5), ("conferenceCompleted", 5), ("disconnect", 5)),
    ]
    for event in ("conferenceMemberJoin", "conferenceMemberExit"):
        assert [(one["callId"], one["from"], one["to"]) for one in all_told(conference.exchanges, event)] == [
            (first.call_id, "+13035550123", "+13035550100"),
            (second.call_id, "+13035550199", "+13035550100"),
        ]
    for exchange in conference.exchanges:
        assert exchange.payload["conferenceId"] == conference.conference_id
        assert exchange.payload["name"] == "room"


def test_conversations_of_a_conference(line: Line) -> None:
    """The conversation of a member shows the conference's callbacks; the creator's shows later ones, too."""
    recorded = [StartRecording(recording_available_url="told")]
    bandwidth = line(ROOM, recorded=lambda event: recorded)
    first, second = bandwidth.call(), bandwidth.call(var_from="+13035550199")
    conference = bandwidth.conference("room")
    conference.redirect("recorded")
    conference.redirect("/nowhere")
    first.hang_up()
    second.hang_up()
    joined, left = "conferenceMemberJoin", "conferenceMemberExit"
    asked = ["conferenceRedirect", "conferenceRedirect"]
    ended = ["conferenceCompleted", "conferenceRecordingAvailable"]
    assert shown(first) == ["conferenceCreated", joined, joined, *asked, left, left, *ended]
    assert shown(second) == [joined, *asked, left, left, ended[0]]
    for call in (first, second):
        assert "conferenceRedirect  POST https://localhost/nowhere  FAILED: status 404" in str(call)
        assert "conferenceRedirect" not in events(call.exchanges)


def shown(call: Call) -> list[str]:
    """Return the types of the conference events in a conversation."""
    found = [line.exchange.event for line in call.lines if line.exchange is not None]
    return [event for event in found if event.startswith("conference")]


def test_same_name_comes_to_life_again(line: Line) -> None:
    """A name that is used again gives a conference with another id."""
    bandwidth = line(ROOM)
    bandwidth.call().hang_up()
    bandwidth.call().hang_up()
    first, second = all_told(bandwidth.exchanges, "conferenceCreated")
    assert first["conferenceId"] != second["conferenceId"]


def test_creating_call_says_where_and_with_what_tag(line: Line) -> None:
    """The URL and the tag of a later member do not change the events, but its call has that tag."""
    bandwidth, (first, second) = meet(
        line,
        {"conference_event_url": "told", "conference_event_method": "GET", "tag": "first"},
        {"conference_event_url": "later", "tag": "second"},
        later=None,
    )
    first.hang_up()
    second.hang_up()
    seen = [exchange for exchange in bandwidth.exchanges if exchange.event.startswith("conference")]
    assert len(seen) == 6
    assert {(one.url, one.method, one.payload["tag"]) for one in seen} == {
        ("https://localhost/phone/told", "GET", "first")
    }
    assert [one["tag"] for one in all_told(bandwidth.exchanges, "disconnect")] == ["first", "second"]


def test_conference_without_a_url_tells_nothing(line: Line) -> None:
    """Without a URL no events are sent."""
    bandwidth = line(Tag("x"), Conference("room", callback_timeout=2))
    call = bandwidth.call()
    call.hang_up()
    assert events(bandwidth.exchanges) == ["initiate", "disconnect"]


def test_failing_event_stops_no_call(line: Line) -> None:
    """A conference goes on when the application fails."""

    def fail(event: Any) -> Verb:
        raise RuntimeError

    bandwidth = line(Conference("room", conference_event_url="fail"), fail=fail)
    bandwidth.raise_errors = False
    call = bandwidth.call()
    call.wait(60)
    assert call.cause is None
    assert [exchange.status for exchange in bandwidth.conference("room").exchanges] == [500, 500]


@pytest.mark.parametrize(
    ("attributes", "dialed", "failures"), [({"callback_timeout": 2}, 15, 2), ({}, 2, 2), ({}, 15, 0)]
)
def test_timeout_of_its_events(
    line: Line, monkeypatch: pytest.MonkeyPatch, attributes: Any, dialed: float, failures: int
) -> None:
    """The timeout is the verb's callbackTimeout, else that of the call that creates the conference."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)

    def dawdle(event: Any) -> None:
        nonlocal now
        now += 3

    bandwidth = line(dawdle=dawdle, answer=Conference("room", conference_event_url="dawdle", **attributes))
    bandwidth.dial("+13035550141", "answer", callback_timeout=dialed)
    exchanges = bandwidth.conference("room").exchanges
    assert len([exchange for exchange in exchanges if exchange.failure == "no reply within 2 s"]) == failures


# -- What its answers do -------------------------------------------------------------------------------------


def test_answer_is_heard_by_all(line: Line) -> None:
    """The reply to an event is played to all who are members at that time."""

    def welcome(event: Any) -> Verb | None:
        return SpeakSentence("Somebody came.") if event.event_type == "conferenceMemberJoin" else None

    _, (first, second) = meet(line, {"conference_event_url": "welcome"}, {}, welcome=welcome)
    assert first.heard == ["Somebody came.", "Somebody came."]
    assert second.heard == ["Somebody came."]


def test_answers_queue(line: Line) -> None:
    """Documents run one after the other; relative URLs in them start from where they came."""
    answers = {
        "conferenceCreated": [PlayAudio("created.wav"), SpeakSentence("Welcome.")],
        "conferenceMemberJoin": PlayAudio("/joined.wav"),
    }
    bandwidth = line(
        Conference("room", conference_event_url="event"), event=lambda event: answers.get(event.event_type)
    )
    call = bandwidth.call()
    assert call.heard == [
        "https://localhost/phone/created.wav",
        "Welcome.",
        "https://localhost/joined.wav",
    ]
    assert (bandwidth.now - call.start_time).total_seconds() == pytest.approx(20 + 8 / 15, abs=0.001)


def test_reply_with_another_verb_is_rejected_as_a_whole(line: Line) -> None:
    """A reply with a misplaced verb does not run at all."""
    document = "<Response><SpeakSentence>Hello.</SpeakSentence><Pause/></Response>"
    bandwidth = line(
        Conference("room", conference_event_url="event"),
        # Another status than 200 is not looked at before it is sent.
        event=lambda event: Response(document, status=202, mimetype="application/xml"),
    )
    call = bandwidth.call()
    assert call.heard == []
    assert call.cause is None
    assert "Pause cannot stand" in (bandwidth.conference("room").exchanges[0].failure or "")


def test_conference_can_be_told_to_play_from_outside(line: Line) -> None:
    """A redirect requests a document with an event, an update brings one without."""
    bandwidth = line(ROOM, announce=SpeakSentence("Five minutes."))
    call = bandwidth.call()
    conference = bandwidth.conference("room")
    conference.redirect("announce")
    conference.update(SpeakSentence("Four minutes."))
    assert call.heard == ["Five minutes.", "Four minutes."]
    assert events(conference.exchanges)[2:] == ["conferenceRedirect"]
    assert "callId" not in told(conference.exchanges, "conferenceRedirect")
    with pytest.raises(InvalidBXML, match="Hangup cannot stand"):
        conference.update(Hangup())


def test_redirect_has_a_method_and_a_fallback(line: Line) -> None:
    """The arguments of redirect are those of updateConference."""

    def fail(event: Any) -> Verb:
        raise RuntimeError

    bandwidth = line(ROOM, fail=fail, rescue=SpeakSentence("Rescued."))
    bandwidth.raise_errors = False
    call = bandwidth.call()
    bandwidth.conference("room").redirect("fail", "GET", fallback_url="rescue", fallback_method="GET")
    assert call.heard == ["Rescued."]
    seen = bandwidth.conference("room").exchanges[2:]
    assert [(exchange.method, exchange.url[-6:]) for exchange in seen] == [
        ("GET", "e/fail"),
        ("GET", "rescue"),
    ]


# -- How it ends ---------------------------------------------------------------------------------------------


def test_completed_conference_releases_its_members(line: Line) -> None:
    """The members of a completed conference go on with the verb after Conference."""
    bandwidth, calls = meet(line, {"conference_event_url": "told"}, {})
    conference = bandwidth.conference("room")
    conference.complete()
    assert [call.heard for call in calls] == [["You are out."]] * 2
    assert events(conference.exchanges)[-1] == "conferenceCompleted"
    for change in (conference.complete, partial(conference.redirect, "told"), partial(conference.update, [])):
        with pytest.raises(SimulationError, match="has ended"):
            change()


def test_conference_lasts_a_day_at_most(line: Line) -> None:
    """After 24 hours a conference ends like one that is completed."""
    call = line(ROOM, SpeakSentence("You are out.")).call()
    call.wait(24 * 60 * 60 - 1)
    assert call.heard == []
    call.wait(1)
    assert call.heard == ["You are out."]


def test_conference_that_is_over_leaves_nothing_behind(line: Line) -> None:
    """After the last call, time runs neither to the end of a day nor to the end of an unheard reply."""
    bandwidth = line(Conference("room", conference_event_url="music"), music=PlayAudio("/music.wav"))
    call = bandwidth.call()
    call.hang_up()
    assert bandwidth.now == call.end_time
    assert bandwidth.conferences == {}


def test_member_is_fetched_out(line: Line) -> None:
    """A call that is changed over REST leaves the conference and runs its new document."""
    bandwidth, (first, second) = meet(line, {"conference_event_url": "told"}, {}, out=Pause(duration=60))
    first.redirect("out")
    second.speak("Anybody there?")
    assert first.heard == []
    assert told(bandwidth.conference("room").exchanges, "conferenceMemberExit")["callId"] == first.call_id
    second.update(Hangup())
    assert told(bandwidth.exchanges, "conferenceCompleted")


def test_twenty_first_member_is_not_let_in(line: Line) -> None:
    """A member that cannot join goes on with the verb after Conference."""
    _, calls = meet(line, *[{} for _ in range(21)])
    assert [call.heard for call in calls] == [[]] * 20 + [["You are out."]]


# -- Who hears whom ------------------------------------------------------------------------------------------


def hearing(calls: list[Call]) -> list[str]:
    """Make each call say its own letter; return what each has heard from the others."""
    for call in calls:
        call.heard.clear()
    for call, letter in zip(calls, "ABC", strict=True):
        call.speak(letter)
    return ["".join(call.heard) for call in calls]


@pytest.mark.parametrize(
    ("attributes", "heard"),
    [
        ({}, ["BC", "AC", "AB"]),
        ({"mute": True}, ["BC", "C", "B"]),
        ({"hold": True}, ["", "C", "B"]),
        ({"mute": True, "hold": True}, ["", "C", "B"]),
    ],
)
def test_mute_and_hold(line: Line, attributes: dict[str, Any], heard: list[str]) -> None:
    """A muted member only listens; a member on hold does not even listen."""
    _, calls = meet(line, attributes, {}, {})
    assert hearing(calls) == heard


def test_coach_is_heard_by_some(line: Line) -> None:
    """A coach hears all members and is heard only by the listed calls, which may join later."""

    def enter(event: Any) -> Verb:
        if len(bandwidth.calls) < 3:
            return Conference("room")
        return Conference("room", call_ids_to_coach=f"{bandwidth.calls[0].call_id}, c-x")

    bandwidth = line(enter)
    assert hearing([bandwidth.call() for _ in range(3)]) == ["BC", "A", "AB"]


def test_member_is_changed_from_outside(line: Line) -> None:
    """change_member leaves what is not given as it is."""
    bandwidth, calls = meet(line, {}, {"mute": True}, {})
    conference = bandwidth.conference("room")
    assert hearing(calls) == ["C", "AC", "A"]
    conference.change_member(calls[0], hold=True)
    assert hearing(calls) == ["", "C", ""]
    conference.change_member(calls[0], hold=False, call_ids_to_coach=calls[1].call_id)
    conference.change_member(calls[1], mute=False)
    assert hearing(calls) == ["BC", "AC", "B"]
    calls[0].hang_up()
    with pytest.raises(SimulationError, match="not in conference 'room'"):
        conference.change_member(calls[0], mute=True)


def test_who_is_on_hold_hears_no_announcement(line: Line) -> None:
    """A muted member hears an announcement."""
    bandwidth, (held, muted) = meet(line, {"hold": True}, {"mute": True})
    bandwidth.conference("room").update(SpeakSentence("Five minutes."))
    assert (held.heard, muted.heard) == ([], ["Five minutes."])


def test_unknown_conference(line: Line) -> None:
    """The error about a missing conference lists the existing ones."""
    bandwidth = line(ROOM)
    with pytest.raises(SimulationError, match="Conference 'hall' does not exist now; these do: none"):
        bandwidth.conference("hall")
    bandwidth.call()
    with pytest.raises(SimulationError, match="these do: 'room'"):
        bandwidth.conference("hall")
    assert repr(bandwidth.conference("room")).startswith("<Conference room conf-")


# -- Recording it --------------------------------------------------------------------------------------------

START = StartRecording(
    recording_available_url="told",
    file_format="mp3",
    tag="ignored",
    multi_channel=True,
    transcribe=True,
    transcription_available_url="told",
)


def recorded(line: Line, *members: dict[str, Any]) -> tuple[SimulatedBandwidth, list[Call]]:
    """Return calls in a conference that is recorded from its creation."""

    def event(event: Any) -> Verb | None:
        return START if event.event_type == "conferenceCreated" else None

    first, *others = members or ({},)
    return meet(line, {"conference_event_url": "event", **first}, *others, event=event)


def test_conference_is_recorded_until_it_ends(line: Line) -> None:
    """Tag, channels and transcription have no effect there; the event is the conference's own."""
    bandwidth, (call,) = recorded(line)
    conference = bandwidth.conference("room")
    call.speak("Hello.", seconds=3)
    call.hang_up()
    (recording,) = conference.recordings
    assert events(conference.exchanges)[-2:] == ["conferenceCompleted", "conferenceRecordingAvailable"]
    available = told(conference.exchanges, "conferenceRecordingAvailable")
    rest = f"https://voice.bandwidth.com/api/v2/accounts/9900000/conferences/{conference.conference_id}"
    expected = {
        "recordingId": recording.recording_id,
        "mediaUrl": f"{rest}/recordings/{recording.recording_id}/media",
        "channels": 1,
        "duration": "PT3.000S",
        "fileFormat": "mp3",
        "status": "complete",
    }
    assert available.items() >= expected.items()
    assert "tag" not in available
    assert "transcriptionAvailable" not in events(bandwidth.exchanges)


def test_recording_without_a_url_tells_nothing(line: Line) -> None:
    """A recording without a URL is made all the same."""
    bandwidth = line(ROOM)
    call = bandwidth.call()
    conference = bandwidth.conference("room")
    conference.update(StartRecording())
    call.hang_up()
    assert conference.recordings[0].is_available
    assert "conferenceRecordingAvailable" not in events(bandwidth.exchanges)


def test_who_may_not_speak_is_not_in_the_recording(line: Line) -> None:
    """Played audio is recorded, muted and held members are not."""
    bandwidth, calls = recorded(line, {}, {"mute": True}, {"hold": True})
    for call, words in zip(calls, ("One.", "Two.", "Three."), strict=True):
        call.speak(words)
    bandwidth.conference("room").update(PlayAudio("/jingle.wav"))
    assert bandwidth.conference("room").recordings[0].words == ["One.", "https://localhost/jingle.wav"]


def test_recording_of_a_conference_is_controlled(line: Line) -> None:
    """The verbs for recordings work in a conference; unknown verbs do nothing."""
    bandwidth, (call,) = recorded(line)
    conference = bandwidth.conference("room")
    steps: list[Any] = [
        *(PauseRecording(), ResumeRecording(), "<Response><Dance/></Response>"),
        *(START, StopRecording(), StopRecording()),
    ]
    for number, step in enumerate(steps):
        conference.update(step)
        call.speak(str(number), seconds=1)
    call.wait(5)
    (recording,) = conference.recordings
    assert recording.words == ["1", "2", "3"]
    assert told(conference.exchanges, "conferenceRecordingAvailable")["duration"] == "PT3.000S"


def test_call_in_a_conference_is_recorded_on_its_own(line: Line) -> None:
    """A StartRecording before Conference records the call, with what the call hears."""

    def enter(event: Any) -> list[Verb]:
        return [*([StartRecording()] if len(bandwidth.calls) == 1 else []), ROOM]

    bandwidth = line(enter)
    first, second = bandwidth.call(), bandwidth.call()
    second.speak("Hello.")
    first.speak("Hello you.")
    assert first.recordings[0].words == ["Hello.", "Hello you."]
    assert bandwidth.conference("room").recordings == []
