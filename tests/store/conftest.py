"""The host application of the tests here: each test runs with every store that needs no server.

A test that is about what several callbacks do to a store runs with the servers, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from flask_bandwidth_callbacks.stores import stores_of


@pytest.fixture(params=["memory", "sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "memory":
        return "memory://"
    if request.param in ("redis", "postgresql"):
        url: str = request.getfixturevalue(f"{request.param}_server").url
        return url
    return f"sqlite:///{tmp_path / 'calls.db'}"


@pytest.fixture
def app(app: Flask, store_url: str) -> Iterator[Flask]:
    """The host application, with a store."""
    app.config["BANDWIDTH_CALLBACKS_STORE"] = store_url
    yield app
    for store in stores_of(app).values():
        store.close()
