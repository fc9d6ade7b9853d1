"""Rejecting a password takes the same time, however much of the password is right.

Each password is compared with another of the same length, all of which is wrong. Otherwise the time would
show an attacker how close a guess is: how many of its characters are right, whether the username or the
length is right, or whether it is close to the second pair instead of the first.

The passwords are much longer than real ones, so that any difference adds up. Each round has new ones, so that
their position in memory does not matter. The last row shows a comparison that stops at the first wrong
character. The difference that ``==`` on bytes makes is too small to be measured here; a test checks that
:func:`hmac.compare_digest` compares every pair.
"""

from __future__ import annotations

import argparse
import math
import random
import string
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping

from flask_bandwidth_callbacks.credentials import Credentials, Gate

from .measuring import Row, Times, compare, show_progress, table

MOST = 1.02
"""The largest acceptable ratio of two times, either way: a tenth of a nanosecond for each character."""
USERNAME = "bandwidth"
CHARACTERS = 1000
FEW = 3
"""Characters more or less. A multiple of three keeps the padding of Base64, which takes time itself."""
TURNS, CALLS = 20, 5
"""In a round each contestant has this many turns of this many calls."""
MOST_BATCHES = 5
"""Rounds are repeated up to this many times, until the result is statistically clear."""

NOTHING, NOTHING_SHORTER, NOTHING_LONGER = "nothing right", "nothing right, shorter", "nothing right, longer"
OTHER_LENGTHS = "nothing right, mean of a shorter and a longer one"
LAST = "wrong in its last character"
CARELESS_LAST, CARELESS_NOTHING = "last, carelessly", "nothing, carelessly"
BASELINES = {
    "wrong in its first character": NOTHING,
    "wrong in its middle": NOTHING,
    LAST: NOTHING,
    "right, of an unknown user": NOTHING,
    "the second pair's, wrong in its last character": NOTHING,
    "right, but too short": NOTHING_SHORTER,
    "right, but too long": NOTHING_LONGER,
    NOTHING: OTHER_LENGTHS,
}
"""What each password is compared with: another of its length, all of which is wrong."""


def rejected_password(rounds: int) -> Iterator[Row]:
    """Yield the row of the password whose time differs most, and the row of a careless comparison."""
    *rows, careless = measure(rounds)
    yield max(rows, key=lambda row: row.ratio)
    yield careless


def measure(rounds: int) -> list[Row]:
    """Return a row for each password; its ratio is the longer time divided by the shorter."""
    source = random.Random()
    times: dict[str, list[float]] = {}
    for _ in range(MOST_BATCHES):
        _measure(times, rounds, source)
        if all(_is_clear(times[name], times[baseline]) for name, baseline in BASELINES.items()):
            break
    rows = [_row(times, name, baseline) for name, baseline in BASELINES.items()]
    against = f"{LAST} : {NOTHING}"
    return [*rows, compare(times, "compared carelessly", CARELESS_LAST, CARELESS_NOTHING, against)]


def _measure(times: dict[str, list[float]], rounds: int, source: random.Random) -> None:
    for number in range(rounds):
        taken = _take_turns(list(_contestants(source).items()), source)
        taken[OTHER_LENGTHS] = (taken[NOTHING_SHORTER] + taken[NOTHING_LONGER]) / 2
        for name, seconds in taken.items():
            times.setdefault(name, []).append(seconds)
        show_progress("rejected password", number + 1, rounds)


def _take_turns(
    contestants: list[tuple[str, Callable[[], object]]], source: random.Random
) -> dict[str, float]:
    taken = {name: 0.0 for name, _ in contestants}
    for _ in range(TURNS):
        source.shuffle(contestants)
        for name, contestant in contestants:
            began = time.perf_counter()
            for _ in range(CALLS):
                contestant()
            taken[name] += time.perf_counter() - began
    return {name: seconds / TURNS / CALLS for name, seconds in taken.items()}


def _contestants(source: random.Random) -> Mapping[str, Callable[[], object]]:
    """Return functions that each check a header with credentials that the gate rejects."""
    right, second = _password(source, CHARACTERS), _password(source, CHARACTERS)
    gate = Gate([Credentials(USERNAME, right), Credentials(USERNAME, second)])
    sent = {
        NOTHING: _password(source, CHARACTERS),
        NOTHING_SHORTER: _password(source, CHARACTERS - FEW),
        NOTHING_LONGER: _password(source, CHARACTERS + FEW),
        "wrong in its first character": _spoiled(right, 0),
        "wrong in its middle": _spoiled(right, CHARACTERS // 2),
        LAST: _spoiled(right, CHARACTERS - 1),
        "the second pair's, wrong in its last character": _spoiled(second, CHARACTERS - 1),
        "right, but too short": right[:-FEW],
        "right, but too long": right + "x" * FEW,
    }
    headers = {name: _header(USERNAME, password) for name, password in sent.items()}
    headers["right, of an unknown user"] = _header(_spoiled(USERNAME, len(USERNAME) - 1), right)
    contestants: dict[str, Callable[[], object]] = {
        name: lambda header=header: gate.lets_in(header)  # type: ignore[misc]
        for name, header in headers.items()
    }
    assert not any(contestant() for contestant in contestants.values())
    contestants[CARELESS_LAST] = lambda: _equal_so_far(sent[LAST], right)
    contestants[CARELESS_NOTHING] = lambda: _equal_so_far(sent[NOTHING], right)
    return contestants


def _password(source: random.Random, length: int) -> str:
    return "".join(source.choices(string.ascii_letters, k=length))


def _spoiled(text: str, index: int) -> str:
    return f"{text[:index]}.{text[index + 1 :]}"


def _header(username: str, password: str) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def _equal_so_far(sent: str, accepted: str) -> bool:
    return all(mine == theirs for mine, theirs in zip(sent, accepted, strict=True))


def _is_clear(times: list[float], others: list[float]) -> bool:
    """Return whether the true ratio is on one side of the limit, with 99.9 percent confidence."""
    ratios = sorted(mine / other for mine, other in zip(times, others, strict=True))
    # The confidence interval of a median, whatever the distribution, from the binomial distribution.
    reach = math.ceil(1.65 * math.sqrt(len(ratios)))
    middle = len(ratios) // 2
    low, high = ratios[max(0, middle - reach)], ratios[min(len(ratios) - 1, middle + reach)]
    return (low > 1 / MOST and high < MOST) or low > MOST or high < 1 / MOST


def _row(times: Times, name: str, other: str) -> Row:
    row = compare(times, "rejected password", name, other, f"{name} : {other}", MOST)
    if row.ratio >= 1:
        return row
    return compare(times, "rejected password", other, name, f"{other} : {name}", MOST)


def main() -> int:
    """Print all rows. Return 0 if no time differs too much, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rejected_password", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=400, help="rounds that are measured at a time (default: 400)"
    )
    rows = measure(parser.parse_args().rounds)
    print(table(rows))
    return 1 if any(row.is_missed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
