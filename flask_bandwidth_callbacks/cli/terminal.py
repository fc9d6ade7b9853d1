"""How the commands look: with rich where it is installed (``flask-bandwidth-callbacks[cli]``), else plain.

What is printed may come from anywhere, so nothing in it can control the terminal.
"""

from __future__ import annotations

import contextlib
import re
import sys
import textwrap
from collections.abc import Sequence
from xml.etree import ElementTree

import click

try:
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.syntax import Syntax
    from rich.table import Column, Table
    from rich.text import Text
except ImportError:
    has_rich = False
else:
    has_rich = True

# Control characters but the tab, other line ends, marks that turn the direction of writing, lone surrogates.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


# -- Printing ------------------------------------------------------------------------------------------------


def say(text: str, style: str = "", margin: str = "") -> None:
    """Print a line; ``style`` is one of rich's, like ``bold``, ``dim``, ``green`` or ``bold red``.

    A line that is too long goes on below itself, not below its ``margin``.
    """
    console = _console()
    if console is None:
        click.echo(margin + clean(text))
        return
    grid = Table.grid(Column(style="dim", no_wrap=True), Column(style=style, overflow="fold"))
    grid.add_row(margin, Text(clean(text)))
    console.print(grid)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under the names of their columns."""
    rows = [[clean(cell) for cell in row] for row in rows]
    console = _console()
    if console is None:
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    shown = Table(*(Column(name, overflow="fold") for name in columns), box=box.SIMPLE_HEAD)
    for row in rows:
        shown.add_row(*map(Text, row))
    console.print(shown)


def xml(document: str, indent: int = 0) -> None:
    """Print a document, an element on a line."""
    text = "\n".join(clean(line) for line in indented(document).splitlines())
    console = _console()
    if console is None:
        click.echo(textwrap.indent(text, " " * indent))
    else:
        syntax = Syntax(text, "xml", background_color="default", word_wrap=True)
        console.print(Padding(syntax, (0, 0, 0, indent)))


def clean(text: str) -> str:
    """Return a text that can be printed: what could control the terminal, or it cannot show, is replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    return _CONTROLS.sub("\ufffd", text).encode(encoding, "replace").decode(encoding)


def indented(document: str) -> str:
    """Return a document with an element on a line; one that is no XML stays as it is."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError:
        return document
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


def _console() -> Console | None:
    """Return what makes output look better, or None: for a file or another program it stays plain."""
    if not has_rich:
        return None
    console = Console(highlight=False)
    return console if console.is_terminal else None


# -- Reading -------------------------------------------------------------------------------------------------


def is_attended() -> bool:
    """Tell whether somebody is there to answer a prompt."""
    return sys.stdin is not None and sys.stdin.isatty()


def read() -> str | None:
    """Return a line that is typed, after a prompt if somebody is there; None at the end, and for Ctrl-C."""
    prompt = ""
    if is_attended():
        prompt = "> "
        with contextlib.suppress(ImportError):  # lines can be edited and called back where there is readline
            import readline  # noqa: F401
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        click.echo()
        return None
