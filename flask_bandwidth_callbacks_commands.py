"""The group of commands ``flask bandwidth``; ``flask_bandwidth_callbacks.cli`` has a module for each of them.

It is outside of the package, because Flask imports it for each of its own commands, in every application of
the environment. It imports nothing of the package until one of these commands is used.
"""

from __future__ import annotations

from typing import Any

import click
from werkzeug.utils import import_string

_COMMANDS = (
    "call",
    "dial",
    "serve",
    "studio",
    "send",
    "explore",
    "map",
    "replay",
    "routes",
    "state",
    "background",
    "store",
    "doctor",
)

_FOLDERS = {
    "state": "store",
    "background": "background",
    "store": "store",
    "explore": "simulator.explore",
    "map": "simulator.explore",
    "studio": "studio",
    "replay": "call_log",
}
"""The folders without which commands have nothing to do; they may have been deleted."""


class _Commands(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from flask_bandwidth_callbacks import parts

        return [name for name in _COMMANDS if name not in _FOLDERS or parts.has(_FOLDERS[name])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name in _FOLDERS:
            from flask_bandwidth_callbacks import parts

            parts.load(_FOLDERS[cmd_name], f"flask bandwidth {cmd_name}")
        command: click.Command = import_string(f"flask_bandwidth_callbacks.cli.{cmd_name}:command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError

        try:
            return super().invoke(ctx)
        except BandwidthCallbacksError as error:
            from flask_bandwidth_callbacks.cli.terminal import clean  # imports rich

            raise click.ClickException(clean(str(error))) from None


@click.group(cls=_Commands)
def bandwidth() -> None:
    """Call, test and check a Bandwidth voice application.

    Nothing is sent to Bandwidth: a simulated Bandwidth sends callbacks to your application. Every command has
    a --help of its own with examples.
    """
