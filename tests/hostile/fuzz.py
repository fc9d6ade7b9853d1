"""Run the properties that hold for anything that arrives, at length; the test run has a short form of each.

Every example is drawn anew. What fails is printed with the values that make it fail, and kept in
``.hypothesis``, from where the next test run tries it first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, settings

ROUND = 500
"""Examples of one property at a time: hypothesis is silent while it runs, and begins anew with each round."""
LINES = 10
"""How often it is told how far things are."""

Property = Callable[[], None]


def properties(port: int) -> dict[Property, int]:
    """Return the properties, each with its weight among the others."""
    # Only now: a test takes the settings that hold when it is defined.
    from tests.bxml.test_text_is_text import test_text_is_rejected_or_kept
    from tests.hostile import test_any_connection, test_any_request, test_callers_text, test_log
    from tests.test_clean_payloads import test_both_ways_give_the_same

    return {
        test_any_request.test_any_post: 30,
        test_any_request.test_any_get: 20,
        test_callers_text.test_text_stays_text: 13,
        test_callers_text.test_careless_documents_are_sent_and_logged: 10,
        test_callers_text.test_text_in_a_url_stays_in_its_place: 5,
        test_text_is_rejected_or_kept: 5,
        test_log.test_no_value_makes_a_line_of_the_log: 4,
        test_both_ways_give_the_same: 8,
        partial(test_any_connection.test_any_connection, port=port): 5,
    }


def rounds(weights: dict[Property, int], examples: int) -> Iterator[Property]:
    """Yield the properties in turns, as often as their weights say."""
    done = dict.fromkeys(weights, 0)
    for _ in range(-(-examples // ROUND)):
        following = min(weights, key=lambda one: (done[one] + 1) / weights[one])
        done[following] += 1
        yield following


def main() -> int:
    """Run the properties; returns 0 if all of them hold, and raises the first failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=100_000, help="in all (default: 100000)")
    examples = parser.parse_args().examples
    settings.register_profile(
        "fuzz",
        max_examples=min(ROUND, examples),
        deadline=None,
        derandomize=False,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("fuzz")
    warnings.simplefilter("error")
    from tests.hostile.test_any_connection import serving

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder, "log")) as port:
        for number, property_ in enumerate(rounds(properties(port), examples), start=1):
            property_()
            done = min(number * ROUND, examples)
            if done * LINES // examples > (done - ROUND) * LINES // examples:
                print(f"{done:8} of {examples} examples, {time.monotonic() - began:.0f} s", flush=True)
    print(f"Nothing found with {examples} examples.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
