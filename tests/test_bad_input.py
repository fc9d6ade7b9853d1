"""Malformed callbacks: which are rejected, with which words, and which are delivered nevertheless."""

from __future__ import annotations

import io
import json
import logging
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    BandwidthCallbacksWarning,
    Callback,
    CallbackBlueprint,
    ConferenceCallback,
    InitiateCallback,
    UnknownCallback,
    signals,
)
from flask_bandwidth_callbacks import events as event_module
from flask_bandwidth_callbacks.bxml import Response, SpeakSentence

CREDENTIALS = ("bandwidth", "s3cret")
BASIC = "Basic " + b64encode(b":".join(part.encode() for part in CREDENTIALS)).decode()
LIMIT = 256 * 1024
CALL = {"eventType": "initiate", "callId": "c-1", "from": "+15551112222"}

EVENT_TYPES = sorted(event_module.EVENT_CLASSES)
ANSWERED = [
    "initiate", "answer", "gather", "redirect", "recordComplete", "recordingComplete", "transferAnswer",
    "transferComplete", "bridgeComplete", "bridgeTargetComplete", "referComplete",
]  # fmt: skip


@dataclass
class Line:
    """An application with error handlers of its own, and the events that its handlers got."""

    app: Flask
    heard: list[Callback] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)

    def send(self, method: str = "POST", path: str = "/phone/", **request: Any) -> TestResponse:
        request.setdefault("headers", {"Authorization": BASIC})
        return self.app.test_client().open(path, method=method, **request)

    def post(
        self, body: Any = CALL, content_type: str | None = "application/json", **request: Any
    ) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(data=data, content_type=content_type, **request)

    def stream(self, stream: io.RawIOBase, **environ: str) -> TestResponse:
        """Send a body of unknown length, as servers pass on chunked bodies."""
        return self.send(
            content_type="application/json",
            environ_overrides={
                "wsgi.input": stream,
                "wsgi.input_terminated": True,
                "HTTP_TRANSFER_ENCODING": "chunked",
                "CONTENT_LENGTH": "",
                **environ,
            },
        )


def make_line(config: Mapping[str, Any] | None = None, *, answers: bool = True) -> Line:
    app = Flask(__name__)
    app.config.update(config or {}, TESTING=True)
    line = Line(app)
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    phone.on(Callback)(line.heard.append)
    if answers:

        @phone.respond(Callback)
        def answer(event: Callback) -> Response:
            line.heard.append(event)
            return Response()

    @app.errorhandler(Exception)
    @app.errorhandler(404)
    def show_host_page(error: Exception) -> tuple[str, int]:
        return "host page", 500

    app.register_blueprint(phone, url_prefix="/phone")

    def note(sender: Flask, status: int, reason: str) -> None:
        line.rejected.append(status)

    signals.callback_rejected.connect(note, app, weak=False)
    return line


@pytest.fixture
def line() -> Line:
    return make_line()


def refusal_of(
    line: Line, response: TestResponse, status: int, *, is_signaled: bool = True
) -> dict[str, Any]:
    """Return the members of a rejection, after checking what holds for every one."""
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.data)
    assert problem["type"] == "about:blank"
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert "Traceback" not in response.text
    assert line.heard == [], "a handler ran"
    assert line.rejected == ([status] if is_signaled else [])
    return problem


class Stream(io.RawIOBase):
    """A body that counts how much of it was read and has ``length`` bytes, the last ones spaces."""

    def __init__(self, start: bytes, length: int, error: Exception | None = None) -> None:
        self.start = start
        self.length = length
        self.error = error
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self.length - self.position)
        if size == 0 and self.error:
            raise self.error
        buffer[:size] = self.start[self.position : self.position + size].ljust(size)
        self.position += size
        return size


# -- No, wrong or malformed credentials --------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + b64encode(b"bandwidth").decode(),
        "Basic " + b64encode(b"bandwidth:wrong").decode(),
        "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
        "Bearer " + b64encode(b"bandwidth:s3cret").decode(),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "OPTIONS", "BREW"])
def test_challenges_before_reading(line: Line, method: str, authorization: str | None) -> None:
    """Without valid credentials the reply is a Basic challenge, and no byte of the body is read."""
    body = Stream(json.dumps(CALL).encode(), 1000)
    response = line.send(
        method,
        headers={} if authorization is None else {"Authorization": authorization},
        content_type="application/json",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": "1000"},
    )
    refusal_of(line, response, 401, is_signaled=bool(authorization))
    assert response.headers["WWW-Authenticate"] == 'Basic realm="phone", charset="UTF-8"'
    assert body.position == 0


@pytest.mark.parametrize("path", ["/phone", "/phone/"])
def test_a_refusal_says_nothing_of_the_body_to_strangers(line: Line, path: str) -> None:
    """Without credentials an invalid body gets the challenge, too, and no other reply."""
    response = line.post(b"x" * (LIMIT + 1), "text/plain", path=path, headers={})
    refusal_of(line, response, 401, is_signaled=False)


# -- Methods -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_refuses_other_methods(line: Line, method: str) -> None:
    """With credentials, any other method gets 405 with the allowed methods."""
    response = line.send(method)
    assert "PO" in refusal_of(line, response, 405)["detail"]
    assert response.headers["Allow"] == "POST, GET"


def test_refuses_head(line: Line) -> None:
    """HEAD is rejected, although Flask would allow it along with GET."""
    response = line.send("HEAD", query_string=CALL)
    assert (response.status_code, response.data, line.heard) == (405, b"", [])


# -- Not JSON, not UTF-8, not an object, NaN, deep ---------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The body is empty"),
        (b" ", "Expecting value at line 1, column 2"),
        (b"eventType=initiate", "Expecting value at line 1, column 1"),
        (b'{"eventType": "initiate",\n "callId": }', "Expecting value at line 2, column 12"),
        (b'{"eventType": "initiate"', "line 1, column 25"),
        (b'{"eventType": "initiate"} x', "Extra data at line 1, column 27"),
        (b"{'eventType': 'initiate'}", "line 1, column 2"),
        (b'{"eventType": "a\nb"}', "line 1, column 17"),
        (b'{"eventType": "caf\xe9"}', "Not UTF-8: byte 18"),
        (b"\xff\xfe" + json.dumps(CALL).encode("utf-16-le"), "Not UTF-8: byte 0"),
        (b'{"eventType": "\xed\xa0\x80"}', "Not UTF-8: byte 15"),
        (b"[]", "must be a JSON object, got"),
        (b'"initiate"', "must be a JSON object, got"),
        (b"null", "must be a JSON object, got"),
        (b"42", "must be a JSON object, got"),
        (b"true", "must be a JSON object, got"),
        (json.dumps([CALL]).encode(), "must be a JSON object, got"),
        (b'{"eventType": "initiate", "callId": "c-1", "x": NaN}', "NaN is not a JSON number"),
        (b'{"eventType": "initiate", "callId": "c-1", "x": Infinity}', "Infinity is not a JSON number"),
        (b'{"eventType": "initiate", "callId": "c-1", "x": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"eventType": "initiate", "callId": "c-1", "x": 1e999}', "1e999 is too large a number"),
        (b'{"eventType": "initiate", "callId": "c-1", "x": -1e999}', "-1e999 is too large a number"),
        (b'{"eventType": "initiate", "callId": "c-1", "x": ' + b"9" * 5000 + b"}", "Not JSON"),
        (b"[" * 100_000, "Nested deeper than 64 levels"),
        (b'{"x":' * 40_000, "Nested deeper than 64 levels"),
        (b"[" * 100_000 + b"]" * 100_000, "Nested deeper than 64 levels"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_refuses_what_is_no_json_object(line: Line, body: bytes, says: str) -> None:
    """A body that is not a JSON object in UTF-8 gets 400 with the reason and, in a text, the position."""
    assert says in refusal_of(line, line.post(body), 400)["detail"]


def nested(levels: int, opening: str, closing: str) -> bytes:
    """Return a callback with so many levels, itself being the first."""
    inside = opening * (levels - 1) + "null" * opening.startswith("{") + closing * (levels - 1)
    return (json.dumps(CALL)[:-1] + f', "deep": {inside}' + "}").encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"x":', "}")])
def test_takes_64_levels_and_no_more(line: Line, opening: str, closing: str) -> None:
    """A callback of 64 levels is delivered, and one of 65 is rejected."""
    assert line.post(nested(64, opening, closing)).status_code == 200
    assert [event.call_id for event in line.heard if isinstance(event, InitiateCallback)] == ["c-1", "c-1"]
    line.heard.clear()
    assert "64" in refusal_of(line, line.post(nested(65, opening, closing)), 400)["detail"]


def test_brackets_in_a_text_are_no_levels(line: Line) -> None:
    """Brackets inside a string and lists side by side do not count as levels."""
    assert line.post({**CALL, "text": "[{" * 1000, "wide": [[]] * 1000}).status_code == 200


def test_the_last_of_duplicate_keys_counts(line: Line) -> None:
    """The last of duplicate keys wins, as in Python's json, also for required properties."""
    body = b'{"eventType": "gather", "callId": null, "eventType": "initiate", "callId": "c-1"}'
    assert line.post(body).status_code == 200
    assert isinstance(line.heard[0], InitiateCallback)
    assert line.heard[0].call_id == "c-1"


def test_takes_a_byte_order_mark(line: Line) -> None:
    """UTF-8 with a byte order mark is accepted."""
    assert line.post(b"\xef\xbb\xbf" + json.dumps(CALL).encode()).status_code == 200


# -- Content types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=x", "json", "application/jsonp", "text/plain; a=application/json"],
)  # fmt: skip
def test_refuses_other_content_types(line: Line, content_type: str | None) -> None:
    """A body of another content type gets 415, which names that type."""
    detail = refusal_of(line, line.post(content_type=content_type), 415)["detail"]
    assert "application/json" in detail
    assert f"got {repr(content_type.partition(';')[0]) if content_type else 'none'}." in detail


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8",
     "application/json;charset=latin-1", "application/vnd.bandwidth.v2+json",
     "application/problem+json; charset=utf-16"],
)  # fmt: skip
def test_reads_json_types_as_utf8(line: Line, content_type: str) -> None:
    """JSON and types built on it are read as UTF-8, whatever the charset parameter says."""
    body = json.dumps({**CALL, "from": "sip:café@example.com"}, ensure_ascii=False).encode()
    assert line.post(body, content_type).status_code == 200
    assert isinstance(line.heard[0], InitiateCallback)
    assert line.heard[0].var_from == "sip:café@example.com"


def test_takes_half_of_a_surrogate_pair() -> None:
    """Half a surrogate pair is delivered as it came, and spoken as U+FFFD."""
    line = make_line(answers=False)
    phone = CallbackBlueprint("echo", __name__, credentials=[CREDENTIALS])
    phone.respond(InitiateCallback)(lambda call: SpeakSentence(f"Hello {call.var_from}"))
    phone.on(Callback)(line.heard.append)
    line.app.register_blueprint(phone, url_prefix="/echo")
    response = line.post(b'{"eventType": "initiate", "callId": "\\ud800", "from": "\\udfff"}', path="/echo")
    assert response.status_code == 200
    assert "<SpeakSentence>Hello \ufffd</SpeakSentence>" in response.text
    assert isinstance(line.heard[0], InitiateCallback)
    assert line.heard[0].call_id == "\ud800"


def test_does_not_believe_a_charset(line: Line) -> None:
    """A body in Latin-1 is rejected, even if the charset parameter says so."""
    response = line.post('{"from": "café"}'.encode("latin-1"), "application/json; charset=latin-1")
    assert "Not UTF-8: byte 13" in refusal_of(line, response, 400)["detail"]


# -- Larger than the limit ---------------------------------------------------------------------------------

START = json.dumps(CALL).encode()


@pytest.mark.parametrize(
    ("config", "limit"), [({}, LIMIT), ({"BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH": 200}, 200)]
)
@pytest.mark.parametrize("host_limit", [None, 100, 10_000_000])
def test_takes_as_much_as_the_limit(config: dict[str, int], limit: int, host_limit: int | None) -> None:
    """A body of exactly the limit is accepted, with a length or chunked; one byte more gets 413.

    The host's own MAX_CONTENT_LENGTH, smaller or larger, is about other pages.
    """
    line = make_line({**config, "MAX_CONTENT_LENGTH": host_limit})
    assert line.post(START.ljust(limit)).status_code == 200
    assert line.stream(Stream(START, limit)).status_code == 200
    line.heard.clear()
    assert str(limit) in refusal_of(line, line.post(START.ljust(limit + 1)), 413)["detail"]
    line.rejected.clear()
    assert str(limit) in refusal_of(line, line.stream(Stream(START, limit + 1)), 413)["detail"]


@pytest.mark.parametrize("length", [LIMIT + 1, LIMIT + 2, 2 * LIMIT, 10**12])
def test_reads_no_further_than_the_limit(line: Line, length: int) -> None:
    """A body of unknown length is read no further than just beyond the limit."""
    body = Stream(START, length)
    refusal_of(line, line.stream(body), 413)
    assert body.position <= LIMIT + 1


@pytest.mark.parametrize("terminated", [True, False])
def test_reads_nothing_that_says_to_be_too_large(line: Line, terminated: bool) -> None:
    """A Content-Length above the limit is rejected without reading."""
    body = Stream(START, LIMIT + 1)
    environ: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": str(LIMIT + 1)}
    if terminated:
        environ["wsgi.input_terminated"] = True
    response = line.send(content_type="application/json", environ_overrides=environ)
    refusal_of(line, response, 413)
    assert body.position == 0


@pytest.mark.parametrize("host_limit", [None, 200, 10_000_000])
def test_a_host_that_looks_at_the_form_moves_no_limit(host_limit: int | None) -> None:
    """A before_request of the host that reads request.form does not change the limit."""
    line = make_line({"MAX_CONTENT_LENGTH": host_limit})

    @line.app.before_request
    def look() -> None:
        assert not request.form

    body = Stream(START, 10**9)
    refusal_of(line, line.stream(body), 413)
    assert body.position <= LIMIT + 1
    assert line.stream(Stream(START, LIMIT)).status_code == 200


def test_a_body_that_the_host_has_read_is_held_against_the_limit(line: Line) -> None:
    """The limit holds for a body that the host has read before."""

    @line.app.before_request
    def look() -> None:
        request.get_data()

    assert line.post().status_code == 200
    line.heard.clear()
    refusal_of(line, line.stream(Stream(START, LIMIT + 1)), 413)


def test_a_stream_without_an_end_is_not_read(line: Line) -> None:
    """A body without a length, on a server that does not end the stream, counts as empty."""
    body = Stream(START, 10**12)
    response = line.send(
        content_type="application/json", environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": ""}
    )
    assert "empty" in refusal_of(line, response, 400)["detail"]
    assert body.position == 0


class ServerError(Exception):
    """An error of a server for a broken chunk, which is not an OSError, like gunicorn's InvalidChunkSize."""


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("fails", [None, OSError("connection reset"), ValueError("closed"), ServerError()])
def test_refuses_a_body_shorter_than_its_length(
    line: Line, terminated: bool, fails: Exception | None
) -> None:
    """A body that ends early gets 400, even if the part that came is JSON."""
    environ: dict[str, Any] = {
        "wsgi.input": Stream(START, len(START), fails),
        "CONTENT_LENGTH": str(len(START) + 1),
    }
    if terminated:
        environ["wsgi.input_terminated"] = True
    response = line.send(content_type="application/json", environ_overrides=environ)
    assert "ended early" in refusal_of(line, response, 400)["detail"]


def test_a_body_may_arrive_in_pieces(line: Line) -> None:
    """A body that the server returns in pieces is read whole, and stays readable for the application."""
    body = START

    class InPieces(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 10))

    again: list[bytes] = []

    @line.app.after_request
    def look(response: Any) -> Any:
        again.append(request.get_data())
        return response

    response = line.send(
        content_type="application/json",
        environ_overrides={"wsgi.input": InPieces(body), "CONTENT_LENGTH": str(len(body))},
    )
    assert response.status_code == 200
    assert again == [body]


@pytest.mark.parametrize("error", [OSError("connection reset"), ValueError("closed"), ServerError()])
def test_refuses_a_chunked_body_that_breaks_off(line: Line, error: Exception) -> None:
    """An error of the server's stream, of any class, gives 400."""
    response = line.stream(Stream(START, len(START), error))
    assert "ended early" in refusal_of(line, response, 400)["detail"]


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "1_0", "٣", "", "+9", " 9 ", "0x9"])
def test_a_content_length_that_is_no_number_is_none(line: Line, length: str) -> None:
    """An unreadable Content-Length never becomes an error of the application."""
    environ = {"wsgi.input": io.BytesIO(START), "CONTENT_LENGTH": length}
    response = line.send(content_type="application/json", environ_overrides=environ)
    refusal_of(line, response, 400)


# -- What the event cannot do without ----------------------------------------------------------------------


@pytest.mark.parametrize("event_type", [..., None, "", 0, 1, True, ["initiate"], {"initiate": 1}])
def test_refuses_without_an_event_type(line: Line, event_type: Any) -> None:
    """An eventType that is missing, empty or not a string gets 422, which names it."""
    payload = {**CALL, "eventType": event_type}
    if event_type is ...:
        del payload["eventType"]
    problem = refusal_of(line, line.post(payload), 422)
    assert "eventType" in problem["detail"]
    assert list(problem["errors"]) == ["eventType"]


def identity_of(event_type: str) -> str:
    is_conference = issubclass(event_module.EVENT_CLASSES[event_type], ConferenceCallback)
    return "conferenceId" if is_conference else "callId"


@pytest.mark.no_cover
@pytest.mark.parametrize("value", [..., None, "", 42, ["c-1"], {}], ids=repr)
@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_refuses_without_what_it_is_about(line: Line, event_type: str, value: Any) -> None:
    """A known event without a usable callId or conferenceId gets 422, which names it."""
    name = identity_of(event_type)
    payload = {"eventType": event_type, "callId": "c-1", "conferenceId": "conf-1", name: value}
    if value is ...:
        del payload[name]
    problem = refusal_of(line, line.post(payload), 422)
    assert name in problem["detail"]
    assert list(problem["errors"]) == [name]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_delivers_with_nothing_else(line: Line, event_type: str) -> None:
    """Every known event is delivered with its id alone, because nothing else is required."""
    response = line.post({"eventType": event_type, identity_of(event_type): "x-1"})
    assert response.status_code in (200, 204)
    assert [event.event_type for event in line.heard] == [event_type] * len(line.heard) != []


def test_a_refusal_lists_the_other_faults_too(line: Line) -> None:
    """A callback without callId gets a list of its unreadable properties, too."""
    problem = refusal_of(line, line.post({"eventType": "initiate", "startTime": "soon"}), 422)
    assert sorted(problem["errors"]) == ["callId", "startTime"]


# -- An optional property of the wrong type ----------------------------------------------------------------

FAULTY = {**CALL, "startTime": "soon", "to": 42, "stirShaken": {"verstat": [], "attestationIndicator": "A"}}


def test_delivers_what_can_be_read(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Properties of the wrong type become None, with the reason in .errors and in the log."""
    assert line.post(FAULTY).status_code == 200
    event = line.heard[0]
    assert isinstance(event, InitiateCallback)
    assert sorted(event.errors) == ["startTime", "stirShaken", "to"]
    assert (event.start_time, event.to, event.var_from) == (None, None, "+15551112222")
    assert event.stir_shaken is not None
    assert (event.stir_shaken.verstat, event.stir_shaken.attestation_indicator) == (None, "A")
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert all(name in warning.getMessage() for name in ("startTime", "stirShaken", "to"))
    assert (warning.__dict__["event_type"], warning.__dict__["call_id"]) == ("initiate", "c-1")


def test_strict_refuses_with_all_of_them() -> None:
    """BANDWIDTH_CALLBACKS_STRICT rejects the same callback with 422 and lists every fault."""
    line = make_line({"BANDWIDTH_CALLBACKS_STRICT": True})
    problem = refusal_of(line, line.post(FAULTY), 422)
    assert all(name in problem["detail"] for name in ("startTime", "stirShaken", "to"))
    assert sorted(problem["errors"]) == ["startTime", "stirShaken", "to"]
    assert list(problem["errors"]["stirShaken"]) == ["verstat"]


def test_strict_takes_what_is_clean() -> None:
    """STRICT accepts unknown and missing properties, and rejects only unreadable ones."""
    line = make_line({"BANDWIDTH_CALLBACKS_STRICT": True})
    assert line.post({**CALL, "tomorrow": [1], "to": None}).status_code == 200
    assert line.heard[0].extra == {"tomorrow": [1]}


# -- Unknown event types -----------------------------------------------------------------------------------


def test_delivers_unknown_events_to_their_subscribers(caplog: pytest.LogCaptureFixture) -> None:
    """An unknown event type reaches the subscribers to its name, without a warning."""
    heard: list[UnknownCallback] = []
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])
    with pytest.warns(BandwidthCallbacksWarning, match="'callTeleported'"):
        phone.on("callTeleported")(heard.append)
    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    payload = {"eventType": "callTeleported", "callId": "c-1", "whereTo": {"planet": "Mars"}}
    assert Line(app).post(payload).status_code == 204
    (event,) = heard
    assert type(event) is UnknownCallback
    assert (event.event_type, event.call_id) == ("callTeleported", "c-1")
    assert event.extra == {"whereTo": {"planet": "Mars"}}
    assert caplog.records == []


@pytest.mark.parametrize("payload", [{}, {"callId": None}, {"callId": 42}, {"conferenceId": "conf-1"}])
def test_unknown_events_without_a_handler_get_204(
    payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown event without a handler gets 204 and a warning; it needs no callId."""
    app = Flask(__name__)
    app.register_blueprint(
        CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS]), url_prefix="/phone"
    )
    response = Line(app).post({"eventType": "callTeleported", **payload})
    assert (response.status_code, response.data) == (204, b"")
    assert any("callTeleported" in record.getMessage() for record in caplog.records)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


# -- An answered event without a responder -----------------------------------------------------------------


@pytest.mark.parametrize("event_type", ANSWERED)
def test_shows_a_handler_ready_to_paste(event_type: str, caplog: pytest.LogCaptureFixture) -> None:
    """An answered event without a responder gets 404, and the logged responder works when pasted."""
    line = make_line(answers=False)
    payload = {"eventType": event_type, "callId": "c-1"}
    response = line.post(payload)
    assert [event.event_type for event in line.heard] == [event_type], "subscribers hear it all the same"
    line.heard.clear()
    assert event_type in refusal_of(line, response, 404)["detail"]

    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    told, _, snippet = record.getMessage().partition("\n\n")
    assert "'/phone/'" in told
    namespace: dict[str, Any] = {"phone": CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])}
    exec(snippet, namespace)
    app = Flask(__name__)
    app.testing = True
    app.register_blueprint(namespace["phone"], url_prefix="/phone")
    answer = Line(app).post(payload)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")


# -- A responder that returns None, or something that is not BXML ------------------------------------------

NO_ANSWERS: list[Callable[[], Any]] = [
    lambda: None,
    lambda: 42,
    lambda: True,
    lambda: object(),
    lambda: {"a": 1},
    lambda: ("<Response/>", 200),
    lambda: "Hello",
    lambda: b"Hello",
    lambda: SpeakSentence,
    lambda: [SpeakSentence("Hello"), "world"],
    lambda: iter([SpeakSentence("Hello")]),
]


def no_answer_app(make: Callable[[], Any], **config: Any) -> Flask:
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(InitiateCallback)
    def answer_wrongly(call: InitiateCallback) -> Any:
        return make()

    app = Flask(__name__)
    app.config.update(config)
    app.register_blueprint(phone, url_prefix="/phone")
    return app


@pytest.mark.parametrize("make", NO_ANSWERS)
def test_names_the_handler_that_gave_no_answer(make: Callable[[], Any]) -> None:
    """An invalid reply is a TypeError that names the handler and what it returned."""
    returned = make()
    shown = "None" if returned is None else re.sub(r" at 0x\w+.*", "", repr(returned))
    with pytest.raises(TypeError, match="answer_wrongly") as raised:
        Line(no_answer_app(make, TESTING=True)).post()
    assert shown in str(raised.value)


@pytest.mark.parametrize("make", NO_ANSWERS)
def test_no_answer_is_500_without_a_traceback(
    make: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """In production an invalid reply gives 500 without details, which only the log has."""
    response = Line(no_answer_app(make)).post()
    assert response.status_code == 500
    assert "Traceback" not in response.text
    assert "answer_wrongly" not in response.text
    assert "answer_wrongly" in caplog.text


# -- GET ---------------------------------------------------------------------------------------------------


def test_of_repeated_names_the_last_one_counts(line: Line) -> None:
    """In a query string, as in JSON, the last one of several values wins."""
    query = "eventType=x&callId=c-9&eventType=initiate&callId=c-1"
    assert line.send("GET", query_string=query).status_code == 200
    assert isinstance(line.heard[0], InitiateCallback)
    assert line.heard[0].call_id == "c-1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=%2B1555&to=%E2%98%8E", ("+1555", "☎")),
        ("from=+1555&to=a%20b", (" 1555", "a b")),
        ("from=100%&to=%zz", ("100%", "%zz")),
        ("from=%ff&to=%00", ("%FF", "\0")),
        ("from=&to", (None, None)),
        ("from=a=b&&&to=;", ("a=b", ";")),
    ],
)
def test_takes_odd_query_strings(line: Line, query: str, expected: tuple[str | None, str | None]) -> None:
    """Broken percent-encoding is kept unchanged, an empty value is an absent one, the event is delivered."""
    response = line.send("GET", query_string=f"eventType=initiate&callId=c-1&{query}")
    assert response.status_code == 200
    event = line.heard[0]
    assert isinstance(event, InitiateCallback)
    assert (event.var_from, event.to) == expected


@pytest.mark.parametrize(
    "text",
    ["{", "NaN", "[1]", "3", '{"verstat": 1}', "[" * 5000, "{'verstat': 'x'}", "%ff"],
)
def test_takes_json_text_that_is_broken(line: Line, text: str) -> None:
    """A nested object with broken JSON is listed in .errors, and the event is delivered."""
    response = line.send("GET", query_string={**CALL, "stirShaken": text})
    assert response.status_code == 200
    event = line.heard[0]
    assert isinstance(event, InitiateCallback)
    assert list(event.errors) == ["stirShaken"]
    assert event.stir_shaken is None or event.stir_shaken.verstat is None


def test_empty_and_null_in_a_query_string_are_absence(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Empty values of any type, and the JSON text null, are absent properties and leave no fault behind."""
    absent = dict.fromkeys(["startTime", "stirShaken", "sipHeaders", "privacy", "uui"], "")
    events = []
    for properties in (
        {**absent, "diversion": "null"},
        {"sipHeaders": '{"x-a": null, "x-b": "b"}'},
        {"sipHeaders": '{"x-a": 1, "x-b": "b"}', "privacy": "maybe"},
    ):
        assert line.send("GET", query_string={**CALL, **properties}).status_code == 200
        assert isinstance(line.heard[-1], InitiateCallback)
        events.append(line.heard[-1])
    first, second, third = events
    assert (first.errors, second.errors) == ({}, {})
    assert first.to_dict() == InitiateCallback.from_dict(CALL).to_dict()
    assert second.sip_headers == third.sip_headers == {"x-b": "b"}
    assert sorted(third.errors) == ["privacy", "sipHeaders"]
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [("", "eventType"), ("eventType=", "eventType"), ("callId=c-1", "eventType"),
     ("eventType=gather", "callId"), ("eventType=initiate&callId=", "callId"),
     ("eventType=conferenceCreated&callId=c-1", "conferenceId")],
)  # fmt: skip
def test_refuses_get_callbacks_that_lack_something(line: Line, query: str, names: str) -> None:
    """GET has the rules of POST: a missing required property gets 422, which names it."""
    assert names in refusal_of(line, line.send("GET", query_string=query), 422)["detail"]


def test_refuses_a_query_string_that_is_no_utf8(line: Line) -> None:
    """Raw bytes in a query string that are not UTF-8 get 400 with their position."""
    response = line.send("GET", environ_overrides={"QUERY_STRING": "eventType=initiate&callId=\xe9"})
    assert "must be UTF-8, got a stray byte at position 26" in refusal_of(line, response, 400)["detail"]


def test_takes_a_query_string_of_raw_utf8(line: Line) -> None:
    """Raw UTF-8 in a query string is read."""
    raw = "eventType=initiate&callId=c-1&from=sip:café".encode().decode("latin-1")
    assert line.send("GET", environ_overrides={"QUERY_STRING": raw}).status_code == 200
    assert isinstance(line.heard[0], InitiateCallback)
    assert line.heard[0].var_from == "sip:café"


@pytest.fixture(autouse=True)
def no_prints(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Fail where logging prints an error to stderr because it cannot write a record."""
    yield
    assert "Logging error" not in capsys.readouterr().err
