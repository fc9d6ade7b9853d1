"""The pytest fixture ``explore``, in a project of its own."""

from __future__ import annotations

import pytest

from tests.simulator.test_plugin import project, run

pytest_plugins = ["pytester"]

__all__ = ["project"]  # a fixture

TEST = """
def test_flow(explore):
    assert not explore(keys="123", allow=["false-promise"]).findings

def test_arguments(explore):
    report = explore(keys="1", depth=1, calls=30)
    assert report.is_exhausted is False
    assert report.unreached
"""

APPLICATION = """
from flask import Flask
from flask_bandwidth_callbacks import CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence

def create_app():
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "t0psecret")])

    @phone.respond(InitiateCallback)
    def greet(call):
        return Gather(SpeakSentence("For more, press 1."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu", digits="1")
    def more(call):
        return Gather(SpeakSentence("For the end, press 2."), gather_url=end, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call):
        return [SpeakSentence("Goodbye."), Hangup()]

    @phone.respond(GatherCallback, "/end")
    def end(call):
        return [SpeakSentence("Goodbye."), Hangup()]

    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    return app
"""


@pytest.mark.parametrize("options", [(), ("-p", "no:flask")], ids=["with pytest-flask", "without"])
def test_the_fixture(project: pytest.Pytester, options: tuple[str, ...]) -> None:
    """The fixture explores the application of the fixture app, with the arguments that it is given."""
    project.makepyfile(application=APPLICATION)
    run(project, TEST, *options).assert_outcomes(passed=2)


def test_findings_fail_a_test(project: pytest.Pytester) -> None:
    """A test without findings fails where there are some, and shows them."""
    project.makepyfile(application=APPLICATION)
    result = run(project, "def test_flow(explore):\n    assert not explore(keys='123').findings")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * assert not *Finding(kind='false-promise', message=*"])


def test_wrong_arguments(project: pytest.Pytester) -> None:
    """Arguments that cannot be used are an error of the test."""
    result = run(project, "def test_flow(explore):\n    explore(keys='x')")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * keys must be a string of 0-9*"])
