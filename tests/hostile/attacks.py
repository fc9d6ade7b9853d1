"""Hostile clients, all at once: ``python -m tests.hostile.attacks PORT SECONDS``.

They run in a process of their own, so that they do not disturb the one that measures the server. In the end
they print, as JSON, how often each attack ran and what the server did wrong.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse

from tests.hostile.line import basic
from tests.hostile.wire import ODD_LINES, ODD_STARTS

USERNAME, PASSWORD = "bandwidth", "s3cret"
"""Of the server that is attacked."""
BODY = json.dumps({"eventType": "initiate", "callId": "c-attack", "from": "+15550000000"}).encode()
MEGABYTE = 2**20
LONGEST = 8.0
"""Seconds that a slow client keeps a thread of the server, at most."""


class WrongReply(Exception):
    """A reply that the server should not have given."""


def head(framing: str, password: str = "a guess") -> bytes:
    """Return the head of a callback."""
    lines = (
        "POST /phone/ HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Authorization: {basic(USERNAME, password)}",
        framing,
        "\r\n",
    )
    return "\r\n".join(lines).encode()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Open a connection; that the server closes it is not a failure."""
    with (
        suppress(BrokenPipeError, ConnectionResetError),
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
    ):
        yield connection


def expect(connection: socket.socket, *allowed: int | None) -> None:
    """Read the reply; raises :class:`WrongReply` for another status (None: no reply)."""
    status = None
    with suppress(HTTPException), HTTPResponse(connection) as response:
        response.begin()
        status = response.status
    if status not in allowed:
        raise WrongReply(f"status {status} instead of {' or '.join(map(str, allowed))}")


class Attacker:
    """A client whose actions and their order follow from its seed."""

    def __init__(self, port: int, end: float, seed: int) -> None:
        self._port = port
        self._end = end
        self._chance = random.Random(seed)

    def send_garbage(self) -> None:
        """Send something that is not HTTP, nearly HTTP, or a body that is not a callback."""
        chance = self._chance
        body = chance.randbytes(chance.randrange(1, 2000))
        with connected(self._port) as connection:
            connection.sendall(
                chance.choice(
                    [
                        body + b"\r\n\r\n",
                        b"\r\n".join([chance.choice(ODD_STARTS), chance.choice(ODD_LINES), b"", b""]),
                        head(f"Content-Length: {len(body)}", PASSWORD) + body,
                    ]
                )
            )
            connection.shutdown(socket.SHUT_WR)
            expect(connection, None, 400, 401, 404, 405, 414, 415, 417, 431, 501, 505)

    def send_huge_body(self) -> None:
        """Send megabytes, with a length or in endless chunks, with or without credentials."""
        password = self._chance.choice([PASSWORD, "a guess"])
        framing, part = self._chance.choice(
            [
                (f"Content-Length: {16 * MEGABYTE}", b" " * 65536),
                ("Transfer-Encoding: chunked", b"10000\r\n" + b" " * 65536 + b"\r\n"),
            ]
        )
        with connected(self._port) as connection:
            connection.sendall(head(framing, password))
            for _ in range(16 * MEGABYTE // 65536):
                connection.sendall(part)
            expect(connection, 413 if password == PASSWORD else 401)

    def send_slow_head(self) -> None:
        """Send a head that never ends, a few bytes at a time."""
        with connected(self._port) as connection:
            self._trickle(connection, b"POST /phone/ HTTP/1.1\r\n" + b"X: y\r\n" * 1000)

    def send_slow_body(self) -> None:
        """Send a body that never ends, a few bytes at a time, with or without credentials."""
        password = self._chance.choice([PASSWORD, "a guess"])
        with connected(self._port) as connection:
            connection.sendall(head("Content-Length: 100000", password))
            self._trickle(connection, BODY.ljust(10_000))
            connection.shutdown(socket.SHUT_WR)
            expect(connection, 400 if password == PASSWORD else 401)

    def withhold_body(self) -> None:
        """Send a head without credentials, and then nothing."""
        with connected(self._port) as connection:
            connection.sendall(head(f"Content-Length: {len(BODY)}"))
            expect(connection, 401)
            self._trickle(connection, b"")

    def _trickle(self, connection: socket.socket, content: bytes) -> None:
        end = min(self._end, time.monotonic() + self._chance.uniform(1, LONGEST))
        while time.monotonic() < end:
            connection.sendall(content[:5])
            content = content[5:]
            time.sleep(0.2)

    def guess_password(self) -> None:
        """Send a callback with a password that is nearly right, or entirely wrong."""
        guesses = ["", "s3cre", "s3creT", "s3cret ", "s3crets", "\xff", "x" * 3000]
        with connected(self._port) as connection:
            connection.sendall(head(f"Content-Length: {len(BODY)}", self._chance.choice(guesses)) + BODY)
            expect(connection, 401)

    def cut_connection(self) -> None:
        """Send a callback that ends early, in its head or in its body."""
        whole = head(f"Content-Length: {len(BODY) + 10}", PASSWORD) + BODY
        with connected(self._port) as connection:
            connection.sendall(whole[: self._chance.randrange(len(whole))])
            if self._chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ATTACKS: dict[Callable[[Attacker], None], tuple[int, float]] = {
    Attacker.send_garbage: (1, 0.02),
    Attacker.send_huge_body: (1, 0.2),
    Attacker.send_slow_head: (2, 0.1),
    Attacker.send_slow_body: (1, 0.1),
    Attacker.withhold_body: (1, 0.1),
    Attacker.guess_password: (1, 0.02),
    Attacker.cut_connection: (1, 0.02),
}
"""How many clients do this at a time, and how many seconds each rests after it."""


def attack(port: int, seconds: float) -> tuple[Counter[str], list[str]]:
    """Run all attacks for some seconds; return how often each ran, and what the server did wrong."""
    sent: Counter[str] = Counter()
    faults: list[str] = []
    end = time.monotonic() + seconds

    def go_on(act: Callable[[Attacker], None], rest: float, seed: int) -> None:
        attacker = Attacker(port, end, seed)
        while time.monotonic() < end:
            try:
                act(attacker)
            except (WrongReply, OSError) as error:
                faults.append(f"{act.__name__}: {error!r}")
            sent[act.__name__] += 1
            time.sleep(rest)

    clients = [
        threading.Thread(target=go_on, args=(act, rest, seed))
        for act, (count, rest) in ATTACKS.items()
        for seed in range(count)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sent, faults


if __name__ == "__main__":
    sent, faults = attack(int(sys.argv[1]), float(sys.argv[2]))
    print(json.dumps({"sent": sent, "faults": faults}))
