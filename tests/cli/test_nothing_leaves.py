"""No command reaches the real Bandwidth, whatever the handlers of the application do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask

from flask_bandwidth_callbacks.cli import bandwidth
from flask_bandwidth_callbacks_commands import _COMMANDS
from tests.cli.test_serve import call_until_the_end, meanwhile, port, serve
from tests.simulator.rest.leaky import HEARD, add_phone

__all__ = ["port"]  # a fixture

PHONE = "/phone/"
WITH_HANDLERS = {
    "call": [],
    "dial": ["+13035550141", "--answer-url", PHONE],
    "send": ["initiate"],
}
"""The commands that run handlers in this process, with arguments; besides, there is ``serve``."""
WITHOUT = {"routes": [], "state": ["c-1"], "background": [], "store": ["create"], "doctor": []}
"""The commands that run none."""
EXPLORING = {"explore": ["--calls", "5"], "map": ["--calls", "5", "--format", "mermaid"]}
"""The commands that run handlers and do not show what they hear."""
ELSEWHERE = {"serve", "studio", "replay"}
"""The commands that need a server or a file, with tests of their own."""


@pytest.fixture
def app(app: Flask) -> Flask:
    """An application that contacts Bandwidth in every handler."""
    add_phone(app)
    return app


@pytest.mark.parametrize("command", WITH_HANDLERS)
def test_commands_that_run_handlers(app: Flask, outside_attempts: Sequence[str], command: str) -> None:
    """What handlers send to Bandwidth reaches the simulation of the command, or fails on this machine."""
    result = app.test_cli_runner().invoke(bandwidth, [command, *WITH_HANDLERS[command]])
    assert [sentence in result.output for sentence in HEARD] == [True, True, True]
    assert outside_attempts == []


def test_serve(app: Flask, outside_attempts: Sequence[str], port: int) -> None:
    """The handlers of an application that ``serve`` runs reach its simulation, too."""
    with meanwhile(port, lambda: call_until_the_end(port, f"https://localhost{PHONE}")):
        result = serve(app, port)
    assert [sentence in result.output for sentence in HEARD] == [True, True, True]
    assert outside_attempts == []


def test_replay(outside_attempts: Sequence[str], tmp_path: Path) -> None:
    """What handlers send to Bandwidth while calls are replayed reaches a simulation, too."""
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_RECORD"] = str(tmp_path / "calls.jsonl")
    add_phone(app)
    app.test_cli_runner().invoke(bandwidth, ["call", "--hang-up"])
    result = app.test_cli_runner().invoke(bandwidth, ["replay", str(tmp_path / "calls.jsonl")])
    assert result.exit_code in (0, 1), result.output
    assert outside_attempts == []


@pytest.mark.parametrize("command", EXPLORING)
def test_commands_that_explore(app: Flask, outside_attempts: Sequence[str], command: str) -> None:
    """What handlers send to Bandwidth while they are explored reaches the simulation, too."""
    result = app.test_cli_runner().invoke(bandwidth, [command, *EXPLORING[command]])
    assert result.exit_code in (0, 1)
    assert outside_attempts == []


@pytest.mark.parametrize("command", WITHOUT)
def test_commands_that_run_no_handlers(app: Flask, outside_attempts: Sequence[str], command: str) -> None:
    """The other commands try to reach nothing."""
    app.test_cli_runner().invoke(bandwidth, [command, *WITHOUT[command]])
    assert outside_attempts == []


@pytest.mark.parametrize("command", ["state", "background", "store", "doctor"])
def test_commands_that_use_the_store(outside_attempts: Sequence[str], command: str) -> None:
    """The commands that use the store connect to where its URL leads, and to nothing else."""
    app = Flask("host")
    app.config["BANDWIDTH_CALLBACKS_STORE"] = "redis://127.0.0.1:1/0"
    add_phone(app)
    result = app.test_cli_runner().invoke(bandwidth, [command, *WITHOUT[command]])
    assert "127.0.0.1:1" in result.output
    assert outside_attempts == []


def test_no_command_is_forgotten() -> None:
    """Each command is in one of the tests above."""
    assert set(_COMMANDS) == {*WITH_HANDLERS, *WITHOUT, *EXPLORING, *ELSEWHERE}
