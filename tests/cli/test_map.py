"""``flask bandwidth map``: a picture of what leads where, in three forms, and where it is written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

from flask_bandwidth_callbacks.cli import bandwidth
from tests.cli.test_explore import create_line

Draw: TypeAlias = Callable[..., Result]


@pytest.fixture
def draw() -> Draw:
    """Return a function that runs the command for an application, by default that of ``create_line``."""

    def run(*arguments: str, make: Callable[[], Flask] = create_line) -> Result:
        runner = make().test_cli_runner()
        return runner.invoke(bandwidth, ["map", "--keys", "1", *arguments], obj=ScriptInfo(create_app=make))

    return run


def test_svg(draw: Draw) -> None:
    """By default, the picture is SVG, with the words that are heard as text; findings do not matter."""
    pytest.importorskip("graphlay")
    result = draw()
    assert (result.exit_code, result.stderr) == (0, "")
    svg = ElementTree.fromstring(result.stdout)
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "For Ann, press 1." in "".join(svg.itertext())


def test_mermaid(draw: Draw) -> None:
    """Mermaid is a flowchart with the states and the keys."""
    result = draw("--format", "mermaid")
    assert result.exit_code == 0
    assert "flowchart" in result.stdout
    assert "For Ann, press 1" in result.stdout


def test_json(draw: Draw) -> None:
    """JSON has the boxes and arrows of the picture."""
    result = draw("--format", "json")
    picture = json.loads(result.stdout)
    assert [box["kind"] for box in picture["boxes"]][:2] == ["start", "state"]
    assert {"person", "end"} <= {box["kind"] for box in picture["boxes"]}
    assert any(arrow["label"] == "1" for arrow in picture["arrows"])


def test_a_file(draw: Draw, tmp_path: Path) -> None:
    """With -o the picture is in a file, and nothing is printed."""
    shown = draw("--format", "mermaid").stdout
    result = draw("--format", "mermaid", "-o", str(tmp_path / "line.mmd"))
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "line.mmd").read_text(encoding="utf-8") == shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "png"], "Invalid value for '--format': 'png' is not one of 'svg', 'mermaid', 'json'."),
        (["--depth", "0"], "Invalid value for '--depth': 0 is not in the range x>=1."),
        (
            ["-o", "/nowhere/line.svg"],
            "Invalid value for '-o' / '--output': Folder '/nowhere' does not exist.",
        ),
        (["--at", "noon"], "at must be times such as '2026-01-05T03:00', got 'noon'."),
        (["--format", "json", "-o", "/dev/full"], "'/dev/full' cannot be written: No space left on device."),
    ],
)
def test_input_that_cannot_be_used(draw: Draw, arguments: list[str], message: str) -> None:
    """Bad input gives one clear line and exit status 2."""
    result = draw(*arguments)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {message}"
    assert result.stdout == ""


def test_an_application_without_a_blueprint(draw: Draw) -> None:
    """An application that receives no calls gives one line and exit status 2."""
    result = draw(make=lambda: Flask("empty"))
    assert result.exit_code == 2
    assert result.output.startswith("Error: Application 'empty' has no CallbackBlueprint.")


def test_without_the_library_that_draws(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, SVG gives one line that names it and exit status 2; Mermaid does not need it."""
    monkeypatch.setitem(sys.modules, "graphlay", None)
    monkeypatch.delitem(
        sys.modules, "flask_bandwidth_callbacks.simulator.explore.picture.layout", raising=False
    )
    monkeypatch.delitem(sys.modules, "flask_bandwidth_callbacks.simulator.explore.picture.svg", raising=False)
    result = draw()
    assert result.exit_code == 2
    assert "flask-bandwidth-callbacks[explore]" in result.stderr
    assert draw("--format", "mermaid").exit_code == 0
