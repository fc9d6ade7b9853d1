"""The options ``--url`` and ``--credentials``, and the simulated Bandwidth that sends callbacks there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from flask_bandwidth_callbacks.credentials import read_pair
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

from .application import load_application
from .values import url_or_path

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _pair(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, str] | None:
    if value is None:
        return None
    pair = read_pair(value)
    if isinstance(pair, str):
        raise click.BadParameter(pair)
    return pair.username, pair.password


def target_options(command: CommandT) -> CommandT:
    """Add the options ``--url`` and ``--credentials`` to a command."""
    url = click.option(
        "--url",
        callback=url_or_path,
        help="Where callbacks go: the URL of a running server, or a path of the Flask application."
        "  [default: the CallbackBlueprint of the Flask application]",
    )
    return url(credentials_option(command))


def credentials_option(command: CommandT) -> CommandT:
    """Add the option ``--credentials`` to a command."""
    return click.option(
        "--credentials",
        metavar="USER:PASSWORD",
        callback=_pair,
        help="Sent when the application asks for them.  [default: those of the CallbackBlueprint; none for a"
        " running server]",
    )(command)


def simulated_bandwidth(
    url: str | None, credentials: tuple[str, str] | None, **options: Any
) -> SimulatedBandwidth:
    """Return a simulated Bandwidth for the values of the two options; ``options`` are its other arguments."""
    if credentials is not None:
        options["credentials"] = credentials
    if url is None or url.startswith("/"):
        return SimulatedBandwidth(load_application(), url, **options)
    return SimulatedBandwidth(url, **options)
