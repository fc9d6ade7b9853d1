"""``flask bandwidth state``: the state of a call."""

from __future__ import annotations

import json

import click

from flask_bandwidth_callbacks import config, parts
from flask_bandwidth_callbacks.stores import Store

from .stores import load_stores
from .terminal import clean, verbatim


@click.command("state")
@click.argument("call_id")
def command(call_id: str) -> None:
    """Show the state of a call, as its last callback stored it.

    That is what the application keeps in phone.state(call), as JSON. It does not wait for a callback that has
    the state open. For example:

    \b
      flask bandwidth state c-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85

    The exit status is 1 if the call has no state.
    """
    stores = load_stores()
    found = [
        state
        for store in stores.values()
        if (state := parts.load("store", "state").read_state(store, call_id)) is not None
    ]
    if not found:
        raise click.ClickException(clean(_not_found(call_id, stores)))
    for state in found:
        verbatim(json.dumps(state, indent=2, ensure_ascii=False))


def _not_found(call_id: str, stores: dict[str, Store]) -> str:
    durable = [url for url, store in stores.items() if store.is_durable]
    if durable:
        where = " or ".join(durable)
        return f"Call {call_id!r} has no state in {where}. A state is gone an hour after its call."
    return (
        "The store must be outside of the server's process, got memory://, in which no command can look. Set"
        f" {config.STORE} to the URL of a database, such as sqlite:///calls.db."
    )
