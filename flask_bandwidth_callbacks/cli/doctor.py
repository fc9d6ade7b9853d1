"""``flask bandwidth doctor``: what will go wrong in production."""

from __future__ import annotations

import click

from flask_bandwidth_callbacks.simulator.engine.conversation import counted

from . import application, findings, probes
from .addresses import addresses_of
from .findings import Finding
from .terminal import say

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@click.command()
def doctor() -> None:
    """Tell what will go wrong in production.

    Looks at who answers and hears, at the credentials and the settings, and sends requests to the application
    that get to no handler, to see what else answers them. For example:

    \b
      flask bandwidth doctor

    The exit status is 1 if calls would be lost or anybody could make them up, else 0.
    """
    app = application.load()
    addresses = addresses_of(app)
    found = [*findings.look(app, addresses), *probes.look(app, addresses)]
    for level in _STYLES:
        for finding in found:
            if finding.level == level:
                _show(finding)
    errors = sum(finding.level == "error" for finding in found)
    warnings = sum(finding.level == "warning" for finding in found)
    if not errors and not warnings:
        say(f"All is well with {counted(sum(map(len, addresses)), 'URL')}.", "green")
        return
    say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}.", "bold")
    if errors:
        raise click.exceptions.Exit(1)


def _show(finding: Finding) -> None:
    margin = f"{finding.level:<9}"
    say(finding.what, _STYLES[finding.level], margin)
    say(finding.why, "", " " * len(margin))
    say(finding.remedy, "", " " * len(margin))
    click.echo()
