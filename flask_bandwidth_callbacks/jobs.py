"""Work after the reply: a job, and what the blueprint asks of the folder that runs it.

The pool of threads and the adapter of Celery are in ``background/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Flask

from . import parts
from .events import Callback
from .exceptions import SubscriptionError
from .stores import Store


@dataclass(frozen=True)
class Job:
    """A subscriber's work on one event. All of it is JSON, so that another process can do it."""

    handler: str
    """The subscriber, by module and qualified name."""
    subject: str
    """Id of the call or conference that the event is about."""
    payload: Mapping[str, Any]
    """The payload of the callback, as received."""
    repeat_key: str | None
    """The event's :attr:`~.events.Callback.repeat_key`."""

    def event(self) -> Callback:
        """Return the event, equal to the one that was received."""
        event, _ = Callback.read_leniently(self.payload)
        event.set_repeat_key(self.repeat_key)
        return event


class NoSuchHandler(SubscriptionError):
    """A job of a subscriber that today's application does not have."""


class NotKept(Exception):
    """Jobs that could not be written to what outlives the process.

    :param reason: a sentence.
    :param keep_here: keeps the jobs in this process, and returns the function that starts them; None without
        room for them.
    """

    def __init__(self, reason: str, keep_here: Callable[[], Callable[[], None]] | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.keep_here = keep_here


Runner = Callable[[Job], None]
"""Runs a job in an application context of its own. What the subscriber raised is reported, and raised.

Raises :class:`NoSuchHandler` where the application has no such subscriber.
"""


class Jobs(Protocol):
    """The jobs of one registration of a blueprint with an application."""

    def keep(self, jobs: Sequence[Job]) -> Callable[[], None]:
        """Write down the jobs of a callback. Return the function that starts them, for after the reply.

        Raises :class:`NotKept` if they could not be written to what outlives the process, or if no room is
        left in a pool without such a place.
        """

    def wait(self, seconds: float) -> bool:
        """Wait until every job that is due was done or tried. Return False if that takes longer.

        Jobs whose reply was not closed yet, as that of a test client may never be, are started. In a job it
        returns at once.
        """


class Background(Protocol):
    """Where jobs run: what ``background=`` of a blueprint takes."""

    def open(self, app: Flask, name: str, run: Runner, store: Store | None) -> Jobs:
        """Return the jobs of a registration; called when the blueprint is registered.

        :param name: name of the registration.
        :param store: may hold the jobs until they are done.
        """


def CeleryBackground(celery_app: Any) -> Background:
    """Return where work runs that the workers of a Celery application do.

    It is the class of that name in ``background/``, which is not imported before.

    :param celery_app: the Celery application.

    Raises :class:`~.exceptions.ConfigurationError` without Celery, without that folder, and for anything but
    a Celery application.
    """
    background: Background = parts.load("background", "CeleryBackground").CeleryBackground(celery_app)
    return background
