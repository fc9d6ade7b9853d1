"""The pytest plugin: a ``bandwidth`` fixture for the project's own ``app`` fixture.

It is outside of the package, because pytest imports its plugins before coverage is measured. It imports
nothing of the package until a test uses the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from flask_bandwidth_callbacks.simulator import SimulatedBandwidth


@pytest.fixture
def bandwidth(app: Flask) -> SimulatedBandwidth:
    """A simulated Bandwidth for the application of the fixture ``app``.

    Exceptions in handlers and subscribers are raised by ``bandwidth.call`` and by the methods of the call;
    with ``bandwidth.raise_errors = False`` they only show in what the caller hears. A test that fails shows
    its calls.
    """
    from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

    return SimulatedBandwidth(app, raise_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the calls of a test that failed, as conversations."""
    report = yield
    # A test that has a simulation has imported this, whatever the name of its fixture.
    simulator = sys.modules.get("flask_bandwidth_callbacks.simulator")
    if report.failed and simulator is not None:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, simulator.SimulatedBandwidth):
                report.sections += (("Simulated call", str(call)) for call in value.calls)
    return report
