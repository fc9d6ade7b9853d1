"""Many small lines, each with what exploration must find on it: the kind, and what the caller did."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort

from flask_bandwidth_callbacks import (
    BridgeCompleteCallback,
    CallbackBlueprint,
    DisconnectCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    TransferAnswerCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
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
    StartStream,
    Transfer,
    Verb,
)
from tests.simulator.explore.lines.serving import AGENT, line, serve

BUSY = [{AGENT: "busy"}]
UNCHECKED = {"TESTING": False, "BANDWIDTH_CALLBACKS_CHECK_BXML": False}
"""Settings with which documents are sent as they are."""
GOODBYE = [SpeakSentence("Goodbye."), Hangup()]


@dataclass(frozen=True)
class Variant:
    """A line, and what is found on it."""

    add: Callable[[CallbackBlueprint], None]
    """Adds the handlers to a blueprint."""
    findings: list[str]
    """Each as kind and steps."""
    options: dict[str, Any]
    """Arguments of ``explore``."""
    config: dict[str, Any]

    def create_app(self) -> Flask:
        phone = line(__name__)
        self.add(phone)
        return serve(phone, **self.config)


VARIANTS: list[Variant] = []


def gives(
    *findings: str, config: dict[str, Any] | None = None, **options: Any
) -> Callable[[Callable[[CallbackBlueprint], None]], Callable[[CallbackBlueprint], None]]:
    """Decorate a function that adds handlers to a blueprint: exploration finds this there, and no more."""

    def add(function: Callable[[CallbackBlueprint], None]) -> Callable[[CallbackBlueprint], None]:
        VARIANTS.append(Variant(function, list(findings), options, config or {}))
        return function

    return add


def menu(phone: CallbackBlueprint, prompt: str, **attributes: Any) -> None:
    """Begin calls with a prompt. Other keys than those that have a responder lead to a goodbye."""

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence(prompt), gather_url=other, **{"max_digits": 1, **attributes})

    @phone.respond(GatherCallback, "/menu")
    def other(call: GatherCallback) -> list[Verb]:
        return GOODBYE


# -- exception -----------------------------------------------------------------------------------------------


@gives("exception: press 1")
def subscriber_raises(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.")

    @phone.on(GatherCallback, digits="1")
    def count(call: GatherCallback) -> None:
        raise LookupError("no counter")


@gives("exception: ")
def subscriber_raises_after_the_call(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return GOODBYE

    @phone.on(DisconnectCallback)
    def bill(call: DisconnectCallback) -> None:
        raise LookupError("no bill")


@gives("exception: press 1")
def work_in_the_background_raises(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.")

    @phone.on(GatherCallback, digits="1", background=True)
    def count(call: GatherCallback) -> None:
        raise LookupError("no counter")


@gives("exception: ", callees=BUSY)
def raises_if_the_agent_is_busy(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Transfer:
        return Transfer(PhoneNumber(AGENT), transfer_complete_url=after)

    @phone.respond(TransferCompleteCallback, "/after")
    def after(call: TransferCompleteCallback) -> list[Verb]:
        if call.cause == "busy":
            raise LookupError("no other agent")
        return GOODBYE


@gives("exception: ", at=["2026-01-05T10:00", "2026-01-05T03:00"])
def raises_at_night(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        if datetime.now(UTC).hour < 6:
            raise LookupError("nobody is awake")
        return GOODBYE


@gives("exception: press *; wait 5 s")
def raises_for_keys_that_are_no_digits(phone: CallbackBlueprint) -> None:
    menu(phone, "Enter the number of your order.", max_digits=2)

    @phone.respond(GatherCallback, "/menu", digits=re.compile("."))
    def order(call: GatherCallback) -> list[Verb]:
        number = int(call.digits or "")  # one finding, whether * or # was pressed
        return [SpeakSentence(f"Your order has number {number}."), *GOODBYE]


@gives("exception: ", "unreached: ")
def leg_raises(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [Transfer(PhoneNumber(AGENT, transfer_answer_url=offer)), *GOODBYE]

    @phone.respond(TransferAnswerCallback, "/offer")
    def offer(leg: TransferAnswerCallback) -> Gather:
        raise LookupError("no offer")

    @phone.respond(GatherCallback, "/decide")
    def decide(leg: GatherCallback) -> Response:
        return Response()


@gives("exception: press 1")
def refuses(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> list[Verb]:
        abort(403)


@gives()
def errorhandler_replies(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> list[Verb]:
        raise LookupError("no news")

    @phone.errorhandler(LookupError)
    def apologize(error: LookupError) -> list[Verb]:
        return [SpeakSentence("There are no news today. Goodbye."), Hangup()]


# -- lost-call -----------------------------------------------------------------------------------------------


@gives("lost-call: press 2")
def no_responder_for_other_keys(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Press 1 for the news."), gather_url=news, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("There are no news."), *GOODBYE]


@gives("lost-call: press 1")
def returns_none(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> None:
        [SpeakSentence("There are no news."), *GOODBYE]


@gives("lost-call: press 1")
def returns_no_bxml(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> str:
        return "<Response><SpeakSentence>There are no news."


@gives("lost-call: press 1", config=UNCHECKED)
def sends_a_fault(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> str:
        return '<Response><Gather maxDigits="many"/></Response>'


@gives("lost-call: press 1")
def leads_to_another_host(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("One moment."), Redirect(redirect_url="https://news.example.com/phone")]


@gives("lost-call: press 1", config=UNCHECKED)
def has_the_wrong_password(phone: CallbackBlueprint) -> None:
    menu(phone, "Press 1 for the news.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def news(call: GatherCallback) -> Redirect:
        return Redirect(redirect_url="/phone/", username="bandwidth", password="old")


# -- unannounced-hangup --------------------------------------------------------------------------------------


@gives("unannounced-hangup: press 1234")
def gather_leads_nowhere(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Who are you?"), max_digits=4)


@gives("unannounced-hangup: ")
def empty_document(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Response:
        return Response()


@gives("unannounced-hangup: wait 20 s")
def rings_and_ends(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("Please hold."), Ring(duration=20)]


@gives("unannounced-hangup: ", callees=BUSY)
def nobody_is_put_through(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("One moment."), Transfer(PhoneNumber(AGENT))]


@gives("unannounced-hangup: +13035550141: hang up")
def survey_after_a_conversation(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Transfer:
        return Transfer(PhoneNumber(AGENT), transfer_complete_url=ask)

    @phone.respond(TransferCompleteCallback, "/ask")
    def ask(call: TransferCompleteCallback) -> SpeakSentence:
        return SpeakSentence("Were you content with us?")


@gives("unannounced-hangup: ", callees=[{}, *BUSY])
def nothing_is_said_after_a_transfer(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Transfer:
        return Transfer(PhoneNumber(AGENT), transfer_complete_url=end)

    @phone.respond(TransferCompleteCallback, "/end")
    def end(call: TransferCompleteCallback) -> Response:
        return Response()  # right after a conversation, but not if the agent was busy


@gives("unannounced-hangup: ")
def emergency(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> SpeakSentence:
        return SpeakSentence("If this is an emergency, hang up and dial 911. We open at nine.")


@gives("unannounced-hangup: press #")
def nothing_after_a_message(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("Please leave a message, then press hash."),
            Record(record_complete_url=saved, max_duration=30),
        ]

    @phone.respond(RecordingCompleteCallback, "/saved")
    def saved(call: RecordingCompleteCallback) -> SpeakSentence:
        return SpeakSentence("Your message is saved.")


@gives(
    "unannounced-hangup: ",
    config=UNCHECKED,
)
def stream_is_not_waited_for(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("You talk to a program."),
            StartStream(name="agent", destination="wss://example.com/ws", mode="bidirectional"),
        ]


# -- false-promise -------------------------------------------------------------------------------------------


@gives("false-promise: press 2")
def promise_in_words(phone: CallbackBlueprint) -> None:
    menu(phone, "Press one for sales, or press two for support.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]


@gives("false-promise: press 2")
def promise_before_the_gather(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("For sales, press 1; for support, 2."),
            Gather(gather_url=other, max_digits=1),
        ]

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu")
    def other(call: GatherCallback) -> list[Verb]:
        return GOODBYE


@gives("false-promise: ")
def promise_before_the_end(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("We are closed. Press 1 to leave a message."), Hangup()]


@gives("false-promise: ")
def promise_that_only_words_keep(phone: CallbackBlueprint) -> None:
    menu(phone, "For sales, press 1.", input="speech")


@gives("false-promise: ")
def message_does_not_end_with_star(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("Please leave a message, then press star."), Record(max_duration=60), *GOODBYE]


@gives("false-promise: press #; wait 5 s")
def entry_does_not_end_with_a_key(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Enter your number, followed by the pound key."), gather_url=other)

    @phone.respond(GatherCallback, "/number")
    def other(call: GatherCallback) -> list[Verb]:
        return GOODBYE


@gives("false-promise: press 2", announcements="(?i)drücken Sie (?P<key>[0-9])")
def promise_in_german(phone: CallbackBlueprint) -> None:
    menu(phone, "Für den Verkauf drücken Sie 1, für den Kundendienst drücken Sie 2.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Der Verkauf ist geschlossen."), *GOODBYE]


@gives("false-promise: +13035550141: press 2")
def promise_to_another_person(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [Transfer(PhoneNumber(AGENT, transfer_answer_url=offer)), *GOODBYE]

    @phone.respond(TransferAnswerCallback, "/offer")
    def offer(leg: TransferAnswerCallback) -> Gather:
        return Gather(
            SpeakSentence("To take the call, press 1. To hear who calls, press 2."),
            gather_url=decide,
            max_digits=1,
        )

    @phone.respond(GatherCallback, "/decide")
    def decide(leg: GatherCallback) -> Response | Hangup:
        return Response() if leg.digits == "1" else Hangup()


@gives()
def key_that_is_counted(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            StartGather(dtmf_url=count),
            SpeakSentence("To vote for us, press 1."),
            Pause(duration=9),
            *GOODBYE,
        ]

    @phone.on(DtmfCallback)
    def count(call: DtmfCallback) -> None:
        pass


@gives()
def promises_before_a_pause(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [
            SpeakSentence("For sales, press 1. Or leave a message, then press hash."),
            Pause(duration=1),
            Gather(gather_url=other, max_digits=1),
        ]

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu")
    def other(call: GatherCallback) -> list[Verb]:
        return [Record(max_duration=30), *GOODBYE]


@gives()
def two_keys_do_the_same(phone: CallbackBlueprint) -> None:
    menu(phone, "For sales, press 1. To buy something, press 2.")

    @phone.respond(GatherCallback, "/menu", digits={"1", "2"})
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]


@gives()
def key_does_what_silence_does(phone: CallbackBlueprint) -> None:
    menu(phone, "For sales, press 1.")

    @phone.respond(GatherCallback, "/menu", digits={"1", ""})
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]


@gives()
def every_key_is_repeated(phone: CallbackBlueprint) -> None:
    menu(phone, "Press a digit.")

    @phone.respond(GatherCallback, "/menu", digits=re.compile("."))
    def digit(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence(f"You pressed {call.digits}."), *GOODBYE]


# -- hidden-key ----------------------------------------------------------------------------------------------


@gives("hidden-key: press 0")
def person_is_not_announced(phone: CallbackBlueprint) -> None:
    menu(phone, "For opening hours, press 1.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def hours(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We open at nine."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu", digits="0")
    def person(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("One moment."), Transfer(PhoneNumber(AGENT)), *GOODBYE]


@gives()
def file_may_announce_keys(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(PlayAudio("https://example.com/menu.mp3"), gather_url=other, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def hours(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We open at nine."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu")
    def other(call: GatherCallback) -> list[Verb]:
        return GOODBYE


@gives()
def key_was_announced_before(phone: CallbackBlueprint) -> None:
    menu(phone, "For opening hours, press 1. For a person, press 2.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def hours(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("We open at nine."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu", digits="2")
    def person(call: GatherCallback) -> Gather:
        return Gather(SpeakSentence("All lines are busy. Choose again."), gather_url=hours, max_digits=1)


# -- silent-loop and no-way-out ------------------------------------------------------------------------------


@gives("silent-loop: ")
def seven_repetitions(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.", repeat_count=7)


@gives()
def five_repetitions(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.", repeat_count=5)


@gives("silent-loop: ")
def ten_repetitions_by_the_application(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Press any key."), gather_url=end, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="")
    def again(call: GatherCallback) -> list[Verb]:
        with phone.state(call) as state:
            state["times"] = times = state.get("times", 0) + 1
        return [greet(InitiateCallback())] if times < 10 else GOODBYE

    @phone.respond(GatherCallback, "/menu")
    def end(call: GatherCallback) -> list[Verb]:
        return GOODBYE


@gives("silent-loop: ", "no-way-out: ")
def music_forever(phone: CallbackBlueprint) -> None:
    @phone.respond((InitiateCallback, RedirectCallback), "/hold")
    def hold(call: InitiateCallback | RedirectCallback) -> list[Verb]:
        return [PlayAudio("https://example.com/music.mp3"), Pause(duration=1), Redirect(redirect_url=hold)]

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("All lines are busy."), Redirect(redirect_url=hold)]


@gives("silent-loop: press 2", "no-way-out: press 2")
def trap(phone: CallbackBlueprint) -> None:
    menu(phone, "For sales, press 1. For the riddle, press 2.")

    @phone.respond(GatherCallback, "/menu", digits="1")
    def sales(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence("Sales is closed."), *GOODBYE]

    @phone.respond(GatherCallback, "/menu", digits="2")
    def enter(call: GatherCallback) -> Gather:
        return riddle(call)

    @phone.respond(GatherCallback, "/riddle")
    def riddle(call: GatherCallback) -> Gather:
        return Gather(SpeakSentence("Which key is it?"), gather_url=riddle, max_digits=1)


# -- long-silence --------------------------------------------------------------------------------------------


@gives("long-silence: wait 15 s")
def long_wait_for_a_key(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.", first_digit_timeout=15)


@gives("long-silence: wait 6 s; wait 6 s")
def pauses_that_follow_each_other(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("One moment."), Pause(duration=6), Redirect(redirect_url=wait)]

    @phone.respond(RedirectCallback, "/wait")
    def wait(call: RedirectCallback) -> list[Verb]:
        return [Pause(duration=6), *GOODBYE]


@gives()
def ten_seconds(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("One moment."), Pause(duration=10), *GOODBYE]


@gives()
def ringing_of_a_transfer(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("One moment."), Transfer(PhoneNumber(AGENT), call_timeout=30), *GOODBYE]


# -- what differs from call to call --------------------------------------------------------------------------


@gives()
def random_numbers(phone: CallbackBlueprint) -> None:
    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        ticket, number = uuid.uuid4(), random.randint(1, 1000)
        return Gather(
            SpeakSentence(f"Your ticket is {ticket}, your number is {number}. To hear it again, press 1."),
            gather_url=other,
            max_digits=1,
            tag=ticket.hex,
        )

    @phone.respond(GatherCallback, "/menu", digits="1")
    def again(call: GatherCallback) -> Gather:
        return greet(InitiateCallback())

    @phone.respond(GatherCallback, "/menu")
    def other(call: GatherCallback) -> list[Verb]:
        return GOODBYE


# -- long-way and unreached ----------------------------------------------------------------------------------


@gives("long-way: press 1; press 1; press 1", longest_way=2)
def three_menus(phone: CallbackBlueprint) -> None:
    menu(phone, "For a person, press 1.")

    def ask(words: str, then: Callable[..., object]) -> list[Verb]:
        return [Gather(SpeakSentence(f"{words} Press 1."), gather_url=then, max_digits=1)]

    @phone.respond(GatherCallback, "/menu", digits="1")
    def second(call: GatherCallback) -> list[Verb]:
        return ask("Really?", third)

    @phone.respond(GatherCallback, "/third")
    def third(call: GatherCallback) -> list[Verb]:
        return ask("Really and truly?", connect) if call.digits == "1" else GOODBYE

    @phone.respond(GatherCallback, "/connect")
    def connect(call: GatherCallback) -> list[Verb]:
        return [Transfer(PhoneNumber(AGENT)), *GOODBYE] if call.digits == "1" else GOODBYE


@gives("unreached: ", "unreached: ")
def responders_that_nothing_leads_to(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.")

    @phone.respond(BridgeCompleteCallback)
    def bridged(call: BridgeCompleteCallback) -> list[Verb]:
        return GOODBYE

    @phone.respond(GatherCallback, "/room/<int:room>")
    def room(call: GatherCallback, room: int) -> list[Verb]:
        return GOODBYE


@gives()
def responder_to_one_caller(phone: CallbackBlueprint) -> None:
    menu(phone, "Press any key.")

    @phone.respond(InitiateCallback, var_from="+13035550199")
    def boss(call: InitiateCallback) -> list[Verb]:
        return [SpeakSentence("Hello, boss."), *GOODBYE]
