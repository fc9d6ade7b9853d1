"""The store in an SQL database, by SQLAlchemy: SQLite for one machine, a server for several.

Every operation is one statement in a transaction of its own, by the database's clock, so that neither the
clocks of several machines nor the end of a process in the middle of something matter.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
import uuid
import weakref
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import Pool

from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.exceptions import StoreError
from flask_bandwidth_callbacks.stores import Kind, Lease, Record

from .deadlines import Deadlines
from .outages import Outages
from .renewal import Renewal
from .sql_engine import engine_of, shown
from .sql_statements import Statement, Statements
from .sql_tables import create_tables

T = TypeVar("T")

_PURGE_PAUSE = 300.0
"""Seconds between two purges of what has expired, by each process; a fifth more or less by chance."""


class SQLStore:
    """Records in a table of an SQL database.

    :param engine: of :func:`~.sql_engine.engine_of`.
    """

    is_durable = True

    def __init__(self, engine: Engine, deadlines: Deadlines) -> None:
        self._engine = engine
        self._deadlines = deadlines
        self._statements = Statements(engine.dialect)
        self._has_tables = False
        self._outages = Outages()
        self._renewal = Renewal(self._renew_leases)
        self._next_purge = time.monotonic() + _pause()
        _stores.add(self)
        weakref.finalize(self, engine.dispose)

    def create(self) -> None:
        """Create the tables, or bring older ones up to date.

        Raises :class:`~.exceptions.StoreError`, too, for tables of a newer version of the library.
        """
        self._has_tables = False
        self._run(lambda connection: None, again=True)

    def lease(self, kind: Kind, name: str) -> Lease | None:
        """Lease a record, which need not exist yet. Return None while another owner has the lease."""
        new = _new(kind, name, None)
        leased = self._run(lambda connection: self._statements.lease(connection, new), again=True)
        self._purge_if_due()
        return None if leased is None else self._keep(Lease(kind, name, new["its_token"], leased[0]))

    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        """Write a new record and keep it leased."""
        new = _new(kind, name, value)
        self._run(lambda connection: self._statements.add(connection, new), again=True)
        return self._keep(Lease(kind, name, new["its_token"], value))

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        """Write a record and end its lease. Return False, and write nothing, if the lease was lost."""
        kind = lease.kind
        self._renewal.remove(lease)
        return self._changes(
            self._statements.write,
            lease,
            its_value=value,
            free_in=_milliseconds(free_in),
            lifetime=_lifetime(kind),
        )

    def renew(self, lease: Lease) -> bool:
        """Make a lease last as long as a new one. Return False if it was lost."""
        return self._changes(self._statements.renew, **_owned(lease))

    def release(self, lease: Lease) -> None:
        """End a lease without writing. A record without a value is gone then."""
        self._renewal.remove(lease)
        is_empty = lease.value is None
        self._changes(self._statements.delete if is_empty else self._statements.release, lease)

    def delete(self, lease: Lease) -> bool:
        """Delete a record. Return False, and delete nothing, if the lease was lost."""
        self._renewal.remove(lease)
        return self._changes(self._statements.delete, lease)

    def read(self, kind: Kind, name: str) -> bytes | None:
        """Return the value of a record, None if it has none or does not exist."""
        rows = self._rows(self._statements.read, its_key=_key(kind, name))
        return rows[0].value if rows else None

    def limit(self, kind: Kind, name: str, seconds: float) -> None:
        """Make an existing record end in so many seconds at the latest, however often it is written."""
        self._changes(self._statements.limit, its_key=_key(kind, name), seconds=_milliseconds(seconds))

    def due(self, kind: Kind, count: int) -> list[str]:
        """Return the names of at most so many records that are free and have a value, longest free first."""
        stays = kind.lifetime is None
        statement = self._statements.due_of_those_that_stay if stays else self._statements.due
        return [_text(row.name) for row in self._rows(statement, its_kind=kind.name, count=count)]

    def records(self, kind: Kind) -> list[Record]:
        """Return every record of a kind that has a value, in the order of their names."""
        return [
            Record(_text(row.name), row.value, max(0, row.free_in) / 1000)
            for row in self._rows(self._statements.records, its_kind=kind.name)
        ]

    def forget(self, subject: str) -> None:
        """Delete every record that is about a call or a conference, of any kind."""
        name = _bytes(subject)
        self._changes(self._statements.forget, subject=name, start=name + b"/", length=len(name) + 1)

    def risks(self) -> list[str]:
        """Return nothing: a database keeps what it has committed."""
        return []

    def close(self) -> None:
        """Close connections and stop renewing leases. The store may be used again."""
        self._renewal.close()
        self._engine.dispose()

    # -- Leases ------------------------------------------------------------------------------------------

    def _keep(self, lease: Lease) -> Lease:
        self._renewal.add(lease)
        return lease

    def _renew_leases(self, leases: Collection[Lease]) -> None:
        owned = [_owned(lease) for lease in leases]
        self._run(lambda connection: self._statements.renew.execute_many(connection, owned), again=True)

    # -- What has expired --------------------------------------------------------------------------------

    def _purge_if_due(self) -> None:
        """Start to delete what has expired, if that was long ago. No callback waits for it."""
        now = time.monotonic()
        if now > self._next_purge:
            self._next_purge = now + _pause()
            with suppress(RuntimeError):  # the process may have no more threads
                Thread(target=self.purge, name="bandwidth-callbacks-purge", daemon=True).start()

    def purge(self) -> None:
        """Delete the records that have expired, each by itself: others wait while SQLite writes."""
        with suppress(StoreError):  # there will be a next time
            expired = [row._asdict() for row in self._rows(self._statements.expired)]
            if expired:
                self._run(
                    lambda connection: self._statements.purge.execute_many(connection, expired), again=True
                )

    # -- Connections -------------------------------------------------------------------------------------

    def _changes(self, statement: Statement, lease: Lease | None = None, **parameters: Any) -> bool:
        """Execute a statement that changes records, and return whether there were any to change."""
        if lease is not None:
            parameters |= _owned(lease)
        # Without a lease it can be executed twice; with one, the second time would find that lost.
        return self._run(
            lambda connection: statement.execute(connection, parameters).rowcount > 0, again=lease is None
        )

    def _rows(self, statement: Statement, **parameters: Any) -> Sequence[Any]:
        return self._run(lambda connection: statement.execute(connection, parameters).all(), again=True)

    def _run(self, work: Callable[[Connection], T], *, again: bool) -> T:
        """Call a function with a connection, and return what it returns.

        :param again: whether it may be called a second time if the first finds the connection broken, as all
            are after the database was restarted.
        """
        result: T = self._outages.watch(self._run_now, work, again)
        return result

    def _run_now(self, work: Callable[[Connection], T], again: bool) -> T:
        self._deadlines.start()
        try:
            try:
                return self._connected(work)
            except DBAPIError as error:
                if not (again and error.connection_invalidated):
                    raise
            return self._connected(work)
        except (SQLAlchemyError, OSError) as error:
            self._has_tables = False  # the database may be another one the next time
            raise StoreError(
                f"The database {shown(self._engine.url)} must do what the store asks, got {_reason(error)}."
                " Check the database and its URL."
            ) from error
        finally:
            self._deadlines.end()

    def _connected(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            if not self._has_tables:
                create_tables(connection)
                self._has_tables = True
            return work(connection)


def _reason(error: SQLAlchemyError | OSError) -> str:
    # The driver's own error, because that of SQLAlchemy adds the statement. Others of SQLAlchemy add a link.
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = " ".join(map(str, cause.args)) if isinstance(cause, SQLAlchemyError) else str(cause)
    lines = text.strip().splitlines()
    return without_password(
        f"{type(cause).__name__}: {lines[0].rstrip('.')}" if lines else type(cause).__name__
    )


def _pause() -> float:
    return _PURGE_PAUSE * random.uniform(0.8, 1.2)


# -- Keys and parameters -----------------------------------------------------------------------------------


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON can hold half of a surrogate pair


def _text(name: bytes) -> str:
    return bytes(name).decode("utf-8", "surrogatepass")


def _key(kind: Kind, name: str) -> bytes:
    # Databases limit the length of what they look up, and compare text by rules of their own.
    return hashlib.sha256(_bytes(f"{kind.name}\0{name}")).digest()


def _new(kind: Kind, name: str, value: bytes | None) -> dict[str, Any]:
    return {
        "its_key": _key(kind, name),
        "its_kind": kind.name,
        "its_name": _bytes(name),
        "its_value": value,
        "its_token": uuid.uuid4().hex,
        "lifetime": _lifetime(kind),
    }


def _owned(lease: Lease) -> dict[str, Any]:
    return {"its_key": _key(lease.kind, lease.name), "its_token": lease.token}


def _lifetime(kind: Kind) -> int | None:
    return None if kind.lifetime is None else _milliseconds(kind.lifetime)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


# -- Processes that are forked -----------------------------------------------------------------------------

_stores: weakref.WeakSet[SQLStore] = weakref.WeakSet()
_of_parents: list[Pool] = []
"""Connections of parents. Closing one in a child would end it for the parent as well."""


def _leave_connections_to_parent() -> None:
    for store in _stores:
        _of_parents.append(store._engine.pool)
        store._engine.dispose(close=False)


os.register_at_fork(after_in_child=_leave_connections_to_parent)


def open_store(url: str, name: str) -> SQLStore:
    """Return the store of a database.

    Raises :class:`~.exceptions.ConfigurationError` for the URL of a database that cannot be used, and where
    its driver is missing.
    """
    return SQLStore(*engine_of(url, name))
