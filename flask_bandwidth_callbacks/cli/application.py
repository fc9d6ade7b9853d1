"""The application that a command is about, and the simulated Bandwidth that calls it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import NoAppException, ScriptInfo

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


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
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {words} ({Path(frame.filename).name}:{frame.lineno})"


# -- Who calls it --------------------------------------------------------------------------------------------


def _pair(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, str] | None:
    if value is None:
        return None
    username, colon, password = value.partition(":")
    if not (username and colon):
        raise click.BadParameter("give the username, a colon and the password.")
    return username, password


def where(command: CommandT) -> CommandT:
    """Add the options ``--url`` and ``--credentials`` to a command, for :func:`bandwidth_at`."""
    url = click.option("--url", help="The URL of a server, or a path of the Flask application.")
    credentials = click.option(
        "--credentials",
        metavar="USER:PASSWORD",
        callback=_pair,
        help="Shown when asked for. Left out, they are those of the CallbackBlueprint; for the URL of a"
        " server there are none.",
    )
    return url(credentials(command))


def bandwidth_at(url: str | None, credentials: tuple[str, str] | None, **options: Any) -> SimulatedBandwidth:
    """Return a simulated Bandwidth for where the options say, made with some more of its arguments."""
    if credentials is not None:
        options["credentials"] = credentials
    if url is None or url.startswith("/"):
        return SimulatedBandwidth(load(), url, **options)
    return SimulatedBandwidth(url, **options)
