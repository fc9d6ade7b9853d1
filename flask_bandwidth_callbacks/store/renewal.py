"""Renewing the leases that this process holds, for as long as it lives."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Thread, current_thread

from flask_bandwidth_callbacks.stores import Lease

LEASE = 4.0
"""Seconds until a lease is over that is not renewed."""
_PAUSE = 1.0


class Renewal:
    """Renews leases of a store each second, in one thread of each process that uses the store.

    A lease that is held for less than a second costs an entry in a dictionary, and nothing else. The thread
    ends with the process, or when the store is no longer used.

    :param renew: makes leases last for :data:`LEASE` seconds from now, those that were lost excepted. What
        it raises is ignored: the owner is told when it writes.
    """

    # No lock: it could be taken in the moment in which the process is forked, and never be free in the child.

    def __init__(self, renew: Callable[[Collection[Lease]], object]) -> None:
        self._renew = renew
        self._held: dict[Lease, tuple[float, int]] = {}  # since when, and by which process
        self._thread: Thread | None = None

    def add(self, lease: Lease) -> None:
        """Renew a lease from now on."""
        self._held[lease] = (time.monotonic(), os.getpid())
        if self._thread is None or not self._thread.is_alive():  # the threads of a parent are not alive here
            thread = Thread(
                target=_run, args=(weakref.ref(self),), name="bandwidth-callbacks-leases", daemon=True
            )
            self._thread = thread  # of two that start at once, the one that stands here goes on
            with suppress(RuntimeError):  # the process may have no more threads; most leases are short
                thread.start()

    def remove(self, lease: Lease) -> None:
        """Renew a lease no longer."""
        self._held.pop(lease, None)

    def close(self) -> None:
        """Renew nothing more, until a lease is added."""
        self._held.clear()
        self._thread = None

    def renew_old(self) -> None:
        """Renew the leases that are held for a second or longer."""
        now, process = time.monotonic(), os.getpid()
        old = []
        for lease, (since, owner) in self._held.copy().items():
            if owner != process:
                self.remove(lease)  # the process from which this one was forked has it, and renews it
            elif now - since >= _PAUSE:
                old.append(lease)
        if old:
            with suppress(Exception):
                self._renew(old)

    def is_run_by(self, thread: Thread) -> bool:
        """Return whether a thread is the one that renews."""
        return self._thread is thread


def _run(weak: weakref.ref[Renewal]) -> None:
    """Renew until another thread does, or until nothing else refers to the leases."""
    while True:
        time.sleep(_PAUSE)
        renewal = weak()
        if renewal is None or not renewal.is_run_by(current_thread()):
            return
        renewal.renew_old()
        del renewal
