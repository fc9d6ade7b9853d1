"""A recorded call as a way: the recorded replies are played, and people do what the callbacks report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, NamedTuple, get_args

from flask import Flask, Response, request

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml.numbers import WITHHELD
from flask_bandwidth_callbacks.call_log import Line
from flask_bandwidth_callbacks.events import (
    AnswerCallback,
    Callback,
    DisconnectCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    TransferCompleteCallback,
    event_class_of,
)
from flask_bandwidth_callbacks.exceptions import InvalidBXML

from ..bandwidth import SimulatedBandwidth
from ..engine.call import Call
from ..engine.callees import Detected, check_number
from ..exceptions import SimulationError
from ..ways import Scene, Step, Way

_MOST_WAITS = 20
"""How often a person waits for one callback at most."""
_LONGEST_WAIT = 900.0
"""Seconds that a person waits at most. A conference, for example, would end by itself after a day."""
_BEHAVIORS = {"busy": "busy", "rejected": "rejects", "timeout": "none"}
"""How a callee behaves, by the cause of ``transferComplete``."""
_MESSAGE = "This is a message."
"""What is said where only its length is known."""


class CannotFollow(SimulationError):
    """A recorded call that cannot be played, or not to its end. The message is a sentence about it."""


class Played(NamedTuple):
    """A recorded callback, and the reply that is played to it."""

    line: Line
    reply: str

    @property
    def event(self) -> Callback:
        """The event of the callback."""
        event, _ = Callback.read_leniently(self.line.payload)
        return event


def way_of(callbacks: Sequence[Played], start: datetime | None = None) -> Way:
    """Return the way that a recorded call took.

    A call that cannot be followed to its end gives a way as far as it can be followed, which says why.

    :param callbacks: those of the call, its legs and its conferences.
    :param start: when the call begins on the way; None for any time.

    Raises :class:`CannotFollow` for a call whose beginning is not among them, or cannot be made again.
    """
    callbacks = _once(callbacks)
    return _Playback(callbacks, _scene(callbacks, start)).way()


def _once(callbacks: Sequence[Played]) -> list[Played]:
    """Return callbacks without those that Bandwidth has sent again."""
    once: list[Played] = []
    for each in callbacks:
        if all(
            (each.line.path, each.line.payload) != (before.line.path, before.line.payload) for before in once
        ):
            once.append(each)
    return once


# -- The scene -----------------------------------------------------------------------------------------------


def _scene(callbacks: Sequence[Played], start: datetime | None) -> Scene:
    first = callbacks[0].event
    if not isinstance(first, InitiateCallback | AnswerCallback):
        raise CannotFollow("The log does not have the first callback of this call.")
    detected_as: Any = None
    if isinstance(first, AnswerCallback) and first.machine_detection_result is not None:
        detected_as = first.machine_detection_result.value
    return Scene(
        callees=_callees(callbacks),
        start=start,
        to=check_number(first.to or "", "The number that is called"),
        var_from=check_number(first.var_from or "", "The caller's number", WITHHELD),
        answer_url=callbacks[0].line.path if isinstance(first, AnswerCallback) else None,
        detected_as=detected_as if detected_as in get_args(Detected) else None,
    )


def _callees(callbacks: Sequence[Played]) -> dict[str, str]:
    """Return how the people behave whom Transfers have called, as far as they did not answer."""
    callees: dict[str, str] = {}
    numbers: list[str] = []
    for each in callbacks:
        event = each.event
        if isinstance(event, TransferCompleteCallback) and (behavior := _BEHAVIORS.get(event.cause or "")):
            callees |= {number: behavior for number in numbers if number not in callees}
        numbers = _called(each.reply) or numbers
    return callees


def _called(reply: str) -> list[str]:
    """Return the numbers that the Transfers of a document call."""
    try:
        document, _ = bxml.examine(reply)
    except InvalidBXML:
        return []
    transfers = [verb for verb in document.children if isinstance(verb, bxml.Transfer)]
    return [child.text for transfer in transfers for child in transfer.children if child.text]


# -- The call ------------------------------------------------------------------------------------------------


class _Player:
    """An application that plays recorded replies, in their order, whatever the URL."""

    def __init__(self, callbacks: Sequence[Played]) -> None:
        self.left = list(callbacks)
        """The callbacks that have not come yet."""
        self.problem: str | None = None
        """What has come and was not recorded, in a sentence."""
        self.call_ids: dict[str, str] = {}
        """The ids of the call and its legs on this playback, by those that were recorded."""
        self.app = Flask("recorded")
        self.app.add_url_rule("/", "play", self._play, methods=["GET", "POST"], defaults={"path": ""})
        self.app.add_url_rule("/<path:path>", "play", self._play, methods=["GET", "POST"])

    def _play(self, path: str) -> Response:
        payload = request.get_json(silent=True) or request.args
        event = event_class_of(payload["eventType"])
        for each in self.left:
            if isinstance(each.event, event) and self._is_same_call(each.line.call_id, payload):
                self.left.remove(each)
                if each.line.call_id:
                    self.call_ids[each.line.call_id] = payload["callId"]
                status, kind = each.line.status, each.line.content_type
                return Response(each.reply, status, content_type=kind or None)
        if event.reply.awaited and event.reply.required:
            self.problem = self.problem or f"The recorded call has no {payload['eventType']} here."
        return Response(status=204)

    def _is_same_call(self, recorded: str | None, payload: Mapping[str, Any]) -> bool:
        call_id = payload.get("callId")
        if recorded is None or call_id is None:
            return recorded is None and call_id is None
        if recorded in self.call_ids:
            return bool(self.call_ids[recorded] == call_id)
        return call_id not in self.call_ids.values()

    def next(self) -> Played | None:
        """Return the next callback that something must lead to; the others come by themselves."""
        for each in self.left:
            event = each.event
            if (event.reply.awaited and event.reply.required) or isinstance(
                event, DisconnectCallback | DtmfCallback
            ):
                return each
        return None


class _Playback:
    """One recorded call, played."""

    def __init__(self, callbacks: Sequence[Played], scene: Scene) -> None:
        self._root = callbacks[0].line.call_id
        self._scene = scene
        self._player = _Player(callbacks)
        url = f"https://localhost{callbacks[0].line.path}"
        self._bandwidth = SimulatedBandwidth(self._player.app, url, seed=0)
        self._steps: list[Step] = []
        self._heard: list[tuple[str, ...]] = []
        self._call: Call

    def way(self) -> Way:
        """Play the call, and return its way."""
        left = ""
        self._call = self._scene.begin(self._bandwidth)
        self._listen()
        try:
            while (following := self._player.next()) is not None and self._goes_on():
                self._lead_to(following)
            self._goes_on()
            if following is not None:
                left = f"The recorded call went on with {following.event.event_type}; this one has ended."
            elif self._call.state != "disconnected":
                left = "The log of this call ends here."
        except SimulationError as error:
            left = str(error)
        return Way(self._scene, tuple(self._steps), tuple(self._heard), self._call.cause, left=left)

    def _goes_on(self) -> bool:
        if self._player.problem is not None:
            raise CannotFollow(self._player.problem)
        return self._call.state != "disconnected"

    def _listen(self) -> None:
        self._heard.append(tuple(self._call.heard))
        self._call.heard.clear()

    def _take(self, step: Step) -> None:
        before = self._steps[-1] if self._steps else None
        step.take(self._call)
        if step.kind == "wait" and before is not None and before.kind == "wait" and not self._heard[-1]:
            # Nothing was heard in between, so it is one silence.
            self._steps[-1] = Step("wait", seconds=before.seconds + step.seconds)
            del self._heard[-1]
        else:
            self._steps.append(step)
        self._listen()

    # -- From one callback to the next -------------------------------------------------------------------

    def _lead_to(self, following: Played) -> None:
        """Do what leads to a callback; raises :class:`CannotFollow` if nothing does."""
        for step in self._deeds(following.event, self._who(following)):
            self._take(step)
            if following not in self._player.left:
                return
        for _ in range(_MOST_WAITS):
            seconds = self._bandwidth.timeline.seconds_to_next
            if not self._goes_on() or seconds is None or seconds > _LONGEST_WAIT:
                break
            self._take(Step("wait", seconds=seconds))
            if following not in self._player.left:
                return
        raise CannotFollow(f"What led to {following.event.event_type} in the recorded call is not known.")

    def _who(self, following: Played) -> str:
        """Return the number of the callee whose leg a callback is about; empty for the call itself."""
        call_id = self._player.call_ids.get(following.line.call_id or "")
        if following.line.call_id == self._root or call_id is None:
            return ""
        return self._bandwidth.find_call(call_id).to

    @singledispatchmethod
    def _deeds(self, event: Callback, who: str) -> Iterator[Step]:
        """Yield what people do before a callback comes; by default they wait."""
        yield from ()

    @_deeds.register
    def _(self, event: GatherCallback, who: str) -> Iterator[Step]:
        keys = (event.digits or "") + (event.terminating_digit or "")
        if keys:
            yield Step("press", keys, who=who)
        if event.text:
            yield Step("speak", event.text, who=who)

    @_deeds.register
    def _(self, event: DtmfCallback, who: str) -> Iterator[Step]:
        yield Step("press", event.digit or "0", who=who)

    @_deeds.register
    def _(self, event: RecordingCompleteCallback, who: str) -> Iterator[Step]:
        if event.duration:
            yield Step("speak", _MESSAGE, round(event.duration.total_seconds(), 1), who)
        verb = self._call.verb
        if isinstance(verb, bxml.Record) and (keys := verb.effective("terminating_digits")):
            yield Step("press", keys[0], who=who)

    @_deeds.register
    def _(self, event: TransferCompleteCallback, who: str) -> Iterator[Step]:
        for leg in self._call.legs:
            if leg.state == "answered":
                yield Step("hang up", who=leg.to)

    @_deeds.register
    def _(self, event: DisconnectCallback, who: str) -> Iterator[Step]:
        if isinstance(self._call.verb, bxml.Record):
            for each in self._player.left:
                available = each.event
                if isinstance(available, RecordingAvailableCallback) and available.duration:
                    yield Step("speak", _MESSAGE, round(available.duration.total_seconds(), 1))
        if event.cause == "hangup":
            yield Step("hang up")
