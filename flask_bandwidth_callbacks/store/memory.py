"""The store of one process: dictionaries with expiry."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import count, islice
from threading import Lock

from flask_bandwidth_callbacks.exceptions import ConfigurationError
from flask_bandwidth_callbacks.stores import Kind, Lease, Record

_LIMIT = 10_000
"""How many records of a bounded kind are kept. With 10,000, replies fill some 20 MB."""


@dataclass(eq=False, slots=True)
class _Entry:
    value: bytes | None
    token: str | None
    """Of the lease that was last taken."""
    is_leased: bool
    free_at: float
    expires: float
    ends: float
    """When it expires at the latest, however often it is written."""


class MemoryStore:
    """Records of this process, which are gone when it ends. A lease has no end of its own here."""

    is_durable = False

    def __init__(self) -> None:
        self._kinds: defaultdict[str, dict[str, _Entry]] = defaultdict(dict)
        # In the order in which they were written, which is that in which they expire.
        self._lock = Lock()
        self._tokens = map(str, count())

    def create(self) -> None:
        """Do nothing: dictionaries are there."""

    def lease(self, kind: Kind, name: str) -> Lease | None:
        """Lease a record, which need not exist yet. Return None while another owner has the lease."""
        now = time.time()
        with self._lock:
            entries = self._kinds[kind.name]
            self._drop_old(kind, entries, now)
            entry = entries.get(name)
            if entry is None or entry.expires <= now:
                entry = self._insert(kind, entries, name, None, now)
            elif entry.is_leased or entry.free_at > now:
                return None
            entry.is_leased = True
            entry.token = token = next(self._tokens)
            return Lease(kind, name, token, entry.value)

    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        """Write a new record and keep it leased."""
        now = time.time()
        with self._lock:
            entry = self._insert(kind, self._kinds[kind.name], name, value, now)
            entry.is_leased = True
            entry.token = token = next(self._tokens)
        return Lease(kind, name, token, value)

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        """Write a record and end its lease. Return False, and write nothing, if the lease was lost."""
        now = time.time()
        with self._lock:
            entries = self._kinds[lease.kind.name]
            entry = entries.get(lease.name)
            if entry is None or entry.token != lease.token:
                return False
            ends = entry.ends
            entry = self._insert(lease.kind, entries, lease.name, value, now)
            entry.ends = ends
            entry.expires = min(entry.expires, ends)
            entry.free_at = now + free_in
            return True

    def release(self, lease: Lease) -> None:
        """End a lease without writing. A record without a value is gone then."""
        with self._lock:
            entries = self._kinds[lease.kind.name]
            entry = entries.get(lease.name)
            if entry is None or entry.token != lease.token:
                return
            entry.is_leased, entry.token = False, None
            if entry.value is None:
                del entries[lease.name]

    def delete(self, lease: Lease) -> bool:
        """Delete a record. Return False, and delete nothing, if the lease was lost."""
        with self._lock:
            entries = self._kinds[lease.kind.name]
            entry = entries.get(lease.name)
            if entry is None or entry.token != lease.token:
                return False
            del entries[lease.name]
            return True

    def read(self, kind: Kind, name: str) -> bytes | None:
        """Return the value of a record, None if it has none or does not exist."""
        with self._lock:
            entry = self._kinds[kind.name].get(name)
            return entry.value if entry is not None and entry.expires > time.time() else None

    def limit(self, kind: Kind, name: str, seconds: float) -> None:
        """Make an existing record end in so many seconds at the latest, however often it is written."""
        with self._lock:
            entry = self._kinds[kind.name].get(name)
            if entry is not None:
                entry.ends = min(entry.ends, time.time() + seconds)
                entry.expires = min(entry.expires, entry.ends)

    def due(self, kind: Kind, count: int) -> list[str]:
        """Return the names of at most so many records that are free and have a value, longest free first."""
        now = time.time()
        with self._lock:
            free = [
                (entry.free_at, name)
                for name, entry in self._kinds[kind.name].items()
                if entry.value is not None and not entry.is_leased and entry.free_at <= now < entry.expires
            ]
        return [name for _, name in sorted(free)[:count]]

    def records(self, kind: Kind) -> list[Record]:
        """Return every record of a kind that has a value, in the order of their names."""
        now = time.time()
        with self._lock:
            return [
                Record(name, entry.value, max(0.0, entry.free_at - now))
                for name, entry in sorted(self._kinds[kind.name].items())
                if entry.value is not None and entry.expires > now
            ]

    def forget(self, subject: str) -> None:
        """Delete every record that is about a call or a conference, of any kind."""
        with self._lock:
            for entries in self._kinds.values():
                for name in [name for name in entries if name.partition("/")[0] == subject]:
                    del entries[name]

    def risks(self) -> list[str]:
        """Return nothing: its memory has no settings."""
        return []

    def close(self) -> None:
        """Do nothing: a memory store holds no connection."""

    def _insert(
        self, kind: Kind, entries: dict[str, _Entry], name: str, value: bytes | None, now: float
    ) -> _Entry:
        """Put a record at the end of the dictionary, in place of one of that name."""
        entries.pop(name, None)
        expires = float("inf") if kind.lifetime is None else now + kind.lifetime
        entries[name] = entry = _Entry(value, None, False, 0.0, expires, float("inf"))
        return entry

    def _drop_old(self, kind: Kind, entries: dict[str, _Entry], now: float) -> None:
        """Drop records that have expired, and the oldest of a bounded kind. A few each time are enough."""
        is_full = kind.is_bounded and len(entries) >= _LIMIT
        for name, entry in list(islice(entries.items(), 2)):
            if not entry.is_leased and (is_full or entry.expires <= now):
                del entries[name]


def open_store(url: str, name: str) -> MemoryStore:
    """Return a new store; raises :class:`~.exceptions.ConfigurationError` for a URL that says more."""
    if url != "memory://":
        raise ConfigurationError(f"{name} must be 'memory://' for a store in memory, got {url!r}.")
    return MemoryStore()
