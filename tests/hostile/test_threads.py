"""Sixteen threads: no call gets another call's event or reply, from the first request on."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask, current_app, g, request
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import CallbackBlueprint, CallCallback, GatherCallback, InitiateCallback
from flask_bandwidth_callbacks.bxml import Gather, Redirect, SpeakSentence, Tag, Verb
from tests.servers import ROOT

THREADS = 16
CALLS = 5
PAIRS = [("one", "0ne"), ("two", "tw0")]
"""The credentials of each application."""
NUMBERS = [f"+1555000{number:04}" for number in range(THREADS)]
"""One for each thread."""

Heard = dict[str | None, list[str]]


def make_phone(heard: Heard) -> CallbackBlueprint:
    """Return a blueprint with handlers of all kinds: by number, by pattern, with path variables."""
    phone = CallbackBlueprint("phone", __name__)

    def answer(call: InitiateCallback, number: str) -> list[Verb]:
        assert g.call_id == call.call_id
        assert phone.credentials is not None
        return [
            SpeakSentence(f"{number} answers {call.call_id} for {phone.credentials.username}."),
            Tag(phone.url_for(room, name=call.call_id)),
            Gather(gather_url=menu),
        ]

    for number in NUMBERS:
        phone.respond(InitiateCallback, to=number)(lambda call, number=number: answer(call, number))

    @phone.respond(GatherCallback, "/menu", digits=str.isdigit)
    def menu(call: GatherCallback) -> SpeakSentence:
        return SpeakSentence(f"{call.call_id} pressed {call.digits}.")

    @phone.respond(GatherCallback, "/rooms/<name>")
    def room(call: GatherCallback, name: str) -> list[Verb]:
        return [SpeakSentence(f"{call.call_id} in {name}."), Redirect(redirect_url=phone)]

    @phone.on(CallCallback)
    def hear(call: CallCallback) -> None:
        heard[call.call_id].append(f"{call.event_type} {request.path} {current_app.name}")

    return phone


def make_app(name: str, phone: CallbackBlueprint) -> Flask:
    app = Flask(name)
    app.config.update(TESTING=True, BANDWIDTH_CALLBACKS_CREDENTIALS=[PAIRS[int(name)]])

    @app.before_request
    def remember() -> None:
        g.call_id = request.get_json()["callId"]

    app.register_blueprint(phone, url_prefix="/first")
    app.register_blueprint(phone, url_prefix="/second", name="second")
    return app


@pytest.mark.no_cover
@pytest.mark.parametrize("start", range(3))
def test_calls_are_kept_apart(start: int) -> None:
    """On two applications with two registrations each of one blueprint, every caller gets the right reply."""
    heard: Heard = defaultdict(list)
    phone = make_phone(heard)
    apps = [make_app(str(number), phone) for number in range(2)]
    barrier = threading.Barrier(THREADS)

    def have_calls(number: int) -> None:
        which = number % 2
        app, pair, other_pair = apps[which], PAIRS[which], PAIRS[1 - which]
        prefix = "/first" if number % 4 < 2 else "/second"

        def send(event: str, path: str, auth: Any = pair, **properties: str) -> TestResponse:
            payload = {"eventType": event, "callId": call_id, **properties}
            return app.test_client().post(prefix + path, json=payload, auth=auth)

        barrier.wait()
        for turn in range(CALLS):
            call_id = f"c-{number}-{turn}"
            assert send("initiate", "/", other_pair, to=NUMBERS[number]).status_code == 401
            spoken, tag, gather = ElementTree.fromstring(send("initiate", "/", to=NUMBERS[number]).data)
            assert spoken.text == f"{NUMBERS[number]} answers {call_id} for {pair[0]}."
            assert tag.text == f"{prefix}/rooms/{call_id}"
            assert gather.attrib == {"gatherUrl": f"{prefix}/menu", "username": pair[0], "password": pair[1]}
            pressed = send("gather", "/menu", digits=str(turn))
            assert f"<SpeakSentence>{call_id} pressed {turn}.</SpeakSentence>" in pressed.text
            spoken, redirect = ElementTree.fromstring(send("gather", f"/rooms/{call_id}").data)
            assert spoken.text == f"{call_id} in {call_id}."
            assert redirect.attrib == {"redirectUrl": f"{prefix}/", "username": pair[0], "password": pair[1]}
            assert send("disconnect", "/").status_code == 204
            paths = {"initiate": ["/"], "gather": ["/menu", f"/rooms/{call_id}"], "disconnect": ["/"]}
            assert heard.pop(call_id) == [
                f"{event} {prefix}{path} {which}" for event, those in paths.items() for path in those
            ]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(have_calls, range(THREADS)))
    assert heard == {}


def test_a_cold_start() -> None:
    """Caches that are filled on first use are right for threads that use them first, all at once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.cold_start"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
