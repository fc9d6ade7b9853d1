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
        self._lock = threading.RLock()
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        self._lock.release()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Release the lock for other threads, and take it again afterwards.

        A handler of the application, which may run in another thread, may use the simulation meanwhile.
        """
        self._lock.acquire()  # so that the depth is this thread's own
        depth, self._depth = self._depth, 0
        for _ in range(depth + 1):
            self._lock.release()
        try:
            yield
        finally:
            for _ in range(depth):
                self.__enter__()


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
