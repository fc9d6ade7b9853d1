"""Measuring side by side: contestants take turns, so that a busy machine slows all of them down equally."""

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
"""Seconds of one call or request of each contestant, in each round."""
Clock = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    job: str
    """What was done."""
    against: str
    """What the time is compared with."""
    ratio: float
    """Median of the ratios of all rounds; below 1 the first contestant is faster."""
    spread: tuple[float, float]
    """The range of eight out of ten rounds."""
    goal: float | None = None
    """The largest acceptable ratio; None if there is no goal."""
    absolute: str = ""
    """The median times."""

    @property
    def is_missed(self) -> bool:
        """Whether the ratio is larger than the goal."""
        return self.goal is not None and self.ratio > self.goal


def take_turns(
    contestants: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    turn: float = 0.01,
    warm_up: int = 100,
    clock: Clock = time.process_time,
) -> dict[str, list[float]]:
    """Run each contestant for about ``turn`` seconds in each round. Return the seconds of one call.

    Each has a process of its own, as in production: in one interpreter they would evict each other's caches.

    :param warm_up: calls before the first round, which build what only the first calls build.
    :param clock: counts only the time of the process itself, unless it also has to wait for a disk: while the
        machine is busy, waiting for a core is not the contestant's time.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    with ExitStack() as stack:
        runners = {name: stack.enter_context(_process(action, clock)) for name, action in contestants.items()}
        for run in runners.values():
            run(warm_up)
        calls = {name: max(1, round(turn / run(20))) for name, run in runners.items()}
        order = list(contestants)
        for number in range(rounds):
            for name in order:
                times[name].append(runners[name](calls[name]))
            order.append(order.pop(0))  # so that no contestant is always the first
            show_progress(", ".join(contestants), number + 1, rounds)
    return times


@contextmanager
def _process(action: Callable[[], object], clock: Clock) -> Iterator[Callable[[int], float]]:
    """Start a process. Yield a function that runs the action there repeatedly and returns its seconds."""
    context = multiprocessing.get_context("fork")  # an action need not be picklable
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(action, clock, there), daemon=True)
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


def _serve(action: Callable[[], object], clock: Clock, there: Connection) -> None:
    gc.collect()
    while True:
        there.send(_seconds(action, clock, there.recv()))


def _seconds(action: Callable[[], object], clock: Clock, calls: int) -> float:
    began = clock()
    for _ in range(calls):
        action()
    return (clock() - began) / calls


def compare(times: Times, job: str, ours: str, theirs: str, against: str, goal: float | None = None) -> Row:
    """Return the row that compares two contestants."""
    ratios = [mine / other for mine, other in zip(times[ours], times[theirs], strict=True)]
    tenths = statistics.quantiles(ratios, n=10)
    absolute = f"{_readable(times[ours])} : {_readable(times[theirs])}"
    return Row(job, against, statistics.median(ratios), (tenths[0], tenths[-1]), goal, absolute)


def _readable(times: Sequence[float]) -> str:
    seconds = statistics.median(times)
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text, the ratios first."""
    cells = [("ratio", "spread", "goal", "", "job", "against", "medians")]
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:.2f}"
        verdict = "" if row.goal is None else "MISSED" if row.is_missed else "reached"
        low, high = row.spread
        cells.append(
            (
                f"{row.ratio:.2f}",
                f"{low:.2f} to {high:.2f}",
                goal,
                verdict,
                row.job,
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


def show_progress(task: str, done: int, total: int) -> None:
    """Show the progress of a task if standard error is a terminal."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{task[:50]:50} {done:6} of {total}", end=end, file=sys.stderr, flush=True)
