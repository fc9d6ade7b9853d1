"""The store of one process: dictionaries with expiry."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from itertools import count, islice
from math import inf
from threading import Lock

from flask_bandwidth_callbacks.exceptions import ConfigurationError
from flask_bandwidth_callbacks.stores import Kind, Lease, Record

from .ledgers import MemoryLedger

KEPT_RECORDS = 10_000
"""How many records of a bounded kind are kept, such as work that failed."""

# The value, when the record is free, and when it expires. A plain tuple of these needs no look of the garbage
# collector, to which thousands of objects would be work in each of its rounds.
_Written = tuple[bytes, float, float]
_UNWRITTEN: _Written = (b"", 0.0, 0.0)


@dataclass(slots=True)
class _Records:
    """The records of a kind, by name."""

    written: OrderedDict[str, _Written] = field(default_factory=OrderedDict)
    """Those with a value, in the order in which they were written, which is that in which they expire."""
    leases: dict[str, str] = field(default_factory=dict)
    """The tokens of leases."""
    ends: dict[str, float] = field(default_factory=dict)
    """When a record that was limited expires at the latest, however often it is written."""

    def remove(self, name: str) -> None:
        """Remove a record with what is known about it."""
        self.written.pop(name, None)
        self.leases.pop(name, None)
        self.ends.pop(name, None)


class MemoryStore:
    """Records of this process, which are gone when it ends. A lease has no end of its own here."""

    is_durable = False

    def __init__(self) -> None:
        self._kinds: defaultdict[str, _Records] = defaultdict(_Records)
        self._lock = Lock()
        self._tokens = map(str, count())
        self.ledger = MemoryLedger()
        """The callbacks that came before, which do not take the way of other records."""

    def create(self) -> None:
        """Do nothing: dictionaries are there."""

    def lease(self, kind: Kind, name: str) -> Lease | None:
        """Lease a record, which need not exist yet. Return None while another owner has the lease."""
        now = time.time()
        with self._lock:
            records = self._kinds[kind.name]
            written = records.written.get(name)
            if written is not None and written[2] <= now:
                records.remove(name)
                written = None
            if name in records.leases or (written is not None and written[1] > now):
                return None
            value = None if written is None else written[0]
            records.leases[name] = token = next(self._tokens)
        return Lease(kind, name, token, value)

    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        """Write a new record and keep it leased."""
        now = time.time()
        with self._lock:
            records = self._kinds[kind.name]
            records.remove(name)
            self._put(kind, records, name, value, now, now)
            records.leases[name] = token = next(self._tokens)
        return Lease(kind, name, token, value)

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        """Write a record and end its lease. Return False, and write nothing, if the lease was lost."""
        now = time.time()
        name = lease.name
        with self._lock:
            records = self._kinds[lease.kind.name]
            if records.leases.get(name) != lease.token:
                return False
            del records.leases[name]
            self._put(lease.kind, records, name, value, now + free_in, now)
            return True

    def renew(self, lease: Lease) -> bool:
        """Return whether a lease was not lost."""
        with self._lock:
            return self._kinds[lease.kind.name].leases.get(lease.name) == lease.token

    def release(self, lease: Lease) -> None:
        """End a lease without writing. A record without a value is gone then."""
        with self._lock:
            records = self._kinds[lease.kind.name]
            if records.leases.get(lease.name) != lease.token:
                return
            del records.leases[lease.name]
            if lease.name in records.written:
                value, _, expires = records.written[lease.name]
                records.written[lease.name] = (value, time.time(), expires)
            else:
                records.remove(lease.name)

    def delete(self, lease: Lease) -> bool:
        """Delete a record. Return False, and delete nothing, if the lease was lost."""
        with self._lock:
            records = self._kinds[lease.kind.name]
            if records.leases.get(lease.name) != lease.token:
                return False
            records.remove(lease.name)
            return True

    def read(self, kind: Kind, name: str) -> bytes | None:
        """Return the value of a record, None if it has none or does not exist."""
        with self._lock:
            value, _, expires = self._kinds[kind.name].written.get(name, _UNWRITTEN)
            return value if expires > time.time() else None

    def limit(self, kind: Kind, name: str, seconds: float) -> None:
        """Make an existing record end in so many seconds at the latest, however often it is written."""
        now = time.time()
        with self._lock:
            records = self._kinds[kind.name]
            value, free_at, expires = records.written.get(name, _UNWRITTEN)
            if expires > now or name in records.leases:
                ends = records.ends[name] = min(records.ends.get(name, inf), now + seconds)
                if name in records.written:
                    records.written[name] = (value, free_at, min(expires, ends))

    def due(self, kind: Kind, count: int) -> list[str]:
        """Return the names of at most so many records that are free and have a value, longest free first."""
        now = time.time()
        with self._lock:
            records = self._kinds[kind.name]
            free = [
                (free_at, name)
                for name, (_, free_at, expires) in records.written.items()
                if free_at <= now < expires and name not in records.leases
            ]
        return [name for _, name in sorted(free)[:count]]

    def records(self, kind: Kind) -> list[Record]:
        """Return every record of a kind that has a value, in the order of their names."""
        now = time.time()
        with self._lock:
            return [
                Record(name, value, max(0.0, free_at - now))
                for name, (value, free_at, expires) in sorted(self._kinds[kind.name].written.items())
                if expires > now
            ]

    def forget(self, subject: str) -> None:
        """Delete every record that is about a call or a conference, of any kind."""
        self.ledger.forget(subject)
        with self._lock:
            for records in self._kinds.values():
                for name in {*records.written, *records.leases}:
                    if name.partition("/")[0] == subject:
                        records.remove(name)

    def risks(self) -> list[str]:
        """Return nothing: its memory has no settings."""
        return []

    def close(self) -> None:
        """Do nothing: a memory store holds no connection."""

    def _put(
        self, kind: Kind, records: _Records, name: str, value: bytes, free_at: float, now: float
    ) -> None:
        """Write a record, and drop old ones, two at most: a caller does not wait until many are dropped."""
        expires = inf if kind.lifetime is None else now + kind.lifetime
        if records.ends:
            expires = min(expires, records.ends.get(name, inf))
        written = records.written
        written.pop(name, None)
        written[name] = (value, free_at, expires)
        is_full = kind.is_bounded and len(written) > KEPT_RECORDS
        for oldest in list(islice(written, 2)):
            if not (is_full or written[oldest][2] <= now) or oldest in records.leases:
                break
            records.remove(oldest)


def open_store(url: str, name: str) -> MemoryStore:
    """Return a new store; raises :class:`~.exceptions.ConfigurationError` for a URL that says more."""
    if url != "memory://":
        raise ConfigurationError(f"{name} must be 'memory://' for a store in memory, got {url!r}.")
    return MemoryStore()
