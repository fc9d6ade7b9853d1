"""Every verb, event and property, in calls that are made one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from flask import Response

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Bridge,
    Conference,
    Connect,
    CustomParam,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PauseRecording,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    ResumeRecording,
    Ring,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    StreamParam,
    Tag,
    Transfer,
)
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.simulator import Exchange, MachineDetection, SimulatedBandwidth
from tests.payloads import PAYLOADS
from tests.simulator.conftest import Line

ANN, BOB = "+13035550141", "+13035550142"
DESK = "sip:desk@example.com"

# -- The calls -----------------------------------------------------------------------------------------------
#
# Most are outbound and have a tag, because the events of such a call have the most to tell.


def menu(line: Line) -> SimulatedBandwidth:
    """A diverted caller listens, presses keys and says a word."""
    bandwidth = line(
        Ring(answer_call=False),
        Tag("menu"),
        PlayAudio("/welcome.wav"),
        StartGather(dtmf_url="told"),
        Pause(duration=3),
        StopGather(),
        Gather(
            SpeakSentence("What is it about?"),
            gather_url="next",
            input="dtmf_speech",
            partial_result_callback="told",
        ),
        next=[SendDtmf("1"), Redirect(redirect_url="end")],
        end=Hangup(),
    )
    call = bandwidth.call(
        uui="b3JkZXIgNw==;encoding=base64",
        diversion={
            "origTo": "+13035550199",
            "reason": "no-answer",
            "screen": "no",
            "privacy": "off",
            "counter": "1",
            "limit": "5",
        },
        sip_headers={"x-ticket": "7"},
        privacy=False,
        caller_display_name="Ada Lovelace",
    )
    call.wait(5)
    call.press("0")
    call.wait(3)
    call.speak("An order.")
    call.wait(5)
    return bandwidth


def elsewhere(line: Line) -> SimulatedBandwidth:
    """Calls that go elsewhere: forwarded, referred, connected."""
    bandwidth = line(Forward(to=ANN))
    bandwidth.call().hang_up()
    bandwidth = line(
        Refer(SipUri(DESK), refer_complete_url="referred", tag="refer"), referred=Connect(Endpoint("e-1"))
    )
    bandwidth.callee(DESK).is_busy()
    bandwidth.call(var_from="sip:ann@example.com").hang_up()
    return bandwidth


def outbound(line: Line) -> SimulatedBandwidth:
    """Calls whose callee is busy, and is detected as a machine."""
    bandwidth = line(answer=[SpeakSentence("Hello?"), Pause(duration=9), Forward(to=BOB)])
    bandwidth.raise_errors = False  # an answered call cannot be forwarded
    bandwidth.callee(ANN).is_busy()
    bandwidth.dial(ANN, "answer", disconnect_url="told", tag="busy")
    bandwidth.callee(ANN).answers(detected_as="answering-machine")
    for mode in ("sync", "async"):
        detection = MachineDetection(mode, callback_url="told")
        call = bandwidth.dial(ANN, "answer", disconnect_url="told", tag=mode, machine_detection=detection)
        call.wait(10)  # then comes a Forward, which is an error on a call that is answered
    return bandwidth


def transfer(line: Line) -> SimulatedBandwidth:
    """One leg screens the call; the document of the other cannot be fetched."""
    bandwidth = line(
        answer=Transfer(
            PhoneNumber(ANN, transfer_answer_url="screen", transfer_disconnect_url="told", tag="ann"),
            transfer_complete_url="again",
        ),
        screen=[
            StartGather(dtmf_url="told"),
            Pause(),
            Gather(SpeakSentence("Press 1."), gather_url="screened", max_digits=1),
        ],
        screened=Redirect(redirect_url="name"),
        name=Record(
            record_complete_url="recorded",
            recording_available_url="told",
            transcribe=True,
            transcription_available_url="told",
        ),
        recorded=Pause(duration=60),
        again=Transfer(
            SipUri(DESK, transfer_answer_url="nowhere", transfer_disconnect_url="told"),
            transfer_complete_url="end",
        ),
        nowhere=lambda event: Response(status=404),
        end=Hangup(),
    )
    bandwidth.raise_errors = False  # the document of one leg is missing
    call = bandwidth.dial(BOB, "answer", tag="bob")
    (ann,) = call.legs
    ann.press("7")
    ann.wait(1)
    ann.press("1")
    ann.speak("Ann.", seconds=2)
    ann.press("#")
    ann.hang_up()
    return bandwidth


def bridge(line: Line) -> SimulatedBandwidth:
    """Two calls are joined, and a third one tries to join."""

    def answer(event: Any) -> Bridge:
        target = bandwidth.calls[0].call_id
        return Bridge(target, bridge_complete_url="failed", bridge_target_complete_url="left")

    bandwidth = line(answer=answer, wait=Pause(duration=60), failed=Hangup(), left=Hangup())
    bandwidth.dial(ANN, "wait", tag="ann")
    call = bandwidth.dial(BOB, "answer", tag="bob")
    bandwidth.dial(DESK, "answer", tag="desk")
    call.hang_up()
    return bandwidth


def conference(line: Line) -> SimulatedBandwidth:
    """A conference is recorded, with a break, and hears an announcement."""
    answers: dict[str, Any] = {
        "conferenceCreated": StartRecording(recording_available_url="told"),
        "conferenceRedirect": [
            PauseRecording(),
            SpeakSentence("Secret."),
            ResumeRecording(),
            StopRecording(),
        ],
    }
    bandwidth = line(
        Conference("room", conference_event_url="event", tag="room"),
        event=lambda event: answers.get(event.event_type),
    )
    call = bandwidth.call()
    bandwidth.conference("room").redirect("event")
    call.hang_up()
    return bandwidth


def streams(line: Line) -> SimulatedBandwidth:
    """A stream and a live transcription, each of them twice with the same name."""
    stream = StartStream(
        StreamParam(name="a", value="b"),
        name="live",
        destination="wss://example.com",
        stream_event_url="told",
    )
    transcription = StartTranscription(
        CustomParam(name="a", value="b"),
        name="live",
        destination="wss://example.com",
        transcription_event_url="told",
    )
    stop = (StopStream(name="live"), StopTranscription(name="live"))
    bandwidth = line(answer=[stream, stream, transcription, transcription, *stop])
    bandwidth.dial(ANN, "answer", tag="live")
    return bandwidth


CALLS = (menu, elsewhere, outbound, transfer, bridge, conference, streams)


@pytest.fixture
def exchanges(line: Line) -> list[Exchange]:
    """Return all callbacks of these calls."""
    made: list[SimulatedBandwidth] = []

    def make(*first: Any, **documents: Any) -> SimulatedBandwidth:
        made.append(line(*first, **documents))
        return made[-1]

    for play in CALLS:
        play(make)
    return [exchange for bandwidth in made for exchange in bandwidth.exchanges]


# -- What is in them -----------------------------------------------------------------------------------------


def elements(element: bxml.Element) -> Iterator[bxml.Element]:
    """Yield an element and all elements in it."""
    yield element
    for child in element.children:
        yield from elements(child)


def test_every_verb_is_in_a_call(exchanges: list[Exchange]) -> None:
    """The calls use every element of the table, child elements included."""
    documents = [bxml.parse(exchange.bxml) for exchange in exchanges if exchange.bxml]
    seen = {type(element) for document in documents for element in elements(document)}
    assert set(ELEMENTS.values()) - seen == set()


def test_every_event_is_in_a_call(exchanges: list[Exchange]) -> None:
    """The calls send every event that has a class; of two names for one event, the documented one."""
    event_types = {event_class.event_types[0] for event_class in EVENT_CLASSES.values()}
    assert {exchange.event for exchange in exchanges} == event_types


_NEVER = {
    "bridgeComplete": {"transferCallerId", "transferTo"},  # in a single example, and in no table
    "mediaStreamStopped": {"errorMessage"},  # no websocket breaks here
    "realTimeTranscriptionStopped": {"errorMessage"},
}
"""Properties that no simulated event carries."""


def test_every_property_is_in_an_event(exchanges: list[Exchange]) -> None:
    """Each event has all properties that Bandwidth documents, in one of the calls."""
    seen: dict[str, set[str]] = {}
    for exchange in exchanges:
        seen.setdefault(exchange.event, set()).update(exchange.payload)
    documented = {event: payload.keys() - _NEVER.get(event, set()) for event, payload in PAYLOADS.items()}
    assert seen == documented


@pytest.mark.parametrize("play", CALLS, ids=lambda play: play.__name__)
def test_same_script_gives_the_same_exchanges(line: Line, play: Any) -> None:
    """Ids and times come from the seed and the script alone; another seed gives other ids."""

    def told(seed: int) -> list[Any]:
        exchanges = play(partial(line, seed=seed)).exchanges
        return [
            (one.event, one.method, one.url, one.time, one.payload, one.status, one.bxml) for one in exchanges
        ]

    assert told(seed=1) == told(seed=1)
    assert told(seed=1) != told(seed=2)
