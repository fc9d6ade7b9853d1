"""The Flask application that ``flask --app`` names, and errors of an application in one line."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask
from flask.cli import NoAppException, ScriptInfo

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError


class BadInput(click.ClickException):
    """What a command was given cannot be used: one line, and the exit status of a usage error."""

    exit_code = 2


def load_application() -> Flask:
    """Return the application that ``flask --app`` names, as a server would load it.

    Raises :class:`click.ClickException` with one line if it cannot be loaded.
    """
    info = click.get_current_context().ensure_object(ScriptInfo)
    # Otherwise Flask overwrites the application's own debug setting.
    info.set_debug_flag = False
    try:
        return info.load_app()
    except NoAppException as error:
        # When an import inside the application fails, Flask's message is the whole traceback.
        if not isinstance(error.__context__, ImportError) or "\n" not in str(error):
            raise
        failure: BaseException = error.__context__
    except Exception as error:
        failure = error
    raise click.ClickException(f"The application cannot be loaded. {one_line(failure)}") from failure


def application_maker() -> Callable[[], Flask]:
    """Return what makes a fresh application each time, where ``flask --app`` names a function.

    Else it returns the same application. The function that is returned needs no context of a command.
    """
    given = click.get_current_context().ensure_object(ScriptInfo)

    def make() -> Flask:
        return ScriptInfo(given.app_import_path, given.create_app, set_debug_flag=False).load_app()

    return make


def without_blueprint(app: Flask) -> str:
    """Return the message about an application without a ``CallbackBlueprint``."""
    return f"Application {app.name!r} has no CallbackBlueprint. Register one with app.register_blueprint."


def one_line(error: BaseException) -> str:
    """Return an error in one line, with its type and position unless it is one of this library's own."""
    message = " ".join(str(error).split())
    if isinstance(error, BandwidthCallbacksError):
        return message
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {message} ({Path(frame.filename).name}:{frame.lineno})"
