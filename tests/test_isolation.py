"""A call is never lost to something beside it: a subscriber, a receiver of a signal, the log, a database."""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import blinker
import greenlet
import pytest
from flask import (
    Flask,
    after_this_request,
    appcontext_popped,
    appcontext_pushed,
    current_app,
    g,
    got_request_exception,
    request,
)
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    Callback,
    CallbackBlueprint,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    signals,
)
from flask_bandwidth_callbacks.bxml import Hangup, SpeakSentence

Call = Callable[..., TestResponse]


class Timeout(BaseException):
    """Stands for gevent.Timeout, which is not an Exception either."""


NOT_EXCEPTIONS = [asyncio.CancelledError, Timeout, SystemExit]
ENDS = [KeyboardInterrupt, GeneratorExit, greenlet.GreenletExit]


def fails_with(error: type[BaseException]) -> Callable[[Any], Any]:
    """Return a function that takes one argument and raises an error."""

    def fails(value: object) -> Any:
        raise error("of its own")

    return fails


# -- Exceptions that are not of the class Exception ----------------------------------------------------------


@pytest.mark.parametrize("error", NOT_EXCEPTIONS)
@pytest.mark.parametrize("where", ["subscriber", "async subscriber", "predicate"])
def test_a_subscriber_may_raise_anything(
    phone: CallbackBlueprint,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    error: type[BaseException],
    where: str,
) -> None:
    """Whatever a subscriber or its predicate raises is logged; the reply goes out and the others run."""
    fails = fails_with(error)
    heard: list[Callback] = []

    async def fails_later(event: Callback) -> None:
        fails(event)

    phone.respond(InitiateCallback)(lambda event: Hangup())
    if where == "predicate":
        phone.on(InitiateCallback, to=fails)(heard.append)
    else:
        phone.on(InitiateCallback)(fails if where == "subscriber" else fails_later)
    phone.on(InitiateCallback)(heard.append)
    response = call("initiate", to="+1")
    assert (response.status_code, b"<Hangup/>" in response.data) == (200, True)
    assert len(heard) == 1
    assert f"{error.__name__}: of its own" in caplog.text


@pytest.mark.parametrize("error", [*ENDS, SystemExit])
def test_no_subscriber_runs_while_the_worker_ends(
    phone: CallbackBlueprint, call: Call, error: type[BaseException]
) -> None:
    """What ends the worker passes through a responder, and no subscriber runs on its way out."""
    heard: list[Callback] = []
    phone.respond(InitiateCallback)(fails_with(error))
    phone.on(InitiateCallback)(heard.append)
    with pytest.raises(error):
        call("initiate")
    assert heard == []


@pytest.mark.parametrize("error", ENDS)
@pytest.mark.parametrize("where", ["subscriber", "predicate", "receiver", "log"])
def test_what_ends_the_worker_passes(
    app: Flask, phone: CallbackBlueprint, call: Call, error: type[BaseException], where: str
) -> None:
    """What ends the worker passes through subscribers, predicates, receivers and the log."""
    heard: list[Callback] = []
    conditions: dict[str, Any] = {"to": fails_with(error)} if where == "predicate" else {}
    phone.on(DisconnectCallback, **conditions)(fails_with(error) if where == "subscriber" else lambda e: None)
    phone.on(DisconnectCallback)(heard.append)
    receiver = lambda sender, **arguments: fails_with(error)(sender)  # noqa: E731
    with (
        signals.callback_received.connected_to(receiver if where == "receiver" else lambda *a, **b: None),
        log_filter(fails_with(error) if where == "log" else lambda record: True),
        pytest.raises(error),
    ):
        call("disconnect", to="+1", startTime="noon")
    assert heard == []


@contextmanager
def log_filter(passes: Callable[[logging.LogRecord], bool]) -> Iterator[None]:
    logger = logging.getLogger("flask_bandwidth_callbacks")
    logger.addFilter(passes)
    try:
        yield
    finally:
        logger.removeFilter(passes)


@contextmanager
def signal_handler(handler: Any) -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Worker:
    """Ends as gunicorn's workers do."""

    def end(self, number: int, frame: object) -> None:
        sys.exit(0)

    __call__ = end


@pytest.mark.parametrize(
    "handler",
    [
        lambda *arguments: sys.exit(0),
        Worker().end,
        Worker(),
        functools.partial(lambda code, *arguments: sys.exit(code), 0),
    ],
    ids=["function", "method", "object", "partial"],
)
def test_the_end_of_a_worker_passes_through_a_subscriber(
    phone: CallbackBlueprint, call: Call, handler: Any
) -> None:
    """A SystemExit that a signal handler raises while a subscriber runs ends the worker at once."""
    heard: list[Callback] = []

    @phone.on(DisconnectCallback)
    def is_interrupted(event: DisconnectCallback) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    phone.on(DisconnectCallback)(heard.append)
    with signal_handler(handler), pytest.raises(SystemExit):
        call("disconnect")
    assert heard == []


@pytest.mark.parametrize("error", [asyncio.CancelledError, Timeout])
@pytest.mark.parametrize("where", ["responder", "predicate"])
def test_a_responder_that_gives_up_waiting_is_a_500(
    app: Flask, phone: CallbackBlueprint, call: Call, error: type[BaseException], where: str
) -> None:
    """A responder that raises what is not an Exception gives 500 and lets the worker and its calls live."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    heard: list[Callback] = []
    if where == "predicate":
        phone.respond(InitiateCallback, to=fails_with(error))(lambda event: Hangup())
    else:
        phone.respond(InitiateCallback)(fails_with(error))
    phone.on(InitiateCallback)(heard.append)
    assert call("initiate", to="+1").status_code == 500
    assert len(heard) == 1


# -- Receivers of signals ------------------------------------------------------------------------------------


def send_all(phone: CallbackBlueprint, call: Call) -> list[int]:
    """Send callbacks that cause every signal, and return the statuses of the replies."""
    phone.respond(InitiateCallback)(lambda event: Hangup())
    phone.on(DisconnectCallback)(fails_with(LookupError))
    statuses = [call(event).status_code for event in ("initiate", "disconnect", "gather")]
    return [*statuses, call("initiate", auth=("bandwidth", "wrong")).status_code]


@pytest.mark.parametrize(
    "broken",
    [
        signals.callback_received,
        signals.callback_answered,
        signals.callback_rejected,
        signals.handler_failed,
        got_request_exception,
    ],
    ids=lambda broken: str(broken.name),
)
@pytest.mark.parametrize("error", [LookupError, asyncio.CancelledError])
def test_a_broken_receiver_changes_no_reply(
    phone: CallbackBlueprint,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    broken: blinker.NamedSignal,
    error: type[BaseException],
) -> None:
    """A receiver that raises is logged by name; the replies stay, and the other receivers run."""
    heard: list[str] = []

    def fails(sender: Flask, **arguments: Any) -> None:
        raise error

    def hears(sender: Flask, **arguments: Any) -> None:
        heard.append("before or after")

    def hears_too(sender: Flask, **arguments: Any) -> None:
        heard.append("after or before")

    with broken.connected_to(hears), broken.connected_to(fails), broken.connected_to(hears_too):
        assert send_all(phone, call) == [200, 204, 404, 401]
    assert {"before or after", "after or before"} <= set(heard)
    name = f"fails (test_isolation.py:{fails.__code__.co_firstlineno})"
    assert f"{name} of signal {broken.name} failed." in caplog.text


def test_a_failed_subscriber_is_signaled_twice(phone: CallbackBlueprint, call: Call) -> None:
    """A receiver of got_request_exception that raises does not keep handler_failed from its receivers."""
    heard: list[BaseException] = []

    def fails(sender: Flask, **arguments: Any) -> None:
        raise LookupError

    def hears(sender: Flask, exception: BaseException, **arguments: Any) -> None:
        heard.append(exception)

    phone.on(DisconnectCallback)(fails_with(Timeout))
    with got_request_exception.connected_to(fails), signals.handler_failed.connected_to(hears):
        call("disconnect")
    assert [type(one) for one in heard] == [Timeout]


def test_receivers_may_be_coroutine_functions(phone: CallbackBlueprint, call: Call) -> None:
    """A coroutine function can be connected to a signal, as to those of Flask."""
    heard: list[str | None] = []

    async def hears(sender: Flask, event: Callback) -> None:
        heard.append(event.event_type)

    with signals.callback_received.connected_to(hears):
        call("disconnect")
    assert heard == ["disconnect"]


def test_a_muted_signal_has_no_receivers(phone: CallbackBlueprint, call: Call) -> None:
    """A signal that is muted, as tests do, reaches no receiver."""
    heard: list[Flask] = []

    def hears(sender: Flask, **arguments: Any) -> None:
        heard.append(sender)

    with signals.callback_received.connected_to(hears), signals.callback_received.muted():
        call("disconnect")
    assert heard == []


# -- The log -------------------------------------------------------------------------------------------------


@contextmanager
def record_factory(factory: Callable[..., logging.LogRecord]) -> Iterator[None]:
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(factory)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)


@pytest.mark.parametrize("name", ["call_id", "event_type"])
def test_a_record_factory_may_set_our_names(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """A record factory may set call_id and event_type; those of the event, where there is one, go first."""

    def factory(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = logging.LogRecord(*arguments, **options)
        record.__dict__[name] = "the application's"
        return record

    with record_factory(factory):
        assert call("disconnect", startTime="noon").status_code == 204
        assert call("disconnect", auth=("bandwidth", "wrong")).status_code == 401
    with_event, without = (vars(record)[name] for record in caplog.records)
    assert with_event in ("c-1", "disconnect")
    assert without == "the application's"


class BrokenHandler(logging.Handler):
    """A handler of the application with a fault."""

    def emit(self, record: logging.LogRecord) -> None:
        raise LookupError("a fault of the log")


@pytest.mark.parametrize("broken", ["factory", "filter", "handler", "handler's filter"])
def test_a_line_of_the_log_costs_no_reply(
    phone: CallbackBlueprint, call: Call, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    """A failure while logging is printed to standard error, and the callback is answered all the same."""

    def fails(*arguments: Any, **options: Any) -> Any:
        raise LookupError("a fault of the log")

    handler = BrokenHandler() if broken == "handler" else logging.StreamHandler()
    if broken == "handler's filter":
        handler.addFilter(fails)
    logger = logging.getLogger("flask_bandwidth_callbacks")
    logger.addHandler(handler)
    try:
        with (
            record_factory(fails if broken == "factory" else logging.LogRecord),
            log_filter(fails if broken == "filter" else lambda record: True),
        ):
            assert send_all(phone, call) == [200, 204, 404, 401]
            assert call("disconnect", startTime="noon").status_code == 204
    finally:
        logger.removeHandler(handler)
    printed = capsys.readouterr().err
    assert "LookupError: a fault of the log" in printed
    assert "Ignored unreadable %s in %s." in printed


def test_a_line_of_the_log_costs_no_reply_where_standard_error_is_closed(
    phone: CallbackBlueprint, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure while logging costs no reply either where it cannot be printed."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    logger = logging.getLogger("flask_bandwidth_callbacks")
    handler = logging.StreamHandler(closed)
    logger.addHandler(handler)
    try:
        assert call("disconnect", startTime="noon").status_code == 204
    finally:
        logger.removeHandler(handler)


def test_a_line_is_logged_for_an_event_that_was_changed(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """An event in which a handler has put something else is still named in the log."""

    @phone.on(DisconnectCallback)
    def change(event: Any) -> None:
        event.call_id = 7
        raise LookupError

    assert call("disconnect").status_code == 204
    assert [vars(record)["call_id"] for record in caplog.records] == ["7"]


def test_a_silent_log_costs_nothing(phone: CallbackBlueprint, call: Call) -> None:
    """A level above that of a line keeps it from being made."""
    made: list[Any] = []

    def factory(*arguments: Any, **options: Any) -> logging.LogRecord:
        made.append(arguments)
        return logging.LogRecord(*arguments, **options)

    logger = logging.getLogger("flask_bandwidth_callbacks")
    logger.setLevel(logging.CRITICAL)
    try:
        with record_factory(factory):
            assert call("disconnect", startTime="noon").status_code == 204
    finally:
        logger.setLevel(logging.NOTSET)
    assert made == []


class Nameless:
    """A handler whose repr fails."""

    def __repr__(self) -> str:
        raise LookupError("no name")

    def __call__(self, event: Callback) -> Any:
        return self


def test_a_handler_without_a_repr_is_named(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler, or what it returned, is named in the log even if its repr raises."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    phone.respond(InitiateCallback)(Nameless())
    phone.on(DisconnectCallback)(Nameless())
    assert call("disconnect").status_code == 204
    assert call("initiate").status_code == 500
    assert "Nameless object at 0x" in caplog.messages[0]
    assert "which is not a valid reply" in caplog.text


# -- Time ---------------------------------------------------------------------------------------------------


def test_a_slow_handler_is_named(
    phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler for which the caller waited more than a second is named in the log, a quick one is not."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def takes(seconds: float, returned: Any = None) -> Callable[..., Any]:
        def waits(event: Callback) -> Any:
            now[0] += seconds
            return returned

        return waits

    def fails_late(event: Callback) -> None:
        now[0] += 4
        raise LookupError

    phone.respond(InitiateCallback)(takes(1.5, Hangup()))
    phone.respond(GatherCallback)(takes(0.9, SpeakSentence("Hello.")))
    phone.on(InitiateCallback)(takes(2))
    phone.on(InitiateCallback)(fails_late)
    phone.on((GatherCallback, DisconnectCallback))(takes(1))
    phone.on(DisconnectCallback)(takes(10))
    for event_type in ("initiate", "gather", "disconnect"):
        assert call(event_type).status_code < 300
    slow = [one for one in caplog.records if "caller waited" in one.getMessage()]
    assert [(one.levelno, one.getMessage().split()[0]) for one in slow] == [
        (logging.WARNING, "Responder"),
        (logging.WARNING, "Subscriber"),
        (logging.WARNING, "Subscriber"),
    ]
    for record, seconds in zip(slow, ("1.5 s", "2.0 s", "4.0 s"), strict=True):
        assert "(test_isolation.py:" in record.getMessage()
        assert f"took {seconds}, and the caller waited for the reply to 'initiate'" in record.getMessage()


# -- The application context of a subscriber -----------------------------------------------------------------


@pytest.fixture
def database(app: Flask, tmp_path: Path) -> Iterator[tuple[SQLAlchemy, type[Any]]]:
    """A database in a file, with a table of names that must differ."""
    db = SQLAlchemy()

    class Row(db.Model):  # type: ignore[name-defined, misc]
        name: Mapped[str] = mapped_column(String, primary_key=True)

    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'calls.db'}"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        db.session.add(Row(name="taken"))
        db.session.commit()
    yield db, Row
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("broken_by", ["subscriber", "predicate", "responder"])
def test_a_broken_database_session_stays_with_its_handler(
    app: Flask,
    phone: CallbackBlueprint,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    database: tuple[SQLAlchemy, type[Any]],
    broken_by: str,
) -> None:
    """A failed flush in one handler leaves the database sessions of the following subscribers usable."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db, row = database

    def breaks(value: object) -> Any:
        db.session.add(row(name="taken"))
        db.session.flush()

    phone.respond(InitiateCallback)(breaks if broken_by == "responder" else lambda event: Hangup())
    if broken_by != "responder":
        conditions: dict[str, Any] = {"to": breaks} if broken_by == "predicate" else {}
        phone.on(InitiateCallback, **conditions)(breaks)

    @phone.on(InitiateCallback)
    def store(event: InitiateCallback) -> None:
        db.session.add(row(name=event.call_id))
        db.session.commit()

    assert call("initiate", to="+1").status_code == (500 if broken_by == "responder" else 200)
    with app.app_context():
        assert {one.name for one in db.session.execute(db.select(row)).scalars()} == {"taken", "c-1"}
    assert IntegrityError.__name__ in caplog.text
    assert "PendingRollbackError" not in caplog.text


def test_a_subscriber_has_the_request_and_a_context_of_its_own(
    app: Flask, phone: CallbackBlueprint, call: Call
) -> None:
    """A subscriber has a g of its own, and the request and the application of the callback."""
    seen: list[Any] = []
    ended: list[Any] = []
    app.teardown_appcontext(lambda error: ended.append((g.get("name"), type(error))))

    @app.before_request
    def set_up() -> None:
        g.name = "request"

    @app.after_request
    def look(response: Any) -> Any:
        seen.append(g.name)
        return response

    def subscribe(name: str, failure: type[Exception] | None) -> None:
        @phone.on(DisconnectCallback)
        def subscriber(event: DisconnectCallback) -> None:
            assert "name" not in g
            g.name = name
            seen.append((current_app.name, request.path, request.get_json()["callId"]))
            seen.append(phone.url_for(subscriber))

            @after_this_request
            def mark(response: Any) -> Any:
                response.headers.add("X-Subscriber", name)
                return response

            if failure:
                raise failure

    subscribe("first", LookupError)
    subscribe("second", None)
    response = call("disconnect")
    assert response.headers.getlist("X-Subscriber") == ["first", "second"]
    assert seen == [("host", "/phone/", "c-1"), "/phone/", ("host", "/phone/", "c-1"), "/phone/", "request"]
    assert ended[:2] == [("first", LookupError), ("second", type(None))]


def test_a_subscriber_succeeds_although_the_responder_failed(
    app: Flask, phone: CallbackBlueprint, call: Call
) -> None:
    """The teardown of a subscriber's context is not told of the responder's exception."""
    ended: list[BaseException | None] = []
    phone.respond(InitiateCallback)(fails_with(LookupError))
    phone.on(InitiateCallback)(lambda event: app.teardown_appcontext_funcs.append(ended.append))
    with pytest.raises(LookupError):
        call("initiate")
    assert ended[0] is None


@pytest.mark.parametrize("failing", ["teardown", "pushed", "popped", "left open"])
def test_a_context_that_fails_costs_no_reply(
    app: Flask, phone: CallbackBlueprint, call: Call, caplog: pytest.LogCaptureFixture, failing: str
) -> None:
    """A failure around a subscriber's context is the subscriber's: logged, and the next one runs."""
    heard: list[Callback] = []
    is_armed = threading.Event()

    def fails_once(*arguments: Any, **options: Any) -> None:
        if is_armed.is_set():
            is_armed.clear()
            raise LookupError("a fault of the context")

    @phone.respond(InitiateCallback)
    def arm(event: InitiateCallback) -> Hangup:
        is_armed.set()
        return Hangup()

    @phone.on(InitiateCallback)
    def leave(event: InitiateCallback) -> None:
        if failing == "left open":
            app.app_context().push()

    phone.on(InitiateCallback)(heard.append)
    if failing == "teardown":
        app.teardown_appcontext(fails_once)
    pushed = fails_once if failing == "pushed" else lambda *a, **b: None
    popped = fails_once if failing == "popped" else lambda *a, **b: None
    with appcontext_pushed.connected_to(pushed, app), appcontext_popped.connected_to(popped, app):
        assert call("initiate").status_code == 200
    assert len(heard) == 1
    assert ("Popped wrong app context" if failing == "left open" else "a fault of the context") in caplog.text
