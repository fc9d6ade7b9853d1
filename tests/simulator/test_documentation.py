"""The page of documentation on the simulator says what the code does, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flask_bandwidth_callbacks.simulator import CHOICES

pytest_plugins = ["pytester"]

SIMULATOR = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_every_choice_is_told() -> None:
    """The page lists the simulation's choices, word for word and no others."""
    table = SIMULATOR.partition("## Choices")[2]
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE))
    del rows["on"]
    assert rows == CHOICES


def test_the_example_is_a_test_that_passes(pytester: pytest.Pytester) -> None:
    """The test that the page shows runs as it stands, with the fixture that the installed library gives."""
    (example,) = re.findall(r"^```python\n(.*?)^```$", SIMULATOR, re.MULTILINE | re.DOTALL)
    pytester.makepyfile(example)
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)
