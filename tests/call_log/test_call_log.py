"""The call log: what it holds of each callback, and that no trouble with it reaches a caller."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    ConferenceCreatedCallback,
    ConfigurationError,
    GatherCallback,
    InitiateCallback,
    config,
)
from flask_bandwidth_callbacks.bxml import Gather, PhoneNumber, SpeakSentence, Transfer
from flask_bandwidth_callbacks.call_log import (
    Line,
    NotACallLog,
    close_call_log,
    read_lines,
    suspended,
    writer,
)
from flask_bandwidth_callbacks.call_log.files import LogFile
from flask_bandwidth_callbacks.call_log.writer import Writer
from tests.call_log.writers import wait_for_writers
from tests.conftest import CREDENTIALS

Send = Callable[..., int]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


@pytest.fixture
def app(app: Flask, file: Path) -> Flask:
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = str(file)
    return app


@pytest.fixture
def send(app: Flask, phone: CallbackBlueprint) -> Send:
    """Send a callback, close the reply as a server does, and return the status."""

    def send(event_type: str, url: str = "/phone/", /, *, auth: Any = CREDENTIALS, **properties: Any) -> int:
        if phone.name not in app.blueprints:
            app.register_blueprint(phone, url_prefix="/phone")
        payload = {"eventType": event_type, "callId": "c-1", **properties}
        with app.test_client().post(url, json=payload, auth=auth) as response:
            response.get_data()
        return response.status_code

    return send


def written(file: Path) -> list[Line]:
    """Return the lines of a call log once its thread has ended."""
    wait_for_writers()
    return list(read_lines(file)) if file.exists() else []


# -- What a line holds ---------------------------------------------------------------------------------------


def test_a_callback_and_its_reply(file: Path, phone: CallbackBlueprint, send: Send) -> None:
    """A line holds the callback as it was received, the reply, how long it took, and the responder."""

    @phone.respond(InitiateCallback, "/in/<line>")
    def greet(event: InitiateCallback, line: str) -> SpeakSentence:
        return SpeakSentence(f"Hello {event.var_from}, this is {line}.")

    assert send("initiate", "/phone/in/a%20b?step=2", **{"from": "+13035550123"}) == 200
    line = written(file)[0]
    assert line.method == "POST"
    assert line.root == "http://localhost"
    assert line.path == "/phone/in/a%20b?step=2"
    assert line.payload == {"eventType": "initiate", "callId": "c-1", "from": "+13030000000"}
    assert (line.status, line.content_type) == (200, "application/xml; charset=utf-8")
    assert line.reply is not None
    assert "<SpeakSentence>Hello +13030000000, this is a b.</SpeakSentence>" in line.reply
    assert (line.call_id, line.conference_id) == ("c-1", None)
    assert line.handler == f"{__name__}.{greet.__qualname__}"
    assert 0 < line.milliseconds < 5000
    assert line.time.tzinfo is not None
    raw = json.loads(file.read_text())
    assert raw["time"].endswith("Z")
    assert "conference_id" not in raw
    assert file.read_bytes().isascii()


def test_a_line_as_soon_as_the_reply_is_closed(file: Path, send: Send) -> None:
    """The line is in the file when a test looks for it after the reply, without waiting."""
    send("disconnect")
    assert len(list(read_lines(file))) == 1


def test_a_get_callback(app: Flask, file: Path, phone: CallbackBlueprint) -> None:
    """The payload of a GET comes from its query string, which is not written twice."""
    app.register_blueprint(phone, url_prefix="/phone")
    with app.test_client().get("/phone/?eventType=disconnect&callId=c-1&tag=a", auth=CREDENTIALS):
        pass
    (line,) = written(file)
    assert (line.method, line.path) == ("GET", "/phone/")
    assert line.payload == {"eventType": "disconnect", "callId": "c-1", "tag": "a"}
    assert (line.status, line.reply, line.handler) == (204, "", None)


def test_a_conference(file: Path, phone: CallbackBlueprint, send: Send) -> None:
    """An event about a conference is written with the id of the conference."""
    phone.on(ConferenceCreatedCallback)(lambda event: None)
    send("conferenceCreated", callId=None, conferenceId="conf-1")
    (line,) = written(file)
    assert (line.call_id, line.conference_id) == (None, "conf-1")


def test_an_application_below_a_path(app: Flask, file: Path, phone: CallbackBlueprint) -> None:
    """The root of a line says where the application is mounted."""
    app.register_blueprint(phone, url_prefix="/phone")
    with app.test_client().post(
        "/phone/",
        base_url="https://calls.example.com/app",
        json={"eventType": "disconnect", "callId": "c-1"},
        auth=CREDENTIALS,
    ):
        pass
    assert [(line.root, line.path) for line in written(file)] == [
        ("https://calls.example.com/app", "/phone/")
    ]


def test_an_exception_with_an_error_handler(file: Path, phone: CallbackBlueprint, send: Send) -> None:
    """The reply of an error handler is written as any other."""

    @phone.respond(InitiateCallback)
    def fail(event: InitiateCallback) -> None:
        raise LookupError

    phone.errorhandler(LookupError)(lambda error: SpeakSentence("Sorry."))
    send("initiate")
    (line,) = written(file)
    assert line.reply is not None
    assert "Sorry." in line.reply
    assert line.handler == f"{__name__}.{fail.__qualname__}"


@pytest.mark.parametrize("propagates", [False, True])
def test_an_exception_without_one(
    app: Flask, file: Path, phone: CallbackBlueprint, send: Send, propagates: bool
) -> None:
    """A plain 500 is written, also if Flask passes the exception on, as in debug mode."""
    app.config["PROPAGATE_EXCEPTIONS"] = propagates

    @phone.respond(InitiateCallback)
    def fail(event: InitiateCallback) -> None:
        raise LookupError

    if propagates:
        with pytest.raises(LookupError):
            send("initiate")
    else:
        send("initiate")
    assert [line.status for line in written(file)] == [500]


def test_a_stream_is_not_read(file: Path, phone: CallbackBlueprint, send: Send) -> None:
    """A reply that is a stream goes out as it comes, and the line has no text of it."""
    yielded: list[str] = []

    def stream() -> Iterator[str]:
        yielded.append("once")
        yield "<Response/>"

    phone.respond(InitiateCallback)(lambda event: Response(stream(), content_type="application/xml"))
    assert send("initiate") == 200
    (line,) = written(file)
    assert (line.status, line.reply, yielded) == (200, None, ["once"])


def test_requests_that_are_not_callbacks(app: Flask, file: Path, send: Send) -> None:
    """Challenges, wrong passwords, rejected bodies and ordinary pages are not written."""
    app.get("/page")(lambda: "page")
    assert send("disconnect", auth=None) == 401
    assert send("disconnect", auth=("bandwidth", "wrong")) == 401
    assert send("gather", callId=None) == 422
    with app.test_client().get("/page"):
        pass
    assert written(file) == []


def test_no_credentials_are_written(file: Path, phone: CallbackBlueprint, send: Send) -> None:
    """Neither the request's password nor those of verbs, URLs and properties are in the file."""

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> list[Any]:
        return [
            Gather(SpeakSentence("Press 1."), gather_url="https://user:s3cret@other.example/x"),
            Transfer(PhoneNumber("+13035550141", transfer_answer_url=phone), transfer_complete_url=phone),
        ]

    phone.respond("transferAnswer")(lambda event: None)
    phone.respond("transferComplete")(lambda event: SpeakSentence("Bye."))
    phone.respond(GatherCallback)(lambda event: SpeakSentence("Bye."))
    assert send("initiate", "/phone/?a=//u:s3cret@h", tag="//u:s3cret@h", password="s3cret") == 200
    wait_for_writers()
    text = file.read_text()
    assert "gatherUrl" in text
    assert "s3cret" not in text
    assert "sername" not in text
    assert CREDENTIALS[0] not in text.replace("flask_bandwidth_callbacks", "")


@pytest.mark.parametrize("masked", [None, True, False])
def test_masks_can_be_switched_off(
    app: Flask, file: Path, phone: CallbackBlueprint, send: Send, masked: bool | None
) -> None:
    """Numbers and digits are masked unless BANDWIDTH_CALLBACKS_RECORD_MASKED is False."""
    app.config["BANDWIDTH_CALLBACKS_RECORD_MASKED"] = masked
    phone.respond(GatherCallback)(lambda event: SpeakSentence(f"You typed {event.digits}."))
    send("gather", digits="90210", **{"from": "+13035550123"})
    (line,) = written(file)
    assert line.is_masked == (masked is not False)
    assert (line.payload["digits"] == "90210") == (masked is False)
    assert (line.payload["from"] == "+13035550123") == (masked is False)
    assert ("You typed 90210." in str(line.reply)) == (masked is False)


# -- Off, and set wrongly ------------------------------------------------------------------------------------


def test_it_is_off_by_default(app: Flask, phone: CallbackBlueprint, send: Send) -> None:
    """Without the setting nothing is connected and nothing is written."""
    del app.config["BANDWIDTH_CALLBACKS_RECORD"]
    send("disconnect")
    assert "bandwidth_callbacks_call_log" not in app.extensions


def test_it_can_be_suspended(app: Flask, file: Path, send: Send) -> None:
    """Callbacks that are not real ones, as those of a replay, are not written; those of other threads are."""
    send("disconnect", tag="real")
    with suspended():
        send("disconnect", tag="replayed")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(send, "disconnect", tag="real at that time").result()
    send("disconnect", tag="real, too")
    assert [line.payload["tag"] for line in written(file)] == ["real", "real at that time", "real, too"]


def test_it_can_be_closed(app: Flask, file: Path, send: Send) -> None:
    """Once it is closed, nothing more is written; an application without a call log is left alone."""
    send("disconnect", tag="before")
    close_call_log(app)
    send("disconnect", tag="after")
    assert [line.payload["tag"] for line in written(file)] == ["before"]
    close_call_log(Flask("other"))


def test_two_blueprints_write_each_callback_once(app: Flask, file: Path, send: Send) -> None:
    """An application has one call log, whatever the number of its blueprints."""
    other = CallbackBlueprint("other", __name__, credentials=[CREDENTIALS])
    app.register_blueprint(other, url_prefix="/other")
    send("disconnect")
    send("disconnect", "/other/")
    assert [line.path for line in written(file)] == ["/phone/", "/other/"]


def test_a_relative_path(
    app: Flask, phone: CallbackBlueprint, send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path starts in the folder in which the server is started, wherever it goes afterwards."""
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = Path("here.jsonl")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    app.register_blueprint(phone, url_prefix="/phone")
    monkeypatch.chdir(tmp_path / "elsewhere")
    send("disconnect")
    assert len(written(tmp_path / "here.jsonl")) == 1


@pytest.mark.parametrize("value", ["", 1, True, b"calls.jsonl"])
def test_a_wrong_path(app: Flask, phone: CallbackBlueprint, value: Any) -> None:
    """A value that is not a path is an error when the blueprint is registered."""
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = value
    with pytest.raises(ConfigurationError, match=r"^BANDWIDTH_CALLBACKS_RECORD must be the path of a file"):
        app.register_blueprint(phone)


def test_none_means_off(app: Flask) -> None:
    """None is as good as no setting."""
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = None
    assert config.RECORD.read(app) is None


# -- What can go wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["no folder", "a folder", "a folder without rights"])
def test_a_file_that_cannot_be_written(
    app: Flask, send: Send, tmp_path: Path, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Replies stay as they are, and the log has one error, with a count when the minute is over."""
    paths = {
        "no folder": tmp_path / "missing" / "calls.jsonl",
        "a folder": tmp_path,
        "a folder without rights": Path("/proc/calls.jsonl"),
    }
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = paths[trouble]
    assert [send("disconnect") for _ in range(3)] == [204] * 3
    wait_for_writers()
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage().partition(". ")[0] for record in errors] == [
        f"Lines of the call log {paths[trouble]} were lost: 1 since the last line about it"
    ]


def test_the_count_of_lines_that_were_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The errors of a minute are counted, and the next line of the log says how many there were."""
    lines = Writer(LogFile(tmp_path), "calls.jsonl")
    for _ in range(4):
        lines.add(lambda: b"line\n")
        wait_for_writers()
    monkeypatch.setattr(writer, "INTERVAL", 0.0)
    lines.add(lambda: b"line\n")
    wait_for_writers()
    counts = [record.getMessage().partition("lost: ")[2].split()[0] for record in caplog.records]
    assert counts[0] == "1"
    assert sum(map(int, counts)) == 5


def test_a_line_that_cannot_be_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An exception while a line is made costs that line, and no other thread hears of it."""
    lines = Writer(LogFile(tmp_path / "calls.jsonl"), "calls.jsonl")
    lines.add(lambda: b"%d" % (1 // 0))
    wait_for_writers()
    lines.add(lambda: b"line\n")
    wait_for_writers()
    assert (tmp_path / "calls.jsonl").read_bytes() == b"line\n"
    assert "ZeroDivisionError: integer division or modulo by zero." in caplog.text


class SlowFile(LogFile):
    """A file on a disk that does nothing before it is released."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.is_released = threading.Event()

    def append(self, lines: bytes) -> None:
        assert self.is_released.wait(30)
        super().append(lines)


def test_a_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While a disk is slow, lines wait, up to a limit, and the threads that bring them do not."""
    monkeypatch.setattr(writer, "WAITING", 10)
    file = SlowFile(tmp_path / "calls.jsonl")
    lines = Writer(file, "calls.jsonl")
    lines.add(lambda: b"first\n")
    while lines._waiting:
        time.sleep(0.001)  # until the thread has taken it
    begun = time.monotonic()
    for _ in range(30):
        lines.add(lambda: b"line\n")
        lines.wait_a_moment()
    assert time.monotonic() - begun < 1
    file.is_released.set()
    wait_for_writers()
    assert (tmp_path / "calls.jsonl").read_bytes() == b"first\n" + b"line\n" * 10
    assert "The disk is too slow." in caplog.text


def test_a_process_without_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started, as when the process ends, the line is written all the same."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    Writer(LogFile(tmp_path / "calls.jsonl"), "calls.jsonl").add(lambda: b"line\n")
    assert (tmp_path / "calls.jsonl").read_bytes() == b"line\n"


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_that_was_forked(tmp_path: Path) -> None:
    """A process that was forked while a line waited writes its own lines, and not that one again."""
    file = SlowFile(tmp_path / "calls.jsonl")
    lines = Writer(file, "calls.jsonl")
    lines.add(lambda: b"parent\n")
    lines.add(lambda: b"parent\n")

    def write() -> None:
        file.is_released.set()
        lines.add(lambda: b"child %d\n" % (os.getpid() != parent))

    parent = os.getpid()
    child = multiprocessing.get_context("fork").Process(target=write)
    child.start()
    child.join(30)
    assert (tmp_path / "calls.jsonl").read_bytes() == b"child 1\n"
    file.is_released.set()
    wait_for_writers()
    assert (tmp_path / "calls.jsonl").read_bytes() == b"child 1\n" + b"parent\n" * 2


def test_a_line_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process was forked with, such as a lock that another thread held, does not stop it."""
    lines = Writer(LogFile(tmp_path / "calls.jsonl"), "calls.jsonl")
    with lines._changed:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        lines.add(lambda: b"line\n")
    wait_for_writers()
    assert (tmp_path / "calls.jsonl").read_bytes() == b"line\n"


# -- Reading -------------------------------------------------------------------------------------------------

GOOD = {
    "time": "2026-03-04T16:20:15.258Z",
    "method": "POST",
    "root": "http://localhost",
    "path": "/",
    "payload": {},
    "status": 204,
    "content_type": "",
    "milliseconds": 1,
    "is_masked": True,
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not JSON", "Not JSON: Expecting value at line 1, column 1."),
        ("[]", "Not a JSON object."),
        (json.dumps({**GOOD, "payload": 1}), "It has no readable 'payload'."),
        (json.dumps({**GOOD, "handler": 1}), "It has no readable 'handler'."),
        (json.dumps({**GOOD, "time": "yesterday"}), "It has no readable 'time'."),
        (json.dumps({**GOOD, "time": "0001-01-01T00:00:00+14:00"}), "It has no readable 'time'."),
        ('{"message": "hello"}', "It has no readable 'time'."),
    ],
)
def test_a_foreign_file(file: Path, text: str, reason: str) -> None:
    """A file that is not a call log is an error that names the first line in question."""
    file.write_text(f"{json.dumps(GOOD)}\n{text}\n")
    with pytest.raises(NotACallLog) as raised:
        list(read_lines(file))
    assert str(raised.value) == (
        f"{file} must be a call log, got something else in line 2: {reason} Give a file that"
        " BANDWIDTH_CALLBACKS_RECORD wrote."
    )


def test_a_file_that_cannot_be_read(file: Path) -> None:
    """A file that is missing is an error that says so."""
    with pytest.raises(NotACallLog, match=r"calls.jsonl cannot be read: No such file or directory\.$"):
        list(read_lines(file))


def test_an_end_that_is_being_written(file: Path) -> None:
    """A line without an end is left out: its process is writing it now, or was killed."""
    file.write_text(f'{json.dumps(GOOD)}\n{{"time": "20')
    assert len(list(read_lines(file))) == 1
