"""What Bandwidth's own sample applications do on a call, as small lines.

Each docstring names the repository at https://github.com/Bandwidth-Samples or the folder of
https://github.com/Bandwidth/examples where the sample is. Only what callers notice is the same.
"""

from __future__ import annotations

from bandwidth import ApiClient, CallsApi, Configuration, CreateCall, UpdateCall
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
    SipUri,
    SpeakSentence,
    StartStream,
    StopStream,
    Transfer,
    Verb,
)
from tests.simulator.explore.lines.serving import AGENT, line, serve

ACCOUNT, COMPANY = "9900000", "+13035550100"


def calls() -> CallsApi:
    """Return Bandwidth's SDK, whose requests a simulation answers."""
    return CallsApi(ApiClient(Configuration(client_id="sample", client_secret="s3cret")))


def call_agent(phone: CallbackBlueprint, tag: str, path: str) -> None:
    """Make an outbound call to the agent. How it ends is reported at the blueprint's own URL."""
    username, password = phone.credentials or ("", "")
    body = CreateCall(
        to=AGENT,
        var_from=COMPANY,
        application_id="sample",
        answer_url=f"https://localhost/phone{path}",
        disconnect_url="https://localhost/phone/",
        username=username,
        password=password,
        call_timeout=20,
        tag=tag,
    )
    calls().create_call(ACCOUNT, body)


def redirect_call(phone: CallbackBlueprint, call_id: str, path: str) -> None:
    username, password = phone.credentials or ("", "")
    body = UpdateCall(redirect_url=f"https://localhost/phone{path}", username=username, password=password)
    calls().update_call(ACCOUNT, call_id, body)


def gather() -> Flask:
    """voice-gather-python: calls a person, who chooses one of two options."""
    phone = line(__name__)

    @phone.respond(AnswerCallback)
    def ask(call: AnswerCallback) -> Gather:
        return Gather(
            SpeakSentence(
                "Press 1 to choose option 1. Press 2 to choose option 2. Press pound when you are finished."
            ),
            gather_url=choose,
            max_digits=1,
            terminating_digits="#",
        )

    @phone.respond(InitiateCallback)
    def refuse(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("This number only calls. The call ends now."), Hangup()]

    @phone.respond(GatherCallback, "/gather")
    def choose(call: GatherCallback) -> SpeakSentence:
        if call.digits in ("1", "2"):
            return SpeakSentence(f"You chose option {call.digits}. Goodbye.")
        return SpeakSentence("You did not choose a valid option. Goodbye.")

    return serve(phone)


def gather_of_2020() -> Flask:
    """python/2020-SDK/voice/gather: the same, which ends without a goodbye after a wrong key."""
    phone = line(__name__)

    @phone.respond(AnswerCallback)
    def ask(call: AnswerCallback) -> Gather:
        return Gather(
            SpeakSentence("Hit 1 for option 1. Hit 2 for option 2. Then hit #."),
            gather_url=choose,
            terminating_digits="#",
            repeat_count=3,
        )

    @phone.respond(GatherCallback, "/gather")
    def choose(call: GatherCallback) -> SpeakSentence:
        if call.digits in ("1", "2"):
            return SpeakSentence(f"You have chosen option {call.digits}. Thank you.")
        return SpeakSentence("Invalid option.")

    return serve(phone)


def record() -> Flask:
    """voice-record-python: takes a message; the caller is told to hang up after it."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("You have reached our company. The person you want is not available."),
            SpeakSentence(
                "At the tone, please record your message. When you have finished, you may hang up."
            ),
            PlayAudio("https://example.com/tone.mp3"),
            Record(recording_available_url=fetch, max_duration=30),
        ]

    @phone.on(RecordingAvailableCallback)
    def fetch(recording: RecordingAvailableCallback) -> None:
        pass

    return serve(phone)


def redirect_loop() -> Flask:
    """voice-redirect-loop-python: the caller hears ringing until a request over REST ends the call."""
    phone = line(__name__)

    @phone.respond((InitiateCallback, RedirectCallback), "/loop")
    def loop(call: InitiateCallback | RedirectCallback) -> list[Verb]:
        return [
            SpeakSentence("Redirecting the call, please wait."),
            Ring(duration=30),
            Redirect(redirect_url=loop),
        ]

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return loop(call)

    @phone.respond(RedirectCallback, "/ended")
    def end(call: RedirectCallback) -> list[Verb]:
        return [SpeakSentence("The call has been ended. Goodbye."), Hangup()]

    return serve(phone)


def bridge() -> Flask:
    """voice-bridge-python: calls an agent over REST while the caller hears ringing, and bridges the two."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> list[Verb]:
        call_agent(phone, call.call_id, "/outbound")
        return [SpeakSentence("Hold while we connect you."), Ring(duration=30)]

    @phone.respond(AnswerCallback, "/outbound")
    def connect(call: AnswerCallback) -> list[Verb]:
        return [SpeakSentence("We will begin to bridge you now."), Bridge(call.tag or "")]

    return serve(phone)


def bridge_with_voicemail() -> Flask:
    """python/BridgingExample: the agent may send the caller to voicemail, where timeouts lead, too."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> list[Verb]:
        call_agent(phone, call.call_id, "/outbound")
        return [
            SpeakSentence("Connecting your call, please wait."),
            Ring(duration=30),
            Redirect(redirect_url=take_message),
        ]

    @phone.respond(AnswerCallback, "/outbound")
    def offer(call: AnswerCallback) -> Gather:
        return Gather(
            SpeakSentence("Please press 1 to accept the call, or any other button to send it to voicemail."),
            gather_url=decide,
            max_digits=1,
            first_digit_timeout=10,
            tag=call.tag or "",
        )

    @phone.respond(GatherCallback, "/decide")
    def decide(call: GatherCallback) -> list[Verb]:
        if call.digits == "1":
            return [SpeakSentence("The bridge will start now."), Bridge(call.tag or "")]
        redirect_call(phone, call.tag or "", "/message")
        return [Hangup()]

    @phone.respond(RedirectCallback, "/message")
    def take_message(call: RedirectCallback) -> list[Verb]:
        return [
            SpeakSentence("The person is not available, please leave a message at the tone."),
            PlayAudio("https://example.com/beep.wav"),
            Record(max_duration=30),
        ]

    @phone.on(DisconnectCallback, direction="outbound", cause="timeout")
    def leave(call: DisconnectCallback) -> None:
        redirect_call(phone, call.tag or "", "/message")

    return serve(phone)


def message_played_back() -> Flask:
    """python/RecordingApp: waits in a loop until the message is available, and plays it to the caller."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            PlayAudio("https://example.com/ring.wav"),
            SpeakSentence("Please leave a message after the beep. Press # to stop the recording early."),
            Redirect(redirect_url=take_message),
        ]

    @phone.respond(RedirectCallback, "/record")
    def take_message(call: RedirectCallback) -> list[Verb]:
        return [
            PlayAudio("https://example.com/beep.wav"),
            Record(record_complete_url=wait, recording_available_url=phone, max_duration=180),
        ]

    @phone.respond((RecordingCompleteCallback, RedirectCallback), "/wait")
    def wait(call: RecordingCompleteCallback | RedirectCallback) -> list[Verb]:
        return [Pause(duration=3), Redirect(redirect_url=wait)]

    @phone.on(RecordingAvailableCallback)
    def ask(recording: RecordingAvailableCallback) -> None:
        redirect_call(phone, recording.call_id, "/ask")

    @phone.respond(RedirectCallback, "/ask")
    def offer(call: RedirectCallback) -> Gather:
        return Gather(
            SpeakSentence("If you'd like to hear your message, press 1, otherwise please hang up."),
            gather_url=play,
            max_digits=1,
            first_digit_timeout=15,
        )

    @phone.respond(GatherCallback, "/play")
    def play(call: GatherCallback) -> list[Verb]:
        if call.digits != "1":
            return [Hangup()]
        return [
            PlayAudio("https://example.com/message.wav"),
            Gather(
                SpeakSentence("Would you like to record again? Press 1 if so, otherwise please hang up."),
                gather_url=record_again,
                max_digits=1,
                first_digit_timeout=15,
            ),
        ]

    @phone.respond(GatherCallback, "/again")
    def record_again(call: GatherCallback) -> list[Verb]:
        return [Redirect(redirect_url=take_message)] if call.digits == "1" else [Hangup()]

    return serve(phone)


def game() -> Flask:
    """python/BandwidthReferenceApp: asks for the result of a sum, and plays one of two files."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            Pause(duration=3),
            SpeakSentence("Let's play a game!"),
            Pause(duration=3),
            SpeakSentence("What is 6 plus 6?"),
            Redirect(redirect_url=ask),
        ]

    @phone.respond(RedirectCallback, "/ask")
    def ask(call: RedirectCallback) -> Gather:
        return Gather(gather_url=check, max_digits=2)

    @phone.respond(GatherCallback, "/check")
    def check(call: GatherCallback) -> PlayAudio:
        return PlayAudio(f"https://example.com/{'right' if int(call.digits or '') == 12 else 'wrong'}.wav")

    return serve(phone)


def parked_for_an_agent() -> Flask:
    """in-app-calling-demo-python: parks a caller until an agent calls from the application's own number."""
    phone = line(__name__)
    parked: list[str] = []

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> list[Verb]:
        parked.append(call.call_id)
        return [
            SpeakSentence("Thank you for calling. Please wait while we connect you to an agent."),
            Ring(duration=10),
            Redirect(redirect_url=wait),
        ]

    @phone.respond(InitiateCallback, var_from=COMPANY)
    def connect(call: InitiateCallback) -> Bridge | Hangup:
        return Bridge(parked.pop()) if parked else Hangup()

    @phone.respond(RedirectCallback, "/wait")
    def wait(call: RedirectCallback) -> list[Verb]:
        return [Ring(duration=10), Redirect(redirect_url=wait)]

    return serve(phone)


def browser() -> Flask:
    """python/webrtc-hello-world: calls a person and transfers them to a browser, over SIP."""
    phone = line(__name__)

    @phone.respond(AnswerCallback, "/answer")
    def connect(call: AnswerCallback) -> Transfer:
        return Transfer(SipUri("sip:sipx.webrtc.bandwidth.com:5060", uui="93d6f3c0be58;encoding=hex"))

    return serve(phone)


def artificial_agent() -> Flask:
    """openai-realtime-websockets-python: a program talks with the caller over a stream."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> list[Verb]:
        return [
            StartStream(name="agent", destination="wss://example.com/ws", mode="bidirectional"),
            StopStream(name="agent", wait=True),
        ]

    @phone.on(DisconnectCallback)
    def note_end(call: DisconnectCallback) -> None:
        pass

    return serve(phone)


def machine_detection() -> Flask:
    """The guide to voicemail detection: a person is asked to press a key, a machine gets a message."""
    phone = line(__name__)

    @phone.respond(AnswerCallback, "/answer")
    def remind(call: AnswerCallback) -> list[Verb]:
        detected = call.machine_detection_result
        if detected is not None and detected.value == "answering-machine":
            return [SpeakSentence("Hello, please call us about your appointment. Goodbye."), Hangup()]
        return [
            Gather(
                SpeakSentence("You have an appointment tomorrow. To confirm it, press 1."),
                gather_url=confirm,
                max_digits=1,
            )
        ]

    @phone.respond(GatherCallback, "/confirm")
    def confirm(call: GatherCallback) -> list[Verb]:
        words = "It is confirmed." if call.digits == "1" else "It is not confirmed."
        return [SpeakSentence(f"{words} Goodbye."), Hangup()]

    return serve(phone)
