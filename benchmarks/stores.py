"""What a store adds to a callback: its reply is remembered, in case that Bandwidth sends it again."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_bandwidth_callbacks.store.ledgers import GENERATION

from . import peers
from .measuring import Row, compare, take_turns

MILLISECONDS = 1.0
"""The most that SQLite may add to a callback."""


def stores(rounds: int) -> Iterator[Row]:
    """Compare callbacks with a store with callbacks for which repeats are not looked for."""
    without = "without repeats"
    senders = {"Flask's test client": peers.by_test_client, "no client": peers.over_wsgi}
    for client, send in senders.items():
        times = take_turns(
            {"memory": send(peers.create_app()), without: send(peers.create_app(repeats=False))},
            rounds=rounds,
            warm_up=2 * GENERATION,  # from then on, each reply takes the room of another
        )
        goal = 1.05 if send is peers.over_wsgi else None
        yield compare(times, f"memory store, {client}", "memory", without, without, goal)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'calls.db')}"
        times = take_turns(
            {
                "SQLite": peers.over_wsgi(peers.create_app(url)),
                without: peers.over_wsgi(peers.create_app(repeats=False)),
            },
            rounds=rounds,
            clock=time.perf_counter,
        )
    added = [1e3 * (ours - bare) for ours, bare in zip(times["SQLite"], times[without], strict=True)]
    tenths = statistics.quantiles(added, n=10)
    row = compare(times, "SQLite, no client", "SQLite", without, f"milliseconds more than {without}")
    yield Row(
        row.job, row.against, statistics.median(added), (tenths[0], tenths[-1]), MILLISECONDS, row.absolute
    )
