"""The state of a call: a dictionary that every callback of the call can read and change."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.exceptions import StateLocked, StoreError
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.stores import Kind, Lease, Store

from .memory import MemoryStore

_HOUR = 3600.0
STATE = Kind("state", lifetime=25 * _HOUR)
_AFTER_THE_CALL = _HOUR
"""Seconds that a state is kept after ``disconnect``: recordings and transcriptions come later."""
_PATIENCE = 5.0
"""Seconds to wait for another callback of the same call."""

_while_down: WeakKeyDictionary[Store, MemoryStore] = WeakKeyDictionary()
"""Hold the states that are used while a store cannot be reached, so that no call is lost to that."""


@contextmanager
def state_of(store: Store, call_id: str) -> Iterator[dict[str, Any]]:
    """Open the state of a call, and store it at the end of the block if it was changed.

    Raises :class:`~.exceptions.StateLocked` if another callback has it open for longer than five seconds, or
    took it over, and TypeError for a value that JSON cannot hold.
    """
    try:
        lease = _lease(store, call_id)
    except StoreError as error:
        store = _instead_of(store, call_id, error)
        lease = _lease(store, call_id)
    try:
        before = lease.value or b"{}"
        state: dict[str, Any] = json.loads(before)
        yield state
        after = _to_json(state)
    except BaseException:
        _release(store, lease, call_id)
        raise
    if after == before:
        _release(store, lease, call_id)
    else:
        _write(store, lease, after, call_id)


def end_state(store: Store, call_id: str) -> None:
    """Keep the state of a call that is over for an hour more."""
    try:
        store.limit(STATE, call_id, _AFTER_THE_CALL)
    except StoreError as error:
        _log_outage("kept for longer than an hour after the call", call_id, error)


def read_state(store: Store, call_id: str) -> dict[str, Any] | None:
    """Return the state of a call as it was stored last, None if there is none. Does not wait for a block."""
    value = store.read(STATE, call_id)
    return None if value is None else json.loads(value)


def _lease(store: Store, call_id: str) -> Lease:
    asked = time.monotonic()
    deadline = asked + _PATIENCE
    pause = 0.002
    while (lease := store.lease(STATE, call_id)) is None:
        if asked > deadline:  # not the time now: a busy machine may have kept this process waiting since
            raise StateLocked(
                f"The state of call {show(call_id)} must be free within {_PATIENCE:g} seconds, but another"
                " block has it open. Do slow work outside of the block."
            )
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
        asked = time.monotonic()
    return lease


def _write(store: Store, lease: Lease, value: bytes, call_id: str) -> None:
    try:
        is_written = store.write(lease, value)
    except StoreError as error:
        store = _instead_of(store, call_id, error)
        is_written = store.write(_lease(store, call_id), value)
    if not is_written:
        raise StateLocked(
            f"The state of call {show(call_id)} must be stored by the block that opened it, but another block"
            " took it over, because this process stood still. Do slow work outside of the block."
        )


def _release(store: Store, lease: Lease, call_id: str) -> None:
    try:
        store.release(lease)
    except StoreError as error:
        _log_outage("still locked for some seconds", call_id, error)


def _instead_of(store: Store, call_id: str, error: StoreError) -> MemoryStore:
    """Return the store in memory that is used while another one fails."""
    _log_outage("kept in this process only", call_id, error)
    return _while_down.setdefault(store, MemoryStore())


def _log_outage(consequence: str, call_id: str, error: StoreError) -> None:
    log(
        logging.ERROR,
        "The state of call %s is %s, because the store failed: %s",
        show(call_id),
        consequence,
        error,
    )


# -- JSON --------------------------------------------------------------------------------------------------


def _to_json(state: dict[str, Any]) -> bytes:
    try:
        _check("state", state)
    except RecursionError:
        raise TypeError(
            "state must be a JSON value, got a dict or a list that holds itself, or too many in one another."
            " Store its items one beside the other."
        ) from None
    return json.dumps(state).encode()


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
