"""The page about the REST interface: its examples pass with the application of the simulator's page."""

from __future__ import annotations

import re

import pytest

from tests.servers import ROOT

pytest_plugins = ["pytester"]


def test_the_examples_are_tests_that_pass(pytester: pytest.Pytester) -> None:
    """The tests on the page pass as they are."""
    application, *_ = examples_of("simulator.md")
    tests = examples_of("rest.md")
    pytester.makepyfile("\n".join([application.partition("def test_")[0], *tests]))
    count = sum(test.count("def test_") for test in tests)
    assert count > 0
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=count)


def examples_of(page: str) -> list[str]:
    """Return the examples in Python of a page."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
