"""Programs that serve an application on 127.0.0.1 for as long as a test needs them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


def gunicorn(app: str, threads: int) -> list[str]:
    """Return the arguments that start gunicorn with one worker of threads, for :func:`running`."""
    return [
        "-m", "gunicorn", app, "--threads", str(threads), "--log-level", "warning", "--no-control-socket",
        "--bind", "fd://{fd}",
    ]  # fmt: skip


def granian(app: str) -> list[str]:
    """Return the arguments that start granian with one worker of one thread, for :func:`running`."""
    return [
        "-m", "granian", app, "--interface", "wsgi", "--blocking-threads", "1", "--log-level", "warning",
        "--port", "{port}",
    ]  # fmt: skip


@contextmanager
def running(arguments: Sequence[str], log: Path, **environment: str) -> Iterator[int]:
    """Run Python with arguments, among them ``{fd}`` or ``{port}`` to serve on; gives the port.

    What it prints is in ``log``; a traceback in there is a failure in the end.
    """
    inherits = any("{fd}" in word for word in arguments)
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
        port: int = listener.getsockname()[1]
        words = [word.format(fd=listener.fileno(), port=port) for word in arguments]
        if not inherits:
            listener.close()
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=os.environ | environment,
            # Connections wait on the open socket until the server is up, and no other program can take
            # the port.
            pass_fds=[listener.fileno()] if inherits else [],
            process_group=0,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        if not inherits:
            _wait_until_up(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # granian's workers, too
            process.wait()
    written = log.read_text(errors="replace")
    assert "Traceback" not in written, written


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
