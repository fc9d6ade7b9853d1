"""A simulated call against the bare requests that it consists of, and its memory.

Both are measured side by side in one run, in turns, so that a busy machine slows both down. The bare requests
carry the very payloads of the call, with credentials, through Flask's test client; the simulation sends each
twice, because it is challenged first, and reads and runs what comes back.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
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

CREDENTIALS = ("bandwidth", "s3cret")
MOST_OF_BARE = 2.0
"""What a simulated call may cost, in bare requests."""
MOST_BLOCKS_PER_CALL = 0.1
"""How many blocks of memory may be left of a call; one that is kept has thousands."""


def create_app() -> Flask:
    """A line with two menus: a call of four callbacks."""
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
    """Let one call go its way."""
    call = bandwidth.call()
    call.press("1")
    call.press("2")
    assert call.cause == "hangup"
    assert len(call.exchanges) == 4
    return call


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure_time(rounds: int) -> bool:
    """Print what a call costs in bare requests; tell whether that is little enough."""
    app = create_app()
    bandwidth = SimulatedBandwidth(app)
    client = app.test_client()
    requests = [(urlsplit(one.url).path, dict(one.payload)) for one in play(bandwidth).exchanges]

    def send_bare() -> None:
        for path, payload in requests:
            client.post(path, json=payload, auth=CREDENTIALS)

    simulated, bare = [], []
    for _ in range(rounds):
        simulated.append(seconds(lambda: play(bandwidth)))
        bare.append(seconds(send_bare))
    ratio = statistics.median(simulated) / statistics.median(bare)
    reached = ratio <= MOST_OF_BARE
    print(
        f"A call of four callbacks over four bare requests: {ratio:.2f} (at most {MOST_OF_BARE:g}:"
        f" {'reached' if reached else 'MISSED'}); {statistics.median(simulated) * 1e3:.2f} ms"
        f" and {statistics.median(bare) * 1e3:.2f} ms, {rounds} rounds"
    )
    return reached


def measure_memory(calls: int) -> bool:
    """Print how memory grows from call to call; tell whether it does not."""
    bandwidth = SimulatedBandwidth(create_app())
    for number in range(calls // 5):  # until everything that is kept on purpose is full
        play(bandwidth)
        show_progress("Calls to begin with", number + 1, calls // 5)
    before = blocks()
    for number in range(calls):
        play(bandwidth)
        show_progress("Calls", number + 1, calls)
    growth = (blocks() - before) / calls
    reached = growth <= MOST_BLOCKS_PER_CALL
    print(
        f"Blocks of memory that each of {calls} calls leaves behind: {growth:.3f} (at most"
        f" {MOST_BLOCKS_PER_CALL:g}: {'reached' if reached else 'MISSED'})"
    )
    return reached


def blocks() -> int:
    """Return how many blocks of memory are in use."""
    gc.collect()
    return sys.getallocatedblocks()


def show_progress(what: str, done: int, of: int) -> None:
    """Show how far it is, where somebody looks."""
    if sys.stderr.isatty() and (done % 250 == 0 or done == of):
        print(f"\r{what}: {done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def main() -> int:
    """Measure; returns 0 if everything is as it should be, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulated_call", description=__doc__)
    parser.add_argument("--rounds", type=int, default=500, help="how often the time is taken (default: 500)")
    parser.add_argument("--calls", type=int, default=10_000, help="for the memory (default: 10000)")
    options = parser.parse_args()
    reached = [measure_time(options.rounds), measure_memory(options.calls)]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
