"""The events of a Bandwidth call, one class each: their attributes, and what their reply may be.

To add an event, add a class to this file: its ``event_types``, its ``reply`` if Bandwidth waits for one, and
the attributes that its bases do not have. Meanings are those of the pages under
https://dev.bandwidth.com/docs/voice/programmable-voice/webhooks.

An attribute is None when Bandwidth did not send its property. Times are aware and in UTC. The values that are
listed for an attribute are those known today; any other value is kept as it is. Attributes with
``repr=False`` hold what callers entrust to the application, such as the digits of a card: it belongs in no
log and no error report.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeAlias

from marshmallow import ValidationError

from .display import show
from .fields import TextBoolean
from .payloads import Payload, Received

# -- What Bandwidth does with the reply --------------------------------------------------------------------

ReplyContext: TypeAlias = Literal["any", "conference", "transferAnswer"]
"""The kinds of reply that differ in the verbs that they may hold."""


@dataclass(frozen=True)
class Reply:
    """What Bandwidth expects in reply to an event."""

    awaited: bool
    """Whether Bandwidth runs BXML in the reply. If not, the event is a notification."""

    when_none: Literal["error", "empty document", "no content"] = "error"
    """What it means when a responder returns None."""

    required: bool = True
    """Whether the call fails without a responder."""

    verbs: ReplyContext = "any"
    """Which verbs the reply may hold."""


NOTIFICATION = Reply(awaited=False)
"""Bandwidth ignores the reply."""

DOCUMENT = Reply(awaited=True)
"""Bandwidth waits for a document; an empty one hangs up."""

CONFERENCE_DOCUMENT = Reply(awaited=True, required=False, when_none="no content", verbs="conference")
"""Bandwidth runs a document of conference verbs, or accepts 204 when there is nothing to add."""

TRANSFER_ANSWER_DOCUMENT = Reply(awaited=True, when_none="empty document", verbs="transferAnswer")
"""Bandwidth runs the document for the called party, then joins the two; an empty one joins them at once."""

REFER_DOCUMENT = Reply(awaited=True, when_none="empty document")
"""Bandwidth runs the document only if the Refer failed."""

UNKNOWN_REPLY = Reply(awaited=True, required=False, when_none="no content")
"""It is not known what Bandwidth does with the reply: a document may be sent, but none is needed."""


# -- Objects inside of events ------------------------------------------------------------------------------


class Diversion(Payload):
    """The latest Diversion header of a diverted call. Bandwidth may add keys, all of them text."""

    orig_to: str | None = None
    """Last number that the call was diverted from."""
    reason: str | None = None
    """Reason of the diversion: ``unknown``, ``user-busy``, ``no-answer``, ``unavailable``, ``unconditional``,
    ``time-of-day``, ``do-not-disturb``, ``deflection``, ``follow-me``, ``out-of-service``, ``away``."""
    screen: str | None = None
    """``no`` if the user gave the number, ``yes`` if the network did."""
    privacy: str | None = None
    """Privacy of the diversion: ``off`` or ``full``."""
    counter: str | None = None
    """Number of diversions so far."""
    limit: str | None = None
    """Number of diversions allowed at most."""


class StirShaken(Payload):
    """The verification of the caller's number."""

    verstat: str | None = None
    """Outcome: ``TN-Verification-Passed`` or ``TN-Verification-Failed`` (or ``TN-Validation-...``)."""
    attestation_indicator: str | None = None
    """``A`` for full attestation, ``B`` for partial, ``C`` for gateway."""
    originating_id: str | None = None
    """Origination id."""


class MachineDetectionResult(Payload):
    """The result of machine detection on an outbound call: a person or a machine."""

    value: str | None = None
    """``human``, ``answering-machine``, ``tone-detected``, ``silence``, ``timeout`` or ``error``."""
    duration: timedelta | None = None
    """Length of the detection."""


class Transcription(Payload):
    """The transcription of a recording."""

    id: str | None = None
    """Id of the transcription, ``t-...``."""
    url: str | None = None
    """URL from which the transcription can be fetched."""
    status: str | None = None
    """``available``, or the reason why the transcription is not."""
    completed_time: datetime | None = None
    """When the transcription was ready."""
    speaker: str | None = None
    """The person who speaks; only in Bandwidth's OpenAPI."""
    text: str | None = field(default=None, repr=False)
    """The words spoken; only in Bandwidth's OpenAPI."""
    confidence: float | None = None
    """Confidence in the text, from 0 to 1; only in Bandwidth's OpenAPI."""


class Streaming(Payload):
    """Base of what is made of a call's audio while the call goes on."""

    id: str | None = None
    """Id, ``s-...`` of a media stream and ``t-...`` of a live transcription."""
    name: str | None = None
    """Name given in the verb that started it, else the id."""
    destination: str | None = None
    """URL of the WebSocket that receives it; a live transcription may have none."""
    start_time: datetime | None = None
    """When it started."""
    tracks: tuple[str, ...] | None = None
    """``inbound``, ``outbound`` or both."""
    duration: timedelta | None = None
    """How long it ran, once it has stopped."""


class MediaStream(Streaming):
    """A stream of a call's audio to a WebSocket."""

    type: str | None = None
    """Kind of stream: ``WebSocket``."""


class RealTimeTranscription(Streaming):
    """A live transcription of a call."""

    stabilized: TextBoolean | None = None
    """Whether only stable updates are sent."""
    status: str | None = None
    """``available`` or ``failed``, once it has stopped."""
    url: str | None = None
    """URL from which the whole transcription can be fetched, once it has stopped."""
    completed_time: datetime | None = None
    """When the whole transcription was ready."""


# -- Bases and groups of attributes ------------------------------------------------------------------------

_event_classes: dict[str, type[Callback]] = {}
EVENT_CLASSES: Mapping[str, type[Callback]] = types.MappingProxyType(_event_classes)
"""Every known event type with its class."""


class Callback(Received):
    """Base of all events. One event is built from one callback, a request from Bandwidth."""

    event_types: ClassVar[tuple[str, ...]] = ()
    """The values of ``eventType`` that mean this class; empty for a base class."""
    reply: ClassVar[Reply] = NOTIFICATION
    """What Bandwidth expects in reply."""
    identity: ClassVar[str | None] = None
    """The attribute that every event of the class must have, if there is one."""
    ends_call: ClassVar[bool] = False
    """Whether the call that the event is about is over."""

    event_type: str | None = None
    """Type of the event, as Bandwidth writes it."""
    event_time: datetime | None = None
    """When Bandwidth made the event, roughly."""

    # Neither has an annotation, which would make it a property of the payload.
    _source = b""  # what the callback was read from
    _repeat_key = ""

    @property
    def repeat_key(self) -> str | None:
        """Text that is the same whenever Bandwidth sends this callback, and that no other callback has.

        A handler that must be exact, such as one that bills, stores it under a unique key. None for an event
        without ``event_time``, which may come more than once on purpose.
        """
        if self.event_time is None:
            return None
        if not self._repeat_key:
            digest = hashlib.blake2b(source_of(self), digest_size=16).hexdigest()
            self._repeat_key = f"{subject_of(self)}/{digest}"
        return self._repeat_key

    def set_source(self, source: bytes) -> None:
        """Set what the callback was read from, its body or query string, from which the key is made."""
        self._source = source

    def set_repeat_key(self, repeat_key: str | None) -> None:
        """Set the key that the same event had in another process."""
        self._repeat_key = repeat_key or ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for event_type in cls.__dict__.get("event_types", ()):
            known = _event_classes.setdefault(event_type, cls)
            if known is not cls:
                raise TypeError(
                    f"Event type {event_type!r} must have one class,"
                    f" got {cls.__name__} beside {known.__name__}."
                    f" To extend {known.__name__}, derive from it and declare no event_types."
                )

    def __post_init__(self) -> None:
        if self.event_type is None and self.event_types:
            self.event_type = self.event_types[0]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build an event from wire names and JSON values, strictly. A base class chooses by ``eventType``.

        Raises :class:`marshmallow.ValidationError`, naming every unreadable property, and for an event
        that is not of this class.
        """
        return cls._class_for(data)._read(data)

    @classmethod
    def read_leniently(cls, data: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Build an event from whatever can be read; the errors stand in its :attr:`errors` too.

        Raises :class:`marshmallow.ValidationError` for data that is not an object, and for an event that
        is not of this class.
        """
        return super(Callback, cls._class_for(data)).read_leniently(data)

    @classmethod
    def _class_for(cls, data: Mapping[str, Any]) -> type[Self]:
        if not isinstance(data, (dict, Mapping)):  # dict first: Mapping is the slower check
            return cls
        event_type = data.get("eventType")
        if not cls.event_types:
            event_class = event_class_of(event_type) if isinstance(event_type, str) else UnknownCallback
            if issubclass(event_class, cls):
                return event_class
        elif not isinstance(event_type, str) or event_type in cls.event_types:
            return cls
        raise ValidationError({"eventType": [f"Must be a type of {cls.__name__}, got {show(event_type)}."]})


class Parties(Payload):
    """Has the numbers of both parties."""

    var_from: str | None = None
    """Number that calls: E.164, a SIP URI, or ``Private``, ``Restricted``, ``Unavailable``, ``Anonymous``."""
    to: str | None = None
    """Number called: E.164 or a SIP URI."""

    @property
    def from_(self) -> str | None:
        """The same as :attr:`var_from`."""
        return self.var_from


class Owned(Payload):
    """Has the account."""

    account_id: str | None = None
    """Account that the call or conference belongs to."""


class Started(Payload):
    """Has a start."""

    start_time: datetime | None = None
    """When the call started; in events about a recording, when the recording started."""


class Ended(Payload):
    """Has an end."""

    end_time: datetime | None = None
    """When the call ended; in events about a recording, when the recording ended."""


def source_of(event: Callback) -> bytes:
    """Return what a callback was read from, its body or query string; JSON of an event built by hand."""
    return event._source or json.dumps(event.to_dict(), sort_keys=True).encode()


def subject_of(event: Callback) -> str:
    """Return the id of the call or conference that an event is about; ``""`` for an event without one."""
    return getattr(event, event.identity or "call_id", None) or ""


class CallCallback(Callback, Parties, Owned, Started):
    """Base of the events about one call."""

    identity: ClassVar[str | None] = "call_id"

    application_id: str | None = None
    """Voice application of the call."""
    direction: str | None = None
    """``inbound`` or ``outbound``, the same for the whole call."""
    call_id: str = ""
    """Id of the call, ``c-...``. Every event that Bandwidth sends about a call has it."""
    call_url: str | None = None
    """URL of the call in Bandwidth's REST API."""


class Tagged(Payload):
    """Has the tag that the application gave."""

    tag: str | None = None
    """The call's current tag; in conference events, the tag of the call that created the conference."""


class Queued(Payload):
    """May be about a call that waited in the queue of outbound calls."""

    enqueued_time: datetime | None = None
    """When the call entered the outbound queue, if it did."""


class Answered(Payload):
    """May be about a call that was answered."""

    answer_time: datetime | None = None
    """When the call was answered."""


class Dialog(Payload):
    """Has the SIP dialog of the call."""

    sip_call_id: str | None = None
    """SIP Call-ID of the current dialog."""


class Detected(Payload):
    """May have a result of machine detection."""

    machine_detection_result: MachineDetectionResult | None = None
    """The result of machine detection; in ``answer``, only if the call was made with it in sync mode."""


class TransferLeg(Payload):
    """May be about a leg that a Transfer called."""

    transfer_caller_id: str | None = None
    """Number that the called party of the Transfer sees."""
    transfer_to: str | None = None
    """Number that the Transfer called."""


class TransferChild(TransferLeg):
    """May be about a leg that a Transfer called, and has the call that ran the Transfer."""

    parent_call_id: str | None = None
    """Id of the call that ran the Transfer."""


class Caused(Payload):
    """Has the cause of an end."""

    cause: str | None = None
    """Of calls: ``hangup``, ``busy``, ``timeout``, ``cancel``, ``rejected``, ``callback-error``,
    ``invalid-bxml``, ``application-error``, ``account-limit``, ``node-capacity-exceeded``, ``error``,
    ``unknown``. Of streams and live transcriptions: ``closed``, ``connection-error``, ``duplicate``,
    ``track-limit``, ``error``."""
    error_message: str | None = None
    """Description of the error, if there was one."""


class CallCaused(Caused):
    """Has the cause for which a call or a bridge ended."""

    error_id: str | None = None
    """Bandwidth's reference of the error, if there was one."""


class Recording(Started, Ended):
    """About a recording."""

    recording_id: str | None = None
    """Id of the recording, ``r-...``."""
    media_url: str | None = None
    """URL from which the recording can be fetched, once Bandwidth has sent ``recordingAvailable``."""
    duration: timedelta | None = None
    """Length of the recording."""
    file_format: str | None = None
    """``mp3`` or ``wav``."""


class Sound(Recording):
    """About the sound of a recording."""

    channels: int | None = None
    """Number of channels recorded, 1 or 2; of a conference, 1."""


class AvailableSound(Sound):
    """About the sound of a recording that can be fetched."""

    status: str | None = None
    """``complete``, ``partial`` (parts are missing) or ``error``."""


# -- The events of a call ----------------------------------------------------------------------------------


class InitiateCallback(CallCallback, Dialog):
    """Bandwidth sends this when an inbound call arrives.

    The call is not answered yet; the reply decides what happens to it.
    """

    event_types = ("initiate",)
    reply = DOCUMENT

    uui: str | None = field(default=None, repr=False)
    """User-To-User header of the INVITE; values end with ``;encoding=...`` and are separated by commas."""
    diversion: Diversion | None = None
    """The diversion of the call, if it was diverted."""
    stir_shaken: StirShaken | None = None
    """The verification of the caller's number."""
    sip_headers: dict[str, str] | None = field(default=None, repr=False)
    """The ``X-`` headers of the INVITE of a SIP call, names in lower case."""
    privacy: bool | None = None
    """Whether the caller hides the number. Seen in callbacks; Bandwidth's documentation does not list it."""
    caller_display_name: str | None = None
    """Name that the caller shows. Seen in callbacks; Bandwidth's documentation does not list it."""


class AnswerCallback(CallCallback, Queued, Answered, Tagged, Detected, Dialog):
    """Bandwidth sends this when an outbound call is answered."""

    event_types = ("answer",)
    reply = DOCUMENT


class DisconnectCallback(CallCallback, Queued, Answered, Tagged, CallCaused, Ended, Dialog):
    """Bandwidth sends this when a call ends, for any reason."""

    event_types = ("disconnect",)
    ends_call = True

    sip_response_code: int | None = None
    """SIP status with which an outbound call was rejected, such as 486."""


class RedirectCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """Bandwidth sends this when a Redirect, or a REST request, sends the call to a new document."""

    event_types = ("redirect",)
    reply = DOCUMENT


class GatherCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """Bandwidth sends this when a Gather ends."""

    event_types = ("gather",)
    reply = DOCUMENT

    digits: str | None = field(default=None, repr=False)
    """The keys pressed, without the terminating one; empty if none was pressed in time."""
    terminating_digit: str | None = None
    """The key that ended the Gather, or empty."""
    text: str | None = field(default=None, repr=False)
    """What the caller said, if speech was gathered. Seen in callbacks; not in Bandwidth's documentation."""


class PartialGatherCallback(CallCallback):
    """Bandwidth sends this when a Gather has recognized some words. It may come many times."""

    event_types = ("partialgather",)


class DtmfCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """Bandwidth sends this when a key is pressed after a StartGather."""

    event_types = ("dtmf",)

    digit: str | None = field(default=None, repr=False)
    """The key."""


class RecordingCompleteCallback(CallCallback, Queued, Answered, Tagged, TransferChild, Sound):
    """Bandwidth sends this when a Record ends, unless the caller hung up.

    Bandwidth's documentation and its OpenAPI spell the event type differently.
    """

    event_types = ("recordComplete", "recordingComplete")
    reply = DOCUMENT


class RecordingAvailableCallback(CallCallback, Queued, Tagged, TransferChild, AvailableSound):
    """Bandwidth sends this when the recording of a call can be fetched."""

    event_types = ("recordingAvailable",)


class TranscriptionAvailableCallback(CallCallback, Queued, Tagged, TransferChild, Recording):
    """Bandwidth sends this when the transcription of a recording can be fetched."""

    event_types = ("transcriptionAvailable",)

    transcription: Transcription | None = None
    """The transcription."""


class TransferAnswerCallback(CallCallback, Queued, Answered, Tagged, TransferChild):
    """Bandwidth sends this when the called party of a Transfer answers.

    The reply is run for the called party before the two are joined.
    """

    event_types = ("transferAnswer",)
    reply = TRANSFER_ANSWER_DOCUMENT


class TransferCompleteCallback(CallCallback, Queued, Answered, Tagged, TransferLeg, CallCaused):
    """Bandwidth sends this when a Transfer is over and the original caller has not hung up."""

    event_types = ("transferComplete",)
    reply = DOCUMENT


class TransferDisconnectCallback(CallCallback, Queued, Answered, Tagged, TransferChild, CallCaused, Ended):
    """Bandwidth sends this when a leg that a Transfer called ends, answered or not."""

    event_types = ("transferDisconnect",)


class BridgeCompleteCallback(CallCallback, Queued, Answered, Tagged, TransferLeg, CallCaused):
    """Bandwidth sends this when the target of a Bridge leaves, or when the Bridge fails.

    Only a failed Bridge has a ``cause``.
    """

    event_types = ("bridgeComplete",)
    reply = DOCUMENT


class BridgeTargetCompleteCallback(CallCallback, Queued, Answered, Tagged):
    """Bandwidth sends this when the call that ran a Bridge leaves. The reply is run for the target."""

    event_types = ("bridgeTargetComplete",)
    reply = DOCUMENT


class ReferCompleteCallback(CallCallback, Answered, Tagged):
    """Bandwidth sends this when a Refer is complete. After a success the call has left Bandwidth."""

    event_types = ("referComplete",)
    reply = REFER_DOCUMENT

    refer_call_status: str | None = None
    """``success`` or ``failure``."""
    refer_sip_response_code: int | None = None
    """SIP status of the reply to the REFER, such as 202."""
    notify_sip_response_code: int | None = None
    """Final SIP status that the NOTIFY reported, such as 200."""


class MachineDetectionCompleteCallback(CallCallback, Queued, Answered, Tagged, Detected):
    """Bandwidth sends this when machine detection in async mode has a result."""

    event_types = ("machineDetectionComplete",)


# -- The events of a conference ----------------------------------------------------------------------------


class ConferenceCallback(Callback, Tagged):
    """Base of the events about one conference."""

    identity: ClassVar[str | None] = "conference_id"

    conference_id: str = ""
    """Id of the conference, ``conf-...``. Every event that Bandwidth sends about a conference has it.

    A conference that is created again under the same name has a new id.
    """
    name: str | None = None
    """Name of the conference: the text of the Conference verb."""


class ConferenceCreatedCallback(ConferenceCallback):
    """Bandwidth sends this when the first member enters a conference."""

    event_types = ("conferenceCreated",)
    reply = CONFERENCE_DOCUMENT


class ConferenceMemberCallback(ConferenceCallback, Parties):
    """Base of the events about one member of a conference."""

    call_id: str | None = None
    """Id of the member's call."""


class ConferenceMemberJoinCallback(ConferenceMemberCallback):
    """Bandwidth sends this when a call joins a conference."""

    event_types = ("conferenceMemberJoin",)
    reply = CONFERENCE_DOCUMENT


class ConferenceMemberExitCallback(ConferenceMemberCallback):
    """Bandwidth sends this when a call leaves a conference."""

    event_types = ("conferenceMemberExit",)
    reply = CONFERENCE_DOCUMENT


class ConferenceCompletedCallback(ConferenceCallback):
    """Bandwidth sends this when the last member leaves a conference, or a REST request ends it."""

    event_types = ("conferenceCompleted",)


class ConferenceRedirectCallback(ConferenceCallback):
    """Bandwidth sends this when a REST request sends a conference to a new document."""

    event_types = ("conferenceRedirect",)
    reply = CONFERENCE_DOCUMENT


class ConferenceRecordingAvailableCallback(ConferenceCallback, Owned, AvailableSound):
    """Bandwidth sends this when the recording of a conference can be fetched."""

    event_types = ("conferenceRecordingAvailable",)


# -- The events of streams and live transcriptions ---------------------------------------------------------


class MediaStreamCallback(CallCallback, Queued, Answered, Tagged):
    """Base of the events about a stream of a call's audio."""

    media_stream: MediaStream | None = None
    """The stream."""


class MediaStreamStartedCallback(MediaStreamCallback):
    """Bandwidth sends this when a stream starts."""

    event_types = ("mediaStreamStarted",)


class MediaStreamRejectedCallback(MediaStreamCallback, Caused):
    """Bandwidth sends this when a stream cannot start. The call goes on."""

    event_types = ("mediaStreamRejected",)

    original_media_stream: MediaStream | None = None
    """The stream that already has the name, if that is the cause."""


class MediaStreamStoppedCallback(MediaStreamCallback, Caused):
    """Bandwidth sends this when a stream stops."""

    event_types = ("mediaStreamStopped",)


class RealTimeTranscriptionCallback(CallCallback, Queued, Answered, Tagged):
    """Base of the events about a live transcription of a call."""

    aliases: ClassVar[Mapping[str, str]] = {"transcription": "realTimeTranscription"}

    real_time_transcription: RealTimeTranscription | None = None
    """The transcription; Bandwidth's examples call the property ``transcription``."""


class RealTimeTranscriptionStartedCallback(RealTimeTranscriptionCallback):
    """Bandwidth sends this when a live transcription starts."""

    event_types = ("realTimeTranscriptionStarted",)


class RealTimeTranscriptionRejectedCallback(RealTimeTranscriptionCallback, Caused):
    """Bandwidth sends this when a live transcription cannot start. The call goes on."""

    event_types = ("realTimeTranscriptionRejected",)

    original_transcription: RealTimeTranscription | None = None
    """The transcription that already has the name, if that is the cause."""


class RealTimeTranscriptionStoppedCallback(RealTimeTranscriptionCallback, Caused):
    """Bandwidth sends this when a live transcription stops."""

    event_types = ("realTimeTranscriptionStopped",)


class RealTimeTranscriptionAvailableCallback(RealTimeTranscriptionCallback):
    """Bandwidth sends this when the whole of a live transcription can be fetched."""

    event_types = ("realTimeTranscriptionAvailable",)


class UnknownCallback(CallCallback, Tagged):
    """An event of a type that this version does not know.

    The attributes that most events have are read; everything else is in ``extra``.
    """

    reply = UNKNOWN_REPLY
    identity = None


def event_class_of(event_type: str) -> type[Callback]:
    """Return the class of an event type, or :class:`UnknownCallback` if the type is not known."""
    return EVENT_CLASSES.get(event_type, UnknownCallback)
