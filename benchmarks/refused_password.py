"""A refused password takes as long as any other of its length, however much of it was right.

It is compared with one of which nothing is right. A time that depended on more than what was sent would tell
an attacker how near a guess is: how many of its characters are right, whether the username is, whether the
length is, or whether it comes near the second pair instead of the first.

The passwords are far longer than real ones, so that what a comparison gives away adds up, and each round has
new ones, so that it does not matter where in memory they lie. The last row shows what would be seen of a
comparison that stops at the first wrong character. What ``==`` on bytes gives away is less than may be seen
here: that :func:`hmac.compare_digest` is used instead, for every pair, is for a test to tell.
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
"""What the time may differ by, either way: here that is a tenth of a nanosecond for each character."""
USERNAME = "bandwidth"
CHARACTERS = 1000
FEW = 3
"""Characters more or less: so many leave the padding of Base64 as it is, which takes a time of its own."""
TURNS, CALLS = 20, 5
"""So many turns has each contestant in a round, one after the other, of so many calls."""
MOST_BATCHES = 5
"""Rounds are measured so many times over at most, until the verdict is clear of chance."""

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
"""With what each refused password is compared: another of its length, of which nothing is right."""


def refused_password(rounds: int) -> Iterator[Row]:
    """Yield the row of the refused password whose time differs most, and what a bad comparison would show."""
    *rows, careless = measure(rounds)
    yield max(rows, key=lambda row: row.ratio)
    yield careless


def measure(rounds: int) -> list[Row]:
    """Return a row for each refused password; its ratio is above 1 whichever of the two took longer."""
    chance = random.Random()
    times: dict[str, list[float]] = {}
    for _ in range(MOST_BATCHES):
        _measure(times, rounds, chance)
        if all(_is_clear(times[one], times[other]) for one, other in BASELINES.items()):
            break
    rows = [_row(times, one, other) for one, other in BASELINES.items()]
    against = f"{LAST} : {NOTHING}"
    return [*rows, compare(times, "compared carelessly", CARELESS_LAST, CARELESS_NOTHING, against)]


def _measure(times: dict[str, list[float]], rounds: int, chance: random.Random) -> None:
    for number in range(rounds):
        taken = _take_turns(list(_contestants(chance).items()), chance)
        taken[OTHER_LENGTHS] = (taken[NOTHING_SHORTER] + taken[NOTHING_LONGER]) / 2
        for name, seconds in taken.items():
            times.setdefault(name, []).append(seconds)
        show_progress("refused password", number + 1, rounds)


def _take_turns(
    contestants: list[tuple[str, Callable[[], object]]], chance: random.Random
) -> dict[str, float]:
    taken = {name: 0.0 for name, _ in contestants}
    for _ in range(TURNS):
        chance.shuffle(contestants)
        for name, contestant in contestants:
            began = time.perf_counter()
            for _ in range(CALLS):
                contestant()
            taken[name] += time.perf_counter() - began
    return {name: seconds / TURNS / CALLS for name, seconds in taken.items()}


def _contestants(chance: random.Random) -> Mapping[str, Callable[[], object]]:
    """Return what asks to be let in, each with credentials of its own, and is refused."""
    right, second = _password(chance, CHARACTERS), _password(chance, CHARACTERS)
    gate = Gate([Credentials(USERNAME, right), Credentials(USERNAME, second)])
    sent = {
        NOTHING: _password(chance, CHARACTERS),
        NOTHING_SHORTER: _password(chance, CHARACTERS - FEW),
        NOTHING_LONGER: _password(chance, CHARACTERS + FEW),
        "wrong in its first character": _spoilt(right, 0),
        "wrong in its middle": _spoilt(right, CHARACTERS // 2),
        LAST: _spoilt(right, CHARACTERS - 1),
        "the second pair's, wrong in its last character": _spoilt(second, CHARACTERS - 1),
        "right, but too short": right[:-FEW],
        "right, but too long": right + "x" * FEW,
    }
    headers = {name: _header(USERNAME, password) for name, password in sent.items()}
    headers["right, of an unknown user"] = _header(_spoilt(USERNAME, len(USERNAME) - 1), right)
    contestants: dict[str, Callable[[], object]] = {
        name: lambda header=header: gate.lets_in(header)  # type: ignore[misc]
        for name, header in headers.items()
    }
    assert not any(contestant() for contestant in contestants.values())
    contestants[CARELESS_LAST] = lambda: _equal_so_far(sent[LAST], right)
    contestants[CARELESS_NOTHING] = lambda: _equal_so_far(sent[NOTHING], right)
    return contestants


def _password(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(string.ascii_letters, k=length))


def _spoilt(text: str, place: int) -> str:
    return f"{text[:place]}.{text[place + 1 :]}"


def _header(username: str, password: str) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def _equal_so_far(one: str, other: str) -> bool:
    return all(mine == theirs for mine, theirs in zip(one, other, strict=True))


def _is_clear(times: list[float], others: list[float]) -> bool:
    """Tell whether the true ratio is on one side of the limit, in all but one of a thousand cases."""
    ratios = sorted(one / other for one, other in zip(times, others, strict=True))
    # The median lies between these, whatever the distribution: so far do heads and tails of as many coins.
    reach = math.ceil(1.65 * math.sqrt(len(ratios)))
    middle = len(ratios) // 2
    low, high = ratios[max(0, middle - reach)], ratios[min(len(ratios) - 1, middle + reach)]
    return (low > 1 / MOST and high < MOST) or low > MOST or high < 1 / MOST


def _row(times: Times, name: str, other: str) -> Row:
    row = compare(times, "refused password", name, other, f"{name} : {other}", MOST)
    if row.ratio >= 1:
        return row
    return compare(times, "refused password", other, name, f"{other} : {name}", MOST)


def main() -> int:
    """Print all rows; returns 0 if no time differs more than it may, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refused_password", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=400, help="how often everybody has a turn (default: 400)"
    )
    rows = measure(parser.parse_args().rounds)
    print(table(rows))
    return 1 if any(row.is_missed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
