"""The application that a command is about."""

from __future__ import annotations

import traceback
from pathlib import Path

import click
from flask import Flask
from flask.cli import NoAppException, ScriptInfo

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError


def load() -> Flask:
    """Return the application that ``flask --app`` names, as a server would have it.

    Raises :class:`click.ClickException`, in one line, if it cannot be loaded.
    """
    info = click.get_current_context().ensure_object(ScriptInfo)
    # Else Flask would put its own idea in the place of what the application says.
    info.set_debug_flag = False
    try:
        return info.load_app()
    except NoAppException as error:
        # Where an import inside of the application fails, Flask's message is the whole traceback.
        if not isinstance(error.__context__, ImportError) or "\n" not in str(error):
            raise
        failure: BaseException = error.__context__
    except Exception as error:
        failure = error
    raise click.ClickException(f"The application cannot be loaded. {told(failure)}")


def told(error: BaseException) -> str:
    """Return what was raised in one line, and where, if it is none of our own errors, which tell it all."""
    words = " ".join(str(error).split())
    if isinstance(error, BandwidthCallbacksError):
        return words
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {words}{place}"
