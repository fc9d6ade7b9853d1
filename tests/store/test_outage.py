"""A store that fails: every callback is handled all the same, and the log says what is missing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    DisconnectCallback,
    InitiateCallback,
    StoreError,
)
from flask_bandwidth_callbacks.bxml import SpeakSentence
from flask_bandwidth_callbacks.store import repeats
from flask_bandwidth_callbacks.store.memory import MemoryStore
from flask_bandwidth_callbacks.store.state import state_of
from flask_bandwidth_callbacks.stores import Kind, Lease, stores_of

Call = Callable[..., TestResponse]
TIME = "2026-03-04T16:20:15.258Z"


class FailingStore(MemoryStore):
    """A store that fails at the operations in ``failing``, such as ``"write reply"``."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()
        self.asked: list[str] = []
        """Every operation, in order."""

    def lease(self, kind: Kind, name: str) -> Lease | None:
        self._ask("lease", kind)
        return super().lease(kind, name)

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        self._ask("write", lease.kind)
        return super().write(lease, value, free_in=free_in)

    def renew(self, lease: Lease) -> bool:
        self._ask("renew", lease.kind)
        return super().renew(lease)

    def release(self, lease: Lease) -> None:
        self._ask("release", lease.kind)
        super().release(lease)

    def limit(self, kind: Kind, name: str, seconds: float) -> None:
        self._ask("limit", kind)
        super().limit(kind, name, seconds)

    def _ask(self, operation: str, kind: Kind) -> None:
        self.asked.append(f"{operation} {kind.name}")
        if f"{operation} {kind.name}" in self.failing:
            raise StoreError("the store is down")


@pytest.fixture
def store_url() -> str:
    """Overrides the stores of the other tests here."""
    return "memory://failing-store"


@pytest.fixture
def store(app: Flask, store_url: str) -> FailingStore:
    """The store of the application."""
    stores_of(app)[store_url] = store = FailingStore()
    return store


@pytest.fixture
def runs(phone: CallbackBlueprint) -> list[str]:
    """The names of the handlers that ran, in order; every callback has a responder and a subscriber."""
    runs: list[str] = []

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        runs.append("responder")
        return SpeakSentence("Hello.")

    @phone.on(InitiateCallback)
    def subscribe(event: InitiateCallback) -> None:
        runs.append("subscriber")

    return runs


def errors_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


# -- Repeats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", ["lease reply", "write reply", "lease notified", "write notified"])
def test_a_callback_is_handled(
    call: Call, store: FailingStore, runs: list[str], caplog: pytest.LogCaptureFixture, failing: str
) -> None:
    """Whatever the store fails at: all handlers run, the reply is sent, and one line says what happened."""
    store.failing = {failing}
    assert b"Hello." in call("initiate", eventTime=TIME).data
    assert runs == ["responder", "subscriber"]
    assert errors_of(caplog) == [
        "Handled without looking for repeats, because the store failed: the store is down"
    ]
    assert caplog.records[0].__dict__["call_id"] == "c-1"


def test_a_failed_store_is_not_asked_again(call: Call, store: FailingStore, runs: list[str]) -> None:
    """After a failure the store is left alone until the next callback: the caller would wait each time."""
    store.failing = {"lease reply"}
    call("initiate", eventTime=TIME)
    assert store.asked == ["lease reply"]
    store.failing.clear()
    call("initiate", eventTime=TIME)
    call("initiate", eventTime=TIME)
    assert runs == ["responder", "subscriber"] * 2


@pytest.mark.parametrize("failing", ["release reply", "release notified"])
def test_a_repeat_is_handled(
    call: Call, store: FailingStore, runs: list[str], caplog: pytest.LogCaptureFixture, failing: str
) -> None:
    """A repeat whose record is not let go gets its reply; its responder does not run."""
    call("initiate", eventTime=TIME)
    store.failing = {failing}
    assert b"Hello." in call("initiate", eventTime=TIME).data
    assert runs[:2] == ["responder", "subscriber"]
    assert "responder" not in runs[2:]
    assert len(errors_of(caplog)) == 1


def test_a_responder_that_fails_while_the_store_is_down(
    app: Flask, call: Call, phone: CallbackBlueprint, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception of a responder goes its usual way although its record cannot be let go."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    notified: list[object] = []
    phone.on(InitiateCallback)(notified.append)

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> None:
        raise LookupError("not there")

    store.failing = {"release reply"}
    assert call("initiate", eventTime=TIME).status_code == 500
    assert len(notified) == 1
    assert [each for each in errors_of(caplog) if "store failed" in each] != []


def test_a_lease_is_not_left_behind(
    app: Flask, call: Call, phone: CallbackBlueprint, store: FailingStore
) -> None:
    """When the store fails after a responder has, a repeat does not wait for what nothing will end."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    phone.on(InitiateCallback)(lambda event: None)

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> None:
        raise LookupError("not there")

    store.failing = {"lease notified"}
    assert call("initiate", eventTime=TIME).status_code == 500
    assert store.asked == ["lease reply", "lease notified", "release reply"]


# -- State ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tries(phone: CallbackBlueprint) -> list[int]:
    """What a responder found in the state, call by call; it counts in there."""
    tries: list[int] = []

    @phone.respond(InitiateCallback, repeats=True)
    def respond(event: InitiateCallback) -> SpeakSentence:
        with phone.state(event) as state:
            state["tries"] = state.get("tries", 0) + 1
            tries.append(state["tries"])
        return SpeakSentence("Hello.")

    return tries


def test_a_state_is_kept_in_this_process(
    call: Call, store: FailingStore, tries: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """While the store is down, the state of a call goes on in this process, and the log says so."""
    call("initiate")
    store.failing = {"write state"}
    call("initiate")
    store.failing = {"lease state"}
    call("initiate")
    call("initiate")
    assert tries == [1, 2, 3, 4]
    errors = errors_of(caplog)
    assert len(errors) == 3
    assert set(errors) == {
        "The state of call 'c-1' is kept in this process only, because the store failed: the store is down"
    }


def test_a_state_that_is_opened_late(
    call: Call, store: FailingStore, phone: CallbackBlueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that took long opens the state although the store cannot say who has the callback now, and
    the store is asked once.
    """
    monkeypatch.setattr(repeats, "LEASE", 0.0)

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        for _ in range(2):
            with phone.state(event) as state:
                state["tries"] = state.get("tries", 0) + 1
        return SpeakSentence(f"Try {state['tries']}.")

    store.failing = {"renew reply"}
    assert b"Try 2." in call("initiate", eventTime=TIME).data
    assert store.asked.count("renew reply") == 1


def test_two_applications_do_not_share_what_they_keep(store: FailingStore) -> None:
    """What is kept while one store is down is not seen while another one is."""
    other = FailingStore()
    store.failing = other.failing = {"lease state"}
    with state_of(store, "c-1") as state:
        state["mine"] = True
    with state_of(other, "c-1") as state:
        assert state == {}


def test_the_end_of_a_call(
    call: Call, phone: CallbackBlueprint, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A disconnect is handled although the store cannot be told of it."""
    notified: list[object] = []
    phone.on(DisconnectCallback)(notified.append)
    store.failing = {"limit state"}
    assert call("disconnect").status_code == 204
    assert len(notified) == 1
    (error,) = errors_of(caplog)
    assert error.startswith("The state of call 'c-1' is kept for longer than an hour after the call, because")


def test_a_state_that_cannot_be_let_go(
    call: Call, phone: CallbackBlueprint, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A state that was only read is read, although the store fails when it is let go."""
    found: list[dict[str, Any]] = []

    @phone.respond(InitiateCallback)
    def respond(event: InitiateCallback) -> SpeakSentence:
        with phone.state(event) as state:
            found.append(dict(state))
        return SpeakSentence("Hello.")

    store.failing = {"release state"}
    assert call("initiate").status_code == 200
    assert found == [{}]
    assert len(errors_of(caplog)) == 1
