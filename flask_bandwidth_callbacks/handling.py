"""Calling the handlers of an event, and reporting the exceptions that they raise."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, got_request_exception

from . import signals
from .events import Callback
from .logs import log
from .subscriptions import Handler, Subscription, Subscriptions, describe


def respond(app: Flask, responder: Subscription, event: Callback, values: Mapping[str, Any]) -> Any:
    """Call a responder and return what it returned; an exception is reported and passes through.

    :param values: variables of the URL, of which the responder gets those of its path.
    """
    variables = {name: values[name] for name in responder.variables}
    try:
        return app.ensure_sync(responder.handler)(event, **variables)
    except Exception as error:
        report_failure(app, event, responder.handler, error)
        raise


def notify(app: Flask, subscriptions: Subscriptions, event: Callback) -> bool:
    """Call the subscribers of an event and return whether there are any.

    An exception is logged and reported, and does not keep the event from the other subscribers.
    """
    has_subscribers = False
    for candidate in subscriptions.subscriber_candidates(event):
        handler = candidate.subscription.handler
        try:
            if not candidate.fits(event):
                continue
            has_subscribers = True
            returned = app.ensure_sync(handler)(event)
            if returned is not None:
                raise TypeError(
                    f"Subscriber {describe(handler)} must return None, got {type(returned).__name__}. Only"
                    " the return value of a responder becomes the reply."
                )
        except Exception as error:
            log(logging.ERROR, "Subscriber %s failed.", describe(handler), event=event, exception=error)
            report_failure(app, event, handler, error, is_unhandled=True)
    return has_subscribers


def report_failure(
    app: Flask, event: Callback, handler: Handler, error: Exception, *, is_unhandled: bool = False
) -> None:
    """Send the signals of a handler's exception; a receiver that raises is logged.

    :param is_unhandled: whether the exception ends here, so that Flask does not send its own signal.
    """
    try:
        if is_unhandled:
            got_request_exception.send(app, _async_wrapper=app.ensure_sync, exception=error)
        signals.handler_failed.send(app, event=event, handler=handler, exception=error)
    except Exception as failure:
        log(logging.ERROR, "A receiver of a signal failed.", event=event, exception=failure)
