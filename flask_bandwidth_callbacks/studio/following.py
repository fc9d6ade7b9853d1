"""The callbacks that an application gets from the real Bandwidth, from its call log, as they come."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flask_bandwidth_callbacks.call_log import Line

from .callbacks import CallbackRecord

_LOOK_SECONDS = 0.2
"""How often the file is looked at."""


@contextmanager
def following(
    path: Path, add: Callable[[CallbackRecord], None], report: Callable[[str], None]
) -> Iterator[None]:
    """Return a context in which the lines that are appended to a call log are followed, in a thread.

    The file may be rotated, and may not exist yet.

    :param add: is called with each callback.
    :param report: is called with a sentence about a line that cannot be read.
    """
    is_over = threading.Event()
    follower = _Follower(path, add, report)
    follower.look(is_first=True)

    def run() -> None:
        while not is_over.wait(_LOOK_SECONDS):
            follower.look()

    thread = threading.Thread(target=run, name="studio watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        follower.close()


class _Follower:
    """A file that is read as it grows."""

    def __init__(
        self, path: Path, add: Callable[[CallbackRecord], None], report: Callable[[str], None]
    ) -> None:
        self._path = path
        self._add = add
        self._report = report
        self._file: BinaryIO | None = None
        self._rest = b""

    def look(self, *, is_first: bool = False) -> None:
        """Read what is new; of a file that is there already at the first look, what comes after that."""
        try:
            self._read()
            if self._is_another():
                self.close()
                self._file = self._path.open("rb")
                if is_first:
                    self._file.seek(0, os.SEEK_END)
                self._read()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._report(f"{self._path} cannot be read: {error.strerror}.")

    def close(self) -> None:
        """Close the file, if one is open."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._rest = b""

    def _is_another(self) -> bool:
        """Return whether the path leads to another file than before, such as after a rotation."""
        there = os.stat(self._path)
        if self._file is None:
            return True
        known = os.fstat(self._file.fileno())
        return (there.st_dev, there.st_ino) != (
            known.st_dev,
            known.st_ino,
        ) or there.st_size < self._file.tell()

    def _read(self) -> None:
        if self._file is None:
            return
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            try:
                self._add(_record(Line.from_json(line)))
            except ValueError as error:
                self._report(f"{self._path} must be a call log, got another line. {error}")


def _record(line: Line) -> CallbackRecord:
    is_success = 200 <= line.status < 300
    return CallbackRecord(
        event=str(line.payload.get("eventType", "")),
        method=line.method,
        url=line.root + line.path,
        payload=line.payload,
        call=line.call_id,
        handler=line.handler,
        status=line.status,
        reply=line.reply or "",
        is_bxml="xml" in line.content_type,
        milliseconds=line.milliseconds,
        source="watched",
        failure=None if is_success else f"status {line.status}",
    )
