"""SimulatedBandwidth: Bandwidth's end of the line, where calls, time and callbacks meet."""

from __future__ import annotations

import difflib
import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from flask import Flask, request
from werkzeug.routing import BuildError

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.blueprint import CallbackBlueprint
from flask_bandwidth_callbacks.bxml.placement import Context
from flask_bandwidth_callbacks.bxml.verb import without_password
from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.events import InitiateCallback, event_class_of
from flask_bandwidth_callbacks.exceptions import InvalidBXML
from flask_bandwidth_callbacks.links import Registration, endpoint_of, registrations
from flask_bandwidth_callbacks.schemas import attribute_types

from . import bridges, conversation, keys, sound, streams, transfers  # noqa: F401  each brings its verbs
from .call import Call, Ended
from .callees import Callee, check_address
from .choices import MACHINE_DETECTION_SECONDS, MOST_REQUESTS_AT_ONCE
from .conferences import Conference
from .delivery import Courier, Destination, Exchange, Script, Undelivered
from .documents import hang_up, live
from .exceptions import EndlessCall, SimulationError, UnreachableApplication
from .payloads import (
    ACCOUNT_ID,
    APPLICATION_ID,
    APPLICATION_NUMBER,
    CALLER_NUMBER,
    VERIFIED_CALLER,
    duration,
    payload_of,
    timestamp,
)
from .timeline import Process, Steps, Timeline, Wait
from .transport import InProcess, OverHTTP, split

__all__ = ["MachineDetection", "SimulatedBandwidth"]

_BEGINNING = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
_LONGEST_TIMEOUT = 25
"""Of a callback, in seconds. Source: https://dev.bandwidth.com/docs/voice/webhooks"""
_KEPT_EXCHANGES = 1000
_KEPT_CALLS = 50


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

    def __post_init__(self) -> None:
        if self.mode not in ("sync", "async"):
            raise SimulationError(f"mode={self.mode!r} is no way to detect machines: it is sync or async.")


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
        of what was asked of the simulation. Otherwise only the caller hears of it.
    :param seed: ids are drawn from it.
    :param start: time at which the simulation begins.

    Raises :class:`SimulationError` for a URL that is none, for an application without a
    ``CallbackBlueprint`` and for one with several if nothing says which.

    A simulation belongs to one thread. Handlers may use it, whichever thread they run in, until they have
    replied; what they began goes on when their callback is answered.
    """

    def __init__(
        self,
        target: Flask | str,
        url: str | CallbackBlueprint | None = None,
        *,
        credentials: tuple[str, str] | Unset | None = UNSET,
        method: Literal["POST", "GET"] = "POST",
        fallback_url: str | None = None,
        fallback_method: Literal["POST", "GET"] = "POST",
        fallback_credentials: tuple[str, str] | Unset | None = UNSET,
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
        """Whether notifications are sent twice, as after a connection that broke before the reply came."""
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        """The latest callbacks of all calls, in order."""
        self.calls: deque[Call] = deque(maxlen=_KEPT_CALLS)
        """The latest calls, in order; the legs of a Transfer are at the call that made it."""
        self.conferences: dict[str, Conference] = {}
        """The conferences that somebody is in, by name."""
        self.watchers: list[Callable[[Call, conversation.Line], None]] = []
        """Are told of every line of a call's conversation as it comes."""
        self._start = start
        self._random = random.Random(seed)
        self._callees: dict[str, Callee] = {}
        self._up: dict[str, Call] = {}
        self._troubles: list[Exception] = []
        self._requests = 0
        self._last_request = 0
        self._in_process: InProcess | None = None
        given = None if isinstance(credentials, Unset) else credentials
        if isinstance(target, Flask):
            self.url, registration = _place(target, url)
            """Where ``initiate`` goes."""
            self._in_process = InProcess(target, split(self.url))
            self._courier = Courier(self._in_process)
            if isinstance(credentials, Unset) and registration is not None:
                given = registration.gate.handed_out
        elif isinstance(target, str) and (url is None or isinstance(url, str)):
            self.url = _absolute(target, url or "")
            self._courier = Courier(OverHTTP(split(self.url).hostname))
        else:
            given_as = target if url is None else url
            raise SimulationError(f"{given_as!r} cannot be called: give a Flask application or a URL.")
        self.credentials = _pair(given)
        """What is shown when the application asks."""
        self._timeout = callback_timeout
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(fallback_url, fallback_method, credentials=fallback_credentials)
        self._initiated = self.destination(self.url, method)._replace(fallback=fallback)
        self._status = self.destination(status_url or "", status_method)

    # -- Calls -----------------------------------------------------------------------------------------------

    def call(self, to: str = APPLICATION_NUMBER, *, var_from: str = CALLER_NUMBER, **properties: Any) -> Call:
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
        properties = {"stir_shaken": VERIFIED_CALLER, **properties}
        call = Call(self, to, var_from, "inbound", properties=properties, timeout=self._timeout)
        call.end_destination = self._status
        self._begin(call, live(call, call.ask(self._initiated, "initiate"), hang_up))
        return call

    def dial(
        self,
        to: str,
        answer_url: str,
        *,
        var_from: str = APPLICATION_NUMBER,
        answer_method: str = "POST",
        answer_fallback_url: str | None = None,
        answer_fallback_method: str = "POST",
        disconnect_url: str | None = None,
        disconnect_method: str = "POST",
        credentials: tuple[str, str] | Unset | None = UNSET,
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
        self.check_seconds(call_timeout)
        timeout = self._timeout if callback_timeout is None else callback_timeout
        shown = self.credentials if isinstance(credentials, Unset) else credentials

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
        yield Wait(0)  # where a handler makes the call, the document that it returns begins first
        callee = self.callee_at(call.to)
        yield from transfers.ring(call, callee, call_timeout)
        transfers.pick_up(call, callee)
        length = timedelta(seconds=MACHINE_DETECTION_SECONDS)
        result = {"value": callee.detected_as, "duration": duration(length)}
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
        """Let time pass."""
        self.pass_time(self.check_seconds(seconds))

    def check_seconds(self, seconds: float) -> float:
        """Return a number of seconds; raises :class:`SimulationError` for any other value."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
            raise SimulationError(f"{seconds!r} is no number of seconds that can pass: give 0 or more.")
        return float(seconds)

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
                f" another. The last ones:\n{conversation.latest(self.exchanges)}"
            )
            self.trouble(error)
            raise error

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

    # -- Callbacks -------------------------------------------------------------------------------------------

    def destination(
        self,
        url: str,
        method: str = "POST",
        fallback_url: str | None = None,
        fallback_method: str = "POST",
        credentials: tuple[str, str] | Unset | None = UNSET,
        timeout: float | None = None,
    ) -> Destination:
        """Return where a REST request says that callbacks go."""
        shown = self.credentials if isinstance(credentials, Unset) else _pair(credentials)
        seconds = self._timeout if timeout is None else timeout
        if method not in ("POST", "GET"):
            raise SimulationError(f"{method!r} is no method of a callback: it is POST or GET.")
        if not 0 < self.check_seconds(seconds) <= _LONGEST_TIMEOUT:
            raise SimulationError(
                f"callback_timeout={seconds!r} must be more than 0 and at most {_LONGEST_TIMEOUT} seconds."
            )
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(fallback_url, fallback_method, None, "", shown, seconds)
        return Destination(_absolute(self.url, url), method, shown, fallback, seconds)

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
            credentials = Credentials(username, password)
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
            message = f"{event} {without_password(exchange.url)}: {exchange.failure}"
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
        record = self._recorder(*about)
        payload = self._payload(event, known)
        return self._courier.ask(destination, event, payload, self.now, record, _context(event))

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

    def send(self, event: str, payload: Mapping[str, Any], *, raw: bytes | None = None) -> Exchange:
        """Send a callback that belongs to no call to where ``initiate`` goes, and return what became of it.

        :param payload: the properties by their wire names.
        :param raw: the body that is sent instead of them.

        No document is run, but :attr:`Exchange.failure` tells if the one that came back cannot be.
        """
        reply = event_class_of(event).reply
        destination = self._initiated._replace(fallback=None)
        exchange = self._courier.send(
            destination, event, payload, self.now, _context(event), reads=reply.awaited, raw=raw
        )
        self.exchanges.append(exchange)
        self._raise_troubles()
        return exchange

    def script_of(self, document: Any, context: Context | None = None) -> Script:
        """Return a document that came over REST, ready to run; raises :class:`InvalidBXML`."""
        text = document if isinstance(document, str | bytes) else bxml.render(document)
        parsed, _ = bxml.examine(text)
        faults = bxml.misplaced(parsed, context) if context else []
        if faults:
            raise InvalidBXML(faults)
        return Script(parsed.children, self.url)


def _context(event: str) -> Context | None:
    """Return where the document stands that answers an event, if not every verb may stand there."""
    verbs = event_class_of(event).reply.verbs
    return None if verbs == "any" else verbs


# -- Where the application is --------------------------------------------------------------------------------


def _absolute(base: str, url: str) -> str:
    """Return a URL that can be requested, of one that may be relative."""
    if not isinstance(url, str):
        raise SimulationError(f"{url!r} is no URL: give a text, such as what url_for(handler) gives.")
    absolute = url
    with suppress(ValueError):  # which says less than the next one
        if not urlsplit(url).scheme:  # http:/menu would be taken for a path
            absolute = urljoin(base, url)
    try:
        parts = split(absolute)
    except ValueError as error:
        raise SimulationError(f"{error}.") from None
    if parts.username is not None:
        raise SimulationError(f"The URL for {parts.hostname} holds a username: give it as credentials.")
    return absolute


def _pair(given: Any) -> Credentials | None:
    if given is None:
        return None
    if not isinstance(given, tuple | list) or [type(part) for part in given] != [str, str]:
        raise SimulationError("The credentials are no username and password: give (username, password).")
    return Credentials(*given)


def _place(app: Flask, url: str | CallbackBlueprint | None) -> tuple[str, Registration | None]:
    """Return where ``initiate`` goes, and the registration there, None if another view receives it."""
    base = f"https://{host_of(app)}/"  # https, as Bandwidth wants it
    if isinstance(url, str):
        absolute = _absolute(base, url)
        return absolute, _registration_at(app, absolute)
    registration = _registration(app, url)
    with app.test_request_context("/", base_url=base):
        try:
            path = app.url_for(f"{registration.name}.{endpoint_of(None)}")
        except BuildError:
            raise SimulationError(
                f"The URL of {registration.name!r} has variables: give the one that calls go to."
            ) from None
    return urljoin(base, path), registration


def host_of(app: Flask) -> str:
    """Return a host, perhaps with a port, that an application takes requests for."""
    trusted = app.config["TRUSTED_HOSTS"] or ["localhost"]
    host: str = app.config["SERVER_NAME"] or trusted[0].lstrip(".")
    return host


def _registration_at(app: Flask, url: str) -> Registration | None:
    endpoint = endpoint_at(app, url)
    return next((one for one in registrations(app).values() if endpoint in one.endpoints), None)


def endpoint_at(app: Flask, url: str) -> str | None:
    """Return the endpoint of an application that a POST to a URL gets to, None if there is none."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}/"
    with app.test_request_context(parts.path, base_url=origin, method="POST"):
        return request.endpoint


def _registration(app: Flask, blueprint: CallbackBlueprint | None) -> Registration:
    found = list(registrations(app).values())
    if isinstance(blueprint, CallbackBlueprint):
        found = [one for one in found if one.blueprint is blueprint]
        if not found:
            raise SimulationError(f"Blueprint {blueprint.name!r} is not registered with {app.name!r}.")
    elif blueprint is not None:
        raise SimulationError(f"url={blueprint!r} is neither a URL nor a CallbackBlueprint.")
    if not found:
        raise SimulationError(
            f"Application {app.name!r} has no CallbackBlueprint: register one, or give the URL that calls go"
            " to."
        )
    if len(found) > 1:
        rules = [(one.name, app.url_map.iter_rules(f"{one.name}.{endpoint_of(None)}")) for one in found]
        names = ", ".join(f"{name!r} at {next(rule)}" for name, rule in rules)
        raise SimulationError(f"Application {app.name!r} has {names}: give the URL that calls go to.")
    return found[0]
