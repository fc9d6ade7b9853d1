"""Callbacks of the real Bandwidth: the call log of a running application, as it grows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from flask_bandwidth_callbacks.call_log import close_call_log, open_call_log, read_lines
from flask_bandwidth_callbacks.studio.following import following
from flask_bandwidth_callbacks.studio.samples import samples
from tests.simulator.test_real_time import wait_until
from tests.studio.conftest import Client, Open, line_with_menu


@contextmanager
def watched(client: Client, path: Path) -> Iterator[None]:
    with following(path, client.studio.callbacks.add, client.studio.report):
        yield


def real_callback(app: Flask, event: str, path: str) -> None:
    """Send a callback to an application that runs elsewhere, as Bandwidth does."""
    payload = next(sample["payload"] for sample in samples() if sample["event"] == event)
    changed = payload | {"digits": "7", "eventTime": datetime.now(UTC).isoformat()}
    with app.test_client().post(path, json=changed):
        pass


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Flask]:
    """An application that runs elsewhere, and writes a call log."""
    app = line_with_menu()
    open_call_log(app, tmp_path / "calls.jsonl", is_masked=False)
    yield app
    close_call_log(app)


def test_real_callbacks_appear(phone_app: Flask, open_studio: Open, running: Flask, tmp_path: Path) -> None:
    """A callback that the running application gets is in the list, with handler, status and reply."""
    client = open_studio(phone_app)
    real_callback(running, "initiate", "/phone/")  # before anyone watches
    wait_until((tmp_path / "calls.jsonl").exists)
    with watched(client, tmp_path / "calls.jsonl"):
        real_callback(running, "gather", "/phone/menu")
        callback = client.wait_for("callback", source="watched")
        assert callback["event"] == "gather"
        assert callback["handler"].endswith("menu")
        assert callback["status"] == 200
        assert callback["failure"] is None
        _, details = client.get(f"/callbacks/{callback['number']}")
        assert "You pressed 7." in details["reply_pretty"]
        assert "def test_gather(bandwidth" in details["test"]
    assert len(client.heard("callback", source="watched")) == 1
    assert client.heard("call") == []


def test_a_callback_that_failed(phone_app: Flask, open_studio: Open, running: Flask, tmp_path: Path) -> None:
    """A real callback whose reply was an error says so."""
    client = open_studio(phone_app)
    with watched(client, tmp_path / "calls.jsonl"):  # which does not exist yet
        real_callback(running, "transferComplete", "/phone/menu")
        assert client.wait_for("callback", source="watched")["failure"] == "status 404"


def test_a_rotated_file(phone_app: Flask, open_studio: Open, running: Flask, tmp_path: Path) -> None:
    """The file is followed through a rotation, and when it is emptied."""
    client = open_studio(phone_app)
    path = tmp_path / "calls.jsonl"
    with watched(client, path):
        real_callback(running, "gather", "/phone/menu")
        client.wait_for("callback", source="watched", number=1)
        os.replace(path, tmp_path / "calls.jsonl.1")
        real_callback(running, "gather", "/phone/menu")
        client.wait_for("callback", source="watched", number=2)
        (shorter,) = [replace(line, payload={"eventType": "gather"}) for line in read_lines(path)]
        path.write_bytes(shorter.to_json())
        client.wait_for("callback", source="watched", number=3)


def test_another_file(phone_app: Flask, open_studio: Open, tmp_path: Path) -> None:
    """A file that is not a call log, and one that cannot be read, give a sentence."""
    client = open_studio(phone_app)
    other = tmp_path / "notes.txt"
    with watched(client, other):
        other.write_text("not a line\nhalf a li")
        assert "notes.txt must be a call log" in client.wait_for("problem")["text"]
    with watched(client, tmp_path):
        client.wait_for("problem", text=f"{tmp_path} cannot be read: Is a directory.")


def test_a_call_log_that_is_closed(tmp_path: Path) -> None:
    """Closing a call log ends writing; closing none does nothing."""
    app = line_with_menu()
    close_call_log(app)
    open_call_log(app, tmp_path / "calls.jsonl", is_masked=False)
    close_call_log(app)
    with app.test_client().post("/phone/menu", json={"eventType": "gather", "callId": "c-1"}):
        pass
    assert not (tmp_path / "calls.jsonl").exists()
