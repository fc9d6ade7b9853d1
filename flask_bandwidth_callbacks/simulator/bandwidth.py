"""SimulatedBandwidth: Bandwidth's end of the line, where calls, time and callbacks meet."""

from __future__ import annotations

import difflib
import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from flask import Flask, request
from werkzeug.routing import BuildError

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.blueprint import CallbackBlueprint
from flask_bandwidth_callbacks.bxml.placement import Context
from flask_bandwidth_callbacks.events import InitiateCallback, event_class_of
from flask_bandwidth_callbacks.exceptions import InvalidBXML
from flask_bandwidth_callbacks.links import Registration, endpoint_of, registrations
from flask_bandwidth_callbacks.schemas import attribute_types

from . import bridges, keys, sound, streams, transfers  # noqa: F401  each brings its verbs
from .call import Call, Ended
from .callees import Callee, check_address
from .choices import MACHINE_DETECTION_SECONDS, MOST_CALLS_AT_ONCE
from .conferences import Conference
from .conversation import Line
from .delivery import Courier, Destination, Exchange, Script, Undelivered
from .documents import hang_up, live
from .exceptions import EndlessCall, SimulationError, UnreachableApplication
from .payloads import ACCOUNT_ID, APPLICATION_ID, payload_of, timestamp
from .timeline import Process, Steps, Timeline, Wait
from .transport import InProcess, OverHTTP, split

__all__ = ["MachineDetection", "SimulatedBandwidth"]

_BEGINNING = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
_APPLICATION_NUMBER = "+13035550100"
_KEPT_EXCHANGES = 1000
_KEPT_CALLS = 50
_VERIFIED = {
    "verstat": "TN-Validation-Passed",
    "attestationIndicator": "A",
    "originatingId": "6cc2b5a7-50ba-4b5e-a1ae-6c3f0ef2cb0b",
}


class _Unset:
    pass


_UNSET = _Unset()


@dataclass(frozen=True)
class MachineDetection:
    """How an outbound call finds out who or what answered, as createCall has it."""

    mode: Literal["sync", "async"] = "async"
    """``sync``: ``answer`` waits for the result and carries it; ``async``: a callback of its own tells it."""
    callback_url: str | None = None
    """Where ``machineDetectionComplete`` goes."""
    callback_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"


class SimulatedBandwidth:
    """A stand-in for Bandwidth's voice platform: it makes calls, sends the callbacks, runs the BXML.

    :param target: a Flask application, which is called in process, or the URL of any server: where
        ``initiate`` goes. Only that server and this machine are ever sent anything.
    :param url: where ``initiate`` goes in a Flask application: a path, or a ``CallbackBlueprint``. Left out,
        it is the application's one ``CallbackBlueprint``.
    :param credentials: the username and password of the Bandwidth application, shown when asked for. Left
        out, they are those of the ``CallbackBlueprint``.
    :param method: with which ``initiate`` is sent, ``POST`` or ``GET``.
    :param fallback_url: where ``initiate`` goes after a failure.
    :param fallback_credentials: shown there; left out, the same.
    :param status_url: where ``disconnect`` goes; left out, the same as ``initiate``.
    :param callback_timeout: seconds until a callback is given up, 1 to 25.
    :param raise_errors: whether an exception in a handler or a subscriber of a Flask application comes out
        of what was asked of the simulation. Otherwise only the caller hears of it.
    :param seed: ids are drawn from it.
    :param start: time at which the simulation begins.

    Raises :class:`SimulationError` for a URL that is none, for an application without a
    ``CallbackBlueprint`` and for one with several if nothing says which.
    """

    def __init__(
        self,
        target: Flask | str,
        url: str | CallbackBlueprint | None = None,
        *,
        credentials: tuple[str, str] | _Unset | None = _UNSET,
        method: Literal["POST", "GET"] = "POST",
        fallback_url: str | None = None,
        fallback_method: Literal["POST", "GET"] = "POST",
        fallback_credentials: tuple[str, str] | _Unset | None = _UNSET,
        status_url: str | None = None,
        status_method: Literal["POST", "GET"] = "POST",
        callback_timeout: float = 15.0,
        raise_errors: bool = False,
        seed: int = 0,
        start: datetime = _BEGINNING,
    ) -> None:
        self.timeline = Timeline()
        self.account_id = ACCOUNT_ID
        self.application_id = APPLICATION_ID
        self.raise_errors = raise_errors
        self.repeats_notifications = False
        """Whether notifications are sent twice, as after a connection that broke before the reply was there."""
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        """The latest callbacks of all calls, in order."""
        self.calls: deque[Call] = deque(maxlen=_KEPT_CALLS)
        """The latest calls, in order; the legs of a Transfer are at the call that made it."""
        self.conferences: dict[str, Conference] = {}
        """The conferences that somebody is in, by name."""
        self.watchers: list[Callable[[Call, Line], None]] = []
        """Are told of every line of a call's conversation as it comes."""
        self._start = start
        self._random = random.Random(seed)
        self._callees: dict[str, Callee] = {}
        self._up: dict[str, Call] = {}
        self._troubles: list[Exception] = []
        self._begun = 0
        self._in_process: InProcess | None = None
        given = None if isinstance(credentials, _Unset) else credentials
        if isinstance(target, Flask):
            registration = _registration(target, url)
            base = _base_of(target)
            self.url = urljoin(base, url if isinstance(url, str) else _path_of(target, registration, base))
            """Where ``initiate`` goes."""
            self._in_process = InProcess(target, split(base))
            self._courier = Courier(self._in_process)
            if isinstance(credentials, _Unset) and registration is not None:
                given = registration.gate.handed_out
        elif isinstance(target, str):
            self.url = urljoin(target, url) if isinstance(url, str) else target
            self._courier = Courier(OverHTTP(_checked(self.url).netloc))
        else:
            raise SimulationError(f"{target!r} cannot be called: give a Flask application or a URL.")
        _checked(self.url)
        self.credentials = None if given is None else (given[0], given[1])
        """What is shown when the application asks."""
        self._timeout = callback_timeout
        fallback = None
        if fallback_url is not None:
            shown = self.credentials if isinstance(fallback_credentials, _Unset) else fallback_credentials
            fallback = Destination(
                urljoin(self.url, fallback_url), fallback_method, shown, None, callback_timeout
            )
        self._initiated = Destination(self.url, method, self.credentials, fallback, callback_timeout)
        self._status = Destination(
            urljoin(self.url, status_url or ""), status_method, self.credentials, None, callback_timeout
        )

    # -- Calls -----------------------------------------------------------------------------------------------

    def call(
        self, to: str = _APPLICATION_NUMBER, *, var_from: str = "+13035550123", **properties: Any
    ) -> Call:
        """Let somebody call the application, and let it go on until the caller has something to do.

        :param to: number that is called.
        :param var_from: who calls: a number, a SIP URI, or ``Private``, ``Restricted``, ``Unavailable``,
            ``Anonymous``.
        :param properties: what ``initiate`` tells besides, by the names that ``InitiateCallback`` has:
            ``diversion={"origTo": "+1..."}``, ``stir_shaken=None``, ``sip_headers={"x-ticket": "7"}``.

        Raises :class:`UnreachableApplication` if no server is there or it refuses the credentials.
        """
        check_address(to, "The number")
        if var_from not in ("Private", "Restricted", "Unavailable", "Anonymous"):
            check_address(var_from, "The caller's number")
        known = attribute_types(InitiateCallback)
        for name in properties:
            if name not in known:
                nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
                raise SimulationError(f"initiate has no {name!r}; the nearest is {nearest!r}.")
        properties = {"stir_shaken": _VERIFIED, **properties}
        call = Call(self, to, var_from, "inbound", properties=properties, timeout=self._timeout)
        call.end_destination = self._status
        self._begin(call, live(call, call.ask(self._initiated, "initiate"), hang_up))
        return call

    def dial(
        self,
        to: str,
        answer_url: str,
        *,
        var_from: str = _APPLICATION_NUMBER,
        answer_method: str = "POST",
        answer_fallback_url: str | None = None,
        answer_fallback_method: str = "POST",
        disconnect_url: str | None = None,
        disconnect_method: str = "POST",
        credentials: tuple[str, str] | _Unset | None = _UNSET,
        tag: str | None = None,
        call_timeout: float = transfers.RINGING_SECONDS,
        callback_timeout: float | None = None,
        machine_detection: MachineDetection | None = None,
    ) -> Call:
        """Call somebody, as createCall does; the arguments are those of createCall.

        URLs may be relative to the application's own. May be used within a handler: the call begins when
        that handler's callback is answered. Without ``disconnect_url`` there is no ``disconnect``.
        """
        check_address(to, "The number")
        timeout = self._timeout if callback_timeout is None else callback_timeout
        shown = self.credentials if isinstance(credentials, _Unset) else credentials

        def destination(
            url: str, method: str, fallback: str | None = None, fallback_method: str = ""
        ) -> Destination:
            return self.destination(url, method, fallback, fallback_method, shown, timeout)

        answer = destination(answer_url, answer_method, answer_fallback_url, answer_fallback_method)
        call = Call(self, to, var_from, "outbound", timeout=timeout)
        call.set_tag(tag)
        if disconnect_url is not None:
            call.end_destination = destination(disconnect_url, disconnect_method)
        detected = None
        if machine_detection is not None and machine_detection.callback_url is not None:
            detected = destination(
                machine_detection.callback_url,
                machine_detection.callback_method,
                machine_detection.fallback_url,
                machine_detection.fallback_method,
            )
        mode = None if machine_detection is None else machine_detection.mode
        self._begin(call, live(call, self._dial(call, answer, call_timeout, mode, detected), hang_up))
        return call

    def _dial(
        self,
        call: Call,
        answer: Destination,
        call_timeout: float,
        detection: Literal["sync", "async"] | None,
        detected: Destination | None,
    ) -> Steps[Script]:
        callee = self.callee(call.to)
        yield from transfers.ring(call, callee, call_timeout)
        transfers.pick_up(call, callee)
        result = {"value": callee.detected_as, "duration": f"PT{MACHINE_DETECTION_SECONDS:g}S"}
        if detection == "sync":
            yield from call.play(MACHINE_DETECTION_SECONDS)
            return (yield from call.ask(answer, "answer", machine_detection_result=result))
        if detection == "async":
            Process(self.timeline, self._detect(call, detected, result))
        return (yield from call.ask(answer, "answer"))

    def _detect(self, call: Call, detected: Destination | None, result: dict[str, str]) -> Steps[None]:
        yield Wait(MACHINE_DETECTION_SECONDS, sounds=True)
        if call.state == "answered":
            call.tell(detected, "machineDetectionComplete", machine_detection_result=result)

    def callee(self, address: str) -> Callee:
        """Return who is at a number, to say how they behave when they are called.

        Raises :class:`SimulationError` for what is neither a number nor a SIP URI.
        """
        return self._callees.setdefault(check_address(address, "The callee"), Callee(address))

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
        """Let time pass."""
        self.pass_time(self.check_seconds(seconds))

    def check_seconds(self, seconds: float) -> float:
        """Return a number of seconds; raises :class:`SimulationError` for any other value."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
            raise SimulationError(f"{seconds!r} is no number of seconds that can pass: give 0 or more.")
        return float(seconds)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, then all that happens by itself."""
        if self.timeline.is_running:
            raise SimulationError("No time can pass while a callback is being answered.")
        self._run(seconds)

    def go_on(self) -> None:
        """Let happen what happens by itself; within a handler, once that is over."""
        if not self.timeline.is_running:
            self._run(0)

    def _run(self, seconds: float) -> None:
        self._begun = 0
        self.timeline.run(seconds, to_the_end=lambda: not self._up)
        if self._in_process is not None:
            if self.raise_errors:
                self._troubles += self._in_process.errors
            self._in_process.errors.clear()
        if self._troubles:
            first, self._troubles = self._troubles[0], []
            raise first

    def trouble(self, error: Exception) -> None:
        """Raise an error when what happens now is over."""
        self._troubles.append(error)

    # -- For the calls ---------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        """Return an id that nothing else has."""
        drawn = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return f"{prefix}-{drawn}" if prefix else str(drawn)

    def _begin(self, call: Call, steps: Steps[None]) -> None:
        self._begun += 1
        if self._begun > MOST_CALLS_AT_ONCE:
            raise EndlessCall(
                f"{MOST_CALLS_AT_ONCE} calls were begun while one callback after the other was answered: some"
                " handler makes a call whose callbacks make the next one."
            )
        self.calls.append(call)
        call.note(call.var_from if call.direction == "inbound" else "", f"calls {call.to}")
        self.start(call, steps)
        self.go_on()

    def start(self, call: Call, steps: Steps[None]) -> None:
        """Let a call begin."""
        self._up[call.call_id] = call
        call.process = Process(self.timeline, steps)

    def make_leg(self, parent: Call, to: str, var_from: str) -> Call:
        """Return a call that another one makes, not begun yet."""
        leg = Call(self, to, var_from, "outbound", parent=parent, timeout=parent.timeout)
        parent.legs.append(leg)
        parent.note("", f"calls {to}")
        return leg

    def call_of(self, call_id: str) -> Call | None:
        """Return the call of an id, if it is still up."""
        return self._up.get(call_id)

    def forget(self, call: Call) -> None:
        """Take note that a call is over."""
        self._up.pop(call.call_id, None)

    def tell_of_end(self, call: Call, ended: Ended) -> None:
        """Tell the application that a call is over."""
        more: dict[str, Any] = {"end_time": timestamp(self.now), "cause": ended.cause}
        if ended.message is not None:
            more |= {"error_message": ended.message, "error_id": self.new_id("")}
        if call.parent is None:
            call.tell(call.end_destination, "disconnect", **more, sip_response_code=ended.sip_response_code)
        else:
            call.tell(call.end_destination, "transferDisconnect", **more)

    # -- Callbacks -------------------------------------------------------------------------------------------

    def destination(
        self,
        url: str,
        method: str = "POST",
        fallback_url: str | None = None,
        fallback_method: str = "POST",
        credentials: tuple[str, str] | _Unset | None = _UNSET,
        timeout: float | None = None,
    ) -> Destination:
        """Return where a REST request says that callbacks go."""
        shown = self.credentials if isinstance(credentials, _Unset) else credentials
        seconds = self._timeout if timeout is None else timeout
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(fallback_url, fallback_method, None, "", shown, seconds)
        absolute = urljoin(self.url, url)
        _checked(absolute)
        return Destination(absolute, method, shown, fallback, seconds)

    def destination_of(
        self, owner: Call | Conference, verb: bxml.Element, attribute: str, base: str
    ) -> Destination | None:
        """Return where a URL attribute of a verb says that callbacks go, None if it says nothing."""
        url = verb.attributes.get(attribute)
        if url is None:
            return None
        stem = attribute.removesuffix("_url")
        pair = verb.specification.attributes[attribute].url
        assert pair is not None
        credentials = None
        if pair.credentials is not None and any(name in verb.attributes for name in pair.credentials):
            username, password = (verb.attributes.get(name, "") for name in pair.credentials)
            credentials = (username, password)
        fallback = None
        if f"{stem}_fallback_url" in verb.specification.attributes:
            fallback = self.destination_of(owner, verb, f"{stem}_fallback_url", base)
        method = verb.attributes.get(f"{stem}_method", "POST")
        timeout = owner.timeout if isinstance(owner, Call) else self._timeout
        return Destination(urljoin(base, url), method, credentials, fallback, timeout)

    def ask(self, call: Call, destination: Destination, event: str, known: Mapping[str, Any]) -> Script:
        """Return the document that answers a callback; the call ends if that comes to nothing."""
        try:
            return self._ask(destination, event, known, call)
        except Undelivered as undelivered:
            exchange = undelivered.exchange
            if event in ("initiate", "answer") and exchange.unreachable:
                self.trouble(UnreachableApplication(f"{exchange.method} {exchange.url}: {exchange.failure}."))
            message = f"{event} {exchange.url}: {exchange.failure}"
            raise Ended(exchange.cause or "error", message) from None

    def ask_for(
        self,
        conference: Conference,
        destination: Destination,
        event: str,
        known: Mapping[str, Any],
        call: Call | None,
    ) -> Script | None:
        """Return the document that answers a conference's callback; None if that comes to nothing."""
        try:
            return self._ask(destination, event, known, conference, call)
        except Undelivered:
            return None

    def _ask(
        self, destination: Destination, event: str, known: Mapping[str, Any], *about: Call | Conference | None
    ) -> Script:
        verbs = event_class_of(event).reply.verbs
        context: Context | None = None if verbs == "any" else verbs
        record = self._recorder(*about)
        payload = self._payload(event, known)
        return self._courier.ask(destination, event, payload, self.now, record, context)

    def tell(
        self,
        owner: Call | Conference,
        destination: Destination,
        event: str,
        known: Mapping[str, Any],
        call: Call | None = None,
    ) -> None:
        """Send a callback that only tells."""
        payload = self._payload(event, known)
        for _ in range(2 if self.repeats_notifications else 1):
            self._courier.tell(destination, event, payload, self.now, self._recorder(owner, call))

    def _recorder(self, *about: Call | Conference | None) -> Callable[[Exchange], None]:
        def record(exchange: Exchange) -> None:
            self.exchanges.append(exchange)
            for one in about:
                if one is not None:
                    one.record(exchange)

        return record

    def _payload(self, event: str, known: Mapping[str, Any]) -> dict[str, Any]:
        return payload_of(event, {**known, "event_type": event, "event_time": timestamp(self.now)})

    def script_of(self, document: Any, context: Context | None = None) -> Script:
        """Return a document that came over REST, ready to run; raises :class:`InvalidBXML`."""
        text = document if isinstance(document, str | bytes) else bxml.render(document)
        parsed, _ = bxml.examine(text)
        faults = bxml.misplaced(parsed, context) if context else []
        if faults:
            raise InvalidBXML(faults)
        return Script(parsed.children, self.url)


# -- Where the application is --------------------------------------------------------------------------------


def _checked(url: str) -> Any:
    try:
        return split(url)
    except ValueError as error:
        raise SimulationError(f"{error}.") from None


def _base_of(app: Flask) -> str:
    """Return the address of an application that runs in process: https, as Bandwidth wants it."""
    return f"https://{app.config['SERVER_NAME'] or 'localhost'}/"


def _registration(app: Flask, url: str | CallbackBlueprint | None) -> Registration | None:
    """Return the registration that the calls go to, None if a URL says that it is no matter."""
    found = list(registrations(app).values())
    if isinstance(url, CallbackBlueprint):
        found = [one for one in found if one.blueprint is url]
        if not found:
            raise SimulationError(f"Blueprint {url.name!r} is not registered with {app.name!r}.")
    elif isinstance(url, str):
        return _registration_at(app, url)
    if not found:
        raise SimulationError(
            f"Application {app.name!r} has no CallbackBlueprint: register one, or give the URL for initiate."
        )
    if len(found) > 1:
        names = ", ".join(repr(one.name) for one in found)
        raise SimulationError(f"Application {app.name!r} has {names}: say with url= where calls go.")
    return found[0]


def _registration_at(app: Flask, url: str) -> Registration | None:
    """Return the registration that a URL leads to, None if it leads to something else."""
    path = urlsplit(urljoin("/", url)).path
    with app.test_request_context(path, base_url=_base_of(app), method="POST"):
        endpoint = request.endpoint
    for one in registrations(app).values():
        if endpoint in one.endpoints:
            return one
    return None


def _path_of(app: Flask, registration: Registration | None, base: str) -> str:
    assert registration is not None
    endpoint = f"{registration.name}.{endpoint_of(None)}"
    with app.test_request_context("/", base_url=base):
        try:
            return app.url_for(endpoint)
        except BuildError:
            raise SimulationError(
                f"The URL of {registration.name!r} has variables: say with url= where calls go."
            ) from None
