"""The time of a callback within one process: as a whole, in its parts, and with many responders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from bandwidth.models.initiate_callback import InitiateCallback as SDKInitiateCallback

from flask_bandwidth_callbacks import CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import SpeakSentence

from . import peers
from .measuring import Row, compare, take_turns

GROWN = (1, 100, 10_000)
"""Numbers of responders that are compared."""
CALLS = 64
"""Number of calls that are dispatched in turn, each to a number of its own if there are enough."""


def whole(rounds: int) -> Iterator[Row]:
    """Compare whole callbacks: credentials, event, dispatch, Gather, links, document, reply."""
    job = "whole callback"
    times = take_turns(
        {
            "ours": peers.by_test_client(peers.create_app()),
            "bare": peers.by_test_client(peers.create_bare_app()),
            "by hand": peers.by_test_client(peers.create_app_by_hand()),
        },
        rounds=rounds,
    )
    yield compare(times, f"{job}, Flask's test client", "ours", "bare", "bare Flask view")
    yield compare(times, f"{job}, Flask's test client", "ours", "by hand", "Flask and SDK by hand")
    times = take_turns(
        {
            "ours": peers.over_wsgi(peers.create_app()),
            "bare": peers.over_wsgi(peers.create_bare_app()),
            "parts": peers.over_wsgi(peers.create_app_of_parts()),
            "by hand": peers.over_wsgi(peers.create_app_by_hand()),
            "FastAPI": peers.over_asgi(peers.create_fastapi_app()),
        },
        rounds=rounds,
    )
    yield compare(times, f"{job}, no client", "ours", "bare", "bare Flask view", 1.5)
    yield compare(times, "its parts in a bare view", "parts", "bare", "bare Flask view")
    yield compare(times, f"{job}, no client", "ours", "by hand", "Flask and SDK by hand", 0.7)
    yield compare(times, f"{job}, no client", "ours", "FastAPI", "FastAPI and SDK, no credentials")


def decoding(rounds: int) -> Iterator[Row]:
    """Compare building an event from JSON text."""
    schema = peers.InitiateSchema()
    times = take_turns(
        {
            "ours": lambda: InitiateCallback.from_json(peers.TEXT),
            "SDK": lambda: SDKInitiateCallback.from_json(peers.TEXT),
            "marshmallow": lambda: schema.load(json.loads(peers.TEXT)),
        },
        rounds=rounds,
    )
    yield compare(times, "decoding", "ours", "SDK", "from_json of the SDK", 0.5)
    yield compare(times, "decoding", "ours", "marshmallow", "plain marshmallow, cached schema", 0.2)


def building(rounds: int) -> Iterator[Row]:
    """Compare building and rendering a Gather."""
    times = take_turns(
        {"ours": lambda: peers.document("+15551112222"), "SDK": lambda: peers.sdk_document("+15551112222")},
        rounds=rounds,
    )
    yield compare(times, "building and rendering", "ours", "SDK", "verbs of the SDK", 0.5)


def dispatch(rounds: int) -> Iterator[Row]:
    """Compare the search for a responder among few and many, each for a number of its own."""
    times = take_turns({f"{many}": _dispatch(many) for many in GROWN}, rounds=rounds)
    for many in GROWN[1:]:
        goal = 1.1 if many == GROWN[-1] else None
        yield compare(times, f"dispatch with {many:,} responders", f"{many}", "1", "with 1 responder", goal)


def _dispatch(responders: int) -> Callable[[], object]:
    phone = CallbackBlueprint("phone", __name__, credentials=[peers.CREDENTIALS])

    def greet(call: InitiateCallback) -> SpeakSentence:
        return SpeakSentence("Hello.")

    for number in range(responders):
        phone.respond(InitiateCallback, to=f"+1555{number:07}")(greet)
    step = max(1, responders // CALLS)
    events = [
        InitiateCallback.from_dict({**peers.PAYLOAD, "to": f"+1555{number % responders:07}"})
        for number in range(0, CALLS * step, step)
    ]
    find = phone.subscriptions.responder

    def dispatch_all() -> None:
        for event in events:
            find(event)

    assert all(find(event) is not None for event in events)
    return dispatch_all
