"""What a document runs on, events describe and REST names: a call or a conference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeVar

from flask_bandwidth_callbacks import bxml

from ..wire.destinations import Destination, destination_of
from ..wire.documents import Script
from ..wire.exchanges import Exchange
from .activities import Activity, Sound
from .messages import Ended
from .platform import Platform
from .recording import Recording
from .timeline import Process, Steps, Wait
from .turn import Turn

ActivityT = TypeVar("ActivityT", bound=Activity)


class Resource(ABC):
    """A call or a conference of the simulation."""

    recording_event: ClassVar[str]
    """Type of the event that a recording of it is available."""

    def __init__(self, bandwidth: Platform, tag: str | None, callback_timeout: float) -> None:
        self.bandwidth = bandwidth
        """The simulation that it belongs to."""
        self.tag = tag
        """Its current tag; None if it has none."""
        self.callback_timeout = callback_timeout
        """Seconds to wait for the reply to a callback about it."""
        self.exchanges: list[Exchange] = []
        self.recordings: list[Recording] = []
        """Every recording of it, running ones too."""
        self.activities: list[Activity] = []
        """What verbs have left running on it."""
        self.script: Script | None = None
        """The document that runs, or ran last."""
        self.verb: bxml.Verb | None = None
        """The verb that runs; None before the first document, and at the end of one."""
        self.process: Process
        """What runs its documents and receives its messages."""

    @property
    def turn(self) -> Turn:
        """The lock that lets one thread at a time use the simulation."""
        return self.bandwidth.turn

    # -- What it is ------------------------------------------------------------------------------------------

    account_id: str
    """The account that it belongs to."""

    @property
    @abstractmethod
    def path(self) -> str:
        """Where it is in the REST interface, below the account."""

    @property
    def rest_url(self) -> str:
        """Its URL in the REST interface."""
        return f"{self.bandwidth.rest_url}/accounts/{self.account_id}/{self.path}"

    @abstractmethod
    def properties(self) -> dict[str, Any]:
        """Return its event properties, keyed by attribute name."""

    @abstractmethod
    def set_tag(self, tag: str | None) -> None:
        """Replace its tag, if one is given."""

    # -- What happens to it ----------------------------------------------------------------------------------

    def start(self, steps: Steps[None]) -> None:
        """Start to run steps; see :func:`.interpreter.live`."""
        self.process = Process(self.bandwidth.timeline, steps)

    @abstractmethod
    def answer(self) -> None:
        """Mark it as answered, if it is something that rings."""

    @abstractmethod
    def hear(self, sound: Sound) -> None:
        """Play a sentence or an audio file to its people."""

    def play(self, seconds: float, messages: tuple[type, ...] = ()) -> Steps[Any]:
        """Wait for the end of a sound, which passes by itself, or for one of the messages."""
        return (yield Wait(seconds, messages, sounds=True))

    @abstractmethod
    def end(self, ended: Ended) -> None:
        """End it."""

    # -- Activities ------------------------------------------------------------------------------------------

    def running(self, kind: type[ActivityT]) -> list[ActivityT]:
        """Return the activities of a class, oldest first."""
        return [activity for activity in self.activities if isinstance(activity, kind)]

    def report_sound(self, sound: Sound, *, spoken: bool) -> None:
        """Report to the activities what is ``spoken``, or else heard."""
        for activity in self.activities:
            activity.sounded(sound, spoken=spoken)

    # -- Callbacks -------------------------------------------------------------------------------------------

    def destination(self, verb: bxml.Element, attribute: str, base: str) -> Destination | None:
        """Return where a URL attribute of a verb leads, None if it is not given."""
        return destination_of(verb, attribute, base, self.callback_timeout)

    @abstractmethod
    def notify(self, destination: Destination | None, event: str, **properties: Any) -> None:
        """Send a callback whose reply is ignored, if there is a destination."""
