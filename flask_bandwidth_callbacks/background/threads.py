"""A pool of threads that does jobs after the reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

from flask import Flask

from flask_bandwidth_callbacks.jobs import Job, Jobs, Runner
from flask_bandwidth_callbacks.stores import Store


class Threads:
    """A pool of threads in the process that received the callback.

    :param threads: how many jobs run at once.
    """

    def __init__(self, threads: int = 4) -> None:
        self._threads = threads

    def open(self, app: Flask, name: str, run: Runner, store: Store | None) -> Jobs:
        """Return the jobs of a registration."""
        return _Pool(self._threads, run)


class _Pool:
    def __init__(self, threads: int, run: Runner) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="bandwidth-callbacks")
        self._run = run
        self._waiting: dict[int, Sequence[Job]] = {}
        self._running: set[Future[None]] = set()

    def keep(self, jobs: Sequence[Job]) -> Callable[[], None]:
        """Return the function that starts the jobs."""
        self._waiting[id(jobs)] = jobs
        return partial(self._start, id(jobs))

    def _start(self, key: int) -> None:
        for job in self._waiting.pop(key, ()):
            future = self._executor.submit(self._run, job)
            self._running.add(future)
            future.add_done_callback(self._running.discard)

    def wait(self, seconds: float) -> bool:
        """Wait until every job is done."""
        for key in list(self._waiting):
            self._start(key)
        return not wait(list(self._running), seconds).not_done
