"""``flask bandwidth routes``: the responders and subscribers of each event."""

from __future__ import annotations

import re

import click
import pytest
from flask import Blueprint, Flask

from flask_bandwidth_callbacks import (
    ANYONE,
    Callback,
    CallbackBlueprint,
    CallCallback,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
    RecordingCompleteCallback,
    UnknownCallback,
)
from flask_bandwidth_callbacks.bxml import Hangup
from flask_bandwidth_callbacks.cli import bandwidth


def answer(call: Callback, room: int = 0) -> Hangup:
    return Hangup()


def hear(call: Callback) -> None: ...


def is_wise(digits: str) -> bool:
    return digits == "42"


def routes(app: Flask) -> list[str]:
    """Return the lines that the command prints, with two spaces between cells."""
    result = app.test_cli_runner().invoke(bandwidth, ["routes"])
    assert result.exit_code == 0, result.output
    text = re.sub(r"\(test_routes.py:\d+\)", "(here)", click.unstyle(result.output))
    lines = [re.sub(" {2,}", "  ", line).strip() for line in text.splitlines()]
    return [line for line in lines if line and "─" not in line]


@pytest.mark.parametrize("color", [None, "1"])
def test_responders_and_subscribers(color: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each handler is a line, plain or with rich: its events, its URL, its conditions, its name."""
    if color is not None:
        monkeypatch.setenv("FORCE_COLOR", color)
        monkeypatch.setenv("COLUMNS", "150")
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])
    phone.respond(GatherCallback, "/menu")(answer)
    phone.respond(GatherCallback, "/menu", digits=is_wise)(answer)
    phone.respond(GatherCallback, "/menu", digits={"1", "2"}, tag=None)(answer)
    phone.respond(Callback)(answer)
    phone.respond(InitiateCallback)(answer)
    phone.respond(InitiateCallback, var_from=re.compile(r"^\+1900"))(answer)
    phone.respond(RecordingCompleteCallback, "/rooms/<int:room>")(answer)
    phone.on(CallCallback, direction="inbound")(hear)
    phone.on((DisconnectCallback, "dtmf"))(hear)
    app = Flask("host")
    app.register_blueprint(phone, url_prefix="/phone")
    assert routes(app) == [
        "phone at /phone/ requires the credentials of 'bandwidth'",
        "Event  URL  Condition  Responder",
        "initiate  /phone/  var_from=/^\\+1900/  answer (here)",
        "initiate  /phone/  answer (here)",
        "Callback (14 events)  /phone/  answer (here)",
        "gather  /phone/menu  digits='1' or '2', tag=None  answer (here)",
        "gather  /phone/menu  digits=is_wise (here)  answer (here)",
        "gather  /phone/menu  answer (here)",
        "recordComplete or recordingComplete  /phone/rooms/<int:room>  answer (here)",
        "Event  Condition  Subscriber",
        "disconnect, dtmf  hear (here)",
        "CallCallback (24 events)  direction='inbound'  hear (here)",
    ]


def test_every_blueprint_of_an_application() -> None:
    """Blueprints that are nested, registered twice, on a subdomain or without handlers all have a section."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond(InitiateCallback)(answer)
    empty = CallbackBlueprint("empty", __name__, credentials=ANYONE, subdomain="voice")
    api = Blueprint("api", __name__, url_prefix="/api")
    api.register_blueprint(phone, url_prefix="/phone")
    app = Flask("host", subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    app.register_blueprint(phone, url_prefix="/<tenant>/phone")
    app.register_blueprint(api)
    app.register_blueprint(empty)
    lines = routes(app)
    assert [line for line in lines if "accepts callbacks from anyone" in line] == [
        "phone at /<tenant>/phone/ accepts callbacks from anyone",
        "api.phone at /api/phone/ accepts callbacks from anyone",
        "empty at //voice.example.com/ accepts callbacks from anyone",
    ]
    assert "initiate  /api/phone/  answer (here)" in lines
    assert lines[-1] == "This blueprint has no responders and no subscribers."


def test_unknown_events() -> None:
    """A subscription to an unknown event is shown as it was written."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    with pytest.warns(match="futureEvent"):
        phone.on("futureEvent")(hear)
    phone.on(UnknownCallback)(hear)
    app = Flask("host")
    app.register_blueprint(phone)
    assert routes(app)[2:] == ["futureEvent  hear (here)", "UnknownCallback  hear (here)"]


def test_an_application_without_a_blueprint() -> None:
    """Without a blueprint the command fails with one line that names the remedy."""
    result = Flask("host").test_cli_runner().invoke(bandwidth, ["routes"])
    assert result.exit_code == 1
    assert result.output == (
        "Error: Application 'host' has no CallbackBlueprint. Register one with app.register_blueprint.\n"
    )
