"""Callbacks that come more than once: what the blueprint asks before it calls handlers.

The answer comes from ``store/``. Without a store, and where repeats are not looked for, every callback is
handled each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from flask import Flask
from werkzeug.wrappers import Response

from .events import Callback


class Sending(Protocol):
    """One of the times that a callback is sent."""

    def reply(self, make: Callable[[], Response]) -> Response:
        """Return the reply that was remembered for this callback and URL path, else make and remember it.

        If that raises an exception, repeats wait until :meth:`remember` or :meth:`close` is called.
        """

    def remember(self, response: Response) -> Response:
        """Remember the response to an exception of :meth:`reply`, and return it."""

    def notify(self, notify: Callable[[bool], bool]) -> bool:
        """Call a function that notifies subscribers, and return what it returns.

        Its argument says whether the subscribers were notified before, at whatever path.
        """

    def check(self) -> None:
        """Check that no other process has taken this callback over, because this one stood still.

        Raises :class:`~.exceptions.StateLocked` if one has.
        """

    def close(self) -> None:
        """Stop keeping repeats waiting, if no response was made."""


class Repeats(Protocol):
    """Recognizes callbacks that come more than once."""

    def sending(self, app: Flask, event: Callback, path: str) -> Sending:
        """Return the sending of a callback to a URL path."""


class EveryTime:
    """Handles a callback each time that it comes."""

    def sending(self, app: Flask, event: Callback, path: str) -> Sending:
        """Return itself."""
        return self

    def reply(self, make: Callable[[], Response]) -> Response:
        """Return a new reply."""
        return make()

    def remember(self, response: Response) -> Response:
        """Return the response."""
        return response

    def notify(self, notify: Callable[[bool], bool]) -> bool:
        """Notify the subscribers."""
        return notify(False)

    def check(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


EVERY_TIME = EveryTime()
