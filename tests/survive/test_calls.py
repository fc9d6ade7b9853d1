"""Calls whose callbacks reach any of several workers, at once and more than once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from tests.survive.application import create_app
from tests.survive.conftest import Report, Size
from tests.survive.effects import Effect, effects_in
from tests.survive.lines import leave_message, line_to, variants, wait_for_journal
from tests.survive.senders import RepeatingTransport, post
from tests.survive.web_servers import WebServer

LINES = 4
"""How many calls go on at a time."""
KEYS = 10


def test_each_key_is_counted_once(server: WebServer, size: Size, report: Report) -> None:
    """Of keys that the workers get at once, each is counted once in the state of its call."""
    began = time.monotonic()

    def make_calls(number: int) -> list[Call]:
        bandwidth = line_to(server, f"keys {number}")
        return [type_keys(server, bandwidth) for _ in range(size.calls // LINES)]

    with ThreadPoolExecutor(LINES) as threads:
        calls = [call for made in threads.map(make_calls, range(LINES)) for call in made]
    assert [call.heard[1] for call in calls] == [f"You typed {KEYS} keys."] * size.calls
    ids = {call.call_id for call in calls}
    counted = [effect for effect in effects_in(server.effects) if effect.call_id in ids]
    workers = Counter(effect.process for effect in counted)
    assert len(workers) > 1
    report(
        f"{len(calls)} calls, {KEYS * len(calls)} keys, by workers {sorted(workers.values())},"
        f" {time.monotonic() - began:.0f} s"
    )


def type_keys(server: WebServer, bandwidth: SimulatedBandwidth) -> Call:
    """Make a call, and press one key after which the others come at once."""
    call = bandwidth.call()
    call.press("5")
    others = variants(call.exchanges[-1].payload, KEYS - 1)
    with ThreadPoolExecutor(len(others)) as threads:
        assert set(threads.map(partial(post, server.port), others)) == {204}
    call.wait(30)
    call.hang_up()
    return call


def effects_of(effects: Iterable[Effect], calls: Iterable[Call]) -> Mapping[tuple[str, str, str], int]:
    """Return how often each effect on some calls took place."""
    ids = {call.call_id for call in calls}
    return Counter((*effect[:2], effect.detail) for effect in effects if effect.call_id in ids)


def test_repeats_change_nothing(server: WebServer, size: Size, report: Report, tmp_path: Path) -> None:
    """Callbacks that come up to three times, late and to any worker, have the effects of single ones."""
    began = time.monotonic()
    app = create_app()
    app.config["EFFECTS"] = str(tmp_path / "effects")
    seeds = [f"repeats {number}" for number in range(size.repeated_calls)]
    singles = [leave_message(SimulatedBandwidth(app, seed=server.seed(seed))) for seed in seeds]
    expected = effects_of(effects_in(tmp_path / "effects"), singles)

    transports = [RepeatingTransport(number) for number in range(len(seeds))]
    lines = [line_to(server, seed, transport) for seed, transport in zip(seeds, transports, strict=True)]
    with ThreadPoolExecutor(LINES) as threads:
        calls = list(threads.map(leave_message, lines))
    replies = [each for transport in transports for each in transport.replies()]

    assert [(call.heard, call.state, call.cause) for call in calls] == [
        (call.heard, call.state, call.cause) for call in singles
    ]
    assert [{(reply.status, reply.body) for reply in each} for each in replies] == [
        {(each[0].status, each[0].body)} for each in replies
    ]
    wait_for_journal(server)
    assert effects_of(effects_in(server.effects), calls) == expected
    report(
        f"{len(calls)} calls, {len(replies)} callbacks sent {sum(map(len, replies))} times,"
        f" {time.monotonic() - began:.0f} s"
    )
