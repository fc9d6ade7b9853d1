"""A session: real time, other people, rules, bad input, and an application that is not there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint
from flask_bandwidth_callbacks.bxml import Conference, Gather, Hangup, SpeakSentence
from flask_bandwidth_callbacks.cli.studio import Handler
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from flask_bandwidth_callbacks.studio import session as session_module
from flask_bandwidth_callbacks.studio.callbacks import KEPT_CALLBACKS, CallbackRecord
from flask_bandwidth_callbacks.studio.feed import KEPT_EVENTS
from tests.studio.conftest import BOB, Client, Open, free_port, line_with_menu


@contextmanager
def server_of(app: Flask, port: int) -> Iterator[None]:
    """Run an application in a server of its own."""
    with make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def line(**handlers: Any) -> Flask:
    """Return an application that replies to events, by their types."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    for event, reply in handlers.items():
        phone.respond(event)(lambda call, reply=reply: reply(call) if callable(reply) else reply)
    app = Flask("line")
    app.register_blueprint(phone, url_prefix="/phone")
    return app


def ended(client: Client, call: str) -> dict[str, Any]:
    return client.wait_for("call", id=call, state="disconnected")


# -- Time and people -----------------------------------------------------------------------------------------


def test_time_follows_the_clock(phone_app: Flask, open_studio: Open) -> None:
    """A sentence takes as long as it does; skipping the silence goes to what happens next."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    began = time.monotonic()
    client.do("press", call=call, keys="7")
    heard = client.wait_for("line", words="You pressed 7.")
    gone = ended(client, call)
    assert time.monotonic() - began > 0.9
    assert gone["ended_ms"] - heard["milliseconds"] >= 900
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    for _ in range(3):  # the sentence, then the wait for a key
        client.act("skip_silence")
    client.wait_for("line", call=call, words="You pressed nothing.")


def test_nothing_to_skip(phone_app: Flask, open_studio: Open) -> None:
    """Where nothing is going to happen, there is nothing to skip, and a sentence says so."""
    client = open_studio(phone_app)
    status, problem = client.act("skip_silence")
    assert status == 409
    assert problem["detail"].startswith("Nothing is going to happen by itself now.")


@pytest.mark.parametrize(("action", "cause"), [("reject", "rejected"), ("busy", "busy")])
def test_a_person_does_not_answer(phone_app: Flask, open_studio: Open, action: str, cause: str) -> None:
    """A person whose telephone rings rejects the call, or is busy; then the telephone rings no more."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    leg = client.wait_for("call", person=BOB, is_ringing=True)["id"]
    client.do(action, call=leg)
    client.wait_for("line", call=call, words=f"Bob: {cause}.")
    assert ended(client, leg)["is_ringing"] is False
    assert client.act("answer", call=leg)[0] == 409


def test_a_telephone_rings_until_the_timeout(phone_app: Flask, open_studio: Open) -> None:
    """callTimeout ends the ringing where no person decides."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    client.wait_for("call", person=BOB, is_ringing=True)
    client.wait_for("line", call=call, words="Bob: timeout.")


def test_rules(phone_app: Flask, open_studio: Open) -> None:
    """A rule decides instead of a person until it is taken back; a call may bring its own rules."""
    client = open_studio(phone_app)
    client.do("rule", number=BOB, behavior="busy")
    client.wait_for("rule", number=BOB, behavior="busy")
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    assert client.wait_for("call", person=BOB, state="disconnected")["decides"] == "rule"
    client.wait_for("line", call=call, words="Bob: busy.")
    client.do("rule", number=BOB, behavior=None)
    client.wait_for("rule", number=BOB, behavior=None)
    call = client.do("call", callees={BOB: "rejects"})["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    client.wait_for("line", call=call, words="Bob: rejected.")


def test_a_slow_handler_blocks_no_one(open_studio: Open) -> None:
    """While a handler thinks, actions are accepted at once, and take effect when it has replied."""
    may_reply = threading.Event()

    def think(call: Any) -> Any:
        may_reply.wait(10)
        return [Gather(SpeakSentence("Done."))]

    client = open_studio(line(initiate=think))
    call = client.do("call")["call"]
    client.wait_for("call", id=call, state="initiated")
    client.do("hang_up", call=call)
    assert client.get("/samples")[0] == 200
    assert client.heard("callback") == []
    may_reply.set()
    assert ended(client, call)["cause"] == "cancel"


def test_an_outbound_call(open_studio: Open) -> None:
    """A call that the application makes rings at a person; its test is written when it was answered."""
    app = line(answer=[SpeakSentence("Your table is ready."), Hangup()], initiate=Hangup())
    client = open_studio(app)
    session = client.studio.session
    assert session is not None
    for action in ("reject", "answer"):
        with session.acting() as bandwidth:
            call = bandwidth.dial(BOB, "/phone/", disconnect_url="/phone/").call_id
        client.wait_for("call", id=call, direction="outbound", person=BOB, is_ringing=True)
        client.do(action, call=call)
        ended(client, call)
        callback = client.wait_for("callback", event="disconnect", call=call)
        test = client.get(f"/callbacks/{callback['number']}")[1]["test"]
        assert ("bandwidth.dial" in test) is (action == "answer")
        assert ("bandwidth.send" in test) is (action == "reject")


def test_a_leg_as_a_test(phone_app: Flask, open_studio: Open) -> None:
    """The test of a callback about a leg is that of the whole call; without a call, it sends the callback."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    leg = client.wait_for("call", person=BOB, is_ringing=True)["id"]
    for call_id, words in ((leg, "press_1"), ("c-unknown", "bandwidth.send")):
        client.studio.callbacks.add(
            CallbackRecord("transferAnswer", "POST", "/", {}, call_id, None, 200, "", False, 1.0, "simulated")
        )
        number = client.wait_for("callback", call=call_id)["number"]
        assert words in client.get(f"/callbacks/{number}")[1]["test"]


def test_a_callback_of_a_conference_is_listed_once(open_studio: Open) -> None:
    """A callback of a conference, which the conversation of every member shows, is one in the list."""
    room = Conference("weekly", conference_event_url="/phone/", conference_event_method="GET")
    client = open_studio(line(initiate=room, conferenceMemberJoin=None, conferenceCreated=None))
    for _ in range(2):
        call = client.do("call")["call"]
        client.wait_for("callback", event="conferenceMemberJoin", call=call)
    assert len(client.heard("callback", event="conferenceMemberJoin")) == 2
    number = client.heard("callback", event="conferenceMemberJoin")[0]["number"]
    curl = client.get(f"/callbacks/{number}")[1]["curl"]
    assert curl.startswith("curl -u USER:PASSWORD 'http://127.0.0.1:5000/phone/?")
    assert "&eventType=conferenceMemberJoin&" in curl
    client.do("send_again", number=number)
    client.wait_for("callback", event="conferenceMemberJoin", method="GET", source="sent")


# -- Bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "arguments", "sentence"),
    [
        ("call", {"from": "tomorrow"}, "The caller's number must be + and digits"),
        ("call", {"to": 7}, "to must be text, got 7."),
        ("call", {"callees": [BOB]}, "callees must be an object"),
        (
            "call",
            {"callees": {BOB: "sings"}},
            "behavior must be one of answers, busy, rejects, none, or null",
        ),
        ("rule", {"number": "bob", "behavior": "busy"}, "The callee's number must be"),
        ("press", {"call": "c-1", "keys": "1"}, "Call 'c-1' does not exist"),
        ("press", {}, "call must be text, got None."),
        ("send_again", {"number": True}, "number must be that of a callback, got True."),
        ("send_again", {"number": 77}, "Callback 77 is not kept"),
    ],
)
def test_bad_input(
    phone_app: Flask, open_studio: Open, action: str, arguments: dict[str, Any], sentence: str
) -> None:
    """What cannot be done is a problem with a sentence."""
    status, problem = open_studio(phone_app).act(action, **arguments)
    assert status in (400, 404)
    assert problem["detail"].startswith(sentence)


@pytest.mark.parametrize("keys", ["", "x", "1 2"])
def test_keys_that_no_telephone_has(phone_app: Flask, open_studio: Open, keys: str) -> None:
    """Keys that no telephone has are a problem with a sentence; the call goes on."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    assert client.act("press", call=call, keys=keys)[0] == 400
    assert client.act("speak", call=call, text=" ")[0] == 400
    client.do("hang_up", call=call)
    ended(client, call)


def test_an_application_that_cannot_be_loaded(phone_app: Flask, open_studio: Open) -> None:
    """Without an application, actions say why nothing happens, and the page is served."""
    client = open_studio(phone_app)
    client.studio.session = None
    client.studio.show_broken("SyntaxError: half a thought")
    assert client.wait_for("application", state="broken")["error"] == "SyntaxError: half a thought"
    for answer in (client.act("call"), client.get("/map.svg"), client.get("/findings")):
        assert answer == (409, {"status": 409, "detail": "The application cannot be loaded. Mend it first."})
    client.studio.callbacks.add(
        CallbackRecord("gather", "POST", "/", {}, "c-1", None, 200, "", False, 1.0, "simulated")
    )
    number = client.wait_for("callback", call="c-1")["number"]
    assert "bandwidth.send" in client.get(f"/callbacks/{number}")[1]["test"]


def test_a_server_that_dies_during_a_call(open_studio: Open) -> None:
    """A server that is not reached any more is shown, and why the call has ended; and when it is back."""
    port = free_port()
    client = open_studio(f"http://127.0.0.1:{port}/phone/")
    with server_of(line_with_menu(), port):
        call = client.do("call")["call"]
        client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="7")
    assert "no connection" in ended(client, call)["error"]
    gone = client.wait_for("application", state="gone")
    url = f"http://127.0.0.1:{port}/phone/"
    assert gone["error"] == f"No server is reached at {url}. Start it, then call again."
    client.do("call")
    client.wait_for("problem")
    before = len(client.events)
    with server_of(line_with_menu(), port):
        call = client.do("call")["call"]
        client.wait_for("line", call=call, words="Press 1 for Bob.")
        states = [data["state"] for kind, data in client.events[before:] if kind == "application"]
        assert states == ["ready"]


def test_a_job_that_fails(phone_app: Flask, open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no action can return is a sentence on the page, once, and time goes on."""

    def fail(*args: Any, **options: Any) -> None:
        raise OSError("The disk is full.")

    client = open_studio(phone_app)
    monkeypatch.setattr(SimulatedBandwidth, "send", fail)
    for _ in range(2):
        client.do("send", event="gather", payload={"eventType": "gather"})
    client.wait_for("problem", text="OSError: The disk is full.")
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    assert len(client.heard("problem")) == 1


def test_a_callback_without_a_time_is_sent_again(phone_app: Flask, open_studio: Open) -> None:
    """A callback that has no eventTime is sent again as it is."""
    client = open_studio(phone_app)
    client.do("send", event="gather", payload={"eventType": "gather", "callId": 7})
    first = client.wait_for("callback", source="sent")
    assert first["call"] is None
    client.do("send_again", number=first["number"])
    client.wait_for("callback", source="sent", number=first["number"] + 1)


# -- Long sessions -------------------------------------------------------------------------------------------


@pytest.mark.no_cover
def test_ten_thousand_callbacks(phone_app: Flask, open_studio: Open) -> None:
    """Of 10,000 callbacks the latest can be opened, and a page that is loaded again hears of the latest."""
    client = open_studio(phone_app)
    for number in range(10_000):
        client.studio.callbacks.add(
            CallbackRecord("gather", "POST", f"/{number}", {}, None, None, 204, "", False, 1.0, "watched")
        )
    client.wait_for("callback", number=10_000)
    assert client.get(f"/callbacks/{10_000 - KEPT_CALLBACKS}")[0] == 404
    assert client.get(f"/callbacks/{10_001 - KEPT_CALLBACKS}")[0] == 200
    other = Client(client.studio)
    other.listen()
    other.wait_for("callback", number=10_000)
    assert len(other.heard("callback")) <= KEPT_EVENTS


def test_calls_that_ended_long_ago(
    phone_app: Flask, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is loaded again hears of the latest calls that have ended, and of those that are up."""
    monkeypatch.setattr(session_module, "KEPT_CALLS", 2)
    client = open_studio(phone_app)
    calls = [client.do("call")["call"] for _ in range(4)]
    for call in calls[:3]:
        client.wait_for("call", id=call, takes_keys=True)
        client.do("hang_up", call=call)
        ended(client, call)
    client.wait_for("call", id=calls[3], takes_keys=True)
    other = Client(client.studio)
    other.listen()
    other.wait_for("call", id=calls[3])
    assert {each["id"] for each in other.heard("call")} == set(calls[1:])


def test_clearing(phone_app: Flask, open_studio: Open) -> None:
    """Clearing forgets callbacks and calls that have ended; a call that is up stays."""
    client = open_studio(phone_app)
    over, up = (client.do("call")["call"] for _ in range(2))
    client.wait_for("call", id=over, takes_keys=True)
    client.wait_for("call", id=up, takes_keys=True)
    client.do("hang_up", call=over)
    ended(client, over)
    client.wait_for("callback", event="disconnect", call=over)
    client.do("clear")
    assert client.get("/callbacks/1")[0] == 404
    other = Client(client.studio)
    other.listen()
    other.wait_for("call", id=up)
    assert [each["id"] for each in other.heard("call")] == [up]
    assert other.heard("callback") == []


def test_two_pages_and_a_reload(phone_app: Flask, open_studio: Open) -> None:
    """Two pages hear the same; one that is loaded again in the middle of a call knows all of it."""
    client = open_studio(phone_app)
    second = Client(client.studio)
    second.listen()
    call = client.do("call")["call"]
    second.wait_for("call", id=call, takes_keys=True)
    second.do("press", call=call, keys="7")
    client.wait_for("line", call=call, kind="presses", text="presses 7")
    client.wait_for("line", call=call, words="You pressed 7.")
    third = Client(client.studio)
    third.listen()
    third.wait_for("line", call=call, words="You pressed 7.")
    third.wait_for("line", call=call, words="Press 1 for Bob.")
    third.wait_for("callback", event="gather", call=call)
