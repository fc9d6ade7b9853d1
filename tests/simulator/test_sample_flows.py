"""Bandwidth's four sample flows as small applications, with calls to each."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_bandwidth_callbacks import (
    AnswerCallback,
    CallbackBlueprint,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    RedirectCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Gather,
    Hangup,
    Pause,
    PlayAudio,
    Record,
    Redirect,
    Ring,
    SpeakSentence,
    Verb,
)
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

CALLER, AGENT = "+13035550123", "+13035550141"


def serve(app: Flask, phone: CallbackBlueprint) -> SimulatedBandwidth:
    """Serve a phone line."""
    app.register_blueprint(phone, url_prefix="/phone")
    return SimulatedBandwidth(app, raise_errors=True)


# -- Gather a digit and speak it back ------------------------------------------------------------------------


@pytest.fixture
def menu(app: Flask, phone: CallbackBlueprint) -> SimulatedBandwidth:
    """A line that asks for a digit and repeats it."""

    @phone.respond(InitiateCallback)
    def ask(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("Press a digit."),
            gather_url=answer,
            max_digits=1,
            repeat_count=2,
            first_digit_timeout=3,
        )

    @phone.respond(GatherCallback, "/digit")
    def answer(call: GatherCallback) -> list[Verb]:
        if not call.digits:
            return [SpeakSentence("You pressed nothing. Goodbye."), Hangup()]
        return [SpeakSentence(f"You pressed {call.digits}. Goodbye."), Hangup()]

    return serve(app, phone)


def test_a_digit_is_spoken_back(menu: SimulatedBandwidth) -> None:
    """The caller presses 7 and hears the digit."""
    call = menu.call(var_from=CALLER)
    assert call.heard == ["Press a digit."]
    assert call.state == "answered"

    call.press("7")
    assert call.heard == ["Press a digit.", "You pressed 7. Goodbye."]
    assert (call.state, call.cause) == ("disconnected", "hangup")
    assert [exchange.event for exchange in call.exchanges] == ["initiate", "gather", "disconnect"]


def test_a_digit_is_asked_for_twice(menu: SimulatedBandwidth) -> None:
    """A caller who presses nothing is asked again, and then hears a goodbye."""
    call = menu.call()
    call.wait(4)
    assert call.heard == ["Press a digit."] * 2
    call.wait(4)
    assert call.heard[2:] == ["You pressed nothing. Goodbye."]


# -- Record a message and be told when it can be fetched -----------------------------------------------------


class Mailbox:
    """A line that takes messages, and fetches them once they are there."""

    def __init__(self, app: Flask, phone: CallbackBlueprint) -> None:
        self.messages: dict[str, str] = {}
        """The URL of each message by the id of its call."""

        @phone.respond(InitiateCallback)
        def greet(call: InitiateCallback) -> list[Verb]:
            return [
                SpeakSentence("Leave a message after the tone, then press hash."),
                PlayAudio("/static/tone.wav"),
                Record(
                    record_complete_url=thank,
                    recording_available_url=fetch,
                    silence_timeout=5,
                    max_duration=120,
                ),
            ]

        @phone.respond(RecordingCompleteCallback, "/recorded")
        def thank(call: RecordingCompleteCallback) -> list[Verb]:
            return [SpeakSentence("Thank you."), Hangup()]

        @phone.on(RecordingAvailableCallback)
        def fetch(recording: RecordingAvailableCallback) -> None:
            assert recording.call_id is not None
            assert recording.media_url is not None
            self.messages[recording.call_id] = recording.media_url

        self.bandwidth = serve(app, phone)


@pytest.fixture
def mailbox(app: Flask, phone: CallbackBlueprint) -> Mailbox:
    return Mailbox(app, phone)


def test_a_message_is_recorded(mailbox: Mailbox) -> None:
    """The caller speaks and presses #; an event says when the recording can be fetched."""
    call = mailbox.bandwidth.call(var_from=CALLER)
    assert call.heard[1:] == ["https://localhost/static/tone.wav"]

    call.speak("I'd like a quote.", seconds=4)
    call.press("#")
    assert call.heard[2:] == ["Thank you."]
    (recording,) = call.recordings
    assert (recording.words, recording.duration.total_seconds()) == (["I'd like a quote."], 4)
    assert recording.recording_id in mailbox.messages[call.call_id]
    assert [exchange.event for exchange in call.exchanges] == [
        "initiate",
        "recordComplete",
        "disconnect",
        "recordingAvailable",
    ]


def test_a_message_ends_with_silence(mailbox: Mailbox) -> None:
    """Five seconds of silence end the message as well."""
    call = mailbox.bandwidth.call()
    call.speak("Call me back.", seconds=3)
    call.wait(5)
    assert call.heard[-1] == "Thank you."
    assert call.recordings[0].duration.total_seconds() == 8


def test_a_message_ends_when_the_caller_hangs_up(mailbox: Mailbox) -> None:
    """A caller who hangs up instead of pressing # leaves the message all the same."""
    call = mailbox.bandwidth.call()
    call.speak("Never mind.")
    call.hang_up()
    assert call.call_id in mailbox.messages
    assert "Thank you." not in call.heard


# -- Answer an inbound call, dial a second person and bridge the two -----------------------------------------


@pytest.fixture
def reception(app: Flask, phone: CallbackBlueprint) -> SimulatedBandwidth:
    """A line that plays ringing to the caller while it calls the agent, and joins the two."""

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> list[Verb]:
        bandwidth.dial(
            AGENT,
            phone.url_for(connect),
            tag=call.call_id,
            disconnect_url=phone.url_for(gone),
            call_timeout=20,
        )
        return [SpeakSentence("One moment, please."), Ring(duration=30), SpeakSentence("Nobody is in.")]

    @phone.respond(AnswerCallback, "/agent")
    def connect(call: AnswerCallback) -> list[Verb]:
        assert call.tag is not None
        return [SpeakSentence("A caller for you."), Bridge(call.tag)]

    @phone.on(DisconnectCallback, direction="outbound")
    def gone(call: DisconnectCallback) -> None:
        if call.cause != "hangup":
            (waiting,) = [one for one in bandwidth.calls if one.call_id == call.tag]
            waiting.update([SpeakSentence("The agent is busy."), Hangup()])

    bandwidth = serve(app, phone)
    return bandwidth


def test_two_people_are_bridged(reception: SimulatedBandwidth) -> None:
    """The agent answers after some ringing; from then on the two hear each other, until one hangs up."""
    reception.callee(AGENT).answers(after=5)
    caller = reception.call(var_from=CALLER)
    agent = reception.calls[-1]
    assert (agent.to, agent.state) == (AGENT, "initiated")

    caller.wait(5)
    assert agent.heard == ["A caller for you."]
    caller.speak("Is my car ready?")
    agent.speak("Since noon.")
    assert agent.heard[1:] == ["Is my car ready?"]
    assert caller.heard[1:] == ["Since noon."]

    agent.hang_up()
    assert (caller.cause, agent.cause) == ("hangup", "hangup")


def test_the_second_person_is_busy(reception: SimulatedBandwidth) -> None:
    """If the agent does not take the call, the caller hears a sentence."""
    reception.callee(AGENT).is_busy()
    caller = reception.call(var_from=CALLER)
    assert caller.heard == ["One moment, please.", "The agent is busy."]
    assert [call.cause for call in reception.calls] == ["hangup", "busy"]


def test_the_second_person_does_not_answer(reception: SimulatedBandwidth) -> None:
    """After twenty seconds the call to the agent ends."""
    reception.callee(AGENT).does_not_answer()
    caller = reception.call(var_from=CALLER)
    caller.wait(20)
    assert caller.heard[-1] == "The agent is busy."
    assert reception.calls[-1].cause == "timeout"


# -- Keep a caller in a hold loop until they are fetched out of it -------------------------------------------


@pytest.fixture
def queue(app: Flask, phone: CallbackBlueprint) -> SimulatedBandwidth:
    """A line that plays music in a loop until the call is redirected."""

    @phone.respond((InitiateCallback, RedirectCallback), "/hold")
    def hold(call: InitiateCallback | RedirectCallback) -> list[Verb]:
        return [PlayAudio("/static/music.mp3"), Pause(duration=2), Redirect(redirect_url=hold)]

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("All lines are busy."), Redirect(redirect_url=hold)]

    @phone.respond(RedirectCallback, "/agent")
    def talk(call: RedirectCallback) -> list[Verb]:
        return [SpeakSentence("Thank you for waiting."), Hangup()]

    return serve(app, phone)


def test_a_caller_is_fetched_out_of_a_hold_loop(queue: SimulatedBandwidth) -> None:
    """Nothing but a redirect from outside ends the music."""
    call = queue.call(var_from=CALLER)
    music = "https://localhost/static/music.mp3"
    assert call.heard == ["All lines are busy.", music]

    call.wait(60 * 60)
    assert set(call.heard[1:]) == {music}
    assert len(call.heard) == 1 + 60 * 60 // 12 + 1

    call.redirect("/phone/agent")
    assert call.heard[-1] == "Thank you for waiting."
    assert call.cause == "hangup"


def test_a_caller_hangs_up_in_a_hold_loop(queue: SimulatedBandwidth) -> None:
    """A caller may hang up during the music, and cannot be redirected afterwards."""
    call = queue.call()
    call.wait(100)
    call.hang_up()
    assert call.cause == "hangup"
    assert call.exchanges[-1].event == "disconnect"
