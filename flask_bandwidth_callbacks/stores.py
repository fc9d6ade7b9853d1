"""What the library asks of a store: the interface that every implementation in ``store/`` has.

A store holds records. A record has a kind and a name, a value, and a lifetime. The name begins with the id
of the call or conference that the record is about, alone or followed by a slash and more. One owner at a
time may *lease* a record: what two processes must not do at once, each does only while it has the lease. A
lease is renewed for as long as its owner's process lives, so that the record of a process that died becomes
free within seconds. A record is never written with a lease that was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Flask

_EXTENSION = "bandwidth_callbacks_stores"


@dataclass(frozen=True)
class Kind:
    """A kind of records."""

    name: str
    lifetime: float | None
    """Seconds from when a record was last written until it is gone; None for one that stays."""
    is_bounded: bool = False
    """Whether a store in memory may drop the oldest records when there are very many."""


@dataclass(eq=False, slots=True)
class Lease:
    """The right to write one record, until it is written, released, deleted or lost."""

    kind: Kind
    name: str
    token: str
    """Differs from lease to lease, and proves to the store that the lease was not lost."""
    value: bytes | None
    """The record's value when the lease was taken; None if it had none."""


@dataclass(frozen=True)
class Record:
    """A record, as a list shows it."""

    name: str
    value: bytes
    free_in: float
    """Seconds until its lease is over, if it is not renewed; 0 for a record that is free."""


class Store(Protocol):
    """A store. Names and values may be of any length.

    Every method raises :class:`~.exceptions.StoreError` if the store cannot do it now. None takes longer than
    two seconds, whatever the store does: a caller waits.
    """

    is_durable: bool
    """Whether records outlive the process."""

    def create(self) -> None:
        """Create what the store needs, such as tables; existing ones are checked and stay."""

    def lease(self, kind: Kind, name: str) -> Lease | None:
        """Lease a record, which need not exist yet. Return None while another owner has the lease."""

    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        """Write a new record and keep it leased."""

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        """Write a record and end its lease. Return False, and write nothing, if the lease was lost.

        :param free_in: seconds from now until it can be leased.
        """

    def renew(self, lease: Lease) -> bool:
        """Make a lease last as long as a new one. Return False if it was lost."""

    def release(self, lease: Lease) -> None:
        """End a lease without writing. A record without a value is gone then."""

    def delete(self, lease: Lease) -> bool:
        """Delete a record. Return False, and delete nothing, if the lease was lost."""

    def read(self, kind: Kind, name: str) -> bytes | None:
        """Return the value of a record, None if it has none or does not exist."""

    def limit(self, kind: Kind, name: str, seconds: float) -> None:
        """Make an existing record end in so many seconds at the latest, however often it is written."""

    def due(self, kind: Kind, count: int) -> list[str]:
        """Return the names of at most so many records that are free and have a value, longest free first."""

    def records(self, kind: Kind) -> list[Record]:
        """Return every record of a kind that has a value, in the order of their names."""

    def forget(self, subject: str) -> None:
        """Delete every record that is about a call or a conference, of any kind."""

    def risks(self) -> list[str]:
        """Return what puts records at risk in the settings of a server, a sentence each, for a developer."""

    def close(self) -> None:
        """Close connections and stop renewing leases. The store may be used again."""


def stores_of(app: Flask) -> dict[str, Store]:
    """Return the open stores of an application, by URL; the dictionary is the application's own."""
    stores: dict[str, Store] = app.extensions.setdefault(_EXTENSION, {})
    return stores
