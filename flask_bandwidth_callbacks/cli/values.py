"""Values of options that are checked before anything is done: a wrong one is a usage error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click

from flask_bandwidth_callbacks.bxml.numbers import WITHHELD
from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.engine.callees import check_number
from flask_bandwidth_callbacks.simulator.wire.urls import absolute, split

Callback: TypeAlias = Callable[[click.Context, click.Parameter, Any], Any]


def checked(check: Callable[[str], object]) -> Callback:
    """Return a callback for a parameter of click; what the check raises becomes a usage error."""

    def callback(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            try:
                check(value)
            except (SimulationError, ValueError) as error:
                raise click.BadParameter(f"{str(error).rstrip('.')}.") from None
        return value

    return callback


@checked
def number_called(value: str) -> None:
    """Check the number that is called."""
    check_number(value, "The number that is called")


@checked
def number_of_caller(value: str) -> None:
    """Check the number of the caller, or the word that stands in its place."""
    check_number(value, "The caller's number", WITHHELD)


@checked
def url_or_path(value: str) -> None:
    """Check a URL; what begins with a slash is a path of the application."""
    if not value.startswith("/"):
        split(value)


@checked
def url_of_callback(value: str) -> None:
    """Check a URL that may be relative to the one where the first callback goes."""
    absolute("http://localhost/", value)
