"""SimulatedBandwidth: the front door of the simulation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks.blueprint import CallbackBlueprint
from flask_bandwidth_callbacks.bxml.numbers import WITHHELD
from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.display import show

from .engine.call import Call, Calls
from .engine.callees import check_number
from .engine.conversation import counted
from .engine.interpreter import hang_up, live
from .engine.platform import Platform, pair_of
from .engine.timeline import Steps, check_seconds
from .engine.turn import in_turn
from .exceptions import NotFound, SimulationError
from .outbound import RINGING_SECONDS, MachineDetection, answered, check_presentation, presented
from .verbs.conferences import Conference, Conferences
from .wire.application import initiate_url
from .wire.destinations import Method
from .wire.documents import Script
from .wire.exchanges import Exchange
from .wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER, VERIFIED_CALLER
from .wire.transport import InProcess, OverHTTP, Transport
from .wire.urls import absolute, split

__all__ = ["SimulatedBandwidth"]

_KEPT_SIMULATIONS = 20
_REST = f"{__package__}.rest"
_START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


class SimulatedBandwidth(Platform):
    """A simulation of Bandwidth's voice platform: it makes calls, sends the callbacks, runs the BXML.

    :param target: a Flask application, which is called in process, or the URL of any server. Only that
        server is ever sent anything; if it runs on this machine, so are the others that do.
    :param url: where ``initiate`` goes in a Flask application: a path, a whole URL, or a
        ``CallbackBlueprint``. Defaults to the application's only ``CallbackBlueprint``.
    :param credentials: the username and password of the Bandwidth application, sent when the application
        asks for them. Default to those of the ``CallbackBlueprint``.
    :param method: HTTP method of ``initiate``, ``POST`` or ``GET``.
    :param fallback_url: where ``initiate`` goes after a failure.
    :param fallback_credentials: credentials for the fallback URL; default to the others.
    :param status_url: where ``disconnect`` goes. Defaults to where ``initiate`` goes; None for an application
        without a status URL, which is sent no ``disconnect``.
    :param callback_timeout: seconds to wait for a reply, at most 25. Bandwidth takes no less than 1.
    :param raise_errors: whether an exception in a handler or subscriber of a Flask application is raised by
        the method of the simulation that led to it, unless an error handler turned it into a document.
        Otherwise it only shows in what the caller hears.
    :param seed: seed of the ids, as :class:`random.Random` takes it, such as 7. The same one gives the same
        ids; without one they are different each time.
    :param start: time at which the simulation begins, an aware datetime.

    Raises :class:`SimulationError` for an invalid URL, for a time without a zone, for an application without
    a ``CallbackBlueprint``, and for an application with several if none is chosen.

    An application in process is waited for after every callback, until its work in the background is done.
    Where a seed gives an id again, what the application's stores hold about the earlier call is deleted.

    Handlers may use the simulation, whichever thread they run in, until they have replied; what they begin
    goes on when their callback is answered. Otherwise one thread at a time uses it.
    """

    _is_listed = True
    """Whether a test that fails shows the calls of such a simulation."""

    def __init__(
        self,
        target: Flask | str,
        url: str | CallbackBlueprint | None = None,
        *,
        credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        method: Method = "POST",
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        fallback_credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        status_url: str | Unset | None = UNSET,
        status_method: Method = "POST",
        callback_timeout: float = 15.0,
        raise_errors: bool = False,
        seed: int | str | None = None,
        start: datetime = _START,
    ) -> None:
        pair = None if isinstance(credentials, Unset) else pair_of(credentials)
        self._app = target if isinstance(target, Flask) else None
        if isinstance(target, Flask):
            first_url, registration = initiate_url(target, url)
            transport: Transport = InProcess(target, split(first_url))
            if isinstance(credentials, Unset) and registration is not None:
                pair = registration.gate.handed_out
        elif isinstance(target, str) and (url is None or isinstance(url, str)):
            first_url = absolute(target, url or "")
            transport = OverHTTP(split(first_url).hostname or "")
        else:
            given = target if url is None else url
            raise SimulationError(f"The target must be a Flask application or a URL, got {show(given)}.")
        super().__init__(
            first_url,
            transport,
            credentials=pair,
            callback_timeout=callback_timeout,
            raise_errors=raise_errors,
            seed=seed,
            start=start,
        )
        fallback = None
        if fallback_url is not None:
            fallback = self.destination(fallback_url, fallback_method, credentials=fallback_credentials)
        self._initiate = self.destination(self.url, method)._replace(fallback=fallback)
        self._status = None
        if status_url is not None:
            status = "" if isinstance(status_url, Unset) else status_url
            self._status = self.destination(status, status_method)

        if self._is_listed:
            latest.append(self)

    def __repr__(self) -> str:
        return f"<SimulatedBandwidth of {self.url}, {counted(len(self.calls), 'call')}>"

    # -- Calls -----------------------------------------------------------------------------------------------

    @property
    def calls(self) -> deque[Call]:
        """The latest calls, in order; the legs of a Transfer are kept by the call that made them."""
        return self.shared(Calls).latest

    def find_call(self, call_id: str) -> Call:
        """Return a call or leg by its id, ended ones too; raises :class:`NotFound`."""
        return self.shared(Calls).find(call_id)

    @in_turn
    def call(
        self,
        to: str = APPLICATION_NUMBER,
        *,
        var_from: str = CALLER_NUMBER,
        diversion: Mapping[str, str] | None = None,
        stir_shaken: Mapping[str, str] | None = VERIFIED_CALLER,
        sip_headers: Mapping[str, str] | None = None,
        uui: str | None = None,
        privacy: bool | None = None,
        caller_display_name: str | None = None,
    ) -> Call:
        """Make a call to the application. It goes on until the caller has something to do.

        :param to: number that is called.
        :param var_from: the caller: a number, a SIP URI, or ``Private``, ``Restricted``, ``Unavailable`` or
            ``Anonymous``, in this spelling.
        :param diversion: where the call was diverted from, by wire names: ``{"origTo": "+13035550199"}``.
        :param stir_shaken: how far the caller's number was verified, by wire names; None leaves it out.
        :param sip_headers: the ``X-`` headers of a SIP call, names in lower case: ``{"x-ticket": "7"}``.
        :param uui: User-To-User header of a SIP call.
        :param privacy: whether the caller hides their number; None leaves it out.
        :param caller_display_name: name that the caller's telephone sends.

        Raises :class:`UnreachableApplication` if the server cannot be reached or rejects the credentials.
        """
        check_number(to, "The number that is called")
        check_number(var_from, "The caller's number", WITHHELD)
        properties = {
            "diversion": diversion,
            "stir_shaken": stir_shaken,
            "sip_headers": sip_headers,
            "uui": uui,
            "privacy": privacy,
            "caller_display_name": caller_display_name,
        }
        call = Call(self, to, var_from, "inbound", event_properties=properties)
        call.end_destination = self._status
        self._begin(call, call.request(self._initiate, "initiate"))
        return call

    @in_turn
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
        credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        tag: str | None = None,
        fallback_credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        priority: int = 5,
        privacy: bool = False,
        display_name: str | None = None,
        uui: str | None = None,
        call_timeout: float = RINGING_SECONDS,
        callback_timeout: float | None = None,
        machine_detection: MachineDetection | None = None,
    ) -> Call:
        """Make an outbound call, as createCall does. URLs may be relative to the application's own.

        :param to: number or SIP URI that is called; :meth:`callee` sets how the person there behaves.
        :param answer_url: where ``answer`` goes, once the call is answered.
        :param disconnect_url: where ``disconnect`` goes; without it, it is not sent.
        :param credentials: credentials for these URLs; default to those of the simulation.
        :param fallback_credentials: credentials for the fallback URLs; default to the others.
        :param priority: from 1, the most urgent, to 5.
        :param privacy: whether the callee does not see the caller's number.
        :param display_name: name that the callee sees, at most 256 characters.
        :param uui: User-To-User values for a SIP URI (RFC 7433), each with its encoding.
        :param call_timeout: seconds that the telephone rings at most.
        :param callback_timeout: seconds to wait for a reply; defaults to that of the simulation.

        May be used within a handler: the call begins when that handler's callback is answered. Raises
        :class:`SimulationError` for arguments that no call can be made with.
        """
        check_number(to, "The number that is called")
        check_number(var_from, "The caller's number", WITHHELD)
        check_seconds(call_timeout, "call_timeout")
        check_presentation(priority, privacy, display_name, uui)
        destination = partial(
            self.destination,
            credentials=credentials,
            fallback_credentials=fallback_credentials,
            callback_timeout=callback_timeout,
        )
        answer = destination(answer_url, answer_method, answer_fallback_url, answer_fallback_method)
        dialed = (call.enqueued_time for call in self.calls if call.enqueued_time is not None)
        self.limits.check(self.now, dialed, self.calls_up)
        call = Call(self, to, var_from, "outbound", callback_timeout=callback_timeout)
        call.set_tag(tag)
        if disconnect_url is not None:
            call.end_destination = destination(disconnect_url, disconnect_method)
        if not isinstance(machine_detection, MachineDetection | None):
            raise SimulationError(
                f"machine_detection must be a MachineDetection, got {show(machine_detection)}. Give"
                " MachineDetection(callback_url=...), from the simulator."
            )
        detected = None
        if machine_detection is not None and machine_detection.callback_url is not None:
            detected = destination(
                machine_detection.callback_url,
                machine_detection.callback_method,
                machine_detection.fallback_url,
                machine_detection.fallback_method,
                **machine_detection.given_credentials(),
            )
        steps = answered(call, answer, call_timeout, machine_detection, detected)
        self._begin(call, steps, shown_as=presented(var_from, privacy, display_name))
        return call

    def _begin(self, call: Call, steps: Steps[Script], shown_as: str | None = None) -> None:
        self.count_request()
        self.calls.append(call)
        who = call.var_from if call.direction == "inbound" else ""
        call.start(live(call, steps, hang_up))
        call.note(who, f"calls {call.to}" + (f" as {shown_as}" if shown_as else ""))
        self.go_on()

    # -- Conferences and single callbacks --------------------------------------------------------------------

    @property
    def conferences(self) -> dict[str, Conference]:
        """The conferences that have members, by name."""
        return self.shared(Conferences).by_name

    def conference(self, name: str) -> Conference:
        """Return the conference of that name; raises :class:`NotFound` if it has no members."""
        if name not in self.conferences:
            names = ", ".join(map(repr, self.conferences)) or "none"
            raise NotFound(f"Conference {show(name)} does not exist now; these do: {names}.")
        return self.conferences[name]

    @in_turn
    def send(
        self,
        event: str,
        payload: Mapping[str, Any],
        *,
        raw: bytes | None = None,
        url: str | None = None,
        method: Method = "POST",
    ) -> Exchange:
        """Send a callback that belongs to no call, and return the exchange.

        :param payload: the properties by their wire names.
        :param raw: body to send instead of the payload.
        :param url: where it goes; defaults to where ``initiate`` goes, with its method.

        The document that comes back is not run, but :attr:`Exchange.failure` says if it cannot be. A call or
        conference that is new to this simulation is new to an application in process, too, unless ``raw`` is
        given: what its stores hold about another one of the same id is deleted.
        """
        destination = self._initiate if url is None else self.destination(url, method)
        if raw is None:
            for name in ("callId", "conferenceId"):
                self.mention(payload.get(name))
        with self.acting():
            exchange = self.courier.send(destination, event, payload, raw)
        self.go_on()
        self.raise_errors_now()
        return exchange

    # -- The REST interface ----------------------------------------------------------------------------------

    def mock_rest(
        self,
        clients: Iterable[tuple[str, str]] | None = None,
        forbidden: Iterable[tuple[str, str]] = (),
    ) -> AbstractContextManager[None]:
        """Return a context in which this simulation answers the requests of this process to Bandwidth.

        They are the requests to hosts under bandwidth.com that go through urllib3, as those of bandwidth-sdk
        and requests do. What they begin, such as a call, goes on when a view or handler that sent the
        request has replied, and at once if none did. A client that does not use urllib3 gets a
        :class:`SimulationError` when it connects to such a host.

        :param clients: the ids and secrets, or usernames and passwords, that are let in; others get 401. None
            lets in all that there are.
        :param forbidden: those that are known but may do nothing; they get 403.

        Of nested contexts, the innermost counts; threads may have contexts of their own. Raises
        :class:`SimulationError` for what is not a pair, and if ``simulator/rest/`` has been deleted.
        """
        rest = _rest()
        catch_up = self.catch_up if self._app is None else rest.AfterViews(self._app, self.catch_up)
        application = rest.RestApplication(self, clients, forbidden, catch_up)
        context: AbstractContextManager[None] = rest.intercepted(application)
        return context

    def mock_rest_if_installed(self) -> AbstractContextManager[None]:
        """Return :meth:`mock_rest`, or a context without effect if ``simulator/rest/`` has been deleted."""
        return self.mock_rest() if find_spec(_REST) is not None else nullcontext()

    def serve_rest(
        self,
        port: int = 0,
        clients: Iterable[tuple[str, str]] | None = None,
        forbidden: Iterable[tuple[str, str]] = (),
    ) -> AbstractContextManager[str]:
        """Return a context in which this simulation answers requests to Bandwidth over HTTP, in real time.

        The context gives the URL of a server on this machine, such as ``http://127.0.0.1:5001``. Clients
        find the operations below ``/api/v2`` and the token endpoint at ``/api/v1/oauth2/token``. Sounds,
        pauses and timeouts take as long as they really do, and callbacks are sent from a thread of their own;
        the methods of this simulation may be used from others. :meth:`wait` still makes time pass at once.

        :param port: port of the server; 0 takes one that is free.
        :param clients: the ids and secrets, or usernames and passwords, that are let in; others get 401. None
            lets in all that there are.
        :param forbidden: those that are known but may do nothing; they get 403.

        An exception that no method of the simulation raised is raised when the context is left. Raises
        :class:`SimulationError` for a port that is not free, for what is not a pair, if the simulation is
        served already, and if ``simulator/rest/`` has been deleted.
        """
        rest = _rest()
        context: AbstractContextManager[str] = rest.served(
            rest.RestApplication(self, clients, forbidden), port
        )
        return context


def _rest() -> Any:
    """Return the package of the REST interface, which stands above this module and may be deleted."""
    if find_spec(_REST) is None:
        raise SimulationError(f"The REST interface must be installed, but {_REST} is missing. Restore it.")
    return import_module(_REST)


latest: deque[SimulatedBandwidth] = deque(maxlen=_KEPT_SIMULATIONS)
"""The latest simulations, for pytest, which shows their calls if a test fails."""
