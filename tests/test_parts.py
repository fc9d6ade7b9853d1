"""Folders that may be deleted: the core works, and what they offer is an error with its remedy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import flask_bandwidth_callbacks
from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    CeleryBackground,
    ConfigurationError,
    DisconnectCallback,
    InitiateCallback,
    parts,
)
from flask_bandwidth_callbacks.bxml import SpeakSentence
from tests.conftest import CREDENTIALS

Call = Callable[..., TestResponse]
REMEDY = "which this installation lacks. Install the whole package."
TIME = "2026-03-04T16:20:15.258Z"


@pytest.mark.parametrize("folder", ["store", "background", "call_log"])
def test_a_folder_that_was_deleted_is_missing(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is found if it is in this copy of the package, and not if it is only in another one."""
    monkeypatch.undo()
    assert parts.has(folder) == (Path(flask_bandwidth_callbacks.__file__).parent / folder).is_dir()


@pytest.fixture(autouse=True)
def without_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make Python believe that the folders do not exist, as ``make core`` makes true."""
    for folder in ("store", "background", "call_log"):
        monkeypatch.setitem(sys.modules, f"flask_bandwidth_callbacks.{folder}", None)


def test_callbacks_are_handled(phone: CallbackBlueprint, call: Call) -> None:
    """Without the folder of stores every callback is handled each time that it comes."""
    runs: list[str] = []

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        runs.append("responder")
        return SpeakSentence("Hello.")

    @phone.on((InitiateCallback, DisconnectCallback))
    def subscribe(event: object) -> None:
        runs.append("subscriber")

    assert [call("initiate", eventTime=TIME).status_code for _ in range(2)] == [200, 200]
    assert [call("disconnect", eventTime=TIME).status_code for _ in range(2)] == [204, 204]
    assert runs == ["responder", "subscriber"] * 2 + ["subscriber"] * 2
    assert phone.wait_for_background()


def test_an_exception_of_a_responder(app: Flask, phone: CallbackBlueprint, call: Call) -> None:
    """Without the folder of stores an exception goes to the error handler as ever."""

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> None:
        raise LookupError("not there")

    phone.errorhandler(LookupError)(lambda error: SpeakSentence("Sorry."))
    assert b"Sorry." in call("initiate", eventTime=TIME).data


def test_state(app: Flask, phone: CallbackBlueprint) -> None:
    """state() says what is missing."""
    app.register_blueprint(phone)
    with pytest.raises(ConfigurationError) as raised, phone.state("c-1"):
        raise AssertionError
    assert str(raised.value) == f"state() must have the folder flask_bandwidth_callbacks/store, {REMEDY}"


def test_on_in_the_background(phone: CallbackBlueprint) -> None:
    """on(background=True) says what is missing, when the decorator runs."""
    with pytest.raises(ConfigurationError) as raised:
        phone.on(DisconnectCallback, background=True)
    folder = "flask_bandwidth_callbacks/background"
    assert str(raised.value) == f"on(..., background=True) must have the folder {folder}, {REMEDY}"


def test_celery() -> None:
    """CeleryBackground() says what is missing."""
    with pytest.raises(ConfigurationError) as raised:
        CeleryBackground(None)
    folder = "flask_bandwidth_callbacks/background"
    assert str(raised.value) == f"CeleryBackground must have the folder {folder}, {REMEDY}"


@pytest.mark.parametrize("by", ["BANDWIDTH_CALLBACKS_STORE", "store"])
def test_a_store_that_was_asked_for(app: Flask, by: str) -> None:
    """A store in a setting or an argument is an error at registration: it would silently not be used."""
    options: dict[str, Any] = {}
    if by == "store":
        options["store"] = "sqlite:///calls.db"
    else:
        app.config[by] = "redis://localhost/0"
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS], **options)
    with pytest.raises(ConfigurationError) as raised:
        app.register_blueprint(phone)
    assert str(raised.value) == f"{by} must have the folder flask_bandwidth_callbacks/store, {REMEDY}"


def test_a_call_log_that_was_asked_for(app: Flask, phone: CallbackBlueprint) -> None:
    """A call log is an error at registration: it would silently not be written."""
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = "calls.jsonl"
    with pytest.raises(ConfigurationError) as raised:
        app.register_blueprint(phone)
    folder = "flask_bandwidth_callbacks/call_log"
    assert str(raised.value) == f"BANDWIDTH_CALLBACKS_RECORD must have the folder {folder}, {REMEDY}"
