"""Conferences, and the verb that puts a call into one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.config import UNSET, Unset
from flask_bandwidth_callbacks.credentials import Credentials
from flask_bandwidth_callbacks.display import show

from ..engine.activities import Activity, Sound
from ..engine.call import Call
from ..engine.conversation import counted
from ..engine.interpreter import Next, live, runs
from ..engine.messages import Ended, OtherLeft, Taken
from ..engine.platform import Platform
from ..engine.resource import Resource
from ..engine.timeline import Steps, Wait
from ..engine.turn import in_turn
from ..exceptions import NotFound
from ..wire.delivery import Undelivered
from ..wire.destinations import Destination, Method
from ..wire.documents import DocumentLike, Script, script_of
from ..wire.exchanges import Exchange

MOST_MEMBERS = 20
"""How many calls a conference may hold. Source: https://dev.bandwidth.com/docs/voice/bxml/conference"""

KEPT_CONFERENCES = 5000

LONGEST = 24 * 60 * 60
"""How many seconds a conference may last. Source: the same page."""


@dataclass(frozen=True)
class _DocumentCame:
    """There is a document to run."""


class Member(Activity):
    """How one call takes part in a conference."""

    def __init__(
        self, conference: Conference, call: Call, *, mute: bool, hold: bool, coached: frozenset[str]
    ) -> None:
        self.conference = conference
        self.call = call
        self.mute = mute
        """Hears, and is not heard."""
        self.hold = hold
        """Neither hears nor is heard."""
        self.coached = coached
        """Ids of the calls that alone hear this one, if there are any."""

    @property
    def member_url(self) -> str:
        """Its URL in the REST interface."""
        return f"{self.conference.rest_url}/members/{self.call.call_id}"

    @property
    def speaks(self) -> bool:
        """Whether what is said on this call is heard in the conference."""
        return not self.mute and not self.hold

    @property
    def listens(self) -> bool:
        return self.speaks and (
            bool(self._listeners()) or any(activity.listens for activity in self.conference.activities)
        )

    def sounded(self, sound: Sound, *, spoken: bool) -> None:
        if spoken:
            if self.speaks:
                self.conference.report_sound(sound, spoken=True)
            for listener in self._listeners():
                listener.hear(sound)

    def _listeners(self) -> list[Call]:
        """Return the calls that hear this one."""
        if not self.speaks:
            return []
        return [
            other.call
            for other in self.conference.members.values()
            if other is not self
            and not other.hold
            and (not self.coached or other.call.call_id in self.coached)
        ]


class Conference(Resource):
    """A conference of the simulation, from its first member to its last; see ``bandwidth.conference``."""

    recording_event = "conferenceRecordingAvailable"

    exchanges: list[Exchange]
    """Every callback about it, in order; those of joining and leaving are among their call's, too."""

    def __init__(self, bandwidth: Platform, name: str, creator: Call, events: Destination | None) -> None:
        super().__init__(bandwidth, creator.tag, bandwidth.callback_timeout)
        self.account_id = creator.account_id
        self.name = name
        """Its name, which is the text of the Conference verb."""
        self.conference_id = bandwidth.new_id("conf")
        """Its id, ``conf-...``; the same name gets another one after the conference has ended."""
        self.members: dict[str, Member] = {}
        """The calls in it, by call id."""
        self.events = events
        """Where its events go."""
        self.created_time = bandwidth.now
        """When the first call joined it, in virtual time."""
        self.completed_time: datetime | None = None
        """When the last call left it."""
        self._creator = creator
        self._queue: deque[Script] = deque()
        self._limit = bandwidth.timeline.later(LONGEST, self._let_go)
        self.start(live(self, self._next_document(), self._next_document))

    def __repr__(self) -> str:
        return f"<Conference {self.name} {self.conference_id}, {counted(len(self.members), 'member')}>"

    # -- What the application does over REST -----------------------------------------------------------------

    @in_turn
    def redirect(
        self,
        url: str,
        method: Method = "POST",
        *,
        fallback_url: str | None = None,
        fallback_method: Method = "POST",
        credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
        fallback_credentials: tuple[str, str] | Credentials | Unset | None = UNSET,
    ) -> None:
        """Fetch a document for all members, as updateConference with a ``redirectUrl`` does.

        :param credentials: credentials for the URL; default to those of the simulation.
        :param fallback_credentials: credentials for the fallback URL; default to the others.

        Raises :class:`NotFound` if the conference has ended.
        """
        self._check_up()
        destination = self.bandwidth.destination(
            url, method, fallback_url, fallback_method, credentials, None, fallback_credentials
        )
        self.bandwidth.count_request()
        self.bandwidth.timeline.later(0, lambda: self.request(destination, "conferenceRedirect"))
        self.bandwidth.go_on()

    @in_turn
    def update(self, document: DocumentLike) -> None:
        """Run a document for all members, as updateConferenceBxml does. No event is sent.

        Raises :class:`flask_bandwidth_callbacks.InvalidBXML` for what cannot be run here, and
        :class:`NotFound` if the conference has ended.
        """
        self._check_up()
        self._enqueue(script_of(document, self.bandwidth.url, "conference"))
        self.bandwidth.go_on()

    @in_turn
    def complete(self) -> None:
        """End it, as updateConference with the status ``completed`` does: each call runs its next verb.

        Raises :class:`NotFound` if it has ended already.
        """
        self._check_up()
        self._let_go()
        self.bandwidth.go_on()

    def _let_go(self) -> None:
        for member in self.members.values():
            member.call.process.send(OtherLeft())

    @in_turn
    def change_member(
        self,
        call: Call,
        *,
        mute: bool | None = None,
        hold: bool | None = None,
        call_ids_to_coach: str | None = None,
    ) -> None:
        """Change how a call takes part, as updateConferenceMember does; what is None stays as it is.

        Raises :class:`NotFound` if the call is not in the conference.
        """
        member = self.members.get(call.call_id)
        if member is None:
            raise NotFound(f"Call {call.call_id} is not in conference {self.name!r}.")
        if mute is not None:
            member.mute = mute
        if hold is not None:
            member.hold = hold
        if call_ids_to_coach is not None:
            member.coached = _ids(call_ids_to_coach)

    def _check_up(self) -> None:
        if not self.members:
            raise NotFound(f"Conference {self.name!r} has ended, because all members have left.")

    # -- What it is ------------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        return f"conferences/{self.conference_id}"

    def properties(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "conference_id": self.conference_id,
            "name": self.name,
            "tag": self.tag,
        }

    def set_tag(self, tag: str | None) -> None:
        """Do nothing: Bandwidth ignores the tag of a StartRecording in a conference."""

    # -- What happens to it ----------------------------------------------------------------------------------

    def join(self, member: Member) -> None:
        """Add a call."""
        self.members[member.call.call_id] = member
        member.call.activities.append(member)
        if len(self.members) == 1:
            self._send_event("conferenceCreated", member.call, {})
        self._send_event("conferenceMemberJoin", member.call, _parties(member.call))

    def leave(self, member: Member) -> None:
        """Remove a call; with the last one the conference ends."""
        call = member.call
        call.activities.remove(member)
        del self.members[call.call_id]
        self._send_event("conferenceMemberExit", call, _parties(call))
        if not self.members:
            self._limit.cancel()
            for activity in tuple(self.activities):
                activity.over()
            self.process.interrupt(Ended("hangup"))
            self.completed_time = self.bandwidth.now
            del self.bandwidth.shared(Conferences).by_name[self.name]
            self.notify(self.events, "conferenceCompleted", call=call)

    def answer(self) -> None:
        """Do nothing: a conference does not ring."""

    def hear(self, sound: Sound) -> None:
        self.report_sound(sound, spoken=False)
        for member in self.members.values():
            if not member.hold:
                member.call.hear(sound)

    def end(self, ended: Ended) -> None:
        """Do nothing: the last member to leave has ended the conference."""

    # -- Callbacks and documents -----------------------------------------------------------------------------

    def _send_event(self, event: str, call: Call, properties: Mapping[str, Any]) -> None:
        if self.events is not None:
            self.request(self.events, event, call=call, **properties)

    def request(
        self, destination: Destination, event: str, *, call: Call | None = None, **properties: Any
    ) -> None:
        """Send a callback; the document in its reply, if there is one, runs after those before it.

        :param call: the member that the callback is about.
        """
        with suppress(Undelivered):
            script = self.bandwidth.courier.request(
                destination, event, {**self.properties(), **properties}, *self._logs(call)
            )
            if script.verbs:
                self._enqueue(script)

    def notify(
        self, destination: Destination | None, event: str, *, call: Call | None = None, **properties: Any
    ) -> None:
        if destination is not None:
            self.bandwidth.courier.notify(
                destination, event, {**self.properties(), **properties}, *self._logs(call)
            )

    def _logs(self, call: Call | None) -> list[Callable[[Exchange], None]]:
        """Return what logs a callback, which may be about one of the calls."""
        return [self._log] if call is None else [call.log, partial(self._log, subject=call)]

    def _log(self, exchange: Exchange, subject: Call | None = None) -> None:
        """Log a callback; all members have it in their conversation, or after the last one the creator."""
        self.exchanges.append(exchange)
        for call in [member.call for member in self.members.values()] or [self._creator]:
            if call is not subject:
                call.show(exchange)

    def _enqueue(self, script: Script) -> None:
        self._queue.append(script)
        self.process.send(_DocumentCame())

    def _next_document(self) -> Steps[Script]:
        while not self._queue:
            yield Wait(None, (_DocumentCame,))
        return self._queue.popleft()


class Conferences:
    """The conferences of a simulation."""

    def __init__(self) -> None:
        self.by_name: dict[str, Conference] = {}
        """Those that have members, by name."""
        self._latest: deque[Conference] = deque(maxlen=KEPT_CONFERENCES)

    def add(self, conference: Conference) -> None:
        """Add one that begins."""
        self.by_name[conference.name] = conference
        self._latest.append(conference)

    def all(self) -> list[Conference]:
        """Return all that are known, oldest first: those that have members, and the latest ones."""
        older = [conference for conference in self.by_name.values() if conference not in self._latest]
        return [*older, *self._latest]

    def find(self, conference_id: str) -> Conference:
        """Return one by its id, also after its end; raises :class:`NotFound`."""
        for conference in self.all():
            if conference.conference_id == conference_id:
                return conference
        raise NotFound(
            f"Conference {show(conference_id)} does not exist; the latest {KEPT_CONFERENCES} are kept."
        )


@runs(bxml.Conference)
def conference(call: Call, verb: bxml.Conference, base: str) -> Steps[Next]:
    """Put the call into a conference until it ends or is taken away."""
    call.set_tag(verb.tag)
    conferences = call.bandwidth.shared(Conferences)
    name = (verb.text or "").strip()
    joined = conferences.by_name.get(name)
    if joined is None:
        events = call.destination(verb, "conference_event_url", base)
        if events is not None and verb.callback_timeout is not None:
            events = events._replace(timeout=verb.callback_timeout)
        joined = Conference(call.bandwidth, name, call, events)
        call.bandwidth.begin(joined.conference_id)
        conferences.add(joined)
    elif len(joined.members) >= MOST_MEMBERS:
        call.note("", f"conference {name} is full")
        return None
    call.note("", f"in conference {name}")
    member = Member(
        joined,
        call,
        mute=verb.effective("mute"),
        hold=verb.effective("hold"),
        coached=_ids(verb.call_ids_to_coach or ""),
    )
    joined.join(member)
    leaves_for: Exception | None = None
    try:
        yield from call.silence(None, (OtherLeft,))
    except (Ended, Taken) as reason:  # not finally: a simulation that is thrown away must send nothing
        leaves_for = reason
    joined.leave(member)
    if leaves_for is not None:
        raise leaves_for
    return None


def _ids(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _parties(call: Call) -> dict[str, Any]:
    return {"call_id": call.call_id, "var_from": call.var_from, "to": call.to}
