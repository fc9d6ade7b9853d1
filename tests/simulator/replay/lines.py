"""A phone line with all that callers and callees do, and calls of it that are recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import (
    AnswerCallback,
    CallbackBlueprint,
    ConferenceCallback,
    GatherCallback,
    InitiateCallback,
    RecordingCompleteCallback,
    RedirectCallback,
    TransferAnswerCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    Record,
    Redirect,
    Response,
    SpeakSentence,
    StartGather,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.call_log import Line, read_lines
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.call_log.writers import wait_for_writers
from tests.conftest import CREDENTIALS

SALES = "+13035550171"
SUPPORT = "+13035550172"


def line_with(texts: Mapping[str, str] | None = None, file: Path | None = None, **config: Any) -> Flask:
    """Return an application of the phone line.

    :param texts: what it says in place of other sentences.
    :param file: its call log.
    """
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    def say(text: str) -> SpeakSentence:
        return SpeakSentence((texts or {}).get(text, text))

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(say(f"Hello {call.var_from}."), gather_url=menu, max_digits=1, repeat_count=2)

    @phone.respond(AnswerCallback, "/answered")
    def answered(call: AnswerCallback) -> Gather:
        found = call.machine_detection_result
        return Gather(say(f"Hello, {found.value if found else 'you'}."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> list[Verb]:
        documents: dict[str, list[Verb]] = {
            "": [say("You pressed nothing."), Hangup()],
            "1": [say("One moment."), transfer(SALES)],
            "2": [Gather(say("Your code, please."), gather_url=code, max_digits=4, terminating_digits="#")],
            "3": [say("Leave a message."), Record(record_complete_url=thanks, recording_available_url=phone)],
            "4": [Gather(say("Say something."), input="speech", gather_url=code)],
            "5": [StartGather(dtmf_url=phone), say("Press any key."), Pause(duration=30), say("Enough.")],
            "6": [Redirect(redirect_url=again)],
            "7": [Conference("room", conference_event_url=room)],
            "8": [transfer(SALES, SUPPORT)],
            "9": [Record(terminating_digits="", max_duration=20, record_complete_url=thanks)],
        }
        return documents.get(call.digits or "", [say("Wrong key.")])

    def transfer(*numbers: str) -> Transfer:
        children = [PhoneNumber(number) for number in numbers]
        if len(numbers) == 1:
            children = [children[0].replace(transfer_answer_url=offer)]
        return Transfer(*children, transfer_complete_url=after, call_timeout=10)

    @phone.respond(TransferAnswerCallback, "/offer")
    def offer(leg: TransferAnswerCallback) -> Gather:
        return Gather(SpeakSentence("Press 1 to take the call."), gather_url=taken, max_digits=1)

    @phone.respond(GatherCallback, "/taken")
    def taken(leg: GatherCallback) -> Response:
        return Response()

    @phone.respond(TransferCompleteCallback, "/after")
    def after(call: TransferCompleteCallback) -> list[Verb]:
        return [say(f"Sales: {call.cause}."), Hangup()]

    @phone.respond(GatherCallback, "/code")
    def code(call: GatherCallback) -> list[Verb]:
        return [say(f"I understood {call.digits or call.text}."), Hangup()]

    @phone.respond(RecordingCompleteCallback, "/thanks")
    def thanks(call: RecordingCompleteCallback) -> list[Verb]:
        return [say("Thank you."), Hangup()]

    @phone.respond(RedirectCallback, "/again")
    def again(call: RedirectCallback) -> list[Verb]:
        return [say("Once more."), Hangup()]

    @phone.respond(ConferenceCallback, "/room")
    def room(event: ConferenceCallback) -> None:
        return None

    app = Flask("line")
    app.config.update(config)
    if file is not None:
        app.config["BANDWIDTH_CALLBACKS_RECORD"] = file
    app.register_blueprint(phone, url_prefix="/phone")
    return app


@dataclass
class Recorder:
    """Makes calls of the phone line, and returns what is recorded of them."""

    file: Path

    def __call__(self, *acts: Callable[[SimulatedBandwidth], Any], **config: Any) -> list[Line]:
        app = line_with(file=self.file, **config)
        for act in acts:
            act(SimulatedBandwidth(app))
        wait_for_writers()
        return list(read_lines(self.file))
