"""``flask bandwidth map``: a picture of what leads where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from flask_bandwidth_callbacks.simulator import SimulationError
from flask_bandwidth_callbacks.simulator.explore import Report

from .application import BadInput
from .exploring import OutputFile, exploring_options, report_of, write


def _to_json(report: Report) -> str:
    return json.dumps(asdict(report.picture), indent=2, ensure_ascii=False)


_FORMATS: dict[str, Callable[[Report], str]] = {
    "svg": Report.to_svg,
    "mermaid": Report.to_mermaid,
    "json": _to_json,
}


@click.command("map")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="svg",
    show_default=True,
    help="SVG for a page or a printer, Mermaid for a README, JSON for programs.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=OutputFile(),
    help="Write to a file instead of the terminal.",
)
@exploring_options
def command(form: str, output: Path | None, **arguments: Any) -> None:
    """Draw what leads where on the phone line.

    The line is explored as by flask bandwidth explore. The boxes are states, with the first words that are
    heard; arrows have the keys. What no call reached is dashed: responders, and links that stand in the code.
    For example:

    \b
      flask bandwidth map -o line.svg
      flask bandwidth map --format mermaid --at 2026-01-05T10:00
    """
    report = report_of(**arguments)
    try:
        drawn = _FORMATS[form](report).rstrip("\n")
    except SimulationError as error:  # what draws is not installed
        raise BadInput(str(error)) from None
    if output is None:
        click.echo(drawn)
    else:
        write(output, drawn + "\n")
