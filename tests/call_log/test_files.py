"""The file of a call log: several processes write whole lines, it is rotated, and nothing keeps it locked."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flask_bandwidth_callbacks.call_log import files
from flask_bandwidth_callbacks.call_log.files import KEPT_FILES, LogFile, older_file

ROOT = Path(__file__).parents[2]
WRITER = """
import json, sys
from pathlib import Path
from flask_bandwidth_callbacks.call_log.files import LogFile

file = LogFile(Path(sys.argv[1]), 20_000)
for number in range(100):
    text = json.dumps({"process": sys.argv[2], "number": number, "text": "x" * 300})
    file.append(f"{text}\\n".encode())
"""


def test_processes_that_write_and_rotate_at_once(tmp_path: Path) -> None:
    """Three processes write and rotate one file, and every line is there, whole and once."""
    path = tmp_path / "calls.jsonl"
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)], cwd=ROOT)
        for number in range(3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    written = [older_file(path, number) for number in range(KEPT_FILES + 1)]
    assert all(file.stat().st_size <= 20_000 for file in written)
    lines = [json.loads(line) for file in written for line in file.read_bytes().splitlines()]
    assert len(lines) == 300
    assert {(line["process"], line["number"]) for line in lines} == {
        (str(process), number) for process in range(3) for number in range(100)
    }


def test_rotation(tmp_path: Path) -> None:
    """A file that a line would make too large becomes the first of the older ones; the oldest is deleted."""
    path = tmp_path / "calls.jsonl"
    file = LogFile(path, 10)
    for number in range(KEPT_FILES + 3):
        file.append(f"line {number}\n".encode())
    kept = {each.name: each.read_text() for each in tmp_path.glob("calls.jsonl*") if each.suffix != ".lock"}
    assert kept == {
        "calls.jsonl": "line 7\n",
        **{f"calls.jsonl.{number}": f"line {7 - number}\n" for number in range(1, KEPT_FILES + 1)},
    }


def test_a_line_that_is_larger_than_a_file(tmp_path: Path) -> None:
    """A line that is longer than a file may be is written all the same, in a file of its own."""
    file = LogFile(tmp_path / "calls.jsonl", 10)
    file.append(b"a long, long line\n")
    file.append(b"another long line\n")
    assert (tmp_path / "calls.jsonl").read_bytes() == b"another long line\n"
    assert (tmp_path / "calls.jsonl.1").read_bytes() == b"a long, long line\n"


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """The file has callers' words in it, so others on the machine cannot read it."""
    file = LogFile(tmp_path / "calls.jsonl")
    file.append(b"line\n")
    assert (tmp_path / "calls.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full in the middle of a line, what was written of it is taken away again."""
    file = LogFile(tmp_path / "calls.jsonl")
    file.append(b"first\n")
    write = os.write
    is_full = False

    def write_a_part(descriptor: int, data: bytes) -> int:
        nonlocal is_full
        if is_full:
            raise OSError(28, "No space left on device")
        is_full = True
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", write_a_part)
    with pytest.raises(OSError, match="No space left"):
        file.append(b"second\n")
    monkeypatch.undo()
    file.append(b"third\n")
    assert (tmp_path / "calls.jsonl").read_bytes() == b"first\nthird\n"


def test_a_process_that_keeps_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that another process keeps is waited for, and given up in the end."""
    file = LogFile(tmp_path / "calls.jsonl")
    with (tmp_path / "calls.jsonl.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(target=file.append, args=(b"line\n",))
        waiting.start()
        time.sleep(0.05)
        assert not (tmp_path / "calls.jsonl").exists()
        monkeypatch.setattr(files, "_PATIENCE", 0.02)
        with pytest.raises(OSError, match="another process holds the lock"):
            file.append(b"another\n")
    waiting.join(10)
    assert (tmp_path / "calls.jsonl").read_bytes() == b"line\n"


def test_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fcntl, as on Windows, the lock is that of msvcrt."""
    locks = iter([False, True])

    def locking(descriptor: int, mode: int, size: int) -> None:
        assert (mode, size) == (2, 1)
        if not next(locks):
            raise PermissionError(13, "Permission denied")

    msvcrt: Any = SimpleNamespace(locking=locking, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    LogFile(tmp_path / "calls.jsonl").append(b"line\n")
    assert (tmp_path / "calls.jsonl").read_bytes() == b"line\n"
    assert next(locks, None) is None
