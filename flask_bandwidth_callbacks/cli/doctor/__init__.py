"""``flask bandwidth doctor``: what will go wrong in production."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from flask import Flask

from flask_bandwidth_callbacks.cli.application import load_application
from flask_bandwidth_callbacks.cli.callback_routes import CallbackRoute, callback_routes
from flask_bandwidth_callbacks.cli.terminal import say
from flask_bandwidth_callbacks.simulator.engine.conversation import counted

from . import credentials, handlers, probes, settings, stores
from .findings import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@click.command("doctor")
def command() -> None:
    """Check for what will go wrong in production.

    Checks the responders and subscribers, the credentials, the settings, the store and the background. Then
    sends the application callbacks without content, which the blueprint rejects before any handler runs, to
    learn whether something else replies to them. For example:

    \b
      flask bandwidth doctor

    The exit status is 1 if calls would be lost or anyone could forge callbacks, else 0.
    """
    app = load_application()
    routes = callback_routes(app)
    findings = list(_examine(app, routes))
    for level in _STYLES:
        for finding in findings:
            if finding.level == level:
                _show(finding)
    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if not errors and not warnings:
        say(f"No problems found at {counted(sum(map(len, routes)), 'URL')}.", "green")
        return
    say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}.", "bold")
    if errors:
        raise click.exceptions.Exit(1)


def _examine(app: Flask, routes: Sequence[Sequence[CallbackRoute]]) -> Iterator[Finding]:
    """Yield the findings of every check; ``routes`` has a list for each blueprint."""
    yield from handlers.check_calls(routes)
    # If it is registered twice, a blueprint would have the same findings twice.
    for of_blueprint in {group[0].registration.blueprint: group for group in routes}.values():
        yield from handlers.check_blueprint(app, of_blueprint)
        yield from credentials.check(of_blueprint[0])
    yield from settings.check(app)
    yield from stores.check(app, [group[0].registration for group in routes])
    yield from probes.check(app, routes)


def _show(finding: Finding) -> None:
    margin = f"{finding.level:<9}"
    say(finding.summary, _STYLES[finding.level], margin)
    say(finding.consequence, "", " " * len(margin))
    say(finding.remedy, "", " " * len(margin))
    click.echo()
