"""Senders of callbacks to workers: as often as Bandwidth may send one, in any order, and at once."""

from __future__ import annotations

import json
import random
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import SplitResult

from flask_bandwidth_callbacks.simulator.wire.transport import OverHTTP, Reply
from tests.survive.application import CREDENTIALS

TIMEOUT = 20.0
"""Seconds to wait for a reply; Bandwidth waits 25 at most."""


def post(
    port: int, payload: Mapping[str, Any], path: str = "/phone/", timeout: float = TIMEOUT
) -> int | None:
    """Send a callback and return the status of the reply, None if the connection broke."""
    headers = {
        "Authorization": "Basic " + b64encode(":".join(CREDENTIALS).encode()).decode(),
        "Content-Type": "application/json",
    }
    with closing(HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        try:
            connection.request("POST", path, json.dumps(payload), headers)
            with connection.getresponse() as response:
                response.read()
                return response.status
        except (OSError, HTTPException):
            return None


class TimedTransport(OverHTTP):
    """A transport that remembers how long the slowest reply took."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1")
        self.slowest = 0.0

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        began = time.monotonic()
        try:
            return super().send(method, url, headers, body, timeout)
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)


class RepeatingTransport(OverHTTP):
    """A transport that sends each callback one to three times.

    Some of the repeats go out at once with the first, in any order, and the others at any time later.
    """

    def __init__(self, seed: int) -> None:
        super().__init__("127.0.0.1")
        self._random = random.Random(seed)
        self._threads = ThreadPoolExecutor(6)
        self._later: list[tuple[Any, ...]] = []
        self._replies: dict[tuple[Any, ...], list[Future[Reply]]] = {}

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Reply:
        if "Authorization" not in headers:
            return super().send(method, url, headers, body, timeout)
        this = (method, url, tuple(headers.items()), body, timeout)
        requests = [this]
        for _ in range(self._random.randint(0, 2)):
            self._random.choice([requests, self._later]).append(this)
        while self._later and self._random.random() < 0.3:
            requests.append(self._later.pop(self._random.randrange(len(self._later))))
        self._random.shuffle(requests)
        self._begin(requests)
        done, _ = wait(self._replies[this], return_when=FIRST_COMPLETED)
        return done.pop().result()

    def replies(self) -> Iterator[Sequence[Reply]]:
        """Send what is left to be repeated, and yield all replies to each callback."""
        self._begin(self._later)
        self._threads.shutdown()
        for futures in self._replies.values():
            yield [future.result() for future in futures]

    def _begin(self, requests: Sequence[tuple[Any, ...]]) -> None:
        for request in requests:
            method, url, headers, body, timeout = request
            future = self._threads.submit(super().send, method, url, dict(headers), body, timeout)
            self._replies.setdefault(request, []).append(future)
