"""Measuring side by side: whoever is compared takes turns, so that a busy machine slows all of them down."""

from __future__ import annotations

import gc
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

Times = Mapping[str, Sequence[float]]
"""Seconds that each contestant took for one call, in each round."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    against: str
    ratio: float
    """Median of the rounds' ratios; below 1 the first is faster."""
    spread: tuple[float, float]
    """Between these lie eight of ten rounds."""
    to_reach: float | None = None
    """The most that the ratio may be; None where it is only shown."""
    absolute: str = ""
    """The times themselves."""

    @property
    def is_missed(self) -> bool:
        """Whether the ratio is larger than it may be."""
        return self.to_reach is not None and self.ratio > self.to_reach


def take_turns(
    contestants: Mapping[str, Callable[[], object]], *, rounds: int, turn: float = 0.01
) -> dict[str, list[float]]:
    """Let each contestant run for about ``turn`` seconds in each round; return the seconds of one call.

    Each has a process of its own, as it would have in use: in one interpreter they spoil each other's caches.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    with ExitStack() as stack:
        runners = {name: stack.enter_context(_process(action)) for name, action in contestants.items()}
        for run in runners.values():
            run(100)  # what is made at the first calls is no part of any other
        calls = {name: max(1, round(turn / run(20))) for name, run in runners.items()}
        order = list(contestants)
        for number in range(rounds):
            for name in order:
                times[name].append(runners[name](calls[name]))
            order.append(order.pop(0))  # nobody always comes first
            show_progress(", ".join(contestants), number + 1, rounds)
    return times


@contextmanager
def _process(action: Callable[[], object]) -> Iterator[Callable[[int], float]]:
    """Start a process; gives what lets it do something so many times, and returns the seconds of one."""
    context = multiprocessing.get_context("fork")  # an action need not be one that can be sent
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(action, there), daemon=True)
    process.start()

    def run(calls: int) -> float:
        here.send(calls)
        seconds: float = here.recv()
        return seconds

    try:
        yield run
    finally:
        process.kill()
        process.join()


def _serve(action: Callable[[], object], there: Connection) -> None:
    gc.collect()
    while True:
        there.send(_seconds(action, there.recv()))


def _seconds(action: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        action()
    return (time.perf_counter() - began) / calls


def compare(
    times: Times, what: str, ours: str, theirs: str, against: str, to_reach: float | None = None
) -> Row:
    """Return the row that compares two contestants."""
    ratios = [one / other for one, other in zip(times[ours], times[theirs], strict=True)]
    tenths = statistics.quantiles(ratios, n=10)
    absolute = f"{_readable(times[ours])} : {_readable(times[theirs])}"
    return Row(what, against, statistics.median(ratios), (tenths[0], tenths[-1]), to_reach, absolute)


def _readable(times: Sequence[float]) -> str:
    seconds = statistics.median(times)
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text, the ratios first."""
    cells = [("ratio", "spread", "to reach", "", "what", "against", "medians")]
    for row in rows:
        goal = "" if row.to_reach is None else f"{row.to_reach:.2f}"
        verdict = "" if row.to_reach is None else "MISSED" if row.is_missed else "reached"
        low, high = row.spread
        cells.append(
            (
                f"{row.ratio:.2f}",
                f"{low:.2f} to {high:.2f}",
                goal,
                verdict,
                row.what,
                row.against,
                row.absolute,
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def show_progress(what: str, done: int, of: int) -> None:
    """Show how far it is, where somebody looks."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\r{what[:50]:50} {done:6} of {of}", end=end, file=sys.stderr, flush=True)
