"""Work that Celery does: in a test, with a real worker, and with workers that die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, current_app
from celery.contrib.testing.worker import start_worker
from celery.signals import setup_logging, task_failure
from flask import Flask, has_request_context
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    ANYONE,
    Callback,
    CallbackBlueprint,
    ConfigurationError,
    DisconnectCallback,
    InitiateCallback,
)
from flask_bandwidth_callbacks.background import CeleryBackground
from flask_bandwidth_callbacks.background.celery import TASK
from flask_bandwidth_callbacks.bxml import Hangup
from tests.background import celery_served
from tests.background.conftest import Wait
from tests.databases import Redis
from tests.servers import ROOT
from tests.stopwatch import Stopwatch

Call = Callable[..., TestResponse]
TIME = "2026-03-04T16:20:15.258Z"


@pytest.fixture
def eager() -> Celery:
    """A Celery application that does tasks where they are published."""
    celery_app = Celery("eager", broker="memory://")
    celery_app.conf.task_always_eager = True
    return celery_app


def phone_with(celery_app: Any) -> CallbackBlueprint:
    """Return a blueprint that gives its work to a Celery application."""
    return CallbackBlueprint(
        "phone",
        __name__,
        credentials=[("bandwidth", "s3cret")],
        background=CeleryBackground(celery_app),
    )


# -- In a test -----------------------------------------------------------------------------------------------


def test_eager_work(app: Flask, eager: Celery, call: Call) -> None:
    """With task_always_eager the work is done in this process: after the reply, without its request."""
    phone = phone_with(eager)
    received: list[Callback] = []
    kept: list[Callback] = []

    @phone.on(DisconnectCallback)
    def hear(event: DisconnectCallback) -> None:
        assert kept == []
        received.append(event)

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        assert not has_request_context()
        kept.append(event)

    app.register_blueprint(phone, url_prefix="/phone")
    response = call("disconnect", eventTime=TIME, startTime="never", extra={"__type__": "ü\ud800"})
    assert kept == []
    assert phone.wait_for_background()
    response.close()
    assert len(kept) == 1
    assert kept == received
    assert kept[0].raw == received[0].raw
    assert kept[0].errors == received[0].errors
    assert kept[0].repeat_key == received[0].repeat_key


@pytest.mark.parametrize("propagates", [False, True])
@pytest.mark.parametrize("failure", [ValueError("no disk"), SystemExit(3)])
def test_eager_work_that_fails(
    app: Flask,
    eager: Celery,
    call: Call,
    failure: BaseException,
    propagates: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A handler that fails is called again unless task_eager_propagates; what it raises stays with Celery."""
    eager.conf.task_eager_propagates = propagates
    phone = phone_with(eager)
    tries = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        tries.append(event)
        raise failure

    app.register_blueprint(phone, url_prefix="/phone")
    call("disconnect").close()
    assert len(tries) == (1 if propagates else 4)
    assert caplog.text.count("keep (test_celery.py") == len(tries)


def test_an_interruption_passes(app: Flask, eager: Celery, call: Call) -> None:
    """Ctrl-C in a handler ends the program, and is not the failure of a handler."""
    phone = phone_with(eager)

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        raise KeyboardInterrupt

    app.register_blueprint(phone, url_prefix="/phone")
    response = call("disconnect")
    with pytest.raises(KeyboardInterrupt):
        response.close()


def test_each_application_does_its_own_eager_work(eager: Celery) -> None:
    """Of two applications with blueprints of one name, as tests make them, each does its own work."""
    runs = []
    phones = []
    for name in ("first", "second"):
        phone = CallbackBlueprint("phone", __name__, credentials=ANYONE, background=CeleryBackground(eager))

        @phone.on(DisconnectCallback, background=True)
        def keep(event: DisconnectCallback, name: str = name) -> None:
            runs.append(name)

        app = Flask(name)
        app.register_blueprint(phone)
        phones.append((app, phone))
    for app, phone in phones:
        app.test_client().post("/", json={"eventType": "disconnect", "callId": "c-1"})
        assert phone.wait_for_background()
    assert runs == ["first", "second"]


# -- What it takes -------------------------------------------------------------------------------------------


def test_only_an_application_of_celery(eager: Celery) -> None:
    """Anything but a Celery application is an error that names the remedy; Celery's proxy of one is taken."""
    with pytest.raises(
        ConfigurationError, match=r"must be given a Celery application, got 'redis://'\. Give"
    ):
        CeleryBackground("redis://")
    eager.set_current()
    assert CeleryBackground(current_app).celery_app is eager


def test_without_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Celery the error names the extra to install."""
    monkeypatch.setitem(sys.modules, "celery", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'flask-bandwidth-callbacks\[celery\]'"):
        CeleryBackground(None)


def test_the_options_of_the_task(app: Flask) -> None:
    """The task is acknowledged after its work, given back if its worker dies, and sent as JSON."""
    celery_app = Celery("host", broker="memory://", task_serializer="pickle", task_acks_late=False)
    phone = phone_with(celery_app)

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None: ...

    app.register_blueprint(phone)
    task = celery_app.tasks[TASK]
    assert (task.acks_late, task.reject_on_worker_lost, task.serializer) == (True, True, "json")
    assert (task.max_retries, task.ignore_result) == (3, True)


# -- A broker ------------------------------------------------------------------------------------------------


def test_a_worker_with_a_broker(app: Flask, call: Call, wait_until: Wait) -> None:
    """A worker does the work of the registration that the message names; without that, it fails."""
    celery_app = Celery("host", broker="memory://", task_default_queue=uuid.uuid4().hex)
    phone = phone_with(celery_app)
    runs: list[str] = []

    @phone.on(DisconnectCallback, background=True)
    def keep(event: DisconnectCallback) -> None:
        runs.append(event.call_id)

    app.register_blueprint(phone, url_prefix="/phone")
    failures: list[str] = []

    def hear(exception: BaseException, **_: Any) -> None:
        failures.append(str(exception))

    def leave_logging(**_: Any) -> None:
        """Keep Celery from setting up the log."""

    task_failure.connect(hear)
    setup_logging.connect(leave_logging)
    try:
        with call("disconnect") as response:
            assert response.status_code == 204
        assert phone.wait_for_background()
        task = celery_app.tasks[TASK]
        task.apply_async(("other", "calls.keep", "c-2", "{}", None))
        task.apply_async(("phone", "calls.keep", "c-2", "{}", None))
        assert runs == []
        with start_worker(celery_app, perform_ping_check=False, shutdown_timeout=30):
            wait_until(lambda: runs and len(failures) == 2)
    finally:
        task_failure.disconnect(hear)
        setup_logging.disconnect(leave_logging)
    assert runs == ["c-1"]
    assert "must be registered with an application of this worker, got 'other'. Import the" in failures[0]
    assert "'calls.keep', which this application does not have" in failures[1]


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:{port}/0", "amqp://guest:s3cret@127.0.0.1:{port}//"])
def test_a_broker_that_is_down(app: Flask, call: Call, broker: str, caplog: pytest.LogCaptureFixture) -> None:
    """Without the broker a notification is to be sent again; a call goes on, its work is done here."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    phone = phone_with(Celery("host", broker=broker.format(port=port)))
    runs = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Hangup:
        return Hangup()

    @phone.on((InitiateCallback, DisconnectCallback), background=True)
    def keep(event: InitiateCallback | DisconnectCallback) -> None:
        runs.append(event.call_id)

    app.register_blueprint(phone, url_prefix="/phone")
    stopwatch = Stopwatch()
    assert call("disconnect", callId="c-1").status_code == 503
    assert call("initiate", callId="c-2").status_code == 200
    assert stopwatch.seconds() < 6
    assert phone.wait_for_background()
    assert runs == ["c-2"]
    assert "The broker of Celery cannot be reached: OperationalError: " in caplog.text
    assert "s3cret" not in caplog.text


def test_a_broker_that_stands_still(redis_server: Redis, tmp_path: Path) -> None:
    """While the broker does not reply, callbacks are answered within two seconds; afterwards all is well."""
    _, app = celery_served.create(redis_server.url, tmp_path)
    assert send(app, "c-1") == 204
    redis_server.freeze()
    stopwatch = Stopwatch()
    assert send(app, "c-2") == 503
    assert stopwatch.seconds() < 4
    redis_server.thaw()
    assert send(app, "c-3") == 204
    redis_server.kill()
    assert send(app, "c-4") == 503
    redis_server.start()
    assert send(app, "c-5") == 204


# -- Real workers, real deaths -------------------------------------------------------------------------------


def send(app: Flask, call_id: str) -> int:
    """Send a notification and return the status of the reply."""
    payload = {"eventType": "recordingAvailable", "callId": call_id, "eventTime": TIME}
    with app.test_client().post("/", json=payload) as response:
        return response.status_code


@contextmanager
def worker(broker: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Celery worker of one child, which is killed with its child in the end."""
    arguments = ["-A", "tests.background.celery_served", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments, "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=os.environ | {"CELERY_TEST_BROKER": broker, "CELERY_TEST_FOLDER": str(folder)},
            process_group=0,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(file: Path) -> str:
    """Wait until a file has content, and return it."""
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline, (file.parent / "worker.log").read_text()
        time.sleep(0.05)
    return file.read_text()


def test_work_whose_child_process_is_killed(redis_server: Redis, tmp_path: Path) -> None:
    """When the child that does the work is killed, the work is done by the next; a failure is tried again."""
    _, app = celery_served.create(redis_server.url, tmp_path)
    with worker(redis_server.url, tmp_path):
        assert send(app, "hangs") == 204
        os.kill(int(wait_for(tmp_path / "hangs begun")), signal.SIGKILL)
        key = wait_for(tmp_path / "hangs done")
        assert key.startswith("hangs/")
        assert send(app, "fails") == 204
        wait_for(tmp_path / "fails done")


def test_work_whose_worker_is_killed(redis_server: Redis, tmp_path: Path) -> None:
    """When the whole worker is killed in the middle, another one does the work."""
    _, app = celery_served.create(redis_server.url, tmp_path)
    with worker(redis_server.url, tmp_path):
        assert send(app, "hangs") == 204
        wait_for(tmp_path / "hangs begun")
    assert not (tmp_path / "hangs done").exists()
    time.sleep(2)  # the visibility timeout, as old versions of kombu look at the start or minutes later
    with worker(redis_server.url, tmp_path):
        wait_for(tmp_path / "hangs done")
