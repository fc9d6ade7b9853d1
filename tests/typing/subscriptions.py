"""The types of handlers and blueprints: lines that must pass a type checker, and lines that must not.

Never run. mypy fails on an error that is not marked and, because of ``warn_unused_ignores``, on a mark
without an error.
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import assert_type

from flask import Response as FlaskResponse

from flask_bandwidth_callbacks import (
    ANYONE,
    AnswerCallback,
    Callback,
    CallbackBlueprint,
    CallCallback,
    ConferenceCallback,
    ConferenceMemberJoinCallback,
    Credentials,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
)
from flask_bandwidth_callbacks.bxml import Hangup, Response, SpeakSentence, Verb

phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])

# -- Credentials ---------------------------------------------------------------------------------------------

CallbackBlueprint("strings", __name__, credentials=["bandwidth:s3cret", ("old", "0ld")])
CallbackBlueprint("named", __name__, credentials=(Credentials("bandwidth", "s3cret"),))
CallbackBlueprint("single", __name__, credentials="bandwidth:s3cret")
CallbackBlueprint("disabled", __name__, credentials=ANYONE)
CallbackBlueprint("missing", __name__, credentials=os.environ.get("UNSET"))  # type: ignore[arg-type]
CallbackBlueprint("mapping", __name__, credentials={"bandwidth": "s3cret"})  # type: ignore[arg-type]
CallbackBlueprint("bytes", __name__, credentials=[("bandwidth", b"s3cret")])  # type: ignore[list-item]
CallbackBlueprint("three", __name__, credentials=[("a", "b", "c")])  # type: ignore[list-item]
assert_type(phone.credentials, Credentials | None)


# -- Responders that pass ------------------------------------------------------------------------------------


@phone.respond(InitiateCallback)
def its_own_class(call: InitiateCallback) -> SpeakSentence: ...


@phone.respond(InitiateCallback)
def a_base_class(call: Callback) -> SpeakSentence: ...


@phone.errorhandler(LookupError)
def an_error_handler(error: LookupError) -> SpeakSentence: ...


@phone.errorhandler(503)
async def an_async_error_handler(error: Exception) -> SpeakSentence: ...


@phone.errorhandler(404)
def a_flask_error_handler(error: Exception) -> tuple[str, int]: ...


@phone.errorhandler(500)  # type: ignore[type-var]
def an_error_handler_without_a_reply(error: Exception) -> object: ...


@phone.respond(InitiateCallback, to="+15553334444", var_from=re.compile("^sip:"), direction=str.islower)
def with_matches(call: CallCallback) -> SpeakSentence: ...


@phone.respond((InitiateCallback, AnswerCallback))
def a_tuple_as_base_class(call: CallCallback) -> SpeakSentence: ...


@phone.respond((InitiateCallback, AnswerCallback))
def a_tuple_as_union(call: InitiateCallback | AnswerCallback) -> SpeakSentence: ...


@phone.respond("initiate")
def an_event_type(call: InitiateCallback) -> SpeakSentence: ...


@phone.respond(("initiate", AnswerCallback))
def names_and_classes(call: Callback) -> SpeakSentence: ...


@phone.respond(ConferenceCallback)
def a_group_of_events(event: ConferenceCallback) -> None: ...


@phone.respond(GatherCallback, "/rooms/<room>/<int:number>")
def with_variables(call: GatherCallback, room: str, number: int) -> SpeakSentence: ...


@phone.respond(GatherCallback, "/menu")
def a_list(call: GatherCallback) -> list[SpeakSentence | Hangup]: ...


@phone.respond(GatherCallback)
def a_sequence(call: GatherCallback) -> Sequence[Verb]: ...


@phone.respond(GatherCallback)
def a_tuple(call: GatherCallback) -> tuple[SpeakSentence, Hangup]: ...


@phone.respond(GatherCallback)
def a_document(call: GatherCallback) -> Response: ...


@phone.respond(GatherCallback)
def a_flask_response(call: GatherCallback) -> FlaskResponse: ...


@phone.respond(GatherCallback)
def text(call: GatherCallback) -> str: ...


@phone.respond(GatherCallback)
def one_or_the_other(call: GatherCallback) -> SpeakSentence | bytes | None: ...


@phone.respond(InitiateCallback)
async def asynchronous(call: InitiateCallback) -> list[SpeakSentence]: ...


class WritesItself:
    """An object that writes itself as BXML, like the verbs of the official SDK."""

    def to_bxml(self) -> str: ...


@phone.respond(InitiateCallback)
def what_writes_itself(call: InitiateCallback) -> WritesItself: ...


# -- Subscribers that pass -----------------------------------------------------------------------------------


@phone.on(DisconnectCallback)
def hears(call: DisconnectCallback) -> None: ...


@phone.on(Callback)
def hears_everything(event: Callback) -> None: ...


@phone.on("somethingNew")
def hears_a_name(event: Callback) -> None: ...


@phone.on((ConferenceMemberJoinCallback, DisconnectCallback))
def hears_two(event: ConferenceMemberJoinCallback | DisconnectCallback) -> None: ...


@phone.on(DisconnectCallback, cause={"busy", "timeout"})
async def hears_asynchronously(call: DisconnectCallback) -> None: ...


# -- Handlers that do not pass -------------------------------------------------------------------------------


@phone.respond(InitiateCallback)  # type: ignore[arg-type]
def another_class(call: GatherCallback) -> SpeakSentence: ...


@phone.respond(Callback)  # type: ignore[arg-type]
def a_narrower_class(call: InitiateCallback) -> SpeakSentence: ...


@phone.respond((InitiateCallback, AnswerCallback))  # type: ignore[arg-type]
def one_of_the_tuple(call: InitiateCallback) -> SpeakSentence: ...


@phone.respond(InitiateCallback)  # type: ignore[arg-type]
def no_event_at_all() -> SpeakSentence: ...


@phone.respond(InitiateCallback)  # type: ignore[type-var]
def a_number(call: InitiateCallback) -> int: ...


@phone.respond(InitiateCallback)  # type: ignore[type-var]
def a_dictionary(call: InitiateCallback) -> dict[str, str]: ...


@phone.respond(InitiateCallback)  # type: ignore[type-var]
def texts(call: InitiateCallback) -> list[str]: ...


@phone.respond(InitiateCallback)  # type: ignore[type-var]
async def an_asynchronous_number(call: InitiateCallback) -> int: ...


@phone.respond(str)  # type: ignore[arg-type, type-var]
def no_event_class(call: InitiateCallback) -> SpeakSentence: ...


@phone.on(DisconnectCallback)  # type: ignore[arg-type]
def hears_another_class(call: GatherCallback) -> None: ...


@phone.on(DisconnectCallback)  # type: ignore[type-var]
def returns_something(call: DisconnectCallback) -> int: ...


@phone.on(DisconnectCallback)  # type: ignore[type-var]
def answers(call: DisconnectCallback) -> str: ...


@phone.on(DisconnectCallback)  # type: ignore[type-var]
async def returns_something_asynchronously(call: DisconnectCallback) -> int: ...


# -- A decorated function keeps its type ---------------------------------------------------------------------

call = GatherCallback(call_id="c-1")
assert_type(with_variables(call, "blue", number=3), SpeakSentence)
assert_type(hears(DisconnectCallback()), None)
with_variables(call, "blue", number="3")  # type: ignore[arg-type]
with_variables(call)  # type: ignore[call-arg]
phone.url_for(with_variables, room="blue", number=3)
