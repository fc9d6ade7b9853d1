"""Loading the application of a command, and the one line that says why it cannot be loaded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from flask_bandwidth_callbacks import CallbackBlueprint
from flask_bandwidth_callbacks.cli import bandwidth


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for applications; changes made by importing them are undone."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def routes(**options: object) -> Result:
    """Run a command that needs an application."""
    return CliRunner().invoke(bandwidth, ["routes"], obj=ScriptInfo(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("1 / 0", "The application cannot be loaded. ZeroDivisionError: division by zero (broken.py:1)"),
        (
            "\nimport nowhere",
            "The application cannot be loaded. ModuleNotFoundError: No module named 'nowhere' (broken.py:2)",
        ),
        ("raise OSError('no\\nway')", "The application cannot be loaded. OSError: no way (broken.py:1)"),
    ],
)
def test_an_application_that_raises(source: str, line: str, folder: Path) -> None:
    """An error while the application is imported is shown in one line with its position."""
    (folder / "broken.py").write_text(source)
    result = routes(app_import_path=str(folder / "broken.py"))
    assert (result.exit_code, result.output) == (1, f"Error: {line}\n")


def test_no_application() -> None:
    """If there is no application, Flask's own message is shown."""
    result = routes(app_import_path="nowhere_at_all")
    assert result.exit_code == 2
    assert "Error: Could not import 'nowhere_at_all'." in result.output


def test_an_application_without_credentials() -> None:
    """An error of this library is shown in one line, without a type and a position."""

    def create_app() -> Flask:
        app = Flask("host")
        app.register_blueprint(CallbackBlueprint("phone", __name__))
        return app

    result = routes(create_app=create_app)
    assert result.exit_code == 1
    assert result.output.startswith(
        "Error: The application cannot be loaded. Blueprint 'phone' must have credentials, got none. Give"
    )
    assert "application.py" not in result.output
    assert result.output.count("\n") == 1
