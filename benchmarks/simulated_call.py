"""The time of a simulated call, compared with the bare requests that it consists of, and its memory.

The bare requests send the same payloads with credentials through Flask's test client. The simulation sends
each of them twice, because it is challenged first, and it parses and runs the replies.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    DisconnectCallback,
    GatherCallback,
    InitiateCallback,
)
from flask_bandwidth_callbacks.bxml import Gather, Hangup, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.engine.call import KEPT_CALLS
from flask_bandwidth_callbacks.store.ledgers import GENERATION

from .measuring import Row, compare, show_progress, take_turns
from .peers import CREDENTIALS, next_call_id


def create_app() -> Flask:
    """Create an application with two menus, so that a call has four callbacks."""
    phone = CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Hello. Press 1 for sales."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Gather:
        return Gather(SpeakSentence("New or used?"), gather_url=goodbye, max_digits=1)

    @phone.respond(GatherCallback, "/goodbye")
    def goodbye(call: GatherCallback) -> list[Verb]:
        return [SpeakSentence(f"You pressed {call.digits}."), Hangup()]

    @phone.on(DisconnectCallback)
    def forget(call: DisconnectCallback) -> None:
        pass

    app = Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")
    return app


def play(bandwidth: SimulatedBandwidth) -> Call:
    """Make one call from beginning to end."""
    call = bandwidth.call()
    call.press("1")
    call.press("2")
    assert call.cause == "hangup"
    assert len(call.exchanges) == 4
    return call


def simulated_call(rounds: int) -> Iterator[Row]:
    """Compare a simulated call with bare requests, and the memory after many calls with that before."""
    app = create_app()
    bandwidth = SimulatedBandwidth(app)
    client = app.test_client()
    requests = [
        (urlsplit(exchange.url).path, dict(exchange.payload)) for exchange in play(bandwidth).exchanges
    ]

    def send_bare() -> None:
        call_id = next_call_id()
        for path, payload in requests:
            client.post(path, json={**payload, "callId": call_id}, auth=CREDENTIALS)

    times = take_turns({"simulated": lambda: play(bandwidth), "bare": send_bare}, rounds=rounds)
    yield compare(times, "simulated call", "simulated", "bare", "its four requests, Flask's test client", 2.0)
    yield _memory(rounds * 50)


def _memory(calls: int) -> Row:
    bandwidth = SimulatedBandwidth(create_app())
    # Until every bounded cache and log is full, and the store has as many entries as it keeps.
    first = max(KEPT_CALLS, 2 * GENERATION) + calls // 5
    for number in range(first):
        play(bandwidth)
        show_progress("first calls", number + 1, first)
    before = _blocks()
    for number in range(calls):
        play(bandwidth)
        show_progress("calls", number + 1, calls)
    growth = (_blocks() - before) / calls
    # A call that is not freed has thousands of blocks.
    return Row("memory", f"blocks left behind by each of {calls:,} calls", growth, (growth, growth), 0.1)


def _blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()
