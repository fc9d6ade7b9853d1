"""The work that an application in process does after its replies: waiting for it, and what fails in it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import Flask, Request

from flask_bandwidth_callbacks.events import Callback
from flask_bandwidth_callbacks.jobs import Jobs
from flask_bandwidth_callbacks.receiving import read_payload
from flask_bandwidth_callbacks.registrations import registrations
from flask_bandwidth_callbacks.rejections import Rejection
from flask_bandwidth_callbacks.signals import handler_failed

from .listeners import listen, stop_listening


class BackgroundWork:
    """The work of an application in the background, as far as one simulation has led to it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._thread: int | None = None
        """The thread that sends the present callback; None while none is out."""
        self._environ: Callable[[], dict[str, Any]] = dict
        self._failed: list[tuple[Callback, Exception]] = []
        self._is_late = False
        listen(handler_failed, self._add_failed, app)

    def close(self) -> None:
        """Stop listening to the application."""
        stop_listening(handler_failed, self._add_failed)

    def begin(self, environ: Callable[[], dict[str, Any]]) -> None:
        """Begin a callback in this thread.

        :param environ: makes the WSGI environment of its request.
        """
        self._thread = threading.get_ident()
        self._environ = environ
        self._failed.clear()
        if self._is_late:
            self.wait(0.0)

    def wait(self, seconds: float) -> bool:
        """Wait until the work is done, however it ended. Return False if it takes longer.

        After work that took longer, none is waited for until all of it is done.
        """
        if not self._jobs:
            return True
        end = time.monotonic() + (0.0 if self._is_late else seconds)
        self._is_late = not all(jobs.wait(max(0.0, end - time.monotonic())) for jobs in self._jobs)
        return not self._is_late

    @cached_property
    def _jobs(self) -> list[Jobs]:
        # When it is asked for, a callback was sent, and Flask lets no blueprint be registered any more.
        jobs = [registration.jobs for registration in registrations(self._app).values()]
        return [each for each in jobs if each is not None]

    def end(self) -> list[Exception]:
        """End the callback, and return what subscribers to its event have raised in other threads so far."""
        self._thread = None
        return [error for event, error in self._failed if self._is_of_callback(event)]

    def _add_failed(self, sender: Flask, event: Callback, exception: Exception, **details: Any) -> None:
        # What fails in the thread of the callback is known there.
        if self._thread not in (None, threading.get_ident()):
            self._failed.append((event, exception))

    def _is_of_callback(self, event: Callback) -> bool:
        """Return whether an event was built from the callback, and not from one of another client."""
        try:
            payload, _ = read_payload(Request(self._environ()), sys.maxsize)
        except Rejection:
            return False
        return payload == event.raw
