"""The pytest fixture, under which applications call with their own clients."""

from __future__ import annotations

import pytest

from tests.simulator.test_plugin import APPLICATION, project, run

__all__ = ["project"]  # a fixture

pytest_plugins = ["pytester"]


def test_what_a_call_of_the_application_raises(project: pytest.Pytester) -> None:
    """What a handler raises in a call that the application made is raised at the end of the test."""
    test = """
import pytest
import urllib3

def test_passes(bandwidth):
    numbers = {"to": "+13035550141", "from": "+13035550100"}
    pair = {"username": "bandwidth", "password": "t0psecret"}
    body = {**numbers, **pair, "applicationId": "a", "answerUrl": "https://localhost/phone/"}
    headers = {"Authorization": "Basic aWQ6c2VjcmV0"}
    url = "https://voice.bandwidth.com/api/v2/accounts/9/calls"
    assert urllib3.request("POST", url, json=body, headers=headers).status == 201
    assert bandwidth.calls[0].cause == "callback-error"
"""
    application = APPLICATION.replace('InitiateCallback, to="+1"', "AnswerCallback")
    project.makepyfile(application=application.replace("import Call", "import AnswerCallback, Call"))
    result = run(project, test)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*LookupError: no such number"])


def test_what_loses_a_call(project: pytest.Pytester) -> None:
    """A callback that is rejected fails the test, with the line of the log that says why."""
    test = """
import pytest
from flask_bandwidth_callbacks.bxml import Response
from flask_bandwidth_callbacks.simulator import LostCall

def test_nothing_responds(bandwidth):
    call = bandwidth.call()
    call.press("1")
    call.wait(6)

def test_the_number_cannot_be_read(app, bandwidth):
    app.config["BANDWIDTH_CALLBACKS_STRICT"] = True
    bandwidth.call(stir_shaken={"verstat": ["no", "text"]})

def test_hears(bandwidth):
    bandwidth.raise_errors = False
    call = bandwidth.call()
    call.press("1")
    call.wait(6)
    assert call.cause == "callback-error"

def test_raises(bandwidth):
    with pytest.raises(LostCall, match="No responder for 'gather'"):
        call = bandwidth.call()
        call.press("1")
        call.wait(6)
"""
    result = run(project, test)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E*LostCall: Call c-* ended with callback-error: gather https://localhost/phone/: status 404*",
            "E*It logged: No responder for 'gather' at '/phone/', so the call will fail.*",
            "E*LostCall: Call c-* ended with callback-error: initiate https://localhost/phone/: status 422*",
        ]
    )


def test_the_ids_of_a_test(project: pytest.Pytester) -> None:
    """A test has the same ids each time, no two tests the same, and without a seed none is used twice."""
    test = """
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

def write(call):
    with open("ids", "a") as ids:
        print(call.call_id, file=ids)

def test_one(bandwidth):
    write(bandwidth.call())

def test_two(app, bandwidth):
    write(bandwidth.call())
    assert SimulatedBandwidth(app).call().call_id != SimulatedBandwidth(app).call().call_id
    one, two = (SimulatedBandwidth(app, seed=7).call().call_id for _ in range(2))
    assert one == two
"""
    for _ in range(2):
        run(project, test).assert_outcomes(passed=2)
    ids = (project.path / "ids").read_text().split()
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]
