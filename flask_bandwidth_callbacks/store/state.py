"""The state of a call: a dictionary that every callback of the call can read and change."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.exceptions import StateLocked, StoreError
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.stores import Kind, Lease, Store

from .memory import MemoryStore

STATE = Kind("state", lifetime=25 * 3600.0)
_AFTER_THE_CALL = 3600.0
"""Seconds that a state is kept after ``disconnect``: recordings and transcriptions come later."""
_PATIENCE = 5.0
"""Seconds to wait for another callback of the same call."""

_while_down = MemoryStore()
"""Holds the states that are used while a store cannot be reached, so that no call is lost to that."""


@contextmanager
def state_of(store: Store, call_id: str) -> Iterator[dict[str, Any]]:
    """Open the state of a call, and store it at the end of the block if it was changed.

    Raises :class:`~.exceptions.StateLocked` if another callback has it open for longer than five seconds, or
    took it over, and TypeError for a value that JSON cannot hold.
    """
    try:
        lease = _lease(store, call_id)
    except StoreError as error:
        _log_outage(error, call_id)
        store = _while_down
        lease = _lease(store, call_id)
    is_stored = False
    try:
        state: dict[str, Any] = {} if lease.value is None else json.loads(lease.value)
        before = json.dumps(state)
        yield state
        after = _to_json(state)
        if after != before:
            is_stored = True  # a failure in there leaves no lease to release
            _write(store, lease, after, call_id)
    finally:
        if not is_stored:
            _release(store, lease, call_id)


def end_state(store: Store, call_id: str) -> None:
    """Keep the state of a call that is over for an hour more."""
    try:
        store.limit(STATE, call_id, _AFTER_THE_CALL)
    except StoreError as error:
        _log_outage(error, call_id)


def read_state(store: Store, call_id: str) -> dict[str, Any] | None:
    """Return the state of a call as it was stored last, None if there is none. It does not wait for a block that has it open."""
    value = store.read(STATE, call_id)
    return None if value is None else json.loads(value)


def _lease(store: Store, call_id: str) -> Lease:
    deadline = time.monotonic() + _PATIENCE
    pause = 0.002
    while (lease := store.lease(STATE, call_id)) is None:
        if time.monotonic() > deadline:
            raise StateLocked(
                f"The state of call {show(call_id)} must be free within {_PATIENCE:g} seconds, but another"
                " block has it open. Do slow work outside of the block."
            )
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return lease


def _write(store: Store, lease: Lease, text: str, call_id: str) -> None:
    try:
        is_written = store.write(lease, text.encode())
    except StoreError as error:
        _log_outage(error, call_id)
        _write(_while_down, _lease(_while_down, call_id), text, call_id)
        return
    if not is_written:
        raise StateLocked(
            f"The state of call {show(call_id)} must be stored by the block that opened it, but another block"
            " took it over, because this process stood still. Do slow work outside of the block."
        )


def _release(store: Store, lease: Lease, call_id: str) -> None:
    try:
        store.release(lease)
    except StoreError as error:
        _log_outage(error, call_id)


def _log_outage(error: StoreError, call_id: str) -> None:
    log(
        logging.ERROR,
        "The state of call %s is kept in this process only, because the store failed: %s",
        show(call_id),
        error,
    )


# -- JSON --------------------------------------------------------------------------------------------------


def _to_json(state: dict[str, Any]) -> str:
    _check("state", state)
    return json.dumps(state)


def _check(name: str, value: Any) -> None:
    """Raise TypeError for a value that JSON cannot hold, or would turn into another one."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"A key of {name} must be a string, got {show(key)}. Give {str(key)!r}.")
            _check(f"{name}[{key!r}]", item)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _check(f"{name}[{number}]", item)
    else:
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            raise TypeError(
                f"{name} must be a JSON value, got {show(value)}. Store a string, a number, a boolean, None,"
                " or a list or a dict of these."
            ) from None
