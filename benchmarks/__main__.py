"""Measure the library beside its peers in one run, and print one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from . import exploring, importing, in_process, rejected_password, servers, simulated_call, stores, studio
from .measuring import Row, table

PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "whole": in_process.whole,
    "decoding": in_process.decoding,
    "building": in_process.building,
    "dispatch": in_process.dispatch,
    "stores": stores.stores,
    "import": importing.importing,
    "password": rejected_password.rejected_password,
    "simulator": simulated_call.simulated_call,
    "exploring": exploring.exploring,
    "servers": servers.servers,
    "studio": studio.key_to_sentence,
}


def main() -> int:
    """Print the table. Return 0 if every ratio reaches its goal, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=200, help="turns that each contestant has (default: 200)"
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part")
    options = parser.parse_args()
    wanted = options.only or PARTS

    rows = [row for part in PARTS if part in wanted for row in PARTS[part](_rounds(part, options.rounds))]
    print(table(rows))
    missed = [row for row in rows if row.is_missed]
    print(f"\n{len(missed)} of {sum(row.goal is not None for row in rows)} goals missed.")
    return 1 if missed else 0


def _rounds(part: str, rounds: int) -> int:
    # Starting an interpreter, and loading a server, take as long as many rounds of the other parts.
    fewer = {"import": max(5, rounds // 8), "servers": max(2, rounds // 40), "studio": max(10, rounds // 4)}
    return fewer.get(part, rounds)


if __name__ == "__main__":
    sys.exit(main())
