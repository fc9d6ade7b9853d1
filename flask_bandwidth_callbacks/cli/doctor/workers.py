"""How many workers the application has, as far as the settings of gunicorn and granian show it."""

from __future__ import annotations

import ast
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_CONFIGURATION = "gunicorn.conf.py"
"""The file that gunicorn reads in its working folder, unless it is told another one."""


@dataclass(frozen=True)
class Workers:
    """A number of workers, and where it was found."""

    number: int | None
    """None where only running the file would tell it."""
    source: str


def workers() -> Iterator[Workers]:
    """Yield the settings of servers that ask for more than one worker, or may do so."""
    for found in (_gunicorn(), _variable("GRANIAN_WORKERS")):
        if found is not None and found.number != 1:
            yield found


def _gunicorn() -> Workers | None:
    """Return what gunicorn would use: its arguments before its file, and that before the default."""
    arguments = _split(os.environ.get("GUNICORN_CMD_ARGS", ""))
    given = _option(arguments, "-w", "--workers")
    if given is not None:
        return _number(given, "GUNICORN_CMD_ARGS")
    path = Path((_option(arguments, "-c", "--config") or _CONFIGURATION).removeprefix("file:"))
    return _in_file(path) or _variable("WEB_CONCURRENCY")


def _variable(name: str) -> Workers | None:
    return _number(os.environ.get(name, ""), name)


def _number(text: str, source: str) -> Workers | None:
    return Workers(int(text), source) if text.strip().isdecimal() else None


def _split(arguments: str) -> Sequence[str]:
    try:
        return shlex.split(arguments)
    except ValueError:  # a quotation mark too few, with which gunicorn would not start
        return []


def _option(arguments: Sequence[str], short: str, long: str) -> str | None:
    """Return the last value of an option among arguments, None if it is not there."""
    value = None
    for argument, after in pairwise([*arguments, ""]):
        if argument in (short, long):
            value = after
        elif argument.startswith(f"{long}="):
            value = argument.partition("=")[2]
        elif argument.startswith(short):
            value = argument[len(short) :]
    return value


def _in_file(path: Path) -> Workers | None:
    """Return the workers that a file of Python sets, without running it."""
    try:
        statements = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return None
    for statement in reversed(statements):
        if not isinstance(statement, ast.Assign) or not any(
            isinstance(target, ast.Name) and target.id == "workers" for target in statement.targets
        ):
            continue
        value = statement.value.value if isinstance(statement.value, ast.Constant) else None
        return Workers(value if isinstance(value, int) else None, path.name)
    return None
