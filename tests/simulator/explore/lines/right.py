"""Phone lines that look suspicious at first, and are right: exploration must find no fault on any of them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from flask_bandwidth_callbacks import (
    AnswerCallback,
    CallCallback,
    ConferenceCreatedCallback,
    DisconnectCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    MachineDetectionCompleteCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    TransferAnswerCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Forward,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Response,
    Ring,
    SpeakSentence,
    StartGather,
    StartRecording,
    Tag,
    Transfer,
    Verb,
)
from tests.simulator.explore.lines.serving import AGENT, BACK_OFFICE, line, serve

GOODBYE = [SpeakSentence("Goodbye."), Hangup()]


# -- Promises ------------------------------------------------------------------------------------------------


def repeated() -> Flask:
    """Keys that promise to repeat the menu and to go back do what every other key does: they repeat it."""
    phone = line(__name__)

    def ask(words: str = "") -> Gather:
        return Gather(
            SpeakSentence(
                f"{words} For sales, press 1. To hear this menu again, press 9. To go back, press star."
            ),
            gather_url=again,
            max_digits=1,
        )

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask()

    @phone.respond(GatherCallback, "/menu")
    def again(call: GatherCallback) -> list[Verb]:
        return [ask("Sorry?")] if call.digits else GOODBYE

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]

    return serve(phone)


def submenus() -> Flask:
    """A submenu returns to the main menu, which any other key there does as well."""
    phone = line(__name__)

    def main() -> Gather:
        return Gather(
            SpeakSentence("For opening hours, press 1. To end this call, press 2."),
            gather_url=bye,
            max_digits=1,
            repeat_count=2,
        )

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return main()

    @phone.respond(GatherCallback, "/main", digits="1")
    def hours(call: GatherCallback) -> Gather:
        return Gather(
            SpeakSentence("We open at nine. For weekends, press 1. Press star to return to the main menu."),
            gather_url=back,
            max_digits=1,
        )

    @phone.respond(GatherCallback, "/main")
    def bye(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Thank you for calling."), Hangup()]

    @phone.respond(GatherCallback, "/main", digits="2")
    def end(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("See you soon."), Hangup()]

    @phone.respond(GatherCallback, "/hours", digits="1")
    def weekends(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("On weekends we are closed. Have a nice day!"), Hangup()]

    @phone.respond(GatherCallback, "/hours", digits="")
    def silent(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(GatherCallback, "/hours")
    def back(call: GatherCallback) -> Gather:
        return main()

    return serve(phone)


def any_key() -> Flask:
    """Any key does the same, as the prompt says."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Press any key to take part."), gather_url=take_part, max_digits=1)

    @phone.respond(GatherCallback, "/key", digits="")
    def miss(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(GatherCallback, "/key")
    def take_part(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("You take part. Good luck, and goodbye."), Hangup()]

    return serve(phone)


def other_keys() -> Flask:
    """One key accepts, and any other key declines, as the prompt says."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("Press 1 to accept, or any other key to decline."), gather_url=decline, max_digits=1
        )

    @phone.respond(GatherCallback, "/key", digits="1")
    def accept(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("You have accepted. Bye!"), Hangup()]

    @phone.respond(GatherCallback, "/key")
    def decline(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("You have declined. Bye!"), Hangup()]

    return serve(phone)


def entry() -> Flask:
    """A number is entered and ended by a key, which alone does what every wrong number does."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("Please enter your 4-digit code, followed by the pound key."),
            gather_url=wrong,
            max_digits=4,
            terminating_digits="#",
        )

    @phone.respond(GatherCallback, "/code", digits="4711")
    def right(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("The door is open. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/code")
    def wrong(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("That is not the code. Goodbye."), Hangup()]

    return serve(phone)


def attempts() -> Flask:
    """A wrong code may be corrected twice."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return ask("Welcome.")

    def ask(words: str) -> Gather:
        return Gather(
            SpeakSentence(f"{words} Please enter your 4-digit code, then press pound."),
            gather_url=wrong,
            max_digits=4,
            terminating_digits="#",
        )

    @phone.respond(GatherCallback, "/code", digits="4711")
    def right(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("You have no new messages."), *GOODBYE]

    @phone.respond(GatherCallback, "/code")
    def wrong(call: GatherCallback) -> list[Verb]:
        with phone.state(call) as state:
            state["attempts"] = attempts = state.get("attempts", 0) + 1
        return [ask("That is not your code.")] if attempts < 3 else GOODBYE

    return serve(phone)


def speech() -> Flask:
    """A menu takes keys and words."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("Say sales or press 1. Say support or press 2."),
            gather_url=choose,
            max_digits=1,
            input="dtmf_speech",
        )

    @phone.respond(GatherCallback, "/choose")
    def choose(call: GatherCallback) -> list[Verb]:
        said = str(call.extra.get("text", "")).lower()
        if call.digits == "1" or "sales" in said:
            return [SpeakSentence("Sales is closed."), *GOODBYE]
        if call.digits == "2" or "support" in said:
            return [SpeakSentence("Support is closed."), *GOODBYE]
        return GOODBYE

    return serve(phone)


def spanish() -> Flask:
    """A menu in two languages; the Spanish one is read by a pattern."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("For English, press 1."),
            SpeakSentence("Para español, oprima 2.", locale="es_MX"),
            gather_url=bye,
            max_digits=1,
        )

    @phone.respond(GatherCallback, "/language", digits="1")
    def english(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We are closed. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/language", digits="2")
    def in_spanish(call: GatherCallback) -> Gather:
        return Gather(
            SpeakSentence("Para ventas, oprima 1. Para repetir este menú, oprima 9.", locale="es_MX"),
            gather_url=in_spanish_again,
            max_digits=1,
        )

    @phone.respond(GatherCallback, "/ventas", digits="1")
    def ventas(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Adiós.", locale="es_MX"), Hangup()]

    @phone.respond(GatherCallback, "/ventas")
    def in_spanish_again(call: GatherCallback) -> list[Verb]:
        return [in_spanish(call)] if call.digits else GOODBYE

    @phone.respond(GatherCallback, "/language")
    def bye(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    return serve(phone)


SPANISH = r"(?i)(?:para (?P<promise>(?P<again>repetir)?[^,]*), )?oprima (?P<key>[0-9*#])"


# -- Ends ----------------------------------------------------------------------------------------------------

FAREWELLS = [
    "Goodbye.",
    "Bye-bye!",
    "Good night.",
    "Have a nice day.",
    "Have a great weekend!",
    "Thank you for calling.",
    "Thanks for your call.",
    "Take care.",
    "See you soon.",
    "Please call back later.",
    "Please try again later.",
    "We will now end this call.",
    "You may hang up now.",
    "Talk to you soon.",
    "This call will now be disconnected.",
    "We look forward to seeing you.",
    "We will call you back as soon as possible. So long!",
]


def farewells() -> Flask:
    """Each number ends in another farewell, and the call ends at the end of the document."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Enter a number of two digits."), gather_url=end, max_digits=2)

    @phone.respond(GatherCallback, "/end")
    def end(call: GatherCallback) -> SpeakSentence:
        return SpeakSentence(FAREWELLS[int((call.digits or "").strip("*#") or 0) % len(FAREWELLS)])

    return serve(phone)


def explicit_hangup() -> Flask:
    """The call ends with Hangup after a sentence without a goodbye."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("It is 20 degrees outside."), Hangup()]

    return serve(phone)


def goodbye_with_flowers() -> Flask:
    """After the goodbye, the document goes on with sound, a tag and a pause until its end."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("It is late. Goodbye!"),
            Tag("late"),
            PlayAudio("https://example.com/jingle.mp3"),
            Pause(duration=1),
        ]

    return serve(phone)


def rejecting() -> Flask:
    """A call that is not wanted ends before it is answered."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def reject(call: InitiateCallback) -> Hangup:
        return Hangup()

    return serve(phone)


def voicemail() -> Flask:
    """After a message the call just ends: the caller was told to hang up, and there is nothing to say."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("We are closed. Please leave a message after the tone, then hang up."),
            PlayAudio("https://example.com/tone.mp3"),
            Record(recording_available_url=phone, max_duration=180),
        ]

    @phone.on(RecordingAvailableCallback)
    def keep(recording: RecordingAvailableCallback) -> None:
        pass

    return serve(phone)


def voicemail_with_thanks() -> Flask:
    """A message is ended by silence, a key or the end of the time; its own document says goodbye."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("Please say your name and your number, then press hash or hang up."),
            Record(record_complete_url=thank, max_duration=60, silence_timeout=5),
        ]

    @phone.respond(RecordingCompleteCallback, "/thanks")
    def thank(call: RecordingCompleteCallback) -> list[Verb]:
        return [SpeakSentence("Thank you. Goodbye."), Hangup()]

    return serve(phone)


# -- Waiting -------------------------------------------------------------------------------------------------


def two_repetitions() -> Flask:
    """A caller who does nothing hears the menu three times, and then a goodbye."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            Gather(
                SpeakSentence("For sales, press 1. For support, press 2."),
                gather_url=department,
                max_digits=1,
                repeat_count=3,
                first_digit_timeout=4,
            )
        ]

    @phone.respond(GatherCallback, "/department", digits={"1", "2"})
    def department(call: GatherCallback) -> list[Verb]:
        name = "Sales" if call.digits == "1" else "Support"
        return [SpeakSentence(f"{name} is closed. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/department")
    def nothing(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We did not understand you. Goodbye."), Hangup()]

    return serve(phone)


def counted_in_the_state() -> Flask:
    """The application itself asks again, at most three times."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("For sales, press 1."), gather_url=again, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu")
    def again(call: GatherCallback) -> list[Verb]:
        with phone.state(call) as state:
            state["times"] = times = state.get("times", 0) + 1
        if times == 3:
            return GOODBYE
        return [Gather(SpeakSentence("For sales, press 1."), gather_url=again, max_digits=1)]

    return serve(phone)


def hold_music() -> Flask:
    """The caller waits in a conference until another person comes."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("You are the first one here."),
            Conference("meeting", conference_event_url=play_music),
            SpeakSentence("The meeting is over. Goodbye."),
        ]

    @phone.respond(ConferenceCreatedCallback, "/meeting")
    def play_music(conference: ConferenceCreatedCallback) -> PlayAudio:
        return PlayAudio("https://example.com/music.mp3")

    return serve(phone)


def ringing() -> Flask:
    """The caller hears ringing for half a minute before anything is said."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [Ring(duration=30), *GOODBYE]

    return serve(phone)


# -- Other people --------------------------------------------------------------------------------------------


def put_through() -> Flask:
    """The caller is put through. The call ends with the conversation, or with a sentence if there is none."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("I am putting you through."),
            Transfer(PhoneNumber(AGENT), call_timeout=20),
            SpeakSentence("Goodbye."),
        ]

    return serve(phone)


def forwarded() -> Flask:
    """The call is forwarded before it is answered."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Forward:
        return Forward(to=AGENT)

    return serve(phone)


def screened() -> Flask:
    """The person who is called decides; what they hear is on the leg of the Transfer."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("One moment, please."),
            Transfer(
                PhoneNumber(AGENT, transfer_answer_url=offer), transfer_complete_url=after, call_timeout=20
            ),
        ]

    @phone.respond(TransferAnswerCallback, "/offer")
    def offer(leg: TransferAnswerCallback) -> Gather:
        return Gather(
            SpeakSentence("A caller. To take the call, press 1. To decline, hang up."),
            gather_url=decide,
            max_digits=1,
        )

    @phone.respond(GatherCallback, "/decide")
    def decide(leg: GatherCallback) -> Response | Hangup:
        return Response() if leg.digits == "1" else Hangup()

    @phone.respond(TransferCompleteCallback, "/after")
    def after(call: TransferCompleteCallback) -> list[Verb]:
        return [SpeakSentence("The conversation is over. Goodbye."), Hangup()]

    return serve(phone)


def two_numbers() -> Flask:
    """If the first number does not answer, the second one is called, and then a message is taken."""
    phone = line(__name__)

    def call_number(number: str, then: Callable[..., object]) -> Transfer:
        return Transfer(PhoneNumber(number), transfer_complete_url=then, call_timeout=15)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Transfer:
        return call_number(AGENT, second)

    @phone.respond(TransferCompleteCallback, "/second")
    def second(call: TransferCompleteCallback) -> list[Verb]:
        return GOODBYE if call.cause == "hangup" else [call_number(BACK_OFFICE, message)]

    @phone.respond(TransferCompleteCallback, "/message")
    def message(call: TransferCompleteCallback) -> list[Verb]:
        if call.cause == "hangup":
            return GOODBYE
        return [SpeakSentence("Please leave a message."), Record(max_duration=60)]

    return serve(phone)


def keys_in_conversation() -> Flask:
    """Keys are reported while two people talk, and one of them starts a recording."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("This call may be recorded."),
            StartRecording(),
            StartGather(dtmf_url=key),
            Transfer(PhoneNumber(AGENT)),
            SpeakSentence("The conversation is over. Goodbye."),
        ]

    @phone.on(DtmfCallback)
    def key(call: DtmfCallback) -> None:
        pass

    return serve(phone)


# -- Kinds of applications -----------------------------------------------------------------------------------


def fallback() -> Flask:
    """If the menu fails, another responder takes the call over."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("For sales, press 1. For support, press 2."),
            gather_url=department,
            gather_fallback_url=apologize,
            max_digits=1,
        )

    @phone.respond(GatherCallback, "/department", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]

    @phone.respond(GatherCallback, "/department", digits="2")
    def support(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Support is closed."), *GOODBYE]

    @phone.respond(GatherCallback, "/department")
    def department(call: GatherCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(GatherCallback, "/sorry")
    def apologize(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Something is wrong here. Please try again later."), Hangup()]

    return serve(phone)


def outbound() -> Flask:
    """The application calls; a machine hears a message, and a person is asked to press a key."""
    phone = line(__name__)

    @phone.respond(AnswerCallback, "/reminder")
    def remind(call: AnswerCallback) -> Gather:
        return Gather(
            SpeakSentence("You have an appointment tomorrow. To confirm, press 1. To cancel, press 2."),
            gather_url=decide,
            max_digits=1,
            repeat_count=2,
        )

    @phone.respond(GatherCallback, "/decide", digits="1")
    def confirm(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("See you tomorrow."), Hangup()]

    @phone.respond(GatherCallback, "/decide", digits="2")
    def cancel(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Your appointment is canceled. Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/decide")
    def decide(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We will call again."), Hangup()]

    @phone.on(MachineDetectionCompleteCallback)
    def note_machine(call: MachineDetectionCompleteCallback) -> None:
        pass

    @phone.on(DisconnectCallback)
    def note_end(call: DisconnectCallback) -> None:
        pass

    return serve(phone)


def variables() -> Flask:
    """The variable of a path says which department was chosen."""
    phone = line(__name__)

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(
            SpeakSentence("For sales, press 1. For support, press 2."), gather_url=choose, max_digits=1
        )

    @phone.respond(GatherCallback, "/choose")
    def choose(call: GatherCallback) -> list[Verb]:
        name = {"1": "sales", "2": "support"}.get(call.digits or "")
        if name is None:
            return GOODBYE
        return [Redirect(redirect_url=phone.url_for(department, name=name))]

    @phone.respond(RedirectCallback, "/department/<name>")
    def department(call: RedirectCallback, name: str) -> list[Verb]:
        return [SpeakSentence(f"The department of {name} is closed. Goodbye."), Hangup()]

    return serve(phone)


def subscribers_only() -> Flask:
    """The application answers no calls: it notes how calls end that are handled elsewhere."""
    phone = line(__name__)

    @phone.on(DisconnectCallback)
    def note_end(call: DisconnectCallback) -> None:
        pass

    @phone.on(CallCallback)
    def note(call: CallCallback) -> None:
        pass

    return serve(phone)


LINES: tuple[Callable[[], Flask], ...] = (
    repeated,
    submenus,
    any_key,
    other_keys,
    entry,
    attempts,
    speech,
    spanish,
    farewells,
    explicit_hangup,
    goodbye_with_flowers,
    rejecting,
    voicemail,
    voicemail_with_thanks,
    two_repetitions,
    counted_in_the_state,
    hold_music,
    ringing,
    put_through,
    forwarded,
    screened,
    two_numbers,
    keys_in_conversation,
    fallback,
    outbound,
    variables,
    subscribers_only,
)

CALLING = (put_through, forwarded, screened, two_numbers, keys_in_conversation)
"""Those that call other people. To the others, it makes no difference how these behave."""
