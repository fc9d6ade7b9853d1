"""The servers that tests start: what a test may do to one, and that it is gone in the end."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests.databases import REQUIRED, PostgreSQL, Redis, Server, running_redis


@contextmanager
def connected(server: Redis) -> Iterator[socket.socket]:
    """Connect to a Redis server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.3) as connection:
        yield connection


def ask(connection: socket.socket, command: str) -> str:
    """Return the reply of a Redis server to a command."""
    connection.sendall(f"{command}\r\n".encode())
    return connection.recv(1000).decode().strip()


def query(server: PostgreSQL, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a query in the test's database."""
    url = server.url.replace("+psycopg", "")
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type, unused-ignore]
        return cursor.fetchall() if cursor.description else []


def test_what_redis_holds_outlives_its_death(redis_server: Redis) -> None:
    """A Redis server that was killed and started again holds what it held; the next test finds it empty."""
    with connected(redis_server) as connection:
        assert ask(connection, "SET key value") == "+OK"
    redis_server.kill()
    with pytest.raises(ConnectionRefusedError), connected(redis_server):
        pass
    redis_server.start()
    with connected(redis_server) as connection:
        assert ask(connection, "GET key").endswith("value")
    redis_server.clear()
    with connected(redis_server) as connection:
        assert ask(connection, "DBSIZE") == ":0"


def test_what_postgresql_holds_outlives_its_death(postgresql_server: PostgreSQL) -> None:
    """A PostgreSQL server that was killed holds what it held; the next test gets an empty database."""
    query(postgresql_server, "CREATE TABLE t AS SELECT 1 AS value")
    postgresql_server.kill()
    with pytest.raises(psycopg.OperationalError):
        query(postgresql_server, "SELECT 1")
    postgresql_server.start()
    assert query(postgresql_server, "SELECT value FROM t") == [(1,)]
    postgresql_server.clear()
    with pytest.raises(psycopg.errors.UndefinedTable):
        query(postgresql_server, "SELECT value FROM t")


@pytest.mark.parametrize("name", ["redis_server", "postgresql_server"])
def test_a_frozen_server_takes_connections_and_does_not_answer(
    name: str, request: pytest.FixtureRequest
) -> None:
    """A server that a test froze accepts a connection and is silent, until the test thaws it."""
    server: Server = request.getfixturevalue(name)
    server.freeze()
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.3) as connection:
        connection.sendall(b"PING\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)
    server.start()
    server.clear()


@pytest.mark.parametrize("name", ["redis", "postgresql"])
def test_a_server_ends_with_the_process_that_started_it(name: str) -> None:
    """Killing the tests themselves kills their servers, so nothing is left on the machine."""
    script = f"""
from tests.databases import running_{name}
with running_{name}() as server:
    print(server.folder, server.port, flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder, port = process.stdout.readline().split()
        assert is_up(int(port))
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_up(int(port)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    shutil.rmtree(folder)


def is_up(port: int) -> bool:
    """Return whether a program takes connections at a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_missing_server_skips_or_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program a test is skipped, and told which package it needs; CI has it fail."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install redis-server"), running_redis():
        pass
    monkeypatch.setenv(REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install redis-server"), running_redis():
        pass
