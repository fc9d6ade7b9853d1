"""``flask bandwidth state`` and ``flask bandwidth store``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint
from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks.stores import stores_of
from tests.conftest import CREDENTIALS


@pytest.fixture
def database(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A file that holds the store of the application; it does not exist yet."""
    path = tmp_path / "calls.db"
    app.config["BANDWIDTH_CALLBACKS_STORE"] = f"sqlite:///{path}"
    yield path
    for store in stores_of(app).values():
        store.close()


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(bandwidth, arguments)


def test_state(app: Flask, database: Path, phone: CallbackBlueprint) -> None:
    """The state of a call is printed as JSON, in lines and in its own letters."""
    app.register_blueprint(phone)
    with phone.state("c-1") as state:
        state["tries"] = 2
        state["name"] = "Zoë"
    result = run(app, "state", "c-1")
    assert result.exit_code == 0
    assert result.output == '{\n  "tries": 2,\n  "name": "Zoë"\n}\n'


def test_a_state_of_another_process(app: Flask, database: Path, phone: CallbackBlueprint) -> None:
    """The command finds what another process has stored."""
    server = Flask("server")
    server.config["BANDWIDTH_CALLBACKS_STORE"] = app.config["BANDWIDTH_CALLBACKS_STORE"]
    server.register_blueprint(phone)
    with server.app_context(), phone.state("c-1") as state:
        state["tries"] = 2
    stores_of(server).popitem()[1].close()
    app.register_blueprint(phone)
    assert json.loads(run(app, "state", "c-1").output) == {"tries": 2}


def test_a_call_without_a_state(app: Flask, database: Path, phone: CallbackBlueprint) -> None:
    """A call without a state gives one line and exit status 1."""
    app.register_blueprint(phone)
    result = run(app, "state", "c-1")
    assert result.exit_code == 1
    assert result.output == (
        f"Error: Call 'c-1' has no state in sqlite:///{database}. A state is gone an hour after its call.\n"
    )


@pytest.mark.parametrize("arguments", [["state", "c-1"], ["store", "create"]])
def test_an_application_without_a_blueprint(app: Flask, arguments: list[str]) -> None:
    """Without a CallbackBlueprint the commands say so and exit with status 1."""
    result = run(app, *arguments)
    assert result.exit_code == 1
    assert result.output == (
        "Error: Application 'host' has no CallbackBlueprint. Register one with app.register_blueprint.\n"
    )


def test_in_memory(app: Flask, phone: CallbackBlueprint) -> None:
    """A store in memory cannot be seen from outside, so the command says what to do."""
    app.register_blueprint(phone)
    result = run(app, "state", "c-1")
    assert result.exit_code == 1
    assert "got memory://, in which no command can look. Set BANDWIDTH_CALLBACKS_STORE" in result.output
    result = run(app, "store", "create")
    assert result.exit_code == 0
    assert result.output == "memory:// needs nothing: it is in the memory of the server's process.\n"


def test_two_stores(app: Flask, database: Path, phone: CallbackBlueprint) -> None:
    """The state is found in whichever store of the application's blueprints has it."""
    app.register_blueprint(phone)
    other = CallbackBlueprint("other", __name__, credentials=[CREDENTIALS], store="memory://")
    app.register_blueprint(other, url_prefix="/other")
    with other.state("c-1") as state:
        state["other"] = True
    assert json.loads(run(app, "state", "c-1").output) == {"other": True}
    assert f"in sqlite:///{database}." in run(app, "state", "c-2").output


def test_create(app: Flask, database: Path, phone: CallbackBlueprint) -> None:
    """The tables are created, and creating them again keeps what is in them."""
    app.register_blueprint(phone)
    assert not database.exists()
    for _ in range(2):
        result = run(app, "store", "create")
        assert result.exit_code == 0
        assert result.output == f"sqlite:///{database} has what it needs.\n"
        assert database.exists()
        with phone.state("c-1") as state:
            state["tries"] = state.get("tries", 0) + 1
    assert json.loads(run(app, "state", "c-1").output) == {"tries": 2}


@pytest.mark.parametrize("arguments", [["state", "c-1"], ["store", "create"]])
def test_a_store_that_cannot_be_reached(app: Flask, phone: CallbackBlueprint, arguments: list[str]) -> None:
    """A store that does not answer gives one line without its password, and exit status 1."""
    app.config["BANDWIDTH_CALLBACKS_STORE"] = "redis://:s3cret@127.0.0.1:1/0?password=hidden"
    app.register_blueprint(phone)
    result = run(app, *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert "s3cret" not in result.output
    assert "hidden" not in result.output
