"""Connections that end at a deadline, however slowly the other side sends, and whatever it sends.

The timeout of a socket counts from its last byte. A server that sends one byte a second never exceeds it.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from typing import Any
from urllib.parse import SplitResult

from .urls import DEFAULT_PORTS


class DeadlinePassed(TimeoutError):
    """A deadline has passed."""


def seconds_left(deadline: float) -> float:
    """Return the seconds until a deadline, a value of ``time.monotonic``; raises :class:`DeadlinePassed`."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed
    return left


def connect(url: SplitResult, deadline: float) -> Any:
    """Connect to the server of a URL, with TLS for https, and return what ``http.client`` takes as a socket.

    It raises :class:`TimeoutError` at the deadline, :class:`OSError` if the server cannot be reached.
    """
    assert url.hostname is not None
    port = url.port or DEFAULT_PORTS[url.scheme]
    connected = socket.create_connection((url.hostname, port), timeout=seconds_left(deadline))
    if url.scheme == "https":
        context = ssl.create_default_context()
        try:
            connected.settimeout(seconds_left(deadline))  # a handshake takes it as the limit of the whole
            connected = context.wrap_socket(connected, server_hostname=url.hostname)
        except BaseException:
            connected.close()
            raise
    return _Socket(connected, deadline)


class _Socket:
    """What ``http.client`` uses of a socket, with a deadline."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        unsent = memoryview(data)
        while unsent:
            self._connected.settimeout(seconds_left(self._deadline))
            unsent = unsent[self._connected.send(unsent) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._connected, self._deadline))

    def close(self) -> None:
        self._connected.close()


class _Reader(io.RawIOBase):
    """The bytes that come from a socket until a deadline."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline
        self._stream = connected.makefile("rb", buffering=0)  # keeps the socket open until it is read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connected.settimeout(seconds_left(self._deadline))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
