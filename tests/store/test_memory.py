"""The memory store: how much it keeps. What every store does is in test_every_store.py."""

from __future__ import annotations

import sys
import time

import pytest
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint, ConfigurationError
from flask_bandwidth_callbacks.store import memory, open_store
from flask_bandwidth_callbacks.stores import Kind, Lease, Store

STATE = Kind("state", lifetime=0.2)
REPLY = Kind("reply", lifetime=60.0, is_bounded=True)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that keeps ten records of a bounded kind."""
    monkeypatch.setattr(memory, "KEPT_RECORDS", 10)
    return open_store("memory://", "store")


def leased(store: Store, kind: Kind, name: str) -> Lease:
    """Lease a record that must be free."""
    lease = store.lease(kind, name)
    assert lease is not None
    return lease


def put(store: Store, kind: Kind, name: str) -> None:
    """Write a record that must be free."""
    assert store.write(leased(store, kind, name), b"value")


def names(store: Store, kind: Kind) -> list[str]:
    """Return the names of the records of a kind."""
    return [record.name for record in store.records(kind)]


def test_the_oldest_of_very_many_are_dropped(store: Store) -> None:
    """Of a bounded kind the newest stay, and those that were written again count as new."""
    for number in range(9):
        put(store, REPLY, f"{number:02}")
    put(store, REPLY, "00")
    for number in range(9, 13):
        put(store, REPLY, f"{number:02}")
    kept = names(store, REPLY)
    assert 9 <= len(kept) <= 10
    assert kept == ["00", *(f"{number:02}" for number in range(14 - len(kept), 13))]


def test_a_record_is_not_dropped_while_it_is_leased(store: Store) -> None:
    """What an owner works on stays, however many records are written meanwhile."""
    put(store, REPLY, "held")
    held = leased(store, REPLY, "held")
    for number in range(20):
        put(store, REPLY, f"{number:02}")
    assert store.read(REPLY, "held") == b"value"
    assert store.write(held, b"later")
    for number in range(20, 40):
        put(store, REPLY, f"{number:02}")
    assert len(names(store, REPLY)) <= 10


def test_records_that_have_expired_are_given_back(store: Store) -> None:
    """The memory of records whose lifetime is over is given back, little by little, as others are written."""
    value = bytes(1000)
    before = sys.getrefcount(value)
    for number in range(20):
        assert store.write(leased(store, STATE, f"old-{number}"), value)
    assert len(names(store, STATE)) == 20, "a kind that is not bounded"
    time.sleep(0.25)
    for number in range(10):
        put(store, STATE, f"new-{number}")
    assert sys.getrefcount(value) == before


def test_a_limit_that_is_over_when_a_record_is_written(store: Store) -> None:
    """A record that is written after its limit is gone at once."""
    held = leased(store, REPLY, "call")
    store.limit(REPLY, "call", 0.01)
    time.sleep(0.02)
    assert store.write(held, b"late")
    assert store.read(REPLY, "call") is None
    assert leased(store, REPLY, "call").value is None


@pytest.mark.parametrize("url", ["memory://localhost", "memory:///calls.db"])
def test_a_url_that_says_more(url: str) -> None:
    """Memory has neither a host nor a path."""
    with pytest.raises(ConfigurationError, match=f"^store must be 'memory://' .*, got '{url}'"):
        open_store(url, "store")


@pytest.mark.parametrize("url", [None, 5, "memory", ""])
def test_a_setting_that_is_not_a_url(app: Flask, phone: CallbackBlueprint, url: object) -> None:
    """Whatever is not a URL is an error when the blueprint is registered, with examples of what is."""
    app.config["BANDWIDTH_CALLBACKS_STORE"] = url
    with pytest.raises(ConfigurationError, match="must be the URL of a store, such as 'memory://'"):
        app.register_blueprint(phone)


def test_a_store_in_memory_has_no_risks(store: Store) -> None:
    """Doctor finds nothing at risk in the settings of a store in memory, which has none."""
    assert store.risks() == []
