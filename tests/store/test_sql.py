"""The SQL store: outages, locks, versions of its tables, URLs. test_every_store.py has the rest."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import Connection, QueuePool

from flask_bandwidth_callbacks import CallbackBlueprint, DisconnectCallback
from flask_bandwidth_callbacks.exceptions import ConfigurationError, StoreError
from flask_bandwidth_callbacks.store import open_store, sql, sql_tables
from flask_bandwidth_callbacks.stores import Kind, Lease, Store
from tests.databases import Server
from tests.stopwatch import Stopwatch

T = TypeVar("T")

STATE = Kind("state", lifetime=60.0)
JOB = Kind("job", lifetime=None)
BRIEF = Kind("brief", lifetime=60.0)
SECRET = "s3cret"

OPERATIONS: list[Callable[[Store, Lease], object]] = [
    lambda store, lease: store.create(),
    lambda store, lease: store.lease(JOB, "c-2"),
    lambda store, lease: store.add(JOB, "c-3", b"value"),
    lambda store, lease: store.write(lease, b"value"),
    lambda store, lease: store.read(JOB, "c-1"),
    lambda store, lease: store.limit(JOB, "c-1", 1.0),
    lambda store, lease: store.due(JOB, 1),
    lambda store, lease: store.records(JOB),
    lambda store, lease: store.forget("c-1"),
]

every_server = pytest.mark.parametrize("name", ["postgresql", "mariadb"])


@pytest.fixture
def server(name: str, request: pytest.FixtureRequest) -> Server:
    """A server with an empty database."""
    running: Server = request.getfixturevalue(f"{name}_server")
    return running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where an SQLite database may be."""
    return tmp_path / "store.db"


def opened(url: str) -> closing[Store]:
    """Open the store of a URL, and close it in the end."""
    return closing(open_store(url, "STORE"))


def leased(store: Store, kind: Kind, name: str) -> Lease:
    """Lease a record that must be free."""
    lease = store.lease(kind, name)
    assert lease is not None
    return lease


def put(store: Store, kind: Kind, name: str, value: bytes = b"value") -> None:
    """Write a record that must be free."""
    assert store.write(leased(store, kind, name), value)


def failure(operation: Callable[[], object]) -> str:
    """Return the message of an operation that must fail, within the two seconds that a caller waits."""
    stopwatch = Stopwatch()
    with pytest.raises(StoreError) as caught:
        operation()
    assert stopwatch.seconds() < 2.0
    return str(caught.value)


def in_time(operation: Callable[[], T]) -> T:
    """Return what an operation returns once a store that is back is tried again, which is in a second."""
    stopwatch = Stopwatch()
    while True:
        try:
            return operation()
        except StoreError:
            assert stopwatch.seconds() < 2.0
            time.sleep(0.05)


def count(file: Path) -> int:
    """Return how many records are in an SQLite database, expired ones included."""
    with closing(sqlite3.connect(file)) as connection:
        [rows] = connection.execute("SELECT count(*) FROM bandwidth_callbacks_records").fetchone()
        return int(rows)


# -- Outages of servers --------------------------------------------------------------------------------------


@every_server
@pytest.mark.parametrize("outage", ["freeze", "kill"])
def test_an_outage_costs_every_operation_two_seconds_at_most(server: Server, outage: str) -> None:
    """While a server is frozen or dead, whatever threads ask of the store is a StoreError in time; when it is
    back, so is the store.
    """
    shown = re.sub("//.*@", "//***@", server.url)
    with opened(server.url) as store:
        put(store, STATE, "c-0", b"kept")
        lease = leased(store, JOB, "c-1")
        getattr(server, outage)()
        with ThreadPoolExecutor(len(OPERATIONS)) as pool:
            for message in pool.map(lambda do: failure(lambda: do(store, lease)), OPERATIONS):
                assert message.startswith(f"The database {shown!r} must do what the store asks, got ")
        server.start()
        assert in_time(lambda: store.read(STATE, "c-0")) == b"kept"
        put(store, STATE, "c-0", b"new")


@every_server
def test_a_server_that_was_restarted_is_not_noticed(server: Server) -> None:
    """Connections that a restart has broken are replaced within the next operation, which does not fail. A
    write may fail then, and is not done twice.
    """
    with opened(server.url) as store:
        put(store, STATE, "c-1")
        server.kill()
        server.start()
        lease = leased(store, STATE, "c-1")
        assert lease.value == b"value"
        server.kill()
        server.start()
        is_written = False
        with suppress(StoreError):  # unless the renewal of the lease has found the broken connection first
            is_written = store.write(lease, b"new")
        assert store.read(STATE, "c-1") == (b"new" if is_written else b"value")


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "mysql+pymysql"])
def test_a_server_that_never_answers_is_given_up_in_time(driver: str) -> None:
    """A program that takes connections and is silent is a StoreError in time, without the password."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with opened(
            f"{driver}://phone:{SECRET}@127.0.0.1:{port}/calls?sslmode={SECRET}".partition("?")[0]
        ) as store:
            message = failure(lambda: store.lease(STATE, "c-1"))
    assert message.startswith(
        f"The database '{driver}://***@127.0.0.1:{port}/calls' must do what the store asks, got "
    )
    assert SECRET not in message


def test_a_refused_connection_names_the_cause_and_no_secret() -> None:
    """The message says why there is no connection, and neither it nor its traceback holds a secret."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"postgresql+psycopg://phone:{SECRET}@127.0.0.1:{port}/calls?application_name={SECRET}"
    said = "what the caller said"
    with (
        opened(url) as store,
        pytest.raises(StoreError, match=r"OperationalError: connection .*refused") as caught,
    ):
        store.add(STATE, "c-1", said.encode())
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert said not in shown


# -- SQLite and its lock -------------------------------------------------------------------------------------


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of an SQLite database, as another process does that writes for long."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_lease_is_renewed_while_it_is_held(file: Path) -> None:
    """The time in which a lease is over grows again while its owner has it."""
    with opened(f"sqlite:///{file}") as store:
        put(store, JOB, "a")
        leased(store, JOB, "a")
        left = [store.records(JOB)[0].free_in]
        for _ in range(100):
            time.sleep(0.1)
            left.append(store.records(JOB)[0].free_in)
            if left[-1] > left[-2]:
                return
    raise AssertionError(f"never renewed: {left}")


def test_a_locked_database_is_given_up_in_time(file: Path) -> None:
    """While another process holds SQLite's lock, threads that write get a StoreError in time, one that reads
    is not kept waiting, and afterwards all is well.
    """
    with opened(f"sqlite:///{file}") as store:
        put(store, STATE, "c-1")
        with locked(file):
            with ThreadPoolExecutor(5) as pool:
                for message in pool.map(lambda _: failure(lambda: store.lease(STATE, "c-2")), range(5)):
                    assert f"The database 'sqlite:///{file}' must do what the store asks, got " in message
                    assert "http" not in message
            assert in_time(lambda: store.read(STATE, "c-1")) == b"value"
        in_time(lambda: put(store, STATE, "c-2"))


def test_few_operations_wait_for_a_silent_database(file: Path) -> None:
    """After three operations that waited in vain, the others fail at once, and for the same reason; when the
    database is back, so is the store.
    """
    with opened(f"sqlite:///{file}") as store:
        put(store, STATE, "c-1")
        with locked(file):
            messages = {failure(lambda: store.lease(STATE, "c-1")) for _ in range(3)}
            stopwatch = Stopwatch()
            messages |= {failure(lambda: store.lease(STATE, "c-1")) for _ in range(100)}
            assert stopwatch.seconds() < 1.0
            assert len(messages) == 1
        in_time(lambda: put(store, STATE, "c-1"))


def test_a_first_use_of_a_locked_database_is_given_up_in_time(file: Path) -> None:
    """A store that finds a locked database without tables gives up in time, and creates them later."""
    with opened(f"sqlite:///{file}") as store:
        sqlite3.connect(file).close()
        with locked(file):
            assert "locked" in failure(lambda: store.lease(STATE, "c-1"))
        put(store, STATE, "c-1")


def test_a_first_use_waits_for_another_process_that_begins(file: Path) -> None:
    """A store whose first use meets another process that creates its tables waits for it, and then works."""
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE made_by_another (id INTEGER)")
        with opened(f"sqlite:///{file}") as store:
            timer = threading.Timer(0.2, other.execute, ["COMMIT"])
            timer.start()
            put(store, STATE, "c-1")
            timer.join()
            assert store.read(STATE, "c-1") == b"value"


def test_a_callback_is_answered_while_the_database_is_locked(file: Path) -> None:
    """A callback that finds the store locked is handled without it, and the caller hardly waits."""
    heard: list[DisconnectCallback] = []
    phone = CallbackBlueprint("phone", __name__, credentials=[("u", "p")], store=f"sqlite:///{file}")
    phone.on(DisconnectCallback)(heard.append)
    app = Flask(__name__)
    app.register_blueprint(phone)
    sqlite3.connect(file).close()
    with locked(file):
        stopwatch = Stopwatch()
        payload = {"eventType": "disconnect", "callId": "c-1", "eventTime": "2026-01-01T00:00:00Z"}
        response = app.test_client().post("/", json=payload, auth=("u", "p"))
        assert stopwatch.seconds() < 4.0
    assert response.status_code == 204
    assert len(heard) == 1


def test_a_missing_folder_is_an_error_until_it_is_there(tmp_path: Path) -> None:
    """A database in a folder that does not exist is a StoreError; once that exists, the store works."""
    with opened(f"sqlite:///{tmp_path}/folder/store.db") as store:
        assert "unable to open database file" in failure(store.create)
        (tmp_path / "folder").mkdir()
        put(store, STATE, "c-1")


def test_tables_that_were_dropped_are_created_again(file: Path) -> None:
    """If tables vanish under a store, an operation fails, and the next one creates them."""
    with opened(f"sqlite:///{file}") as store:
        store.create()
        with closing(sqlite3.connect(file)) as other:
            for table in ("records", "schema"):
                other.execute(f"DROP TABLE bandwidth_callbacks_{table}")
        assert "no such table" in failure(lambda: store.read(STATE, "c-1"))
        assert store.read(STATE, "c-1") is None


def test_what_is_due_is_found_without_reading_everything(file: Path) -> None:
    """The look for work that is due, which happens each second, goes by an index, not through all records."""
    with opened(f"sqlite:///{file}") as store:
        assert isinstance(store, sql.SQLStore)
        store.create()
        statement = store._statements.due_of_those_that_stay
        with closing(sqlite3.connect(file)) as other:
            query = f"EXPLAIN QUERY PLAN {statement._sql}"
            plan = [
                row[3] for row in other.execute(query, statement._values({"its_kind": "job", "count": 1}))
            ]
    assert plan[0].startswith(
        "SEARCH bandwidth_callbacks_records USING INDEX bandwidth_callbacks_records_due"
    )


def expire(file: Path) -> None:
    """Make the lifetime of every brief record end."""
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE bandwidth_callbacks_records SET expires = 1 WHERE kind = 'brief'")


def test_records_that_have_expired_are_deleted_now_and_then(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has expired, and what a dead process left without a value, goes when the store is used."""
    monkeypatch.setattr(sql, "_PURGE_PAUSE", 0.0)
    with opened(f"sqlite:///{file}") as store:
        put(store, BRIEF, "c-1")
        lease = leased(store, JOB, "c-2")
        put(store, JOB, "c-3")
        expire(file)
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("UPDATE bandwidth_callbacks_records SET free_at = 0 WHERE token = ?", [lease.token])
        deadline = time.monotonic() + 10.0
        while count(file) > 2:
            assert time.monotonic() < deadline
            leased(store, STATE, "c-4")
            store.forget("c-4")
            time.sleep(0.02)
        assert [record.name for record in store.records(JOB)] == ["c-3"]


def test_a_purge_of_a_locked_database_is_put_off(file: Path) -> None:
    """A purge that finds the database locked fails without a word."""
    with opened(f"sqlite:///{file}") as store:
        assert isinstance(store, sql.SQLStore)
        put(store, BRIEF, "c-1")
        expire(file)
        with locked(file):
            store.purge()
        assert count(file) == 1
        store.purge()
        assert count(file) == 0
        store.purge()


# -- Processes that are forked -------------------------------------------------------------------------------

FORK = """
import os, sys
from flask_bandwidth_callbacks.store import open_store
from flask_bandwidth_callbacks.stores import Kind
STATE = Kind("state", lifetime=60.0)
store = open_store(sys.argv[1], "STORE")
def add_one():
    lease = store.lease(STATE, "call")
    assert store.write(lease, b"%d" % (int(lease.value or 0) + 1))
add_one()
for _ in range(3):
    child = os.fork()
    if not child:
        add_one()
        store.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    add_one()
print(store.read(STATE, "call").decode())
"""


@pytest.mark.parametrize("name", ["sqlite", "postgresql", "mariadb"])
def test_a_forked_process_has_connections_of_its_own(
    name: str, file: Path, request: pytest.FixtureRequest
) -> None:
    """A store that was used before a fork works in parent and child, and the child breaks nothing."""
    url = f"sqlite:///{file}" if name == "sqlite" else request.getfixturevalue(f"{name}_server").url
    done = subprocess.run([sys.executable, "-c", FORK, url], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("7\n", "")


def test_connections_of_a_parent_are_not_closed_in_a_child(file: Path) -> None:
    """What runs in a child first opens another connection, and leaves that of the parent open."""
    with opened(f"sqlite:///{file}") as store:
        assert isinstance(store, sql.SQLStore)
        put(store, STATE, "c-1")
        parents = store._engine.pool
        assert isinstance(parents, QueuePool)
        sql._leave_connections_to_parent()
        assert store.read(STATE, "c-1") == b"value"
        assert store._engine.pool is not parents
        assert parents in sql._of_parents
        assert parents.checkedin() == 1
        parents.dispose()


# -- Versions of the tables ----------------------------------------------------------------------------------


def test_tables_of_a_newer_version_are_refused(file: Path) -> None:
    """Tables that a newer version of the library made are left alone, and the message says what to do."""
    with opened(f"sqlite:///{file}") as store:
        put(store, STATE, "c-1")
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("UPDATE bandwidth_callbacks_schema SET version = 2")
        assert failure(store.create) == (
            "The store's tables must be of version 1 or older, got 2. Upgrade flask-bandwidth-callbacks to"
            " the version that made them, or use another database."
        )
        assert "must be of version 1" in failure(lambda: store.lease(STATE, "c-1"))
    assert count(file) == 1


def test_tables_of_an_older_version_are_brought_up_to_date(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step from the version of the tables to today's is taken once, in order, and the records stay."""
    with opened(f"sqlite:///{file}") as store:
        put(store, STATE, "c-1")
    steps = ["ADD COLUMN second INTEGER", "RENAME COLUMN second TO third"]

    def upgrade(step: str, connection: Connection) -> None:
        connection.exec_driver_sql(f"ALTER TABLE bandwidth_callbacks_records {step}")

    monkeypatch.setattr(sql_tables, "UPGRADES", [partial(upgrade, step) for step in steps])
    for _ in range(2):
        with opened(f"sqlite:///{file}") as store:
            assert store.read(STATE, "c-1") == b"value"
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT third FROM bandwidth_callbacks_records").fetchall() == [(None,)]
        assert other.execute("SELECT version FROM bandwidth_callbacks_schema").fetchall() == [(3,)]


def test_an_upgrade_that_fails_is_undone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a step fails, the tables are as before, and free for another process."""
    with opened(f"sqlite:///{file}") as store:
        put(store, STATE, "c-1")

    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM bandwidth_callbacks_records")
        connection.exec_driver_sql("ALTER TABLE missing ADD COLUMN x INTEGER")

    with monkeypatch.context() as patched, opened(f"sqlite:///{file}") as store:
        patched.setattr(sql_tables, "UPGRADES", [fail])
        assert "no such table: missing" in failure(store.create)
        with opened(f"sqlite:///{file}") as other:
            assert "no such table: missing" in failure(other.create)
    with opened(f"sqlite:///{file}") as store:
        assert store.read(STATE, "c-1") == b"value"


# -- URLs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "must be the URL of an SQLite file, such as 'sqlite:///calls.db', got 'sqlite://'. A"),
        ("sqlite:///:memory:", "A store in memory is 'memory://'."),
        ("sqlite:///file:calls?mode=memory&uri=true", "A store in memory is 'memory://'."),
        ("sqlite:///file::memory:?uri=true", "A store in memory is 'memory://'."),
        (f"postgres://u:{SECRET}@host/db", "must be 'memory://', or the URL of SQLite, PostgreSQL,"),
        (f"mssql://u:{SECRET}@host/db", "without 'pyodbc'"),
        (f"mongodb://u:{SECRET}@host/db", "got 'mongodb://***@host/db'. Write it like 'sqlite:///calls.db'"),
        (
            f"postgresql+pg8000://u:{SECRET}@host/db",
            "got 'postgresql+pg8000://***@host/db' without 'pg8000'.",
        ),
        (f"postgresql+psycopg://u:{SECRET}@host:x/db", "See SQLAlchemy"),
        (f"postgresql+psycopg_async://u:{SECRET}@host/db", "a driver that is not asynchronous"),
        (f"://{SECRET}", "must be the URL of a store"),
    ],
)
def test_a_url_that_cannot_work_is_refused_at_registration(url: str, message: str) -> None:
    """The URL of a database that the store cannot use is a ConfigurationError with its remedy."""
    app = Flask(__name__)
    app.config["BANDWIDTH_CALLBACKS_STORE"] = url
    phone = CallbackBlueprint("phone", __name__, credentials=[("u", "p")])
    with pytest.raises(ConfigurationError) as caught:
        app.register_blueprint(phone)
    assert str(caught.value).startswith("BANDWIDTH_CALLBACKS_STORE must be ")
    assert message in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown.replace(url, "") or url.startswith("://")


def test_a_missing_sqlalchemy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SQLAlchemy, the URL of a database is a ConfigurationError that says what to install."""
    for name in [name for name in sys.modules if name.startswith("flask_bandwidth_callbacks.store.sql")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'flask-bandwidth-callbacks\[sql\]'"):
        open_store("sqlite:///calls.db", "STORE")
