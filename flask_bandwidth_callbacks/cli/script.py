"""The caller's script: the options ``--press``, ``--speak``, ``--wait`` and ``--hang-up`` in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import Any, TypeAlias, TypeVar

import click

from flask_bandwidth_callbacks.simulator import Call, SimulationError
from flask_bandwidth_callbacks.simulator.engine.call import check_keys
from flask_bandwidth_callbacks.simulator.engine.timeline import check_seconds

from . import terminal
from .keypad import NO_KEYS, NO_WORDS, hang_up

Move: TypeAlias = Callable[[Call], None]
"""Something that the caller does."""

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


class ScriptedCommand(click.Command):
    """A command with :func:`script_options`; it gets them as one list of moves, ``script``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Click groups values by option; only its parser knows the order across options.
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        rest = super().parse_args(ctx, args)
        moves = {name: iter(ctx.params.pop(name)) for name in ("press", "speak", "wait", "hang_up")}
        ctx.params["script"] = [next(moves[option.name]) for option in order if option.name in moves]
        return rest


def script_options(command: CommandT) -> CommandT:
    """Add the options of a script to a command."""
    for option in (
        click.option("--hang-up", count=True, callback=_hang_up, help="Hang up."),
        click.option(
            "--wait",
            metavar="SECONDS",
            type=click.FloatRange(min=0),
            multiple=True,
            callback=_wait,
            help="Wait for some seconds of simulated time; repeatable.",
        ),
        click.option("--speak", metavar="WORDS", multiple=True, callback=_speak, help="Speak; repeatable."),
        click.option(
            "--press",
            metavar="KEYS",
            multiple=True,
            callback=_press,
            help="Press keys (0-9, *, #, A-D); repeatable.",
        ),
    ):
        command = option(command)
    return command


def _press(context: click.Context, option: click.Parameter, values: Sequence[str]) -> list[Move]:
    def press(keys: str, call: Call) -> None:
        was_listening = call.takes_keys
        call.press(keys)
        if not was_listening:
            _warn(f"--press {keys}: {NO_KEYS}")

    try:
        return [partial(press, check_keys(keys)) for keys in values]
    except SimulationError as error:
        raise click.BadParameter(str(error)) from None


def _speak(context: click.Context, option: click.Parameter, values: Sequence[str]) -> list[Move]:
    def speak(words: str, call: Call) -> None:
        was_listening = call.is_listened_to
        call.speak(words)
        if not was_listening:
            _warn(f'--speak "{words}": {NO_WORDS}')

    for words in values:
        if not words.strip():
            raise click.BadParameter(f"text must be words to say, got {words!r}.")
    return [partial(speak, words) for words in values]


def _warn(message: str) -> None:
    """Print a warning about a move without effect; it does not change the exit status."""
    click.echo(terminal.clean(message), err=True)


def _wait(context: click.Context, option: click.Parameter, values: Sequence[float]) -> list[Move]:
    try:
        return [methodcaller("wait", check_seconds(seconds)) for seconds in values]
    except SimulationError as error:
        raise click.BadParameter(str(error)) from None


def _hang_up(context: click.Context, option: click.Parameter, count: int) -> list[Move]:
    return [hang_up] * count
