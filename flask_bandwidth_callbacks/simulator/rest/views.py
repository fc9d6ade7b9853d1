"""Requests that a view of an application sends to Bandwidth: what they begin waits for the view's end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, request, request_finished, request_started, request_tearing_down

from ..wire.listeners import listen


class AfterViews:
    """A function that runs when the view of an application that calls it has ended; elsewhere at once.

    A view may still have to store the id of the call that it has made, before handlers need it. With
    Bandwidth it has time for that until a telephone is answered.
    """

    def __init__(self, app: Flask, function: Callable[[], None]) -> None:
        self._function = function
        self._thread = _Thread()
        listen(request_started, self._begin, app)
        listen(request_finished, self._end, app)
        listen(request_tearing_down, self._end, app)  # alone, if the view raised an exception

    def __call__(self) -> None:
        if self._thread.views:
            self._thread.is_due = True
        else:
            self._function()

    def _begin(self, sender: Flask, **details: Any) -> None:
        self._thread.views.append(request.environ)

    def _end(self, sender: Flask, **details: Any) -> None:
        views = self._thread.views
        # Contexts that a test pushes are torn down, too, but no view ran in them.
        if not views or views[-1] is not request.environ:
            return
        views.pop()
        if not views and self._thread.is_due:
            self._thread.is_due = False
            self._function()


class _Thread(threading.local):
    """What runs in one thread."""

    def __init__(self) -> None:
        self.views: list[Any] = []
        """The environments of the requests whose views are running, the innermost last."""
        self.is_due = False
        """Whether one of them has called the function."""
