"""A store that counts as durable, and that can be made to fail."""

from __future__ import annotations

from flask_bandwidth_callbacks import StoreError
from flask_bandwidth_callbacks.store.memory import MemoryStore
from flask_bandwidth_callbacks.stores import Kind, Lease


class FailingStore(MemoryStore):
    """A store in memory, shared by whatever stands for several processes, that fails where it is told to."""

    is_durable = True

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()
        """Names of operations on jobs that fail."""
        self.successes: dict[str, int] = {}
        """How many times an operation succeeds before it fails."""

    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        self._check("add", kind)
        return super().add(kind, name, value)

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        self._check("write", lease.kind)
        return super().write(lease, value, free_in=free_in)

    def release(self, lease: Lease) -> None:
        self._check("release", lease.kind)
        super().release(lease)

    def delete(self, lease: Lease) -> bool:
        self._check("delete", lease.kind)
        return super().delete(lease)

    def due(self, kind: Kind, count: int) -> list[str]:
        self._check("due", kind)
        return super().due(kind, count)

    def _check(self, operation: str, kind: Kind) -> None:
        if operation not in self.failing or kind.name not in ("job", "failed"):
            return
        left = self.successes.get(operation, 0)
        self.successes[operation] = left - 1
        if left <= 0:
            raise StoreError("The store must be up, got an outage.")
