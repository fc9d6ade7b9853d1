"""The tables of the SQL store, and bringing those of an older version of the library up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects import mysql

from flask_bandwidth_callbacks.exceptions import StoreError

_tables = MetaData()

_key = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_long = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")

# Times are milliseconds since 1970.
RECORDS = Table(
    "bandwidth_callbacks_records",
    _tables,
    Column("key", _key, primary_key=True),  # SHA-256 of kind and name
    Column("kind", String(32), nullable=False),
    Column("name", _long, nullable=False),
    Column("value", _long),
    Column("token", String(32)),  # of the lease; none in a record that is not leased
    Column("free_at", BigInteger, nullable=False),  # when the lease is over
    Column("expires", BigInteger),  # none in a record of a kind that stays
    Column("ends", BigInteger),  # when it expires at the latest, however often it is written
    sqlite_with_rowid=False,
)
# A look for work that is due happens each second, and may not read every record. The others are written more
# often than that, and are not in the index where a database can leave them out.
Index(
    "bandwidth_callbacks_records_due",
    RECORDS.c.kind,
    RECORDS.c.free_at,
    sqlite_where=RECORDS.c.expires.is_(None),
    postgresql_where=RECORDS.c.expires.is_(None),
)

_SCHEMA = Table(
    "bandwidth_callbacks_schema",
    _tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)

UPGRADES: list[Callable[[Connection], None]] = []
"""The steps from version 1 of the tables to 2, from 2 to 3, and so on."""

# In MySQL, a statement that changes tables ends a transaction.
_MYSQL_LOCK = (["SELECT GET_LOCK('bandwidth_callbacks', 1)"], ["SELECT RELEASE_LOCK('bandwidth_callbacks')"])
_LOCKS = {
    "sqlite": (["BEGIN IMMEDIATE"], ["COMMIT"]),
    "postgresql": (["BEGIN", "SELECT pg_advisory_xact_lock(4267826433)"], ["COMMIT"]),
    "mysql": _MYSQL_LOCK,
    "mariadb": _MYSQL_LOCK,
}
"""What begins and what ends that which one process does at a time."""


def create_tables(connection: Connection) -> None:
    """Create the tables where they are missing, and bring older ones up to date.

    Raises :class:`~.exceptions.StoreError` for tables of a newer version of the library.
    """
    if _version(connection) == _newest():
        return
    with _alone(connection):
        version = _version(connection)
        if version is None:
            _tables.create_all(connection)
            connection.execute(insert(_SCHEMA).values(id=1, version=_newest()))
        elif version > _newest():
            raise StoreError(
                f"The store's tables must be of version {_newest()} or older, got {version}. Upgrade"
                " flask-bandwidth-callbacks to the version that made them, or use another database."
            )
        else:
            for upgrade in UPGRADES[version - 1 :]:
                upgrade(connection)
            connection.execute(update(_SCHEMA).values(version=_newest()))


def _newest() -> int:
    return len(UPGRADES) + 1


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(_SCHEMA.name):
        return None
    return connection.execute(select(_SCHEMA.c.version)).scalar()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep other processes from doing the same at the same time."""
    lock, unlock = _LOCKS[connection.dialect.name]
    for statement in lock:
        connection.exec_driver_sql(statement)
    try:
        yield
    except BaseException:
        connection.invalidate()  # closes it, which undoes what can be undone, and ends the lock
        raise
    for statement in unlock:
        connection.exec_driver_sql(statement)
