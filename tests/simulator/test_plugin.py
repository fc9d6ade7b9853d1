"""The pytest plugin: its fixture, its report, and that it costs other projects nothing."""

from __future__ import annotations

import json
from importlib.metadata import entry_points

import pytest

from flask_bandwidth_callbacks import parts

pytest_plugins = ["pytester"]

APPLICATION = """
from flask import Flask
from flask_bandwidth_callbacks import CallbackBlueprint, DisconnectCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, SpeakSentence

def create_app():
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "t0psecret")])

    @phone.respond(InitiateCallback)
    def greet(call):
        return Gather(SpeakSentence("Hello."), gather_url=phone)

    @phone.respond(InitiateCallback, to="+1")
    def fail(call):
        raise LookupError("no such number")

    @phone.on(DisconnectCallback, tag="wrong")
    def never(call):
        raise AssertionError

    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    return app
"""

BACKGROUND = """
from flask import Flask
from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import SpeakSentence

phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)

@phone.respond(InitiateCallback)
def count(call):
    with phone.state(call) as state:
        state["calls"] = state.get("calls", 0) + 1
        return SpeakSentence(str(state["calls"]))

@phone.on(InitiateCallback, background=True)
def fail(call):
    raise LookupError

app = Flask(__name__)
app.config.update(BANDWIDTH_CALLBACKS_STORE="{store}")
app.register_blueprint(phone)
"""

CONFTEST = """
import pytest

@pytest.fixture
def app():
    from application import create_app
    return create_app()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a phone line, and a fixture ``app`` as pytest-flask expects it."""
    for name in ("COVERAGE_FILE", "COVERAGE_PROCESS_START", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(application=APPLICATION)
    pytester.makeconftest(CONFTEST)
    pytester.syspathinsert()
    return pytester


def run(project: pytest.Pytester, test: str, *options: str, in_new_process: bool = False) -> pytest.RunResult:
    """Run a test of the project."""
    project.makepyfile(test_project=test)
    start = project.runpytest_subprocess if in_new_process else project.runpytest_inprocess
    return start(*OPTIONS, *options)


# Hypothesis would be imported anew for every run.
OPTIONS = ("-W", "error", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")

CALL = """
def test_call(bandwidth):
    call = bandwidth.call(var_from="+15551112222")
    assert call.heard == ["Hello."]
"""


@pytest.mark.parametrize("options", [(), ("-p", "no:flask")], ids=["with pytest-flask", "without"])
def test_the_fixture(project: pytest.Pytester, options: tuple[str, ...]) -> None:
    """The fixture calls the application of the project's own fixture, with pytest-flask and without it."""
    run(project, CALL, *options).assert_outcomes(passed=1)


def test_what_handlers_raise(project: pytest.Pytester) -> None:
    """An exception of a handler is raised with its traceback, unless raise_errors is off."""
    test = """
def test_raises(bandwidth):
    bandwidth.call("+1")

def test_hears(bandwidth):
    bandwidth.raise_errors = False
    assert bandwidth.call("+1").cause == "callback-error"
"""
    result = run(project, test)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            '>*raise LookupError("no such number")',
            "E*LookupError: no such number",
            "*- Simulated call -*",
            "*initiate  POST https://localhost/phone/  FAILED: status 500 (LookupError: no such number)",
        ]
    )


def test_a_test_that_fails_shows_its_calls(project: pytest.Pytester) -> None:
    """Every call of a test that failed is shown as a conversation, and no password with it."""
    test = """
import pytest

@pytest.fixture
def busy(bandwidth):
    bandwidth.call(var_from="+1").hang_up()

def test_fails(busy, bandwidth):
    call = bandwidth.call(var_from="+2")
    assert call.heard == ["Goodbye."]

def test_passes(bandwidth):
    bandwidth.call(var_from="+3")
"""
    result = run(project, test)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- Simulated call -*",
            "Call c-* from +1 to +13035550100 (inbound)",
            "     0.0  +1 calls +13035550100",
            "*initiate  POST https://localhost/phone/  200  <Gather *>Hello.</SpeakSentence></Gather>",
            "     0.0  +1 hears *",
            "          disconnected, cause hangup",
            "*- Simulated call -*",
            "Call c-* from +2 to +13035550100 (inbound)",
            "          answered",
        ]
    )
    result.stdout.no_fnmatch_line("*+3*")
    result.stdout.no_fnmatch_line("*t0psecret*")


def test_simulations_of_other_fixtures(project: pytest.Pytester) -> None:
    """Simulations in fixtures of any name are shown; a fixture called bandwidth may be anything."""
    test = """
import pytest
from unittest.mock import Mock
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

@pytest.fixture
def line(app):
    return SimulatedBandwidth(app, "/phone")

@pytest.fixture
def bandwidth():
    return Mock()

def test_fails(line, bandwidth):
    assert line.call().heard == ["Goodbye."]
"""
    result = run(project, test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- Simulated call -*"])


@pytest.mark.parametrize(
    "test",
    [
        "def test_fails(app):\n    SimulatedBandwidth(app).call('+1').hang_up()\n    assert False",
        "def test_fails(app):\n    assert heard(app) == []",
        "def test_fails(app):\n    SimulatedBandwidth(app, raise_errors=True).call(var_from='+4', to='+1')",
        "def test_fails(line):\n    assert False",
        "class TestLine(TestCase):\n    def test_fails(self):\n"
        "        SimulatedBandwidth(create_app()).call('+1')\n        assert False",
    ],
    ids=["in the test", "in a helper", "an error", "inside a fixture's value", "of unittest"],
)
def test_simulations_made_anywhere(project: pytest.Pytester, test: str) -> None:
    """A test that fails shows the calls of the simulations that it made, and of no earlier test."""
    first = """
from unittest import TestCase
import pytest
from application import create_app
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

earlier = SimulatedBandwidth(create_app())

def test_earlier(app):
    earlier.call("+2")
    global kept
    kept = SimulatedBandwidth(app)
    kept.call("+3")

def heard(app):
    return SimulatedBandwidth(app).call("+1").cause

@pytest.fixture
def line(app):
    return [SimulatedBandwidth(app).call("+1")]

"""
    result = run(project, first + test)
    result.assert_outcomes(passed=1, failed=1)
    assert result.stdout.str().count("- Simulated call -") == 1
    result.stdout.fnmatch_lines(["Call c-* from * to +1 (inbound)"])


def test_a_call_is_shown_once(project: pytest.Pytester) -> None:
    """Fixtures that give the same simulation, and a teardown that fails as well, show each call once."""
    test = """
import pytest

@pytest.fixture
def line(bandwidth):
    yield bandwidth
    bandwidth.call(var_from="+3")
    raise ValueError

def test_fails(line, bandwidth):
    line.call(var_from="+2")
    assert False
"""
    result = run(project, test)
    result.assert_outcomes(failed=1, errors=1)
    shown = [line.split()[3] for line in result.outlines if line.startswith("Call c-")]
    assert sorted(shown) == ["+2", "+3"]


def test_a_simulation_of_several_tests(project: pytest.Pytester) -> None:
    """A simulation of a fixture of the module is shown by each test that uses it and fails."""
    test = """
import pytest
from application import create_app
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

@pytest.fixture(scope="module")
def line():
    return SimulatedBandwidth(create_app())

def test_fails(line):
    line.call(var_from="+2")
    assert False

def test_fails_too(line):
    assert False
"""
    result = run(project, test)
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("from +2 to") == 2


def test_tests_in_other_processes(project: pytest.Pytester) -> None:
    """With pytest-xdist, the calls of a failed test are shown by the process that reports it."""
    test = """
import os

def test_fails(bandwidth):
    assert "PYTEST_XDIST_WORKER" not in os.environ, bandwidth.call(var_from="+2")
"""
    result = run(project, test, "--numprocesses=1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*- Simulated call -*", "Call c-* from +2 to +13035550100 (inbound)", "          answered"]
    )


@pytest.mark.skipif(
    not (parts.has("store") and parts.has("background")), reason="store/ or background/ has been deleted"
)
@pytest.mark.parametrize("store", ["memory://", "sqlite:///calls.db"])
def test_stores_forget_the_calls_of_a_test(project: pytest.Pytester, store: str) -> None:
    """The next test, and the next run, find neither states nor failed work of the calls of a test."""
    project.makepyfile(application=BACKGROUND.format(store=store))
    test = """
import pytest
from application import app
from flask_bandwidth_callbacks.background import Journal
from flask_bandwidth_callbacks.stores import stores_of

@pytest.fixture(name="app")
def the_app():
    return app

def jobs():
    return [entry for store in stores_of(app).values() for entry in Journal(store, None).waiting()]

@pytest.mark.parametrize("number", [1, 2])
def test_call(bandwidth, number):
    assert jobs() == []
    with pytest.raises(LookupError):
        bandwidth.call()
    assert bandwidth.calls[-1].heard == ["1"]
    assert len(jobs()) == 1
"""
    for _ in range(2):
        # SQLAlchemy cannot be imported twice in a process.
        run(project, test, in_new_process=store != "memory://").assert_outcomes(passed=2)


def test_an_old_pluggy(project: pytest.Pytester) -> None:
    """The plugin can be loaded where pluggy does not know newer hooks, as in version 1.0."""
    test = """
import importlib
import pytest

def hookimpl(function=None, hookwrapper=False, optionalhook=False, tryfirst=False, trylast=False):
    return lambda function: function

def test_load(monkeypatch):
    import pytest_flask_bandwidth_callbacks as plugin
    monkeypatch.setattr(pytest, "hookimpl", hookimpl)
    importlib.reload(plugin)
"""
    run(project, test, in_new_process=True).assert_outcomes(passed=1)


def test_without_the_fixture_app(project: pytest.Pytester) -> None:
    """In a project without a fixture app, pytest reports the missing fixture."""
    project.makeconftest("")
    result = run(project, CALL, "-p", "no:flask")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*fixture 'app' not found"])


def test_a_run_that_does_not_use_it(project: pytest.Pytester) -> None:
    """If no test uses the library, nothing of it is imported, not even for a test that fails."""
    test = """
import sys

def test_passes():
    assert not [name for name in sys.modules if name.split(".")[0] == "flask_bandwidth_callbacks"]

def test_fails():
    assert False

def test_after_a_failure():
    test_passes()
"""
    run(project, test, in_new_process=True).assert_outcomes(passed=2, failed=1)


def test_coverage_is_counted_right(project: pytest.Pytester) -> None:
    """The application and the library are imported after coverage began, so no line is missed."""
    options = ("--cov=application", "--cov=flask_bandwidth_callbacks.simulator", "--cov-report=json")
    run(project, CALL, *options, in_new_process=True).assert_outcomes(passed=1)
    files = json.loads((project.path / "coverage.json").read_text())["files"]
    missing = {name.rpartition("/")[2]: counted["missing_lines"] for name, counted in files.items()}
    lines = APPLICATION.strip().splitlines()
    assert [lines[number - 1].strip() for number in files["application.py"]["missing_lines"]] == [
        'raise LookupError("no such number")',
        "raise AssertionError",
    ]
    assert missing["choices.py"] == missing["exceptions.py"] == []


def test_the_fixtures_are_described(project: pytest.Pytester) -> None:
    """``pytest --fixtures`` describes the fixtures of the library."""
    assert [
        entry.value for entry in entry_points(group="pytest11") if entry.name == "flask_bandwidth_callbacks"
    ] == ["pytest_flask_bandwidth_callbacks"]
    result = project.runpytest_inprocess("--fixtures", *OPTIONS)
    own = [line for line in result.outlines if "pytest_flask_bandwidth_callbacks.py" in line]
    assert [line.split()[0] for line in own] == ["bandwidth", "explore"]
    result.stdout.fnmatch_lines(["*A simulated Bandwidth for the application of the fixture ``app``."])
