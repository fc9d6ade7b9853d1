"""The pytest plugin: the fixtures ``bandwidth`` and ``explore`` for the project's own ``app`` fixture.

It is outside of the package, because pytest imports its plugins before coverage is measured. It imports
nothing of the package until a test uses the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
    from flask_bandwidth_callbacks.simulator.explore import Report
    from flask_bandwidth_callbacks.simulator.explore.map_of_tests import MapOfTests


@pytest.fixture
def bandwidth(app: Flask, request: pytest.FixtureRequest) -> Iterator[SimulatedBandwidth]:
    """A simulated Bandwidth for the application of the fixture ``app``.

    Exceptions in handlers and subscribers are raised by ``bandwidth.call`` and by the methods of the call,
    and so is the failure of a callback that ends a call; with ``bandwidth.raise_errors = False`` they only
    show in what the caller hears. The ids of calls are the same each time that the test runs. A test that
    fails shows its calls.

    Work in the background is done when these methods return. At the end of the test, what the application's
    stores hold about its calls is deleted.

    It also answers the requests that bandwidth-sdk and other clients send to Bandwidth through urllib3.
    """
    from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

    simulated = SimulatedBandwidth(app, raise_errors=True, seed=request.node.nodeid)
    with simulated.mock_rest_if_installed():
        yield simulated
    if (walked := request.config.stash.get(_MAP, None)) is not None:
        walked.add(app, simulated.calls)
    simulated.forget()
    # Those of calls that the application made, which no method of the simulation led to.
    simulated.raise_errors_now()


@pytest.fixture
def explore(app: Flask, request: pytest.FixtureRequest) -> Callable[..., Report]:
    """Walk every way through the phone line of the fixture ``app``: ``explore(keys="123").findings``.

    The arguments are those of ``flask_bandwidth_callbacks.simulator.explore.explore``.
    """
    from flask_bandwidth_callbacks.simulator.explore import explore

    def explore_app(**arguments: Any) -> Report:
        report = explore(app, **arguments)
        if (walked := request.config.stash.get(_MAP, None)) is not None:
            walked.draw_over(report)
        return report

    return explore_app


# -- The picture of what tests walked ------------------------------------------------------------------------

_MAP: pytest.StashKey[MapOfTests] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--bandwidth-map``."""
    parser.getgroup("flask-bandwidth-callbacks").addoption(
        "--bandwidth-map",
        metavar="FILE.svg",
        help="Draw what the tests walked over the picture of the phone line. The picture is that of the"
        " fixture explore, if a test uses it, else that of the default settings.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Note what the tests of this process walk, if it is to be drawn."""
    if config.getoption("--bandwidth-map"):
        from flask_bandwidth_callbacks.simulator.explore.map_of_tests import MapOfTests

        config.stash[_MAP] = MapOfTests()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what the tests of another process walked, where pytest-xdist runs several."""
    if (walked := node.config.stash.get(_MAP, None)) is not None:
        walked.merge(getattr(node, "workeroutput", {}).get("bandwidth_map"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Draw what the tests walked; a process of pytest-xdist hands it over instead."""
    config = session.config
    if (walked := config.stash.get(_MAP, None)) is None:
        return
    if hasattr(config, "workeroutput"):
        config.workeroutput["bandwidth_map"] = walked.to_json()
    else:
        walked.write(config.getoption("--bandwidth-map"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where the picture is, and how much of it was walked."""
    if (walked := config.stash.get(_MAP, None)) is not None:
        terminalreporter.write_line(walked.summary)


_SHOWN: WeakSet[Call] = WeakSet()
"""The calls of this test that are shown already, because its teardown may fail as well."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget the simulations and calls of the test before."""
    _SHOWN.clear()
    if (simulator := _simulator()) is not None:
        simulator.latest.clear()


# The newer kind of wrapper needs pluggy 1.2, which older versions of pytest do without.
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Show the calls of a test that failed, as conversations."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.failed:
        report.sections += (("Simulated call", str(call)) for call in _calls_to_show(item))


def _calls_to_show(item: pytest.Item) -> Iterator[Call]:
    """Yield the calls in the simulations that the test was given or made itself."""
    if (simulator := _simulator()) is None:
        return
    values = getattr(item, "funcargs", {}).values()
    given = [value for value in values if isinstance(value, simulator.SimulatedBandwidth)]
    for simulation in dict.fromkeys([*given, *simulator.latest]):
        for call in simulation.calls:
            if call not in _SHOWN:
                _SHOWN.add(call)
                yield call


def _simulator() -> Any:
    """Return the module of the simulation; None as long as no test has imported it."""
    return sys.modules.get("flask_bandwidth_callbacks.simulator.bandwidth")
