"""Web servers with each kind of store, and how much to send to them: ``make survive`` sends the most."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests.databases import running_postgresql, running_redis
from tests.survive.web_servers import WEB_SERVERS, WebServer

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


@pytest.fixture(scope="session")
def size() -> Size:
    """How much is sent."""
    return Size(200, 50, 500, 20) if LONG else Size(8, 4, 60, 4)


@pytest.fixture
def report() -> Callable[[str], None]:
    """Print a figure, which ``make survive`` shows."""
    return lambda figure: print(f"\n    {figure}", flush=True)


@contextmanager
def running(web_server: str, store: str, folder: Path) -> Iterator[WebServer]:
    """Run a web server with the store of a URL; its log must have no traceback in the end."""
    server = WEB_SERVERS[web_server](folder, BANDWIDTH_CALLBACKS_STORE=store, SECONDS_OF_WORK="0.02")
    try:
        server.start()
        yield server
        server.stop()
    finally:
        server.kill()
    written = (folder / "log").read_text(errors="replace")
    assert "Traceback" not in written, written


@contextmanager
def _running_store(kind: str, folder: Path) -> Iterator[str]:
    """Run what a store of a kind needs, and yield its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'calls.db'}"
    elif kind == "redis":
        with running_redis() as redis:
            yield redis.url
    else:
        with running_postgresql() as postgresql:
            yield postgresql.url


@pytest.fixture(scope="module", params=_PAIRS, ids=" with ".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Web servers with stores; ``make survive`` tries each with each."""
    web_server, store = request.param
    folder = tmp_path_factory.mktemp("served")
    with _running_store(store, folder) as url, running(web_server, url, folder) as server:
        yield server
