"""The blueprint: handlers are registered on it, and each callback takes its way through it."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from flask import Blueprint, Flask, Request, current_app, has_app_context, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from . import config, replies, signals
from .advice import advice_for
from .attempts import attempts_on
from .config import UNSET, Unset
from .credentials import Credentials, CredentialsOption, Gate, read_gate
from .display import show
from .events import Callback, UnknownCallback
from .exceptions import LinkError, SubscriptionError
from .handler_urls import url_for_handler
from .handling import ends_request, notify, respond, respond_to_error
from .jsonify import write_payloads
from .logs import log
from .methods import METHODS, EveryMethod
from .receivers import send
from .receiving import load_event, read_payload
from .registrations import Registration, endpoint_of, registration_at, registrations, shape_of, variables_of
from .rejections import Rejection, challenge
from .subscriptions import Subscriptions, targets_of
from .tracebacks import clear_locals, without_locals

# Keys of the WSGI environment. Not flask.g, which several requests share where a test holds an application
# context open.
_EVENT = "flask_bandwidth_callbacks.event"
_LET_IN = "flask_bandwidth_callbacks.let_in"
"""The blueprint whose gate a request has passed."""

E = TypeVar("E", bound=Callback)
E2 = TypeVar("E2", bound=Callback)
E3 = TypeVar("E3", bound=Callback)
P = ParamSpec("P")
ReplyT = TypeVar("ReplyT", bound=replies.ReplyValue | Awaitable[replies.ReplyValue])
NothingT = TypeVar("NothingT", bound=Awaitable[None] | None)
ErrorHandlerT = TypeVar(
    "ErrorHandlerT",
    bound=Callable[[Any], replies.ReplyValue | ResponseReturnValue]
    | Callable[[Any], Awaitable[replies.ReplyValue | ResponseReturnValue]],
)


class ResponderDecorator(Protocol[E]):
    """A decorator for functions that are called with the event and return a reply."""

    def __call__(
        self, handler: Callable[Concatenate[E, P], ReplyT], /
    ) -> Callable[Concatenate[E, P], ReplyT]: ...


class SubscriberDecorator(Protocol[E]):
    """A decorator for functions that are called with the event and return None."""

    def __call__(
        self, handler: Callable[Concatenate[E, P], NothingT], /
    ) -> Callable[Concatenate[E, P], NothingT]: ...


class CallbackBlueprint(Blueprint):
    """A Flask blueprint that receives Bandwidth's callbacks and replies with what your functions return.

    :param name: the blueprint's name.
    :param import_name: usually ``__name__``.
    :param credentials: ``(username, password)`` pairs that Bandwidth may send; all are accepted, the first is
        handed out. ``ANYONE`` disables authentication. Takes precedence over
        ``BANDWIDTH_CALLBACKS_CREDENTIALS`` in ``app.config``. Without either, and for None, registering
        raises :class:`~.exceptions.ConfigurationError`.
    :param blueprint_options: further arguments of :class:`flask.Blueprint`.
    """

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        credentials: CredentialsOption | Unset = UNSET,
        **blueprint_options: Any,
    ) -> None:
        self._gate = UNSET if isinstance(credentials, Unset) else read_gate(credentials, "credentials")
        del credentials  # an error below would have them among the locals of its traceback
        super().__init__(name, import_name, **blueprint_options)
        self.subscriptions = Subscriptions()
        """The responders and subscribers."""
        self._apps: weakref.WeakSet[Flask] = weakref.WeakSet()
        self._is_registered = False  # stays True when no application is left
        self._paths: set[str | None] = set()
        self.url_value_preprocessor(_exempt_from_csrf)
        self.before_request(self._authenticate)
        self._add_path(None)

    # -- Subscribing -------------------------------------------------------------------------------------

    @overload
    def respond(self, event: type[E], path: str | None = None, **match: Any) -> ResponderDecorator[E]: ...
    @overload
    def respond(
        self, event: tuple[type[E], type[E2]], path: str | None = None, **match: Any
    ) -> ResponderDecorator[E | E2]: ...
    @overload
    def respond(
        self, event: tuple[type[E], type[E2], type[E3]], path: str | None = None, **match: Any
    ) -> ResponderDecorator[E | E2 | E3]: ...
    @overload
    def respond(
        self, event: str | tuple[str | type[Callback], ...], path: str | None = None, **match: Any
    ) -> ResponderDecorator[Any]: ...
    def respond(self, event: Any, path: str | None = None, **match: Any) -> Any:
        """Register the decorated function as the responder to an event. Its return value becomes the reply.

        :param event: an event class, an event type such as ``"initiate"``, or a tuple of these. A base class
            means all answered events below it.
        :param path: path below the blueprint's own URL, such as ``"/menu"`` or ``"/rooms/<room>"``. The
            function is given its variables by name. Without a path it is the blueprint's own URL.
        :param match: attributes that the event must have: a value, a collection of values, a compiled pattern
            to search for, or a predicate.

        The most specific responder replies: more matches first, then the narrower class, then the first
        registered. Raises :class:`~.exceptions.SubscriptionError` for a registration that can never match.
        """
        self._check_unregistered("respond")
        targets = targets_of(event)
        path = _normal_path(path)

        def decorate(handler: Any) -> Any:
            self._check_unregistered("respond")
            self._check_path(path)
            self.subscriptions.add_responder(handler, targets, path, variables_of(path), match)
            self._add_path(path)
            return handler

        return decorate

    @overload
    def on(self, event: type[E], **match: Any) -> SubscriberDecorator[E]: ...
    @overload
    def on(self, event: tuple[type[E], type[E2]], **match: Any) -> SubscriberDecorator[E | E2]: ...
    @overload
    def on(
        self, event: tuple[type[E], type[E2], type[E3]], **match: Any
    ) -> SubscriberDecorator[E | E2 | E3]: ...
    @overload
    def on(self, event: str | tuple[str | type[Callback], ...], **match: Any) -> SubscriberDecorator[Any]: ...
    def on(self, event: Any, **match: Any) -> Any:
        """Register the decorated function as a subscriber to an event, at every URL of the blueprint.

        Subscribers run after the responder, in order of registration; an exception is logged and does not
        stop the others. Each runs in an application context of its own, so with its own ``flask.g`` and
        database session; ``request`` and ``session`` are those of the callback.
        ``event`` and ``match`` are as for :meth:`respond`.

        The reply is sent after the last subscriber. While one works on an answered event, the caller waits,
        and Bandwidth gives the call up when its callback timeout is over: do slow work in the background. The
        log names a handler that took more than a second.

        Raises :class:`~.exceptions.SubscriptionError` for a registration that can never match.
        """
        self._check_unregistered("on")
        targets = targets_of(event)

        def decorate(handler: Any) -> Any:
            self._check_unregistered("on")
            self.subscriptions.add_subscriber(handler, targets, match)
            return handler

        return decorate

    def _check_unregistered(self, decorator: str) -> None:
        if self._is_registered:
            raise SubscriptionError(
                f"{decorator}() was called after blueprint {self.name!r} was registered, so the handler would"
                " never run. Import the handlers before app.register_blueprint."
            )

    def _check_path(self, path: str | None) -> None:
        for other in self._paths - {path}:
            if shape_of(other) == shape_of(path):
                raise SubscriptionError(
                    f"The paths {path!r} and {other!r} differ only in the names of their variables, so one"
                    " would get the requests of both. Give the variables the same names."
                )

    # -- Registering -------------------------------------------------------------------------------------

    def register(self, app: Flask, options: dict[str, Any]) -> None:  # type: ignore[override]
        """Register the blueprint with an application; called by Flask.

        Raises :class:`~.exceptions.ConfigurationError` for missing or unusable credentials and settings.
        """
        self.subscriptions.check()
        gate = config.gate_of(app, self.name, self._gate)
        config.check(app)
        write_payloads(app)
        super().register(app, options)
        name = f"{options.get('name_prefix', '')}.{options.get('name', self.name)}".lstrip(".")
        own_url = next(app.url_map.iter_rules(f"{name}.{endpoint_of(None)}"))
        registrations(app)[name] = Registration(
            name=name,
            blueprint=self,
            subscriptions=self.subscriptions,
            gate=gate,
            prefix_variables=frozenset(own_url.arguments),
            endpoints=frozenset(f"{name}.{endpoint_of(path)}" for path in self._paths),
        )
        for endpoint in registrations(app)[name].endpoints:
            for rule in app.url_map.iter_rules(endpoint):
                rule.methods = EveryMethod(rule.methods or ())
        self._apps.add(app)
        self._is_registered = True
        if gate.is_open:
            log(logging.WARNING, "Blueprint %r has authentication disabled: every request is accepted.", name)

    def _add_path(self, path: str | None) -> None:
        if path in self._paths:
            return
        self._paths.add(path)

        @without_locals
        def receive_callback(**values: Any) -> Response:
            return self._receive(path, values)

        self.add_url_rule(
            path or "/",
            endpoint=endpoint_of(path),
            view_func=receive_callback,
            methods=METHODS,
            strict_slashes=False,
            provide_automatic_options=False,
        )

    # -- One request: authenticate, read, load, respond, notify, reply -----------------------------------

    def _authenticate(self) -> Response | None:
        """Run before the view and before every other ``before_request`` function of the blueprint."""
        app, callback = _app(), _request()
        registration = registration_at(app, callback.endpoint)
        if registration is None or registration.blueprint is not self:
            return None  # an ordinary page
        return self._challenge(app, callback, registration.gate)

    def _challenge(self, app: Flask, callback: Request, gate: Gate) -> Response | None:
        """Return the challenge for a request that may not pass the gate, else None."""
        # Neither the header nor the environment gets a name here: locals are reported.
        if gate.lets_in(callback.environ.get("HTTP_AUTHORIZATION")):
            callback.environ[_LET_IN] = self
            return None
        attempts = attempts_on(app)
        attempts.log_due()
        # Every callback begins with a request without credentials.
        if not callback.environ.get("HTTP_AUTHORIZATION", "").strip():
            return challenge(self.name).response()
        attempts.add(callback.remote_addr, callback.path)
        return _reject(app, challenge(self.name))

    def _receive(self, path: str | None, values: dict[str, Any]) -> Response:
        app, callback = _app(), _request()
        # The hook does not run at a URL rule that the application made of this view, nor in an application
        # that skips or removes its hooks.
        if callback.environ.get(_LET_IN) is not self:
            challenged = self._challenge(app, callback, self._registration(app).gate)
            if challenged is not None:
                return challenged
        try:
            event = load_event(
                read_payload(callback, config.MAX_CONTENT_LENGTH.read(app)), strict=config.STRICT.read(app)
            )
        except Rejection as rejection:
            clear_locals(rejection)
            log(
                logging.WARNING,
                "Callback rejected with %d: %s",
                rejection.status,
                rejection.reason,
                event=rejection.event,
            )
            return _reject(app, rejection)
        send(signals.callback_received, app, event=event)
        callback.environ[_EVENT] = event
        reply = None
        try:
            responder = self.subscriptions.responder(event, path)
            if responder is not None:
                reply = respond(app, responder, event, values)
        except BaseException as error:
            if ends_request(error):
                raise
            notify(app, self.subscriptions, event)
            if isinstance(error, Exception):
                raise
            # Flask replies with 500 to exceptions of this kind only. Another would end the thread, and the
            # worker with its other calls.
            raise RuntimeError(f"The responder to {show(event.event_type)} raised {error!r}.") from error
        has_subscribers = notify(app, self.subscriptions, event)
        if reply is not None:
            return _send(app, event, reply)
        if event.reply.awaited and event.reply.required:
            return self._reject_without_responder(app, event)
        if isinstance(event, UnknownCallback) and not has_subscribers:
            log(logging.WARNING, "Unknown event %s has no handler.", show(event.event_type), event=event)
        return _send(app, event, replies.no_content())

    def _reject_without_responder(self, app: Flask, event: Callback) -> Response:
        log(
            logging.ERROR,
            "No responder for %r at %r, so the call will fail. %s",
            event.event_type,
            request.path,
            advice_for(self.name, self.subscriptions, event),
            event=event,
        )
        reason = f"No responder for {event.event_type!r} at this URL."
        return _reject(app, Rejection(HTTPStatus.NOT_FOUND, reason))

    def errorhandler(
        self, code_or_exception: type[Exception] | int
    ) -> Callable[[ErrorHandlerT], ErrorHandlerT]:
        """Register the decorated function as an error handler, which may return whatever a responder may."""
        # Only for type checkers: Flask's own types do not allow verbs.
        decorator: Callable[[Any], Any] = super().errorhandler(code_or_exception)
        return decorator

    def register_error_handler(self, code_or_exception: Any, f: Any) -> None:
        """Register an ``errorhandler``, which may return whatever a responder may."""

        @without_locals
        def handle(error: Exception) -> ResponseReturnValue:
            app = _app()
            returned = app.ensure_sync(f)(error)
            event = request.environ.get(_EVENT)
            if event is None or not replies.is_reply_value(returned):
                return returned  # type: ignore[no-any-return]
            return _send(app, event, respond_to_error(app, event, f, returned))

        super().register_error_handler(code_or_exception, handle)

    # -- Links -------------------------------------------------------------------------------------------

    def url_for(self, handler: Callable[..., Any], **values: Any) -> str:
        """Return the URL of a handler of this blueprint; that of a subscriber is the blueprint's own URL.

        The URL has no host, unless ``_external=True`` is given.

        :param values: the variables of the path; further ones become the query string.

        Raises :class:`~.exceptions.LinkError` for a function that is not a handler, for a handler with
        several paths, and where the registration is ambiguous.
        """
        with self._context():
            return url_for_handler(self, handler, values)

    @contextmanager
    def _context(self) -> Iterator[None]:
        """Use the current application context, else open one of the only application."""
        if has_app_context():
            yield
            return
        if len(self._apps) != 1:
            raise LinkError(
                f"Blueprint {self.name!r} is registered with {len(self._apps)} applications, so"
                " outside an application context its application is ambiguous. Use app.app_context()."
            )
        (app,) = self._apps
        with app.app_context():
            yield

    @property
    def credentials(self) -> Credentials | None:
        """The pair that is handed out, for outbound calls; None if authentication is disabled."""
        with self._context():
            return self._registration(_app()).gate.handed_out

    def _registration(self, app: Flask) -> Registration:
        for registration in registrations(app).values():
            if registration.blueprint is self:  # all of its registrations have the same credentials
                return registration
        raise LinkError(
            f"Blueprint {self.name!r} must be registered with this application before its credentials are"
            " known. Call app.register_blueprint first."
        )


def _normal_path(path: str | None) -> str | None:
    if path is None or path == "/":
        return None
    if not path.startswith("/"):
        raise SubscriptionError(f"A path must start with a slash, got {path!r}. Give {'/' + path!r}.")
    return path


def _exempt_from_csrf(endpoint: str | None, values: dict[str, Any] | None) -> None:
    # CSRFProtect checks before any before_request function of a blueprint runs, but after preprocessors.
    csrf = current_app.extensions.get("csrf")
    if csrf is not None and hasattr(csrf, "exempt"):
        csrf.exempt(f"{__name__}.receive_callback")


def _send(app: Flask, event: Callback, response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")  # it may hold the password, or answer a GET
    send(signals.callback_answered, app, event=event, response=response)
    return response


def _reject(app: Flask, rejection: Rejection) -> Response:
    send(signals.callback_rejected, app, status=int(rejection.status), reason=rejection.reason)
    return rejection.response()


# The objects behind the proxies, each use of which costs a look-up.


def _request() -> Request:
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]
