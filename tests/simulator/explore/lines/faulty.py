"""One phone line with one fault of each kind, each beneath a key of its own, so that they do not meet."""

from __future__ import annotations

from flask import Flask

from flask_bandwidth_callbacks import GatherCallback, InitiateCallback, TransferCompleteCallback
from flask_bandwidth_callbacks.bxml import (
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    Record,
    SpeakSentence,
    Transfer,
    Verb,
)
from tests.simulator.explore.lines.serving import AGENT, line, serve

phone = line(__name__)

GOODBYE = [SpeakSentence("Goodbye."), Hangup()]


def create_app() -> Flask:
    return serve(phone)


@phone.respond(InitiateCallback)
def greet(call: InitiateCallback) -> Gather:
    return Gather(
        SpeakSentence(
            "For the news, press 1. To leave a message, press 2. For our opening hours, press 3. To find us,"
            " press 4. For offers, press 5. To wait, press 6. For the weather, press 7. For silence, press 8."
            " For a person, press 9."
        ),
        gather_url=other,
        max_digits=1,
        repeat_count=2,
    )


@phone.respond(GatherCallback, "/menu")
def other(call: GatherCallback) -> list[Verb]:
    return GOODBYE


# -- exception -----------------------------------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="1")
def news(call: GatherCallback) -> list[Verb]:
    raise LookupError("no news today")


# -- lost-call: no responder takes the message ---------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="2")
def message(call: GatherCallback) -> list[Verb]:
    return [
        SpeakSentence("Please leave a message, then press hash."),
        Record(record_complete_url=phone, max_duration=60),
    ]


# -- unannounced-hangup --------------------------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="3")
def hours(call: GatherCallback) -> SpeakSentence:
    return SpeakSentence("We are open from nine to five.")


# -- false-promise: key 2 is promised ------------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="4")
def find(call: GatherCallback) -> Gather:
    return Gather(SpeakSentence("For parking, press 1. For buses, press 2."), gather_url=arrive, max_digits=1)


@phone.respond(GatherCallback, "/arrive", digits="1")
def park(call: GatherCallback) -> list[Verb]:
    return [SpeakSentence("There are parking spaces behind the house."), *GOODBYE]


@phone.respond(GatherCallback, "/arrive")
def arrive(call: GatherCallback) -> list[Verb]:
    return GOODBYE


# -- hidden-key: key 9 ---------------------------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="5")
def offers(call: GatherCallback) -> Gather:
    return Gather(SpeakSentence("For today's offer, press 1."), gather_url=no_offer, max_digits=1)


@phone.respond(GatherCallback, "/offers", digits="1")
def today(call: GatherCallback) -> list[Verb]:
    return [SpeakSentence("Bread is half the price."), *GOODBYE]


@phone.respond(GatherCallback, "/offers", digits="9")
def tomorrow(call: GatherCallback) -> list[Verb]:
    return [SpeakSentence("Tomorrow cake will be half the price."), *GOODBYE]


@phone.respond(GatherCallback, "/offers")
def no_offer(call: GatherCallback) -> list[Verb]:
    return GOODBYE


# -- silent-loop: pressing a key ends it ---------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="6")
@phone.respond(GatherCallback, "/wait", digits="")
def wait(call: GatherCallback) -> Gather:
    return Gather(SpeakSentence("Please wait. To give up, press 1."), gather_url=give_up, max_digits=1)


@phone.respond(GatherCallback, "/wait", digits="1")
def give_up(call: GatherCallback) -> list[Verb]:
    return [SpeakSentence("You have given up."), *GOODBYE]


@phone.respond(GatherCallback, "/wait")
def wrong_key(call: GatherCallback) -> list[Verb]:
    return GOODBYE


# -- no-way-out ----------------------------------------------------------------------------------------------
# A caller who does nothing here is never let go either, so this is a silent-loop by the letter as well.


def ask_for_weather(words: str) -> Gather:
    return Gather(
        SpeakSentence(f"{words} For the weather of today, press 1."), gather_url=no_weather, max_digits=1
    )


@phone.respond(GatherCallback, "/menu", digits="7")
def weather(call: GatherCallback) -> Gather:
    return ask_for_weather("This is the weather.")


@phone.respond(GatherCallback, "/weather", digits="1")
def sunshine(call: GatherCallback) -> Gather:
    return ask_for_weather("The sun is shining.")


@phone.respond(GatherCallback, "/weather")
def no_weather(call: GatherCallback) -> Gather:
    return ask_for_weather("Sorry?")


# -- long-silence --------------------------------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="8")
def silence(call: GatherCallback) -> list[Verb]:
    return [SpeakSentence("Listen."), Pause(duration=11), *GOODBYE]


# -- long-way ------------------------------------------------------------------------------------------------

MENUS = 12
"""Menus between the first one and a person, each of which takes a step."""


@phone.respond(GatherCallback, "/menu", digits="9")
def far(call: GatherCallback) -> Gather:
    return ask_to_go_on(1)


def ask_to_go_on(menu: int) -> Gather:
    return Gather(
        SpeakSentence(f"This is menu {menu}. To go on, press 1."),
        gather_url=phone.url_for(stay, menu=menu),
        max_digits=1,
    )


@phone.respond(GatherCallback, "/far/<int:menu>", digits="1")
def go_on(call: GatherCallback, menu: int) -> list[Verb]:
    if menu < MENUS:
        return [ask_to_go_on(menu + 1)]
    return [
        SpeakSentence("One moment, please."),
        Transfer(PhoneNumber(AGENT), transfer_complete_url=talked),
    ]


@phone.respond(GatherCallback, "/far/<int:menu>")
def stay(call: GatherCallback, menu: int) -> list[Verb]:
    return GOODBYE


@phone.respond(TransferCompleteCallback, "/talked")
def talked(call: TransferCompleteCallback) -> list[Verb]:
    return GOODBYE


# -- unreached -----------------------------------------------------------------------------------------------


@phone.respond(GatherCallback, "/forgotten")
def forgotten(call: GatherCallback) -> list[Verb]:
    return GOODBYE
