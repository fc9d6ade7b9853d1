"""Calls on the page: what people do, and what the page hears."""

from __future__ import annotations

from flask import Flask

from tests.studio.conftest import BOB, Open


def test_a_call(phone_app: Flask, open_studio: Open) -> None:
    """A call is made, heard, pressed a key on and hung up."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("line", call=call, kind="hears", words="Press 1 for Bob.")
    assert client.wait_for("call", id=call, takes_keys=True)["state"] == "answered"
    client.do("press", call=call, keys="7")
    client.wait_for("line", call=call, words="You pressed 7.")
    client.do("hang_up", call=call)
    client.wait_for("call", id=call, state="disconnected", cause="hangup")
    callback = client.wait_for("callback", event="gather")
    assert "menu (conftest.py:" in callback["handler"]
    assert callback["status"] == 200
    assert client.act("press", call=call, keys="1")[0] == 409


def test_another_person_answers(phone_app: Flask, open_studio: Open) -> None:
    """A number that is called rings until a person picks up."""
    client = open_studio(phone_app)
    call = client.do("call")["call"]
    client.wait_for("call", id=call, takes_keys=True)
    client.do("press", call=call, keys="1")
    leg = client.wait_for("call", person=BOB, is_ringing=True)
    assert leg["decides"] == "person"
    client.do("answer", call=leg["id"])
    client.wait_for("line", call=leg["id"], text="picks up")
    client.wait_for("call", id=leg["id"], state="answered", is_listened_to=True)
    client.do("hang_up", call=leg["id"])
    client.wait_for("line", call=call, words="Bob: hangup.")
