"""Passwords and pressed digits: what an error reporter finds in this library's frames, and what a repr shows.

Error reporters such as Sentry send the locals of each frame along, and look into tuples, lists, dictionaries
and dataclasses; of everything else they send the ``repr``.
"""

from __future__ import annotations

import dataclasses
import logging
import sys
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, suppress
from types import FrameType
from typing import Any

import pytest
from flask import Flask, got_request_exception
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    ConfigurationError,
    Credentials,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    Transcription,
    TranscriptionAvailableCallback,
    UnknownCallback,
    bxml,
    signals,
)

Call = Callable[..., TestResponse]

PASSWORD = "s3cret"  # that of the fixture `phone`
WRONG = "wr0ng-p4ssword"
DIGITS = "4929123456789012"
SECRETS = (PASSWORD, WRONG, *(b64encode(f"bandwidth:{one}".encode()).decode() for one in (PASSWORD, WRONG)))
DOCUMENT = (
    f'<Response><Redirect redirectUrl="/phone/" username="bandwidth" password="{PASSWORD}"/></Response>'
)


def texts_in(value: object, depth: int = 8) -> Iterator[str]:
    """Yield what an error reporter sends of a value."""
    with suppress(Exception):  # of an object that is only half made
        yield repr(value)
    if depth == 0 or isinstance(value, str | bytes):
        return
    parts: list[object] = []
    if isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, Sequence | Set):
        parts = [*value]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
    for part in parts:
        yield from texts_in(part, depth - 1)


def leaks_of(frames: Iterator[FrameType] | list[FrameType], secrets: Sequence[str] = SECRETS) -> list[str]:
    """Return the locals of the library's frames that hold one of the secrets."""
    return [
        f"{frame.f_globals['__name__']}.{frame.f_code.co_name}: {name}"
        for frame in frames
        if frame.f_globals.get("__name__", "").startswith("flask_bandwidth_callbacks")
        for name, value in frame.f_locals.items()
        if any(secret in text for text in texts_in(value) for secret in secrets)
    ]


def frames_of(error: BaseException | None) -> list[FrameType]:
    """Return the frames in the tracebacks of an error and of what led to it."""
    if error is None:
        return []
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames + frames_of(error.__cause__) + frames_of(error.__context__)


def stack() -> list[FrameType]:
    """Return the frames that are running, and those of the exception that is being handled."""
    return [frame for frame, _ in traceback.walk_stack(sys._getframe(1))] + frames_of(sys.exc_info()[1])


@pytest.fixture
def reporter(app: Flask) -> Iterator[list[list[str]]]:
    """An error reporter connected to every signal: the leaks that it found at each report."""
    reports: list[list[str]] = []
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def report(sender: Flask, exception: BaseException | None = None, **arguments: Any) -> None:
        reports.append(leaks_of(frames_of(exception) + stack()))

    with ExitStack() as connected:
        for signal in (
            got_request_exception,
            signals.callback_received,
            signals.callback_answered,
            signals.callback_rejected,
            signals.handler_failed,
        ):
            connected.enter_context(signal.connected_to(report))
        yield reports


# -- Passwords -------------------------------------------------------------------------------------------


def fails(event: GatherCallback) -> Any:
    raise LookupError("no database")


def breaks_a_rule_of_a_verb(event: GatherCallback) -> Any:
    return bxml.Redirect(redirect_url="/phone/", username="bandwidth", password=PASSWORD, tag="x" * 9999)


def writes_an_invalid_document(event: GatherCallback) -> str:
    return DOCUMENT.replace("</Response>", "<Dance/></Response")


def sends_a_document_too_long(event: GatherCallback) -> Any:
    sentence = bxml.SpeakSentence("x" * 70_000)
    return [sentence, bxml.Redirect(redirect_url="/", username="bandwidth", password=PASSWORD)]


def links_to_no_handler(event: GatherCallback) -> Any:
    verb = bxml.Redirect(redirect_url=fails, redirect_fallback_url=lambda event: None, password=PASSWORD)
    return [bxml.Gather(gather_url=fails, username="bandwidth", password=PASSWORD), verb]


def returns_what_is_not_a_reply(event: GatherCallback) -> Any:
    return [DOCUMENT]


class Breaks:
    """A document of another library that cannot be written."""

    def to_bxml(self) -> str:
        assert leaks_of(stack()) == []
        raise OSError("no template")


def cannot_be_written(event: GatherCallback) -> Any:
    return [bxml.Redirect(redirect_url="/", username="bandwidth", password=PASSWORD), Breaks()]


@pytest.mark.parametrize(
    "responder",
    [
        fails,
        breaks_a_rule_of_a_verb,
        writes_an_invalid_document,
        sends_a_document_too_long,
        links_to_no_handler,
        returns_what_is_not_a_reply,
        cannot_be_written,
    ],
)
def test_a_failed_reply_shows_no_password(
    phone: CallbackBlueprint, call: Call, reporter: list[list[str]], responder: Callable[..., Any]
) -> None:
    """However a responder fails, no report about it has a password in a frame of this library."""
    phone.respond(GatherCallback)(responder)
    assert call("gather", digits=DIGITS).status_code == 500
    assert len(reporter) == 3  # received, failed, and Flask's own
    assert reporter == [[]] * 3


def test_a_failed_errorhandler_shows_no_password(phone: CallbackBlueprint, call: Call, app: Flask) -> None:
    """An errorhandler that returns an invalid document does not show the password in it either."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    phone.respond(GatherCallback)(fails)
    phone.errorhandler(LookupError)(lambda error: DOCUMENT[:-1])
    found: list[list[str]] = []

    def report(sender: Flask, exception: BaseException, **arguments: Any) -> None:
        found.append(leaks_of(frames_of(exception)))

    with got_request_exception.connected_to(report), signals.handler_failed.connected_to(report):
        assert call("gather").status_code == 500
    assert found == [[]] * 3  # the responder failed, the errorhandler failed, and Flask's own


def test_a_running_handler_shows_no_password(
    phone: CallbackBlueprint, call: Call, reporter: list[list[str]]
) -> None:
    """While handlers and subscribers run, no frame of this library holds a password."""
    found: list[list[str]] = []

    @phone.respond(GatherCallback)
    def menu(event: GatherCallback) -> str:
        found.append(leaks_of(stack()))
        return DOCUMENT

    @phone.on(GatherCallback)
    def count(event: GatherCallback) -> None:
        found.append(leaks_of(stack()))
        raise LookupError("no database")

    def matches(digits: str) -> bool:
        found.append(leaks_of(stack()))
        return False

    phone.on(GatherCallback, digits=matches)(fails)
    assert call("gather", digits=DIGITS).status_code == 200
    assert found == [[]] * 3
    assert reporter == [[]] * 4  # received, a subscriber failed (twice), answered


class ReportsLogs(logging.Handler):
    """A handler of the log that looks into the frames that are running, as error reporters do."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        frames = frames_of(record.exc_info[1] if record.exc_info else None)
        self.reports.append([record.getMessage(), *leaks_of(frames + stack())])


def test_the_log_shows_no_password(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """While a line about a subscriber or a rejection is logged, no frame of this library holds a password."""
    phone.respond(GatherCallback)(lambda event: DOCUMENT)
    phone.on(GatherCallback)(breaks_a_rule_of_a_verb)
    handler = ReportsLogs()
    logger = logging.getLogger("flask_bandwidth_callbacks")
    logger.addHandler(handler)
    try:
        assert call("gather").status_code == 200
        assert call("gather", auth=("bandwidth", WRONG)).status_code == 401
    finally:
        logger.removeHandler(handler)
    assert [leaks for _, *leaks in handler.reports] == [[]] * 2
    assert PASSWORD not in str(handler.reports)


@pytest.mark.parametrize(
    ("auth", "payload"),
    [
        (("bandwidth", WRONG), {}),
        ((WRONG, PASSWORD), {}),
        (("bandwidth", PASSWORD), {"eventType": "gather"}),
        (("bandwidth", PASSWORD), []),
    ],
)
def test_a_rejected_request_shows_no_password(
    app: Flask, phone: CallbackBlueprint, reporter: list[list[str]], auth: tuple[str, str], payload: Any
) -> None:
    """A report about a rejected request has neither the right password nor the one that was sent."""
    app.register_blueprint(phone, url_prefix="/phone")
    assert app.test_client().post("/phone/", json=payload, auth=auth).status_code in (400, 401, 422)
    assert reporter == [[]]


@pytest.mark.parametrize(
    "given",
    [
        [("bandwidth", PASSWORD, "more")],
        [("bandwidth", PASSWORD), None],
        [f"bandwidth{PASSWORD}"],
        [(f"bandwidth:{PASSWORD}", PASSWORD)],
        [("bandwidth", f"{PASSWORD}\n")],
        {"bandwidth": PASSWORD},
        (f"bandwidth:{PASSWORD}", [Credentials("bandwidth", PASSWORD)]),
    ],
)
@pytest.mark.parametrize("as_argument", [True, False])
def test_a_configuration_error_shows_no_password(given: Any, as_argument: bool) -> None:
    """An error about credentials has no password in its message, nor in a frame of this library."""
    app = Flask("host")
    app.config.update({} if as_argument else {"BANDWIDTH_CALLBACKS_CREDENTIALS": given})
    phone = CallbackBlueprint("phone", __name__, **({"credentials": given} if as_argument else {}))
    with pytest.raises(ConfigurationError) as refused:
        app.register_blueprint(phone)
    assert PASSWORD not in str(refused.value)
    assert leaks_of(frames_of(refused.value)) == []


def test_an_error_of_flask_shows_no_password() -> None:
    """An error about another argument of the blueprint does not show the credentials beside it."""
    with pytest.raises(ValueError, match="dot") as refused:
        CallbackBlueprint("a.dot", __name__, credentials=[("bandwidth", PASSWORD)])
    assert leaks_of(frames_of(refused.value)) == []


def test_the_walk_finds_what_is_there() -> None:
    """The walk of these tests finds a password in a local, a tuple, a dictionary and a dataclass."""

    @dataclasses.dataclass
    class Pair:
        password: str

        def __repr__(self) -> str:
            return "Pair"

    for value in (PASSWORD, ("a", [PASSWORD]), {"a": {PASSWORD: 1}}, Pair(PASSWORD), PASSWORD.encode()):
        assert any(PASSWORD in text for text in texts_in(value))
    source = f"def fail(password):\n    raise LookupError\nfail({PASSWORD!r})"
    with pytest.raises(LookupError) as raised:
        exec(source, {"__name__": "flask_bandwidth_callbacks.made_up"})
    assert leaks_of(frames_of(raised.value)) == ["flask_bandwidth_callbacks.made_up.fail: password"]


def test_frames_of_the_application_keep_their_locals(
    phone: CallbackBlueprint, call: Call, app: Flask, reporter: list[list[str]]
) -> None:
    """The locals of the application's own frames stay: they are what an error report is for."""
    raised: list[BaseException] = []

    @phone.respond(GatherCallback)
    def menu(event: GatherCallback) -> bxml.Response:
        customer = "c-42"
        raise LookupError(customer)

    def keep(sender: Flask, exception: BaseException) -> None:
        raised.append(exception)

    with got_request_exception.connected_to(keep, app):
        assert call("gather").status_code == 500
    (frame,) = [frame for frame in frames_of(raised[0]) if frame.f_code.co_name == "menu"]
    assert frame.f_locals["customer"] == "c-42"


def test_credentials_are_a_pair_that_is_not_looked_into(phone: CallbackBlueprint, app: Flask) -> None:
    """``phone.credentials`` unpacks and compares as a pair, but error reporters see no password."""
    app.register_blueprint(phone)
    pair = phone.credentials
    assert pair is not None
    username, password = pair
    assert (username, password) == ("bandwidth", PASSWORD) == (pair.username, pair.password) == tuple(pair)
    assert pair == Credentials("bandwidth", PASSWORD) == ("bandwidth", PASSWORD)
    assert pair != ("bandwidth", WRONG)
    assert pair != "bandwidth:s3cret"
    assert hash(pair) == hash(Credentials("bandwidth", PASSWORD))
    held = [pair, vars(phone), app.extensions, {"pair": (pair, [pair])}]
    assert not [text for text in texts_in(held) if PASSWORD in text]


# -- Digits and SIP headers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (
            GatherCallback(call_id="c-1", digits=DIGITS, terminating_digit="#", text=DIGITS),
            "GatherCallback(event_type='gather', call_id='c-1', digits=..., terminating_digit='#', text=...)",
        ),
        (
            DtmfCallback(call_id="c-1", digit="4929"),
            "DtmfCallback(event_type='dtmf', call_id='c-1', digit=...)",
        ),
        (
            InitiateCallback(sip_headers={"x-card": DIGITS}, uui=f"{DIGITS};encoding=ascii"),
            "InitiateCallback(event_type='initiate', uui=..., sip_headers=...)",
        ),
        (
            UnknownCallback(event_type="new", extra={"digits": DIGITS}),
            "UnknownCallback(event_type='new', extra={'digits': ...})",
        ),
        (
            TranscriptionAvailableCallback(transcription=Transcription(id="t-1", text=DIGITS)),
            "TranscriptionAvailableCallback(event_type='transcriptionAvailable',"
            " transcription=Transcription(id='t-1', text=...))",
        ),
        (GatherCallback(), "GatherCallback(event_type='gather')"),
    ],
)
def test_the_repr_of_an_event_hides_what_callers_enter(event: Any, shown: str) -> None:
    """The repr of an event says that digits, SIP headers or unknown properties came, without values."""
    assert repr(event) == shown


def test_no_frame_holds_digits_while_a_handler_runs(phone: CallbackBlueprint, call: Call) -> None:
    """While a handler runs, no frame of this library holds the payload, only the event."""
    found: list[list[str]] = []

    @phone.respond(GatherCallback)
    def menu(event: GatherCallback) -> bxml.Response:
        found.append([text for frame in stack() for text in _reprs_in_library(frame) if DIGITS in text])
        return bxml.Response()

    assert call("gather", digits=DIGITS, words=DIGITS).status_code == 200
    assert found == [[]]


def _reprs_in_library(frame: FrameType) -> Iterator[str]:
    if frame.f_globals.get("__name__", "").startswith("flask_bandwidth_callbacks"):
        for value in frame.f_locals.values():
            if not dataclasses.is_dataclass(value):
                yield from texts_in(value)
            else:
                yield repr(value)
