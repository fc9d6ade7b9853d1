"""What the commands that explore have in common: their options, and exploring with a progress bar."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask

from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.engine.conversation import counted
from flask_bandwidth_callbacks.simulator.explore import Report, explore
from flask_bandwidth_callbacks.simulator.explore.exploring import ALL_KEYS
from flask_bandwidth_callbacks.simulator.ways import BEHAVIORS

from . import terminal
from .application import BadInput, application_maker, load_application

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def exploring_options(command: CommandT) -> CommandT:
    """Add the options of exploring to a command, which passes them on to :func:`report_of`."""
    for option in reversed(
        (
            click.option(
                "--keys",
                default=ALL_KEYS,
                show_default=True,
                help="Keys that are tried; those that a prompt announces always are.",
            ),
            click.option(
                "--callee",
                "callees",
                metavar="NUMBER=BEHAVIOR",
                multiple=True,
                callback=_callees,
                help="Also explore with the person at a number behaving so: answers, busy, rejects or none"
                " (does not answer); repeatable.",
            ),
            click.option(
                "--at",
                metavar="TIME",
                multiple=True,
                help="Explore calls at this time, such as 2026-01-05T03:00, in UTC unless it has an offset;"
                " repeatable.  [default: the clock is left alone]",
            ),
            click.option(
                "--words", metavar="TEXT", multiple=True, help="Said where speech is recognized; repeatable."
            ),
            click.option(
                "--number",
                "numbers",
                metavar="DIGITS",
                multiple=True,
                help="Entered where several keys are taken; repeatable.  [default: what responders match]",
            ),
            click.option(
                "--url",
                metavar="URL",
                help="Where inbound calls go.  [default: to each CallbackBlueprint that takes them]",
            ),
            click.option(
                "--fallback-url",
                metavar="URL",
                help="Where initiate goes after a failure, to explore it, too.",
            ),
            click.option(
                "--announcement",
                "announcements",
                metavar="REGEX",
                help="How prompts in another language announce a key, such as '(?P<key>[0-9]) drücken'.",
            ),
            click.option(
                "--longest-way",
                type=click.IntRange(min=1),
                default=12,
                show_default=True,
                help="Steps to a person that are not too many.",
            ),
            click.option(
                "--depth",
                type=click.IntRange(min=1),
                default=16,
                show_default=True,
                help="The number of actions of people on one call, at most.",
            ),
            click.option(
                "--calls",
                type=click.IntRange(min=1),
                default=5000,
                show_default=True,
                help="How many calls are made at most.",
            ),
            click.option(
                "--seconds",
                type=click.FloatRange(min=0, min_open=True),
                default=120.0,
                show_default=True,
                help="How long it takes at most.",
            ),
            click.option(
                "--seed",
                default="0",
                show_default=True,
                help="The same seed gives the same calls, and so the same report.",
            ),
        )
    ):
        command = option(command)
    return command


def report_of(**arguments: Any) -> Report:
    """Explore the application that ``flask --app`` names, and return the report.

    Raises :class:`BadInput` for what cannot be explored.
    """
    make_app = _maker()
    total = arguments["calls"]
    with terminal.progress_of("Exploring", total) as show:

        def watch(calls: int, states: int) -> None:
            show(calls, counted(states, "state"))

        try:
            with without_output():
                return explore(make_app, watch=watch, **arguments)
        except SimulationError as error:
            raise BadInput(terminal.clean(str(error))) from None


@contextmanager
def without_output() -> Iterator[None]:
    """Return a context in which an application prints and logs nothing: it would bury the findings."""
    disabled = logging.root.manager.disable
    logging.disable()
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            yield
    finally:
        logging.disable(disabled)


class OutputFile(click.Path):
    """The path of a file that a command writes when it is done, which may take its time."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, context)))
        if not path.parent.is_dir():
            self.fail(f"Folder {str(path.parent)!r} does not exist.", param, context)
        return path


def write(path: Path, text: str) -> None:
    """Write a text to a file; raises :class:`BadInput` if it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be written: {error.strerror}.") from None


def _maker() -> Callable[[], Flask]:
    """Return what makes the application for each call; one that cannot be loaded is an error at once."""
    first = [load_application()]
    make = application_maker()
    return lambda: first.pop() if first else make()


def _callees(context: click.Context, option: click.Parameter, values: Sequence[str]) -> list[dict[str, str]]:
    scenes: list[dict[str, str]] = [{}]
    for value in values:
        number, _, behavior = value.rpartition("=")
        if not number or behavior not in BEHAVIORS:
            raise click.BadParameter(f"must be NUMBER= and one of {', '.join(BEHAVIORS)}, got {value!r}.")
        scenes.append({number: behavior})
    return scenes
