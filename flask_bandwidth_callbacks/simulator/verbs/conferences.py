"""Conferences, and the verb that puts a call into one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from flask_bandwidth_callbacks import bxml

from ..engine.call import Call
from ..engine.conversation import counted
from ..engine.interpreter import Next, runs
from ..engine.messages import Ended, OtherLeft, Taken
from ..engine.timeline import Process, Steps, Wait
from ..exceptions import SimulationError
from ..wire.delivery import Undelivered
from ..wire.destinations import Destination, Method, destination_of
from ..wire.documents import DocumentLike, Script
from ..wire.exchanges import Exchange
from ..wire.payloads import ACCOUNT_ID
from . import recordings
from .sound import heard_of

if TYPE_CHECKING:
    from ..bandwidth import SimulatedBandwidth

MOST_MEMBERS = 20
"""How many calls a conference may hold. Source: https://dev.bandwidth.com/docs/voice/bxml/conference"""

LONGEST = 24 * 60 * 60
"""How many seconds a conference may last. Source: the same."""


@dataclass(frozen=True)
class _More:
    """There is something to run."""


@dataclass
class Member:
    """How one call takes part in a conference."""

    call: Call
    mute: bool
    """Hears, and is not heard."""
    hold: bool
    """Neither hears nor is heard."""
    coached: frozenset[str]
    """Ids of the calls that alone hear this one, if there are any."""

    @property
    def speaks(self) -> bool:
        """Whether what is said on this call comes into the conference."""
        return not self.mute and not self.hold


class Conference:
    """A conference of the simulation, from its first member to its last; ``bandwidth.conference(name)``."""

    recording_event = "conferenceRecordingAvailable"

    def __init__(
        self, bandwidth: SimulatedBandwidth, name: str, creator: Call, events: Destination | None
    ) -> None:
        self.bandwidth = bandwidth
        self.name = name
        """Its name, which the Conference verb holds."""
        self.conference_id = bandwidth.new_id("conf")
        """Its id, ``conf-...``; the same name gets another one each time it comes to life."""
        self.tag = creator.tag
        """Tag of the call that created it."""
        self.members: dict[str, Member] = {}
        """Who is in it, by the id of the call."""
        self.exchanges: list[Exchange] = []
        """Every callback about it, in order; those of joining and leaving are among their call's, too."""
        self.recordings: list[recordings.Recording] = []
        """Every recording of it."""
        self.live_recording: recordings.Recording | None = None
        self.callback_timeout = bandwidth.callback_timeout
        self._creator = creator
        self._events = events
        self._queue: deque[Script] = deque()
        self._process = Process(bandwidth.timeline, self._live())
        self._limit = bandwidth.timeline.later(LONGEST, self._let_go)

    def __repr__(self) -> str:
        members = counted(len(self.members), "member")
        return f"<Conference {self.name} {self.conference_id}, {members}>"

    @property
    def resource(self) -> str:
        """Where it stands in the REST interface."""
        return f"conferences/{self.conference_id}"

    def set_tag(self, tag: str | None) -> None:
        """Do nothing: the tag of a StartRecording is ignored in a conference."""

    # -- What the application does over REST -----------------------------------------------------------------

    def redirect(
        self,
        url: str,
        method: Method = "POST",
        *,
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
    ) -> None:
        """Fetch a document for everybody, as updateConference with a ``redirectUrl``."""
        self._check_up()
        destination = self.bandwidth.destination(url, method, fallback_url, fallback_method)
        self.bandwidth.count_request()
        self.bandwidth.timeline.later(0, lambda: self.ask(destination, "conferenceRedirect"))
        self.bandwidth.go_on()

    def update(self, document: DocumentLike) -> None:
        """Run a document for everybody, as updateConferenceBxml: no event tells of it.

        Raises :class:`flask_bandwidth_callbacks.InvalidBXML` for what cannot be run here.
        """
        self._check_up()
        self._enqueue(self.bandwidth.script_of(document, "conference"))
        self.bandwidth.go_on()

    def complete(self) -> None:
        """End it, as updateConference with the status ``completed``: everybody goes on after the verb."""
        self._check_up()
        self._let_go()
        self.bandwidth.go_on()

    def _let_go(self) -> None:
        for member in self.members.values():
            member.call.process.tell(OtherLeft())

    def change_member(
        self,
        call: Call,
        *,
        mute: bool | None = None,
        hold: bool | None = None,
        call_ids_to_coach: str | None = None,
    ) -> None:
        """Change how a call takes part, as updateConferenceMember; what is None stays as it is."""
        member = self.members.get(call.call_id)
        if member is None:
            raise SimulationError(f"Call {call.call_id} is not in conference {self.name!r}.")
        if mute is not None:
            member.mute = mute
        if hold is not None:
            member.hold = hold
        if call_ids_to_coach is not None:
            member.coached = _ids(call_ids_to_coach)

    def _check_up(self) -> None:
        if not self.members:
            raise SimulationError(f"Conference {self.name!r} has ended: nobody is in it.")

    # -- For the calls in it ---------------------------------------------------------------------------------

    def join(self, member: Member) -> None:
        """Take a call in."""
        self.members[member.call.call_id] = member
        if len(self.members) == 1:
            self._tell_all("conferenceCreated", member.call, {})
        self._tell_all("conferenceMemberJoin", member.call, _party(member.call))

    def leave(self, call: Call) -> None:
        """Let a call go; with the last one the conference ends."""
        del self.members[call.call_id]
        self._tell_all("conferenceMemberExit", call, _party(call))
        if not self.members:
            self._limit.cancel()
            if self.live_recording is not None:
                self.live_recording.stop()
            self._process.interrupt(Ended("hangup"))
            self.bandwidth.conferences.pop(self.name)
            self.tell(self._events, "conferenceCompleted", call=call)

    def take_down(self, words: str, speaker: Call | None = None) -> None:
        """Record what is said or played, if it is recorded and the speaker does not only listen."""
        if self.live_recording is not None and (speaker is None or self.members[speaker.call_id].speaks):
            self.live_recording.add(words)

    def listeners_of(self, call: Call) -> list[Call]:
        """Return who hears a member speak."""
        speaker = self.members[call.call_id]
        if not speaker.speaks:
            return []
        return [
            member.call
            for call_id, member in self.members.items()
            if call_id != call.call_id
            and not member.hold
            and (not speaker.coached or call_id in speaker.coached)
        ]

    # -- Callbacks and documents -----------------------------------------------------------------------------

    def _tell_all(self, event: str, call: Call, more: Mapping[str, Any]) -> None:
        if self._events is not None:
            self.ask(self._events, event, call=call, **more)

    def ask(self, destination: Destination, event: str, *, call: Call | None = None, **more: Any) -> None:
        """Send a callback whose answer, if there is one, runs after what runs already."""
        with suppress(Undelivered):
            script = self.bandwidth.courier.ask(
                destination, event, {**self.known(), **more}, *self._records(call)
            )
            if script.verbs:
                self._enqueue(script)

    def tell(
        self, destination: Destination | None, event: str, *, call: Call | None = None, **more: Any
    ) -> None:
        """Send a callback that only tells, if there is somewhere to send it."""
        if destination is not None:
            self.bandwidth.courier.tell(destination, event, {**self.known(), **more}, *self._records(call))

    def _records(self, call: Call | None) -> list[Callable[[Exchange], None]]:
        """Return who takes note of a callback, which may be about one of the calls."""
        return [self.record] if call is None else [call.record, partial(self.record, about=call)]

    def record(self, exchange: Exchange, about: Call | None = None) -> None:
        """Take note of a callback, which everybody who is in it reads, and once nobody is, its creator."""
        self.exchanges.append(exchange)
        for call in [member.call for member in self.members.values()] or [self._creator]:
            if call is not about:
                call.show(exchange)

    def known(self) -> dict[str, Any]:
        """Return what its events tell of it, by the names of their attributes."""
        return {
            "account_id": ACCOUNT_ID,
            "conference_id": self.conference_id,
            "name": self.name,
            "tag": self.tag,
        }

    def _enqueue(self, script: Script) -> None:
        self._queue.append(script)
        self._process.tell(_More())

    def _live(self) -> Steps[None]:
        try:
            while True:
                if not self._queue:
                    yield Wait(None, (_More,))
                    continue
                script = self._queue.popleft()
                for verb in script.verbs:
                    if not isinstance(verb, bxml.UnknownVerb):
                        yield from self._run(verb, script.url)
        except Ended:
            return

    def _run(self, verb: bxml.Verb, base: str) -> Steps[None]:
        if isinstance(verb, bxml.SpeakSentence | bxml.PlayAudio):
            what, seconds = heard_of(verb, base)
            self.take_down(what)
            for member in self.members.values():
                if not member.hold:
                    member.call.hear(what, is_file=isinstance(verb, bxml.PlayAudio))
            yield Wait(seconds, sounds=True)
        else:
            recordings.control(self, verb, base)


@runs(bxml.Conference)
def _conference(call: Call, verb: bxml.Verb, base: str) -> Steps[Next]:
    call.set_tag(verb.tag)
    bandwidth = call.bandwidth
    name = (verb.text or "").strip()
    conference = bandwidth.conferences.get(name)
    if conference is None:
        events = destination_of(call, verb, "conference_event_url", base)
        if events is not None and verb.callback_timeout is not None:
            events = events._replace(timeout=verb.callback_timeout)
        conference = bandwidth.conferences[name] = Conference(bandwidth, name, call, events)
    elif len(conference.members) >= MOST_MEMBERS:
        call.note("", f"conference {name} is full")
        return None
    call.conference = conference
    call.note("", f"in conference {name}")
    conference.join(Member(call, bool(verb.mute), bool(verb.hold), _ids(verb.call_ids_to_coach or "")))
    leaves_for: Exception | None = None
    try:
        yield from call.silence(None, (OtherLeft,))
    except (Ended, Taken) as reason:  # not finally: a simulation that is thrown away must send nothing
        leaves_for = reason
    call.conference = None
    conference.leave(call)
    if leaves_for is not None:
        raise leaves_for
    return None


def _ids(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _party(call: Call) -> dict[str, Any]:
    return {"call_id": call.call_id, "var_from": call.var_from, "to": call.to}
