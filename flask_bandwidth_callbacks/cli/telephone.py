"""``flask bandwidth call``: a telephone in the terminal."""

from __future__ import annotations

import click

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth


def converse(bandwidth: SimulatedBandwidth, call: Call) -> None:
    """Let somebody at the terminal be the caller until the call is over."""


@click.command()
def call() -> None:
    """Call the application."""
