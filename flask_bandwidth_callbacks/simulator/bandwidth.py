"""SimulatedBandwidth: Bandwidth's end of the line, where calls, time and callbacks meet."""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from flask import Flask

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.blueprint import CallbackBlueprint
from flask_bandwidth_callbacks.bxml.placement import Context
from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials

from .choices import MOST_REQUESTS_AT_ONCE
from .engine.call import Call
from .engine.callees import WITHHELD, Callee, check_address
from .engine.conversation import Line, counted
from .engine.interpreter import hang_up, live
from .engine.ringing import RINGING_SECONDS
from .engine.timeline import Process, Steps, Timeline, check_seconds
from .exceptions import EndlessCall, SimulationError
from .outbound import MachineDetection, dialled
from .verbs.conferences import Conference
from .wire.application import place
from .wire.delivery import Courier
from .wire.destinations import Destination, Method
from .wire.documents import DocumentLike, Script, check_placement
from .wire.exchanges import Exchange, latest
from .wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER, VERIFIED_CALLER
from .wire.transport import InProcess, OverHTTP, Transport
from .wire.urls import absolute, split

__all__ = ["SimulatedBandwidth"]

_BEGINNING = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
_LONGEST_TIMEOUT = 25
"""Of a callback, in seconds. Source: https://dev.bandwidth.com/docs/voice/webhooks"""
_KEPT_EXCHANGES = 1000
_KEPT_CALLS = 50


class SimulatedBandwidth:
    """A stand-in for Bandwidth's voice platform: it makes calls, sends the callbacks, runs the BXML.

    :param target: a Flask application, which is called in process, or the URL of any server: where
        ``initiate`` goes. Only that server and this machine are ever sent anything.
    :param url: where ``initiate`` goes in a Flask application: a path or a whole URL, or a
        ``CallbackBlueprint``. Left out, it is the application's one ``CallbackBlueprint``.
    :param credentials: the username and password of the Bandwidth application, shown when asked for. Left
        out, they are those of the ``CallbackBlueprint``.
    :param method: with which ``initiate`` is sent, ``POST`` or ``GET``.
    :param fallback_url: where ``initiate`` goes after a failure.
    :param fallback_credentials: shown there; left out, the same.
    :param status_url: where ``disconnect`` goes; left out, the same as ``initiate``.
    :param callback_timeout: seconds until a callback is given up, at most 25. Bandwidth takes no less than 1.
    :param raise_errors: whether an exception in a handler or a subscriber of a Flask application comes out
        of what was asked of the simulation, unless an error handler made a document of it. Otherwise only
        the caller hears of it.
    :param seed: ids are drawn from it.
    :param start: time at which the simulation begins, an aware datetime.

    Raises :class:`SimulationError` for a URL that is none, for a time without a zone, for an application
    without a ``CallbackBlueprint`` and for one with several if nothing says which.

    A simulation belongs to one thread. Handlers may use it, whichever thread they run in, until they have
    replied; what they began goes on when their callback is answered.
    """

    def __init__(
        self,
        target: Flask | str,
        url: str | CallbackBlueprint | None = None,
        *,
        credentials: tuple[str, str] | Unset | None = UNSET,
        method: Method = "POST",
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        fallback_credentials: tuple[str, str] | Unset | None = UNSET,
        status_url: str | None = None,
        status_method: Method = "POST",
        callback_timeout: float = 15.0,
        raise_errors: bool = False,
        seed: int = 0,
        start: datetime = _BEGINNING,
    ) -> None:
        self.timeline = Timeline()
        self.raise_errors = raise_errors
        self.repeats_notifications = False
        """Whether notifications are sent twice, as after a connection that broke before the reply came."""
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        """The latest callbacks of all calls, in order."""
        self.calls: deque[Call] = deque(maxlen=_KEPT_CALLS)
        """The latest calls, in order; the legs of a Transfer are at the call that made it."""
        self.conferences: dict[str, Conference] = {}
        """The conferences that somebody is in, by name."""
        self.watchers: list[Callable[[Call, Line], None]] = []
        """Are told of every line of a call's conversation as it comes."""
        self._start = _in_utc(start)
        self._random = random.Random(seed)
        self._callees: dict[str, Callee] = {}
        self._up: dict[str, Call] = {}
        self._troubles: list[Exception] = []
        self._requests = 0
        self._last_request = 0
        given = None if isinstance(credentials, Unset) else credentials
        if isinstance(target, Flask):
            self.url, registration = place(target, url)
            """Where ``initiate`` goes."""
            transport: Transport = InProcess(target, split(self.url))
            if isinstance(credentials, Unset) and registration is not None:
                given = registration.gate.handed_out
        elif isinstance(target, str) and (url is None or isinstance(url, str)):
            self.url = absolute(target, url or "")
            transport = OverHTTP(split(self.url).hostname)
        else:
            given_as = target if url is None else url
            raise SimulationError(f"{given_as!r} cannot be called: give a Flask application or a URL.")
        self.credentials = _pair(given)
        """What is shown when the application asks."""
        self.courier = Courier(self, transport)
        self.callback_timeout = callback_timeout
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(fallback_url, fallback_method, credentials=fallback_credentials)
        self._initiated = self.destination(self.url, method)._replace(fallback=fallback)
        self._status = self.destination(status_url or "", status_method)

    def __repr__(self) -> str:
        return f"<SimulatedBandwidth of {self.url}, {counted(len(self.calls), 'call')}>"

    # -- Calls -----------------------------------------------------------------------------------------------

    def call(
        self,
        to: str = APPLICATION_NUMBER,
        *,
        var_from: str = CALLER_NUMBER,
        diversion: Mapping[str, str] | None = None,
        stir_shaken: Mapping[str, str] | None = VERIFIED_CALLER,
        sip_headers: Mapping[str, str] | None = None,
        uui: str | None = None,
    ) -> Call:
        """Let somebody call the application, and let it go on until the caller has something to do.

        :param to: number that is called.
        :param var_from: who calls: a number, a SIP URI, or ``Private``, ``Restricted``, ``Unavailable``,
            ``Anonymous``, in this spelling.
        :param diversion: from where the call was diverted, by wire names: ``{"origTo": "+13035550199"}``.
        :param stir_shaken: how far the caller's number was verified, by wire names; None says nothing of it.
        :param sip_headers: the ``X-`` headers of a SIP call, names in lower case: ``{"x-ticket": "7"}``.
        :param uui: User-To-User header of a SIP call.

        Raises :class:`UnreachableApplication` if no server is there or it refuses the credentials.
        """
        check_address(to, "The number")
        check_address(var_from, "The caller's number", WITHHELD)
        properties = {
            "diversion": diversion,
            "stir_shaken": stir_shaken,
            "sip_headers": sip_headers,
            "uui": uui,
        }
        call = Call(self, to, var_from, "inbound", properties=properties)
        call.end_destination = self._status
        self._begin(call, live(call, call.ask(self._initiated, "initiate"), hang_up))
        return call

    def dial(
        self,
        to: str,
        answer_url: str,
        *,
        var_from: str = APPLICATION_NUMBER,
        answer_method: Method = "POST",
        answer_fallback_url: str | None = None,
        answer_fallback_method: Method = "POST",
        disconnect_url: str | None = None,
        disconnect_method: Method = "POST",
        credentials: tuple[str, str] | Unset | None = UNSET,
        tag: str | None = None,
        call_timeout: float = RINGING_SECONDS,
        callback_timeout: float | None = None,
        machine_detection: MachineDetection | None = None,
    ) -> Call:
        """Call somebody, as createCall does. URLs may be relative to the application's own.

        :param to: who is called: a number or a SIP URI; :meth:`callee` says how they behave.
        :param answer_url: where ``answer`` goes, when somebody answers.
        :param disconnect_url: where ``disconnect`` goes; left out, nowhere.
        :param credentials: shown at all of these URLs; left out, those of the simulation.
        :param call_timeout: seconds that the telephone rings at most.
        :param callback_timeout: seconds until a callback is given up; left out, that of the simulation.

        May be used within a handler: the call begins when that handler's callback is answered. Raises
        :class:`SimulationError` for what no call can be made with.
        """
        check_address(to, "The number")
        check_address(var_from, "The caller's number", WITHHELD)
        check_seconds(call_timeout, "call_timeout")
        destination = partial(self.destination, credentials=credentials, callback_timeout=callback_timeout)
        answer = destination(answer_url, answer_method, answer_fallback_url, answer_fallback_method)
        call = Call(self, to, var_from, "outbound", callback_timeout=callback_timeout)
        call.set_tag(tag)
        if disconnect_url is not None:
            call.end_destination = destination(disconnect_url, disconnect_method)
        if not isinstance(machine_detection, MachineDetection | None):
            raise SimulationError(
                f"machine_detection={machine_detection!r} is no MachineDetection: give"
                " MachineDetection(callback_url=...), from the simulator."
            )
        detected = None
        if machine_detection is not None and machine_detection.callback_url is not None:
            detected = destination(
                machine_detection.callback_url,
                machine_detection.callback_method,
                machine_detection.fallback_url,
                machine_detection.fallback_method,
            )
        first = dialled(call, answer, call_timeout, machine_detection, detected)
        self._begin(call, live(call, first, hang_up))
        return call

    def callee(self, address: str) -> Callee:
        """Return who is at a number, to say how they behave when they are called.

        Raises :class:`SimulationError` for what is neither a number nor a SIP URI.
        """
        return self._callees.setdefault(check_address(address, "The callee"), Callee(address))

    def callee_at(self, address: str) -> Callee:
        """Return who is at a number that is called; of whom nothing was said, nothing is kept."""
        return self._callees.get(address) or Callee(address)

    def conference(self, name: str) -> Conference:
        """Return the conference of that name; raises :class:`SimulationError` if nobody is in it."""
        if name not in self.conferences:
            there = ", ".join(map(repr, self.conferences)) or "none"
            raise SimulationError(f"There is no conference {name!r} now; there are: {there}.")
        return self.conferences[name]

    # -- Time ------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """What time it is, in the simulation."""
        return self._start + timedelta(milliseconds=self.timeline.now)

    def wait(self, seconds: float) -> None:
        """Let time pass; raises :class:`SimulationError` within a handler, whose callback comes first."""
        self.pass_time(check_seconds(seconds))

    def check_time_can_pass(self) -> None:
        """Raise :class:`SimulationError` within a handler: its callback must be answered first."""
        if self.timeline.is_running:
            raise SimulationError("No time can pass while a callback is being answered.")

    def pass_time(self, seconds: float) -> None:
        """Let time pass, then all that happens by itself."""
        self.check_time_can_pass()
        self._run(seconds)

    def go_on(self) -> None:
        """Let happen what happens by itself; within a handler, once that is over."""
        if not self.timeline.is_running:
            self._run(0)

    def _run(self, seconds: float) -> None:
        self._requests = 0
        self.timeline.run(seconds, to_the_end=lambda: not self._up)
        self._raise_troubles()

    def _raise_troubles(self) -> None:
        if self._troubles:
            troubles, self._troubles = self._troubles, []
            # That the simulation cannot go on is more than that a handler failed on the way there.
            raise next((one for one in troubles if isinstance(one, SimulationError)), troubles[0])

    def trouble(self, error: Exception) -> None:
        """Raise an error when what happens now is over."""
        self._troubles.append(error)

    # -- For the calls ---------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        """Return an id that nothing else has."""
        drawn = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return f"{prefix}-{drawn}" if prefix else str(drawn)

    def _begin(self, call: Call, steps: Steps[None]) -> None:
        self.count_request()
        self.calls.append(call)
        call.note(call.var_from if call.direction == "inbound" else "", f"calls {call.to}")
        self.start(call, steps)
        self.go_on()

    def count_request(self) -> None:
        """Take note that the application makes or changes a call or conference.

        Raises :class:`EndlessCall` where handlers do that for ever, each in answer to the one before.
        """
        if self.timeline.is_waited_for and self.timeline.now > self._last_request:
            self._requests = 0
        self._last_request = self.timeline.now
        self._requests += 1
        if self.timeline.is_running and self._requests > MOST_REQUESTS_AT_ONCE:
            error = EndlessCall(
                f"Handlers made or changed {MOST_REQUESTS_AT_ONCE} calls, one in answer to the callback of"
                f" another. The last ones:\n{latest(self.exchanges)}"
            )
            self.trouble(error)
            raise error

    def start(self, call: Call, steps: Steps[None]) -> None:
        """Let a call begin."""
        self._up[call.call_id] = call
        call.process = Process(self.timeline, steps)

    def make_leg(self, parent: Call, to: str, var_from: str) -> Call:
        """Return a call that another one makes, not begun yet."""
        leg = Call(self, to, var_from, "outbound", parent=parent, callback_timeout=parent.callback_timeout)
        parent.legs.append(leg)
        parent.note("", f"calls {to}")
        return leg

    def call_of(self, call_id: str) -> Call | None:
        """Return the call of an id, if it is still up."""
        return self._up.get(call_id)

    def forget(self, call: Call) -> None:
        """Take note that a call is over."""
        self._up.pop(call.call_id, None)

    # -- Callbacks -------------------------------------------------------------------------------------------

    def destination(
        self,
        url: str,
        method: Method = "POST",
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        credentials: tuple[str, str] | Unset | None = UNSET,
        callback_timeout: float | None = None,
    ) -> Destination:
        """Return where a REST request says that callbacks go."""
        shown = self.credentials if isinstance(credentials, Unset) else _pair(credentials)
        timeout = self.callback_timeout if callback_timeout is None else callback_timeout
        if method not in ("POST", "GET"):
            raise SimulationError(f"{method!r} is no method of a callback: it is POST or GET.")
        if not 0 < check_seconds(timeout, "callback_timeout") <= _LONGEST_TIMEOUT:
            raise SimulationError(
                f"callback_timeout={timeout!r} must be more than 0 and at most {_LONGEST_TIMEOUT} seconds."
            )
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(
                fallback_url, fallback_method, credentials=credentials, callback_timeout=timeout
            )
        return Destination(absolute(self.url, url), method, shown, fallback, timeout)

    def send(self, event: str, payload: Mapping[str, Any], *, raw: bytes | None = None) -> Exchange:
        """Send a callback that belongs to no call to where ``initiate`` goes, and return what became of it.

        :param payload: the properties by their wire names.
        :param raw: the body that is sent instead of them.

        No document is run, but :attr:`Exchange.failure` tells if the one that came back cannot be.
        """
        exchange = self.courier.send(self._initiated, event, payload, raw)
        self._raise_troubles()
        return exchange

    def script_of(self, document: DocumentLike, context: Context | Literal["any"] = "any") -> Script:
        """Return a document that came over REST, ready to run; raises :class:`InvalidBXML`."""
        text = document if isinstance(document, str | bytes) else bxml.render(document)
        parsed, _ = bxml.examine(text)
        check_placement(parsed, context)
        return Script(parsed.children, self.url)


def _in_utc(start: datetime) -> datetime:
    if not isinstance(start, datetime) or start.utcoffset() is None:
        raise SimulationError(
            f"start={start!r} is no time in a time zone: give an aware datetime, such as"
            " datetime(2026, 1, 5, 15, 0, tzinfo=UTC)."
        )
    return start.astimezone(UTC)


def _pair(given: Any) -> Credentials | None:
    if given is None:
        return None
    if not isinstance(given, tuple | list) or [type(part) for part in given] != [str, str]:
        raise SimulationError("The credentials are no username and password: give (username, password).")
    return Credentials(*given)
