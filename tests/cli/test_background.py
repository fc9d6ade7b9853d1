"""``flask bandwidth background``: the work that waits, and the work that failed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
from celery import Celery
from click.testing import Result
from flask import Flask

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, DisconnectCallback
from flask_bandwidth_callbacks.background import CeleryBackground, Entry, Journal, Threads
from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks.jobs import Job
from flask_bandwidth_callbacks.registrations import registrations
from flask_bandwidth_callbacks.stores import Store

KEEP = f"{__name__}.keep"
runs: list[str] = []


def keep(event: DisconnectCallback) -> None:
    runs.append(event.call_id)
    if event.call_id == "c-bad":
        raise ValueError("no disk")


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An application with a durable store, whose handler is called once more after an hour if it fails."""
    runs.clear()
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE, background=Threads(retries=(3600,)))
    phone.on(DisconnectCallback, background=True)(keep)
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_STORE"] = f"sqlite:///{tmp_path / 'calls.db'}"
    app.register_blueprint(phone)
    return app


@pytest.fixture
def store(app: Flask) -> Store:
    """The store of the application."""
    store = registrations(app)["phone"].store
    assert store is not None
    return store


def leave(store: Store, call_id: str, handler: str = KEEP, registration: str = "phone", **was: Any) -> Entry:
    """Leave a job to whichever process is free first; ``was`` are attributes of its entry."""
    journal = Journal(store, registration)
    entry = journal.new_entry(
        Job(handler, call_id, {"eventType": "disconnect", "callId": call_id}, repeat_key=None)
    )
    for name, value in was.items():
        setattr(entry, name, value)
    journal.write(entry)
    journal.give_back(entry)
    return entry


def fail(store: Store, call_id: str, **details: Any) -> Entry:
    """Leave a job that has failed for good."""
    journal = Journal(store, "phone")
    entry = journal.take(leave(store, call_id, **details).name)
    assert entry is not None
    journal.fail(entry, "ValueError: no disk")
    return entry


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(bandwidth, ["background", *arguments])


def lines(result: Result) -> list[str]:
    """Return the lines of the output, with two spaces between cells and without what differs each time."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "(time)", click.unstyle(result.output))
    text = re.sub(r"\b[0-9a-f]{12}\b", "(id)", text)
    stripped = [re.sub(" {2,}", "  ", line).strip() for line in text.splitlines()]
    return [line for line in stripped if line and "─" not in line]


# -- The list ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("color", [None, "1"])
def test_the_list(app: Flask, store: Store, color: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job is a line, plain or with rich, oldest first and failed ones last."""
    if color is not None:
        monkeypatch.setenv("FORCE_COLOR", color)
        monkeypatch.setenv("COLUMNS", "250")
    fail(store, "c-1")
    leave(store, "c-2", since=3.0)
    leave(store, "c-3", registration="old", since=5.0)
    journal = Journal(store, "phone")
    again = journal.take(leave(store, "c-4", since=4.0).name)
    assert again is not None
    again.failures, again.error = 1, "ValueError: no disk"
    journal.try_again(again, 60)
    assert journal.take(leave(store, "c-5", since=2.0).name) is not None
    result = run(app)
    assert result.exit_code == 0
    gone = "This application does not have the blueprint 'old'."
    shown = [re.sub(r"again in \d+ s", "again in (n) s", line) for line in lines(result)]
    assert shown == [
        "State  Since (UTC)  ID  Handler  Event  Call  Error",
        f"is done now  (time)  (id)  {KEEP}  disconnect  c-5",
        f"waits  (time)  (id)  {KEEP}  disconnect  c-2",
        f"again in (n) s  (time)  (id)  {KEEP}  disconnect  c-4  ValueError: no disk",
        f"waits  (time)  (id)  {KEEP}  disconnect  c-3  {gone}",
        f"failed  (time)  (id)  {KEEP}  disconnect  c-1  ValueError: no disk",
    ]
    assert runs == []


def test_nothing_to_do(app: Flask) -> None:
    """Without work the command says so, and --run does nothing."""
    assert lines(run(app)) == ["No work waits, and none failed."]
    assert lines(run(app, "--run")) == ["Done: 0."]


def test_work_in_memory() -> None:
    """Where work is kept in memory, the command says that it cannot see that of a server."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.on(DisconnectCallback, background=True)(keep)
    quiet = CallbackBlueprint("quiet", __name__, credentials=ANYONE)
    app = Flask("host")
    app.register_blueprint(phone)
    app.register_blueprint(quiet, url_prefix="/quiet")
    result = run(app)
    assert result.exit_code == 0
    assert lines(result)[1:] == [
        "Blueprint 'phone' keeps its work in memory, so this command sees nothing of other processes. Set"
        " BANDWIDTH_CALLBACKS_STORE to the URL of a database."
    ]


def test_work_of_celery() -> None:
    """Where Celery does the work, the command says how to ask Celery."""
    phone = CallbackBlueprint(
        "phone", __name__, credentials=ANYONE, background=CeleryBackground(Celery("host"))
    )
    phone.on(DisconnectCallback, background=True)(keep)
    app = Flask("host")
    app.register_blueprint(phone)
    assert lines(run(app))[1:] == [
        "Blueprint 'phone' gives its work to Celery. Ask Celery: celery -A ... inspect active, reserved or"
        " scheduled."
    ]


def test_an_application_without_a_blueprint() -> None:
    """Without a blueprint the command fails with one line that names the remedy."""
    result = run(Flask("host"))
    assert result.exit_code == 1
    assert "Register one with app.register_blueprint." in result.output


def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    """A store that fails is an error of one line."""
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_STORE"] = f"sqlite:///{tmp_path / 'missing' / 'calls.db'}"
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    app.register_blueprint(phone)
    result = run(app)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1


# -- Dropping and trying again -------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--retry"], ["--retry", "all"], ["--retry", "all", "--run"]])
def test_failed_work_is_done_again(app: Flask, store: Store, arguments: list[str]) -> None:
    """--retry makes failed work due, with all its tries before it; --run does it here and now."""
    fail(store, "c-1")
    fail(store, "c-2", failures=2)
    result = run(app, *arguments)
    assert result.exit_code == 0, result.output
    assert lines(result)[0] == "To be done again: 2. Any process of the application does it, or --run."
    journal = Journal(store, None)
    assert journal.failed() == []
    if "--run" in arguments:
        assert lines(result)[1:] == ["Done: 2."]
        assert sorted(runs) == ["c-1", "c-2"]
        assert journal.waiting() == []
    else:
        assert [(entry.failures, entry.free_in) for entry in journal.waiting()] == [(0, 0), (0, 0)]


def test_one_job_is_done_again(app: Flask, store: Store) -> None:
    """--retry with an ID leaves other failed work as it is."""
    chosen = fail(store, "c-1")
    other = fail(store, "c-2")
    assert run(app, "--retry", chosen.id, "--run").exit_code == 0
    assert runs == ["c-1"]
    assert [entry.id for entry in Journal(store, None).failed()] == [other.id]


def test_work_that_has_not_failed_is_not_done_again(app: Flask, store: Store) -> None:
    """--retry of work that waits is an error, because it is done without a command."""
    entry = leave(store, "c-1")
    result = run(app, "--retry", entry.id)
    assert result.exit_code == 1
    assert result.output == "Error: This work has not failed yet, and is tried again without a command.\n"
    assert run(app, "--retry").output.startswith("To be done again: 0.")


def test_failed_work_is_dropped(app: Flask, store: Store) -> None:
    """--drop all forgets all work that failed, and keeps what waits."""
    fail(store, "c-1")
    fail(store, "c-2")
    waiting = leave(store, "c-3")
    result = run(app, "--drop", "all")
    assert result.exit_code == 0
    assert lines(result) == ["Dropped: 2."]
    journal = Journal(store, None)
    assert journal.failed() == []
    assert [entry.id for entry in journal.waiting()] == [waiting.id]


def test_one_job_is_dropped(app: Flask, store: Store) -> None:
    """--drop with an ID forgets one job, also one that waits, unless a process is doing it."""
    failed, waiting, busy = fail(store, "c-1"), leave(store, "c-2"), leave(store, "c-3")
    journal = Journal(store, None)
    for entry in (failed, waiting):
        assert run(app, "--drop", entry.id).exit_code == 0
    assert journal.take(busy.name) is not None
    result = run(app, "--drop", busy.id)
    assert result.exit_code == 1
    assert lines(result) == [
        "Dropped: 0.",
        "Error: Work is being done, or waits for the next try: 1. Drop it later.",
    ]
    assert [entry.id for entry in journal.waiting()] == [busy.id]
    assert journal.failed() == []


@pytest.mark.parametrize("option", ["--retry", "--drop"])
def test_an_unknown_id(app: Flask, option: str) -> None:
    """An ID that no work has is an error that says where IDs are."""
    result = run(app, option, "3f5a9c01d2e4")
    assert result.exit_code == 1
    assert result.output == (
        "Error: The ID must be that of work in the list, got '3f5a9c01d2e4'. Leave the options out to see the"
        " list.\n"
    )


def test_work_that_is_moved_at_the_same_time(store: Store) -> None:
    """Of two commands that do failed work again, one does."""
    entry = fail(store, "c-1")
    lease = store.lease(Journal(store, None).failed()[0].kind, entry.name)
    (failed,) = Journal(store, None).failed()
    assert lease is not None
    assert not Journal(store, None).retry(failed)
    assert not Journal(store, None).drop(failed)


# -- Working -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("color", [None, "1"])
def test_due_work_is_done(
    app: Flask, store: Store, color: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--run does this application's work that is due, with a progress bar where the output can show one."""
    if color is not None:
        monkeypatch.setenv("FORCE_COLOR", color)
    for number in range(7):
        leave(store, f"c-{number}")
    strange = leave(store, "c-8", registration="old")
    result = run(app, "--run")
    assert result.exit_code == 0, result.output
    assert lines(result)[-1] == "Done: 7."
    assert ("Working" in result.output) is (color is not None)
    assert sorted(runs) == [f"c-{number}" for number in range(7)]
    assert [entry.id for entry in Journal(store, None).waiting()] == [strange.id]


def test_work_that_fails(app: Flask, store: Store) -> None:
    """--run ends with exit status 1 if a handler fails; the work is tried again in its time."""
    leave(store, "c-bad")
    leave(store, "c-1")
    result = run(app, "--run")
    assert result.exit_code == 1
    assert lines(result)[-2:] == ["Done: 1.", "Error: Failed: 1. See flask bandwidth background."]
    (entry,) = Journal(store, None).waiting()
    assert entry.failures == 1
    assert entry.free_in > 3000
    assert sorted(runs) == ["c-1", "c-bad"]
