"""One call: what is known of it, and what its caller does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from flask_bandwidth_callbacks.display import without_password

from ..choices import MOST_DOCUMENTS_AT_ONCE, SHORTEST_SPEECH_SECONDS, SPOKEN_CHARACTERS_PER_SECOND
from ..exceptions import EndlessCall, SimulationError, UnreachableApplication
from ..wire.delivery import Undelivered
from ..wire.destinations import Destination, Method
from ..wire.documents import DocumentLike, Script
from ..wire.exchanges import Exchange, latest
from ..wire.payloads import ACCOUNT_ID, APPLICATION_ID, REST, timestamp
from . import conversation
from .messages import Ended, Key, Speech, Taken
from .timeline import Process, Steps, Timer, Wait, check_seconds

if TYPE_CHECKING:
    from ..bandwidth import SimulatedBandwidth
    from ..verbs.conferences import Conference
    from ..verbs.recordings import Recording
    from ..verbs.streams import Stream

KEYS = "0123456789*#ABCD"


class Call:
    """A call of the simulation: made by ``SimulatedBandwidth.call`` and ``dial``, and by a ``Transfer``.

    ``print(call)`` shows it as a conversation.
    """

    def __init__(
        self,
        bandwidth: SimulatedBandwidth,
        to: str,
        var_from: str,
        direction: Literal["inbound", "outbound"],
        *,
        parent: Call | None = None,
        properties: Mapping[str, Any] | None = None,
        callback_timeout: float | None = None,
    ) -> None:
        self.bandwidth = bandwidth
        self.call_id = bandwidth.new_id("c")
        """Id of the call, ``c-...``."""
        self.to = to
        """Number that is called."""
        self.var_from = var_from
        """Number of the caller."""
        self.direction = direction
        """``inbound`` or ``outbound``, as Bandwidth sees it."""
        self.parent = parent
        """The call that rang this leg, if it is one."""
        self.state: Literal["initiated", "answered", "disconnected"] = "initiated"
        """How far the call is."""
        self.cause: str | None = None
        """Why the call ended, like ``hangup``; None while it lasts."""
        self.error_message: str | None = None
        """What went wrong, in words, where the call ended for that."""
        self.error_id: str | None = None
        """Bandwidth's reference of the error, where there was one."""
        self.tag: str | None = parent.tag if parent else None
        """The call's current tag; None if it has none."""
        self.heard: list[str] = []
        """What was spoken and played to this person: sentences as text, audio files as their URL."""
        self.exchanges: list[Exchange] = []
        """Every callback about this call and its legs, in order.

        Of a conference these are that the call created it, joined it, left it or completed it; the others
        are among those of the conference, and in the conversation.
        """
        self.recordings: list[Recording] = []
        """Every recording of this call, running ones too."""
        self.legs: list[Call] = []
        """The calls that a Transfer or a Forward of this one made."""
        self.lines: list[conversation.Line] = []
        """All that happened on it and its legs, in order."""

        self.start_time = bandwidth.now
        """When it began, in virtual time."""
        self.answer_time: datetime | None = None
        """When it was answered."""
        self.end_time: datetime | None = None
        """When it ended."""
        self.callback_timeout = bandwidth.callback_timeout if callback_timeout is None else callback_timeout
        """Seconds until a callback about this call is given up."""
        self.properties = dict(properties or {})
        """What its events tell besides, by the names of their attributes."""
        self.end_destination: Destination | None = None
        """Where ``disconnect`` goes, or ``transferDisconnect`` of a leg."""
        self.live_recording: Recording | None = None
        """What StartRecording began, until StopRecording."""
        self.streams: dict[str, Stream] = {}
        """The streams and live transcriptions that run, by their ids."""
        self.dtmf: Destination | None = None
        """Where each key is told, between StartGather and StopGather."""
        self.is_gathering = False
        """Whether a Gather takes the keys: meanwhile ``dtmf`` hears of none."""
        self.talks_with: Call | None = None
        """The other call of a bridge or a Transfer, while the two are joined."""
        self.bridged_with: Call | None = None
        """The other call of a bridge, from when it is made: the call can be in no second one."""
        self.conference: Conference | None = None
        """The conference that it is in."""
        self.is_forwarded = False
        """Whether it is out of the application's control."""
        self.departure: Timer | None = None
        """When the callee is going to hang up."""
        self.process: Process
        """What drives it; it is told what happens."""
        self._asked: set[str] = set()
        """Where documents came from since somebody acted."""
        self._goes_in_circles = False
        """Whether one of them was asked for another time."""
        self._documents = 0
        """How many were fetched since anybody had a chance to act."""

    def __repr__(self) -> str:
        became = f"{self.state}: {self.cause}" if self.cause else self.state
        callbacks = conversation.counted(len(self.exchanges), "callback")
        return f"<Call {self.call_id} {self.var_from} to {self.to}, {became}, {callbacks}>"

    def __str__(self) -> str:
        return conversation.of(self)

    # -- What the person on this call does -------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Press one key after the other, of ``0-9``, ``*``, ``#`` and ``A-D``.

        Raises :class:`SimulationError` for other keys and when the call is over.
        """
        check_keys(keys)
        self._check_up("press a key")
        self.note(self.person, f"presses {keys}")
        for key in keys:
            self.acted()
            self.bandwidth.timeline.later(0, partial(self._press, key))
            self.bandwidth.go_on()

    def _press(self, key: str) -> None:
        if self.state == "disconnected":  # the key before this one ended the call
            return
        if self.dtmf is not None and not self.is_gathering:
            self.tell(self.dtmf, "dtmf", digit=key)
        self.process.tell(Key(key))

    def speak(self, text: str, seconds: float | None = None) -> None:
        """Say something, which takes some time: as long as it takes to say it if ``seconds`` is left out.

        Raises :class:`SimulationError` when the call is over.
        """
        if not isinstance(text, str) or not text.strip():
            raise SimulationError(f"{text!r} cannot be said: give some words.")
        self._check_up("speak")
        usual = max(spoken_seconds(text), SHORTEST_SPEECH_SECONDS)
        length = usual if seconds is None else check_seconds(seconds)
        self.bandwidth.check_time_can_pass()
        self.note(self.person, "says", text)
        self.acted()
        self.process.tell(Speech(text, length))
        self._spread(text)
        self.bandwidth.pass_time(length)

    def _spread(self, text: str) -> None:
        if self.live_recording is not None:
            self.live_recording.add(text)
        if self.conference is not None:
            self.conference.take_down(text, self)
        for listener in self._listeners():
            listener.hear(text)

    def _listeners(self) -> list[Call]:
        if self.conference is not None:
            return self.conference.listeners_of(self)
        return [] if self.talks_with is None else [self.talks_with]

    def wait(self, seconds: float) -> None:
        """Let time pass, for the whole simulation: pauses end, timeouts run out, recordings become available.

        Time goes on after the call, too.
        """
        length = check_seconds(seconds)
        self.bandwidth.check_time_can_pass()
        if self.state != "disconnected":  # else nobody is there to wait
            self.note(self.person, f"waits {length:g} s")
        self.bandwidth.pass_time(length)

    def hang_up(self) -> None:
        """Hang up; raises :class:`SimulationError` when the call is over."""
        self._check_up("hang up")
        self.note(self.person, "hangs up")
        self.process.interrupt(Ended("hangup" if self.state == "answered" else "cancel"))
        self.bandwidth.go_on()

    # -- What the application does over REST -----------------------------------------------------------------

    def redirect(
        self,
        url: str,
        method: Method = "POST",
        *,
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        tag: str | None = None,
    ) -> None:
        """Let the call leave what it does and fetch a document, as updateCall with a ``redirectUrl``.

        Raises :class:`SimulationError` while the call is not answered, and when it is over (409).
        """
        self._check_answered("redirect")
        destination = self.bandwidth.destination(url, method, fallback_url, fallback_method)
        self._take(self._redirected(destination, tag))

    def _redirected(self, destination: Destination, tag: str | None) -> Steps[Script]:
        self.set_tag(tag)
        return (yield from self.ask(destination, "redirect"))

    def update(self, document: DocumentLike) -> None:
        """Let the call leave what it does and run a document, as updateCallBxml: no event tells of it.

        :param document: a verb, several, a document, or its text.

        Raises :class:`flask_bandwidth_callbacks.InvalidBXML` for what cannot be run, and
        :class:`SimulationError` as :meth:`redirect` does.
        """
        self._check_answered("update")
        script = self.bandwidth.script_of(document)
        self._take(_given(script))

    def _take(self, steps: Steps[Script]) -> None:
        self.bandwidth.count_request()
        self.acted()
        self.process.interrupt(Taken(steps))
        self.bandwidth.go_on()

    def complete(self) -> None:
        """End the call, as updateCall with the state ``completed``; raises when it is over."""
        self._check_controlled("complete")
        unanswered = "rejected" if self.direction == "inbound" else "cancel"
        self.process.interrupt(Ended("hangup" if self.state == "answered" else unanswered))
        self.bandwidth.go_on()

    def _check_up(self, action: str) -> None:
        if self.state == "disconnected":
            why = self.cause if self.error_message is None else f"{self.cause}: {self.error_message}"
            raise SimulationError(f"Nobody can {action}: call {self.call_id} has ended ({why}).")

    def _check_controlled(self, action: str) -> None:
        self._check_up(action)
        if self.is_forwarded:
            raise SimulationError(
                f"Nobody can {action}: call {self.call_id} was forwarded, out of the application's control."
            )

    def _check_answered(self, action: str) -> None:
        self._check_controlled(action)
        if self.state != "answered":
            raise SimulationError(f"Nobody can {action}: call {self.call_id} is not answered yet (409).")

    # -- For what runs on the call ---------------------------------------------------------------------------

    recording_event = "recordingAvailable"

    @property
    def resource(self) -> str:
        """Where it stands in the REST interface."""
        return f"calls/{self.call_id}"

    @property
    def person(self) -> str:
        """Who is at the other end of Bandwidth's line."""
        return self.var_from if self.direction == "inbound" else self.to

    @property
    def takes_keys(self) -> bool:
        """Whether a key that is pressed now comes to anything."""
        return self.process.hears(Key) or self.dtmf is not None

    @property
    def is_listened_to(self) -> bool:
        """Whether what is said now is recorded, recognised, or heard by another person."""
        return self.process.hears(Speech) or self.live_recording is not None or bool(self._listeners())

    def note(self, who: str, text: str, words: str | None = None) -> None:
        """Put a line into the conversation, here and at the call that this is a leg of."""
        if not who and self.parent is not None:
            text = f"{self.to}: {text}"
        self._put(conversation.Line(self.bandwidth.timeline.now, who, text, words))

    def record(self, exchange: Exchange) -> None:
        """Take note of a callback, here and at the call that this is a leg of."""
        for call in self._with_parents():
            call.exchanges.append(exchange)
        self.show(exchange)

    def show(self, exchange: Exchange) -> None:
        """Put a callback into the conversation, also one that is not about this call."""
        self._put(conversation.Line(self.bandwidth.timeline.now, "", exchange=exchange))

    def _put(self, line: conversation.Line) -> None:
        for call in self._with_parents():
            call.lines.append(line)
        for watch in self.bandwidth.watchers:
            watch(self, line)

    def _with_parents(self) -> Iterator[Call]:
        call: Call | None = self
        while call is not None:
            yield call
            call = call.parent

    def hear(self, what: str, *, is_file: bool = False) -> None:
        """Let this person hear a sentence, or an audio file of which ``what`` is the URL."""
        self.heard.append(what)
        if is_file:
            self.note(self.person, f"hears the file {without_password(what)}")
        else:
            self.note(self.person, "hears", what)
        if self.live_recording is not None:
            self.live_recording.add(what)

    def play(self, seconds: float, hears: tuple[type, ...] = ()) -> Steps[Any]:
        """Wait for the end of a sound, which passes by itself unless this call goes round in circles."""
        told = yield Wait(seconds, hears, sounds=not self._goes_in_circles)
        if self._goes_in_circles or self.bandwidth.timeline.is_waited_for:
            self._documents = 0
        return told

    def silence(self, seconds: float | None, hears: tuple[type, ...] = ()) -> Steps[Any]:
        """Wait without a sound, until somebody lets time pass."""
        timeline = self.bandwidth.timeline
        since = timeline.now
        told = yield Wait(seconds, hears)
        if timeline.now > since and (told is None or timeline.is_waited_for):
            self.acted()
        return told

    def acted(self) -> None:
        """Take note that the call does more than fetch documents: somebody acts on it, or time passes."""
        self._asked.clear()
        self._goes_in_circles = False
        self._documents = 0

    def answer(self) -> None:
        """Begin to talk."""
        self.state = "answered"
        self.answer_time = self.bandwidth.now
        self.note("", "answered")

    def set_tag(self, tag: str | None) -> None:
        """Replace the call's tag, if one is given; an empty one clears it."""
        if tag is not None:
            self.tag = tag.strip() or None

    def known(self) -> dict[str, Any]:
        """Return what the events of this call tell of it, by the names of their attributes."""
        known = {
            "account_id": ACCOUNT_ID,
            "application_id": APPLICATION_ID,
            "to": self.to,
            "var_from": self.var_from,
            "direction": self.direction,
            "call_id": self.call_id,
            "call_url": f"{REST}/{self.resource}",
            "start_time": timestamp(self.start_time),
            "tag": self.tag,
            "sip_call_id": f"{self.call_id}@sbc.invalid",
            **self.properties,
        }
        if self.direction == "outbound":
            known["enqueued_time"] = known["start_time"]
        if self.answer_time is not None:
            known["answer_time"] = timestamp(self.answer_time)
        if self.parent is not None:
            known |= {
                "parent_call_id": self.parent.call_id,
                "transfer_caller_id": self.var_from,
                "transfer_to": self.to,
                "var_from": self.parent.var_from,
                "to": self.parent.to,
            }
        return known

    def ask(self, destination: Destination, event: str, **more: Any) -> Steps[Script]:
        """Send a callback that is answered with the next document; the call ends if that comes to nothing."""
        self._count_document(destination.url)
        try:
            script = self.bandwidth.courier.ask(destination, event, {**self.known(), **more}, self.record)
        except Undelivered as undelivered:
            raise self._lost(undelivered) from None
        yield Wait(0)  # what others do at the same time has its turn
        return script

    def then_ask(self, destination: Destination | None, event: str, **more: Any) -> Steps[Script] | None:
        """Return how a verb that is over fetches the next document; None if the next verb runs instead."""
        return None if destination is None else self.ask(destination, event, **more)

    def _lost(self, undelivered: Undelivered) -> Ended:
        """Return the end of this call, over a callback that came to nothing."""
        exchange = undelivered.exchange
        if exchange.event in ("initiate", "answer") and exchange.unreachable:
            remedy = ""
            if exchange.status == 401 and self.bandwidth.credentials is None:
                remedy = " Give credentials=(username, password), or --credentials in the terminal."
            error = f"{exchange.method} {exchange.url}: {exchange.failure}.{remedy}"
            self.bandwidth.trouble(UnreachableApplication(error))
        words = f"{exchange.event} {without_password(exchange.url)}: {exchange.failure}"
        return Ended(undelivered.cause, words)

    def tell(self, destination: Destination | None, event: str, **more: Any) -> None:
        """Send a callback that only tells, if there is somewhere to send it."""
        if destination is not None:
            self.bandwidth.courier.tell(destination, event, {**self.known(), **more}, self.record)

    def _count_document(self, url: str) -> None:
        self._documents += 1
        self._goes_in_circles = self._goes_in_circles or url in self._asked
        self._asked.add(url)
        if self._documents > MOST_DOCUMENTS_AT_ONCE:
            raise EndlessCall(
                f"Call {self.call_id} fetched {self._documents - 1} documents one after the other, and nobody"
                f" could press a key or hang up in between. The last ones:\n" + latest(self.exchanges)
            )


def check_keys(keys: str) -> str:
    """Return the keys; raises :class:`SimulationError` if there are none, or one that no telephone has."""
    if not isinstance(keys, str):
        raise SimulationError(f"{keys!r} cannot be pressed: give keys as a text, such as '1'.")
    if not keys or any(key not in KEYS for key in keys):
        raise SimulationError(f"{keys!r} cannot be pressed: keys are 0-9, *, # and A-D.")
    return keys


def _given(script: Script) -> Steps[Script]:
    return script
    yield  # makes this a generator


def spoken_seconds(text: str) -> float:
    """Return how long it takes to say something."""
    return len(text) / SPOKEN_CHARACTERS_PER_SECOND
