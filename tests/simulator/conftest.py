"""What the tests of the simulator share: a line that answers with given documents, a URL without a server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from flask import Flask

from flask_bandwidth_callbacks import Callback, CallbackBlueprint
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.simulator.callbacks import check

Line: TypeAlias = Callable[..., SimulatedBandwidth]


@pytest.fixture
def line() -> Iterator[Line]:
    """Give a phone line whose application answers with documents.

    ``line(*verbs, pressed=[...])``: the verbs answer the first callback of a call, and those of a keyword
    whatever is asked at the relative URL of that name. A function of the event may stand for the verbs. The
    URL ``told`` is there for everything that wants no answer.

    At the end every callback is looked at: it must be one that Bandwidth could have sent.
    """
    made: list[SimulatedBandwidth] = []

    def make(*first: Any, seed: int = 0, **documents: Any) -> SimulatedBandwidth:
        phone = CallbackBlueprint("phone", __name__, credentials=None)
        for name, document in {"told": None, **documents}.items():
            phone.respond(Callback, f"/{name}")(_responder(document))
        phone.respond(Callback)(_responder(first[0] if len(first) == 1 else list(first)))
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
    """A URL of this machine where nobody listens, and nobody else can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"
