"""What every store does, wherever its records are: the contract of ``flask_bandwidth_callbacks.stores``."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from flask_bandwidth_callbacks.store import open_store
from flask_bandwidth_callbacks.stores import Kind, Lease, Store
from tests.store.processes import STATE, Process, count_to_twenty, own

REPLY = Kind("reply", lifetime=3600.0)
JOB = Kind("job", lifetime=None)
BRIEF = Kind("brief", lifetime=0.5)

SHARED = ["sqlite", "old sqlite", "postgresql", "mariadb", "redis"]
"""Stores of several processes."""


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty store."""
    match request.param:
        case "memory":
            return "memory://"
        case "old sqlite":
            # Before 3.35, which some systems still have, SQLite returned nothing from what it changed.
            monkeypatch.setattr("sqlite3.dbapi2.sqlite_version_info", (3, 34, 1))
            return f"sqlite:///{tmp_path}/store.db"
        case "sqlite":
            return f"sqlite:///{tmp_path}/store.db"
    server_url: str = request.getfixturevalue(f"{request.param}_server").url
    return server_url


def opened(url: str) -> closing[Store]:
    """Open the store of a URL, and close it in the end."""
    return closing(open_store(url, "STORE"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    with opened(url) as store:
        yield store


every_store = pytest.mark.parametrize("url", ["memory", *SHARED], indirect=True)
every_shared_store = pytest.mark.parametrize("url", SHARED, indirect=True)


def leased(store: Store, kind: Kind, name: str) -> Lease:
    """Lease a record that must be free."""
    lease = store.lease(kind, name)
    assert lease is not None
    return lease


def put(store: Store, kind: Kind, name: str, value: bytes = b"value", *, free_in: float = 0.0) -> None:
    """Write a record that must be free."""
    assert store.write(leased(store, kind, name), value, free_in=free_in)


def names(store: Store, kind: Kind) -> list[str]:
    """Return the names of the records of a kind."""
    return [record.name for record in store.records(kind)]


# -- Leases --------------------------------------------------------------------------------------------------


@every_store
def test_a_record_is_leased_to_one_owner_until_it_is_written(store: Store) -> None:
    """While one owner has a record's lease, no other gets it; then the other gets it with the value."""
    first = leased(store, STATE, "call")
    assert first.value is None
    assert store.lease(STATE, "call") is None
    assert store.lease(REPLY, "call") is not None, "another kind is another record"
    assert store.write(first, b"one")
    second = leased(store, STATE, "call")
    assert second.value == b"one"
    assert store.lease(STATE, "call") is None


@every_store
def test_a_lease_that_is_over_writes_and_deletes_nothing(store: Store) -> None:
    """An owner whose lease was released can neither write nor delete nor release what another has leased."""
    put(store, STATE, "call", b"one")
    late = leased(store, STATE, "call")
    store.release(late)
    owner = leased(store, STATE, "call")
    assert not store.write(late, b"two")
    assert not store.delete(late)
    store.release(late)
    assert store.lease(STATE, "call") is None
    assert store.read(STATE, "call") == b"one"
    assert store.write(owner, b"three")
    assert not store.write(owner, b"four"), "a lease ends when it is written"
    assert store.read(STATE, "call") == b"three"


@every_store
def test_a_lease_that_was_lost_is_not_renewed(store: Store) -> None:
    """Renewing says whether the lease was lost, and takes a record from no other owner."""
    late = leased(store, STATE, "call")
    assert store.renew(late)
    assert store.lease(STATE, "call") is None
    store.release(late)
    assert not store.renew(late)
    owner = leased(store, STATE, "call")
    assert not store.renew(late)
    assert store.renew(owner)
    assert store.write(owner, b"value")


@every_store
def test_a_record_that_was_released_is_as_before(store: Store) -> None:
    """Releasing changes no value, and leaves nothing of a record that had none."""
    store.release(leased(store, STATE, "new"))
    put(store, STATE, "old", b"value")
    store.release(leased(store, STATE, "old"))
    assert store.read(STATE, "new") is None
    assert store.read(STATE, "old") == b"value"
    assert names(store, STATE) == ["old"]
    assert leased(store, STATE, "old").value == b"value"


@every_store
def test_a_deleted_record_is_gone(store: Store) -> None:
    """A record that its owner deleted does not exist, and can be leased as a new one."""
    put(store, STATE, "call")
    assert store.delete(leased(store, STATE, "call"))
    assert store.read(STATE, "call") is None
    assert store.records(STATE) == []
    assert leased(store, STATE, "call").value is None


@every_store
def test_a_record_that_is_added_is_leased(store: Store) -> None:
    """What is added is there at once, but no other owner gets it before its owner has ended the lease."""
    lease = store.add(JOB, "call/1", b"work")
    assert lease.value == store.read(JOB, "call/1") == b"work"
    assert store.lease(JOB, "call/1") is None
    assert store.due(JOB, 10) == []
    [record] = store.records(JOB)
    assert (record.name, record.value) == ("call/1", b"work")
    store.release(lease)
    assert store.due(JOB, 10) == ["call/1"]
    replaced = store.add(JOB, "call/1", b"other work")
    assert store.read(JOB, "call/1") == b"other work"
    assert store.delete(replaced)
    assert store.records(JOB) == []


@every_store
def test_a_record_can_be_free_later(store: Store) -> None:
    """A record that was written with ``free_in`` is leased by no owner before that."""
    put(store, JOB, "call/1", free_in=0.8)
    assert store.lease(JOB, "call/1") is None
    assert store.due(JOB, 10) == []
    assert store.read(JOB, "call/1") == b"value"
    assert 0.0 < store.records(JOB)[0].free_in <= 0.8
    time.sleep(0.85)
    assert store.records(JOB)[0].free_in == 0.0
    assert store.due(JOB, 10) == ["call/1"]
    assert leased(store, JOB, "call/1").value == b"value"


@every_store
def test_threads_count_to_the_sum_of_what_each_counted(store: Store) -> None:
    """Of threads that add one to a record's number again and again, none overwrites what another wrote."""
    store.create()

    def count(number: int) -> None:
        for _ in range(10):
            while (lease := store.lease(STATE, "call")) is None:
                time.sleep(0.001)
            assert store.write(lease, b"%d" % (int(lease.value or 0) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert store.read(STATE, "call") == b"40"


# -- Lists ---------------------------------------------------------------------------------------------------


@every_store
def test_due_records_are_those_that_have_been_free_for_longest(store: Store) -> None:
    """What is due is listed in the order in which it became free, and no more of it than was asked for."""
    for name in ("b", "c", "a"):
        put(store, JOB, name)
        time.sleep(0.01)
    put(store, JOB, "later", free_in=60)
    put(store, STATE, "state")
    leased(store, JOB, "empty")
    assert store.due(JOB, 10) == ["b", "c", "a"]
    assert store.due(JOB, 2) == ["b", "c"]
    leased(store, JOB, "b")
    assert store.due(JOB, 2) == ["c", "a"]
    assert store.due(STATE, 10) == ["state"]


@every_store
def test_records_are_listed_by_name(store: Store) -> None:
    """A list of records has all of one kind that have a value, in the order of their names."""
    in_order = ["B", "a", "a/1", "b", "é", "\uff5e", "\U0001d11e"]
    for name in in_order[::-2] + in_order[-2::-2]:
        put(store, REPLY, name, name.encode())
    leased(store, REPLY, "empty")
    held = leased(store, REPLY, "b")
    assert [(record.name, record.value.decode()) for record in store.records(REPLY)] == [
        (name, name) for name in in_order
    ]
    assert [record.name for record in store.records(REPLY) if record.free_in] in ([], ["b"])
    assert store.records(JOB) == []
    store.release(held)


# -- Ends ----------------------------------------------------------------------------------------------------


@every_store
def test_a_record_is_gone_when_its_lifetime_is_over(store: Store) -> None:
    """A record ends so long after it was last written; one of a kind without a lifetime stays."""
    put(store, JOB, "call")
    seconds = 1.0
    while seconds >= 0.5:  # on a busy machine, the record may be gone before it is read
        put(store, BRIEF, "call")
        time.sleep(0.3)
        began = time.monotonic()
        put(store, BRIEF, "call", b"again")
        time.sleep(0.3)
        value = store.read(BRIEF, "call")
        seconds = time.monotonic() - began
    assert value == b"again", "more than 0.6 s after the first time, and less than 0.5 s after the last"
    time.sleep(0.3)
    assert store.read(BRIEF, "call") is None
    assert store.records(BRIEF) == []
    assert store.due(BRIEF, 10) == []
    assert leased(store, BRIEF, "call").value is None
    assert names(store, JOB) == ["call"]


@every_store
def test_a_lease_ends_with_its_record(store: Store) -> None:
    """When a record's lifetime is over while an owner has it, another gets a new one, and the first writes
    nothing into that.
    """
    put(store, BRIEF, "call")
    late = leased(store, BRIEF, "call")
    time.sleep(0.55)
    owner = leased(store, BRIEF, "call")
    assert owner.value is None
    assert not store.write(late, b"late")
    assert store.write(owner, b"value")


@every_store
def test_a_limit_holds_however_often_a_record_is_written(store: Store) -> None:
    """A record with a limit ends then, though it was written and limited again; the next one has no limit."""
    put(store, STATE, "call")
    store.limit(STATE, "call", 0.8)
    put(store, STATE, "call", b"written")
    store.limit(STATE, "call", 60.0)
    put(store, STATE, "call", b"again")
    assert store.read(STATE, "call") == b"again"
    time.sleep(0.85)
    assert store.read(STATE, "call") is None
    put(store, STATE, "call", b"new")
    time.sleep(0.85)
    assert store.read(STATE, "call") == b"new"


@every_store
def test_a_limit_makes_no_record(store: Store) -> None:
    """Limiting a record that does not exist has no effect, now or on one that is written later."""
    store.limit(STATE, "call", 0.1)
    assert store.records(STATE) == []
    put(store, STATE, "call")
    time.sleep(0.15)
    assert names(store, STATE) == ["call"]


@every_store
def test_a_call_is_forgotten_in_every_kind(store: Store) -> None:
    """Everything about a call is deleted, leased or not, and nothing about another call."""
    for kind in (STATE, REPLY, JOB):
        for name in ("c-1", "c-1/a", "c-1/a/b", "c-10", "c-10/a", "c", "C-1", "x/c-1"):
            put(store, kind, name)
    lease = leased(store, STATE, "c-1")
    store.forget("c-1")
    for kind in (STATE, REPLY, JOB):
        assert names(store, kind) == ["C-1", "c", "c-10", "c-10/a", "x/c-1"]
    assert not store.write(lease, b"late")
    assert store.read(STATE, "c-1") is None


# -- Names and values ----------------------------------------------------------------------------------------


@every_store
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(), min_size=1)
    | st.sampled_from(["x" * 5000, "\ud800", "a\0b", "a ", "%", "_"]),
    value=st.binary() | st.just(bytes(range(256)) * 2000),
)
def test_names_and_values_are_whatever_they_are(store: Store, name: str, value: bytes) -> None:
    """A record of any name, half of a surrogate pair included, holds any bytes, until it is deleted."""
    put(store, JOB, name, value)
    assert store.read(JOB, name) == value
    assert [(record.name, record.value) for record in store.records(JOB)] == [(name, value)]
    assert store.due(JOB, 1) == [name]
    store.forget(name.partition("/")[0])
    assert store.records(JOB) == []


@every_store
def test_names_that_differ_are_different_records(store: Store) -> None:
    """Case, accents, spaces at the end, and what stands after many characters, all tell names apart."""
    different = ["a", "A", "a ", "á", "a\u0301", "a\0", "x" * 4000, "x" * 4000 + "y", "ß", "ss"]
    for name in different:
        put(store, STATE, name, name.encode())
    for name in different:
        assert store.read(STATE, name) == name.encode()


# -- Any sequence of operations ------------------------------------------------------------------------------

KINDS = st.sampled_from([STATE, JOB])
NAMES = st.sampled_from(["a", "a/1", "b"])
VALUES = st.binary(max_size=3)


class Operations(RuleBasedStateMachine):
    """A store beside a dictionary of what it should hold."""

    leases = Bundle("leases")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.values: dict[tuple[Kind, str], bytes | None] = {}
        self.owners: dict[tuple[Kind, str], Lease | None] = {}
        for subject in ("a", "b"):
            store.forget(subject)

    def owns(self, lease: Lease) -> bool:
        """Return whether a lease is not over."""
        return self.owners.get((lease.kind, lease.name)) is lease

    @rule(target=leases, kind=KINDS, name=NAMES)
    def lease(self, kind: Kind, name: str) -> object:
        """Lease a record."""
        lease = self.store.lease(kind, name)
        if self.owners.get((kind, name)) is not None:
            assert lease is None
            return multiple()
        assert lease is not None
        assert lease.value == self.values.setdefault((kind, name), None)
        self.owners[kind, name] = lease
        return lease

    @rule(target=leases, kind=KINDS, name=NAMES, value=VALUES)
    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        """Add a record."""
        self.values[kind, name] = value
        self.owners[kind, name] = lease = self.store.add(kind, name, value)
        return lease

    @rule(lease=leases, value=VALUES)
    def write(self, lease: Lease, value: bytes) -> None:
        """Write with any lease, also with one that is over."""
        assert self.store.write(lease, value) == self.owns(lease)
        if self.owns(lease):
            self.values[lease.kind, lease.name] = value
            self.owners[lease.kind, lease.name] = None

    @rule(lease=leases)
    def delete(self, lease: Lease) -> None:
        """Delete with any lease."""
        assert self.store.delete(lease) == self.owns(lease)
        if self.owns(lease):
            del self.values[lease.kind, lease.name], self.owners[lease.kind, lease.name]

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        """Release any lease."""
        self.store.release(lease)
        if self.owns(lease):
            self.owners[lease.kind, lease.name] = None

    @rule(kind=KINDS, name=NAMES)
    def limit(self, kind: Kind, name: str) -> None:
        """Limit a record, to longer than the test takes."""
        self.store.limit(kind, name, 1000.0)

    @rule(subject=st.sampled_from(["a", "b"]))
    def forget(self, subject: str) -> None:
        """Forget a call."""
        self.store.forget(subject)
        for kind, name in list(self.values):
            if name.partition("/")[0] == subject:
                del self.values[kind, name]
                self.owners.pop((kind, name), None)

    @invariant()
    def holds_what_the_dictionary_holds(self) -> None:
        """Compare all that can be read."""
        for kind in (STATE, JOB):
            held = {
                name: value for (of, name), value in self.values.items() if of == kind and value is not None
            }
            assert {record.name: record.value for record in self.store.records(kind)} == held
            free = {name for name in held if self.owners.get((kind, name)) is None}
            assert set(self.store.due(kind, 10)) == free
            assert all(self.store.read(kind, name) == held.get(name) for name in ("a", "a/1", "b"))


@pytest.mark.no_cover
@every_store
def test_a_store_is_like_a_dictionary(store: Store) -> None:
    """After any sequence of operations, also with leases that are over, a store holds what it should."""

    class OfStore(Operations):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(
        OfStore, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )


# -- Several processes ---------------------------------------------------------------------------------------


@every_shared_store
def test_what_a_dead_process_owned_becomes_free(url: str, store: Store) -> None:
    """Records of a process that was killed, or that stands still, are free within five seconds, and what the
    latter writes late is refused; a process that lives keeps its own.
    """
    with ExitStack() as stack:
        killed, paused, alive = [
            stack.enter_context(Process(own, url, name)) for name in ("killed", "paused", "alive")
        ]
        assert [process.says() for process in (killed, paused, alive)] == ["leased"] * 3
        killed.send(signal.SIGKILL)
        paused.freeze()
        died = time.monotonic()
        assert [store.lease(STATE, name) for name in ("killed", "paused", "alive")] == [None] * 3
        for name in ("killed", "paused"):
            asked = time.monotonic()
            while (lease := store.lease(STATE, name)) is None:
                assert asked < died + 5.0
                time.sleep(0.05)
                asked = time.monotonic()
            assert store.write(lease, b"by another")
        assert time.monotonic() > died + 2.5, "a lease is not lost by a short pause"
        time.sleep(max(0.0, died + 4.5 - time.monotonic()))
        assert store.lease(STATE, "alive") is None
        paused.send(signal.SIGCONT)
        for process in (paused, alive):
            process.go_on()
        assert (paused.says(), alive.says()) == ("lost", "written")
    assert store.read(STATE, "paused") == b"by another"
    assert store.read(STATE, "alive") == b"by alive"


@every_shared_store
def test_processes_that_begin_at_once_count_to_the_sum(url: str, store: Store) -> None:
    """Processes that all create what is missing, and count in the same record, lose no count."""
    with ExitStack() as stack:
        processes = [stack.enter_context(Process(count_to_twenty, url)) for _ in range(3)]
        assert [process.says() for process in processes] == ["ready"] * 3
        for process in processes:
            process.go_on()
        assert [process.says() for process in processes] == ["counted"] * 3
    assert store.read(STATE, "call") == b"60"


@every_store
def test_a_store_that_was_closed_opens_again(store: Store) -> None:
    """Creating twice changes nothing, and a store that was closed connects again when it is used."""
    store.create()
    put(store, STATE, "call")
    store.create()
    assert names(store, STATE) == ["call"]
    store.close()
    put(store, STATE, "other")
    assert store.read(STATE, "other") == b"value"
