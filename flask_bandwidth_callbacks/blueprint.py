"""The blueprint: handlers are registered on it, and each callback takes its way through it."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from flask import (
    Blueprint,
    Flask,
    Request,
    after_this_request,
    has_app_context,
    has_request_context,
    request,
    request_finished,
    request_started,
)
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from . import config, parts, replies, signals
from .advice import advice_for
from .attempts import attempts_on
from .config import UNSET, Unset
from .credentials import Credentials, CredentialsOption, read_gate
from .display import show
from .events import Callback, UnknownCallback
from .exceptions import ConfigurationError, LinkError, SubscriptionError
from .handler_urls import url_for_handler
from .handling import (
    RESPONDER,
    ends_request,
    jobs_of,
    notify,
    respond,
    respond_to_error,
    run_job,
    start_after_reply,
    start_later,
)
from .jobs import Background, Jobs
from .jsonify import write_payloads
from .logs import log
from .methods import METHODS, EveryMethod
from .proxies import app_itself, request_itself
from .receivers import send
from .receiving import load_event, read_payload
from .registrations import Registration, endpoint_of, registration_at, registrations, shape_of, variables_of
from .rejections import Rejection, challenge
from .repeats import EVERY_TIME, Repeats, Sending
from .stores import Store, stores_of
from .subscriptions import Subscriptions, targets_of
from .tracebacks import clear_locals, without_locals

# Keys of the WSGI environment. Not flask.g, which several requests share where a test holds an application
# context open.
_EVENT = "flask_bandwidth_callbacks.event"
_SENDING = "flask_bandwidth_callbacks.sending"
_LET_IN = "flask_bandwidth_callbacks.let_in"
"""The registration whose gate a request has passed."""

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
    :param store: URL of the store for states, replies to repeats, and jobs; takes precedence over
        ``BANDWIDTH_CALLBACKS_STORE`` in ``app.config``.
    :param background: where subscribers with ``background=True`` run, such as
        ``CeleryBackground(celery_app)``; by default in a pool of threads.
    :param blueprint_options: further arguments of :class:`flask.Blueprint`.
    """

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        credentials: CredentialsOption | Unset = UNSET,
        store: str | Unset = UNSET,
        background: Background | None = None,
        **blueprint_options: Any,
    ) -> None:
        self._gate = UNSET if isinstance(credentials, Unset) else read_gate(credentials, "credentials")
        del credentials  # an error below would have them among the locals of its traceback
        super().__init__(name, import_name, **blueprint_options)
        self._store_url = store
        self._background = _checked(background)
        self.subscriptions = Subscriptions()
        """The responders and subscribers."""
        self._apps: weakref.WeakSet[Flask] = weakref.WeakSet()
        self._is_registered = False  # stays True when no application is left
        self._paths: set[str | None] = set()
        self.before_request(self._authenticate)
        self.teardown_request(_close_sending)
        self._add_path(None)

    # -- Subscribing -------------------------------------------------------------------------------------

    @overload
    def respond(
        self, event: type[E], path: str | None = None, *, repeats: bool = False, **match: Any
    ) -> ResponderDecorator[E]: ...
    @overload
    def respond(
        self,
        event: tuple[type[E], type[E2]],
        path: str | None = None,
        *,
        repeats: bool = False,
        **match: Any,
    ) -> ResponderDecorator[E | E2]: ...
    @overload
    def respond(
        self,
        event: tuple[type[E], type[E2], type[E3]],
        path: str | None = None,
        *,
        repeats: bool = False,
        **match: Any,
    ) -> ResponderDecorator[E | E2 | E3]: ...
    @overload
    def respond(
        self,
        event: str | tuple[str | type[Callback], ...],
        path: str | None = None,
        *,
        repeats: bool = False,
        **match: Any,
    ) -> ResponderDecorator[Any]: ...
    def respond(self, event: Any, path: str | None = None, *, repeats: bool = False, **match: Any) -> Any:
        """Register the decorated function as the responder to an event. Its return value becomes the reply.

        :param event: an event class, an event type such as ``"initiate"``, or a tuple of these. A base class
            means all answered events below it.
        :param path: path below the blueprint's own URL, such as ``"/menu"`` or ``"/rooms/<room>"``. The
            function is given its variables by name. Without a path it is the blueprint's own URL.
        :param repeats: whether the function is called again for a callback that comes again. If it is not,
            the reply that was sent before is sent again.
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
            self.subscriptions.add_responder(
                handler, targets, path, variables_of(path), match, repeats=repeats
            )
            self._add_path(path)
            return handler

        return decorate

    @overload
    def on(
        self,
        event: type[E],
        *,
        background: bool = False,
        repeats: bool = False,
        **match: Any,
    ) -> SubscriberDecorator[E]: ...
    @overload
    def on(
        self,
        event: tuple[type[E], type[E2]],
        *,
        background: bool = False,
        repeats: bool = False,
        **match: Any,
    ) -> SubscriberDecorator[E | E2]: ...
    @overload
    def on(
        self,
        event: tuple[type[E], type[E2], type[E3]],
        *,
        background: bool = False,
        repeats: bool = False,
        **match: Any,
    ) -> SubscriberDecorator[E | E2 | E3]: ...
    @overload
    def on(
        self,
        event: str | tuple[str | type[Callback], ...],
        *,
        background: bool = False,
        repeats: bool = False,
        **match: Any,
    ) -> SubscriberDecorator[Any]: ...
    def on(
        self, event: Any, *others: Any, background: bool = False, repeats: bool = False, **match: Any
    ) -> Any:
        """Register the decorated function as a subscriber to an event, at every URL of the blueprint.

        Subscribers run after the responder, in order of registration; an exception is logged and does not
        stop the others. Each runs in an application context of its own, so with its own ``flask.g`` and
        database session; ``request`` and ``session`` are those of the callback.

        The reply is sent after the last subscriber. While one works on an answered event, the caller waits,
        and Bandwidth gives the call up when its callback timeout is over: do slow work in the background. The
        log names a handler that took more than a second.

        :param event: as for :meth:`respond`.
        :param background: whether the function is called after the reply has gone out, without a request. It
            is tried again if it fails, and may be called more than once for one event: see ``repeat_key``.
        :param repeats: whether the function is called again for a callback that comes again.
        :param match: as for :meth:`respond`.

        Raises :class:`~.exceptions.SubscriptionError` for a registration that can never match.
        """
        self._check_unregistered("on")
        if others:
            raise SubscriptionError(
                f"on() must be given one event, or one tuple of events, got {show(others[0])} as well."
                " Leave a path out: subscribers are called at every URL of the blueprint."
            )
        targets = targets_of(event)
        if not isinstance(background, bool):
            raise SubscriptionError(
                f"background must be True or False, got {show(background)}. Give CallbackBlueprint what runs"
                " the work."
            )
        if background:
            parts.load("background", "on(..., background=True)")

        def decorate(handler: Any) -> Any:
            self._check_unregistered("on")
            self.subscriptions.add_subscriber(handler, targets, match, repeats=repeats, background=background)
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
        store = self._open_store(app)
        registrations(app)[name] = Registration(
            name=name,
            blueprint=self,
            subscriptions=self.subscriptions,
            gate=gate,
            prefix_variables=frozenset(own_url.arguments),
            endpoints=frozenset(f"{name}.{endpoint_of(path)}" for path in self._paths),
            store=store,
            repeats=self._repeats(app, name, store),
            jobs=self._open_jobs(app, name, store),
        )
        for endpoint in registrations(app)[name].endpoints:
            for rule in app.url_map.iter_rules(endpoint):
                rule.methods = EveryMethod(rule.methods or ())
        self._apps.add(app)
        self._is_registered = True
        request_started.connect(_exempt_from_csrf, app)
        path = config.RECORD.read(app)
        if path is not None:
            call_log = parts.load("call_log", config.RECORD.key)
            call_log.open_call_log(app, path, is_masked=config.RECORD_MASKED.read(app))
        if gate.is_open:
            log(logging.WARNING, "Blueprint %r has authentication disabled: every request is accepted.", name)

    def _open_store(self, app: Flask) -> Store | None:
        """Return the application's store of this blueprint's URL; None without the folder ``store/``."""
        is_given = not isinstance(self._store_url, Unset)
        url = config.STORE.read_value(self._store_url, "store") if is_given else config.STORE.read(app)
        assert isinstance(url, str)
        stores = stores_of(app)
        if url not in stores:
            if not (is_given or config.STORE.key in app.config or parts.has("store")):
                return None
            name = "store" if is_given else config.STORE.key
            stores[url] = parts.load("store", name).open_store(url, name)
        return stores[url]

    def _repeats(self, app: Flask, name: str, store: Store | None) -> Repeats:
        if store is None or not config.REPEATS.read(app):
            return EVERY_TIME
        # Also at the URLs of another registration, subscribers are notified once.
        names = (each.name for each in registrations(app).values() if each.blueprint is self)
        repeats: Repeats = parts.load("store", config.REPEATS.key).StoredRepeats(store, next(names, name))
        return repeats

    def _open_jobs(self, app: Flask, name: str, store: Store | None) -> Jobs | None:
        if not self.subscriptions.have_background:
            return None
        background = self._background or parts.load("background", "on(..., background=True)").Threads()
        request_finished.connect(start_after_reply, app)
        return background.open(app, name, partial(run_job, app, self.subscriptions), store)

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
        app, callback = app_itself(), request_itself()
        registration = registration_at(app, callback.endpoint)
        if registration is None or registration.blueprint is not self:
            return None  # an ordinary page
        return self._challenge(app, callback, registration)

    def _challenge(self, app: Flask, callback: Request, registration: Registration) -> Response | None:
        """Return the challenge for a request that may not pass the gate, else None."""
        # Neither the header nor the environment gets a name here: locals are reported.
        if registration.gate.lets_in(callback.environ.get("HTTP_AUTHORIZATION")):
            callback.environ[_LET_IN] = registration
            return None
        attempts = attempts_on(app)
        attempts.log_due()
        # Every callback begins with a request without credentials.
        if not callback.environ.get("HTTP_AUTHORIZATION", "").strip():
            return challenge(self.name).response()
        attempts.add(callback.remote_addr, callback.path)
        return _reject(app, challenge(self.name))

    def _receive(self, path: str | None, values: dict[str, Any]) -> Response:
        app, callback = app_itself(), request_itself()
        registration: Registration | None = callback.environ.get(_LET_IN)
        # The hook does not run at a URL rule that the application made of this view, nor in an application
        # that skips or removes its hooks.
        if registration is None or registration.blueprint is not self:
            registration = self._registration(app)
            challenged = self._challenge(app, callback, registration)
            if challenged is not None:
                return challenged
        try:
            event = load_event(
                *read_payload(callback, config.MAX_CONTENT_LENGTH.read(app)), strict=config.STRICT.read(app)
            )
            return self._handle(app, registration, path, event, values)
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

    def _handle(
        self,
        app: Flask,
        registration: Registration,
        path: str | None,
        event: Callback,
        values: dict[str, Any],
    ) -> Response:
        """Respond to an event, notify its subscribers, and return the reply."""
        callback = request_itself()
        send(signals.callback_received, app, event=event)
        sending = registration.repeats.sending(app, event, callback.path)
        callback.environ[_EVENT] = event
        callback.environ[_SENDING] = sending
        reply = None
        try:
            responder = self.subscriptions.responder(event, path)
            if responder is not None:
                callback.environ[RESPONDER] = responder
                make = partial(respond, app, responder, event, values)
                reply = make() if responder.repeats else sending.reply(make)
        except Rejection:  # the same callback is still being handled
            raise
        except BaseException as error:
            if ends_request(error):
                raise
            after_this_request(sending.remember)  # whatever handles the exception
            self._notify(app, registration, sending, event)
            if isinstance(error, Exception):
                raise
            # Flask replies with 500 to exceptions of this kind only. Another would end the thread, and the
            # worker with its other calls.
            raise RuntimeError(f"The responder to {show(event.event_type)} raised {error!r}.") from error
        has_subscribers = self._notify(app, registration, sending, event)
        if reply is not None:
            return _send(app, event, reply)
        if event.reply.awaited and event.reply.required:
            return self._reject_without_responder(app, event)
        if isinstance(event, UnknownCallback) and not has_subscribers:
            log(logging.WARNING, "Unknown event %s has no handler.", show(event.event_type), event=event)
        return _send(app, event, replies.no_content(app))

    def _notify(self, app: Flask, registration: Registration, sending: Sending, event: Callback) -> bool:
        """Notify the subscribers of an event, write down the jobs of those in the background, and return
        whether there are any.
        """
        candidates = self.subscriptions.subscriber_candidates(event)

        def notify_once(is_repeat: bool) -> bool:
            due = [each for each in candidates if each.subscription.repeats or not is_repeat]
            in_background = [each for each in due if each.subscription.is_background]
            jobs = jobs_of(app, in_background, event) if in_background else []
            if jobs:
                start_later(registration.jobs, jobs, event)
            now = [each for each in due if not each.subscription.is_background]
            return notify(app, now, event) or bool(jobs)

        has_subscribers = sending.notify(notify_once) if candidates else False
        if event.ends_call and registration.store is not None:
            parts.load("store", "state()").end_state(registration.store, getattr(event, "call_id", ""))
        return has_subscribers

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
            app = app_itself()
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

    # -- State and work after the reply ------------------------------------------------------------------

    @contextmanager
    def state(self, call: Callback | str) -> Iterator[dict[str, Any]]:
        """Open the state of a call: a dict of JSON values that every callback of the call shares.

        It is stored at the end of the block, unless the block raised an exception or changed nothing, and is
        gone an hour after the call's ``disconnect``, or 25 hours after it was stored last. Works in every
        view of the application, and outside of requests.

        :param call: an event of the call, or the call's id.

        Raises :class:`~.exceptions.StateLocked` if another block has the state of this call open for more
        than five seconds, or if another process took the callback over that is being handled, because this
        one stood still; and TypeError for a value that JSON cannot hold.
        """
        call_id = call if isinstance(call, str) else getattr(call, "call_id", None)
        if not isinstance(call_id, str) or not call_id:
            raise TypeError(
                f"state() must be given an event of a call, or a call id, got {show(call)}. Give the event,"
                " or its call_id."
            )
        with self._context():
            store = self._registration(app_itself()).store
        with parts.load("store", "state()").state_of(store, call_id) as state:
            _check_sending()  # not before: another process may have had the state open meanwhile
            yield state

    def wait_for_background(self, timeout: float = 10.0) -> bool:
        """Wait until the work that subscribers with ``background=True`` have to do now is done, or failed.

        For tests: a reply that the test client never closed counts as sent.

        :param timeout: seconds to wait at most. Return False if that was not enough.
        """
        deadline = time.monotonic() + timeout
        with self._context():
            own = [each for each in registrations(app_itself()).values() if each.blueprint is self]
        return all(each.jobs is None or each.jobs.wait(deadline - time.monotonic()) for each in own)

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
            return self._registration(app_itself()).gate.handed_out

    def _registration(self, app: Flask) -> Registration:
        for registration in registrations(app).values():
            if registration.blueprint is self:  # all of its registrations have the same credentials
                return registration
        raise LinkError(
            f"Blueprint {self.name!r} must be registered with this application before it is used."
            " Call app.register_blueprint first."
        )


def _checked(background: Background | None) -> Background | None:
    if background is not None and (isinstance(background, type) or not hasattr(background, "open")):
        raise ConfigurationError(
            f"background must be an object such as CeleryBackground(celery_app), got {show(background)}."
            " Leave it out for a pool of threads."
        )
    return background


def _normal_path(path: str | None) -> str | None:
    if path is None or path == "/":
        return None
    if not isinstance(path, str):
        raise SubscriptionError(
            f"A path must be a str such as '/menu', got {show(path)}. Give several events as one tuple."
        )
    if not path.startswith("/"):
        raise SubscriptionError(f"A path must start with a slash, got {path!r}. Give {'/' + path!r}.")
    return path


def _exempt_from_csrf(app: Flask, **_: Any) -> None:
    """Exempt the callbacks from CSRFProtect, once, before the first request of an application.

    By then CSRFProtect is set up, before or after the blueprint was registered. A hook of the blueprint would
    run too late, or at every callback.
    """
    csrf = app.extensions.get("csrf")
    if csrf is not None and hasattr(csrf, "exempt"):
        csrf.exempt(f"{__name__}.receive_callback")
    request_started.disconnect(_exempt_from_csrf, app)


def _check_sending() -> None:
    sending = request.environ.get(_SENDING) if has_request_context() else None
    if sending is not None:
        sending.check()


def _close_sending(error: BaseException | None) -> None:
    sending = request_itself().environ.get(_SENDING)
    if sending is not None:
        sending.close()


def _send(app: Flask, event: Callback, response: Response) -> Response:
    send(signals.callback_answered, app, event=event, response=response)
    return response


def _reject(app: Flask, rejection: Rejection) -> Response:
    send(signals.callback_rejected, app, status=int(rejection.status), reason=rejection.reason)
    return rejection.response()
