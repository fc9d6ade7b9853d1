"""How the commands look: with rich where it is installed (``flask-bandwidth-callbacks[cli]``), else plain."""

from __future__ import annotations

from collections.abc import Sequence
from xml.dom import minidom
from xml.parsers.expat import ExpatError

import click

try:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.syntax import Syntax
    from rich.table import Table
except ImportError:
    has_rich = False
else:
    has_rich = True


def say(text: str, style: str = "") -> None:
    """Print a line; ``style`` is one of rich's, like ``bold``, ``dim``, ``green`` or ``bold red``."""
    if has_rich and style:
        _console().print(f"[{style}]{escape(text)}[/]", highlight=False, soft_wrap=True)
    else:
        click.echo(text)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under the names of their columns."""
    if has_rich:
        shown = Table(*columns, box=box.SIMPLE_HEAD, header_style="bold")
        for row in rows:
            shown.add_row(*map(escape, row))
        _console().print(shown)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def xml(document: str) -> None:
    """Print a document, an element on a line."""
    text = indented(document)
    if has_rich:
        _console().print(Syntax(text, "xml", background_color="default", word_wrap=True))
    else:
        click.echo(text)


def indented(document: str) -> str:
    """Return a document with an element on a line; one that is no XML stays as it is."""
    try:
        tree = minidom.parseString(document)
    except ExpatError:
        return document
    root = tree.documentElement
    assert root is not None
    return root.toprettyxml(indent="  ").strip()


def _console() -> Console:
    return Console()
