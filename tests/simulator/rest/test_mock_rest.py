"""``mock_rest``: who is let in, when what a request began goes on, and where it is on by itself."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3
from bandwidth import ApiClient, CallsApi, Configuration
from bandwidth.exceptions import ForbiddenException, UnauthorizedException
from bandwidth.models import CreateCall, UpdateCall
from flask import Flask

from flask_bandwidth_callbacks import AnswerCallback, CallbackBlueprint, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError

ANN = "+15556667777"
COMPANY = "+13035550100"
PHONE = "http://localhost/phone/"


def api(client_id: str = "id", client_secret: str = "secret") -> CallsApi:
    """Return the SDK's object for calls, with credentials as its README has them."""
    return CallsApi(ApiClient(Configuration(client_id=client_id, client_secret=client_secret)))


def create_call(calls: CallsApi, answer_url: str = PHONE, **properties: Any) -> str:
    """Make a call to Ann, and return its id."""
    body = CreateCall(
        to=ANN,
        var_from=COMPANY,
        application_id="app-1",
        answer_url=answer_url,
        username="bandwidth",
        password="s3cret",
        **properties,
    )
    call_id: str = calls.create_call("9900000", body).call_id
    return call_id


@pytest.fixture
def app(app: Flask, phone: CallbackBlueprint) -> Flask:
    """An application that says hello, and knows the calls that its view has made."""
    stored: list[str] = []

    @phone.respond(AnswerCallback)
    def greet(event: AnswerCallback) -> list[Any]:
        known = "known" if event.call_id in stored else "unknown"
        return [SpeakSentence(f"This call is {known}."), Gather(gather_url=pressed, max_digits=1)]

    @phone.respond(GatherCallback, "/pressed")
    def pressed(event: GatherCallback) -> list[Any]:
        return [SpeakSentence(f"You pressed {event.digits}."), Hangup()]

    @phone.respond(InitiateCallback)
    def reminded(event: InitiateCallback) -> list[Any]:
        stored.append(create_call(api()))
        return [SpeakSentence("You will be called."), Gather()]

    @app.post("/remind")
    def remind() -> str:
        stored.append(create_call(api()))
        return str(api().get_call_state("9900000", stored[-1]).state)

    @app.post("/fail")
    def fail() -> str:
        stored.append(create_call(api()))
        raise LookupError

    app.register_blueprint(phone, url_prefix="/phone")
    return app


# -- Who is let in -------------------------------------------------------------------------------------------


def test_any_credentials_but_not_none(bandwidth: SimulatedBandwidth) -> None:
    """Without clients=, any client is let in, with a token or with a username; one without is 401."""
    create_call(api("anything", "at all"))
    create_call(CallsApi(ApiClient(Configuration(username="any", password="one"))))
    assert len(bandwidth.calls) == 2
    with pytest.raises(UnauthorizedException):
        create_call(CallsApi(ApiClient(Configuration())))


def test_clients(app: Flask) -> None:
    """clients= are let in, forbidden= get 403, others 401, already for the token."""
    bandwidth = SimulatedBandwidth(app)
    with bandwidth.mock_rest(clients=[("id", "secret")], forbidden=[("known", "secret")]):
        create_call(api("id", "secret"))
        with pytest.raises(ForbiddenException):
            create_call(api("known", "secret"))
        with pytest.raises(KeyError, match="access_token"):  # all that the SDK says
            create_call(api("id", "wrong"))
        with pytest.raises(UnauthorizedException):
            create_call(CallsApi(ApiClient(Configuration(username="id", password="wrong"))))
    assert len(bandwidth.calls) == 1


def test_what_is_not_a_pair(app: Flask) -> None:
    """What is not a pair of an id and a secret is an error before any request."""
    with pytest.raises(SimulationError, match="clients"):
        SimulatedBandwidth(app).mock_rest(clients=["id:"])  # type: ignore[list-item]


# -- When it goes on -----------------------------------------------------------------------------------------


def test_a_call_of_the_test(bandwidth: SimulatedBandwidth) -> None:
    """A call that the test makes has been answered when the request returns; the test presses keys on it."""
    call_id = create_call(api())
    (call,) = bandwidth.calls
    assert (call.call_id, call.state, call.heard) == (call_id, "answered", ["This call is unknown."])
    call.press("7")
    assert call.heard[-1] == "You pressed 7."
    assert api().get_call_state("9900000", call_id).disconnect_cause == "hangup"


def test_a_call_of_a_view(bandwidth: SimulatedBandwidth, app: Flask) -> None:
    """A call that a view makes is queued until the view has ended, which can store its id."""
    assert app.test_client().post("/remind").text == "queued"
    assert bandwidth.calls[-1].heard == ["This call is known."]


def test_a_call_of_a_view_with_an_open_context(bandwidth: SimulatedBandwidth, app: Flask) -> None:
    """A test client that keeps the context of its last request does not hold the call back."""
    with app.test_client() as client:
        client.post("/remind")
        assert bandwidth.calls[-1].heard == ["This call is known."]


def test_a_call_of_a_view_that_fails(bandwidth: SimulatedBandwidth, app: Flask) -> None:
    """A call goes on although the view that made it raises an exception afterwards."""
    with pytest.raises(LookupError):
        app.test_client().post("/fail")
    assert bandwidth.calls[-1].heard == ["This call is known."]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert app.test_client().post("/fail").status_code == 500
    assert bandwidth.calls[-1].heard == ["This call is known."]


def test_a_call_of_a_handler(bandwidth: SimulatedBandwidth) -> None:
    """A call that a handler makes begins when its callback is answered."""
    call = bandwidth.call()
    assert call.heard == ["You will be called."]
    assert bandwidth.calls[-1].heard == ["This call is known."]


def test_a_call_of_another_thread(bandwidth: SimulatedBandwidth) -> None:
    """A thread of the application reaches the simulation of the test."""
    with ThreadPoolExecutor() as threads:
        threads.submit(create_call, api()).result(10)
    assert bandwidth.calls[-1].heard == ["This call is unknown."]


def test_redirect_by_a_view(bandwidth: SimulatedBandwidth, app: Flask) -> None:
    """A view that changes a call of the test does so when it has replied."""

    @app.post("/hang-up/<call_id>")
    def hang_up(call_id: str) -> str:
        api().update_call("9900000", call_id, UpdateCall(state="completed"))
        return bandwidth.find_call(call_id).state

    call = bandwidth.call()
    app.test_client().post(f"/hang-up/{call.call_id}")
    assert call.state == "disconnected"


# -- Where it is on ------------------------------------------------------------------------------------------


def test_without_the_folder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the folder rest/ has been deleted, mock_rest says so, and calls work without it."""
    monkeypatch.setitem(sys.modules, "flask_bandwidth_callbacks.simulator.rest", None)
    bandwidth = SimulatedBandwidth(app)
    with pytest.raises(SimulationError, match=r"flask_bandwidth_callbacks\.simulator\.rest is missing"):
        bandwidth.mock_rest()
    before = urllib3.HTTPConnectionPool.urlopen
    with bandwidth.mock_rest_if_installed():
        assert urllib3.HTTPConnectionPool.urlopen is before
