"""Programs that serve an application on 127.0.0.1 for as long as a test needs them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def gunicorn(app: str, threads: int) -> list[str]:
    """Return the arguments that start gunicorn with one worker of threads, for :func:`running`."""
    return [
        "-m", "gunicorn", app, "--threads", str(threads), "--log-level", "warning", "--no-control-socket",
        "--bind", "fd://{fd}",
    ]  # fmt: skip


@contextmanager
def running(arguments: Sequence[str], log: Path, **environment: str) -> Iterator[int]:
    """Run Python with arguments, among them ``{fd}`` for the socket to serve on; gives the port.

    What it prints is in ``log``; a traceback in there is a failure in the end.
    """
    # Connections wait on the open socket until the server is up, and no other program can take the port.
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
        fd = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, *(word.format(fd=fd) for word in arguments)],
            cwd=ROOT,
            env=os.environ | environment,
            pass_fds=[fd],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        port: int = listener.getsockname()[1]
    try:
        yield port
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    written = log.read_text(errors="replace")
    assert "Traceback" not in written, written
