"""A real server survives everything that comes over a connection: cut, chunked or not HTTP at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from hypothesis import HealthCheck, given, settings

from tests.hostile.expected import expected_status
from tests.hostile.line import LINES
from tests.hostile.wire import Wire, wires
from tests.servers import gunicorn, running

_NOT_OURS = {308, 400, 404, 405, 413, 414, 417, 431, 501, 505}
"""The page with which gunicorn rejects garbage, and Flask an unknown URL."""

_PAGE = b"Content-Type: text/html"


@contextmanager
def serving(log: Path) -> Iterator[int]:
    """Serve an application that records its events; gives the port. Fails on a traceback in its log."""
    with running(gunicorn("tests.hostile.line:create_app()", threads=4), log) as port:
        yield port


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(tmp_path_factory.mktemp("line") / "log") as port:
        yield port


def heard(port: int) -> int:
    """Return how often handlers were called; fails if the server is down."""
    with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/heard", timeout=10) as reply:
        return int(reply.read())


@given(wire=wires())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_connection(port: int, wire: Wire) -> None:
    """A whole request gets its status; a spoiled one without credentials reaches no handler."""
    before = None if wire.shows_credentials else heard(port)
    replies = wire.send(port)
    if before is not None:
        assert heard(port) == before
    for status, reply in replies:
        assert b"Traceback" not in reply
        if _PAGE in reply:  # the server's own, or Flask's where a spoiled request led elsewhere
            assert status in _NOT_OURS
        else:
            assert status < 500
            assert status < 400 or b"Content-Type: application/problem+json" in reply
    if wire.request is not None and replies and _PAGE not in replies[0][1]:
        assert replies[0][0] == expected_status(LINES[0], wire.request)
