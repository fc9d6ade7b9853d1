"""``flask bandwidth explore``: every way through a phone line, and what is wrong on it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from flask_bandwidth_callbacks.simulator.engine.conversation import counted
from flask_bandwidth_callbacks.simulator.explore import Finding, Report
from flask_bandwidth_callbacks.simulator.explore.findings import KINDS

from .exploring import OutputFile, exploring_options, report_of, without_output, write
from .terminal import clean, say


@click.command("explore")
@exploring_options
@click.option(
    "--allow",
    metavar="KIND",
    multiple=True,
    type=click.Choice(KINDS),
    help="Leave out findings of this kind; repeatable.",
)
@click.option("-v", "--verbose", is_flag=True, help="Also show the call of each finding, as a conversation.")
@click.option("--json", "as_json", is_flag=True, help="Print the states and findings as JSON.")
@click.option(
    "--write-tests",
    "tests",
    metavar="FILE",
    type=OutputFile(),
    help="Write pytest tests of the ways to a file.",
)
def command(allow: Sequence[str], verbose: bool, as_json: bool, tests: Path | None, **arguments: Any) -> None:
    """Walk every way through the phone line, and report what is wrong.

    On simulated calls, callers press every key, say nothing, speak, leave messages and hang up, everywhere;
    the people who are called answer or not. The handlers run for real: use a database for tests. If --app
    names a function, each call gets a fresh application. For example:

    \b
      flask bandwidth explore
      flask bandwidth explore --keys "123*#" --callee +13035550141=busy --at 2026-01-05T10:00
      flask bandwidth explore --allow hidden-key --write-tests tests/test_ways.py

    \b
    exception           a handler raised an exception
    lost-call           a callback without a responder, or that failed otherwise
    unannounced-hangup  the end of a document was reached by accident
    false-promise       an announced key does nothing, or what every other key does
    hidden-key          a key leads somewhere, and is not announced (a note)
    silent-loop         a caller who does nothing is never let go
    no-way-out          nothing leads to a person, a recording or an end
    long-silence        more than ten seconds without a sound
    long-way            more steps to a person than --longest-way
    unreached           a responder that no call reached

    A comment beside a handler leaves out a kind there: # explore: allow false-promise

    The exit status is 1 if there are findings above notes, 2 for bad input, else 0.
    """
    report = report_of(allow=allow, **arguments)
    if as_json:
        click.echo(report.to_json())
    else:
        for finding in report.findings:
            _show(finding, verbose)
        _sum_up(report)
    if tests is not None:
        with without_output():
            written = report.to_tests()
        write(tests, written)
    if report.faults:
        raise click.exceptions.Exit(1)


def _show(finding: Finding, verbose: bool) -> None:
    margin = f"{finding.kind:<20}"
    blank = " " * len(margin)
    say(finding.message, "cyan" if finding.is_note else "bold red", margin)
    if finding.handler:
        say(finding.handler, "dim", blank)
    if finding.call:
        say(f"The way there: {', then '.join([str(finding.scene), *finding.steps])}.", "", blank)
    if verbose and finding.call:
        click.echo(textwrap.indent(clean(finding.call), blank))
    click.echo()


def _sum_up(report: Report) -> None:
    notes = len(report.findings) - len(report.faults)
    for sentence in report.left:
        say(sentence, "yellow")
    walked = f"{counted(len(report.states), 'state')} in {counted(report.calls, 'call')}"
    if not report.is_exhausted:
        walked += ", not all that there is"
    found = f"{counted(len(report.faults), 'finding')}, {counted(notes, 'note')}"
    say(f"{walked}: {found}.", "bold" if report.findings else "green")
