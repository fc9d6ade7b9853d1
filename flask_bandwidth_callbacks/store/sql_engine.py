"""From the URL of a database to an engine of SQLAlchemy that never keeps a caller waiting."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.exceptions import ConfigurationError

from .deadlines import Deadlines, socket_of
from .sql_statements import CLOCKS

_SQLITE_PATIENCE = 0.6
"""Seconds to wait for the statements of other threads, and as long again for those of other processes."""
_TIMEOUTS = {"connect_timeout": 1, "read_timeout": 1, "write_timeout": 1}
_DRIVER_OPTIONS: dict[str, dict[str, Any]] = {
    "pymysql": _TIMEOUTS,
    "mysqldb": _TIMEOUTS,
    # Finds out within seconds that the server's machine is gone, rather than within a quarter of an hour.
    "psycopg": {"tcp_user_timeout": 5000},
    "psycopg2": {"tcp_user_timeout": 5000},
}


def engine_of(text: str, name: str) -> tuple[Engine, Deadlines]:
    """Return the engine of a database, which connects when it is first used.

    :param name: what messages call the URL.

    Raises :class:`~.exceptions.ConfigurationError` for a URL that cannot work.
    """
    url = _read(text, name)
    is_sqlite = url.get_backend_name() == "sqlite"
    options = _sqlite_options(url, name) if is_sqlite else _server_options(url)
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # every statement is a transaction of its own
        pool_reset_on_return=None,
        hide_parameters=True,  # in messages: they are what callers said
        **options,
    )
    deadlines = Deadlines()
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        _add_deadlines(engine, deadlines)
    return engine, deadlines


def shown(url: URL) -> str:
    """Return the URL as messages show it: options may hold passwords as well."""
    return repr(without_password(str(url.set(query={}))))


def _read(text: str, name: str) -> URL:
    """Return the URL, of a database that the store can use with a driver that is installed."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            f"{name} must be the URL of a store, got {without_password(repr(text))}. See SQLAlchemy for those"
            " of databases."
        ) from None
    try:
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except NoSuchModuleError:
        dialect = None
    except ImportError as error:
        raise ConfigurationError(
            f"{name} must be the URL of a database whose driver is installed, got {shown(url)} without"
            f" {error.name!r}. Install the driver, or name another, such as in 'postgresql+psycopg://' or"
            " 'mysql+pymysql://'."
        ) from None
    if dialect is None or dialect.name not in CLOCKS:
        raise ConfigurationError(
            f"{name} must be 'memory://', or the URL of SQLite, PostgreSQL, MySQL, MariaDB or Redis, got"
            f" {shown(url)}. Write it like 'sqlite:///calls.db', 'postgresql+psycopg://user:password@host/name'"
            " or 'redis://localhost/0'."
        )
    if dialect.is_async:
        raise ConfigurationError(
            f"{name} must be the URL of a database with a driver that is not asynchronous, got {shown(url)}."
            " Name another, such as in 'postgresql+psycopg://'."
        )
    return url


# -- SQLite ------------------------------------------------------------------------------------------------


def _sqlite_options(url: URL, name: str) -> dict[str, Any]:
    database = url.database or ""
    if database in ("", ":memory:") or ":memory:" in database or url.query.get("mode") == "memory":
        raise ConfigurationError(
            f"{name} must be the URL of an SQLite file, such as 'sqlite:///calls.db', got {shown(url)}. A"
            " store in memory is 'memory://'."
        )
    return {
        # Threads take turns at one connection: SQLite has no queue, and those that wait for its lock sleep.
        "pool_size": 1,
        "max_overflow": 0,
        "pool_timeout": _SQLITE_PATIENCE,
        "connect_args": {"timeout": _SQLITE_PATIENCE},
    }


def _set_up_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    deadline = time.monotonic() + _SQLITE_PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")  # those who read do not wait for one who writes
            break
        except sqlite3.OperationalError:
            # SQLite itself does not wait here for another process that begins as well.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous = NORMAL")  # survives the end of a process, not a power cut


# -- Servers -----------------------------------------------------------------------------------------------


def _server_options(url: URL) -> dict[str, Any]:
    given = {
        option: value
        for option, value in _DRIVER_OPTIONS.get(url.get_driver_name(), {}).items()
        if option not in url.query
    }
    return {"pool_timeout": 0.5, "pool_recycle": 300, "connect_args": given}


def _add_deadlines(engine: Engine, deadlines: Deadlines) -> None:
    """Have the engine end what takes too long: connecting, what SQLAlchemy asks first, and statements."""

    def connect(dialect: Any, record: Any, arguments: Any, options: Any) -> Any:
        return deadlines.connect(lambda: dialect.connect(*arguments, **options))

    def connected(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_SOCKET] = socket_of(connection)
        check_out(connection, record, None)

    def check_out(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        own = record.info.get(_SOCKET)
        if own is not None:
            deadlines.watch(own)

    def close(connection: Any, record: ConnectionPoolEntry) -> None:
        own = record.info.pop(_SOCKET, None)
        if own is not None:
            own.close()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", connected, insert=True)  # before SQLAlchemy's own
    event.listen(engine, "checkout", check_out)
    event.listen(engine, "close", close)


_SOCKET = "flask_bandwidth_callbacks.socket"
