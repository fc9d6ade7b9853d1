"""Calling the handlers of an event, making the reply, and reporting the exceptions of either."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask import Flask, got_request_exception, request
from werkzeug.wrappers import Response

from . import replies, signals
from .display import show
from .events import Callback, subject_of
from .interruptions import ends_worker
from .jobs import Job, Jobs, NoSuchHandler, NotKept
from .logs import log
from .receivers import send
from .rejections import Rejection
from .subscriptions import Candidate, Handler, Subscription, Subscriptions, describe, full_name
from .tracebacks import clear_locals

_START = "flask_bandwidth_callbacks.start"
"""Key of the WSGI environment: the function that starts the jobs of a request."""

RESPONDER = "flask_bandwidth_callbacks.responder"
"""Key of the WSGI environment: the responder that a callback was given to."""

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


def notify(app: Flask, candidates: Iterable[Candidate], event: Callback) -> bool:
    """Call the subscribers of an event and return whether there are any.

    An exception is logged and reported, and does not keep the event from the other subscribers.
    """
    has_subscribers = False
    for candidate in candidates:
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
    with _own_context(app):
        fits = candidate.fits(event)
        if fits:
            _call_subscriber(app, candidate.subscription.handler, event)
    return fits


@contextmanager
def _own_context(app: Flask) -> Iterator[None]:
    context = app.app_context()
    try:
        # Not a with statement, which leaves the context behind if a receiver of appcontext_pushed raises.
        context.push()
        yield
    except BaseException as error:
        context.pop(error)
        raise
    context.pop(None)


def _call_subscriber(app: Flask, handler: Handler, event: Callback) -> None:
    returned = app.ensure_sync(handler)(event)
    if returned is not None:
        raise TypeError(
            f"Subscriber {describe(handler)} must return None, got {type(returned).__name__}. Only the return"
            " value of a responder becomes the reply."
        )


def jobs_of(app: Flask, candidates: Iterable[Candidate], event: Callback) -> list[Job]:
    """Return the jobs of the subscribers that get an event after the reply.

    An exception of a predicate is handled as in :func:`notify`.
    """
    jobs = []
    for candidate in candidates:
        handler = candidate.subscription.handler
        try:
            with _own_context(app):
                fits = candidate.fits(event)
        except BaseException as error:
            if ends_worker(error):
                raise
            report_failure(app, event, handler, error, is_unhandled=True)
        else:
            if fits:
                jobs.append(Job(full_name(handler), subject_of(event), event.raw, event.repeat_key))
    return jobs


def start_later(kept: Jobs | None, jobs: Sequence[Job], event: Callback) -> None:
    """Write jobs down, and have them started once the reply has gone out.

    Raises :class:`~.rejections.Rejection` with 503 if a notification's jobs could not be written, so that
    Bandwidth sends it again. Bandwidth does not send an answered event again just for that, so its jobs are
    started all the same.
    """
    assert kept is not None
    try:
        start = kept.keep(jobs)
    except NotKept as error:
        is_sent_again = not event.reply.awaited
        if is_sent_again:
            fate = "is left to Bandwidth's next attempt"
        elif error.keep_here is None:
            fate = "is lost"
        else:
            fate = "is lost if this process ends before it is done"
        log(logging.ERROR, "The work on %s %s: %s", show(event.event_type), fate, error.reason, event=event)
        if is_sent_again:
            # The reason may name hosts, and does not belong in a reply.
            reason = "The work on this callback could not be written down."
            raise Rejection(HTTPStatus.SERVICE_UNAVAILABLE, reason, event=event) from error
        if error.keep_here is None:
            return
        start = error.keep_here()
    request.environ[_START] = start


def start_after_reply(app: Flask, response: Response, **_: Any) -> None:
    """Have the jobs of the current request started when its reply is closed; receives ``request_finished``.

    Not ``after_this_request``: a later function of the application may send another response instead.
    """
    start = request.environ.get(_START)
    if start is not None:
        response.call_on_close(start)


def run_job(app: Flask, subscriptions: Subscriptions, job: Job) -> None:
    """Do a job in an application context of its own; what the subscriber raises is reported, and raised.

    Raises :class:`~.jobs.NoSuchHandler` where today's application has no such subscriber.
    """
    handler = subscriptions.background_handler(job.handler)
    if handler is None:
        raise NoSuchHandler(
            f"The handler of a job must be a subscriber with background=True, got {job.handler!r}, which this"
            " application does not have. Bring it back and try the job again, or drop the job."
        )
    event = job.event()
    try:
        with _own_context(app):
            _call_subscriber(app, handler, event)
    except BaseException as error:
        if not ends_worker(error):
            report_failure(app, event, handler, error, is_unhandled=True)
        raise


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
