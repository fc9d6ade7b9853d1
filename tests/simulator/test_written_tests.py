"""Ways through calls become tests that a person would not be ashamed of, and that run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks.simulator.ways import Scene, Step, Way
from flask_bandwidth_callbacks.simulator.written_tests import write_tests
from tests.servers import ROOT

SALES = "+13035550171"
MENU = "For sales, press 1. For support, press 2. To leave a message, press 3."
MESSAGE = "Please leave your name and your message, then press hash or hang up."
THANKS = "Thank you, we will call you back. Goodbye."

CONFTEST = """
from flask import Flask
import pytest
from examples.switchboard import create_app

@pytest.fixture
def app() -> Flask:
    return create_app(
        {
            "TESTING": True,
            "BANDWIDTH_CALLBACKS_CREDENTIALS": [("bandwidth", "s3cret")],
            "SWITCHBOARD_COMPANY": "Acme",
            "SWITCHBOARD_SALES": "+13035550171",
            "SWITCHBOARD_SUPPORT": "+13035550172",
            "SWITCHBOARD_BANDWIDTH": {"client_id": "id", "client_secret": "secret"},
        }
    )
"""


def way(*steps: Step, scene: Scene | None = None, cause: str | None = "hangup", title: str = "") -> Way:
    """Return a way on which nothing is heard."""
    return Way(scene or Scene(), steps, ((),) * (len(steps) + 1), cause, title)


def names_of(module: str) -> list[str]:
    return [line[4:].partition("(")[0] for line in module.splitlines() if line.startswith("def test_")]


def name_of(*steps: Step, scene: Scene | None = None, title: str = "") -> str:
    (name,) = names_of(write_tests([way(*steps, scene=scene, title=title)], source="this test"))
    return name


PRESS_3 = Step("press", "3")
HANG_UP = Step("hang up")
MORNING = datetime(2026, 1, 5, 10, tzinfo=UTC)
WAYS = [
    Way(
        Scene(start=MORNING),
        (Step("press", "9"), PRESS_3, Step("speak", "Hello, this is Ann.", 12.5), Step("press", "#")),
        (
            ("Good morning, this is Acme.", MENU),
            ("Sorry, that key leads nowhere.", MENU),
            (MESSAGE,),
            (),
            (THANKS,),
        ),
        "hangup",
    ),
    Way(
        Scene({SALES: "busy"}, start=MORNING),
        (Step("press", "1"), HANG_UP),
        (
            ("Good morning, this is Acme.", MENU),
            (
                "One moment, I am putting you through to sales.",
                "I am sorry, the line to sales is busy.",
                MESSAGE,
            ),
            (),
        ),
        "hangup",
    ),
]
WRITTEN = '''\
"""Calls to the application, written by this test."""

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth


def heard(call: Call) -> list[str]:
    """Return what was heard on a call since this function was called last."""
    sentences = call.heard.copy()
    call.heard.clear()
    return sentences


def test_press_1_then_hang_up_while_callee_is_busy(
    bandwidth: SimulatedBandwidth,
) -> None:
    """The caller presses 1, then hangs up. +13035550171 is busy."""
    bandwidth.callee("+13035550171").is_busy()
    call = bandwidth.call()
    assert heard(call) == [
        "Good morning, this is Acme.",
        "For sales, press 1. For support, press 2. To leave a message, press 3.",
    ]
    call.press("1")
    assert heard(call) == [
        "One moment, I am putting you through to sales.",
        "I am sorry, the line to sales is busy.",
        "Please leave your name and your message, then press hash or hang up.",
    ]
    call.hang_up()
    assert call.cause == "hangup"
'''


def test_a_test_reads_as_if_a_person_had_written_it() -> None:
    """The whole text of a module, as it is."""
    busy = replace(WAYS[1], scene=Scene({SALES: "busy"}))
    assert write_tests([busy], source="this test") == WRITTEN


def test_the_tests_pass_on_the_application(tmp_path: Path) -> None:
    """Tests of the switchboard pass with real pytest, and one of another sentence fails."""
    wrong = Way(Scene(), (), (("Good night.",),), None)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_calls.py").write_text(write_tests([*WAYS, wrong], source="this test"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:flask",
        str(tmp_path),
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "1 failed, 2 passed" in result.stdout, result.stdout
    assert '>       assert heard(call) == ["Good night."]' in result.stdout


EVERYTHING = [
    *WAYS,
    way(
        Step("hang up", who=SALES),
        Step("wait", seconds=0.5),
        Step("press", "1", who=SALES),
        Step("speak", "Yes, 'this' is \"Ann\"", who=SALES),
        scene=Scene(to="+13035550199", var_from="Anonymous"),
        cause=None,
    ),
    way(
        scene=Scene(
            to="+13035550141",
            var_from="+13035550199",
            answer_url="/phone/answered?for=" + "a" * 80,
            detected_as="answering-machine",
        )
    ),
    way(scene=Scene(to="+13035550141", var_from="+13035550100", answer_url="/phone/answered")),
    way(Step("fail"), PRESS_3, cause="callback-error"),
    Way(Scene(), (), ((MENU + " " + MESSAGE + " \\ 'Or' \"not\".", "x" * 150),), "hangup", "a long sentence"),
    Way(Scene(), (Step("press", "123456789" * 12),), ((), ()), None, left="The log ends here. " * 8),
]


@pytest.mark.parametrize("width", [88, 100])
def test_the_form_is_that_of_ruff(tmp_path: Path, width: int) -> None:
    """Neither the formatter nor the linter changes a module, and the type checker accepts it."""
    path = tmp_path / "test_calls.py"
    path.write_text(write_tests(EVERYTHING, source="this test"))
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--isolated", f"--line-length={width}", "--diff", str(path)], check=True)
    # In a folder without the library, which is installed, and no part of the project.
    checked = [*ruff, "check", "--isolated", "--select=E4,E7,E9,F,I,B,UP", path.name]
    subprocess.run(checked, check=True, cwd=tmp_path)


def test_type_checkers_accept_it(tmp_path: Path) -> None:
    """A module is strictly typed."""
    path = tmp_path / "test_calls.py"
    path.write_text(write_tests(EVERYTHING, source="this test"))
    command = [sys.executable, "-m", "mypy", "--strict", str(path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


texts = st.text(min_size=1, max_size=40)
steps = st.one_of(
    st.builds(Step, st.just("press"), st.text("0123456789*#ABCD", min_size=1, max_size=9)),
    st.builds(Step, st.just("speak"), texts, st.sampled_from([0, 2.5])),
    st.builds(Step, st.just("wait"), seconds=st.floats(0, 1000)),
    st.builds(Step, st.just("hang up"), who=st.sampled_from(["", SALES])),
)


@st.composite
def ways(draw: st.DrawFn) -> Way:
    taken = tuple(draw(st.lists(steps, max_size=5)))
    sentences = tuple(tuple(draw(st.lists(texts, max_size=2))) for _ in range(len(taken) + 1))
    return Way(Scene(), taken, sentences, draw(st.none() | texts), draw(st.just("") | texts))


@settings(deadline=None)
@given(st.lists(ways(), max_size=4))
def test_every_way_becomes_a_test(many: Iterable[Way]) -> None:
    """Whatever is said or heard, the module compiles, says it again, and names each test differently."""
    many = list(many)
    module = write_tests(many, source="this test")
    code = compile(module, "test_calls.py", "exec")
    assert len(set(names_of(module))) == len(many)
    sentences = {each for each in _constants(code) if isinstance(each, str)}
    for each in many:
        for group in each.heard:
            assert sentences >= set(group) or any(
                isinstance(constant, tuple) and set(group) <= set(constant) for constant in _constants(code)
            )


def _constants(code: object) -> list[object]:
    found: list[object] = []
    for constant in getattr(code, "co_consts", ()):
        found += [constant, *_constants(constant)]
    return found


def test_no_ways() -> None:
    """Without ways, a module has no tests."""
    assert write_tests([], source="this test") == '"""Calls to the application, written by this test."""\n'


def test_names_say_what_a_caller_does() -> None:
    """The name of a test is made from the steps, or from a title, and is not too long."""
    assert name_of() == "test_call"
    assert name_of(PRESS_3, HANG_UP) == "test_press_3_then_hang_up"
    assert name_of(Step("press", "12#*A")) == "test_press_12_hash_star_a"
    assert name_of(Step("speak", "Sales, please - at once, now")) == "test_say_sales_please_at"
    assert name_of(Step("speak", "???")) == "test_say_something"
    assert name_of(*[Step("wait", seconds=5)] * 3) == "test_wait_3_times"
    assert name_of(*[PRESS_3, HANG_UP] * 9).endswith("_and_so_on")
    assert len(name_of(Step("press", "1" * 200))) <= 70
    assert name_of(title="Caller who is lost!") == "test_caller_who_is_lost"
    assert name_of(HANG_UP, scene=Scene({SALES: "none", "+13035550172": "answers"})) == (
        "test_hang_up_while_callee_does_not_answer"
    )
    assert name_of(scene=Scene(answer_url="/a", start=MORNING)) == "test_answered_call"
    times = [way(scene=Scene(start=MORNING.replace(hour=hour))) for hour in (10, 3, 3)]
    assert names_of(write_tests(times, source="this test")) == [
        "test_call",
        "test_call_at_03_00",
        "test_call_at_03_00_2",
    ]
    module = write_tests([way(HANG_UP)] * 3, source="this test")
    assert names_of(module) == ["test_hang_up", "test_hang_up_2", "test_hang_up_3"]


def test_docstrings_say_what_a_caller_does() -> None:
    """The docstring of a test is a sentence, over several lines if it is long."""
    module = write_tests(EVERYTHING, source="this test")
    assert '"""The caller presses 9, presses 3, says \'Hello, this is Ann.\', then presses #."""' in module
    assert '"""The callee does nothing."""' in module
    assert '"""+13035550171 hangs up, the caller waits 0.5 s, +13035550171 presses 1, then\n' in module
    assert '"""A long sentence."""' in module


def test_a_callback_that_fails() -> None:
    """The failure of a callback is a line of its own, and the test does not raise it."""
    module = write_tests([way(Step("fail"), PRESS_3, cause="callback-error")], source="this test")
    assert '"""The next callback fails, then the caller presses 3."""' in module
    assert "    bandwidth.failures = 1\n" in module
    assert "    bandwidth.raise_errors = False  # a callback of this call fails\n" in module
