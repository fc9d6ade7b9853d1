"""Calls over REST: made after the reply, seen in every state, redirected, updated, ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_bandwidth_callbacks import AnswerCallback, Callback, CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import Hangup, Pause, PhoneNumber, SpeakSentence, Transfer, Verb
from flask_bandwidth_callbacks.simulator import EndlessCall, SimulatedBandwidth
from tests.simulator.callbacks import events, told
from tests.simulator.rest.conftest import ACCOUNT, CLIENT, FRIEND, Rest, create_call, description

MakeRest = Callable[..., Rest]

# -- createCall ----------------------------------------------------------------------------------------------


def test_the_reply_comes_before_the_call(rest: MakeRest) -> None:
    """The call begins when its response has been read and closed, and not before."""
    client = rest(Pause(duration=60))
    response = client.client.post(f"/api/v2/accounts/{ACCOUNT}/calls", json=create_call(), auth=CLIENT)
    (call,) = client.bandwidth.calls
    assert (response.status_code, json.loads(response.data)["callId"]) == (201, call.call_id)
    assert (call.state, call.exchanges) == ("queued", [])
    response.close()
    assert (call.state, events(call.exchanges)) == ("answered", ["answer"])


def test_what_the_reply_holds(rest: MakeRest) -> None:
    """The reply repeats what was asked for, with defaults, and hides the passwords."""
    client = rest(Pause(duration=60))
    asked = {"username": "user", "password": "s3cret", "tag": "t", "displayName": "Ann"}
    response = client.send("POST", "/calls", create_call(**asked))
    body = response.json
    assert body is not None
    assert re.fullmatch(r"c-[0-9a-f]{8}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["callId"])
    assert len(body["callId"]) == 47
    url = f"https://voice.bandwidth.com/api/v2/accounts/{ACCOUNT}/calls/{body.pop('callId')}"
    assert (response.headers["Location"], body.pop("callUrl")) == (url, url)
    assert body == {
        "applicationId": "app-1",
        "accountId": ACCOUNT,
        "to": FRIEND,
        "from": "+13035550100",
        "enqueuedTime": "2026-01-05T15:00:00.000Z",
        "callTimeout": 30,
        "callbackTimeout": 15,
        "tag": "t",
        "answerMethod": "POST",
        "answerUrl": "https://localhost/phone/",
        "answerFallbackMethod": "POST",
        "disconnectMethod": "POST",
        "username": "user",
        "password": "********",
        "priority": 5,
    }


def test_what_callbacks_hold(rest: MakeRest) -> None:
    """Callbacks carry the account, the application and the tag of the request; URLs lead here."""
    client = rest(Pause(duration=60))
    created = client.create_call(tag="order 7", disconnectUrl="https://localhost/phone/told")
    call = client.bandwidth.calls[-1]
    answer = told(call.exchanges, "answer")
    assert (answer["accountId"], answer["applicationId"]) == (ACCOUNT, "app-1")
    assert (answer["tag"], answer["callUrl"]) == ("order 7", created["callUrl"])
    call.hang_up()
    assert told(call.exchanges, "disconnect")["cause"] == "hangup"
    assert client.get(created["callUrl"].partition(ACCOUNT)[2])["state"] == "disconnected"


def test_credentials_are_those_of_the_request(app: Flask) -> None:
    """Callbacks carry the username and password of createCall, and none without them."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("user", "s3cret")])
    phone.respond(AnswerCallback)(lambda event: Pause(duration=60))
    app.register_blueprint(phone, url_prefix="/phone")
    client = Rest(SimulatedBandwidth(app))
    assert [
        client.get(f"/calls/{client.create_call(**pair)['callId']}")["state"]
        for pair in ({"username": "user", "password": "s3cret"}, {"username": "user", "password": "x"}, {})
    ] == ["answered", "disconnected", "disconnected"]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_machine_detection(rest: MakeRest, mode: str) -> None:
    """The result of machine detection is in answer, or in an event of its own."""
    client = rest(Pause(duration=60))
    client.bandwidth.callee(FRIEND).answers(detected_as="answering-machine")
    client.create_call(machineDetection={"mode": mode, "callbackUrl": "https://localhost/phone/told"})
    client.bandwidth.wait(10)
    event = "answer" if mode == "sync" else "machineDetectionComplete"
    result = told(client.bandwidth.calls[-1].exchanges, event)["machineDetectionResult"]
    assert result["value"] == "answering-machine"


def test_a_call_made_by_a_handler(app: Flask) -> None:
    """A call that a handler makes is queued until the handler's callback is answered."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("user", "s3cret")])
    seen: list[Any] = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Verb:
        created = client.create_call(username="user", password="s3cret")
        seen.append(client.get(f"/calls/{created['callId']}"))
        return Pause(duration=60)

    @phone.respond(AnswerCallback)
    def answer(event: AnswerCallback) -> Verb:
        seen.append(client.get(f"/calls/{event.call_id}"))
        return Pause(duration=60)

    app.register_blueprint(phone, url_prefix="/phone")
    client = Rest(SimulatedBandwidth(app))
    client.bandwidth.call()
    assert [state["state"] for state in seen] == ["queued", "answered"]
    assert "startTime" not in seen[0]


def test_an_answer_url_on_another_host(rest: MakeRest) -> None:
    """Such a URL is accepted. The call ends for want of a document, and the simulation goes on."""
    client = rest(Pause(duration=60))
    created = client.create_call(answerUrl="https://example.com/answer")
    state = client.get(f"/calls/{created['callId']}")
    assert (state["state"], state["disconnectCause"]) == ("disconnected", "callback-error")
    assert "example.com" in state["errorMessage"]
    assert "example.com" in str(client.bandwidth.calls[-1])
    client.bandwidth.wait(1)
    assert client.bandwidth.call().state == "answered"


def test_an_error_of_a_handler_is_raised_by_the_test(rest: MakeRest) -> None:
    """What a handler raises does not come out of a request; the next step of the test raises it."""

    def fail(event: Callback) -> Verb:
        raise ValueError("broken")

    client = rest(fail)
    client.create_call()
    with pytest.raises(ValueError, match="broken"):
        client.bandwidth.wait(1)


def test_an_endless_conversation_with_itself(rest: MakeRest) -> None:
    """An application that redirects its call in response to each redirect is stopped with an error."""
    replies: list[Any] = []

    def again(event: Callback) -> Verb:
        call_id = client.bandwidth.calls[0].call_id
        body = {"redirectUrl": "https://localhost/phone/more"}
        replies.append(client.send("POST", f"/calls/{call_id}", body))
        return Pause(duration=60)

    client = rest(Pause(duration=60), more=again)
    call_id = client.bandwidth.call().call_id
    client.send("POST", f"/calls/{call_id}", {"redirectUrl": "https://localhost/phone/more"})
    assert {reply.status_code for reply in replies[:-1]} == {200}
    assert replies[-1].status_code == 400
    assert "each in response to the callback of the one before" in description(replies[-1])
    with pytest.raises(EndlessCall):
        client.bandwidth.wait(1)


# -- Limits --------------------------------------------------------------------------------------------------


def test_calls_per_second(rest: MakeRest) -> None:
    """Beyond the rate of the account, createCall is rejected with 429 until Retry-After is over."""
    client = rest(Pause(duration=60))
    client.bandwidth.limits.calls_per_second = 2
    client.create_call()
    client.create_call()
    response = client.send("POST", "/calls", create_call())
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    assert response.json == {
        "type": "error",
        "description": "Account call creation rate limit exceeded",
        "id": None,
    }
    client.bandwidth.wait(int(response.headers["Retry-After"]))
    client.create_call()


def test_calls_at_once(rest: MakeRest) -> None:
    """Beyond the number of calls at a time, createCall is rejected until a call has ended."""
    client = rest(Pause(duration=60))
    client.bandwidth.limits.calls_at_once = 1
    client.create_call()
    response = client.send("POST", "/calls", create_call())
    assert (response.status_code, description(response)) == (429, "Account concurrent call limit exceeded")
    client.bandwidth.calls[-1].hang_up()
    client.create_call()


def test_statistics(app: Flask) -> None:
    """The statistics count the queued calls, and say how many there may be."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("user", "s3cret")])
    seen: list[Any] = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Verb:
        for _ in range(3):
            client.create_call()
        seen.append(client.get("/statistics"))
        return Hangup()

    app.register_blueprint(phone, url_prefix="/phone")
    client = Rest(SimulatedBandwidth(app))
    client.bandwidth.call()
    client.bandwidth.limits.calls_per_second = 2
    assert [*seen, client.get("/statistics")] == [
        {"currentCallQueueSize": 3, "maxCallQueueSize": 1500},
        {"currentCallQueueSize": 0, "maxCallQueueSize": 600},
    ]


# -- The state of a call -------------------------------------------------------------------------------------


def test_states_and_times(rest: MakeRest) -> None:
    """A call has a state and the times of what has happened, and keeps them after its end."""
    client = rest(Pause(duration=60))
    client.bandwidth.callee(FRIEND).answers(after=3).hangs_up(after=5)
    path = f"/calls/{client.create_call()['callId']}"
    times = ("enqueuedTime", "startTime", "answerTime", "endTime", "lastUpdate")
    seen = []
    for seconds in (1, 3, 10):
        state = client.get(path)
        seen.append((state["state"], *(state.get(name, "")[17:19] for name in times)))
        client.bandwidth.wait(seconds)
    assert seen == [
        ("initiated", "00", "00", "", "", "00"),
        ("initiated", "00", "00", "", "", "00"),
        ("answered", "00", "00", "03", "", "03"),
    ]
    state = client.get(path)
    assert (state["state"], state["disconnectCause"], state["endTime"]) == (
        "disconnected",
        "hangup",
        "2026-01-05T15:00:08.000Z",
    )


def test_an_inbound_call(rest: MakeRest) -> None:
    """An inbound call shows how far the caller's number was verified, and was never enqueued."""
    client = rest(Hangup())
    state = client.get(f"/calls/{client.bandwidth.call().call_id}")
    assert state["direction"] == "inbound"
    assert state["stirShaken"]["attestationIndicator"] == "A"
    assert "enqueuedTime" not in state


def test_a_leg(rest: MakeRest) -> None:
    """The leg of a Transfer is a call with the id of its parent."""
    client = rest(Transfer(PhoneNumber(FRIEND)))
    call = client.bandwidth.call()
    state = client.get(f"/calls/{call.legs[0].call_id}")
    assert (state["parentCallId"], state["to"], state["direction"]) == (call.call_id, FRIEND, "outbound")


def test_a_list_of_calls(rest: MakeRest) -> None:
    """Calls are listed oldest first, in pages that lead to each other, and by every filter."""
    client = rest(Pause(duration=60))
    client.bandwidth.callee("+13035550142").is_busy()
    ids = []
    for to in (FRIEND, "+13035550142", FRIEND):
        ids.append(client.create_call(to=to)["callId"])
        client.bandwidth.wait(10)

    def listed(query: str = "") -> list[str]:
        return [call["callId"] for call in client.get(f"/calls{query}")]

    assert listed() == ids
    assert listed("?to=%2B13035550142&from=%2B13035550100") == listed("?disconnectCause=busy") == ids[1:2]
    assert listed("?from=%2B19") == []
    assert listed("?minStartTime=2026-01-05T15:00:10Z") == ids[1:]
    assert listed("?maxStartTime=2026-01-05T15:00:10Z") == ids[:2]
    pages = []
    url: str | None = "/calls?pageSize=2&from=%2B13035550100"
    while url is not None:
        response = client.send("GET", url)
        pages.append([call["callId"] for call in json.loads(response.data)])
        link = re.fullmatch(r'<(.*)>; rel="next"', response.headers.get("Link", ""))
        url = link[1].partition(ACCOUNT)[2] if link else None
    assert pages == [ids[:2], ids[2:]]


# -- Updates -------------------------------------------------------------------------------------------------


def test_redirect(rest: MakeRest) -> None:
    """updateCall sends redirect with the tag and the credentials given, and runs the document."""
    client = rest(Pause(duration=60), more=SpeakSentence("Redirected."))
    call = client.bandwidth.call()
    path = f"/calls/{call.call_id}"
    response = client.client.post(
        f"/api/v2/accounts/{ACCOUNT}{path}",
        json={"redirectUrl": "https://localhost/phone/more", "redirectMethod": "GET", "tag": "moved"},
        auth=CLIENT,
    )
    assert (response.status_code, response.data, call.heard) == (200, b"", [])
    response.close()
    assert call.heard == ["Redirected."]
    assert told(call.exchanges, "redirect")["tag"] == "moved"
    assert call.exchanges[1].method == "GET"


def test_redirect_to_the_fallback(rest: MakeRest) -> None:
    """A redirect that fails goes to its fallback URL."""
    client = rest(Pause(duration=60), more=SpeakSentence("Redirected."))
    call = client.bandwidth.call()
    body = {
        "redirectUrl": "https://example.com/",
        "redirectFallbackUrl": "https://localhost/phone/more",
        "fallbackUsername": "user",
        "fallbackPassword": "s3cret",
    }
    assert client.send("POST", f"/calls/{call.call_id}", body).status_code == 200
    assert call.heard == ["Redirected."]


def test_complete(rest: MakeRest) -> None:
    """A call that is completed ends; the tag of the request is that of its disconnect."""
    client = rest(Pause(duration=60))
    call = client.bandwidth.call()
    body = {"state": "completed", "tag": "done"}
    assert client.send("POST", f"/calls/{call.call_id}", body).status_code == 200
    assert (call.state, call.cause) == ("disconnected", "hangup")
    assert told(call.exchanges, "disconnect")["tag"] == "done"


def test_complete_a_queued_call(app: Flask) -> None:
    """A call that is queued can be completed, and nothing else."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("user", "s3cret")])
    statuses: list[int] = []

    @phone.respond(InitiateCallback)
    def greet(event: InitiateCallback) -> Verb:
        path = f"/calls/{client.create_call()['callId']}"
        for body in ({"redirectUrl": "https://localhost/phone/"}, {"state": "completed"}):
            statuses.append(client.send("POST", path, body).status_code)
        return Hangup()

    app.register_blueprint(phone, url_prefix="/phone")
    client = Rest(SimulatedBandwidth(app))
    client.bandwidth.call()
    assert statuses == [409, 200]
    assert (client.bandwidth.calls[-1].cause, client.bandwidth.calls[-1].exchanges) == ("cancel", [])


def test_update_bxml(rest: MakeRest) -> None:
    """updateCallBxml runs the document without an event; text/xml is accepted as well."""
    client = rest(Pause(duration=60))
    call = client.bandwidth.call()
    response = client.send(
        "PUT",
        f"/calls/{call.call_id}/bxml",
        data="<Response><SpeakSentence>Updated.</SpeakSentence><Pause duration='9'/></Response>",
        content_type="text/xml; charset=utf-8",
    )
    assert (response.status_code, response.data) == (204, b"")
    assert (call.heard, events(call.exchanges)) == (["Updated."], ["initiate"])


@pytest.mark.parametrize(
    "document",
    ["", "plain", "<html/>", "<Response><Gather maxDigits='x'/></Response>", "<Response>" + " " * 70_000],
)
def test_bxml_that_is_none(rest: MakeRest, document: str) -> None:
    """A body that is no BXML is rejected with 400, and the call goes on."""
    client = rest(Pause(duration=60))
    call = client.bandwidth.call()
    response = client.send(
        "PUT", f"/calls/{call.call_id}/bxml", data=document, content_type="application/xml"
    )
    assert response.status_code == 400
    assert description(response).startswith("Invalid BXML: ")
    assert call.state == "answered"


@pytest.mark.parametrize("state", ["ended", "ringing", "forwarded"])
def test_a_call_that_cannot_be_changed(rest: MakeRest, state: str) -> None:
    """A call that has ended, is not answered yet or was forwarded cannot be changed: 409."""
    forward = "<Response><Forward to='+13035550141'/></Response>"
    client = rest(forward if state == "forwarded" else Hangup())
    client.bandwidth.callee(FRIEND).answers(after=5)
    if state == "forwarded":
        call_id = client.bandwidth.call().call_id
    else:
        call_id = client.create_call()["callId"]
        client.bandwidth.wait(60 if state == "ended" else 1)
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "", {"body": {"redirectUrl": "https://localhost/phone/"}}),
        ("PUT", "/bxml", {"data": "<Response/>", "content_type": "application/xml"}),
    ]
    for method, path, options in requests:
        response = client.send(method, f"/calls/{call_id}{path}", **options)
        assert response.status_code == 409
        assert description(response).startswith(
            f"Call [{call_id}] cannot be modified in its current state. Cannot "
        )
