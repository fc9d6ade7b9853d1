"""The thread that writes a call log, so that neither a reply nor the next caller waits for a disk."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from flask_bandwidth_callbacks.logs import log

from .files import LogFile

WAITING = 1000
"""How many lines may wait in a process; further ones are lost."""
INTERVAL = 60.0
"""Seconds between two lines of the log about lines that were lost."""

_A_MOMENT = 0.5
"""Seconds in which a line is written, unless the disk is slow."""
_AT_ONCE = 100
"""How many lines are written under one lock."""


class Writer:
    """Writes the lines of one process, in a thread that ends when there is nothing to write.

    Whatever fails costs lines, and nothing else: the log has an error at most once a minute, with a count.
    """

    def __init__(self, file: LogFile, name: str) -> None:
        self._file = file
        self._name = name
        self._begin()

    def _begin(self) -> None:
        """Begin without lines and thread, as a process that was just forked must."""
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._waiting: deque[Callable[[], bytes]] = deque()
        self._is_working = False
        self._added = 0
        self._done = 0  # lines that were written or lost
        self._lost = 0
        self._reason = ""
        self._logged_at = -INTERVAL

    def add(self, make: Callable[[], bytes]) -> None:
        """Write a line soon.

        :param make: returns the line; it is called in the thread.
        """
        if self._process != os.getpid():
            self._begin()
        with self._changed:
            if len(self._waiting) < WAITING:
                self._waiting.append(make)
                self._added += 1
            else:
                self._lost += 1
                self._reason = "The disk is too slow."
            starts = not self._is_working
            self._is_working = True
        if starts:
            # Not a daemon as the thread that starts it may be, so that the process ends after the last line.
            thread = threading.Thread(target=self._work, name="bandwidth-callbacks-call-log", daemon=False)
            try:
                thread.start()
            except RuntimeError:  # the process ends, or may have no more threads now
                self._work()
        self._log_lost()

    def wait_a_moment(self) -> None:
        """Wait until the lines so far are written, if that takes no longer than it usually does.

        So the line of a callback is in the file when a test, or a person, looks for it after the reply. A
        slow disk makes few threads of a server wait, and those only once before it has caught up.
        """
        with self._changed:
            if len(self._waiting) < 2:
                added = self._added
                self._changed.wait_for(lambda: self._done >= added, _A_MOMENT)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._is_working = False
                    break
                count = min(len(self._waiting), _AT_ONCE)
                makers = [self._waiting.popleft() for _ in range(count)]
            try:
                self._file.append(b"".join(make() for make in makers))
            except Exception as error:
                with self._changed:
                    self._lost += count
                    self._reason = f"{type(error).__name__}: {error}."
            self._log_lost()
            with self._changed:
                self._done += count
                self._changed.notify_all()

    def _log_lost(self) -> None:
        with self._changed:
            now = time.monotonic()
            if not self._lost or now - self._logged_at < INTERVAL:
                return
            lost, self._lost = self._lost, 0
            self._logged_at = now
        log(
            logging.ERROR,
            "Lines of the call log %s were lost: %d since the last line about it. %s",
            self._name,
            lost,
            self._reason,
        )
