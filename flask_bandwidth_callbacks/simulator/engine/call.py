"""One call: its state, what the person on it does, and what the application does to it over REST."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.display import show, without_password

from ..choices import KEY_SECONDS, SHORTEST_SPEECH_SECONDS, SPOKEN_CHARACTERS_PER_SECOND
from ..exceptions import Conflict, LostCall, NotFound, SimulationError, UnreachableApplication
from ..wire.delivery import Undelivered
from ..wire.destinations import Destination, Method
from ..wire.documents import DocumentLike, Script, script_of
from ..wire.exchanges import Exchange, latest
from ..wire.payloads import ACCOUNT_ID, APPLICATION_ID, timestamp
from .activities import Sound, Stream, Streams
from .callees import BUSY, REJECTED
from .conversation import Kind, Line, counted, transcript
from .endless import DocumentGuard
from .messages import Decision, Ended, Key, LegEnded, Speech, Taken
from .platform import Platform
from .resource import Resource
from .timeline import Process, Steps, Wait, check_seconds
from .transcription import CallTranscription
from .turn import in_turn

KEYS = "0123456789*#ABCD"

KEPT_CALLS = 5000
"""How many calls and legs are known, and how many calls are in ``bandwidth.calls``."""

_ERROR_MESSAGES = {
    "busy": "Callee is busy",
    "rejected": "Callee rejected the call",
    "timeout": "Callee did not answer in time",
}
"""The errors of calls that were not answered, by cause."""

State: TypeAlias = Literal["queued", "initiated", "answered", "disconnected"]


class Call(Resource):
    """A call of the simulation, made by ``SimulatedBandwidth.call`` or ``dial``, or by a ``Transfer``.

    ``print(call)`` shows it as a conversation.
    """

    recording_event = "recordingAvailable"

    exchanges: list[Exchange]
    """Every callback about this call and its legs, in order.

    Among the callbacks of a conference, those that the call created, joined, left or completed it belong to
    the call. The others are in the exchanges of the conference, and in the conversation.
    """

    def __init__(
        self,
        bandwidth: Platform,
        to: str,
        var_from: str,
        direction: Literal["inbound", "outbound"],
        *,
        parent: Call | None = None,
        event_properties: Mapping[str, Any] | None = None,
        callback_timeout: float | None = None,
    ) -> None:
        timeout = bandwidth.callback_timeout if callback_timeout is None else callback_timeout
        super().__init__(bandwidth, parent.tag if parent else None, timeout)
        self.call_id = bandwidth.new_id("c")
        """Id of the call, ``c-...``."""
        self.to = to
        """Number that is called."""
        self.var_from = var_from
        """Number of the caller."""
        self.direction = direction
        """``inbound`` or ``outbound``, as Bandwidth sees it."""
        self.parent = parent
        """The call that made this leg, if it is one."""
        self.account_id: str = parent.account_id if parent else ACCOUNT_ID
        self.application_id: str = parent.application_id if parent else APPLICATION_ID
        """The Bandwidth application that it belongs to."""
        self.is_requested = False
        """Whether the application made it over REST, so that an unreachable URL of it is not an error."""
        is_queued = direction == "outbound" and parent is None
        self.state: State = "queued" if is_queued else "initiated"
        """How far the call is; an outbound one is ``queued`` until its telephone rings."""
        self.cause: str | None = None
        """Why the call ended, like ``hangup``; None while it lasts."""
        self.error_message: str | None = None
        """The error in words, where the call ended because of one."""
        self.error_id: str | None = None
        """Bandwidth's reference of that error."""
        self.heard: list[str] = []
        """What this person has heard: sentences as text, audio files as their URL."""
        self.transcriptions: list[CallTranscription] = []
        """The live transcriptions that are complete, oldest first."""
        self.legs: list[Call] = []
        """The calls that a Transfer or a Forward of this one made."""
        self.lines: list[Line] = []
        """The conversation: everything that happened on this call and its legs, in order."""
        self.enqueued_time = bandwidth.now if direction == "outbound" else None
        """When an outbound call was made, in virtual time."""
        self.start_time = bandwidth.now
        """When it began."""
        self.answer_time: datetime | None = None
        """When it was answered."""
        self.end_time: datetime | None = None
        """When it ended."""
        self.end_destination: Destination | None = None
        """Where ``disconnect`` goes, or ``transferDisconnect`` of a leg."""
        self.is_controlled = True
        """Whether the application controls the call, which it does not once the call is forwarded."""
        self._event_properties = dict(event_properties or {})
        self._guard = DocumentGuard(bandwidth.timeline)

    def __repr__(self) -> str:
        state = f"{self.state}: {self.cause}" if self.cause else self.state
        callbacks = counted(len(self.exchanges), "callback")
        return f"<Call {self.call_id} {self.var_from} to {self.to}, {state}, {callbacks}>"

    def __str__(self) -> str:
        first = f"Call {self.call_id} from {self.var_from} to {self.to} ({self.direction})"
        last = f"          {self.state}" + (f", cause {self.cause}" if self.cause else "")
        return "\n".join([first, *filter(None, [transcript(self.lines)]), last])

    @property
    def streams(self) -> Streams:
        """The streams and live transcriptions that are running, by id or name."""
        return Streams(self.running(Stream))

    @property
    def stir_shaken(self) -> Mapping[str, str] | None:
        """How far the number of an inbound call was verified, by wire names."""
        stir_shaken: Mapping[str, str] | None = self._event_properties.get("stir_shaken")
        return stir_shaken

    @property
    def last_update(self) -> datetime:
        """When its state changed last."""
        return self.end_time or self.answer_time or self.start_time

    # -- What the person on this call does -------------------------------------------------------------------

    @in_turn
    def pick_up(self) -> None:
        """Answer the call while the telephone of its person rings; else raises :class:`Conflict`."""
        self._decide("picks up", None)

    @in_turn
    def reject(self, *, as_busy: bool = False) -> None:
        """Reject the call while the telephone of its person rings.

        :param as_busy: whether the person is on the phone already, rather than unwilling.

        Raises :class:`Conflict` if the telephone does not ring.
        """
        self._decide("is busy" if as_busy else "rejects the call", BUSY if as_busy else REJECTED)

    def _decide(self, text: str, rejection: tuple[str, int] | None) -> None:
        self._check_up("answer or reject the call")
        if not self.is_ringing:
            raise Conflict(f"Cannot answer or reject the call: the telephone of {self.person} does not ring.")
        self.note(self.person, text)
        self.process.send(Decision(rejection))
        self.bandwidth.go_on()

    @in_turn
    def press(self, keys: str) -> None:
        """Press one key after the other, of ``0-9``, ``*``, ``#`` and ``A-D``.

        Each takes a moment of virtual time. Raises :class:`SimulationError` for other keys, and
        :class:`Conflict` if the call is not answered yet or has ended.
        """
        check_keys(keys)
        self._check_talking("press a key")
        self.note(self.person, f"presses {keys}", kind="presses")
        # Those that go on later follow each other as fast as they can be pressed.
        for group in [keys] if self.bandwidth.goes_on_later else keys:
            self._guard.acted()
            Process(self.bandwidth.timeline, self._press(group))
            self.bandwidth.go_on()

    def _press(self, keys: str) -> Steps[None]:
        for key in keys:
            if self.state == "disconnected":  # the key before this one ended the call
                return
            for activity in self.activities:
                activity.key_pressed(key)
            self.process.send(Key(key))
            yield Wait(KEY_SECONDS, sounds=True)

    @in_turn
    def speak(self, text: str, seconds: float | None = None) -> None:
        """Say something. It takes ``seconds``, or as long as it takes to say it.

        Raises :class:`Conflict` if the call is not answered yet or has ended.
        """
        length = _length_of_speech(text, seconds)
        self.bandwidth.check_time_can_pass()
        self._speak(text, length)
        self.bandwidth.pass_time(length)

    @in_turn
    def begin_to_speak(self, text: str, seconds: float | None = None) -> None:
        """Say something, as :meth:`speak` does, while time follows the clock: no time is made to pass."""
        self._speak(text, _length_of_speech(text, seconds))
        self.bandwidth.go_on()

    def _speak(self, text: str, seconds: float) -> None:
        self._check_talking("speak")
        self.note(self.person, "says", text, kind="says")
        self._guard.acted()
        self.process.send(Speech(text, seconds))
        self.report_sound(Sound(text, seconds), spoken=True)

    @in_turn
    def wait(self, seconds: float) -> None:
        """Make time pass for the whole simulation: pauses end, timeouts expire, recordings become available.

        Time passes after the call, too.
        """
        length = check_seconds(seconds)
        self.bandwidth.check_time_can_pass()
        if self.state != "disconnected":  # else the person has left, and does not wait
            self.note(self.person, f"waits {length:g} s", kind="waits")
        self.bandwidth.pass_time(length)

    @in_turn
    def hang_up(self) -> None:
        """Hang up; raises :class:`Conflict` if the call has ended."""
        self._check_up("hang up")
        self.note(self.person, "hangs up")
        self.process.interrupt(Ended("hangup" if self.state == "answered" else "cancel"))
        self.bandwidth.go_on()

    # -- What the application does over REST -----------------------------------------------------------------

    @in_turn
    def redirect(
        self,
        url: str,
        method: Method = "POST",
        *,
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        fallback_credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        tag: str | None = None,
    ) -> None:
        """Make the call leave what it does and fetch a document, as updateCall with a ``redirectUrl`` does.

        :param credentials: credentials for the URL; default to those of the simulation.
        :param fallback_credentials: credentials for the fallback URL; default to the others.

        Raises :class:`Conflict` if the call is not answered yet or has ended.
        """
        self._check_answered("redirect")
        destination = self.bandwidth.destination(
            url, method, fallback_url, fallback_method, credentials, None, fallback_credentials
        )
        self._take(self._redirected(destination, tag))

    def _redirected(self, destination: Destination, tag: str | None) -> Steps[Script]:
        self.set_tag(tag)
        return (yield from self.request(destination, "redirect"))

    @in_turn
    def update(self, document: DocumentLike) -> None:
        """Make the call leave what it does and run a document, as updateCallBxml does. No event is sent.

        :param document: a verb, several verbs, a document, or its text.

        Raises :class:`flask_bandwidth_callbacks.InvalidBXML` for what cannot be run, and :class:`Conflict`
        as :meth:`redirect` does.
        """
        self._check_answered("update")
        script = script_of(document, self.bandwidth.url)
        self._take(_given(script))

    def _take(self, steps: Steps[Script]) -> None:
        self.application_acts()
        self.process.interrupt(Taken(steps))
        self.bandwidth.go_on()

    @in_turn
    def complete(self) -> None:
        """End the call, as updateCall with the state ``completed`` does.

        Raises :class:`Conflict` if the call has ended.
        """
        self._check_controlled("complete")
        unanswered = "rejected" if self.direction == "inbound" else "cancel"
        self.process.interrupt(Ended("hangup" if self.state == "answered" else unanswered))
        self.bandwidth.go_on()

    def application_acts(self) -> None:
        """Count that the application makes the call do something else, by REST or by closing a stream."""
        self.bandwidth.count_request()
        self._guard.acted()

    def _check_up(self, action: str) -> None:
        if self.state == "disconnected":
            reason = self.cause if self.error_message is None else f"{self.cause}: {self.error_message}"
            raise Conflict(f"Cannot {action}: call {self.call_id} has ended ({reason}).")

    def _check_talking(self, action: str) -> None:
        self._check_up(action)
        if self.state != "answered":
            raise Conflict(
                f"Cannot {action}: call {self.call_id} is not answered yet. Wait until it is, with"
                " call.wait(seconds)."
            )

    def _check_controlled(self, action: str) -> None:
        self._check_up(action)
        if not self.is_controlled:
            raise Conflict(
                f"Cannot {action}: call {self.call_id} was forwarded, out of the application's control."
            )

    def _check_answered(self, action: str) -> None:
        self._check_controlled(action)
        if self.state != "answered":
            raise Conflict(f"Cannot {action}: call {self.call_id} is not answered yet (409).")

    # -- What it is ------------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        return f"calls/{self.call_id}"

    @property
    def person(self) -> str:
        """Number of the person on this call, at the other end of Bandwidth's line."""
        return self.var_from if self.direction == "inbound" else self.to

    @property
    def is_ringing(self) -> bool:
        """Whether the telephone of its person rings, so that they can pick up."""
        return self.process.waits_for(Decision)

    @property
    def takes_keys(self) -> bool:
        """Whether anything is waiting for keys."""
        return self.process.waits_for(Key) or any(activity.takes_keys for activity in self.activities)

    @property
    def is_listened_to(self) -> bool:
        """Whether what is said now is recorded, recognized, or heard by another person."""
        return self.process.waits_for(Speech) or any(activity.listens for activity in self.activities)

    def set_tag(self, tag: str | None) -> None:
        """Replace the call's tag, if one is given; an empty one clears it."""
        if tag is not None:
            self.tag = tag.strip() or None

    def properties(self) -> dict[str, Any]:
        properties = {
            "account_id": self.account_id,
            "application_id": self.application_id,
            "to": self.to,
            "var_from": self.var_from,
            "direction": self.direction,
            "call_id": self.call_id,
            "call_url": self.rest_url,
            "start_time": timestamp(self.start_time),
            "tag": self.tag,
            "sip_call_id": f"{self.call_id}@sbc.invalid",
            **self._event_properties,
        }
        if self.enqueued_time is not None:
            properties["enqueued_time"] = timestamp(self.enqueued_time)
        if self.answer_time is not None:
            properties["answer_time"] = timestamp(self.answer_time)
        if self.parent is not None:
            properties |= {
                "parent_call_id": self.parent.call_id,
                "transfer_caller_id": self.var_from,
                "transfer_to": self.to,
                "var_from": self.parent.var_from,
                "to": self.parent.to,
            }
        return properties

    # -- The conversation ------------------------------------------------------------------------------------

    def note(self, who: str, text: str, words: str | None = None, *, kind: Kind = "note") -> None:
        """Add a line to the conversation, here and at the call that made this leg."""
        if not who and self.parent is not None:
            text = f"{self.to}: {text}"
        self._add(Line(self.bandwidth.timeline.now, kind, who, text, words))

    def log(self, exchange: Exchange) -> None:
        """Log a callback about this call, here and at the call that made this leg."""
        for call in self._with_parents():
            call.exchanges.append(exchange)
        self.show(exchange)

    def show(self, exchange: Exchange) -> None:
        """Add a callback to the conversation, also one that is not about this call."""
        self._add(Line(self.bandwidth.timeline.now, "callback", exchange=exchange))

    def _add(self, line: Line) -> None:
        for call in self._with_parents():
            call.lines.append(line)
        for watch in self.bandwidth.watchers:
            watch(self, line)

    def _with_parents(self) -> Iterator[Call]:
        call: Call | None = self
        while call is not None:
            yield call
            call = call.parent

    # -- What happens to it ----------------------------------------------------------------------------------

    def start(self, steps: Steps[None]) -> None:
        self.bandwidth.begin(self.call_id)
        self.bandwidth.shared(Calls).add(self)
        self.bandwidth.calls_up += 1
        super().start(steps)

    def make_leg(self, to: str, var_from: str) -> Call:
        """Return a leg of this call, which has not begun yet."""
        leg = Call(
            self.bandwidth, to, var_from, "outbound", parent=self, callback_timeout=self.callback_timeout
        )
        self.legs.append(leg)
        self.note("", f"calls {to}")
        return leg

    def leave_queue(self) -> None:
        """Begin to ring, as an outbound call does when its turn has come."""
        self.state = "initiated"
        self.start_time = self.bandwidth.now

    def answer(self) -> None:
        """Mark the call as answered, if it is not yet."""
        if self.state == "initiated":
            self.state = "answered"
            self.answer_time = self.bandwidth.now
            self.note("", "answered")

    def hear(self, sound: Sound) -> None:
        self.heard.append(sound.words)
        if sound.is_file:
            self.note(self.person, f"hears the file {without_password(sound.words)}", kind="hears")
        else:
            self.note(self.person, "hears", sound.words, kind="hears")
        self.report_sound(sound, spoken=False)

    def play(self, seconds: float, messages: tuple[type, ...] = ()) -> Steps[Any]:
        """Wait for the end of a sound, or for one of the messages.

        The sound passes by itself, unless it is part of a loop of documents.
        """
        message = yield Wait(seconds, messages, sounds=not self._guard.is_looping)
        self._guard.sounded()
        return message

    def silence(self, seconds: float | None, messages: tuple[type, ...] = ()) -> Steps[Any]:
        """Wait without a sound until a person lets time pass, or for one of the messages."""
        since = self.bandwidth.timeline.now
        message = yield Wait(seconds, messages)
        self._guard.waited(since, interrupted=message is not None)
        return message

    def check_repetition(self, verb: str) -> None:
        """Count that a verb starts again; raises :class:`EndlessCall` if it does so forever."""
        self._guard.repeated(f"{verb} of call {self.call_id}")

    def end(self, ended: Ended) -> None:
        for activity in tuple(self.activities):
            activity.over()
        self.state = "disconnected"
        self.end_time = self.bandwidth.now
        self.cause = ended.cause
        self.error_message = ended.message or _ERROR_MESSAGES.get(ended.cause)
        if self.error_message is not None:
            self.error_id = self.bandwidth.new_id("")
        last = self.lines[-1].exchange if self.lines else None
        is_shown = last is not None and last.failure is not None  # the callback that failed says it all
        self.note(
            "", f"ended: {ended.cause}" + (f", {ended.message}" if ended.message and not is_shown else "")
        )
        del self.bandwidth.shared(Calls).up[self.call_id]
        self.bandwidth.calls_up -= 1
        self.notify(
            self.end_destination,
            "transferDisconnect" if self.parent is not None else "disconnect",
            end_time=timestamp(self.end_time),
            cause=self.cause,
            error_message=self.error_message,
            error_id=self.error_id,
            sip_response_code=ended.sip_response_code,
        )
        if self.parent is not None:
            self.parent.process.send(LegEnded(self.call_id))

    # -- Callbacks -------------------------------------------------------------------------------------------

    def request(self, destination: Destination, event: str, **properties: Any) -> Steps[Script]:
        """Send a callback and give the document in its reply; raises :class:`.Ended` if it fails."""
        self._guard.fetched(destination.url, f"Call {self.call_id}", lambda: latest(self.exchanges))
        try:
            script = self.bandwidth.courier.request(
                destination, event, {**self.properties(), **properties}, self.log
            )
        except Undelivered as undelivered:
            raise self._lost(undelivered) from None
        yield Wait(0)  # what others do at the same time has its turn
        return script

    def then_request(
        self, destination: Destination | None, event: str, **properties: Any
    ) -> Steps[Script] | None:
        """Return how a verb that is over fetches the next document; None if the next verb runs instead."""
        return None if destination is None else self.request(destination, event, **properties)

    def _lost(self, undelivered: Undelivered) -> Ended:
        """Return the end of this call, over a callback that failed."""
        exchange = undelivered.exchange
        is_first = exchange.event in ("initiate", "answer")
        if is_first and exchange.unreachable and not self.is_requested:
            remedy = ""
            if exchange.status == 401 and self.bandwidth.credentials is None:
                remedy = " Give credentials=(username, password), or --credentials in the terminal."
            error = f"{exchange.method} {exchange.url}: {exchange.failure}.{remedy}"
            self.bandwidth.raise_later(UnreachableApplication(error))
        message = f"{exchange.event} {without_password(exchange.url)}: {exchange.failure}"
        if is_first and exchange.status is None and self.is_requested:
            return Ended(undelivered.cause, message)
        return self.lose(undelivered.cause, message, exchange.logged)

    def lose(self, cause: str, message: str, logged: Iterable[str] = ()) -> Ended:
        """Return the end of this call through a mistake of the application, which may be raised later, too.

        :param logged: what the application logged about it.
        """
        if self.bandwidth.raise_errors:
            log = "".join(f"\nIt logged: {line}" for line in logged)
            self.bandwidth.raise_later(LostCall(f"Call {self.call_id} ended with {cause}: {message}{log}"))
        return Ended(cause, message)

    def notify(self, destination: Destination | None, event: str, **properties: Any) -> None:
        if destination is not None:
            self.bandwidth.courier.notify(destination, event, {**self.properties(), **properties}, self.log)


class Calls:
    """The calls of a simulation: those that are up, and the latest ones."""

    def __init__(self) -> None:
        self.up: dict[str, Call] = {}
        """The calls and legs that have not ended, by id."""
        self.latest: deque[Call] = deque(maxlen=KEPT_CALLS)
        """The latest calls, in order; legs are kept by the call that made them."""
        self._known: deque[Call] = deque(maxlen=KEPT_CALLS)

    def add(self, call: Call) -> None:
        """Add a call or leg that begins."""
        self.up[call.call_id] = call
        self._known.append(call)

    def all(self) -> list[Call]:
        """Return all calls and legs that are known, oldest first: those that are up, and the latest ones."""
        known = {call.call_id: call for call in self._known}
        return [call for call_id, call in self.up.items() if call_id not in known] + list(self._known)

    def find(self, call_id: str) -> Call:
        """Return a call or leg by its id, ended ones too; raises :class:`NotFound`."""
        if call_id in self.up:
            return self.up[call_id]
        for call in reversed(self._known):
            if call.call_id == call_id:
                return call
        raise NotFound(f"Call {show(call_id)} does not exist; the latest {KEPT_CALLS} are kept.")


def check_keys(keys: str) -> str:
    """Return the keys; raises :class:`SimulationError` if there are none, or one that no telephone has."""
    if not isinstance(keys, str) or not keys or any(key not in KEYS for key in keys):
        raise SimulationError(f"keys must be a string of 0-9, *, # and A-D, such as '1', got {show(keys)}.")
    return keys


def _given(script: Script) -> Steps[Script]:
    return script
    yield  # makes this a generator


def _length_of_speech(text: str, seconds: float | None) -> float:
    """Return how long it takes a person to say something; raises :class:`SimulationError` if they cannot."""
    if not isinstance(text, str) or not text.strip():
        raise SimulationError(f"text must be words to say, got {show(text)}.")
    usual = max(spoken_seconds(text), SHORTEST_SPEECH_SECONDS)
    return usual if seconds is None else check_seconds(seconds)


def spoken_seconds(text: str) -> float:
    """Return how long it takes to say something."""
    return len(text) / SPOKEN_CHARACTERS_PER_SECOND
