"""The Redis store: outages, settings of the server, URLs. What every store does is in test_every_store.py."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from redis import Redis

from flask_bandwidth_callbacks import CallbackBlueprint
from flask_bandwidth_callbacks.exceptions import ConfigurationError, StoreError
from flask_bandwidth_callbacks.store import open_store, redis
from flask_bandwidth_callbacks.stores import Kind, Lease, Store
from tests import databases
from tests.stopwatch import Stopwatch

STATE = Kind("state", lifetime=60.0)
JOB = Kind("job", lifetime=None)
SECRET = "s3cret"


@pytest.fixture
def store(redis_server: databases.Redis) -> Iterator[Store]:
    """A store in an empty Redis database."""
    store = open_store(redis_server.url, "store")
    yield store
    store.close()


@pytest.fixture
def admin(redis_server: databases.Redis) -> Iterator[Redis]:
    """A client of the server, as an administrator has it."""
    with Redis.from_url(redis_server.url) as client:
        yield client


def leased(store: Store, kind: Kind, name: str) -> Lease:
    """Lease a record that must be free."""
    lease = store.lease(kind, name)
    assert lease is not None
    return lease


@contextmanager
def fails_in_time() -> Iterator[None]:
    """Expect an error of the store within the two seconds that a caller waits at most."""
    stopwatch = Stopwatch()
    with pytest.raises(StoreError, match=r"The Redis server must do what the store asks within 1 s, got: \w"):
        yield
    assert stopwatch.seconds() < 2.0


# -- Outages -----------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[Store, Lease], object]] = {
    "create": lambda store, lease: store.create(),
    "lease": lambda store, lease: store.lease(JOB, "c-2"),
    "add": lambda store, lease: store.add(JOB, "c-3", b"value"),
    "write": lambda store, lease: store.write(lease, b"value"),
    "release": lambda store, lease: store.release(lease),
    "delete": lambda store, lease: store.delete(lease),
    "read": lambda store, lease: store.read(JOB, "c-1"),
    "limit": lambda store, lease: store.limit(JOB, "c-1", 1.0),
    "due of a kind that stays": lambda store, lease: store.due(JOB, 1),
    "due of a kind that expires": lambda store, lease: store.due(STATE, 1),
    "records": lambda store, lease: store.records(JOB),
    "forget": lambda store, lease: store.forget("c-1"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("outage", ["freeze", "kill"])
def test_an_outage_costs_every_operation_two_seconds_at_most(
    store: Store, redis_server: databases.Redis, outage: str, operation: str
) -> None:
    """A server that is frozen or dead is a StoreError in time; when it is back, so is the store."""
    lease = leased(store, JOB, "c-1")
    getattr(redis_server, outage)()
    with fails_in_time():
        OPERATIONS[operation](store, lease)
    redis_server.start()
    store.create()
    assert store.write(leased(store, JOB, "c-4"), b"value")


def test_what_was_written_outlives_the_server(store: Store, redis_server: databases.Redis) -> None:
    """After the death of the server its records are there, and so is a lease that was held on the way."""
    store.write(leased(store, JOB, "c-1"), b"first")
    lease = leased(store, JOB, "c-1")
    redis_server.kill()
    redis_server.start()
    assert store.read(JOB, "c-1") == b"first"
    assert store.lease(JOB, "c-1") is None
    assert store.write(lease, b"second")
    assert store.read(JOB, "c-1") == b"second"


def test_a_lease_that_was_not_taken_over_survives_an_outage(
    store: Store, redis_server: databases.Redis
) -> None:
    """A block that was open while the server stood still for longer than a lease stores what it holds."""
    lease = leased(store, STATE, "c-1")
    redis_server.freeze()
    time.sleep(5.0)
    redis_server.thaw()
    assert store.write(lease, b"value")


def test_a_lease_is_renewed_whether_its_record_has_a_value_or_not(store: Store) -> None:
    """After more seconds than a lease lasts, a record is still leased, with and without a value."""
    store.write(leased(store, JOB, "written"), b"value")
    leases = [leased(store, JOB, name) for name in ("written", "new")]
    leases.append(store.add(JOB, "added", b"value"))
    lost = leased(store, JOB, "lost")
    store.forget("lost")
    time.sleep(5.5)
    assert [store.lease(JOB, lease.name) for lease in leases] == [None] * 3
    assert store.due(JOB, 10) == []
    assert all(store.write(lease, b"late") for lease in leases)
    assert not store.write(lost, b"late")
    assert sorted(store.due(JOB, 10)) == ["added", "new", "written"]


def test_scripts_that_the_server_forgot_are_loaded_again(store: Store, admin: Redis) -> None:
    """SCRIPT FLUSH, and a new server behind the same URL, cost nothing."""
    lease = leased(store, JOB, "c-1")
    admin.script_flush()
    assert store.write(lease, b"value")
    admin.script_flush()
    assert store.due(JOB, 1) == ["c-1"]


def test_a_store_that_was_closed_can_be_used_again(store: Store) -> None:
    """Closing ends connections, and the next operation opens one."""
    store.create()
    store.close()
    assert store.write(leased(store, JOB, "c-1"), b"value")


def test_a_forked_process_has_connections_of_its_own(redis_server: databases.Redis) -> None:
    """Workers that were forked from a process that had used the store neither share replies nor leases."""
    script = f"""
import os
from flask_bandwidth_callbacks.store import open_store
from flask_bandwidth_callbacks.stores import Kind

store = open_store({redis_server.url!r}, "store")
kind = Kind("state", lifetime=60.0)
held = store.lease(kind, "parent")
workers = []
for number in range(4):
    worker = os.fork()
    if not worker:
        for turn in range(50):
            name = f"worker-{{number}}-{{turn}}"
            assert store.write(store.lease(kind, name), name.encode())
            assert store.read(kind, name) == name.encode()
        assert store.lease(kind, "parent") is None
        os._exit(0)
    workers.append(worker)
assert [os.waitpid(worker, 0)[1] for worker in workers] == [0] * 4
assert store.write(held, b"done")
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


# -- Records -----------------------------------------------------------------------------------------------


def test_redis_deletes_what_has_expired(store: Store, admin: Redis) -> None:
    """A kind's lifetime and a limit are Redis's own expiry, and a kind without a lifetime stays."""
    (state, job) = (b"bandwidth-callbacks:state:c-1", b"bandwidth-callbacks:job:c-1")
    assert store.write(leased(store, STATE, "c-1"), b"value")
    assert store.write(leased(store, JOB, "c-1"), b"value")
    assert 59_000 < admin.pttl(state) <= 60_000
    assert admin.pttl(job) == -1
    store.limit(STATE, "c-1", 30.0)
    store.limit(JOB, "c-1", 30.0)
    store.limit(STATE, "c-2", 30.0)
    assert store.write(leased(store, STATE, "c-1"), b"value")
    assert store.write(leased(store, JOB, "c-1"), b"value")
    assert 29_000 < admin.pttl(state) <= 30_000
    assert 29_000 < admin.pttl(job) <= 30_000
    store.limit(STATE, "c-1", 90.0)
    assert admin.pttl(state) <= 30_000
    assert not admin.exists("bandwidth-callbacks:state:c-2")


def test_a_lease_of_a_dead_process_leaves_nothing(store: Store, admin: Redis) -> None:
    """A record that was leased and never written is gone within a minute, of whatever kind."""
    leased(store, JOB, "c-1")
    assert 59_000 < admin.pttl("bandwidth-callbacks:job:c-1") <= 60_000


def test_a_name_without_a_record_is_not_due_for_ever(store: Store, admin: Redis) -> None:
    """A record that Redis deleted on its own disappears from the list of its kind when it is leased."""
    store.write(leased(store, JOB, "c-1"), b"value")
    admin.delete("bandwidth-callbacks:job:c-1")
    assert store.records(JOB) == []
    assert store.due(JOB, 1) == ["c-1"]
    store.release(leased(store, JOB, "c-1"))
    assert store.due(JOB, 1) == []


def test_kinds_that_expire_are_listed_too(store: Store) -> None:
    """due() and records() of a kind with a lifetime find its records, and no others."""
    for name in ("c-2", "c-1", "c-3"):
        store.write(leased(store, STATE, name), name.encode())
        time.sleep(0.002)
    store.write(leased(store, Kind("states", lifetime=60.0), "c-4"), b"value")
    leased(store, STATE, "c-3")
    leased(store, STATE, "c-5")
    assert store.due(STATE, 10) == ["c-2", "c-1"]
    assert store.due(STATE, 1) == ["c-2"]
    records = store.records(STATE)
    assert [(record.name, record.value) for record in records] == [
        ("c-1", b"c-1"),
        ("c-2", b"c-2"),
        ("c-3", b"c-3"),
    ]
    assert [record.free_in > 0 for record in records] == [False, False, True]


def test_more_records_than_are_read_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record of a long list is there."""
    monkeypatch.setattr(redis, "_MANY", 3)
    for kind in (STATE, JOB):
        for number in range(10):
            store.release(store.add(kind, f"c-{number}", b"value"))
        assert [record.name for record in store.records(kind)] == [f"c-{number}" for number in range(10)]
        assert store.due(kind, 7) == [f"c-{number}" for number in range(7)]


def test_a_subject_may_look_like_a_pattern(store: Store) -> None:
    """Forgetting a call forgets nothing of others, whatever characters the ids have."""
    names = ["c-*", "c-1", "c-[1]/x", "c-?", "c-\\", "c-^/x", "c", "c-*1", "x/c-*"]
    for name in names:
        store.write(leased(store, JOB, name), b"value")
        store.write(leased(store, STATE, name), b"value")
    for subject in ("c-*", "c-[1]", "c-?", "c-\\", "c-^"):
        store.forget(subject)
    expected = ["c", "c-*1", "c-1", "x/c-*"]
    assert [record.name for record in store.records(JOB)] == expected
    assert [record.name for record in store.records(STATE)] == expected
    assert sorted(store.due(JOB, 10)) == expected


def test_applications_that_share_a_database_have_a_prefix_each(redis_server: databases.Redis) -> None:
    """A store sees only the records under its own prefix."""
    first, second = (
        open_store(f"{redis_server.url}?prefix={name}:", "store") for name in ("first", "second")
    )
    assert first.write(leased(first, JOB, "c-1"), b"first")
    assert second.read(JOB, "c-1") is None
    assert second.due(JOB, 1) == []
    second.forget("c-1")
    assert first.read(JOB, "c-1") == b"first"
    first.close()
    second.close()


# -- The server's settings ---------------------------------------------------------------------------------


@contextmanager
def setting(admin: Redis, name: str, value: str) -> Iterator[None]:
    """Change a setting of the server for a while."""
    before = admin.config_get(name)[name] or ""
    admin.config_set(name, value)
    try:
        yield
    finally:
        admin.config_set(name, before)


def test_settings_that_lose_records_are_risks(redis_server: databases.Redis, admin: Redis) -> None:
    """A server that loses records when it is restarted, or when its memory is full, is a risk."""
    store = redis.RedisStore(admin)
    assert store.risks() == []
    with setting(admin, "maxmemory-policy", "allkeys-lru"):
        assert store.risks() == []
        with setting(admin, "maxmemory", "100mb"), setting(admin, "appendonly", "no"):
            assert store.risks() == [
                "Redis loses records when it is restarted, because its appendonly is off.",
                "Redis deletes records when its memory is full, because its maxmemory-policy is allkeys-lru.",
            ]
    redis_server.freeze()
    silent = open_store(redis_server.url, "store")
    assert isinstance(silent, redis.RedisStore)
    assert silent.risks() == []
    silent.close()
    redis_server.kill()  # it would write its whole file anew now, and lose what is written meanwhile


def test_a_password_is_used_and_never_shown(redis_server: databases.Redis, admin: Redis) -> None:
    """A store logs in with the URL's password; an error has neither the password nor frames that hold it."""
    url = redis_server.url.replace("//", f"//:{SECRET}@")
    with setting(admin, "requirepass", SECRET):
        store = open_store(url, "store")
        store.create()
        store.close()
        refused = open_store(url.replace(SECRET, SECRET * 2), "store")
        with pytest.raises(StoreError) as failure:
            refused.create()
        refused.close()
    assert SECRET not in str(failure.value)
    error: BaseException = failure.value
    assert error.__context__ is None
    assert error.__cause__ is None


# -- URLs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (
            f"redis://:{SECRET}/x@host/0",
            "without a usable host and port. In a password, write %2F for a slash",
        ),
        (f"redis://host:{SECRET}/0", "without a usable host and port"),
        (f"redis://[host/{SECRET}", "without a usable host and port"),
        (f"redis://:{SECRET}@host/calls", "with a database that is not a number. Give its number"),
        (f"redis://:{SECRET}@host/0?db=calls", "with a wrong option: Invalid value for 'db'"),
        (f"redis://:{SECRET}@host/0?timeout_=1", "with a wrong option: .*'timeout_'"),
        (f"rediss://:{SECRET}@host/0?ssl_cert_reqs=maybe", "with a wrong option: .*maybe"),
    ],
)
def test_an_unusable_url_is_an_error_when_the_blueprint_is_registered(
    app: Flask, phone: CallbackBlueprint, url: str, fault: str
) -> None:
    """The error says which part of the URL is wrong, and never shows the password."""
    app.config["BANDWIDTH_CALLBACKS_STORE"] = url
    with pytest.raises(
        ConfigurationError,
        match=f"BANDWIDTH_CALLBACKS_STORE must be a URL such as 'redis://localhost:6379/0', got one {fault}",
    ) as failure:
        app.register_blueprint(phone)
    assert SECRET not in str(failure.value)
    assert failure.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis://localhost",
        "redis:///3",
        "rediss://user:p%2Fass@calls.example.com:6380/1?ssl_cert_reqs=none",
        "unix:///run/redis/redis.sock?db=2",
        "redis://[::1]:6379/0?socket_timeout=0.5",
    ],
)
def test_usable_urls_connect_when_they_are_first_used(url: str) -> None:
    """Registration connects to nothing: a server that is down does not keep the application from starting."""
    open_store(url, "store").close()


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis URL without redis-py is an error that says how to install it."""
    monkeypatch.delitem(sys.modules, "flask_bandwidth_callbacks.store.redis", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(
        ConfigurationError,
        match=r"^store must be the URL of a store whose packages are installed, got 'redis://' without"
        r" 'redis'\. Install them: pip install 'flask-bandwidth-callbacks\[redis\]'$",
    ):
        open_store(f"redis://:{SECRET}@localhost/0", "store")
