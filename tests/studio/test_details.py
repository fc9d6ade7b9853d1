"""What the page shows of a callback when it is opened, and what can be done with it."""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.studio.callbacks import CallbackRecord
from flask_bandwidth_callbacks.studio.tests_of_callbacks import written_test
from tests.studio.conftest import BOB, Client, Open, line_with_menu


def run_test(text: str) -> None:
    """Run a test that the page has written, with a new application."""
    names: dict[str, Any] = {}
    exec(compile(text, "test_written.py", "exec"), names)
    (test,) = [value for name, value in names.items() if name.startswith("test_")]
    test(SimulatedBandwidth(line_with_menu(), raise_errors=True))


def details(client: Client, **properties: Any) -> Any:
    number = client.wait_for("callback", **properties)["number"]
    status, shown = client.get(f"/callbacks/{number}")
    assert status == 200
    return shown


def test_the_reply_and_the_payload(phone_app: Flask, open_studio: Open) -> None:
    """A callback shows its payload, its reply as it came, and as BXML with an element on each line."""
    client = open_studio(phone_app)
    client.do("call", **{"from": BOB})
    shown = details(client, event="initiate")
    assert shown["payload"]["from"] == BOB
    assert "<Gather" in shown["reply"]
    assert "\n    <SpeakSentence>Press 1 for Bob.</SpeakSentence>\n" in shown["reply_pretty"]
    assert shown["log"] == []
    assert shown["traceback"] is None


def test_a_handler_that_raises(phone_app: Flask, open_studio: Open) -> None:
    """The traceback and the log of an exception stand at its callback; the call ends with a sentence."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="2")
    summary = client.wait_for("callback", event="gather", has_traceback=True)
    assert "RuntimeError: The printer is on fire." in summary["failure"]
    assert 'raise RuntimeError("The printer is on fire.")' in details(client, event="gather")["traceback"]
    ended = client.wait_for("call", id=call, state="disconnected", cause="callback-error")
    assert "The printer is on fire." in ended["error"]


def test_curl(open_studio: Open) -> None:
    """The command line sends the payload, whatever is in it, with a placeholder for the credentials."""
    client = open_studio("http://127.0.0.1:9/phone/", credentials=("user", "s3cret"))
    payload = {"eventType": "gather", "text": "It's $HOME; `ls`"}
    client.do("send", event="gather", payload=payload)
    curl = details(client, event="gather")["curl"]
    assert "s3cret" not in curl
    assert "-u USER:PASSWORD" in curl
    words = subprocess.run(
        ["sh", "-c", curl.replace("curl ", "printf '%s\\n' ", 1)], capture_output=True, text=True
    )
    assert words.stdout.splitlines()[-1] == '{"eventType": "gather", "text": "It\'s $HOME; `ls`"}'


def test_a_call_as_a_test(phone_app: Flask, open_studio: Open) -> None:
    """The test of a callback plays the whole call again, with what every person did, and passes."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    leg = client.wait_for("call", person=BOB, is_ringing=True)["id"]
    client.do("answer", call=leg)
    client.wait_for("call", id=leg, is_listened_to=True)
    client.do("speak", call=leg, text="Bob here.")
    client.do("hang_up", call=leg)
    client.wait_for("call", id=call, state="disconnected")
    text = details(client, event="gather")["test"]
    assert 'call.press("1")' in text
    assert f'leg_to(call, "{BOB}").speak("Bob here.")' in text
    assert '"Bob: hangup."' in text
    run_test(text)


def test_a_silence_as_a_test(phone_app: Flask, open_studio: Open) -> None:
    """Where nothing was pressed, the test waits; a person who did not answer does not answer in it."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    client.wait_for("call", person=BOB, is_ringing=True)
    client.act("skip_silence")  # unless it has passed already
    client.wait_for("call", id=call, state="disconnected")
    text = details(client, event="transferComplete")["test"]
    assert "does_not_answer()" in text
    assert "call.wait(" in text
    run_test(text)


def test_a_sent_callback_as_a_test(phone_app: Flask, open_studio: Open) -> None:
    """The test of a callback that belongs to no call sends it, and passes."""
    client = open_studio(phone_app)
    client.do("send", event="gather", payload={"eventType": "gather", "callId": "c-1", "digits": "7"})
    shown = details(client, event="gather", source="sent")
    assert shown["reply_pretty"].count("You pressed 7.") == 1
    run_test(shown["test"])


def test_sending_again(phone_app: Flask, open_studio: Open) -> None:
    """A callback that is sent again goes to the same URL, and reaches the handler."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="7")
    first = client.wait_for("callback", event="gather")
    client.do("send_again", number=first["number"])
    again = client.wait_for("callback", event="gather", source="sent")
    assert again["url"] == first["url"]
    assert again["handler"] == first["handler"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"event": "gathered", "payload": {}}, "event must be an event of Bandwidth"),
        ({"event": "gather", "payload": []}, "payload must be an object"),
        ({"event": "gather", "payload": {}, "url": "ftp://x"}, "ftp"),
        ({"event": "gather", "payload": {}, "url": 7}, "url must be text"),
    ],
)
def test_an_event_that_cannot_be_sent(
    phone_app: Flask, open_studio: Open, arguments: dict[str, Any], sentence: str
) -> None:
    """A sentence says why an event cannot be sent."""
    status, problem = open_studio(phone_app).act("send", **arguments)
    assert status == 400
    assert sentence in problem["detail"]


def test_a_callback_that_is_not_kept(phone_app: Flask, open_studio: Open) -> None:
    """A callback that is not kept, or is not a number, gives a sentence."""
    client = open_studio(phone_app)
    assert client.get("/callbacks/7") == (
        404,
        {"status": 404, "detail": "Callback 7 is not kept; the latest 2,000 are."},
    )
    assert "number must be" in client.act("send_again", number="7")[1]["detail"]


def test_samples(phone_app: Flask, open_studio: Open) -> None:
    """Every event has a sample with all its properties, and what is known of each."""
    status, samples = open_studio(phone_app).get("/samples")
    assert status == 200
    gather = next(sample for sample in samples if sample["event"] == "gather")
    hints = {hint["name"]: hint for hint in gather["properties"]}
    assert gather["payload"].keys() <= hints.keys()
    assert hints["digits"]["type"] == "text"
    assert hints["callId"]["required"]
    assert not hints["digits"]["required"]
    assert hints["startTime"]["type"].startswith("time")
    for sample in samples:
        for hint in sample["properties"]:
            assert hint["type"], hint
    initiate = next(sample for sample in samples if sample["event"] == "initiate")
    nested = {hint["name"]: hint["meaning"] for hint in initiate["properties"]}
    assert nested["diversion.origTo"] == "Last number that the call was diverted from."


# -- Whatever a caller says ----------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda values: st.lists(values), max_leaves=5
)
PAYLOADS = st.dictionaries(st.text(), JSON)


def record_of(event: str, payload: dict[str, Any], path: str = "/phone/") -> CallbackRecord:
    url = f"https://localhost{path}"
    return CallbackRecord(event, "POST", url, payload, None, None, 200, "", False, 1.0, "sent")


@settings(deadline=None)
@given(payload=PAYLOADS)
def test_any_payload_as_curl(payload: dict[str, Any]) -> None:
    """A shell reads the payload from the command line as it was, whatever is in it."""
    assert json.loads(shlex.split(record_of("gather", payload).curl)[-1]) == payload


@settings(deadline=None)
@given(event=st.text(), payload=PAYLOADS, path=st.text().map(lambda text: f"/{text}"))
def test_any_callback_as_a_test(event: str, payload: dict[str, Any], path: str) -> None:
    """The test of a callback is Python, and sends the same, whatever is in it."""
    module = ast.parse(written_test(None, record_of(event, payload, path)))
    (test,) = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    assigned, sending = test.body[:2]
    assert isinstance(assigned, ast.Assign)
    assert isinstance(sending, ast.Assign)
    assert isinstance(sending.value, ast.Call)
    assert ast.literal_eval(assigned.value) == payload
    assert ast.literal_eval(sending.value.args[0]) == event
    assert ast.literal_eval(sending.value.keywords[0].value) == path
