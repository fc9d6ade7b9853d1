"""The map: the picture of what leads where, which grows with the calls, and what exploring finds."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint
from flask_bandwidth_callbacks.bxml import Gather, Record, Redirect, SpeakSentence
from flask_bandwidth_callbacks.simulator.explore import Report, explore
from flask_bandwidth_callbacks.studio import live_map, web
from tests.studio.conftest import BOB, Client, Open


def svg(client: Client) -> str:
    version = client.wait_for("map")["version"]
    reply = client.request("GET", f"/map.svg?version={version}", None, Cookie=client.cookie)
    assert reply.getheader("Content-Type") == "image/svg+xml; charset=utf-8"
    return reply.read().decode()


def test_the_place_of_a_call_is_lit(phone_app: Flask, open_studio: Open) -> None:
    """The map grows as a call goes; the box of the document that runs is lit, and none after the call."""
    client = open_studio(phone_app)
    assert "A call begins" in svg(client)
    call = client.do("call")["call"]
    client.wait_for("map", lit=["box-s0"])
    assert "Press 1 for Bob." in svg(client)
    client.do("press", call=call, keys="1")
    client.wait_for("call", person=BOB, is_ringing=True)
    grown = client.wait_for("map", lit=["box-s1"])
    assert 'id="box-s1"' in svg(client)
    client.do("hang_up", call=call)
    client.wait_for("call", id=call, state="disconnected")
    assert client.wait_for("map", lit=[])["version"] == grown["version"]


def test_a_way_that_is_known_changes_nothing(phone_app: Flask, open_studio: Open) -> None:
    """A second call along the same way leaves the picture as it is; other keys join the same arrow."""
    client = open_studio(phone_app)
    versions = []
    for keys in ("7", "7", "8"):
        call = client.do("call")["call"]
        client.wait_for("call", id=call, takes_keys=True)
        client.do("press", call=call, keys=keys)
        client.wait_for("call", id=call, takes_keys=False)
        client.act("skip_silence")  # unless it has passed already
        client.wait_for("call", id=call, state="disconnected")
        versions.append(client.wait_for("map", lit=[])["version"])
    assert versions[0] == versions[1] < versions[2]
    drawn = svg(client)
    assert svg(client) == drawn
    assert "You pressed 7." in drawn
    assert "The call ends" in drawn


def test_other_documents(open_studio: Open, monkeypatch: Any) -> None:
    """Boxes without words are named after what they do; a redirect is an arrow; boxes are bounded."""
    monkeypatch.setattr(live_map, "_MOST_BOXES", 3)
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond("initiate")(lambda call: Redirect(redirect_url="next"))
    phone.respond("redirect", "/next")(lambda call: Record(record_complete_url="done", max_duration=60))
    phone.respond("recordComplete", "/done")(lambda call: Gather(gather_url="none"))
    phone.respond("gather", "/none")(lambda call: SpeakSentence("Beyond."))
    app = Flask("records")
    app.register_blueprint(phone, url_prefix="/phone")
    client = open_studio(app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    drawn = svg(client)
    assert "Redirect" in drawn
    assert "Record" in drawn
    client.do("press", call=call, keys="#")
    client.wait_for("callback", event="recordComplete")
    client.wait_for("map", lit=["box-s2"])
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1#")
    client.wait_for("line", words="Beyond.")
    assert "Beyond." not in svg(client)


def test_findings(phone_app: Flask, open_studio: Open) -> None:
    """What exploring finds comes on request, with its progress."""
    client = open_studio(phone_app)
    status, report = client.get("/findings")
    assert status == 200
    assert {finding["kind"] for finding in report["findings"]} >= {"exception"}
    assert client.wait_for("exploring")["calls"] >= 1


def test_exploring_once_at_a_time(phone_app: Flask, open_studio: Open, monkeypatch: Any) -> None:
    """Exploring runs once at a time; another request gets a sentence."""
    is_exploring, may_end = threading.Event(), threading.Event()

    def wait_and_explore(*args: Any, **options: Any) -> Report:
        is_exploring.set()
        may_end.wait(10)
        return explore(*args, **options)

    monkeypatch.setattr(web, "explore", wait_and_explore)
    client = open_studio(phone_app)
    first = threading.Thread(target=lambda: client.get("/findings"))
    first.start()
    assert is_exploring.wait(10)
    status, problem = client.get("/findings")
    may_end.set()
    first.join()
    assert (status, problem["detail"]) == (409, "The application is being explored already.")


def test_a_server_is_not_explored(open_studio: Open) -> None:
    """Only an application in process can be explored; for a server there is a sentence."""
    status, problem = open_studio("http://127.0.0.1:9/").get("/findings")
    assert status == 409
    assert "Only an application in process can be explored" in problem["detail"]
