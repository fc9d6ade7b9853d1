"""The documentation that needs a simulated line: its table follows the code, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bandwidth import CallsApi
from bandwidth.models import CreateCall
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint, InitiateCallback, parts
from flask_bandwidth_callbacks.bxml import SpeakSentence
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
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


def test_the_tests_in_the_readme_pass(pytester: pytest.Pytester) -> None:
    """The tests in the README pass with the application in the README."""
    application, *others = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    tests = [example for example in others if "def test_" in example]
    pytester.makepyfile("\n".join([application, *tests]))
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)


# -- docs/applications.md ------------------------------------------------------------------------------------


def names_in(word: str) -> dict[str, Any]:
    """Return the names that an example of docs/applications.md defines: the one that has this word."""
    page = (ROOT / "docs" / "applications.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (source,) = (source for source in examples if word in source)
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(source, namespace)
    return namespace


def line_to(phone: CallbackBlueprint, app: Flask | None = None) -> SimulatedBandwidth:
    """Return a telephone line to the blueprint of an example."""
    app = app or Flask("example")
    app.config["BANDWIDTH_CALLBACKS_CREDENTIALS"] = ["bandwidth:s3cret"]
    app.register_blueprint(phone, url_prefix="/phone")
    return SimulatedBandwidth(app)


def test_the_error_handler_of_the_page_apologizes() -> None:
    """The caller hears the sentence of the error handler when the responder raises."""
    call = line_to(names_in("def apologize")["phone"]).call()
    assert call.heard == ["We have a technical problem. Please call again later."]
    assert call.cause == "hangup"


def test_the_login_of_the_page_exempts_callbacks() -> None:
    """Callbacks pass the login of the example; ordinary pages do not."""
    app = names_in("def require_login")["app"]
    phone = CallbackBlueprint("phone", "example")
    phone.respond(InitiateCallback)(lambda call: SpeakSentence("Hello."))
    assert line_to(phone, app).call().heard == ["Hello."]
    assert app.test_client().get("/anything").headers["Location"] == "/login"


def test_the_outbound_call_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK is given the public URL of the handler and its credentials, and a call there is answered."""
    for name in ("USERNAME", "PASSWORD", "ACCOUNT_ID", "VOICE_APPLICATION_ID"):
        monkeypatch.setenv(f"BW_{name}", name.lower())
    created: list[CreateCall] = []
    monkeypatch.setattr(CallsApi, "create_call", lambda self, account, call: created.append(call))
    app = names_in("import CreateCall")["app"]
    result = app.test_cli_runner().invoke(args=["remind"])
    assert (result.output, result.exit_code) == ("", 0)
    (request,) = created
    assert request.answer_url == request.disconnect_url == "https://your.host/phone/reminder"
    assert (request.username, request.password) == ("bandwidth", "s3cret")
    call = SimulatedBandwidth(app).dial(request.to, "/phone/reminder")
    assert call.heard == ["Your bicycle is ready."]


@pytest.mark.skipif(not parts.has("store"), reason="store/ has been deleted")
@pytest.mark.parametrize("takes", [True, False])
def test_the_page_tells_declined_from_talked(takes: bool) -> None:
    """The example connects a person who presses 1, and knows later whether the two have talked."""
    call = line_to(names_in('state["accepted"] = True')["phone"]).call()
    leg = call.legs[0]
    assert leg.heard == ["Press 1 to take the call."]
    leg.press("1" if takes else "2")
    if takes:
        call.speak("Hello.")
        assert leg.heard[-1] == "Hello."
        leg.hang_up()
    assert leg.cause == "hangup"
    assert (call.heard[-1:] == ["We cannot take your call now."]) is not takes
    assert call.cause == "hangup"
