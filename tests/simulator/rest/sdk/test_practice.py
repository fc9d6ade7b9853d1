"""A whole application with the SDK inside, unchanged, under the pytest fixture."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.simulator.rest.sdk.practice import create_app

PATIENT = "+13035550141"
REMINDER = {"to": PATIENT, "time": "ten"}
APPOINTMENT = "Your appointment is at ten."


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The practice, with credentials that Bandwidth has never heard of."""
    for name, value in {"CLIENT_ID": "id", "CLIENT_SECRET": "s3cret", "CALLBACK_PASSWORD": "t0p"}.items():
        monkeypatch.setenv(name, value)
    app = create_app()
    app.testing = True
    return app


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    """The web interface of the practice."""
    return app.test_client()


def test_remind_a_person(bandwidth: SimulatedBandwidth, web: FlaskClient) -> None:
    """A person who answers a reminder confirms it with a key."""
    bandwidth.callee(PATIENT).answers(after=4)
    made = web.post("/reminders", json={**REMINDER, "mode": "sync"})
    assert made.status_code == 201
    call = bandwidth.find_call(made.json["call_id"])  # type: ignore[index]
    assert (call.state, call.heard) == ("initiated", [])
    call.wait(6)
    assert call.heard == [APPOINTMENT, "Press 1 to confirm."]
    call.press("1")
    assert (call.heard[-1], call.cause) == ("Thank you.", "hangup")


def test_remind_a_machine(bandwidth: SimulatedBandwidth, web: FlaskClient) -> None:
    """A machine that is detected before the answer hears the reminder, and no question."""
    bandwidth.callee(PATIENT).answers(detected_as="answering-machine")
    web.post("/reminders", json={**REMINDER, "mode": "sync"})
    call = bandwidth.calls[-1]
    call.wait(2)
    assert (call.heard, call.cause) == ([APPOINTMENT], "hangup")


@pytest.mark.parametrize(
    ("detected_as", "heard"),
    [
        ("human", [APPOINTMENT, "Press 1 to confirm."]),
        ("answering-machine", [APPOINTMENT, "Press 1 to confirm.", f"Once more: {APPOINTMENT}"]),
    ],
)
def test_detect_a_machine_later(
    bandwidth: SimulatedBandwidth, web: FlaskClient, detected_as: str, heard: list[str]
) -> None:
    """A machine that is detected during the call gets a new document over REST; a person is left alone."""
    bandwidth.callee(PATIENT).answers(detected_as=detected_as)  # type: ignore[arg-type]
    web.post("/reminders", json={**REMINDER, "mode": "async"})
    call = bandwidth.calls[-1]
    call.wait(4)
    assert [exchange.event for exchange in call.exchanges[:2]] == ["answer", "machineDetectionComplete"]
    assert call.heard == heard


def test_an_unreachable_patient(bandwidth: SimulatedBandwidth, web: FlaskClient) -> None:
    """The application can be called while a patient does not answer."""
    bandwidth.callee(PATIENT).does_not_answer()
    web.post("/reminders", json={**REMINDER, "mode": "sync"})
    assert bandwidth.call().heard == ["Please hold."]
    bandwidth.wait(40)
    assert bandwidth.calls[0].cause == "timeout"


def test_the_queue(bandwidth: SimulatedBandwidth, web: FlaskClient) -> None:
    """Callers are fetched from the queue in order; one who has hung up is passed over."""
    first, second = bandwidth.call(var_from="+13035550151"), bandwidth.call(var_from="+13035550152")
    bandwidth.wait(35)
    assert first.heard == ["Please hold.", "You are still in the queue."]
    first.hang_up()
    assert web.post("/queue/next", json={"to": "advice"}).json == {"call_id": second.call_id}
    assert second in [member.call for member in bandwidth.conference("advice").members.values()]
    assert web.post("/queue/next", json={"to": "advice"}).json == {"call_id": None}


def test_a_conference(bandwidth: SimulatedBandwidth, web: FlaskClient) -> None:
    """A conference is filled, spoken to, muted and ended over REST."""
    doctor, nurse = bandwidth.call(), bandwidth.call()
    for _ in range(2):
        web.post("/queue/next", json={"to": "round"})
    web.post("/conferences/round", json={"say": "It is noon.", "lecture": True})
    assert doctor.heard[-1] == nurse.heard[-1] == "It is noon."
    nurse.speak("Is it?", seconds=2)
    doctor.speak("It is.", seconds=2)
    assert "Is it?" not in doctor.heard
    web.post("/conferences/round", json={"end": True})
    assert doctor.heard[-1] == nurse.heard[-1] == "The conference is over."
    assert doctor.cause == nurse.cause == "hangup"


def test_a_message(bandwidth: SimulatedBandwidth, web: FlaskClient) -> None:
    """A message is recorded, downloaded, opened, transcribed, listed and deleted."""
    call = bandwidth.call()
    web.post("/queue/next", json={"to": "messages"})
    call.speak("My back hurts.", seconds=7)
    call.press("#")
    assert call.cause == "hangup"
    bandwidth.wait(30)
    message = web.get(f"/messages/{call.call_id}").json
    assert message == {
        "statuses": ["complete"],
        "seconds": pytest.approx(7, abs=0.3),
        "text": "My back hurts.",
    }
    web.delete(f"/messages/{call.call_id}")
    assert web.get(f"/messages/{call.call_id}").json["statuses"] == []  # type: ignore[index]
