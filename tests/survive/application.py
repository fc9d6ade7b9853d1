"""A phone line for web servers with several workers. What its handlers do is written to a file.

Its settings come from environment variables that begin with ``FLASK_``: ``EFFECTS``, the path of that file,
``SECONDS_OF_WORK``, and those of the library.
"""

from __future__ import annotations

import os
import time

from flask import Flask, current_app

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    CallCallback,
    DisconnectCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    StateLocked,
)
from flask_bandwidth_callbacks.bxml import (
    Gather,
    Hangup,
    Pause,
    Record,
    Redirect,
    SpeakSentence,
    StartGather,
    StopGather,
    Verb,
)
from tests.survive.effects import Effect

CREDENTIALS = ("bandwidth", "s3cret")

phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])


@phone.respond(InitiateCallback)
def greet(call: InitiateCallback) -> list[Verb]:
    write("greet", call)
    return [
        StartGather(dtmf_url=count_key),
        SpeakSentence("Type the number of your ticket."),
        Pause(duration=20),
        Redirect(redirect_url=ask),
    ]


@phone.on(DtmfCallback)
def count_key(call: DtmfCallback) -> None:
    with phone.state(call) as state:
        state["keys"] = state.get("keys", 0) + 1
    write("count key", call)


@phone.respond(RedirectCallback, "/ask")
def ask(call: RedirectCallback) -> list[Verb]:
    with phone.state(call) as state:
        keys = state.get("keys", 0)
    write("ask", call)
    return [StopGather(), SpeakSentence(f"You typed {keys} keys."), question()]


@phone.respond(GatherCallback, "/menu")
def choose(call: GatherCallback) -> list[Verb]:
    with phone.state(call) as state:
        state["tries"] = tries = state.get("tries", 0) + 1
    write("choose", call, call.digits)
    if call.digits != "1":
        return [SpeakSentence(f"That was try {tries}."), question()]
    return [
        SpeakSentence(f"Speak after try {tries}."),
        Record(record_complete_url=thank, recording_available_url=keep),
    ]


@phone.respond(GatherCallback, "/menu", digits="0")
def hold(call: GatherCallback) -> list[Verb]:
    with phone.state(call) as state:
        state["held"] = True
        write("hold", call)
        time.sleep(2)
    return [SpeakSentence("You were on hold."), question()]


@phone.errorhandler(StateLocked)
def apologize(error: StateLocked) -> list[Verb]:
    return [SpeakSentence("Sorry."), question()]


@phone.respond(RecordingCompleteCallback, "/thanks")
def thank(call: RecordingCompleteCallback) -> list[Verb]:
    write("thank", call)
    return [SpeakSentence("Thank you."), Hangup()]


@phone.on(DisconnectCallback)
def end(call: DisconnectCallback) -> None:
    with phone.state(call) as state:
        write("end", call, dict(sorted(state.items())))


# -- After the reply -----------------------------------------------------------------------------------------


@phone.on(InitiateCallback, background=True)
def announce(call: InitiateCallback) -> None:
    write("announce", call)


@phone.on(RecordingAvailableCallback, background=True)
def keep(recording: RecordingAvailableCallback) -> None:
    write("begin to keep", recording, recording.recording_id)
    time.sleep(current_app.config["SECONDS_OF_WORK"])
    write("keep", recording, recording.recording_id)


@phone.on(DisconnectCallback, background=True)
def bill(call: DisconnectCallback) -> None:
    write("bill", call, call.cause)


# -- The application -----------------------------------------------------------------------------------------


def question() -> Gather:
    """Return the question that callers hear until they press 1."""
    return Gather(SpeakSentence("To leave a message, press 1."), gather_url=choose, max_digits=1)


def write(name: str, event: CallCallback, detail: object = None) -> None:
    """Write down an effect of a handler."""
    Effect(name, event.call_id, str(event.repeat_key), str(detail), os.getpid()).write(
        current_app.config["EFFECTS"]
    )


def create_app() -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.config["SECONDS_OF_WORK"] = 0.0
    app.config.from_prefixed_env()
    app.register_blueprint(phone, url_prefix="/phone")

    @app.get("/worker")
    def tell_worker() -> str:
        return str(os.getpid())

    return app
