"""Output and input of the commands, with rich if it is installed (``flask-bandwidth-callbacks[cli]``).

Callers and servers choose parts of what is printed, so nothing in it can control the terminal.
"""

from __future__ import annotations

import contextlib
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import click

from flask_bandwidth_callbacks.simulator.wire.documents import indented

try:
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, track
    from rich.syntax import Syntax
    from rich.table import Column, Table
    from rich.text import Text
except ImportError:
    has_rich = False
else:
    has_rich = True

T = TypeVar("T")

# Control characters except tab and line feed, and marks that change the writing direction.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


# -- Printing ------------------------------------------------------------------------------------------------


def say(text: str, style: str = "", margin: str = "") -> None:
    """Print a text; ``style`` is a style of rich, such as ``bold``, ``dim``, ``green`` or ``bold red``.

    Lines after the first are indented to the end of ``margin``, so that a text cannot forge a margin.
    """
    text = clean(text)
    console = _console()
    if console is None:
        click.echo(margin + text.replace("\n", "\n" + " " * len(margin)))
    elif not margin:
        console.print(Text(text, style, overflow="fold"))
    else:
        grid = Table.grid(Column(style="dim", no_wrap=True), Column(overflow="fold"), padding=0)
        grid.add_row(margin, Text(text, style))
        console.print(grid)


def verbatim(text: str, style: str = "") -> None:
    """Print lines without wrapping them, so that they can be copied."""
    console = _console()
    if console is None:
        click.echo(clean(text))
    else:
        console.print(Text(clean(text), style), soft_wrap=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print an empty line, the names of the columns, and the rows."""
    rows = [[clean(cell) for cell in row] for row in rows]
    console = _console()
    if console is None:
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        click.echo()
        for row in (columns, *rows):
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    shown = Table(*(Column(name, overflow="fold") for name in columns), box=box.SIMPLE_HEAD)
    for row in rows:
        shown.add_row(*map(Text, row))
    console.print(shown)


def progress(steps: Iterable[T], total: int, text: str) -> Iterable[T]:
    """Return the steps, so that going through them moves a progress bar where the terminal can show one."""
    console = _console()
    return steps if console is None else track(steps, text, total, console=console, transient=True)


@contextlib.contextmanager
def progress_of(text: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """Return a context with a progress bar, where the terminal can show one.

    It gives a function that is called with how much is done, and a text that is shown behind the bar.
    """
    if not has_rich or not (console := Console(stderr=True)).is_terminal:
        yield lambda done, shown: None
        return
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TextColumn("{task.fields[shown]}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(text, total=total, shown="")
        yield lambda done, shown: bar.update(task, completed=done, shown=shown)


def xml(document: str, indent: int = 0) -> None:
    """Print a document with an element on each line; a line that is too long keeps its indentation."""
    text = clean(indented(document))
    console = _console()
    if console is None:
        click.echo(textwrap.indent(text, " " * indent))
        return
    syntax = Syntax("", "xml", theme="ansi_dark", background_color="default")
    for line in syntax.highlight(text).split():
        depth = len(line.plain) - len(line.plain.lstrip())
        console.print(Padding(line[depth:], (0, 0, 0, indent + depth)), overflow="fold")


def clean(text: str) -> str:
    """Return a text without characters that control the terminal or that it cannot show."""
    text = _CONTROLS.sub("\ufffd", "\n".join(text.splitlines()))
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _console() -> Console | None:
    """Return rich's console, or None where output is plain: without rich, to a file or to a pipe."""
    if not has_rich:
        return None
    console = Console(highlight=False)
    return console if console.is_terminal else None


# -- Reading -------------------------------------------------------------------------------------------------


def is_attended() -> bool:
    """Return whether standard input is a terminal, where a person can answer a prompt."""
    return sys.stdin is not None and sys.stdin.isatty()


def read() -> str | None:
    """Read a line, after a prompt if the input is a terminal. Return None at its end and on Ctrl-C."""
    if sys.stdin is None:
        return None
    attended = is_attended()
    if attended:
        with contextlib.suppress(ImportError):  # gives input() editing and history
            import readline  # noqa: F401
    try:
        return input("> " if attended else "")
    except UnicodeDecodeError:
        return "\ufffd"
    except (EOFError, KeyboardInterrupt):
        if attended:
            click.echo()
        return None
