"""Record and StartRecording: what ends them, what they contain, and their events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_bandwidth_callbacks.bxml import (
    Hangup,
    Pause,
    PauseRecording,
    PhoneNumber,
    Record,
    ResumeRecording,
    SpeakSentence,
    StartRecording,
    StopRecording,
    Transfer,
    Verb,
)
from tests.simulator.callbacks import events, timed, told
from tests.simulator.conftest import Line

ANN = "+13035550141"

# -- What ends a Record --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "keys"),
    [({}, "#"), ({}, "12#"), ({"terminating_digits": "*1"}, "#1"), ({"terminating_digits": "abcd"}, "D")],
)
def test_key_ends_it(line: Line, attributes: dict[str, Any], keys: str) -> None:
    """A terminating key, which defaults to #, ends a Record; other keys do not."""
    call = line(Record(record_complete_url="recorded", **attributes), recorded=Pause()).call()
    call.wait(7)
    for key in keys:
        assert events(call.exchanges) == ["initiate"]
        call.press(key)
    assert timed(call)[1] == ("recordComplete", 7 + 0.1 * (len(keys) - 1))


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ({}, 60),
        ({"max_duration": 12}, 12),
        ({"max_duration": 0}, 0),
        ({"silence_timeout": 4}, 4),
        ({"silence_timeout": 0}, 60),
    ],
)
def test_time_ends_it(line: Line, attributes: dict[str, Any], seconds: float) -> None:
    """A Record ends after maxDuration, which defaults to a minute, or after silenceTimeout."""
    call = line(Record(record_complete_url="recorded", **attributes), recorded=Hangup()).call()
    call.wait(100)
    assert timed(call)[1] == ("recordComplete", seconds)


def test_no_key_ends_it_where_none_shall(line: Line) -> None:
    """With empty terminatingDigits # does not end a Record."""
    call = line(Record(record_complete_url="recorded", terminating_digits=""), recorded=Hangup()).call()
    call.press("#*1")
    call.wait(60)
    assert timed(call)[1] == ("recordComplete", 60)


def test_silence_counts_from_the_last_word(line: Line) -> None:
    """Neither speech nor keys count as silence."""
    call = line(Record(record_complete_url="recorded", silence_timeout=3), recorded=Hangup()).call()
    call.wait(2)
    call.speak("Hello", seconds=5)
    call.wait(2.9)
    call.speak("Goodbye", seconds=2)
    call.wait(1)
    call.press("1")
    call.wait(3)
    assert timed(call)[1] == ("recordComplete", 15.9)
    assert call.recordings[0].words == ["Hello", "Goodbye"]


def test_longest_recording_ends_in_the_midst_of_a_word(line: Line) -> None:
    """maxDuration holds while the caller speaks, too."""
    call = line(Record(record_complete_url="recorded", max_duration=10), recorded=Hangup()).call()
    call.wait(4)
    call.speak("Once upon a time", seconds=60)
    assert timed(call)[1] == ("recordComplete", 10)


def test_hanging_up_ends_it_without_a_word(line: Line) -> None:
    """A caller who hangs up causes no recordComplete; the recording is kept all the same."""
    call = line(Record(record_complete_url="recorded", recording_available_url="told"), recorded=None).call()
    call.speak("Call me back.", seconds=2)
    call.hang_up()
    assert timed(call) == [("initiate", 0), ("disconnect", 2), ("recordingAvailable", 7)]
    assert (call.recordings[0].words, call.recordings[0].is_available) == (["Call me back."], True)


def test_redirect_from_outside_ends_it_without_a_word(line: Line) -> None:
    """A call that is redirected keeps its recording."""
    call = line(
        Record(record_complete_url="recorded", recording_available_url="told"),
        recorded=None,
        fetched=Pause(duration=9),
    ).call()
    call.wait(3)
    call.redirect("fetched")
    call.wait(9)
    assert timed(call)[1:] == [("redirect", 3), ("recordingAvailable", 8), ("disconnect", 12)]


# -- What comes after a Record -------------------------------------------------------------------------------


def test_verbs_after_a_record_run_without_a_url_only(line: Line) -> None:
    """After a Record the document of recordComplete runs, or without a URL the next verb."""
    call = line(Record(record_complete_url="recorded"), SpeakSentence("Never."), recorded=Hangup()).call()
    call.press("#")
    assert call.heard == []
    call = line(Record(), SpeakSentence("Thank you.")).call()
    call.press("#")
    assert call.heard == ["Thank you."]
    assert len(call.recordings) == 1


def test_record_tells_that_it_is_complete_then_available_then_transcribed(line: Line) -> None:
    """The events of a recording come one after the other, with the times of the recording."""
    record = Record(
        record_complete_url="recorded",
        recording_available_url="told",
        transcribe=True,
        transcription_available_url="told",
        file_format="mp3",
        tag="voicemail",
    )
    call = line(Pause(duration=3), record, recorded=Pause(duration=60)).call()
    call.wait(3)
    call.speak("Hello.", seconds=1.5)
    call.press("#")
    call.wait(10)
    assert timed(call)[1:] == [
        ("recordComplete", 4.5),
        ("recordingAvailable", 9.5),
        ("transcriptionAvailable", 14.5),
    ]
    (recording,) = call.recordings
    rest = f"https://voice.bandwidth.com/api/v2/accounts/9900000/calls/{call.call_id}"
    media = f"{rest}/recordings/{recording.recording_id}"
    same = {
        "recordingId": recording.recording_id,
        "callUrl": rest,
        "mediaUrl": f"{media}/media",
        "startTime": "2026-01-05T15:00:03.000Z",
        "endTime": "2026-01-05T15:00:04.500Z",
        "duration": "PT1.500S",
        "fileFormat": "mp3",
        "tag": "voicemail",
    }
    complete = told(call.exchanges, "recordComplete")
    available = told(call.exchanges, "recordingAvailable")
    transcribed = told(call.exchanges, "transcriptionAvailable")
    assert complete.items() >= (same | {"channels": 1, "answerTime": "2026-01-05T15:00:00.000Z"}).items()
    assert available.items() >= (same | {"channels": 1, "status": "complete"}).items()
    assert transcribed.items() >= same.items()
    assert transcribed["transcription"].pop("id").startswith("t-")
    assert transcribed["transcription"] == {
        "url": f"{media}/transcription",
        "status": "available",
        "completedTime": "2026-01-05T15:00:14.500Z",
    }


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (0.5, "file-size-too-small"),
        (0.6, "available"),
        (4 * 60 * 60 - 1, "available"),
        (4 * 60 * 60, "file-size-too-big"),
    ],
)
def test_too_short_and_too_long_recordings_are_not_transcribed(
    line: Line, seconds: float, status: str
) -> None:
    """Recordings of half a second to four hours are transcribed; for others the status says why not."""
    start = StartRecording(transcribe=True, transcription_available_url="told")
    call = line(start, Pause(duration=seconds)).call()
    call.wait(seconds)
    assert told(call.exchanges, "transcriptionAvailable")["transcription"]["status"] == status


def test_transcription_is_made_if_it_is_asked_for(line: Line) -> None:
    """Only transcribe with a URL for it sends transcriptionAvailable."""
    for attributes in ({"transcription_available_url": "told"}, {"transcribe": True}):
        call = line(Record(**attributes)).call()
        call.press("#")
        assert events(call.exchanges) == ["initiate", "disconnect"]


# -- StartRecording ------------------------------------------------------------------------------------------


def test_both_sides_are_recorded_while_other_verbs_run(line: Line) -> None:
    """StartRecording records what is played and said, until StopRecording."""
    call = line(
        SpeakSentence("Not yet."),
        StartRecording(recording_available_url="told", file_format="mp3", multi_channel=True),
        SpeakSentence("Your name, please. "),
        Pause(duration=5),
        StopRecording(),
        SpeakSentence("No longer."),
    ).call()
    call.speak("Ann.", seconds=5)
    (recording,) = call.recordings
    assert recording.words == ["Your name, please.", "Ann."]
    available = told(call.exchanges, "recordingAvailable")
    assert (available["channels"], available["fileFormat"]) == (2, "mp3")
    assert available["duration"] == "PT6.200S"


def test_pause_is_in_neither_the_recording_nor_its_length(line: Line) -> None:
    """What is said between PauseRecording and ResumeRecording is not recorded; both may be repeated."""
    call = line(
        StartRecording(recording_available_url="told", recording_name="interview"),
        Pause(duration=10),
        PauseRecording(),
        PauseRecording(),
        Pause(duration=20),
        ResumeRecording(),
        ResumeRecording(),
        Pause(duration=5),
        StopRecording(),
    ).call()
    call.speak("One.", seconds=10)
    call.speak("Two.", seconds=20)
    call.speak("Three.", seconds=5)
    (recording,) = call.recordings
    assert (recording.words, recording.duration) == (["One.", "Three."], timedelta(seconds=15))
    assert repr(recording) == f"<Recording {recording.recording_id}, 15 s, ['One.', 'Three.']>"
    assert recording.name == "interview"
    available = told(call.exchanges, "recordingAvailable")
    assert available["channels"] == 1
    assert (available["startTime"], available["endTime"], available["duration"]) == (
        "2026-01-05T15:00:00.000Z",
        "2026-01-05T15:00:35.000Z",
        "PT15.000S",
    )


def test_paused_recording_can_be_stopped(line: Line) -> None:
    """StopRecording ends it, paused or not, and what follows is another recording."""
    call = line(
        StartRecording(),
        Pause(duration=2),
        PauseRecording(),
        Pause(duration=2),
        StopRecording(),
        StartRecording(),
        Pause(duration=3),
    ).call()
    call.wait(7)
    assert [recording.duration.total_seconds() for recording in call.recordings] == [2, 3]


def test_second_start_is_ignored(line: Line) -> None:
    """One recording at a time: neither a second one nor its tag."""
    call = line(StartRecording(tag="first"), StartRecording(tag="second"), Pause()).call()
    assert (len(call.recordings), call.tag) == (1, "first")


@pytest.mark.parametrize("verb", [PauseRecording(), ResumeRecording(), StopRecording()])
def test_nothing_to_control(line: Line, verb: Verb) -> None:
    """Without a recording these verbs do nothing."""
    call = line(verb, SpeakSentence("On.")).call()
    assert (call.heard, call.recordings) == (["On."], [])


def test_end_of_the_call_ends_it(line: Line) -> None:
    """The end of a call ends its recording, which sends no recordComplete."""
    call = line(
        StartRecording(recording_available_url="told", transcribe=True, transcription_available_url="told"),
        Pause(duration=4),
    ).call()
    call.wait(4)
    assert timed(call)[1:] == [
        ("disconnect", 4),
        ("recordingAvailable", 9),
        ("transcriptionAvailable", 14),
    ]


def test_conversation_is_recorded(line: Line) -> None:
    """Both parties of a Transfer are in the recording of the call."""
    call = line(StartRecording(), Transfer(PhoneNumber(ANN))).call()
    call.speak("Hello Ann.")
    call.legs[0].speak("Hello.")
    assert call.recordings[0].words == ["Hello Ann.", "Hello."]


def test_what_is_left_to_tell_is_told_at_the_end(line: Line) -> None:
    """After the last call a test need not wait for recordings."""
    bandwidth = line(Record(recording_available_url="told"), Pause())
    first, second = bandwidth.call(), bandwidth.call()
    first.hang_up()
    assert not first.recordings[0].is_available
    second.hang_up()
    assert first.recordings[0].is_available
    assert second.recordings[0].is_available


def test_recording_may_be_lost(line: Line) -> None:
    """A test may set the status of a recording until the event is sent."""
    bandwidth = line(Record(recording_available_url="told"))
    others = bandwidth.call()
    call = bandwidth.call()
    call.hang_up()
    call.recordings[0].status = "error"
    others.hang_up()
    assert told(call.exchanges, "recordingAvailable")["status"] == "error"
    assert told(others.exchanges, "recordingAvailable")["status"] == "complete"
