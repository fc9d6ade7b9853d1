"""Calling the handlers of an event, making the reply, and reporting the exceptions of either."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, got_request_exception
from werkzeug.wrappers import Response

from . import replies, signals
from .display import show
from .events import Callback
from .interruptions import ends_worker
from .logs import log
from .receivers import send
from .subscriptions import Candidate, Handler, Subscription, Subscriptions, describe
from .tracebacks import clear_locals

SLOW = 1.0
"""Seconds after which a handler is named in the log if the caller had to wait for it."""


def respond(app: Flask, responder: Subscription, event: Callback, values: Mapping[str, Any]) -> Response:
    """Call a responder and return the reply; an exception of either is reported and passes through.

    :param values: variables of the URL, of which the responder gets those of its path.
    """
    handler = responder.handler
    variables = {name: values[name] for name in responder.variables}
    started = time.monotonic()
    try:
        # What it returned gets no name here: it may be a document with a password, and locals are reported.
        return replies.make_reply(app, event, handler, app.ensure_sync(handler)(event, **variables))
    except BaseException as error:
        if not ends_request(error):
            report_failure(app, event, handler, error)
        raise
    finally:
        _warn_if_slow("Responder", handler, event, started)


def respond_to_error(app: Flask, event: Callback, handler: Handler, returned: Any) -> Response:
    """Return the reply for what an errorhandler returned; an exception is reported and passes through."""
    try:
        return replies.make_reply(app, event, handler, returned)
    except Exception as error:
        del returned  # as in respond()
        report_failure(app, event, handler, error)
        raise


def ends_request(error: BaseException) -> bool:
    """Return whether an exception of a responder goes on to the server at once.

    ``SystemExit`` does, as in every view of Flask. Nothing else runs on its way out.
    """
    return isinstance(error, SystemExit) or ends_worker(error)


def notify(app: Flask, subscriptions: Subscriptions, event: Callback) -> bool:
    """Call the subscribers of an event and return whether there are any.

    An exception is logged and reported, and does not keep the event from the other subscribers.
    """
    has_subscribers = False
    for candidate in subscriptions.subscriber_candidates(event):
        handler = candidate.subscription.handler
        started = time.monotonic()
        try:
            has_subscribers |= _notify(app, candidate, event)
        except BaseException as error:
            if ends_worker(error):
                raise
            has_subscribers = True
            report_failure(app, event, handler, error, is_unhandled=True)
        _warn_if_slow("Subscriber", handler, event, started)
    return has_subscribers


def _notify(app: Flask, candidate: Candidate, event: Callback) -> bool:
    """Call a subscriber if the event fits and return whether it does.

    It runs in an application context of its own: a database session that it leaves broken, or a value in
    ``flask.g``, is gone before the next subscriber.
    """
    context = app.app_context()
    try:
        # Not a with statement, which leaves the context behind if a receiver of appcontext_pushed raises.
        context.push()
        fits = candidate.fits(event)
        if fits:
            handler = candidate.subscription.handler
            returned = app.ensure_sync(handler)(event)
            if returned is not None:
                raise TypeError(
                    f"Subscriber {describe(handler)} must return None, got {type(returned).__name__}. Only"
                    " the return value of a responder becomes the reply."
                )
    except BaseException as error:
        context.pop(error)
        raise
    context.pop(None)
    return fits


def report_failure(
    app: Flask, event: Callback, handler: Handler, error: BaseException, *, is_unhandled: bool = False
) -> None:
    """Send the signals of a handler's exception, without our locals; a receiver that raises is logged.

    :param is_unhandled: whether the exception ends here, so that Flask neither logs it nor sends its signal.
    """
    clear_locals(error)
    if is_unhandled:
        log(logging.ERROR, "Subscriber %s failed.", describe(handler), event=event, exception=error)
        send(got_request_exception, app, exception=error)
    send(signals.handler_failed, app, event=event, handler=handler, exception=error)


def _warn_if_slow(role: str, handler: Handler, event: Callback, started: float) -> None:
    seconds = time.monotonic() - started
    if seconds > SLOW and event.reply.awaited:
        log(
            logging.WARNING,
            "%s %s took %.1f s, and the caller waited for the reply to %s. Do slow work in the background.",
            role,
            describe(handler),
            seconds,
            show(event.event_type),
            event=event,
        )
