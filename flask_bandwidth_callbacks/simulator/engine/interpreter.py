"""How a call lives: it fetches a document, runs one verb after the other, and fetches the next one.

What a verb does stands in the module that its kind has, as a function under :func:`runs`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from flask_bandwidth_callbacks import bxml

from ..exceptions import EndlessCall
from ..wire.documents import Script
from ..wire.payloads import timestamp
from .call import Call
from .messages import Ended, LegEnded, OtherLeft, Taken
from .timeline import Steps

Next: TypeAlias = Steps[Script] | None
"""How the next document is fetched, or None if the next verb runs."""

RunT = TypeVar("RunT", bound=Callable[[Call, bxml.Verb, str], Steps[Next]])

_RUNS: dict[type[bxml.Verb], Callable[[Call, bxml.Verb, str], Steps[Next]]] = {}


def runs(*verbs: type[bxml.Verb]) -> Callable[[RunT], RunT]:
    """Let the decorated function run these verbs: it is given the call, the verb and the document's URL."""

    def register(run: RunT) -> RunT:
        _RUNS.update(dict.fromkeys(verbs, run))
        return run

    return register


def live(call: Call, steps: Steps[Script], at_the_end: Callable[[], Steps[Script]]) -> Steps[None]:
    """Live through a whole call.

    :param steps: give the first document.
    :param at_the_end: what follows a document that is over without having fetched another one.
    """
    try:
        while True:
            try:
                script = yield from steps
                steps = (yield from _run(call, script)) or at_the_end()
            except Taken as taken:
                steps = taken.steps
    except Ended as error:
        ended = error
    except EndlessCall as error:
        call.bandwidth.trouble(error)
        ended = Ended("error", "the documents never end")
    # Not within the except: it would be the context of whatever a subscriber to the end raises.
    _end(call, ended)


def hang_up() -> Steps[Script]:
    """End the call, as at the end of a document that fetches no other."""
    raise Ended("hangup")
    yield  # makes this a generator


def _run(call: Call, script: Script) -> Steps[Next]:
    for verb in script.verbs:
        if isinstance(verb, bxml.UnknownVerb):
            continue
        if call.state == "initiated" and _answers(verb):
            call.answer()
        following = yield from _RUNS[type(verb)](call, verb, script.url)
        if following is not None:
            return following
    return None


def _answers(verb: bxml.Verb) -> bool:
    """Tell whether an inbound call is answered for this verb."""
    if isinstance(verb, bxml.Ring):
        return verb.answer_call is not False
    return not isinstance(verb, bxml.Forward | bxml.Hangup | bxml.Redirect | bxml.Tag)


def _end(call: Call, ended: Ended) -> None:
    bandwidth = call.bandwidth
    if call.live_recording is not None:
        call.live_recording.stop()
    for stream in list(call.streams.values()):
        stream.stop()
    if call.departure is not None:
        call.departure.cancel()
    if call.bridged_with is not None:  # it was going to be joined right now
        call.bridged_with.process.tell(OtherLeft())
    call.state = "disconnected"
    call.end_time = bandwidth.now
    call.cause = ended.cause
    call.error_message = ended.message
    if ended.message is not None:
        call.error_id = bandwidth.new_id("")
    last = call.lines[-1].exchange if call.lines else None
    is_told = last is not None and last.failure is not None  # the callback that failed says it all
    call.note("", f"ended: {ended.cause}" + (f", {ended.message}" if ended.message and not is_told else ""))
    bandwidth.forget(call)
    call.tell(
        call.end_destination,
        "transferDisconnect" if call.parent is not None else "disconnect",
        end_time=timestamp(call.end_time),
        cause=call.cause,
        error_message=call.error_message,
        error_id=call.error_id,
        sip_response_code=ended.sip_response_code,
    )
    if call.parent is not None:
        call.parent.process.tell(LegEnded(call))
