"""Fixtures that the tests share: a host application, a blueprint, and a sender of callbacks."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import CallbackBlueprint
from tests import outside

pytest_plugins = ["tests.databases", "tests.browser"]

CREDENTIALS = ("bandwidth", "s3cret")

outside.refuse_other_machines()

# Looking for garbage took a twentieth of the time of the tests, which leave little.
gc.set_threshold(20_000)

# `make lowest` and `make core` repeat what `make test` has shown with more examples.
hypothesis.settings.register_profile("few", max_examples=10)

# A job in the background of a shell ignores Ctrl-C, and so would the programs that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


_WHOLE = {"survive", "test_page.py", "test_every_way.py"}
"""Tests of whole servers, pages and applications. What they run, smaller tests cover line by line."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with tests that wait, and measure no coverage in property-based tests and those of whole servers.

    While some wait for servers and a browser, other processes have the cores. Other tests must cover every
    branch, whatever is drawn. Nor is coverage measured in tests that are marked so, because they run the same
    lines hundreds of times, which takes twice as long while it is.
    """
    items.sort(key=lambda item: not {"survive", "store", "studio"} & set(item.path.parts))
    for item in items:
        is_drawn = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_drawn or _WHOLE & set(item.path.parts):
            item.add_marker("no_cover")


@pytest.fixture
def outside_attempts() -> Sequence[str]:
    """The hosts of other machines that this test has tried to reach, and could not."""
    outside.attempts.clear()
    return outside.attempts


@pytest.fixture
def app() -> Flask:
    """The host application; pytest-flask opens a request context of it around the test."""
    app = Flask("host")
    app.config["TESTING"] = True
    return app


@pytest.fixture
def phone() -> CallbackBlueprint:
    """A blueprint that takes ``CREDENTIALS``, not registered yet."""
    return CallbackBlueprint("phone", __name__, credentials=[CREDENTIALS])


@pytest.fixture
def call(app: Flask, phone: CallbackBlueprint) -> Callable[..., TestResponse]:
    """Send a callback with credentials; before the first one ``phone`` is registered at ``/phone``."""

    def send(
        event_type: str, url: str = "/phone/", /, *, auth: Any = CREDENTIALS, **properties: Any
    ) -> TestResponse:
        if phone.name not in app.blueprints:
            app.register_blueprint(phone, url_prefix="/phone")
        subject = {"conferenceId": "conf-1"} if event_type.startswith("conference") else {"callId": "c-1"}
        payload = {"eventType": event_type, **subject, **properties}
        return app.test_client().post(url, json=payload, auth=auth)

    return send
