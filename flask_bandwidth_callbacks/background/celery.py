"""Work that Celery does: the message of a job, and the task that the worker runs."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import Context, ContextVar
from functools import cached_property, partial
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.exceptions import ConfigurationError
from flask_bandwidth_callbacks.interruptions import ends_worker
from flask_bandwidth_callbacks.jobs import Job, NoSuchHandler, NotKept, Runner
from flask_bandwidth_callbacks.stores import Store

from .journal import one_line
from .threads import RETRIES

TASK = "flask_bandwidth_callbacks.job"
"""Name of the task, the same for all handlers, by which ``task_routes`` may choose a queue."""
_OPTIONS = {
    "serializer": "json",
    # A message is deleted when its work is done, and goes back to the queue if the worker dies before.
    "acks_late": True,
    "acks_on_failure_or_timeout": True,
    "reject_on_worker_lost": True,
    "max_retries": len(RETRIES),
    # Handlers return nothing. What failed for good is kept, where Celery has a place for results.
    "ignore_result": True,
    "store_errors_even_if_ignored": True,
}
_PUBLISHING = {
    # Of every transport: try to connect once more, at once.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
_SECONDS = 0.5
"""How long a broker may take to connect or to reply; a publication needs a few of these at most."""
_OF_REDIS = {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS, "retry_on_timeout": False}
_OF_AMQP = {"read_timeout": _SECONDS, "write_timeout": _SECONDS, "confirm_publish": True}

_runners: weakref.WeakKeyDictionary[Any, dict[str, Runner]] = weakref.WeakKeyDictionary()
"""The runners of each Celery application, by the name of the registration."""
_runner_here: ContextVar[Runner | None] = ContextVar("runner", default=None)
"""The runner of jobs that are done where they are published, in tests."""


class CeleryBackground:
    """Work that the workers of a Celery application do.

    A message holds the payload of the event and the name of the handler, as JSON. It is published before the
    reply is sent, so that nothing is lost after it; a worker may even begin a moment before the reply has
    gone out. Retries are Celery's: after 1, 10 and 60 seconds. A worker needs the Flask application only:
    import it, or call its factory, in the module that ``celery -A`` names.

    :param celery_app: the Celery application.

    Raises :class:`~.exceptions.ConfigurationError` without Celery, and for anything but an application of it.
    """

    def __init__(self, celery_app: Any) -> None:
        try:
            from celery import Celery
        except ImportError:
            raise ConfigurationError(
                "CeleryBackground must have Celery, which is not installed. Install it:"
                " pip install 'flask-bandwidth-callbacks[celery]'."
            ) from None
        if not isinstance(celery_app, Celery):
            raise ConfigurationError(
                f"CeleryBackground must be given a Celery application, got {show(celery_app)}. Give"
                " Celery(__name__, broker=...)."
            )
        # Celery's current_app is a proxy.
        self.celery_app: Any = getattr(celery_app, "_get_current_object", lambda: celery_app)()

    def open(self, app: Flask, name: str, run: Runner, store: Store | None) -> CeleryJobs:
        """Return the jobs of a registration, and have Celery's workers do them with this application.

        Of several applications with a registration of the same name, the last one does the work.
        """
        _runners.setdefault(self.celery_app, {})[name] = run
        task = self.celery_app.task(name=TASK, bind=True, shared=False, **_OPTIONS)(_work)
        return CeleryJobs(self.celery_app, task, name, run)


class CeleryJobs:
    """The jobs of a registration in the queue of a Celery application."""

    def __init__(self, celery_app: Any, task: Any, registration: str, run: Runner) -> None:
        self._celery_app = celery_app
        self.task = task
        self._registration = registration
        self._run = run
        self._unstarted: dict[int, Callable[[], None]] = {}
        self._executor = ThreadPoolExecutor(4, thread_name_prefix="bandwidth-callbacks-job")
        self._running: set[Future[None]] = set()

    def keep(self, jobs: Sequence[Job]) -> Callable[[], None]:
        """Publish the jobs of a callback.

        With ``task_always_eager`` they are done where they are started, which is after the reply.
        """
        if self._celery_app.conf.task_always_eager:
            return self._later(partial(self._do_eagerly, jobs))
        try:
            for job in jobs:
                self._publish(job)
        except Exception as error:  # each transport has its own
            reason = f"The broker of Celery cannot be reached: {one_line(error)}"
            raise NotKept(reason, partial(self._later, partial(self._do_here, jobs))) from error
        return _do_nothing

    def wait(self, seconds: float) -> bool:
        """Wait for the jobs that this process does itself; workers of Celery are not waited for."""
        for key in list(self._unstarted):
            self._start(key)
        return not wait(list(self._running), seconds).not_done

    def _publish(self, job: Job) -> None:
        with self._producers.acquire(block=True, timeout=_SECONDS) as producer:
            self.task.apply_async(self._arguments(job), producer=producer, retry_policy=_PUBLISHING)

    @cached_property
    def _producers(self) -> Any:
        """Connections that give up soon, because a caller waits. Celery's own may wait for ever."""
        from kombu.pools import producers

        driver = self._celery_app.connection_for_write().transport.driver_type
        options = {"redis": _OF_REDIS, "amqp": _OF_AMQP}.get(driver, {})
        return producers[
            self._celery_app.connection_for_write(
                connect_timeout=_SECONDS, transport_options={**_PUBLISHING, **options}
            )
        ]

    def _arguments(self, job: Job) -> tuple[str, str, str, str, str | None]:
        # The payload as text: Celery's JSON gives keys such as "__type__" a meaning of their own.
        return (self._registration, job.handler, job.subject, json.dumps(job.payload), job.repeat_key)

    # -- Jobs of this process ----------------------------------------------------------------------------

    def _later(self, do: Callable[[], None]) -> Callable[[], None]:
        self._unstarted[id(do)] = do
        return partial(self._start, id(do))

    def _start(self, key: int) -> None:
        self._unstarted.pop(key, _do_nothing)()

    def _do_eagerly(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            # In an empty context, as in a worker: without a request.
            Context().run(self._apply, job)

    def _apply(self, job: Job) -> None:
        _runner_here.set(self._run)
        with suppress(Exception):  # with task_eager_propagates; it was reported
            self.task.apply(self._arguments(job))

    def _do_here(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            future = self._executor.submit(self._run, job)
            self._running.add(future)
            future.add_done_callback(self._running.discard)


def _work(
    task: Any, registration: str, handler: str, subject: str, payload: str, repeat_key: str | None
) -> None:
    """Do a job; the function of the task."""
    run = _runner_here.get() or _runners[task.app].get(registration)
    if run is None:
        raise NoSuchHandler(
            f"The blueprint of a job must be registered with an application of this worker, got"
            f" {registration!r}. Import the Flask application in the module that celery -A names."
        )
    try:
        run(Job(handler, subject, json.loads(payload), repeat_key))
    except NoSuchHandler:
        raise  # trying again would not help
    except BaseException as error:
        if ends_worker(error):
            raise
        failure = error
        if not isinstance(error, Exception):  # sys.exit() in a handler must not end the worker
            failure = RuntimeError(f"{handler} raised {error!r}.")
        if task.request.retries >= len(RETRIES):
            raise failure from error
        raise task.retry(exc=failure, countdown=RETRIES[task.request.retries]) from error


def _do_nothing() -> None:
    pass
