"""The lock that lets one thread at a time use a simulation."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Turn:
    """A lock that a thread may take several times, and lend to other threads while it waits for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        if not self._is_own():
            self._lock.acquire()
            self._owner = threading.get_ident()
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        if not self._is_own():
            return  # Ctrl-C came while it was being lent
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._lock.release()

    def _is_own(self) -> bool:
        return self._owner == threading.get_ident()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Release the lock, which this thread must have, for other threads, and take it again afterwards.

        A handler of the application, which may run in another thread, may use the simulation meanwhile.
        """
        assert self._is_own()
        owner, depth = self._owner, self._depth
        self._owner, self._depth = None, 0
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._owner, self._depth = owner, depth


class HasTurn(Protocol):
    """An object of a simulation that other threads may use."""

    @property
    def turn(self) -> Turn:
        """The lock of the simulation."""


HasTurnT = TypeVar("HasTurnT", bound=HasTurn)


def in_turn(method: Callable[Concatenate[HasTurnT, P], T]) -> Callable[Concatenate[HasTurnT, P], T]:
    """Make the decorated method run while its thread holds the lock of the simulation."""

    @functools.wraps(method)
    def run_in_turn(self: HasTurnT, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.turn:
            return method(self, *args, **kwargs)

    return run_in_turn
