"""Web servers with each kind of store, and how much to send to them: ``make survive`` sends the most."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from tests.databases import Server, running_postgresql, running_redis
from tests.survive.web_servers import WEB_SERVERS, Outage, WebServer

Report = Callable[[str], None]

LONG = os.environ.get("BANDWIDTH_CALLBACKS_TESTS_LONG") == "1"
_PAIRS = [("granian", "sqlite"), ("gunicorn", "postgresql"), ("granian", "redis")]
if LONG:
    _PAIRS = list(product(sorted(WEB_SERVERS), ("sqlite", "postgresql", "redis")))


@dataclass(frozen=True)
class Size:
    """How much is sent to each web server."""

    calls: int
    """With keys that are pressed at once."""
    repeated_calls: int
    """Whose callbacks are repeated."""
    notifications: int
    kills: int
    calls_in_outage: int
    """More than the workers have threads."""


@pytest.fixture(scope="session")
def size() -> Size:
    """How much is sent."""
    return Size(200, 50, 500, 20, 60) if LONG else Size(8, 4, 60, 4, 20)


@pytest.fixture
def report() -> Report:
    """Print a figure, which ``make survive`` shows."""
    return lambda figure: print(f"\n    {figure}", flush=True)


@pytest.fixture(scope="session", params=_PAIRS, ids=" with ".join)
def _server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Web servers with stores. ``make survive`` tries each with each."""
    web_server, store = request.param
    folder = tmp_path_factory.mktemp("served")
    with (
        _STORES[store](folder) as (url, outages),
        _running(
            WEB_SERVERS[web_server](folder, outages, BANDWIDTH_CALLBACKS_STORE=url, SECONDS_OF_WORK="0.02")
        ) as server,
    ):
        yield server


@pytest.fixture
def server(_server: WebServer) -> WebServer:
    """A web server each of whose workers replies; what a test does to it is mended before the next one."""
    _server.start()
    return _server


@contextmanager
def _running(server: WebServer) -> Iterator[WebServer]:
    """Run a web server, whose log must have no traceback in the end."""
    try:
        server.start()
        yield server
        server.start()  # each worker, if some were killed
        server.stop()
    finally:
        server.kill()
    written = (server.folder / "log").read_text(errors="replace")
    assert "Traceback" not in written, written


# -- Stores: each with its URL, and how it can stop ----------------------------------------------------------

_Store = Iterator[tuple[str, Mapping[str, Outage]]]


@contextmanager
def _sqlite(folder: Path) -> _Store:
    file = folder / "calls.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        lock = (partial(other.execute, "BEGIN IMMEDIATE"), partial(other.execute, "ROLLBACK"))
        yield f"sqlite:///{file}", {"locked by another process": lock}


@contextmanager
def _postgresql(folder: Path) -> _Store:
    with running_postgresql() as server:
        yield server.url, _outages_of(server)


@contextmanager
def _redis(folder: Path) -> _Store:
    with running_redis() as server:
        yield server.url, _outages_of(server)


def _outages_of(server: Server) -> Mapping[str, Outage]:
    return {"killed": (server.kill, server.start), "silent": (server.freeze, server.thaw)}


_STORES: Mapping[str, Callable[[Path], AbstractContextManager[tuple[str, Mapping[str, Outage]]]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "redis": _redis,
}
