"""CallbackBlueprint: where requests, events, subscriptions and replies meet."""

from __future__ import annotations

import keyword
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from flask import Blueprint, Flask, Request, current_app, got_request_exception, has_app_context, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from . import config, links, replies, signals
from .config import UNSET, Unset
from .credentials import Credentials, CredentialsOption, Gate
from .display import show
from .events import Callback, UnknownCallback
from .exceptions import LinkError, SubscriptionError
from .logs import details, logger
from .receiving import load_event, read_payload
from .registrations import Registration, endpoint_of, registration_at, registrations, shape_of, variables_of
from .rejections import Rejection, challenge
from .spelling import snake_case
from .subscriptions import OWN_URL, Subscription, Subscriptions, describe, targets_of

# Not flask.g, which several requests share where a test holds an application context open.
_EVENT = "flask_bandwidth_callbacks.event"

_MOST_SHOWN = 5
"""How many responders a log names that nearly were the right ones."""

E = TypeVar("E", bound=Callback)
E2 = TypeVar("E2", bound=Callback)
E3 = TypeVar("E3", bound=Callback)
P = ParamSpec("P")
AnswerT = TypeVar("AnswerT", bound=replies.Answer | Awaitable[replies.Answer])
NothingT = TypeVar("NothingT", bound=Awaitable[None] | None)


class ResponderDecorator(Protocol[E]):
    """Takes a function that is called with the event and returns an answer; returns it unchanged."""

    def __call__(
        self, handler: Callable[Concatenate[E, P], AnswerT], /
    ) -> Callable[Concatenate[E, P], AnswerT]: ...


class SubscriberDecorator(Protocol[E]):
    """Takes a function that is called with the event and returns nothing; returns it unchanged."""

    def __call__(
        self, handler: Callable[Concatenate[E, P], NothingT], /
    ) -> Callable[Concatenate[E, P], NothingT]: ...


class CallbackBlueprint(Blueprint):
    """A Flask blueprint that receives Bandwidth's callbacks and answers them with your functions.

    :param name: the blueprint's name.
    :param import_name: usually ``__name__``.
    :param credentials: ``(username, password)`` pairs that Bandwidth may send; all are accepted, the first is
        handed out. None lets everyone in. Left out, ``BANDWIDTH_CALLBACKS_CREDENTIALS`` of ``app.config``
        counts. Without either, registering raises :class:`~.exceptions.ConfigurationError`.
    :param blueprint_options: what :class:`flask.Blueprint` takes besides.
    """

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        credentials: CredentialsOption | Unset = UNSET,
        **blueprint_options: Any,
    ) -> None:
        super().__init__(name, import_name, **blueprint_options)
        self.subscriptions = Subscriptions()
        """Who answers and who hears of which event."""
        self._credentials = credentials
        self._apps: weakref.WeakSet[Flask] = weakref.WeakSet()
        self._is_registered = False  # for good, also when no application is left
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
        """Let the decorated function answer an event; what it returns becomes the reply.

        :param event: an event class, an event type such as ``"initiate"``, or a tuple of these. A base class
            means all answered events below it.
        :param path: below the blueprint's own URL, like ``"/menu"`` or ``"/rooms/<room>"``, whose variables
            the function is given by name. Without a path, events are answered at the blueprint's own URL.
        :param match: attributes that the event must fit: a value, a collection of values, a compiled pattern
            (searched) or a predicate.

        The most specific responder answers: more matches first, then the narrower class, then the first.
        Raises :class:`~.exceptions.SubscriptionError` for what can never work.
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
        """Tell the decorated function of an event, answered or not, at whichever URL of the blueprint.

        Subscribers run after the responder, in order of registration; one that raises is logged and stops
        nobody. ``event`` and ``match`` are as for :meth:`respond`.
        Raises :class:`~.exceptions.SubscriptionError` for what can never work.
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
                f"{decorator}() is used after blueprint {self.name!r} was registered: nobody would hear."
                " Import the handlers before app.register_blueprint."
            )

    def _check_path(self, path: str | None) -> None:
        for other in self._paths - {path}:
            if shape_of(other) == shape_of(path):
                raise SubscriptionError(
                    f"The paths {path!r} and {other!r} differ in the names of their variables only, so one"
                    " would get the requests of both: give the variables the same names."
                )

    # -- Registering -------------------------------------------------------------------------------------

    def register(self, app: Flask, options: dict[str, Any]) -> None:  # type: ignore[override]
        """Flask calls this from ``register_blueprint``.

        Raises :class:`~.exceptions.ConfigurationError` without usable credentials.
        """
        gate = Gate(config.credentials_of(app, self.name, self._credentials))
        config.check(app)
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
                # Every method comes here: a request is asked for credentials before it is told anything.
                rule.methods = None
        self._apps.add(app)
        self._is_registered = True
        if not gate.handed_out:
            logger.warning("Blueprint %r lets everyone in: it has no credentials.", name, extra=details(None))

    def _add_path(self, path: str | None) -> None:
        if path in self._paths:
            return
        self._paths.add(path)

        def receive_callback(**values: Any) -> Response:
            return self._receive(path, values)

        self.add_url_rule(
            path or "/",
            endpoint=endpoint_of(path),
            view_func=receive_callback,
            strict_slashes=False,
            provide_automatic_options=False,
        )

    # -- One request -------------------------------------------------------------------------------------

    def _authenticate(self) -> Response | None:
        """Ahead of the view and of every other ``before_request`` function of the blueprint."""
        received = _request()
        registration = registration_at(_app(), received.endpoint)
        if registration is None or registration.blueprint is not self:
            return None  # an ordinary page
        authorization = received.environ.get("HTTP_AUTHORIZATION")
        if registration.gate.lets_in(authorization):
            return None
        if authorization is not None:  # without any is how every callback begins
            logger.warning(
                "A callback is refused with 401: blueprint %r takes other credentials.",
                self.name,
                extra=details(None),
            )
        return self._reject(challenge(self.name))

    def _receive(self, path: str | None, values: dict[str, Any]) -> Response:
        """Read, load, respond, notify, reply; who sent it is known already."""
        app, received = _app(), _request()
        try:
            payload = read_payload(received, config.MAX_CONTENT_LENGTH.read(app))
            event = received.environ[_EVENT] = self._load(app, payload)
        except Rejection as rejection:
            logger.warning(
                "A callback is refused with %d: %s",
                rejection.status,
                rejection.reason,
                extra=details(rejection.event),
            )
            return self._reject(rejection)
        responder, returned = None, None
        try:
            responder = self.subscriptions.responder(event, path)
            if responder is not None:
                returned = self._respond(responder, event, values)
        finally:
            heard = self._notify(event)
        return self._reply(app, event, responder, returned, heard=heard)

    def _load(self, app: Flask, payload: dict[str, Any]) -> Callback:
        event = load_event(payload, strict=config.STRICT.read(app))
        if event.errors:
            logger.warning(
                "%s is delivered without %s, which cannot be read.",
                show(event.event_type),
                ", ".join(map(repr, event.errors)),
                extra=details(event),
            )
        signals.callback_received.send(app, event=event)
        return event

    def _respond(self, responder: Subscription, event: Callback, values: dict[str, Any]) -> Any:
        variables = {name: values[name] for name in responder.variables}
        try:
            return _synchronous(responder)(event, **variables)
        except Exception as error:
            _tell_of_failure(event, responder.handler, error)
            raise

    def _notify(self, event: Callback) -> bool:
        """Tell the subscribers; return whether there were any."""
        heard = False
        for candidate in self.subscriptions.subscribers_near(event):
            handler = candidate.subscription.handler
            try:
                if not candidate.fits(event):
                    continue
                heard = True
                returned = _synchronous(candidate.subscription)(event)
                if returned is not None:
                    raise TypeError(
                        f"Subscriber {describe(handler)} returned {type(returned).__name__}, which goes"
                        " nowhere: only what a responder returns is an answer."
                    )
            except Exception as error:
                logger.exception("Subscriber %s failed.", describe(handler), extra=details(event))
                _tell_of_failure(event, handler, error, unhandled=True)
        return heard

    def _reply(
        self, app: Flask, event: Callback, responder: Subscription | None, returned: Any, *, heard: bool
    ) -> Response:
        if responder is not None:
            try:
                response = replies.make_answer(app, event, responder, returned)
            except Exception as error:
                _tell_of_failure(event, responder.handler, error)
                raise
        elif event.reply.awaited and event.reply.required:
            return self._reject(self._nobody(event))
        else:
            if isinstance(event, UnknownCallback) and not heard:
                logger.warning(
                    "Nobody knows %s, and nobody subscribed to it.",
                    show(event.event_type),
                    extra=details(event),
                )
            response = replies.no_content()
        signals.callback_answered.send(app, event=event, response=response)
        return response

    def _nobody(self, event: Callback) -> Rejection:
        logger.error(
            "Nobody answers %r at %r: the call is lost.%s A responder, to begin with:\n\n"
            "from flask_bandwidth_callbacks import %s\n"
            "from flask_bandwidth_callbacks.bxml import SpeakSentence\n\n"
            "@%s.respond(%s)\n"
            "def handle_%s(event: %s):\n"
            '    return SpeakSentence("Hello.")\n',
            event.event_type,
            request.path,
            self._passed_over(event),
            type(event).__name__,
            self.name if self.name.isidentifier() and not keyword.iskeyword(self.name) else "phone",
            type(event).__name__,
            snake_case(event.event_type or ""),
            type(event).__name__,
            extra=details(event),
        )
        return Rejection(HTTPStatus.NOT_FOUND, f"Nobody answers {event.event_type!r} here.")

    def _passed_over(self, event: Callback) -> str:
        """Return what a log says of the responders that nearly were the right ones."""
        found = self.subscriptions.passed_over(event)
        if not found:
            return ""
        shown = [
            f"{responder} at {responder.path or OWN_URL}"
            + (f" if {responder.condition}" if responder.matches else "")
            for responder in found[:_MOST_SHOWN]
        ]
        more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
        return f" It is answered elsewhere, or for other values: {'; '.join(shown)}{more}."

    def _reject(self, rejection: Rejection) -> Response:
        signals.callback_rejected.send(_app(), status=int(rejection.status), reason=rejection.reason)
        return rejection.response()

    def register_error_handler(self, code_or_exception: Any, f: Any) -> None:
        """Let an ``errorhandler`` of this blueprint return whatever a responder may."""

        def handle(error: Exception) -> ResponseReturnValue:
            returned = current_app.ensure_sync(f)(error)
            event = request.environ.get(_EVENT)
            if event is None or not replies.is_answer(returned):
                return returned  # type: ignore[no-any-return]
            try:
                response = replies.make_answer(_app(), event, describe(f), returned)
            except Exception as failure:
                _tell_of_failure(event, f, failure)
                raise
            signals.callback_answered.send(_app(), event=event, response=response)
            return response

        super().register_error_handler(code_or_exception, handle)

    # -- Links -------------------------------------------------------------------------------------------

    def url_for(self, handler: Callable[..., Any], **values: Any) -> str:
        """Return the URL at which a handler of this blueprint is reached; a subscriber's is the blueprint's.

        Without a host, unless ``_external=True`` asks for it. ``values`` are the path's variables and, beyond
        these, the query string. Raises :class:`~.exceptions.LinkError` for what is no handler, for a handler
        with several paths, and where it is not clear which registration is meant.
        """
        with self._context():
            return links.url_for_handler(self, handler, values)

    @contextmanager
    def _context(self) -> Iterator[None]:
        """Stand in for an application context where there is none but only one application it can be."""
        if has_app_context():
            yield
            return
        if len(self._apps) != 1:
            raise LinkError(
                f"Blueprint {self.name!r} is registered with {len(self._apps)} applications, and no"
                " application context says which is meant: use app.app_context()."
            )
        (app,) = self._apps
        with app.app_context():
            yield

    @property
    def credentials(self) -> Credentials | None:
        """The pair that is handed out, for code that makes outbound calls; None if everyone is let in."""
        with self._context():
            for registration in registrations(current_app).values():
                if registration.blueprint is self:  # all of them were given the same
                    return registration.gate.handed_out
            raise LinkError(
                f"Blueprint {self.name!r} is not registered with this application, so its credentials are not"
                " read yet: call app.register_blueprint first."
            )


def _normal_path(path: str | None) -> str | None:
    if path is None or path == "/":
        return None
    if not path.startswith("/"):
        raise SubscriptionError(f"The path {path!r} must start with a slash: {'/' + path!r}.")
    return path


def _exempt_from_csrf(endpoint: str | None, values: dict[str, Any] | None) -> None:
    # CSRFProtect looks before any before_request function of a blueprint runs, but after these preprocessors.
    csrf = current_app.extensions.get("csrf")
    if csrf is not None and hasattr(csrf, "exempt"):
        csrf.exempt(f"{__name__}.receive_callback")


def _tell_of_failure(
    event: Callback, handler: Callable[..., Any], error: Exception, *, unhandled: bool = False
) -> None:
    """Tell the signals; a receiver that raises costs nobody the event, and the call not its answer."""
    try:
        if unhandled:  # which Flask tells only of what ends a request
            got_request_exception.send(_app(), _async_wrapper=current_app.ensure_sync, exception=error)
        signals.handler_failed.send(_app(), event=event, handler=handler, exception=error)
    except Exception:
        logger.exception("A receiver of a signal failed.", extra=details(event))


def _synchronous(subscription: Subscription) -> Callable[..., Any]:
    """Return a handler as a plain function, which Flask makes of an ``async def``."""
    return current_app.ensure_sync(subscription.handler) if subscription.is_async else subscription.handler


# Behind the proxies, which cost a look-up each time that they are used.


def _request() -> Request:
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]
