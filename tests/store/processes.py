"""Processes that use a store beside a test."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from flask_bandwidth_callbacks.store import open_store
from flask_bandwidth_callbacks.stores import Kind
from tests.databases import freeze

STATE = Kind("state", lifetime=3600.0)
_SECONDS = 60.0

# Forked from a process without threads and connections, which has imported what takes a second.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        __name__,
        "psycopg",
        "pymysql",
        "flask_bandwidth_callbacks.store.redis",
        "flask_bandwidth_callbacks.store.sql",
    ]
)


class Process:
    """A process that says a word, and says another when it is told to go on."""

    def __init__(self, work: Callable[..., None], *arguments: str) -> None:
        self._connection, connection = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=work, args=(connection, *arguments), daemon=True)
        self._process.start()
        connection.close()

    def says(self) -> Any:
        """Return the next word."""
        assert self._connection.poll(_SECONDS)
        return self._connection.recv()

    def go_on(self) -> None:
        """Have it go on."""
        self._connection.send("go on")

    def freeze(self) -> None:
        """Stop it where it is."""
        assert self._process.pid is not None
        freeze(self._process.pid)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._connection.close()


def own(test: Connection, url: str, name: str) -> None:
    """Lease a record, and write it when told to go on."""
    store = open_store(url, "STORE")
    lease = store.lease(STATE, name)
    assert lease is not None
    test.send("leased")
    test.recv()
    test.send("written" if store.write(lease, b"by " + name.encode()) else "lost")


def count_to_twenty(test: Connection, url: str) -> None:
    """Count to twenty in a record, when told to go on."""
    store = open_store(url, "STORE")
    test.send("ready")
    test.recv()
    for _ in range(20):
        while (lease := store.lease(STATE, "call")) is None:
            time.sleep(0.002)
        assert store.write(lease, b"%d" % (int(lease.value or 0) + 1))
    test.send("counted")
