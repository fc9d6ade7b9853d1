"""``flask bandwidth``: the group of commands."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from click.testing import CliRunner

from flask_bandwidth_callbacks.cli import bandwidth

NAMES = [
    *("call", "dial", "serve", "studio", "send", "explore", "map", "replay"),
    *("routes", "state", "background", "store", "doctor"),
]


def test_help_lists_the_commands() -> None:
    """The help of the group describes each command in one line."""
    result = CliRunner().invoke(bandwidth, ["--help"])
    assert result.exit_code == 0
    names = [line.split()[0] for line in result.output.partition("Commands:\n")[2].splitlines()]
    assert names == NAMES
    assert "..." not in result.output.partition("Commands:\n")[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_an_example(name: str) -> None:
    """The help of each command shows an example."""
    result = CliRunner().invoke(bandwidth, [name, "--help"])
    assert result.exit_code == 0
    assert f"bandwidth {name}" in result.output.partition("\n")[2]


@pytest.mark.parametrize(
    ("folder", "names"),
    [("store", ["state", "store"]), ("background", ["background"]), ("call_log", ["replay"])],
)
def test_a_folder_that_was_deleted(folder: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder its commands are not listed, and say what is missing; the others are as before."""
    monkeypatch.setitem(sys.modules, f"flask_bandwidth_callbacks.{folder}", None)
    result = CliRunner().invoke(bandwidth, ["--help"])
    assert result.exit_code == 0
    assert [name for name in NAMES if f"\n  {name} " not in result.output] == names
    for name in names:
        result = CliRunner().invoke(bandwidth, [name, "--help"])
        assert result.exit_code == 1
        missing = f"flask bandwidth {name} must have the folder flask_bandwidth_callbacks/{folder}, which"
        assert result.output.startswith(f"Error: {missing}")


def test_an_unknown_command() -> None:
    """An unknown command gives one line and exit status 2."""
    result = CliRunner().invoke(bandwidth, ["dctor"])
    assert result.exit_code == 2
    assert "No such command 'dctor'" in result.output


def test_flask_finds_the_commands() -> None:
    """Flask finds the commands through their entry point wherever the library is installed."""
    (entry,) = entry_points(group="flask.commands", name="bandwidth")
    assert entry.load() is bandwidth


def test_other_commands_load_nothing() -> None:
    """Flask loads the group for each of its commands, in every application: it imports nothing but Flask."""
    source = (
        "import sys, flask.cli\n"
        "from importlib.metadata import entry_points\n"
        "(entry,) = entry_points(group='flask.commands', name='bandwidth')\n"
        "before = set(sys.modules)\n"
        "entry.load()\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "['flask_bandwidth_callbacks_commands']\n"
