"""A pool of threads that does jobs after the reply, and those that other processes left."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Flask, request_started

from flask_bandwidth_callbacks.exceptions import ConfigurationError, StoreError
from flask_bandwidth_callbacks.jobs import Job, NoSuchHandler, NotKept, Runner
from flask_bandwidth_callbacks.logs import log
from flask_bandwidth_callbacks.stores import Store

from .journal import Entry, Journal, one_line

_EXTENSION = "bandwidth_callbacks_pools"
RETRIES = (1.0, 10.0, 60.0)
"""Seconds after which a handler that failed is called again."""
_PAUSE = 1.0
"""Seconds between two looks for jobs that are due."""
_PATIENCE = 30.0
"""Seconds until a reply counts as sent that the server never closed. Bandwidth waits 25 at most."""

_this_thread = threading.local()


class Threads:
    """A pool of threads in each process that receives callbacks.

    :param threads: how many jobs a process does at once.
    :param waiting: how many jobs may wait in a process. With a durable store, further ones wait in the store
        for whichever process is free first. Otherwise a notification is rejected with 503, and the work on an
        answered event is lost.
    :param retries: seconds after which a handler that failed is called again, one value for each time. A job
        that still fails is kept in the store as failed.

    Raises :class:`~.exceptions.ConfigurationError` for numbers below 1, and for times below 0.
    """

    def __init__(self, threads: int = 4, *, waiting: int = 1000, retries: Sequence[float] = RETRIES) -> None:
        for name, value in (("threads", threads), ("waiting", waiting)):
            if not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"{name} must be a number of 1 or more, got {value!r}.")
        if not all(isinstance(each, int | float) and 0 <= each < float("inf") for each in retries):
            raise ConfigurationError(f"retries must be numbers of seconds from 0, got {retries!r}.")
        self._threads = threads
        self._waiting = waiting
        self._retries = tuple(retries)

    def open(self, app: Flask, name: str, run: Runner, store: Store | None) -> Pool:
        """Return the jobs of a registration.

        Raises :class:`~.exceptions.ConfigurationError` without a store.
        """
        if store is None:
            raise ConfigurationError(
                "on(..., background=True) must have a store for its jobs, which this installation lacks."
                " Install the whole package, or give the blueprint background=CeleryBackground(...)."
            )
        pool = Pool(Journal(store, name), run, self._threads, self._waiting, self._retries)
        if store.is_durable:
            pool.start_with_first_request(app)
        return pool


class Pool:
    """The jobs of a registration, in the journal and in the threads of this process.

    Jobs that are due, because another process left them or because it is time to try again, are looked for
    once a second, by a thread that starts with the first request or job of the process. It is not a daemon:
    on an orderly end of the process, the jobs that it has are done before.
    """

    def __init__(
        self, journal: Journal, run: Runner, threads: int, waiting: int, retries: Sequence[float]
    ) -> None:
        self.journal = journal
        self._run = run
        self._threads = threads
        self._waiting = waiting
        self._retries = retries
        self._app: weakref.ref[Flask] | None = None
        self.begin()
        _pools.add(self)

    def begin(self) -> None:
        """Begin without jobs and threads, as a process that was just forked must."""
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="bandwidth-callbacks-job")
        self._changed = threading.Condition()
        self._held = 0  # jobs that are in this process, from when they came until they are settled
        self._came = 0  # all that ever were
        self._unstarted: dict[int, tuple[float, Sequence[Entry]]] = {}
        self._queued: set[Entry] = set()  # jobs that were started, and that no thread works on yet
        self._unsettled: deque[Callable[[], object]] = deque()  # changes that the store could not make
        self._has_more = False
        self._has_ended = False
        self._is_store_down = False
        self._poller: threading.Thread | None = None
        self.main = threading.main_thread()
        """The thread with which the process ends."""
        if self._app is not None and (app := self._app()) is not None:
            request_started.connect(_start_pollers, app)

    def start_with_first_request(self, app: Flask) -> None:
        """Look for jobs that other processes left, from the next request of the application on."""
        self._app = weakref.ref(app)
        app.extensions.setdefault(_EXTENSION, []).append(self)
        request_started.connect(_start_pollers, app)

    def start_poller(self) -> None:
        """Look for jobs that other processes left, from now on."""
        with self._changed:
            if self._poller is None:
                poller = threading.Thread(
                    target=_poll,
                    args=(weakref.ref(self),),
                    name="bandwidth-callbacks-jobs",
                    daemon=False,  # not as the thread that starts it, which may be a server's for one request
                )
                with suppress(RuntimeError):  # the process may have no more threads now
                    poller.start()
                    self._poller = poller

    # -- New jobs ----------------------------------------------------------------------------------------

    def keep(self, jobs: Sequence[Job]) -> Callable[[], None]:
        """Write down the jobs of a callback, and return the function that starts them."""
        self.start_poller()
        if not self.journal.is_durable and self._held + len(jobs) > self._waiting:
            raise NotKept(f"{self._held} jobs are waiting already.", None)
        entries = [self.journal.new_entry(job) for job in jobs]
        try:
            self._write(entries)
        except StoreError as error:
            raise NotKept(str(error), partial(self._keep_here, entries)) from error
        return self._keep_here(entries)

    def _write(self, entries: Sequence[Entry]) -> None:
        """Write all entries, or none: Bandwidth sends again what could not be written."""
        try:
            for entry in entries:
                self.journal.write(entry)
        except StoreError:
            for entry in entries:
                if entry.lease is not None:
                    self._settle(partial(self.journal.done, replace(entry)))
                    entry.lease = None
            raise

    def _keep_here(self, entries: Sequence[Entry]) -> Callable[[], None]:
        key = id(entries)
        with self._changed:
            self._hold(len(entries))
            self._unstarted[key] = (time.monotonic(), entries)
            self._changed.notify_all()
        return partial(self._start, key)

    def _start(self, key: int) -> None:
        """Start jobs whose reply was sent, unless they were started already."""
        _, entries = self._unstarted.pop(key, (0.0, ()))
        for entry in entries:
            if entry.lease is not None and self.journal.is_durable and self._held > self._waiting:
                self._give_back(entry)
            else:
                self._submit(entry)

    # -- Doing jobs --------------------------------------------------------------------------------------

    def _submit(self, entry: Entry) -> None:
        with self._changed:
            has_ended = self._has_ended
            if not has_ended:
                self._queued.add(entry)
        if has_ended:
            self._work(entry)  # in a thread that still answers a callback
        else:
            # The process may have no more threads now, and those of the pool go on; or it ends, and end() is
            # to come, because Python closes pools before it ends the main thread.
            with suppress(RuntimeError):
                self._executor.submit(self._work, entry)

    def _next_queued(self) -> Entry | None:
        """Return a job that no thread of the closed pool has done; None when the pool has ended."""
        with self._changed:
            self._has_ended = not self._queued
            return self._queued.pop() if self._queued else None

    def _give_back(self, entry: Entry) -> None:
        self._settle(partial(self.journal.give_back, entry))
        self._let_go()

    def _hold(self, number: int) -> None:
        with self._changed:
            self._held += number
            self._came += number

    def _let_go(self) -> None:
        with self._changed:
            self._held -= 1
            self._changed.notify_all()

    def _work(self, entry: Entry) -> None:
        self._queued.discard(entry)
        _this_thread.is_working = True
        try:
            self.do(entry)
        finally:
            _this_thread.is_working = False
            self._let_go()
        if self._has_more and self.main.is_alive():
            self.look()

    def do(self, entry: Entry) -> bool:
        """Do a job in this thread, and return whether it was done."""
        try:
            self._run(entry.job)
        except BaseException as error:
            # Also an exception that ends the thread: what is left of the process settles the job.
            self._settle_failure(entry, error)
            return False
        self._settle(partial(self.journal.done, entry))
        return True

    def _settle_failure(self, entry: Entry, error: BaseException) -> None:
        job = entry.job
        entry.error = one_line(error)
        if not isinstance(error, NoSuchHandler) and entry.failures < len(self._retries):
            seconds = self._retries[entry.failures]
            entry.failures += 1
            log(logging.WARNING, "%s is called again in %g s.", job.handler, seconds, event=job.event())
            self._settle(partial(self.journal.try_again, entry, seconds))
        else:
            entry.failures += 1
            log(
                logging.ERROR,
                "Job %s is kept as failed, because %s failed: %s See 'flask bandwidth background'.",
                entry.id,
                job.handler,
                entry.error,
                event=job.event(),
            )
            self._settle(partial(self.journal.fail, entry, entry.error))

    def _settle(self, change: Callable[[], object]) -> bool:
        """Change the journal. If the store fails now, return False, and leave the change for later."""
        try:
            change()
        except StoreError as error:
            self._log_outage(error)
            self._unsettled.append(change)
            return False
        return True

    # -- Jobs that are due -------------------------------------------------------------------------------

    def look(self) -> int:
        """Settle and start what is due, and return how many jobs were due.

        Never raises, because nothing would look again.
        """
        number = 0
        try:
            with suppress(IndexError):  # nothing is left to settle
                while self._settle(self._unsettled.popleft()):
                    pass
            number = self._look()
            self._is_store_down = False
        except StoreError as error:
            self._log_outage(error)
        except Exception as error:
            log(logging.ERROR, "Looking for jobs failed.", exception=error)
        overdue = time.monotonic() - _PATIENCE
        for key, (since, _) in list(self._unstarted.items()):
            if since < overdue:
                self._start(key)
        return number

    def _look(self) -> int:
        """Take as many jobs that are due as there are idle threads, and return how many were due."""
        room = max(0, self._threads - self._held)
        names = self.journal.due(room) if room else []
        self._has_more = len(names) == room
        for name in names:
            self._hold(1)  # before it is taken, so that at no time it is neither due nor held
            entry = None
            try:
                entry = self.journal.take(name)
            finally:
                if entry is None:
                    self._let_go()
            if entry is not None:
                self._submit(entry)
        return len(names)

    def work_off(self) -> Iterator[bool]:
        """Do the jobs that are due in this thread, and yield for each whether it was done."""
        while names := self.journal.due(1):
            yield from map(self.do, filter(None, map(self.journal.take, names)))

    def _log_outage(self, error: StoreError) -> None:
        if not self._is_store_down:
            self._is_store_down = True
            log(
                logging.ERROR,
                "The journal of jobs is tried again each second, because the store failed: %s",
                error,
            )

    # -- Waiting -----------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> bool:
        """Wait until every job that is due was done or tried."""
        if getattr(_this_thread, "is_working", False):
            return True  # it would wait for itself
        deadline = time.monotonic() + seconds
        while True:
            for key in list(self._unstarted):
                self._start(key)
            with self._changed:
                is_in_time = self._changed.wait_for(
                    lambda: self._unstarted or not self._held, deadline - time.monotonic()
                )
                came = self._came
            if not is_in_time:
                return False
            # What is not due any more may have been taken by another thread meanwhile.
            if not self._unstarted and not self.look() and came == self._came:
                return True

    def end(self) -> None:
        """Do what this process has, at its orderly end."""
        for key in list(self._unstarted):
            self._start(key)
        self._executor.shutdown()
        while (entry := self._next_queued()) is not None:
            self._work(entry)
        if not self.journal.is_durable:
            for entry in self.journal.waiting():
                log(
                    logging.ERROR,
                    "The work of %s is lost, because the process ends: %s",
                    entry.job.handler,
                    entry.error,
                    event=entry.job.event(),
                )


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _start_pollers(app: Flask, **_: Any) -> None:
    # Not a method: to forget it, blinker would go through what other threads may change.
    request_started.disconnect(_start_pollers, app)
    for pool in app.extensions[_EXTENSION]:
        pool.start_poller()


def begin_after_fork() -> None:
    """Begin anew in a process that was forked: it has none of its parent's threads, and none of its jobs."""
    for pool in _pools:
        pool.begin()


os.register_at_fork(after_in_child=begin_after_fork)


def _poll(weak: weakref.ref[Pool]) -> None:
    """Look for due jobs until the process ends, or until nothing else refers to the pool."""
    while (pool := weak()) is not None:
        main = pool.main
        if not main.is_alive():
            pool.end()
            return
        pool.look()
        del pool
        main.join(_PAUSE)
