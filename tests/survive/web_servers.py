"""granian and gunicorn with several workers, which tests can kill."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import TimeoutExpired

from tests.databases import Server, is_alive
from tests.servers import ROOT

WORKERS = 3
Outage = tuple[Callable[[], object], Callable[[], object]]
"""What begins and what ends it."""
APPLICATION = "tests.survive.application:create_app"
_SECONDS_TO_HEED, _SECONDS_TO_STOP = 10.0, 60.0


class WebServer(Server):
    """A web server with the application of ``application.py``.

    :param outages: the ways in which its store can stop.
    :param settings: of the application.
    """

    def __init__(self, folder: Path, outages: Mapping[str, Outage], **settings: str) -> None:
        super().__init__(folder)
        self.outages = outages
        self.effects = folder / "effects"
        """The file with what handlers did."""
        self.store = settings["BANDWIDTH_CALLBACKS_STORE"]
        """URL of the store."""
        given = settings | {"EFFECTS": str(self.effects)}
        self._environment = [f"FLASK_{name}={value}" for name, value in given.items()]

    @property
    def url(self) -> str:
        """Where the application takes callbacks."""
        return f"http://127.0.0.1:{self.port}/phone/"

    def seed(self, text: str) -> str:
        """Return the seed of a simulation, so that no two make the same callbacks."""
        return f"{self.port} {text}"

    def clear(self) -> None:
        """Do nothing: each test makes calls of its own."""

    def workers(self) -> list[int]:
        """Return the ids of the worker processes."""
        return [process for process in self._processes()[1:] if is_alive(process)]

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        assert self._process is not None
        self._process.terminate()
        try:
            if not self._has_ended(_SECONDS_TO_HEED):
                # A signal that comes just before Python's main thread begins to wait, as that of a worker of
                # granian does at its start, is not handled until the next one. granian waits without limit.
                for worker in self.workers():
                    with suppress(ProcessLookupError):  # it was about to end
                        os.kill(worker, signal.SIGTERM)
                assert self._has_ended(_SECONDS_TO_STOP)
        finally:
            self.kill()

    def _has_ended(self, seconds: float) -> bool:
        """Return whether the server ends within some seconds."""
        assert self._process is not None
        with suppress(TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None

    def _command(self) -> Sequence[str]:
        return [
            *("setpriv", "--pdeathsig=SIGTERM", "--", "env", f"--chdir={ROOT}", "GUNICORN_CMD_ARGS="),
            *self._environment,
            *(sys.executable, "-m", *self._arguments()),
        ]

    def _arguments(self) -> Sequence[str]:
        raise NotImplementedError

    def _is_up(self) -> bool:
        """Return whether each worker replies."""
        replied: set[bytes] = set()
        attempts = 0
        with suppress(OSError, HTTPException):
            while len(replied) < WORKERS and attempts < 100:
                attempts += 1
                with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
                    connection.request("GET", "/worker")
                    replied.add(connection.getresponse().read())
                time.sleep(0.005)  # leaves the cores to the workers that begin
        return len(replied) == WORKERS


class Gunicorn(WebServer):
    """gunicorn, whose workers are forked after the application was made."""

    def _arguments(self) -> Sequence[str]:
        return [
            *("gunicorn", f"{APPLICATION}()", "--bind", f"127.0.0.1:{self.port}", "--log-level", "warning"),
            *("--workers", str(WORKERS), "--threads", "4", "--preload", "--no-control-socket"),
        ]


class Granian(WebServer):
    """granian, each of whose workers makes the application."""

    def _arguments(self) -> Sequence[str]:
        return [
            *("granian", APPLICATION, "--factory", "--interface", "wsgi", "--port", str(self.port)),
            *("--workers", str(WORKERS), "--blocking-threads", "4", "--log-level", "warning"),
            *("--respawn-failed-workers", "--respawn-interval", "0.2"),
        ]


WEB_SERVERS: Mapping[str, type[WebServer]] = {"granian": Granian, "gunicorn": Gunicorn}
