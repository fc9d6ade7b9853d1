"""``flask bandwidth store``: what has to be done to a store."""

from __future__ import annotations

import click

from .stores import load_stores
from .terminal import say


@click.group("store")
def command() -> None:
    """Prepare the store of the application.

    \b
      flask bandwidth store create
    """


@command.command("create")
def create() -> None:
    """Create the tables of the application's store.

    Without this command they are created when the first callback comes, with the rights of the application.
    Tables that are there already are checked, and keep what is in them, so that the command can be a step of
    every deployment. For example:

    \b
      flask bandwidth store create
    """
    for url, store in load_stores().items():
        store.create()
        if store.is_durable:
            say(f"{url} has what it needs.", "green")
        else:
            say(f"{url} needs nothing: it is in the memory of the server's process.")
