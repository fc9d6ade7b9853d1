"""Deadlines of operations on servers, without a server; with servers they are tested in test_sql.py."""

from __future__ import annotations

import socket
import time
from threading import Event

import pytest

from flask_bandwidth_callbacks.store.deadlines import Deadlines, socket_of
from tests.stopwatch import Stopwatch


class Connection:
    """A connection of a driver that says whether it was closed."""

    def __init__(self) -> None:
        self.is_closed = Event()

    def close(self) -> None:
        """Close the connection."""
        self.is_closed.set()


def test_a_silent_connection_is_shut_down_in_time() -> None:
    """A read that would never end ends as if the server had closed the connection, and no other is cut."""
    deadlines = Deadlines()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for _ in range(2):
            deadlines.start()
            deadlines.watch(ours)
            theirs.sendall(b"x")
            assert ours.recv(1) == b"x"
            deadlines.end()
        time.sleep(2.0)
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
        stopwatch = Stopwatch()
        deadlines.start()
        deadlines.watch(ours)
        assert ours.recv(1) == b""
        assert stopwatch.seconds() < 2.0
        deadlines.end()


def test_a_socket_that_was_closed_meanwhile_is_no_obstacle() -> None:
    """A connection that the driver closed by itself does not end the watch over the others."""
    deadlines = Deadlines()
    closed = socket.socket()
    closed.close()
    deadlines.start()
    deadlines.watch(closed)
    time.sleep(2.0)
    deadlines.end()
    test_a_silent_connection_is_shut_down_in_time()


def test_a_connection_that_comes_too_late_is_closed() -> None:
    """Connecting is given up in time, and the connection that is there in the end is not left open."""
    deadlines, connection, is_up = Deadlines(), Connection(), Event()

    def connect() -> Connection:
        is_up.wait()
        return connection

    deadlines.start()
    with pytest.raises(TimeoutError, match="no connection in time"):
        deadlines.connect(connect)
    assert not connection.is_closed.is_set()
    is_up.set()
    assert connection.is_closed.wait(5)
    deadlines.end()


def test_what_fails_to_connect_is_raised() -> None:
    """An error of the driver reaches the caller, also one that says that the driver waited for too long."""
    deadlines = Deadlines()
    deadlines.start()

    def refuse() -> None:
        raise ConnectionRefusedError("refused")

    def wait() -> None:
        raise TimeoutError("waited")

    with pytest.raises(ConnectionRefusedError, match="refused"):
        deadlines.connect(refuse)
    with pytest.raises(TimeoutError):
        deadlines.connect(wait)
    deadlines.end()


def test_a_connection_without_a_socket_is_left_to_its_driver() -> None:
    """A driver's connection that has no file descriptor, or no open one, has no socket to shut down."""
    assert socket_of(object()) is None
    closed = socket.socket()
    closed.close()
    assert socket_of(closed) is None


def test_the_watch_ends_with_what_it_is_for() -> None:
    """The thread that watches over connections ends when its store is gone."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadlines = Deadlines()
        deadlines.start()
        deadlines.watch(ours)
        deadlines.end()
        thread = deadlines._thread
        assert thread is not None
        del deadlines
        thread.join(5.0)
        assert not thread.is_alive()
