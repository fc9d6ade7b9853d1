"""``flask bandwidth send``: one callback and the reply to it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask, redirect, request
from flask.cli import ScriptInfo
from flask.typing import ResponseReturnValue

from flask_bandwidth_callbacks import (
    Callback,
    CallbackBlueprint,
    ConferenceCallback,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    TransferAnswerCallback,
)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence
from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.payloads import Payload, attribute_types
from tests.payloads import PAYLOADS, places

CREDENTIALS = ("bandwidth", "s3cret")
PROBLEM = "application/problem+json"


def make_app(*phones: CallbackBlueprint, **config: Any) -> Flask:
    app = Flask("host")
    app.config.update(TESTING=True, **config)
    for phone in phones:
        app.register_blueprint(phone, url_prefix=f"/{phone.name}")
    return app


def make_phone(name: str = "phone", **options: Any) -> CallbackBlueprint:
    return CallbackBlueprint(name, __name__, **{"credentials": [CREDENTIALS], **options})


def send(app: Flask, *arguments: str, **options: Any) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["send", *arguments], **options)


@pytest.fixture
def received() -> list[Any]:
    """The events that the subscriber of the application ``listener`` received."""
    return []


@pytest.fixture
def listener(received: list[Any]) -> Flask:
    """An application that replies to every event and keeps it."""
    phone = make_phone()
    phone.respond(Callback)(lambda event: None if event.reply.when_none != "error" else Hangup())
    phone.on(Callback)(received.append)
    return make_app(phone, BANDWIDTH_CALLBACKS_STRICT=True)


# -- What is sent --------------------------------------------------------------------------------------------


def missing(payload: Payload, prefix: str = "") -> Iterator[str]:
    """Yield the names of attributes that are None, those of nested objects too."""
    for name in attribute_types(type(payload)):
        value = getattr(payload, name)
        if value is None:
            yield f"{prefix}{name}"
        elif isinstance(value, Payload):
            yield from missing(value, f"{prefix}{name}.")
            assert not value.extra


@pytest.mark.no_cover
@pytest.mark.parametrize("event", EVENT_CLASSES)
def test_every_event_has_all_its_properties(event: str, listener: Flask, received: list[Any]) -> None:
    """A sample of each event is readable and has every known property, also inside nested objects."""
    result = send(listener, event)
    assert result.exit_code == 0, result.output
    (sent,) = received
    assert sent.event_type == event
    assert not sent.extra
    # The documentation of this event leaves out what all other call events have.
    assert set(missing(sent)) == ({"call_url", "start_time"} if event == "partialgather" else set())
    assert set(places(sent.raw)) >= set(places(PAYLOADS.get(event, {})))


def test_all_events_are_about_one_call(listener: Flask, received: list[Any]) -> None:
    """The samples share a call id, so that the events of a call can be sent one after the other."""
    for event in ("initiate", "gather", "recordingAvailable", "conferenceMemberJoin", "disconnect"):
        send(listener, event)
    assert len({event.call_id for event in received}) == 1
    assert [event.direction for event in received if hasattr(event, "direction")] == [
        *("inbound", "outbound", "outbound", "outbound")
    ]


def test_properties_can_be_set(listener: Flask, received: list[Any]) -> None:
    """--set takes names as in JSON and in Python, also inside objects; text is not read as JSON."""
    changes = ["from=+15550001111", "to=7", "call_id=c-2", "uui=[]", "sipHeaders.x-a.b=1", "var_from=me"]
    changes += ["diversion.orig_to=+15550002222", 'stirShaken={"verstat": "new"}', "from_=Private"]
    result = send(listener, "initiate", *(part for change in changes for part in ("--set", change)))
    assert result.exit_code == 0
    (call,) = received
    assert (call.var_from, call.to, call.call_id, call.uui) == ("Private", "7", "c-2", "[]")
    assert (call.diversion.orig_to, call.diversion.reason) == ("+15550002222", "no-answer")
    assert call.stir_shaken.to_dict() == {"verstat": "new"}
    assert call.sip_headers == {"x-ticket": "4711", "x-a.b": "1"}


def test_values_are_read_as_json(listener: Flask, received: list[Any]) -> None:
    """A value of a property that is not text is read as JSON, and sent as text if it is not JSON."""
    send(listener, "recordComplete", "--set", "channels=2", "--set", "duration=PT3S")
    send(listener, "mediaStreamStarted", "--set", 'mediaStream.tracks=["outbound"]')
    assert received[0].raw["channels"] == 2
    assert received[0].duration == timedelta(seconds=3)
    assert received[1].media_stream.tracks == ("outbound",)
    result = send(listener, "recordComplete", "--set", "channels=NaN", "-v")
    assert '"channels": "NaN"' in result.output
    assert "channels cannot be read." in result.output


def test_an_object_can_be_set_where_there_is_none(listener: Flask, received: list[Any]) -> None:
    """A property inside an object that was set to null makes it an object again."""
    send(listener, "initiate", "--set", "diversion=null", "--set", "diversion.origTo=+15550002222")
    assert received[0].raw["diversion"] == {"origTo": "+15550002222"}


def test_properties_can_be_removed(listener: Flask, received: list[Any]) -> None:
    """--remove takes objects and properties inside objects, and ignores those that are absent."""
    names = ["uui", "stir_shaken", "diversion.origTo", "sipHeaders.x-ticket", "sipHeaders.x-other"]
    send(listener, "initiate", *(part for name in names for part in ("--remove", name)))
    assert list(missing(received[0])) == ["uui", "diversion.orig_to", "stir_shaken"]
    assert received[0].sip_headers == {}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["gathr"], "'gathr' is not an event; the nearest is 'gather'."),
        (["gather", "--set", "digit=1"], "gather has no property 'digit'; the nearest is 'digits'."),
        (["gather", "--remove", "cal_id"], "gather has no property 'cal_id'; the nearest is 'callId'."),
        (
            ["initiate", "--set", "diversion.orig=1"],
            "initiate has no property 'diversion.orig'; the nearest is 'diversion.origTo'.",
        ),
        (["initiate", "--set", "=1"], "initiate has no property ''.\n"),
        (
            ["gather", "--set", "stirShaken.verstat=x"],
            "gather has no property 'stirShaken.verstat'. These events have it: initiate.",
        ),
        (
            ["gather", "--set", "cause=busy"],
            "gather has no property 'cause'. These events have it: disconnect, transferComplete,"
            " transferDisconnect, bridgeComplete, mediaStreamRejected and 3 others.",
        ),
        (
            ["initiate", "--set", "from.name=1"],
            "'from' of initiate is not an object, so 'from.name' is unknown.",
        ),
        (["initiate", "--set", "from"], "--set must be PROPERTY=VALUE, got 'from'."),
        (["initiate", "--raw", "-", "--set", "from=1"], "--raw cannot be combined with --set and --remove"),
        (["initiate", "--credentials", "bandwidth"], "must be a username and a password."),
        (["initiate", "--raw", "/nowhere"], "'/nowhere': No such file or directory"),
    ],
)
def test_invalid_arguments(arguments: list[str], line: str, listener: Flask, received: list[Any]) -> None:
    """A mistake is named with the nearest name or the events that have the property; nothing is sent."""
    result = send(listener, *arguments)
    assert result.exit_code == 2
    assert line in result.output
    assert not received


def test_raw_bytes(listener: Flask, received: list[Any], tmp_path: Path) -> None:
    """--raw sends a file or standard input unchanged."""
    payload = {"eventType": "initiate", "callId": "c-1", "new": {"deep": [1]}}
    (tmp_path / "callback.json").write_text(json.dumps(payload))
    assert send(listener, "initiate", "--raw", str(tmp_path / "callback.json")).exit_code == 0
    assert received[0].raw == payload
    result = send(listener, "initiate", "--raw", "-", "-v", input=io.BytesIO(b'{"from": "\xff\x1b"'))
    assert result.exit_code == 1
    assert '{"from": "\ufffd\ufffd"' in result.output
    assert "Rejected: Not UTF-8: byte 10 cannot be read." in result.output


# -- Where it goes -------------------------------------------------------------------------------------------


def test_without_a_url_the_callback_goes_to_the_responder() -> None:
    """Without --url the callback goes to the path of its responder, else to the blueprint's own URL."""
    phone = make_phone()
    phone.respond(InitiateCallback)(lambda call: SpeakSentence("start"))
    phone.respond(InitiateCallback, "/other")(lambda call: SpeakSentence("other"))
    phone.respond(GatherCallback, "/menu")(lambda call: SpeakSentence("menu"))
    app = make_app(phone)
    assert "POST https://localhost/phone/\n" in send(app, "initiate").output
    assert "POST https://localhost/phone/menu\n" in send(app, "gather").output
    assert "POST https://localhost/phone/\n" in send(app, "disconnect").output
    assert ">other<" in send(app, "initiate", "--url", "/phone/other").output


def test_an_ambiguous_url() -> None:
    """Several possible URLs, or one with a variable, need --url; the message lists them."""
    phone = make_phone()
    phone.respond(GatherCallback, "/a")(lambda call: Hangup())
    phone.respond(GatherCallback, "/b")(lambda call: Hangup())
    phone.respond(InitiateCallback, "/<int:room>")(lambda call, room: Hangup())
    app = make_app(phone)
    result = send(app, "gather")
    assert result.exit_code == 1
    assert "Error: gather may go to /phone/a or /phone/b. Choose with --url" in result.output
    assert "initiate may go to /phone/<int:room>" in send(app, "initiate").output
    assert send(app, "initiate", "--url", "/phone/3").exit_code == 0
    app = make_app(make_phone("day"), make_phone("night"))
    assert "disconnect may go to /day/ or /night/" in send(app, "disconnect").output


def test_a_blueprint_of_a_subdomain() -> None:
    """The callback goes to the subdomain of the blueprint."""
    phone = make_phone(subdomain="voice")
    phone.respond(InitiateCallback)(lambda call: Hangup())
    app = Flask("host", subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    app.register_blueprint(phone)
    result = send(app, "initiate")
    assert result.exit_code == 0
    assert "POST https://voice.example.com/\n" in result.output


def test_an_application_that_trusts_a_host() -> None:
    """The callback goes to a host of TRUSTED_HOSTS."""
    phone = make_phone()
    phone.respond(InitiateCallback)(lambda call: Hangup())
    result = send(make_app(phone, TRUSTED_HOSTS=[".example.com"]), "initiate")
    assert result.exit_code == 0
    assert "POST https://example.com/phone/\n" in result.output


def test_credentials(listener: Flask) -> None:
    """The credentials are those of the option, else those of the blueprint."""
    assert send(listener, "disconnect").exit_code == 0
    assert send(listener, "disconnect", "--credentials", "bandwidth:s3cret").exit_code == 0
    result = send(listener, "disconnect", "--credentials", "bandwidth:s3:ret")
    assert result.exit_code == 1
    assert 'WWW-Authenticate: Basic realm="phone"' in result.output
    assert "401: the credentials of 'bandwidth' are rejected." in result.output


def test_missing_credentials(server: str) -> None:
    """A challenge without any credentials to send names the option; a wrong pair does not."""
    arguments = ["send", "disconnect", "--url", f"{server}/private"]
    hint = "Give them with --credentials USER:PASSWORD."
    result = CliRunner().invoke(bandwidth, arguments)
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == hint
    assert hint not in CliRunner().invoke(bandwidth, [*arguments, "--credentials", "ann:key"]).output


class Plain(BaseHTTPRequestHandler):
    """A server that does not use this library."""

    def do_POST(self) -> None:
        body = b"<Response><Hangup/></Response>"
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response({"/odd": 299, "/private": 401}.get(self.path, 200))
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a plain server on this machine."""
    with HTTPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_any_server(server: str) -> None:
    """The URL of a server needs no application, and its reply may have an unknown status."""
    none = ScriptInfo(create_app=lambda: pytest.fail("no application is needed"))
    result = CliRunner().invoke(bandwidth, ["send", "initiate", "--url", f"{server}/"], obj=none)
    assert result.exit_code == 0
    assert "200 OK" in result.output
    result = CliRunner().invoke(bandwidth, ["send", "initiate", "--url", f"{server}/odd"], obj=none)
    assert "\n299\n" in result.output


def test_a_server_that_is_down(server: str) -> None:
    """A server that is down gives one line and exit status 1; an invalid URL is a usage error."""
    result = CliRunner().invoke(bandwidth, ["send", "initiate", "--url", "http://127.0.0.1:9/"])
    assert result.exit_code == 1
    assert "No reply: no connection" in result.output
    result = CliRunner().invoke(bandwidth, ["send", "initiate", "--url", "localhost"])
    assert result.exit_code == 2
    assert "'--url': 'localhost' is not a URL that can be requested" in result.output
    assert "Traceback" not in result.output


# -- The reply -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("color", [None, "1"])
def test_the_reply(color: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status, type and document are shown, plain or with rich, one element a line, without credentials."""
    if color is not None:
        monkeypatch.setenv("FORCE_COLOR", color)
    phone = make_phone()

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Hello."), gather_url=phone)

    result = send(make_app(phone), "initiate")
    assert result.exit_code == 0
    lines = [line.rstrip() for line in click.unstyle(result.output).splitlines() if line.strip()]
    assert lines == [
        "initiate  POST https://localhost/phone/",
        "200 OK",
        "Content-Type: application/xml; charset=utf-8",
        "<Response>",
        '  <Gather gatherUrl="/phone/">',
        "    <SpeakSentence>Hello.</SpeakSentence>",
        "  </Gather>",
        "</Response>",
    ]


def test_a_notification_has_no_document() -> None:
    """The reply to a notification is shown as its status only."""
    phone = make_phone()
    phone.on(DisconnectCallback)(lambda call: None)
    result = send(make_app(phone), "disconnect")
    assert (result.exit_code, result.output.splitlines()[1:]) == (0, ["204 No Content"])


@pytest.mark.parametrize("event", ["disconnect", "initiate"])
def test_a_subscriber_that_raises(event: str) -> None:
    """A subscriber that raises does not change the reply, but gives one line and exit status 1."""
    phone = make_phone()
    phone.respond(InitiateCallback)(lambda call: Hangup())

    @phone.on(Callback)
    def bill(call: Callback) -> None:
        raise LookupError("no such\naccount")

    result = send(make_app(phone), event)
    assert result.exit_code == 1
    assert "FAILED" not in result.output
    assert result.stderr == "Error: A subscriber raised LookupError: no such account\n"


def test_what_an_error_handler_answers_is_not_a_failure() -> None:
    """An exception that an error handler turned into a document gives exit status 0."""
    phone = make_phone()

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Hangup:
        raise LookupError

    phone.errorhandler(LookupError)(lambda error: Hangup())
    assert send(make_app(phone), "initiate").exit_code == 0


def test_events_of_one_call() -> None:
    """Events that are sent one after the other find the state of their call, as those of a call do."""
    phone = make_phone()

    @phone.respond(Callback)
    def count(call: Callback) -> SpeakSentence:
        with phone.state(call) as state:
            state["callbacks"] = state.get("callbacks", 0) + 1
            return SpeakSentence(f"Callback {state['callbacks']}.")

    app = make_app(phone)
    for number, event in enumerate(["initiate", "gather", "gather"], 1):
        result = send(app, event)
        assert result.exit_code == 0
        assert f"Callback {number}." in result.stdout


def test_a_seed(listener: Flask, received: list[Any]) -> None:
    """Another --seed makes the sample of another call."""
    for arguments in ([], ["--seed", "1"], ["--seed", "1"]):
        send(listener, "disconnect", *arguments)
    first, second, third = (event.call_id for event in received)
    assert first != second == third


def test_a_rejection() -> None:
    """The detail of a rejection and its unreadable properties are shown."""
    phone = make_phone()
    phone.on(DisconnectCallback)(lambda call: None)
    result = send(make_app(phone), "initiate")
    assert result.exit_code == 1
    assert "404 Not Found\nContent-Type: application/problem+json\n" in result.output
    assert "Rejected: No responder for 'initiate' at this URL.\n" in result.output
    result = send(make_app(phone), "disconnect", "--remove", "callId")
    assert "Rejected: callId is required for 'disconnect' events.\n" in result.output
    assert '{"callId": ["Must be a string that is not empty."]}\n' in result.output


@pytest.mark.parametrize(
    ("event", "reply", "line"),
    [
        ("initiate", "<Response><Pause duration='x'/></Response>", "invalid BXML: "),
        (
            "transferAnswer",
            "<Response><Transfer><PhoneNumber>+1</PhoneNumber></Transfer></Response>",
            "Transfer",
        ),
        ("conferenceRedirect", "<Response><Hangup/></Response>", "Hangup"),
        ("initiate", "<Response><Hangup", "invalid BXML: "),
    ],
)
def test_a_document_that_cannot_be_run(event: str, reply: str, line: str) -> None:
    """A reply that Bandwidth would run is checked by the rules for its event."""
    phone = make_phone()
    phone.respond((InitiateCallback, TransferAnswerCallback, ConferenceCallback))(lambda event: reply)
    result = send(make_app(phone, BANDWIDTH_CALLBACKS_CHECK_BXML=False), event)
    assert result.exit_code == 1
    assert "200 OK" in result.output
    assert line in result.output.splitlines()[-1]


def test_unknown_attributes_are_shown() -> None:
    """An unknown attribute is shown as ignored and is not a failure."""
    phone = make_phone()
    phone.respond(InitiateCallback)(lambda call: "<Response><Hangup why='x'/></Response>")
    result = send(make_app(phone), "initiate")
    assert result.exit_code == 0
    assert "Ignored: " in result.output


@pytest.fixture
def plain() -> Flask:
    """An application with views of its own."""
    app = Flask("host")

    @app.post("/<name>")
    def view(name: str) -> ResponseReturnValue:
        replies: dict[str, ResponseReturnValue] = {
            "long": "x" * 3000,
            "control": ("a\x1b[31mb\x07\u202ec\nd", 200, {"Content-Type": "text/plain"}),
            "redirect": redirect("/login"),
            "private": redirect("https://ann:s3cret@localhost/"),
            "text": ('<Gather username="ann" password="s3cret">', 500),
            "denied": ({"detail": "See https://ann:s3cret@x."}, 400, {"Content-Type": PROBLEM}),
            "problem": ("[]", 400, {"Content-Type": "application/problem+json"}),
            "echo": request.get_data(),
        }
        return replies[name]

    return app


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("long", ["x" * 2000 + "...", "the reply is text/html, not application/xml"]),
        ("control", ["a\ufffd[31mb\ufffd\ufffdc", "d", "the reply is text/plain, not application/xml"]),
        ("problem", ["[]"]),
    ],
)
def test_other_replies(name: str, lines: list[str], plain: Flask) -> None:
    """The beginning of any other reply is shown, and it cannot control the terminal."""
    result = send(plain, "initiate", "--url", f"/{name}")
    assert result.exit_code == 1
    shown = result.output.splitlines()[-len(lines) :]
    assert [line[: len(beginning)] for line, beginning in zip(shown, lines, strict=True)] == lines


def test_a_redirect(plain: Flask) -> None:
    """A redirect is not followed; its target is shown."""
    result = send(plain, "initiate", "--url", "/redirect")
    assert "302 Found" in result.output
    assert "Location: /login" in result.output
    assert "302: a redirect to '/login' is not followed." in result.output


@pytest.mark.parametrize("name", ["private", "text", "denied"])
def test_no_password_is_shown(plain: Flask, name: str) -> None:
    """A password in any part of a reply is hidden."""
    result = send(plain, "initiate", "--url", f"/{name}")
    assert result.exit_code == 1
    assert "s3cret" not in result.output


def test_an_application_without_a_blueprint(plain: Flask) -> None:
    """Without a blueprint the command needs --url, and says so in one line with the remedy."""
    result = send(plain, "initiate")
    assert result.exit_code == 1
    assert result.output.startswith("Error: Application 'host' has no CallbackBlueprint. ")
    assert send(plain, "disconnect", "--url", "/echo").exit_code == 0
