"""Fixtures for the tests of examples."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection

import pytest
from sqlalchemy import Pool, event


@pytest.fixture(autouse=True)
def databases_are_closed() -> Iterator[None]:
    """Close the databases of a test's applications in the end: Python 3.13 warns of each that is not."""
    connections: list[Connection] = []

    def remember(connection: Connection, record: object) -> None:
        connections.append(connection)

    event.listen(Pool, "connect", remember)
    yield
    event.remove(Pool, "connect", remember)
    for connection in connections:
        connection.close()
