"""A store that stops in the middle of calls: each goes on, and no work is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from tests.databases import PostgreSQL, Redis
from tests.survive.conftest import LONG, running
from tests.survive.effects import effects_in
from tests.survive.senders import TimedTransport, post
from tests.survive.test_workers import Report, line_to, wait_for_journal
from tests.survive.web_servers import WEB_SERVERS, WebServer

LINES = 3
"""How many calls go on at a time."""
MOST_SECONDS = 5.0
"""For a reply."""

Outage = Callable[[], object]
every_web_server = pytest.mark.parametrize("web_server", sorted(WEB_SERVERS) if LONG else ["gunicorn"])


def check_outage(server: WebServer, begin: Outage, end: Outage) -> str:
    """Stop the store in the middle of some calls, and return how long the slowest reply took."""
    transports = [TimedTransport() for _ in range(LINES)]
    lines = [line_to(server, f"line {number}", each) for number, each in enumerate(transports)]
    with ThreadPoolExecutor(LINES) as threads:
        calls = list(threads.map(begin_call, lines))
        begin()
        try:
            list(threads.map(go_on, calls))
            new_calls = [bandwidth.call() for bandwidth in lines[:1]]
            work = [each for call in calls for each in call.exchanges if each.event == "disconnect"]
        finally:
            end()
        list(threads.map(Call.hang_up, new_calls))
    for call in calls + new_calls:
        replies = [(each.event, each.status) for each in call.exchanges if each.event != "disconnect"]
        assert {status for _, status in replies} <= {200, 204}, call
        assert (call.state, call.cause) == ("disconnected", "hangup"), call
    for call in calls:
        assert "That was try 1." in call.heard
    # The work on a notification could not be written down, so Bandwidth is asked to send it again.
    assert [exchange.status for exchange in work] == [503] * LINES
    assert {post(server.port, exchange.payload) for exchange in work} == {204}
    wait_for_journal(server)
    done = {(effect.name, effect.call_id) for effect in effects_in(server.effects)}
    assert {("bill", call.call_id) for call in calls + new_calls} <= done
    assert {("announce", call.call_id) for call in calls + new_calls} <= done
    (call,) = [begin_call(bandwidth) for bandwidth in lines[:1]]
    call.wait(30)
    assert "You typed 2 keys." in call.heard  # the store is used again
    slowest = max(transport.slowest for transport in transports)
    assert slowest < MOST_SECONDS
    return f"{len(calls) + len(new_calls)} calls, slowest reply {slowest:.1f} s"


def begin_call(bandwidth: SimulatedBandwidth) -> Call:
    call = bandwidth.call()
    for key in "42":
        call.press(key)
    return call


def go_on(call: Call) -> None:
    """Have the caller press a key of each kind, and hang up."""
    call.press("7")
    call.wait(20)
    call.press("9")
    call.hang_up()


@every_web_server
def test_postgresql_is_killed(
    web_server: str, postgresql_server: PostgreSQL, tmp_path: Path, report: Report
) -> None:
    """Calls go on while PostgreSQL is down."""
    with running(web_server, postgresql_server.url, tmp_path) as server:
        report(check_outage(server, postgresql_server.kill, postgresql_server.start))


@every_web_server
def test_postgresql_falls_silent(
    web_server: str, postgresql_server: PostgreSQL, tmp_path: Path, report: Report
) -> None:
    """Calls go on while PostgreSQL keeps its connections and replies to nothing."""
    with running(web_server, postgresql_server.url, tmp_path) as server:
        report(check_outage(server, postgresql_server.freeze, postgresql_server.thaw))


@every_web_server
def test_redis_is_killed(web_server: str, redis_server: Redis, tmp_path: Path, report: Report) -> None:
    """Calls go on while Redis is down."""
    with running(web_server, redis_server.url, tmp_path) as server:
        report(check_outage(server, redis_server.kill, redis_server.start))


@every_web_server
def test_redis_falls_silent(web_server: str, redis_server: Redis, tmp_path: Path, report: Report) -> None:
    """Calls go on while Redis keeps its connections and replies to nothing."""
    with running(web_server, redis_server.url, tmp_path) as server:
        report(check_outage(server, redis_server.freeze, redis_server.thaw))


@every_web_server
def test_another_process_locks_sqlite(web_server: str, tmp_path: Path, report: Report) -> None:
    """Calls go on while another process has SQLite's lock and keeps it."""
    file = tmp_path / "calls.db"
    with (
        running(web_server, f"sqlite:///{file}", tmp_path) as server,
        closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other,
    ):
        report(
            check_outage(server, lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK"))
        )
