"""The very first callbacks, in many threads at once; :func:`main` fails or prints nothing.

What the library looks up, it makes when it is first asked: schemas and readers for each event, an index of
the handlers, the URLs in an answer. A process of its own can forget all that and begin anew, again and again.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from flask_bandwidth_callbacks import Callback, payloads
from tests.hostile.line import BASIC, LIMIT, Line, Request, logged, send
from tests.payloads import PAYLOADS

STARTS = 6
THREADS = 16


def forget() -> None:
    """Empty what is kept for the whole process; blueprints and applications are new each time."""
    for kept in vars(payloads).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()


def start() -> None:
    """Send every event in every thread, each beginning with another; fail unless all are delivered."""
    line = Line()
    whole = list(PAYLOADS.values())
    barrier = threading.Barrier(THREADS)

    def send_all(number: int) -> set[tuple[str, int, bytes]]:
        barrier.wait()
        first = number * len(whole) // THREADS
        replies = set()
        for payload in whole[first:] + whole[:first]:
            reply = send(line.app, callback(payload))
            replies.add((payload["eventType"], reply.status, reply.body))
        return replies

    with logged() as log, ThreadPoolExecutor(THREADS) as pool:
        replies = set().union(*pool.map(send_all, range(THREADS)))
    log.check()
    assert len(replies) == len(whole), "the threads were answered differently"
    assert {status for _, status, _ in replies} == {200, 204}
    for payload in whole:
        heard = [event for event in line.heard if event.event_type == payload["eventType"]]
        assert len(heard) in (THREADS, 2 * THREADS)
        expected = Callback.from_dict(payload)
        assert all(event == expected and not event.errors for event in heard)
        assert expected == type(expected).Schema().load(payload)


def callback(payload: dict[str, object]) -> Request:
    body = json.dumps(payload).encode()
    assert len(body) <= LIMIT
    headers = {
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": BASIC,
    }
    return Request(headers=headers, body=body)


def main() -> None:
    sys.setswitchinterval(1e-6)  # seconds: threads give way to one another wherever they can
    for _ in range(STARTS):
        forget()
        start()


if __name__ == "__main__":
    main()
