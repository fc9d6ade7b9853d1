"""Shared fixtures: a phone line that replies with given documents, a URL without a server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from flask import Flask

from flask_bandwidth_callbacks import ANYONE, Callback, CallbackBlueprint
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.simulator.callbacks import check

Line: TypeAlias = Callable[..., SimulatedBandwidth]


@pytest.fixture
def line() -> Iterator[Line]:
    """Build phone lines whose application replies with given documents.

    ``line(*verbs, pressed=[...])``: the verbs are the reply to the first callback of a call, those of a
    keyword the reply at the relative URL of that name. A function of the event may stand for the verbs. The
    URL ``told`` is there for all notifications, and ``hears`` subscribes to every event.

    At the end every callback is checked: it must be one that Bandwidth could have sent.
    """
    made: list[SimulatedBandwidth] = []

    def make(
        *first: Any, seed: int = 0, hears: Callable[[Callback], None] | None = None, **documents: Any
    ) -> SimulatedBandwidth:
        phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
        for name, document in {"told": None, **documents}.items():
            phone.respond(Callback, f"/{name}")(_responder(document))
        phone.respond(Callback)(_responder(first[0] if len(first) == 1 else list(first)))
        if hears is not None:
            phone.on(Callback)(hears)
        app = Flask("host")
        app.config.update(TESTING=True, BANDWIDTH_CALLBACKS_STRICT=True)
        app.register_blueprint(phone, url_prefix="/phone")
        made.append(SimulatedBandwidth(app, raise_errors=True, seed=seed))
        return made[-1]

    yield make
    for bandwidth in made:
        for exchange in bandwidth.exchanges:
            check(exchange)


def _responder(document: Any) -> Callable[[Callback], Any]:
    def answer(event: Callback) -> Any:
        return document(event) if callable(document) else document

    return answer


@pytest.fixture(scope="module")
def nowhere() -> Iterator[str]:
    """A URL of this machine where no server listens, and none can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"
