"""Work after the reply under real servers: when it begins, when a process ends, and when one is killed."""

from __future__ import annotations

import json
import os
import signal
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.servers import granian, gunicorn, running

SERVED = "tests.background.served"
SERVERS = {
    "gunicorn": gunicorn(f"{SERVED}:app", threads=1),
    "granian": granian(f"{SERVED}:app"),
    "waitress": ["-m", SERVED, "{fd}"],
}


def environment(folder: Path, store: str = "memory://") -> dict[str, str]:
    """Return what the served application reads."""
    return {"BACKGROUND_FOLDER": str(folder), "BACKGROUND_STORE": store}


def send(port: int, call_id: str) -> int:
    """Send a notification and return the status of the reply."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            "POST",
            "/",
            json.dumps({"eventType": "recordingAvailable", "callId": call_id}),
            {"Content-Type": "application/json"},
        )
        return connection.getresponse().status
    finally:
        connection.close()


def wait_for(file: Path) -> str:
    """Wait until a file is there, and return its content."""
    deadline = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < deadline, sorted(each.name for each in file.parent.iterdir())
        time.sleep(0.02)
    time.sleep(0.05)  # until it is written
    return file.read_text()


@pytest.mark.parametrize("server", SERVERS)
def test_the_reply_does_not_wait(server: str, tmp_path: Path) -> None:
    """Under each server, with one thread for requests, replies arrive while earlier work goes on."""
    with running(SERVERS[server], tmp_path / "log", **environment(tmp_path)) as port:
        assert send(port, "c-1") == 204
        wait_for(tmp_path / "c-1 begun")
        assert send(port, "c-2") == 204
        assert not (tmp_path / "c-1 done").exists()
        (tmp_path / "go").touch()
        wait_for(tmp_path / "c-1 done")
        wait_for(tmp_path / "c-2 done")


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_an_orderly_end(server: str, tmp_path: Path) -> None:
    """A server that is told to end finishes the work that it has, more than its threads do at once."""
    with running(SERVERS[server], tmp_path / "log", **environment(tmp_path)) as port:
        for number in range(6):
            assert send(port, f"c-{number}") == 204
        wait_for(tmp_path / "c-0 begun")
        (tmp_path / "go").touch()
    assert sorted(each.name for each in tmp_path.glob("* done")) == [
        f"c-{number} done" for number in range(6)
    ]


@pytest.mark.parametrize("options", [[], ["--preload"]])
def test_a_process_that_is_killed(options: list[str], tmp_path: Path) -> None:
    """When a process is killed in the middle of its work, another one does the work, within seconds."""
    arguments = [*gunicorn(f"{SERVED}:app", threads=2), "--workers", "2", *options]
    store = f"sqlite:///{tmp_path / 'calls.db'}"
    with running(arguments, tmp_path / "log", **environment(tmp_path, store)) as port:
        (tmp_path / "go").touch()
        assert send(port, "hangs") == 204
        victim = int(wait_for(tmp_path / "hangs begun"))
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        while not (tmp_path / "hangs done").exists() and time.monotonic() - killed < 30:
            # The process that took the dead one's place begins to look with its first request.
            assert send(port, f"c-{time.monotonic()}") == 204
            time.sleep(0.2)
    assert (tmp_path / "hangs done").exists()
    assert int((tmp_path / "hangs begun").read_text()) != victim
