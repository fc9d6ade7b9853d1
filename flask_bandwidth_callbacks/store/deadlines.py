"""Operations on a server that end in time, even if the server falls silent.

The drivers of PostgreSQL wait for a reply for as long as the connection is up, and two seconds at least for a
connection. Here, a thread shuts down the socket of an operation that takes too long, so that the driver
finds the connection broken.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from socket import SHUT_RDWR, socket
from threading import Thread, get_ident
from typing import Any, TypeVar

T = TypeVar("T")

_PATIENCE = 1.4
"""Seconds for an operation, with its attempts to connect."""
_PAUSE = 0.2


class Deadlines:
    """The deadlines of operations, in one thread of each process that uses the store."""

    # No lock: see Renewal, which is made like this.

    def __init__(self) -> None:
        self._ends: dict[int, float] = {}  # by thread
        self._sockets: dict[int, socket] = {}
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start the time of this thread's operation."""
        self._ends[get_ident()] = time.monotonic() + _PATIENCE

    def end(self) -> None:
        """End this thread's operation."""
        thread = get_ident()
        self._sockets.pop(thread, None)
        self._ends.pop(thread, None)

    def connect(self, connect: Callable[[], T]) -> T:
        """Return what a function returns that connects; raises TimeoutError if it takes too long."""
        future: Future[T] = Future()
        Thread(
            target=_connect, args=(connect, future), name="bandwidth-callbacks-connect", daemon=True
        ).start()
        try:
            return future.result(max(0.0, self._ends[get_ident()] - time.monotonic()))
        except TimeoutError:
            future.add_done_callback(_close)
            raise TimeoutError("no connection in time") from None

    def watch(self, connection: socket) -> None:
        """Shut a socket down if this thread's operation is not over in time."""
        self._sockets[get_ident()] = connection
        if self._thread is None or not self._thread.is_alive():  # the threads of a parent are not alive here
            self._thread = Thread(
                target=_run, args=(weakref.ref(self),), name="bandwidth-callbacks-deadlines", daemon=True
            )
            with suppress(RuntimeError):  # the process may have no more threads
                self._thread.start()

    def shut_down_late(self) -> None:
        """Shut down the sockets of operations that take too long."""
        now = time.monotonic()
        for thread, connection in self._sockets.copy().items():
            if now > self._ends.get(thread, now):
                with suppress(OSError):  # it is closed
                    connection.shutdown(SHUT_RDWR)


def _run(weak: weakref.ref[Deadlines]) -> None:
    while (deadlines := weak()) is not None:
        deadlines.shut_down_late()
        del deadlines
        time.sleep(_PAUSE)


def _connect(connect: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(connect())
    except Exception as error:
        future.set_exception(error)


def _close(late: Future[Any]) -> None:
    if late.exception() is None:
        late.result().close()


def socket_of(connection: Any) -> socket | None:
    """Return a socket for the connection of a driver, if that has a file descriptor.

    It is a duplicate, so that it never stands for another connection that got the number of a closed one.
    """
    try:
        return socket(fileno=os.dup(connection.fileno()))
    except (AttributeError, OSError):
        return None
