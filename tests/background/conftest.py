"""What the tests of work after the reply share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint
from flask_bandwidth_callbacks.background import Journal, Threads
from flask_bandwidth_callbacks.stores import stores_of
from tests.background.outages import FailingStore

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def phone() -> CallbackBlueprint:
    """A blueprint whose handlers are called again at once if they fail, three times."""
    return CallbackBlueprint(
        "phone", __name__, credentials=[("bandwidth", "s3cret")], background=Threads(retries=(0, 0, 0))
    )


@pytest.fixture
def store(app: Flask) -> FailingStore:
    """A store that counts as durable, in place of the application's own."""
    store = FailingStore()
    stores_of(app)["memory://"] = store
    return store


@pytest.fixture
def journal(store: FailingStore) -> Journal:
    """All jobs in the store."""
    return Journal(store, None)


@pytest.fixture
def wait_until() -> Wait:
    """Wait until a condition holds, for a minute at most: the machine may be busy."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    return wait


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """An event that a handler may wait for. It is set in the end, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()
