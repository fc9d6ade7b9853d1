"""``flask bandwidth``: a telephone in the terminal, and what helps to set one up."""

from __future__ import annotations

from typing import Any

import click
from werkzeug.utils import import_string

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError

_COMMANDS = {
    "call": "telephone:command",
    "send": "sending:send",
    "routes": "routes:routes",
    "doctor": "doctor:doctor",
}
"""Module and name of each command."""


class _Commands(click.Group):
    """Imports a command when it is asked for: every ``flask`` command loads this group, few more of it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_string(f"{__name__}.{_COMMANDS[cmd_name]}")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BandwidthCallbacksError as error:
            from .terminal import clean  # brings rich

            raise click.ClickException(clean(str(error))) from None


@click.group(cls=_Commands)
def bandwidth() -> None:
    """Try a Bandwidth voice application, and look into it."""
