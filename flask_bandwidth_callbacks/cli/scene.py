"""The scene of a call: what there is before it begins, as the options say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import click

from flask_bandwidth_callbacks.simulator import Callee, SimulatedBandwidth, SimulationError
from flask_bandwidth_callbacks.simulator.engine.callees import check_number

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
Behavior: TypeAlias = Callable[[Callee], object]

_BEHAVIORS: dict[str, Behavior] = {
    "answers": Callee.answers,
    "busy": Callee.is_busy,
    "rejects": Callee.rejects,
    "none": Callee.does_not_answer,
}
_YEARS = range(1000, 9000)
"""Years in which a call may begin, so that time can pass on both sides of it."""


@dataclass(frozen=True)
class Scene:
    """What the simulation is like before the call begins."""

    start: datetime | None
    callees: Sequence[tuple[str, Behavior]]
    seed: int | None
    repeats: int

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of :class:`SimulatedBandwidth` that were given."""
        given = {"start": self.start, "seed": self.seed}
        return {name: value for name, value in given.items() if value is not None}

    def set_up(self, bandwidth: SimulatedBandwidth) -> None:
        """Make Bandwidth and the people at other numbers behave as the options say."""
        bandwidth.repeats = self.repeats
        for number, behave in self.callees:
            behave(bandwidth.callee(number))


def scene_options(command: CommandT) -> CommandT:
    """Add the options of a scene to a command, which gets ``at``, ``callees``, ``repeats`` and ``seed``."""
    for option in (
        seed_option,
        click.option(
            "--repeats",
            metavar="TIMES",
            type=click.IntRange(min=1),
            default=1,
            help="How often every callback is sent, as on a bad connection; the first reply counts."
            "  [default: 1]",
        ),
        callee_option,
        click.option(
            "--at",
            metavar="TIME",
            callback=_time,
            help="When the call begins, such as 2026-01-05T03:00. In UTC, unless it ends with an offset such"
            " as -05:00.  [default: 2026-01-05T15:00]",
        ),
    ):
        command = option(command)
    return command


def callee_option(command: CommandT) -> CommandT:
    """Add the option ``--callee`` to a command, which gets it as ``callees``."""
    return click.option(
        "--callee",
        "callees",
        metavar="NUMBER=BEHAVIOR",
        multiple=True,
        callback=_callees,
        help="How the person at a number behaves when called: answers, busy, rejects or none (does not"
        " answer); repeatable.  [default: answers]",
    )(command)


def seed_option(command: CommandT) -> CommandT:
    """Add the option ``--seed`` to a command."""
    return click.option(
        "--seed", type=int, help="Seed of the ids: the same one gives the same ids.  [default: new ids]"
    )(command)


def _callees(
    context: click.Context, option: click.Parameter, values: Sequence[str]
) -> list[tuple[str, Behavior]]:
    return [_callee(value) for value in values]


def _callee(value: str) -> tuple[str, Behavior]:
    number, _, behavior = value.rpartition("=")
    if not number or behavior not in _BEHAVIORS:
        raise click.BadParameter(f"must be NUMBER= and one of {', '.join(_BEHAVIORS)}, got {value!r}.")
    try:
        return check_number(number, "NUMBER"), _BEHAVIORS[behavior]
    except SimulationError as error:
        raise click.BadParameter(str(error)) from None


def _time(context: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"must be a time such as 2026-01-05T03:00, got {value!r}.") from None
    if time.year not in _YEARS:
        raise click.BadParameter(f"must be between the years 1000 and 9000, got {value!r}.")
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
