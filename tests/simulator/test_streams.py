"""Streams and live transcriptions, and their events."""

from __future__ import annotations

from typing import Any

import pytest

from flask_bandwidth_callbacks.bxml import (
    CustomParam,
    Hangup,
    Pause,
    Redirect,
    SpeakSentence,
    StartStream,
    StartTranscription,
    StopStream,
    StopTranscription,
    StreamParam,
)
from flask_bandwidth_callbacks.simulator import Call, EndlessCall
from tests.simulator.callbacks import all_told, events, timed, told
from tests.simulator.conftest import Line

WEBSOCKET = "wss://example.com/audio"


def stream(**attributes: Any) -> StartStream:
    """Return a stream with a URL for its events."""
    return StartStream(destination=WEBSOCKET, stream_event_url="told", **attributes)


def transcription(**attributes: Any) -> StartTranscription:
    """Return a live transcription with a URL for its events."""
    return StartTranscription(transcription_event_url="told", **attributes)


# -- Streams -------------------------------------------------------------------------------------------------


def test_stream_runs_beside_other_verbs_until_it_is_stopped(line: Line) -> None:
    """A stream has events when it starts and, with its length, when it stops; the call does not wait."""
    call = line(
        stream(name="live", tracks="both", mode="bidirectional"),
        StopStream(name="another"),
        Pause(duration=7),
        StopStream(name="live"),
        Pause(duration=9),
    ).call()
    call.wait(16)
    assert timed(call)[1:] == [("mediaStreamStarted", 0), ("mediaStreamStopped", 7), ("disconnect", 16)]
    started, stopped = (all_told(call.exchanges, f"mediaStream{what}")[0] for what in ("Started", "Stopped"))
    assert (
        started["mediaStream"].items()
        >= {
            "name": "live",
            "destination": WEBSOCKET,
            "startTime": "2026-01-05T15:00:00.000Z",
            "tracks": ["inbound", "outbound"],
            "type": "WebSocket",
        }.items()
    )
    assert stopped["mediaStream"] == {**started["mediaStream"], "duration": "PT7.000S"}
    assert stopped["cause"] == "closed"
    assert "errorMessage" not in stopped


def test_end_of_the_call_stops_it(line: Line) -> None:
    """A stream stops before disconnect; as the last verb it has no length."""
    call = line(stream()).call()
    assert timed(call) == [
        *(("initiate", 0), ("mediaStreamStarted", 0), ("mediaStreamStopped", 0), ("disconnect", 0))
    ]


def test_stream_has_a_name_of_its_own(line: Line) -> None:
    """The name of a stream defaults to its id."""
    call = line(stream(), stream()).call()
    first, second = (one["mediaStream"] for one in all_told(call.exchanges, "mediaStreamStarted"))
    assert first["name"] == first["id"] != second["id"] == second["name"]
    assert first["tracks"] == ["inbound"]


def test_name_in_use_is_rejected(line: Line) -> None:
    """The rejection names both streams, and the call goes on; a name that is free again may be used."""
    call = line(
        stream(name="live"),
        stream(name="live"),
        StopStream(name="live"),
        stream(name="live"),
        SpeakSentence("On."),
    ).call()
    rejected = told(call.exchanges, "mediaStreamRejected")
    first, second = (one["mediaStream"] for one in all_told(call.exchanges, "mediaStreamStarted"))
    assert rejected["cause"] == "duplicate"
    assert rejected["originalMediaStream"] == first
    assert rejected["mediaStream"]["id"] not in (first["id"], second["id"])
    assert call.heard == ["On."]


def test_more_than_four_tracks_are_rejected(line: Line) -> None:
    """A stream of both tracks counts as two; a rejected stream does not count."""
    call = line(
        *(
            stream(name="a", tracks="both"),
            stream(name="b"),
            stream(name="c", tracks="both"),
            stream(name="d", tracks="outbound"),
        ),
        stream(name="e"),
        Hangup(),
    ).call()
    rejected = all_told(call.exchanges, "mediaStreamRejected")
    assert [one["mediaStream"]["name"] for one in rejected] == ["c", "e"]
    assert {one["cause"] for one in rejected} == {"track-limit"}
    assert not any("originalMediaStream" in one for one in rejected)


def test_events_may_come_by_get(line: Line) -> None:
    """In a GET callback the stream is JSON in the query, which the application can read."""
    call = line(stream(stream_event_method="GET", tracks="both")).call()
    assert [(exchange.method, exchange.status) for exchange in call.exchanges[1:3]] == [("GET", 204)] * 2


def test_stream_without_a_url_tells_nothing(line: Line) -> None:
    """Without a URL no events are sent; the parameters are for the websocket alone."""
    call = line(StartStream(StreamParam(name="a", value="b"), destination=WEBSOCKET)).call()
    assert events(call.exchanges) == ["initiate", "disconnect"]


# -- Waiting for the end of a stream -------------------------------------------------------------------------


AGENT = (stream(name="agent", mode="bidirectional"), StopStream(name="agent", wait=True))
"""The usual reply of an agent that talks over the websocket."""


def test_a_call_waits_for_its_stream(line: Line) -> None:
    """StopStream with wait holds the call, whatever the time, until the application closes the websocket."""
    call = line(*AGENT, SpeakSentence("Goodbye.")).call()
    call.wait(600)
    assert (call.state, call.heard) == ("answered", [])
    call.streams["agent"].close()
    assert call.heard == ["Goodbye."]
    assert timed(call)[1:] == [
        *(("mediaStreamStarted", 0), ("mediaStreamStopped", 600), ("disconnect", 600.533)),
    ]
    assert told(call.exchanges, "mediaStreamStopped")["cause"] == "closed"


@pytest.mark.parametrize("leave", [Call.hang_up, Call.complete])
def test_hanging_up_ends_the_wait(line: Line, leave: Any) -> None:
    """The end of a call that waits for its stream closes the stream, and the next verb does not run."""
    call = line(*AGENT, SpeakSentence("Goodbye.")).call()
    leave(call)
    assert events(call.exchanges)[-2:] == ["mediaStreamStopped", "disconnect"]
    assert (call.cause, call.heard) == ("hangup", [])


def test_redirected_while_it_waits(line: Line) -> None:
    """A call that waits for its stream can be redirected; the stream goes on, and can be waited for again."""
    call = line(*AGENT, more=[SpeakSentence("Once more."), AGENT[1]]).call()
    call.redirect("more")
    assert (call.heard, next(iter(call.streams.values())).name) == (["Once more."], "agent")
    call.streams["agent"].close()
    assert call.state == "disconnected"


def test_nothing_to_wait_for(line: Line) -> None:
    """A call does not wait for a stream that never was, was rejected, or is closed already."""

    def close(event: Any) -> None:
        if event.event_type == "mediaStreamStarted":
            bandwidth.calls[0].streams["agent"].close()

    start = StartStream(destination=WEBSOCKET, name="agent", stream_event_url="told")
    bandwidth = line(
        StopStream(name="other", wait=True), start, AGENT[1], SpeakSentence("Goodbye."), hears=close
    )
    call = bandwidth.call()
    assert (call.state, call.heard) == ("disconnected", ["Goodbye."])
    assert all_told(call.exchanges, "mediaStreamStopped") != []


def test_another_stream_ends(line: Line) -> None:
    """The end of another stream does not end the wait."""
    call = line(stream(name="other"), *AGENT, SpeakSentence("Goodbye.")).call()
    call.streams["other"].close()
    assert next(iter(call.streams.values())).name == "agent"
    assert call.state == "answered"


def test_closing_twice(line: Line) -> None:
    """A stream or transcription that is closed stays closed, and its events are sent once."""
    call = line(*AGENT[:1], transcription(name="words", destination=WEBSOCKET), Pause(duration=60)).call()
    closing = [call.streams["agent"], call.streams["words"]]
    for one in closing * 2:
        one.close()
    assert [event for event in events(call.exchanges) if event.endswith("Stopped")] == [
        *("mediaStreamStopped", "realTimeTranscriptionStopped"),
    ]
    assert not call.streams
    with pytest.raises(KeyError):
        call.streams["agent"]


def test_an_agent_that_is_sent_back_forever(line: Line) -> None:
    """Handlers that close the stream of a call, again and again, are stopped as any endless call is."""

    def close(event: Any) -> None:
        if event.event_type == "mediaStreamStarted":
            bandwidth.calls[0].streams["agent"].close()

    again = StartStream(destination=WEBSOCKET, name="agent", stream_event_url="told")
    document = [again, AGENT[1], Redirect(redirect_url="again")]
    bandwidth = line(*document, again=document, hears=close)
    with pytest.raises(EndlessCall):
        bandwidth.call()


def test_an_agent_hears_the_caller(line: Line) -> None:
    """What the caller says is heard by the application at the other end of a stream, while it lasts."""
    call = line(*AGENT, Pause(duration=60)).call()
    assert call.is_listened_to
    call.streams["agent"].close()
    assert not call.is_listened_to


# -- Live transcriptions -------------------------------------------------------------------------------------


def test_transcription_tells_of_its_course_and_its_end(line: Line) -> None:
    """With a destination a transcription has events when it starts, stops and is available."""
    call = line(
        transcription(name="live", destination=WEBSOCKET, tracks="both", stabilized=False),
        StopTranscription(name="another"),
        Pause(duration=7),
        StopTranscription(name="live"),
        Pause(duration=60),
    ).call()
    call.wait(20)
    assert timed(call)[1:] == [
        *(("realTimeTranscriptionStarted", 0), ("realTimeTranscriptionStopped", 7)),
        ("realTimeTranscriptionAvailable", 17),
    ]
    started, stopped, available = (exchange.payload for exchange in call.exchanges[1:])
    known = started["realTimeTranscription"]
    assert known["id"].startswith("t-")
    assert (
        known.items()
        >= {
            "name": "live",
            "startTime": "2026-01-05T15:00:00.000Z",
            "tracks": ["inbound", "outbound"],
            "destination": WEBSOCKET,
            "stabilized": "false",
        }.items()
    )
    assert stopped["realTimeTranscription"] == {**known, "duration": "PT7.000S"}
    assert stopped["cause"] == "closed"
    rest = f"https://voice.bandwidth.com/api/v2/accounts/9900000/calls/{call.call_id}"
    assert available["realTimeTranscription"] == {
        **known,
        "status": "available",
        "url": f"{rest}/transcriptions/{known['id']}",
        "completedTime": "2026-01-05T15:00:17.000Z",
    }


def test_transcription_without_a_destination(line: Line) -> None:
    """Without a destination only its availability is reported."""
    call = line(transcription(), transcription()).call()
    assert events(call.exchanges) == ["initiate", "disconnect", *["realTimeTranscriptionAvailable"] * 2]
    known = call.exchanges[-1].payload["realTimeTranscription"]
    assert known["name"] == known["id"]
    assert not {"destination", "stabilized"} & known.keys()


def test_stop_without_a_name_stops_all_of_them(line: Line) -> None:
    """StopTranscription without a name stops all transcriptions, and no stream."""
    call = line(
        *(
            stream(name="a"),
            transcription(name="a", destination=WEBSOCKET),
            transcription(name="b", destination=WEBSOCKET),
        ),
        Pause(),
        StopTranscription(),
        Pause(),
    ).call()
    call.wait(2)
    assert [(event, when) for event, when in timed(call) if event.endswith("Stopped")] == [
        *(("realTimeTranscriptionStopped", 1), ("realTimeTranscriptionStopped", 1), ("mediaStreamStopped", 2))
    ]
    assert [
        one["realTimeTranscription"]["stabilized"]
        for one in all_told(call.exchanges, "realTimeTranscriptionStopped")
    ] == ["true"] * 2


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        (transcription(name="a", destination=WEBSOCKET), "duplicate"),
        (transcription(name="b", destination=WEBSOCKET, tracks="both"), "track-limit"),
    ],
)
def test_transcription_is_rejected(line: Line, second: StartTranscription, cause: str) -> None:
    """A transcription is rejected for the same reasons as a stream; streams do not count here."""
    call = line(
        *(stream(name="a", tracks="both"), stream(name="s"), transcription(name="a", destination=WEBSOCKET)),
        *(transcription(name="t", tracks="both", destination=WEBSOCKET), second, Hangup()),
    ).call()
    rejected = told(call.exchanges, "realTimeTranscriptionRejected")
    started = all_told(call.exchanges, "realTimeTranscriptionStarted")
    assert rejected["cause"] == cause
    assert rejected.get("originalTranscription") == (
        started[0]["realTimeTranscription"] if cause == "duplicate" else None
    )
    assert len(all_told(call.exchanges, "realTimeTranscriptionAvailable")) == len(started) == 2


def test_transcription_without_a_url_tells_nothing(line: Line) -> None:
    """Without a URL no events are sent; text and parameters go to the websocket alone."""
    start = StartTranscription(CustomParam(name="a", value="b"), destination=WEBSOCKET)
    assert events(line(start).call().exchanges) == ["initiate", "disconnect"]
