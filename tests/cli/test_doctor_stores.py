"""``flask bandwidth doctor``: the findings about stores, workers and Celery."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from flask import Flask
from redis import Redis

from flask_bandwidth_callbacks import CallbackBlueprint, DisconnectCallback, RecordingAvailableCallback
from flask_bandwidth_callbacks.background import CeleryBackground
from flask_bandwidth_callbacks.stores import stores_of
from tests.cli.test_doctor import examine, findings, make_app, make_phone, never
from tests.databases import Redis as RedisServer

NOT_SHARED = "warning {} workers do not share their store, which is memory://."


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Remove every setting of a server, and return the working folder, which is empty."""
    for name in ("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "GRANIAN_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- Workers and a store in memory ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("WEB_CONCURRENCY", "4", 4),
        ("WEB_CONCURRENCY", "1", None),
        ("WEB_CONCURRENCY", "many", None),
        ("GRANIAN_WORKERS", "2", 2),
        ("GUNICORN_CMD_ARGS", "-w 4", 4),
        ("GUNICORN_CMD_ARGS", "-w4", 4),
        ("GUNICORN_CMD_ARGS", "--bind=127.0.0.1 --workers 4 --preload", 4),
        ("GUNICORN_CMD_ARGS", "--workers=4 --workers=1", None),
        ("GUNICORN_CMD_ARGS", "--bind '127.0.0.1", None),
        ("GUNICORN_CMD_ARGS", "--threads 4", None),
        ("GUNICORN_CMD_ARGS", "-w", None),
    ],
)
def test_workers_in_variables(
    name: str, value: str, number: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that gives a server more than one worker is a warning for a store in memory."""
    monkeypatch.setenv(name, value)
    assert findings(make_app(make_phone())) == ([NOT_SHARED.format(number)] if number else [])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("workers = 3", "3"),
        ("bind = '127.0.0.1:80'\nworkers = 3\nworkers = 5", "5"),
        ("import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1", "Several"),
        ("workers = 1", None),
        ("threads = 4", None),
        ("x.workers = 4", None),
        ("workers = (", None),
        ("raise SystemExit", None),
        ("\0", None),
    ],
)
def test_workers_in_a_file(text: str, number: str | None, no_servers: Path) -> None:
    """The file of gunicorn in the working folder is read, and never run."""
    (no_servers / "gunicorn.conf.py").write_text(text, "utf-8")
    assert findings(make_app(make_phone())) == ([NOT_SHARED.format(number)] if number else [])


def test_what_gunicorn_prefers(no_servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument goes before the file, the file before WEB_CONCURRENCY; another file can be named."""
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    (no_servers / "gunicorn.conf.py").write_text("workers = 3", "utf-8")
    (no_servers / "other.py").write_text("workers = 4", "utf-8")
    app = make_app(make_phone())
    assert findings(app) == [NOT_SHARED.format(3)]
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "-c file:other.py")
    assert findings(app) == [NOT_SHARED.format(4)]
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "-c other.py --workers=1")
    assert findings(app) == []


def test_workers_with_a_shared_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several workers with a store outside of them are well, and the remedy of the warning says so."""
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert "Set BANDWIDTH_CALLBACKS_STORE to the URL of a database" in examine(make_app(make_phone())).output
    app = make_app(make_phone(), BANDWIDTH_CALLBACKS_STORE=f"sqlite:///{tmp_path / 'calls.db'}")
    assert findings(app) == []
    close(app)


def test_without_the_folder_of_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the folder store/ there is nothing to share, and no finding."""
    monkeypatch.setitem(sys.modules, "flask_bandwidth_callbacks.store", None)
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert findings(make_app(make_phone())) == []


# -- Stores outside of the process ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["redis://:s3cret@127.0.0.1:1/0", "sqlite:////nowhere/at/all/calls.db?timeout=1"]
)
def test_a_store_that_cannot_be_used(url: str) -> None:
    """A store that cannot be reached is a warning, without its password."""
    app = make_app(make_phone(), BANDWIDTH_CALLBACKS_STORE=url)
    shown = url.replace(":s3cret", "***").partition("?")[0]
    (finding,) = findings(app)
    assert finding.startswith(f"warning The store {shown} cannot be used. ")
    assert "s3cret" not in examine(app).output


def test_a_store_that_is_not_used_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that no blueprint uses is not looked at."""
    app = make_app(make_phone())
    stores_of(app)["sqlite:////nowhere/at/all/calls.db"] = object()  # type: ignore[assignment]
    assert findings(app) == []


def test_a_redis_that_loses_records(redis_server: RedisServer) -> None:
    """A Redis that forgets when it is restarted, or that deletes records when it is full, is a warning."""
    client = Redis.from_url(redis_server.url)
    app = make_app(make_phone(), BANDWIDTH_CALLBACKS_STORE=redis_server.url)
    assert findings(app) == []
    client.config_set("appendonly", "no")
    client.config_set("maxmemory", "100mb")
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        first, second = findings(app)
    finally:
        redis_server.kill()  # for the next test it starts with its own settings
    assert first.endswith("Redis loses records when it is restarted, because its appendonly is off.")
    assert "because its maxmemory-policy is allkeys-lru" in second
    client.close()
    close(app)


# -- Celery --------------------------------------------------------------------------------------------------


@pytest.fixture
def celery() -> Iterator[Celery]:
    """An application of Celery that is not asked for anything."""
    celery = Celery("phone", broker="amqp://127.0.0.1:1//", set_as_current=False)
    yield celery
    celery.close()


def app_with(celery: Celery) -> Flask:
    phone = make_phone(background=CeleryBackground(celery))
    phone.on(RecordingAvailableCallback, background=True)(never)
    return make_app(phone)


def test_celery(celery: Celery) -> None:
    """Celery as it comes, with a broker that notices when a worker dies, is no finding."""
    assert findings(app_with(celery)) == []


@pytest.mark.parametrize("setting", ["acks_late", "reject_on_worker_lost"])
def test_celery_without_its_settings(celery: Celery, setting: str) -> None:
    """A setting of the task that the Celery application takes back is a warning."""
    celery.conf.task_annotations = {"*": {setting: False}}
    assert findings(app_with(celery)) == [f"warning Celery runs the work of phone with {setting} = False."]


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "sentinel://127.0.0.1:1"])
def test_celery_with_redis(celery: Celery, broker: str) -> None:
    """With Redis, which does not notice that a worker died, a visibility_timeout is missed."""
    celery.conf.broker_url = broker
    app = app_with(celery)
    assert findings(app) == [
        "warning Celery does the work of phone with Redis, and without a visibility_timeout."
    ]
    celery.conf.broker_transport_options = {"visibility_timeout": 300}
    assert findings(app) == []


def test_work_in_the_pool_of_threads() -> None:
    """Without Celery its settings are not asked for."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "Xw3vQ9_tLr5kPz7u")])
    phone.respond("initiate")(never)
    phone.on(DisconnectCallback, background=True)(never)
    assert findings(make_app(phone)) == []


def close(app: Flask) -> None:
    for store in stores_of(app).values():
        store.close()
