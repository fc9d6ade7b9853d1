"""The phone line: what callers hear, where their calls go, and what is logged about them.

A call begins at :func:`greet`. From there the URL in each reply names the function that runs next. What a
later function must know is in the state of the call, or travels with the call as its tag.
"""

from datetime import timedelta

from flask import current_app

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    CallCallback,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    TransferAnswerCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Gather,
    Hangup,
    PhoneNumber,
    Record,
    Response,
    SpeakSentence,
    Transfer,
    Verb,
)

from .calls import add_message, add_step
from .hours import greeting, is_open, now
from .recordings import can_fetch, fetch_sound

phone = CallbackBlueprint("phone", __name__)


# -- Picking up ----------------------------------------------------------------------------------------------


@phone.respond(InitiateCallback)
def greet(call: InitiateCallback) -> list[Verb]:
    """Greet the caller; offer the menu during opening hours, else take a message."""
    welcome = SpeakSentence(f"{greeting()}, this is {current_app.config['SWITCHBOARD_COMPANY']}.")
    if is_open():
        return [welcome, ask()]
    return [welcome, SpeakSentence("We are closed at the moment."), *take_message(call)]


def ask() -> Gather:
    """Play the menu, and play it again if the caller presses no key."""
    return Gather(
        SpeakSentence("For sales, press 1. For support, press 2. To leave a message, press 3."),
        gather_url=menu,
        max_digits=1,
        repeat_count=2,
    )


# -- The menu ------------------------------------------------------------------------------------------------


@phone.respond(GatherCallback, "/menu", digits="1")
def sales(call: GatherCallback) -> list[Verb]:
    return put_through("sales")


@phone.respond(GatherCallback, "/menu", digits="2")
def support(call: GatherCallback) -> list[Verb]:
    return put_through("support")


@phone.respond(GatherCallback, "/menu", digits={"3", ""})
def message(call: GatherCallback) -> list[Verb]:
    """Take a message if the caller asks for it or presses no key."""
    return take_message(call)


@phone.respond(GatherCallback, "/menu")
def menu(call: GatherCallback) -> list[Verb]:
    """Offer the menu again after any other key; after a second one, take a message."""
    with phone.state(call) as state:
        state["wrong keys"] = wrong_keys = state.get("wrong keys", 0) + 1
    sorry = SpeakSentence("Sorry, that key leads nowhere.")
    if wrong_keys > 1:
        return [sorry, *take_message(call)]
    return [sorry, ask()]


# -- Putting a call through ----------------------------------------------------------------------------------


# No call reaches the responders to a department, unless SWITCHBOARD_SCREENS is set.


def put_through(department: str) -> list[Verb]:
    config = current_app.config
    number = PhoneNumber(config[f"SWITCHBOARD_{department.upper()}"])
    if config["SWITCHBOARD_SCREENS"]:
        number = number.replace(transfer_answer_url=offer, tag=department)
    return [
        SpeakSentence(f"One moment, I am putting you through to {department}."),
        Transfer(
            number,
            call_timeout=config["SWITCHBOARD_RING_SECONDS"],
            transfer_complete_url=after_transfer,
            tag=department,
        ),
    ]


@phone.respond(TransferAnswerCallback, "/offered")  # explore: allow unreached
def offer(leg: TransferAnswerCallback) -> Gather:
    """Offer the call to the person in the department, who alone hears this."""
    return Gather(
        SpeakSentence(f"A caller for {leg.tag}. To take the call, press 1. To decline, hang up."),
        gather_url=take,
        max_digits=1,
    )


@phone.respond(GatherCallback, "/taken", digits="1")  # explore: allow unreached
def take(leg: GatherCallback) -> Response:
    """Connect the caller. On the leg of a Transfer an empty document does that; it does not hang up."""
    # The leg is a call of its own. What it leads to belongs to the call of the caller.
    with phone.state(leg.parent_call_id or leg.call_id) as state:
        state["taken"] = True
    return Response()


@phone.respond(GatherCallback, "/taken")  # explore: allow unreached
def decline(leg: GatherCallback) -> Hangup:
    return Hangup()


def talked(call: TransferCompleteCallback) -> bool:
    """Return whether the two talked. A person who declines hangs up as well, and the cause is the same."""
    with phone.state(call) as state:
        is_taken = state.get("taken", not current_app.config["SWITCHBOARD_SCREENS"])
    return call.cause == "hangup" and is_taken


@phone.respond(TransferCompleteCallback, "/transferred")
def after_transfer(call: TransferCompleteCallback) -> list[Verb]:
    """End the call after a conversation; else say why there was none, and take a message."""
    if talked(call):
        return [Hangup()]
    match call.cause:
        case "busy":
            reason = f"the line to {call.tag} is busy"
        case "timeout":
            reason = f"nobody in {call.tag} is answering"
        case "hangup":
            reason = f"{call.tag} cannot take your call"
        case _:
            reason = f"{call.tag} cannot be reached"
    return [SpeakSentence(f"I am sorry, {reason}."), *take_message(call)]


# -- Voicemail -----------------------------------------------------------------------------------------------


def take_message(call: CallCallback) -> list[Verb]:
    """Record a message. Ask for a number if the caller's is withheld."""
    number = "" if (call.var_from or "").startswith("+") else ", and the number to call you back at"
    return [
        SpeakSentence(f"Please leave your name and your message{number}, then press hash or hang up."),
        Record(record_complete_url=thank, recording_available_url=phone, max_duration=180),
    ]


def is_empty(length: timedelta | None) -> bool:
    return length is not None and length < timedelta(seconds=1)


@phone.respond(RecordingCompleteCallback, "/recorded")
def thank(call: RecordingCompleteCallback) -> list[Verb]:
    return [SpeakSentence("Thank you, we will call you back. Goodbye."), Hangup()]


@phone.respond(RecordingCompleteCallback, "/recorded", duration=is_empty)
def record_again(call: RecordingCompleteCallback) -> list[Verb]:
    """Record again after an empty message, this time without a URL: the next verb says goodbye."""
    return [
        SpeakSentence("I heard nothing. Please try once more."),
        Record(recording_available_url=phone, max_duration=180),
        SpeakSentence("Thank you. Goodbye."),
    ]


# -- The log of calls ----------------------------------------------------------------------------------------


def log(call: CallCallback, step: str, over: bool = False) -> None:
    add_step(call.call_id, call.var_from or "", call.event_time or now(), step, over)


@phone.on(InitiateCallback)
def log_call(call: InitiateCallback) -> None:
    log(call, "called")


@phone.on(GatherCallback, parent_call_id=None)
def log_key(call: GatherCallback) -> None:
    log(call, f"pressed {call.digits or 'nothing'}")


@phone.on(TransferCompleteCallback)
def log_transfer(call: TransferCompleteCallback) -> None:
    if talked(call):
        log(call, f"talked to {call.tag}")
    else:
        log(call, f"did not reach {call.tag}: {'declined' if call.cause == 'hangup' else call.cause}")


@phone.on(RecordingAvailableCallback)
def log_message(call: RecordingAvailableCallback) -> None:
    """Log a message. Bandwidth sends this event some time after the recording, often after the call."""
    if call.status == "error":
        log(call, "left a message that was lost")
    elif not is_empty(call.duration):
        length = f" of {call.duration.total_seconds():.0f} s" if call.duration else ""
        log(call, f"left a message{length}")


@phone.on(RecordingAvailableCallback, background=True)
def keep_message(call: RecordingAvailableCallback) -> None:
    """Fetch the sound of a message and keep it, after the reply to Bandwidth, however long that takes."""
    if can_fetch() and call.status != "error" and not is_empty(call.duration):
        add_message(call.recording_id or "", call.call_id, fetch_sound(call))


@phone.on(DisconnectCallback)
def log_end(call: DisconnectCallback) -> None:
    log(call, "hung up" if call.cause == "hangup" else f"cut off: {call.cause}", over=True)
