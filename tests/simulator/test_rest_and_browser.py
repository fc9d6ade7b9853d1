"""What a REST interface, a browser and other threads need of a simulation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Conference,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    PlayAudio,
    SpeakSentence,
    StartRecording,
    StartStream,
    StartTranscription,
    StopRecording,
    StopStream,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator import (
    Conflict,
    NotFound,
    SimulatedBandwidth,
    SimulationError,
)
from flask_bandwidth_callbacks.simulator.engine import call as engine_call
from flask_bandwidth_callbacks.simulator.engine import interpreter
from tests.simulator.callbacks import events
from tests.simulator.conftest import Line

AGENT = "+13035550141"

# -- Finding calls -------------------------------------------------------------------------------------------


def test_find_a_call(line: Line) -> None:
    """Calls and legs are found by id, while they are up and after they have ended."""
    bandwidth = line(Transfer(PhoneNumber(AGENT)))
    call = bandwidth.call()
    (leg,) = call.legs
    assert (bandwidth.find_call(call.call_id), bandwidth.find_call(leg.call_id)) == (call, leg)
    call.hang_up()
    assert leg.state == "disconnected"
    assert (bandwidth.find_call(call.call_id), bandwidth.find_call(leg.call_id)) == (call, leg)


def test_find_an_old_call(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is up is found however many came after it; one that has ended is forgotten some time."""
    assert engine_call.KEPT_CALLS >= 1000
    monkeypatch.setattr(engine_call, "KEPT_CALLS", 50)
    bandwidth = line(Pause(duration=3600))
    kept, forgotten = bandwidth.call(), bandwidth.call()
    forgotten.hang_up()
    for _ in range(50):
        bandwidth.call().hang_up()
    assert kept not in bandwidth.calls
    assert kept in bandwidth.shared(engine_call.Calls).all()
    assert bandwidth.find_call(kept.call_id) is kept
    with pytest.raises(NotFound, match="Call 'c-"):
        bandwidth.find_call(forgotten.call_id)


# -- Errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (lambda bandwidth, call: bandwidth.find_call("c-1"), 404),
        (lambda bandwidth, call: bandwidth.conference("hall"), 404),
        (lambda bandwidth, call: bandwidth.conference("room").change_member(bandwidth.calls[1]), 404),
        (lambda bandwidth, call: bandwidth.calls[1].update(Hangup()), 409),
        (lambda bandwidth, call: bandwidth.dial("nonsense", "/"), 400),
        (lambda bandwidth, call: call.redirect("http://["), 400),
    ],
)
def test_status_of_an_error(
    line: Line, act: Callable[[SimulatedBandwidth, Any], object], status: int
) -> None:
    """An error carries the HTTP status with which Bandwidth rejects such a request."""
    bandwidth = line(Conference("room"))
    call = bandwidth.call()
    bandwidth.call().hang_up()
    with pytest.raises(SimulationError) as raised:
        act(bandwidth, call)
    assert raised.value.status == status


def test_an_ended_conference_is_not_found(line: Line) -> None:
    """Nothing can be done with a conference that all members have left."""
    bandwidth = line(Conference("room"))
    call = bandwidth.call()
    conference = bandwidth.conference("room")
    call.hang_up()
    with pytest.raises(NotFound, match="has ended"):
        conference.complete()


def test_an_unanswered_call_conflicts(line: Line) -> None:
    """A call that still rings cannot be redirected, which is a conflict."""
    bandwidth = line(Hangup())
    bandwidth.callee(AGENT).does_not_answer()
    with pytest.raises(Conflict, match=r"not answered yet \(409\)"):
        bandwidth.dial(AGENT, "/phone/").redirect("/phone/")


# -- Verbs ---------------------------------------------------------------------------------------------------


def test_every_verb_runs() -> None:
    """Each verb of the table has a function that runs it."""
    verbs = {element for element in ELEMENTS.values() if issubclass(element, Verb)}
    assert verbs == interpreter.RUNNERS.keys()


def test_a_verb_that_cannot_be_run_yet(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb without such a function ends the call with an error that says where to add one."""
    monkeypatch.delitem(interpreter.RUNNERS, PlayAudio)
    bandwidth = line(SpeakSentence("Listen:"), PlayAudio("/song.wav"))
    with pytest.raises(SimulationError, match="The simulation cannot run <PlayAudio> yet"):
        bandwidth.call()
    (call,) = bandwidth.calls
    assert call.heard == ["Listen:"]
    assert (call.state, call.cause) == ("disconnected", "error")
    assert call.exchanges[-1].event == "disconnect"


# -- A person who is really listening ------------------------------------------------------------------------


def test_sound_takes_its_time(line: Line) -> None:
    """Where a clock lets time pass, a sentence lasts as long as it takes to say it."""
    bandwidth = line(SpeakSentence("x" * 15 * 4), SpeakSentence("Next."), Hangup())
    bandwidth.timeline.passes_by_itself = False
    call = bandwidth.call()
    for _ in range(3):
        bandwidth.wait(1)
    assert len(call.heard) == 1
    bandwidth.wait(1)
    assert call.heard[1:] == ["Next."]
    assert call.cause is None
    bandwidth.wait(1)
    assert call.cause == "hangup"


def test_what_is_left_takes_its_time(line: Line) -> None:
    """Where a clock lets time pass, notifications after the last call come when they are due."""
    bandwidth = line(
        "<Response><Record recordCompleteUrl='bye' recordingAvailableUrl='told'/></Response>", bye=Hangup()
    )
    bandwidth.timeline.passes_by_itself = False
    call = bandwidth.call()
    call.press("#")
    assert call.state == "disconnected"
    bandwidth.wait(4)
    assert "recordingAvailable" not in events(call.exchanges)
    bandwidth.wait(1)
    assert events(call.exchanges)[-1] == "recordingAvailable"


def test_kinds_of_lines(line: Line) -> None:
    """Each line of a conversation has a kind, so that it can be shown without reading its words."""
    bandwidth = line(
        Gather(SpeakSentence("Press a key."), PlayAudio("/beep.wav"), gather_url="more"),
        more=Pause(duration=9),
    )
    call = bandwidth.call()
    call.press("1")
    call.wait(6)
    call.speak("Hello?")
    kinds = [(line.kind, line.who == call.person) for line in call.lines]
    assert kinds == [
        ("note", True),  # calls
        ("callback", False),
        ("note", False),  # answered
        ("hears", True),
        ("hears", True),
        ("presses", True),
        ("waits", True),
        ("callback", False),
        ("note", False),  # silence
        ("says", True),
    ]


def test_running_streams(line: Line) -> None:
    """A call lists its streams and live transcriptions by id while they run."""
    bandwidth = line(
        StartStream(destination="wss://stream.example.com/", name="agent", tracks="both"),
        StartTranscription(name="captions"),
        Pause(duration=60),
        StopStream(name="agent"),
        Pause(duration=60),
    )
    call = bandwidth.call()
    assert [stream.name for stream in call.streams.values()] == ["agent", "captions"]
    assert all(stream_id == stream.id for stream_id, stream in call.streams.items())
    call.wait(60)
    assert [(stream.name, stream.tracks) for stream in call.streams.values()] == [("captions", ["inbound"])]
    call.hang_up()
    assert call.streams == {}


def test_whether_words_have_an_effect(line: Line) -> None:
    """A browser can see whether a caller is heard in a conference: alone, recorded, with others, on mute."""
    bandwidth = line(Conference("room"))
    first = bandwidth.call()
    assert not first.is_listened_to
    bandwidth.conference("room").update(StartRecording())
    assert first.is_listened_to  # by the recording alone
    bandwidth.conference("room").update(StopRecording())
    assert not first.is_listened_to
    second = bandwidth.call()
    assert first.is_listened_to
    assert second.is_listened_to
    bandwidth.conference("room").change_member(second, mute=True)
    assert first.is_listened_to
    assert not second.is_listened_to


# -- Threads -------------------------------------------------------------------------------------------------


def test_threads_take_turns(line: Line) -> None:
    """Threads that use a simulation at the same time each get their calls, and every call its callbacks."""
    bandwidth = line(Gather(gather_url="more", max_digits=1), more=Hangup())
    errors: list[Exception] = []
    barrier = threading.Barrier(4)

    def make_calls() -> None:
        barrier.wait()
        try:
            for _ in range(10):
                bandwidth.call().hang_up()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=make_calls) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(bandwidth.calls) == 40
    for call in bandwidth.calls:
        assert call.cause in ("hangup", "cancel")
        assert events(call.exchanges) in (["initiate", "disconnect"], ["disconnect"])


def test_the_lock_keeps_others_out(line: Line) -> None:
    """A thread that holds the lock of a simulation can do several things without another one in between."""
    bandwidth = line(Pause(duration=60))
    call = bandwidth.call()
    began = threading.Event()

    def hang_up() -> None:
        began.set()
        call.hang_up()

    with bandwidth.turn:
        other = threading.Thread(target=hang_up)
        other.start()
        assert began.wait(10)
        call.wait(1)
        other.join(0.05)
        assert call.state == "answered"
    other.join(10)
    assert call.cause == "hangup"


def test_another_thread_during_a_callback(app: Flask) -> None:
    """While a handler works, another thread may use the simulation, also if the first holds its lock."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Verb:
        def dial() -> None:
            dialed.append(bandwidth.dial(AGENT, "/answered"))

        other = threading.Thread(target=dial)
        other.start()
        other.join(10)
        return Pause(duration=60)

    dialed: list[Any] = []
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app)
    with bandwidth.turn:
        call = bandwidth.call()
        assert call.state == "answered"
    (other,) = dialed
    assert other in bandwidth.calls
