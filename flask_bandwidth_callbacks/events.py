"""The events of a Bandwidth call, one class each: what they hold, and what their reply may be.

An event that Bandwidth adds is one more class in this file: its ``event_types``, its ``reply`` if one is
awaited, and the attributes that it has beyond those of its bases. Meanings are those of the pages under
https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks.

Every attribute is None when Bandwidth did not send the property. Times are aware and in UTC. Where a set of
values is listed it is open: another value is kept as it is.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeAlias

from marshmallow import ValidationError

from .payloads import Payload, Received

# -- What Bandwidth does with the reply --------------------------------------------------------------------

ReplyContext: TypeAlias = Literal["any", "conference", "transferAnswer"]
"""What a reply answers, as far as it limits the verbs that the reply may hold."""


@dataclass(frozen=True)
class Reply:
    """What Bandwidth expects in reply to an event."""

    awaited: bool
    """BXML in the reply is run. Without it the event only tells."""

    when_none: Literal["error", "empty document", "no content"] = "error"
    """What a responder's None stands for."""

    required: bool = True
    """A person waits on the line: nobody to answer is a refusal."""

    verbs: ReplyContext = "any"
    """Which verbs the reply may hold."""


NOTIFICATION = Reply(awaited=False)
"""Bandwidth ignores the reply."""

DOCUMENT = Reply(awaited=True)
"""Bandwidth waits for a document, and an empty one hangs up."""

CONFERENCE_DOCUMENT = Reply(awaited=True, required=False, when_none="no content", verbs="conference")
"""Bandwidth runs a document of conference verbs, or takes 204 for nothing to add."""

TRANSFER_ANSWER_DOCUMENT = Reply(awaited=True, when_none="empty document", verbs="transferAnswer")
"""The called party hears the document before the two are joined; an empty one joins them at once."""

REFER_DOCUMENT = Reply(awaited=True, when_none="empty document")
"""Runs only if the Refer failed."""

UNKNOWN_REPLY = Reply(awaited=True, required=False, when_none="no content")
"""Nobody knows: a document may be sent, nothing need be."""


# -- Objects inside of events ------------------------------------------------------------------------------


class Diversion(Payload):
    """The most recent Diversion header of a diverted call; Bandwidth may add keys, all of them text."""

    orig_to: str | None = None
    """Last number that the call was diverted from."""
    reason: str | None = None
    """Why: ``unknown``, ``user-busy``, ``no-answer``, ``unavailable``, ``unconditional``, ``time-of-day``,
    ``do-not-disturb``, ``deflection``, ``follow-me``, ``out-of-service``, ``away``."""
    screen: str | None = None
    """``no``: the number was given by the user; ``yes``: by the network."""
    privacy: str | None = None
    """Privacy of the diversion: ``off`` or ``full``."""
    counter: str | None = None
    """How many diversions so far."""
    limit: str | None = None
    """How many diversions are allowed at most."""


class StirShaken(Payload):
    """How far the caller's number was verified."""

    verstat: str | None = None
    """Outcome: ``TN-Verification-Passed`` or ``TN-Verification-Failed`` (or ``TN-Validation-...``)."""
    attestation_indicator: str | None = None
    """``A`` full, ``B`` partial, ``C`` gateway."""
    originating_id: str | None = None
    """Origination id."""


class MachineDetectionResult(Payload):
    """Who or what answered an outbound call."""

    value: str | None = None
    """``human``, ``answering-machine``, ``tone-detected``, ``silence``, ``timeout`` or ``error``."""
    duration: timedelta | None = None
    """How long the detection took."""


class Transcription(Payload):
    """The transcription of a recording."""

    id: str | None = None
    """Id of the transcription, ``t-...``."""
    url: str | None = None
    """Where it can be fetched."""
    status: str | None = None
    """``available``, or why not."""
    completed_time: datetime | None = None
    """When it was ready."""
    speaker: str | None = None
    """Who speaks; only Bandwidth's OpenAPI has this."""
    text: str | None = None
    """What was said; only Bandwidth's OpenAPI has this."""
    confidence: float | None = None
    """0 to 1; only Bandwidth's OpenAPI has this."""


class MediaStream(Payload):
    """A stream of a call's audio to a websocket."""

    id: str | None = None
    """Id of the stream, ``s-...``."""
    name: str | None = None
    """Name given in StartStream, else the id."""
    destination: str | None = None
    """Address of the websocket."""
    start_time: datetime | None = None
    """When the stream started."""
    tracks: tuple[str, ...] | None = None
    """``inbound``, ``outbound`` or both."""
    type: str | None = None
    """Kind of stream: ``WebSocket``."""
    duration: timedelta | None = None
    """How long it ran, once it stopped."""


class RealTimeTranscription(Payload):
    """A transcription made while the call goes on."""

    id: str | None = None
    """Id of the transcription, ``t-...``."""
    name: str | None = None
    """Name given in StartTranscription, else the id."""
    start_time: datetime | None = None
    """When it started."""
    tracks: tuple[str, ...] | None = None
    """``inbound``, ``outbound`` or both."""
    destination: str | None = None
    """Address of the websocket, where StartTranscription had one."""
    stabilized: bool | None = None
    """Whether only stable updates are sent."""
    duration: timedelta | None = None
    """How long it ran, once it stopped."""
    status: str | None = None
    """``available`` or ``failed``, at the end."""
    url: str | None = None
    """Where the whole transcription can be fetched, at the end."""
    completed_time: datetime | None = None
    """When the whole transcription was ready."""


# -- Bases and groups of attributes ------------------------------------------------------------------------

_event_classes: dict[str, type[Callback]] = {}
EVENT_CLASSES: Mapping[str, type[Callback]] = types.MappingProxyType(_event_classes)
"""Every known event type with its class."""


class Callback(Received):
    """Base of all events: one callback, one request from Bandwidth."""

    event_types: ClassVar[tuple[str, ...]] = ()
    """The values of ``eventType`` that mean this class; empty on a base class."""
    reply: ClassVar[Reply] = NOTIFICATION
    """What Bandwidth expects in reply."""
    identity: ClassVar[str | None] = None
    """The attribute that an event cannot do without."""

    event_type: str | None = None
    """Which event this is, as Bandwidth writes it."""
    event_time: datetime | None = None
    """Roughly when Bandwidth made the event."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for event_type in cls.__dict__.get("event_types", ()):
            known = _event_classes.setdefault(event_type, cls)
            if known is not cls:
                raise TypeError(f"{cls.__name__}: event type {event_type!r} is {known.__name__} already")

    def __post_init__(self) -> None:
        if self.event_type is None and self.event_types:
            self.event_type = self.event_types[0]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read a payload (wire names, JSON values), strictly; for a base class ``eventType`` says the class.

        Raises :class:`marshmallow.ValidationError`, naming every property that cannot be read.
        """
        return cls._class_for(data)._read(data)

    @classmethod
    def read_leniently(cls, data: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Read what can be read; the faults are the event's :attr:`errors` too.

        Raises :class:`marshmallow.ValidationError` for what is no object, or an event of another class.
        """
        return super(Callback, cls._class_for(data)).read_leniently(data)

    @classmethod
    def _class_for(cls, data: Mapping[str, Any]) -> type[Self]:
        if not isinstance(data, (dict, Mapping)):  # nearly all are a dict, which is found out sooner
            return cls
        event_type = data.get("eventType")
        if not cls.event_types:
            event_class = event_class_of(event_type) if isinstance(event_type, str) else UnknownCallback
            if issubclass(event_class, cls):
                return event_class
        elif not isinstance(event_type, str) or event_type in cls.event_types:
            return cls
        raise ValidationError({"eventType": [f"{event_type!r} is no {cls.__name__}."]})


class Parties(Payload):
    """Who called whom."""

    var_from: str | None = None
    """Who called: E.164, a SIP URI, or ``Private``, ``Restricted``, ``Unavailable``, ``Anonymous``."""
    to: str | None = None
    """Who was called: E.164 or a SIP URI."""

    @property
    def from_(self) -> str | None:
        """The same as :attr:`var_from`."""
        return self.var_from


class CallCallback(Callback, Parties):
    """Base of the events that are about one call."""

    identity: ClassVar[str | None] = "call_id"

    account_id: str | None = None
    """Account that the call belongs to."""
    application_id: str | None = None
    """Voice application of the call."""
    direction: str | None = None
    """``inbound`` or ``outbound``, the same for the whole call."""
    call_id: str | None = None
    """Id of the call, ``c-...``."""
    call_url: str | None = None
    """REST address of the call."""
    start_time: datetime | None = None
    """When the call started; of recordings, when the recording started."""


class Tagged(Payload):
    """Has the tag that the application gave."""

    tag: str | None = None
    """The call's current tag; of conference events, that of the call which created the conference."""


class Queued(Payload):
    """May have waited in the queue of outbound calls."""

    enqueued_time: datetime | None = None
    """When the call entered the outbound queue, if it did."""


class Answered(Payload):
    """About a call that can have been answered."""

    answer_time: datetime | None = None
    """When the call was answered."""


class TransferLeg(Payload):
    """Can be about a leg that a Transfer called."""

    transfer_caller_id: str | None = None
    """Number that the called party of the Transfer sees."""
    transfer_to: str | None = None
    """Number that the Transfer called."""


class TransferChild(TransferLeg):
    """Can be about a leg that a Transfer called, and names the call that ran it."""

    parent_call_id: str | None = None
    """Id of the call that ran the Transfer."""


class Caused(Payload):
    """Tells why something ended."""

    cause: str | None = None
    """Of calls: ``hangup``, ``busy``, ``timeout``, ``cancel``, ``rejected``, ``callback-error``,
    ``invalid-bxml``, ``application-error``, ``account-limit``, ``node-capacity-exceeded``, ``error``,
    ``unknown``. Of streams and live transcriptions: ``closed``, ``connection-error``, ``duplicate``,
    ``track-limit``, ``error``."""
    error_message: str | None = None
    """Words on the error, if there was one."""


class Ended(Caused):
    """Tells why a call or a bridge ended."""

    error_id: str | None = None
    """Bandwidth's reference of the error, if there was one."""


class Recording(Payload):
    """About a recording; ``start_time`` is the recording's."""

    recording_id: str | None = None
    """Id of the recording, ``r-...``."""
    media_url: str | None = None
    """Where the recording can be fetched, not before ``recordingAvailable`` came."""
    end_time: datetime | None = None
    """When the recording ended."""
    duration: timedelta | None = None
    """Length of the recording."""
    file_format: str | None = None
    """``mp3`` or ``wav``."""


# -- The events of a call ----------------------------------------------------------------------------------


class InitiateCallback(CallCallback):
    """An inbound call arrives, not yet answered; the reply decides what becomes of it."""

    event_types = ("initiate",)
    reply = DOCUMENT

    uui: str | None = None
    """User-To-User header of the INVITE; values end with ``;encoding=...`` and are separated by commas."""
    diversion: Diversion | None = None
    """Where the call was diverted from, if it was."""
    stir_shaken: StirShaken | None = None
    """How far the caller's number was verified."""
    sip_call_id: str | None = None
    """SIP Call-ID of the current dialog."""
    sip_headers: dict[str, str] | None = None
    """The ``X-`` headers of the INVITE of a SIP call, names in lower case."""


class AnswerCallback(CallCallback, Queued, Answered, Tagged):
    """An outbound call was answered."""

    event_types = ("answer",)
    reply = DOCUMENT

    machine_detection_result: MachineDetectionResult | None = None
    """Who or what answered, where the call was made with machine detection in sync mode."""
    sip_call_id: str | None = None
    """SIP Call-ID of the current dialog."""


class DisconnectCallback(CallCallback, Queued, Answered, Tagged, Ended):
    """A call ended, for whatever reason."""

    event_types = ("disconnect",)

    end_time: datetime | None = None
    """When the call ended."""
    sip_call_id: str | None = None
    """SIP Call-ID of the current dialog."""
    sip_response_code: int | None = None
    """SIP status with which an outbound call was refused, like 486."""


class RedirectCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """A Redirect, or a REST request, asks for the call's next document."""

    event_types = ("redirect",)
    reply = DOCUMENT


class GatherCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """A Gather ended."""

    event_types = ("gather",)
    reply = DOCUMENT

    digits: str | None = None
    """The keys pressed, without the terminating one; empty when none came in time."""
    terminating_digit: str | None = None
    """The key that ended the Gather, or empty."""


class PartialGatherCallback(CallCallback):
    """Words that a Gather has recognised so far; may come many times."""

    event_types = ("partialgather",)


class DtmfCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """A key was pressed while a StartGather listens."""

    event_types = ("dtmf",)

    digit: str | None = None
    """The key."""


class RecordingCompleteCallback(CallCallback, Queued, Answered, Tagged, TransferChild, Recording):
    """A Record ended, other than by hanging up. Documentation and OpenAPI differ in its event type."""

    event_types = ("recordComplete", "recordingComplete")
    reply = DOCUMENT

    channels: int | None = None
    """How many channels were recorded, 1 or 2."""


class RecordingAvailableCallback(CallCallback, Queued, Tagged, TransferChild, Recording):
    """A recording of a call can be fetched."""

    event_types = ("recordingAvailable",)

    channels: int | None = None
    """How many channels were recorded, 1 or 2."""
    status: str | None = None
    """``complete``, ``partial`` (parts are missing) or ``error``."""


class TranscriptionAvailableCallback(CallCallback, Queued, Tagged, TransferChild, Recording):
    """The transcription of a recording can be fetched."""

    event_types = ("transcriptionAvailable",)

    transcription: Transcription | None = None
    """The transcription."""


class TransferAnswerCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """The called party of a Transfer answered; the reply is run for that party before the two are joined."""

    event_types = ("transferAnswer",)
    reply = TRANSFER_ANSWER_DOCUMENT


class TransferCompleteCallback(CallCallback, Queued, Answered, Tagged, TransferLeg, Ended):
    """A Transfer is over and the original caller is still there."""

    event_types = ("transferComplete",)
    reply = DOCUMENT


class TransferDisconnectCallback(CallCallback, Queued, Answered, Tagged, TransferChild, Ended):
    """A leg that a Transfer called ended, answered or not."""

    event_types = ("transferDisconnect",)

    end_time: datetime | None = None
    """When this leg ended."""


class BridgeCompleteCallback(CallCallback, Queued, Answered, Tagged, TransferLeg, Ended):
    """The target of a Bridge left, or the bridge failed; a success has no ``cause``."""

    event_types = ("bridgeComplete",)
    reply = DOCUMENT


class BridgeTargetCompleteCallback(CallCallback, Queued, Answered, Tagged):
    """The call that ran a Bridge left; the reply is run for the target."""

    event_types = ("bridgeTargetComplete",)
    reply = DOCUMENT


class ReferCompleteCallback(CallCallback, Answered, Tagged):
    """A Refer is done; after a success the call is gone."""

    event_types = ("referComplete",)
    reply = REFER_DOCUMENT

    refer_call_status: str | None = None
    """``success`` or ``failure``."""
    refer_sip_response_code: int | None = None
    """SIP answer to the REFER, like 202."""
    notify_sip_response_code: int | None = None
    """Final SIP status that NOTIFY told, like 200."""


class MachineDetectionCompleteCallback(CallCallback, Queued, Answered, Tagged):
    """Machine detection in async mode came to a result."""

    event_types = ("machineDetectionComplete",)

    machine_detection_result: MachineDetectionResult | None = None
    """Who or what answered."""


# -- The events of a conference ----------------------------------------------------------------------------


class ConferenceCallback(Callback, Tagged):
    """Base of the events that are about one conference."""

    identity: ClassVar[str | None] = "conference_id"

    conference_id: str | None = None
    """Id of the conference, ``conf-...``; the same name gets a new one each time it comes to life."""
    name: str | None = None
    """Name of the conference: the text of the Conference verb."""


class ConferenceCreatedCallback(ConferenceCallback):
    """The first member entered a conference."""

    event_types = ("conferenceCreated",)
    reply = CONFERENCE_DOCUMENT


class ConferenceMemberCallback(ConferenceCallback, Parties):
    """Base of the events about one member of a conference."""

    call_id: str | None = None
    """Id of the member's call."""


class ConferenceMemberJoinCallback(ConferenceMemberCallback):
    """A call joined a conference."""

    event_types = ("conferenceMemberJoin",)
    reply = CONFERENCE_DOCUMENT


class ConferenceMemberExitCallback(ConferenceMemberCallback):
    """A call left a conference."""

    event_types = ("conferenceMemberExit",)
    reply = CONFERENCE_DOCUMENT


class ConferenceCompletedCallback(ConferenceCallback):
    """The last member left a conference, or it was ended over REST."""

    event_types = ("conferenceCompleted",)


class ConferenceRedirectCallback(ConferenceCallback):
    """A REST request asks for a conference's next document."""

    event_types = ("conferenceRedirect",)
    reply = CONFERENCE_DOCUMENT


class ConferenceRecordingAvailableCallback(ConferenceCallback, Recording):
    """A recording of a conference can be fetched."""

    event_types = ("conferenceRecordingAvailable",)

    account_id: str | None = None
    """Account that the conference belongs to."""
    channels: int | None = None
    """How many channels were recorded: 1."""
    start_time: datetime | None = None
    """When the recording started."""
    status: str | None = None
    """``complete``, ``partial`` (parts are missing) or ``error``."""


# -- The events of streams and live transcriptions ---------------------------------------------------------


class MediaStreamCallback(CallCallback, Queued, Answered, Tagged):
    """Base of the events about a stream of a call's audio."""

    media_stream: MediaStream | None = None
    """The stream."""


class MediaStreamStartedCallback(MediaStreamCallback):
    """A stream started."""

    event_types = ("mediaStreamStarted",)


class MediaStreamRejectedCallback(MediaStreamCallback, Caused):
    """A stream was refused; the call goes on."""

    event_types = ("mediaStreamRejected",)

    original_media_stream: MediaStream | None = None
    """The stream that has the name already, where that is the cause."""


class MediaStreamStoppedCallback(MediaStreamCallback, Caused):
    """A stream stopped."""

    event_types = ("mediaStreamStopped",)


class RealTimeTranscriptionCallback(CallCallback, Queued, Answered, Tagged):
    """Base of the events about a transcription that is made while the call goes on."""

    aliases: ClassVar[Mapping[str, str]] = {"transcription": "realTimeTranscription"}

    real_time_transcription: RealTimeTranscription | None = None
    """The transcription; Bandwidth's examples call the property ``transcription``."""


class RealTimeTranscriptionStartedCallback(RealTimeTranscriptionCallback):
    """A live transcription started."""

    event_types = ("realTimeTranscriptionStarted",)


class RealTimeTranscriptionRejectedCallback(RealTimeTranscriptionCallback, Caused):
    """A live transcription was refused; the call goes on."""

    event_types = ("realTimeTranscriptionRejected",)

    original_transcription: RealTimeTranscription | None = None
    """The transcription that has the name already, where that is the cause."""


class RealTimeTranscriptionStoppedCallback(RealTimeTranscriptionCallback, Caused):
    """A live transcription stopped."""

    event_types = ("realTimeTranscriptionStopped",)


class RealTimeTranscriptionAvailableCallback(RealTimeTranscriptionCallback):
    """The whole of a live transcription can be fetched."""

    event_types = ("realTimeTranscriptionAvailable",)


class UnknownCallback(CallCallback, Tagged):
    """An event that this version does not know; what most events have can be read, the rest is ``extra``."""

    reply = UNKNOWN_REPLY
    identity = None


def event_class_of(event_type: str) -> type[Callback]:
    """Return the class of an event type, :class:`UnknownCallback` for one that is not known."""
    return EVENT_CLASSES.get(event_type, UnknownCallback)
