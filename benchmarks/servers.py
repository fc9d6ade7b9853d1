"""Real servers with one worker each: this library under granian and gunicorn, FastAPI under uvicorn.

The clients keep their connections and send the next request once the reply has arrived. They run in a process
of their own and do as little as possible: ``python -m benchmarks.servers PORT CONNECTIONS SECONDS``.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .measuring import Row, compare, show_progress
from .peers import AUTHORIZATION, LENGTH, next_body

CONNECTIONS = 4
HEAD = (
    b"POST /phone/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Authorization: " + AUTHORIZATION.encode() + b"\r\n"
    b"Content-Length: " + str(LENGTH).encode() + b"\r\n\r\n"
)
GRANIAN = "granian --interface wsgi --blocking-threads 1 --port {port} --log-level error --factory"
GUNICORN = "gunicorn --threads 4 --bind 127.0.0.1:{port} --no-control-socket --log-level error"
UVICORN = "uvicorn --port {port} --log-level error --factory"
OURS, THEIRS = "this library, granian", "FastAPI and SDK, uvicorn"
COMMANDS = {
    OURS: f"{GRANIAN} benchmarks.peers:create_app",
    "bare Flask view, granian": f"{GRANIAN} benchmarks.peers:create_bare_app",
    "this library, gunicorn": f"{GUNICORN} benchmarks.peers:create_app()",
    "bare Flask view, gunicorn": f"{GUNICORN} benchmarks.peers:create_bare_app()",
    THEIRS: f"{UVICORN} benchmarks.peers:create_fastapi_app",
}
"""The server of each application: a Python module and its arguments."""
FEWEST_TIMES = 1.5
"""How many times as many requests as FastAPI this library must answer in the same time."""
REASON = """\
The bare Flask view shows how much is the server and Flask. gunicorn parses HTTP in Python and hands each
request to one of four threads; granian parses it in Rust and has one thread for Python; uvicorn parses it in
C, within its loop. FastAPI does not check credentials here, as in Bandwidth's samples, and a handler that
blocks would block all of its calls."""


def servers(rounds: int, seconds: float = 2.0) -> Iterator[Row]:
    """Print the request rate and the latency of each server, and compare the fastest two kinds."""
    rates: dict[str, list[float]] = {name: [] for name in COMMANDS}
    slowest: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(_served(command)) for name, command in COMMANDS.items()}
        for number in range(rounds):
            for name, port in ports.items():
                latencies = _load(port, seconds)
                rates[name].append(len(latencies) / seconds)
                slowest[name].append(statistics.quantiles(latencies, n=100)[-1])
            show_progress("servers", number + 1, rounds)
    print(f"Real servers, one worker, {CONNECTIONS} kept-alive connections, medians of {rounds} rounds:")
    for name in COMMANDS:
        rate, tail = statistics.median(rates[name]), statistics.median(slowest[name]) * 1e3
        print(f"  {name:26} {rate:6.0f} requests per second, 99th percentile {tail:5.1f} ms")
    print(f"{REASON}\n")
    times = {name: [1 / rate for rate in rates[name]] for name in (OURS, THEIRS)}
    yield compare(times, OURS, OURS, THEIRS, THEIRS, 1 / FEWEST_TIMES)


@contextmanager
def _served(command: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    arguments = command.format(port=port).split()
    server = subprocess.Popen([sys.executable, "-m", *arguments], cwd=Path(__file__).parents[1])
    try:
        _wait_for(port)
        _load(port, 0.5)  # warms up the server
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The server on port {port} did not start.")


def _load(port: int, seconds: float) -> list[float]:
    """Return the seconds that each reply took."""
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.servers", f"{port}", f"{CONNECTIONS}", f"{seconds}"],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    latencies: list[float] = json.loads(completed.stdout)
    return latencies


# -- The clients' process ------------------------------------------------------------------------------------


def _send_until(end: float, port: int, latencies: list[float]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (began := time.perf_counter()) < end:
            connection.sendall(HEAD + next_body())
            _read_reply(connection)
            latencies.append(time.perf_counter() - began)


def _read_reply(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"The server must reply 200, got {head[:40]!r}.")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += _receive(connection)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise SystemExit("The server must keep connections open, but closed one.")
    return data


def main(port: int, connections: int, seconds: float) -> None:
    """Print the seconds that each reply took, as JSON."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    clients = [threading.Thread(target=_send_until, args=(end, port, latencies)) for _ in range(connections)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    print(json.dumps(latencies))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
