"""The documentation of the simulator: its table follows the code, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generators import choices_table

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
SIMULATOR = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_choices() -> None:
    """The page holds the table that is made from the simulation's choices."""
    assert choices_table.text() == SIMULATOR, "run `make docs`"


def test_the_examples_are_tests_that_pass(pytester: pytest.Pytester) -> None:
    """The tests on the page pass as they are, with the fixture of the installed library."""
    examples = re.findall(r"^```python\n(.*?)^```$", SIMULATOR, re.MULTILINE | re.DOTALL)
    pytester.makepyfile("\n".join(examples))
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=3)


def test_the_test_in_the_readme_passes(pytester: pytest.Pytester) -> None:
    """The test in the README passes with the application in the README."""
    application, *others = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (test,) = (example for example in others if "def test_" in example)
    pytester.makepyfile(f"{application}\n{test}")
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)
