"""The file of a call log: several processes append to it, and it is rotated by size."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_BYTES = 10_000_000
"""Size at which the file is rotated."""
KEPT_FILES = 5
"""How many older files are kept."""

_PATIENCE = 5.0
"""Seconds to wait for the lock."""
_PAUSE = 0.01
_OWNER_ONLY = 0o600


class LogFile:
    """A file to which lines are appended, and which is rotated: older files end with ``.1`` to ``.5``.

    Whatever one process does happens under a lock that all of them use, so that lines are whole and none is
    lost. The lock is on a file beside it, because a file that is rotated is no longer the same file.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes

    def append(self, lines: bytes) -> None:
        """Append whole lines. Either all of them are written or none.

        Raises :class:`OSError`.
        """
        with self._locked():
            with suppress(FileNotFoundError):
                size = os.stat(self._path).st_size
                if size and size + len(lines) > self._max_bytes:
                    self._rotate()
            with _opened(self._path, os.O_WRONLY | os.O_APPEND) as file:
                size = os.fstat(file).st_size
                try:
                    _write(file, lines)
                except OSError:
                    os.ftruncate(file, size)
                    raise

    def _rotate(self) -> None:
        for number in range(KEPT_FILES, 0, -1):
            with suppress(FileNotFoundError):
                os.replace(older_file(self._path, number - 1), older_file(self._path, number))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _opened(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR) as file:
            end = time.monotonic() + _PATIENCE
            while not _lock(file):
                if time.monotonic() > end:
                    raise OSError(errno.EAGAIN, "another process holds the lock")
                time.sleep(_PAUSE)
            # Closing the file ends the lock.
            yield


def older_file(path: Path, number: int) -> Path:
    """Return the path of an older file; number 0 is the file itself."""
    return path.with_name(f"{path.name}.{number}") if number else path


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    """Open a file that only its owner may read, because callers' words are in it."""
    file = os.open(path, flags | os.O_CREAT | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
    try:
        yield file
    finally:
        os.close(file)


def _write(file: int, lines: bytes) -> None:
    while lines:
        lines = lines[os.write(file, lines) :]


def _lock(file: int) -> bool:
    """Lock a file for this process, and return whether that was possible."""
    try:
        try:
            import fcntl
        except ImportError:  # on Windows
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
