"""Fixtures for the tests of examples."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection

import pytest
from sqlalchemy import Pool, event


# Of the module, because the fixtures of a test may connect before and after any other of its fixtures.
@pytest.fixture(autouse=True, scope="module")
def databases_are_closed() -> Iterator[None]:
    """Close the databases of the applications in the end: Python 3.13 warns of each that is not."""
    connections: list[Connection] = []

    def remember(connection: Connection, record: object) -> None:
        connections.append(connection)

    event.listen(Pool, "connect", remember)
    yield
    event.remove(Pool, "connect", remember)
    for connection in connections:
        connection.close()
