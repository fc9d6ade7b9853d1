"""What the documentation says of the simulator is what the code does, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flask_bandwidth_callbacks.simulator import CHOICES

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
SIMULATOR = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_choice_is_told() -> None:
    """The page lists the simulation's choices, word for word and no others."""
    table = SIMULATOR.partition("## Choices")[2]
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE))
    del rows["on"]
    assert rows == CHOICES


def test_the_examples_are_tests_that_pass(pytester: pytest.Pytester) -> None:
    """The tests that the page shows run as they stand, with the fixture that the installed library gives."""
    examples = re.findall(r"^```python\n(.*?)^```$", SIMULATOR, re.MULTILINE | re.DOTALL)
    pytester.makepyfile("\n".join(examples))
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=3)


def test_the_test_in_the_readme_passes(pytester: pytest.Pytester) -> None:
    """The test that the README shows is one of the application that it begins with."""
    application, *others = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (test,) = (example for example in others if "def test_" in example)
    pytester.makepyfile(f"{application}\n{test}")
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)
