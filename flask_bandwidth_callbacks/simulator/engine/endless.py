"""Guards against calls that never end, of documents and of requests that follow each other at once."""

from __future__ import annotations

from collections.abc import Callable

from ..choices import MOST_DOCUMENTS_AT_ONCE, MOST_REPETITIONS_AT_ONCE, MOST_REQUESTS_AT_ONCE
from ..exceptions import EndlessCall
from .timeline import Timeline


class DocumentGuard:
    """Stops a call that fetches document after document while no person has the chance to act on it.

    A person has that chance when time passes, except over sounds that play by themselves. The sounds of a
    document that the call comes back to do not play by themselves: they are a loop, such as music on hold.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._urls: set[str] = set()
        self._fetched = self._repeated = 0
        self.is_looping = False
        """Whether the call has come back to a document since a person last acted."""

    def fetched(self, url: str, subject: str, latest: Callable[[], str]) -> None:
        """Count a document that is fetched; raises :class:`EndlessCall` if it is one too many.

        :param subject: which call it is, for the error.
        :param latest: describes the latest callbacks, for the error.
        """
        self._fetched += 1
        self.is_looping = self.is_looping or url in self._urls
        self._urls.add(url)
        if self._fetched > MOST_DOCUMENTS_AT_ONCE:
            raise EndlessCall(
                f"{subject} fetched {MOST_DOCUMENTS_AT_ONCE} documents in a row, without a chance to press a"
                f" key or hang up in between. The last ones:\n{latest()}"
            )

    def repeated(self, subject: str) -> None:
        """Count that a verb starts again; raises :class:`EndlessCall` if that is once too often.

        :param subject: which call and verb it is, for the error.
        """
        self._repeated += 1
        if self._repeated > MOST_REPETITIONS_AT_ONCE:
            raise EndlessCall(
                f"{subject} was repeated {MOST_REPETITIONS_AT_ONCE} times in a row, without a chance to"
                " press a key or hang up in between."
            )

    def acted(self) -> None:
        """Start from zero, because a person acts on the call or lets time pass."""
        self._urls.clear()
        self.is_looping = False
        self._fetched = self._repeated = 0

    def sounded(self) -> None:
        """Consider that a sound is over."""
        if self.is_looping or self._timeline.is_waited_for:
            self._fetched = self._repeated = 0

    def waited(self, since: int, *, interrupted: bool) -> None:
        """Consider that a wait without sound is over, which began at ``since``."""
        if self._timeline.now > since and (not interrupted or self._timeline.is_waited_for):
            self.acted()


class RequestGuard:
    """Stops handlers that make or change calls forever, each in response to the callback before."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._latest_time = 0
        self._requests = 0

    def acted(self) -> None:
        """Start from zero, because something outside of the application acts."""
        self._requests = 0

    def requested(self, latest: Callable[[], str]) -> None:
        """Count a request of the application; raises :class:`EndlessCall` if it is one too many.

        :param latest: describes the latest callbacks, for the error.
        """
        if self._timeline.is_waited_for and self._timeline.now > self._latest_time:
            self._requests = 0
        self._latest_time = self._timeline.now
        self._requests += 1
        if self._timeline.is_running and self._requests > MOST_REQUESTS_AT_ONCE:
            raise EndlessCall(
                f"Handlers made or changed {MOST_REQUESTS_AT_ONCE} calls, each in response to the callback of"
                f" the one before. The last ones:\n{latest()}"
            )
