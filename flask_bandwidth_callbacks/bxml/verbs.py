"""The table: one class per element of BXML, with what it may hold and where it may stand.

The ``TypedDict`` before a class lists its attributes with their types, limits and meanings, and the
signature of its ``__init__`` the rest. All that this package does with an element follows from these.

An attribute that is not given is not written: the defaults told here are Bandwidth's. Durations are in
seconds unless something else is said, and every URL may be relative to the one that served the document.
Making an element with a value that breaks a rule raises
:class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML`, a keyword that is not listed ``TypeError``.

Source of the facts: https://dev.bandwidth.com/docs/voice/bxml, where every verb has its page.
"""

# No "from __future__ import annotations": the annotations are read while the program runs.

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Required, TypedDict, Unpack

from .elements import ChildElement, Document, Fault, Specification, Verb
from .ssml import SpokenText
from .values import (
    NOT_BLANK,
    URL_RULE,
    Count,
    Identifier,
    Link,
    Url,
    at_most_characters,
    between,
    matching,
)

# -- Values that several elements share ----------------------------------------------------------------------

_PHONE_NUMBER = r"\+[0-9]+"
_SIP_URI = r"(?i:sips?):[^\s\x00-\x1f\x7f-\x9f]+"
_USER_TO_USER = r"[^,]*;(?i:encoding=(base64|jwt|hex))"

HttpMethod = Literal["GET", "POST"]
TagText = Annotated[str, at_most_characters(256)]
CallerId = Annotated[
    str,
    matching(
        f"{_PHONE_NUMBER}|Restricted|Anonymous|Private|Unavailable",
        "must be + and digits, or Restricted, Anonymous, Private or Unavailable",
    ),
]
DisplayName = Annotated[
    str,
    at_most_characters(256),
    matching(r"[^\x00-\x1f\x7f-\x9f]*", "must not hold control characters"),
]
Keys = Annotated[str, matching("[0-9*#A-Da-d]*", "must be keys of 0-9, *, # and A-D")]
Tracks = Literal["inbound", "outbound", "both"]
WebSocketURL = Annotated[
    str, matching(r"(?i:wss?)://[^\s\x00-\x1f\x7f-\x9f]+", "must be a URL that begins with wss:// or ws://")
]
RingingTime = Annotated[float, between(1, 300)]

_user_to_user = matching(
    f"{_USER_TO_USER}(,{_USER_TO_USER})*",
    "must be one value or several with commas between, each ending in ;encoding=base64, ;encoding=jwt or "
    ";encoding=hex",
)


# -- Attributes that several elements share ------------------------------------------------------------------


class Tagged(TypedDict, total=False):
    tag: TagText
    """Sent with this and all later callbacks of the call, at most 256 characters; ``""`` clears it."""


class Authenticated(TypedDict, total=False):
    username: str
    """User name for the requests to the URLs of this element."""
    password: str
    """Password for the requests to the URLs of this element."""


class FallbackAuthenticated(TypedDict, total=False):
    fallback_username: str
    """User name for the requests to the fallback URLs of this element."""
    fallback_password: str
    """Password for the requests to the fallback URLs of this element."""


class Diverting(TypedDict, total=False):
    diversion_treatment: Literal["none", "propagate", "stack"]
    """Send no Diversion header (the default), copy the inbound one, or copy it and add one."""
    diversion_reason: Literal[
        "unknown",
        "user-busy",
        "no-answer",
        "unavailable",
        "unconditional",
        "time-of-day",
        "do-not-disturb",
        "deflection",
        "follow-me",
        "out-of-service",
        "away",
    ]
    """Why the call is diverted, default ``unknown``; counts only with ``stack``."""


class Recording(TypedDict, total=False):
    transcribe: bool
    """Whether the recording is transcribed, default false; works from 0.5 seconds to 4 hours."""
    detect_language: bool
    """Whether the transcription finds out the language, default false; counts only with ``transcribe``."""
    transcription_available_url: Annotated[Link, Url("transcriptionAvailable")]
    """Told when the transcription can be fetched."""
    transcription_available_method: HttpMethod
    """Default POST."""
    recording_available_method: HttpMethod
    """Default POST."""
    file_format: Literal["mp3", "wav"]
    """Default wav."""
    recording_name: str
    """A name for the recording."""


# -- Rules between attributes --------------------------------------------------------------------------------

_MOST_REPETITIONS = 20


def _few_repetitions(_: Specification, given: Mapping[str, Any], children: int) -> Iterator[Fault]:
    times = given.get("repeat_count")
    if isinstance(times, int) and times * children > _MOST_REPETITIONS:
        rule = f"times {children} children are more than the {_MOST_REPETITIONS} that are played at most"
        yield Fault("repeat_count", times, rule)


def _https_for_credentials(specification: Specification, given: Mapping[str, Any], _: int) -> Iterator[Fault]:
    for name, url in given.items():
        attribute = specification.attributes[name].url
        if attribute is None or attribute.credentials is None or not isinstance(url, str):
            continue
        if url.lower().startswith("http://") and any(secret in given for secret in attribute.credentials):
            yield Fault(name, url, f"must be https, because {' and '.join(attribute.credentials)} go there")


def _stabilized_for_destination(_: Specification, given: Mapping[str, Any], __: int) -> Iterator[Fault]:
    if "stabilized" in given and "destination" not in given:
        yield Fault("stabilized", given["stabilized"], "needs a destination")


def _preferred_languages_apart(_: Specification, given: Mapping[str, Any], __: int) -> Iterator[Fault]:
    preferred = given.get("preferred_languages")
    if not isinstance(preferred, str):
        return
    if given.get("detect_language") is True:
        yield Fault("preferred_languages", preferred, "cannot be given while the language is detected")
    dialects: dict[str, str] = {}
    for dialect in (part.strip() for part in preferred.split(",")):
        language = dialect.partition("-")[0].lower()
        if dialects.setdefault(language, dialect) != dialect:
            rule = f"must name one dialect per language, not {dialects[language]} and {dialect}"
            yield Fault("preferred_languages", preferred, rule)


# -- Elements inside others ----------------------------------------------------------------------------------


class CalledPartyAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    transfer_answer_url: Annotated[Link, Url("transferAnswer")]
    """Asked for BXML when the called party answers; that runs for the called party alone."""
    transfer_answer_method: HttpMethod
    """Default POST."""
    transfer_answer_fallback_url: Annotated[Link, Url("transferAnswer", fallback=True)]
    """Asked when ``transfer_answer_url`` fails."""
    transfer_answer_fallback_method: HttpMethod
    """Default POST."""
    transfer_disconnect_url: Annotated[Link, Url("transferDisconnect")]
    """Told when the leg to the called party ends, answered or not."""
    transfer_disconnect_method: HttpMethod
    """Default POST."""


class PhoneNumberAttributes(CalledPartyAttributes, total=False):
    uui: Annotated[str, at_most_characters(350), _user_to_user]
    """User-To-User values (RFC 7433), at most 350 characters in all."""


class PhoneNumber(ChildElement):
    """A telephone number that a ``Transfer`` calls; the text is the number, ``+`` and digits.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        text: Annotated[str, Identifier, matching(_PHONE_NUMBER, "must be + and digits")],
        /,
        **attributes: Unpack[PhoneNumberAttributes],
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class SipUriAttributes(CalledPartyAttributes, total=False):
    uui: Annotated[str, at_most_characters(256), _user_to_user]
    """User-To-User values (RFC 7433), at most 256 characters in all."""


class SipUri(ChildElement):
    """A SIP address that a ``Transfer`` calls or a ``Refer`` names; the text is that address.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        text: Annotated[str, Identifier, matching(_SIP_URI, "must be a SIP URI such as sip:user@host")],
        /,
        **attributes: Unpack[SipUriAttributes],
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class ParameterAttributes(TypedDict, total=False):
    name: Required[Annotated[str, at_most_characters(256)]]
    """At most 256 characters."""
    value: Required[Annotated[str, at_most_characters(2048)]]
    """At most 2048 characters."""


class StreamParam(ChildElement):
    """A name and a value that the first message of a ``StartStream`` carries.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
    """

    def __init__(self, **attributes: Unpack[ParameterAttributes]) -> None:
        super().__init__(attributes=attributes)


class CustomParam(ChildElement):
    """A name and a value that the first message of a ``StartTranscription`` carries.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startTranscription
    """

    def __init__(self, **attributes: Unpack[ParameterAttributes]) -> None:
        super().__init__(attributes=attributes)


class Endpoint(ChildElement):
    """The endpoint that a ``Connect`` joins the call to; the text is its id.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
    """

    def __init__(self, text: Annotated[str, Identifier, NOT_BLANK], /) -> None:
        super().__init__(text=text)


# -- Sound ---------------------------------------------------------------------------------------------------


class PlayAudio(Verb, conference=True):
    """Plays an audio file (wav or mp3); the text is its URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/playAudio
    """

    def __init__(
        self, text: Annotated[str, Identifier, URL_RULE], /, **attributes: Unpack[Authenticated]
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class SpeakSentenceAttributes(TypedDict, total=False):
    voice: Literal[
        "julie",
        "kate",
        "susan",
        "dave",
        "paul",
        "bridget",
        "simon",
        "katrin",
        "stefan",
        "esperanza",
        "violeta",
        "jorge",
        "rosa",
        "jolie",
        "bernard",
        "paola",
        "luca",
        "masako",
        "kenji",
        "nadiya",
        "anatoli",
        "zeina",
        "zhiyu",
        "ruth",
        "stephen",
        "lupe",
        "pedro",
        "gabrielle",
        "liam",
    ]
    """Who speaks; gender and locale do not count then."""
    gender: Literal["male", "female"]
    """Default female."""
    locale: Literal[
        "en_US", "en_UK", "de", "es", "es_MX", "fr", "it", "ja", "ru", "arb", "cmn-CN", "es_US", "fr_CA"
    ]
    """Language and country in Bandwidth's spelling, default ``en_US``."""


class SpeakSentence(Verb, conference=True):
    """Speaks a text, which must not be blank.

    A ``str`` is spoken as it is, whatever characters it holds. SSML is given on purpose, as
    :class:`markupsafe.Markup`: it must be well-formed and is brought to one canonical form. Put a caller's
    words into SSML with ``Markup("<s>{}</s>").format(words)``, which escapes them.

    Source: https://dev.bandwidth.com/docs/voice/bxml/speakSentence
    """

    def __init__(
        self, text: Annotated[str, SpokenText], /, **attributes: Unpack[SpeakSentenceAttributes]
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class PauseAttributes(TypedDict, total=False):
    duration: Annotated[float, between(0.1, 86400)]
    """0.1 to 86400, default 1."""


class Pause(Verb):
    """Waits in silence.

    Source: https://dev.bandwidth.com/docs/voice/bxml/pause
    """

    def __init__(self, **attributes: Unpack[PauseAttributes]) -> None:
        super().__init__(attributes=attributes)


class RingAttributes(TypedDict, total=False):
    duration: Annotated[float, between(0.1, 86400)]
    """0.1 to 86400, default 5."""
    answer_call: bool
    """Whether a call that is not answered yet is answered first, default true."""


class Ring(Verb):
    """Plays a ringing tone.

    Source: https://dev.bandwidth.com/docs/voice/bxml/ring
    """

    def __init__(self, **attributes: Unpack[RingAttributes]) -> None:
        super().__init__(attributes=attributes)


class SendDtmfAttributes(TypedDict, total=False):
    tone_duration: Annotated[float, between(50, 5000)]
    """How long each tone sounds, 50 to 5000 milliseconds, default 200."""
    tone_interval: Annotated[float, between(50, 5000)]
    """How long it is silent between tones, 50 to 5000 milliseconds, default 400."""


class SendDtmf(Verb):
    """Plays up to 50 tones of ``0-9*#A-D``; ``,`` and ``w`` in the text wait half a second, ``W`` a second.

    Source: https://dev.bandwidth.com/docs/voice/bxml/sendDtmf
    """

    def __init__(
        self,
        text: Annotated[
            str,
            Identifier,
            matching("[0-9*#A-Da-d,wW]{1,50}", "must be 1 to 50 tones of 0-9, *, #, A-D, ',', w and W"),
        ],
        /,
        **attributes: Unpack[SendDtmfAttributes],
    ) -> None:
        super().__init__(text=text, attributes=attributes)


# -- Keys and speech of the caller ---------------------------------------------------------------------------


class GatherAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    gather_url: Annotated[Link, Url("gather")]
    """Asked for BXML with the result, and the verbs after ``Gather`` do not run; else the keys are lost."""
    gather_method: HttpMethod
    """Default POST."""
    gather_fallback_url: Annotated[Link, Url("gather", fallback=True)]
    """Asked when ``gather_url`` fails."""
    gather_fallback_method: HttpMethod
    """Default POST."""
    terminating_digits: Keys
    """Any of these keys ends the gathering; default ``""``, none."""
    max_digits: Annotated[int, between(1, 50)]
    """How many keys end the gathering, 1 to 50, default 50."""
    inter_digit_timeout: Annotated[float, between(1, 60)]
    """How long to wait for the next key, 1 to 60, default 5."""
    first_digit_timeout: Annotated[float, between(0, 60)]
    """How long to wait for the first key after the sound, 0 to 60, default 5."""
    repeat_count: int
    """How often the sound is played while no key comes, default 1; times the children at most 20."""
    input: Literal["dtmf", "speech", "dtmf_speech"]
    """What is gathered: keys (the default), speech or both."""
    hints: str
    """Words to expect. Like all below, counts only when speech is gathered."""
    language: str
    """The language spoken, such as ``en-US``."""
    partial_result_callback: Annotated[Link, Url("partialgather", authenticated=False)]
    """Told of what was recognised so far."""
    partial_result_callback_method: HttpMethod
    """Default POST."""
    profanity_filter: bool
    """Whether foul words are left out, default true."""
    speech_model: str
    """The model that recognises speech."""
    speech_timeout: float
    """How long to wait for speech, default 5."""


class Gather(Verb, rules=(_few_repetitions,)):
    """Collects keys that the caller presses, or what the caller says, while the children are heard.

    Source: https://dev.bandwidth.com/docs/voice/bxml/gather
    """

    def __init__(
        self,
        *children: Annotated[PlayAudio | SpeakSentence, Count(0, 20)],
        **attributes: Unpack[GatherAttributes],
    ) -> None:
        super().__init__(children=children, attributes=attributes)


class StartGatherAttributes(Authenticated, Tagged, total=False):
    dtmf_url: Required[Annotated[Link, Url("dtmf")]]
    """Told of every key."""
    dtmf_method: HttpMethod
    """Default POST."""


class StartGather(Verb):
    """Reports each key that is pressed while the following verbs run, until ``StopGather``.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startGather
    """

    def __init__(self, **attributes: Unpack[StartGatherAttributes]) -> None:
        super().__init__(attributes=attributes)


class StopGather(Verb):
    """Ends what ``StartGather`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopGather
    """

    def __init__(self) -> None:
        super().__init__()


# -- Other parties -------------------------------------------------------------------------------------------


class TransferAttributes(Authenticated, FallbackAuthenticated, Tagged, Diverting, total=False):
    transfer_caller_id: CallerId
    """What the called party sees, default the number of the other party of this call."""
    transfer_caller_display_name: DisplayName
    """The name that the called party sees, at most 256 characters."""
    call_timeout: RingingTime
    """How long it may ring, 1 to 300, default 30."""
    transfer_complete_url: Annotated[Link, Url("transferComplete")]
    """Asked for BXML when the called party left or was not reached; the verbs after do not run then."""
    transfer_complete_method: HttpMethod
    """Default POST."""
    transfer_complete_fallback_url: Annotated[Link, Url("transferComplete", fallback=True)]
    """Asked when ``transfer_complete_url`` fails."""
    transfer_complete_fallback_method: HttpMethod
    """Default POST."""
    privacy: bool
    """Whether the calling number is hidden, default false."""


class Transfer(Verb, transfer_answer=False):
    """Calls one to eight parties at once and joins the first that answers to this call.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        *children: Annotated[PhoneNumber | SipUri, Count(1, 8)],
        **attributes: Unpack[TransferAttributes],
    ) -> None:
        super().__init__(children=children, attributes=attributes)


class ForwardAttributes(Diverting, total=False):
    to: Required[
        Annotated[str, matching(f"{_PHONE_NUMBER}|{_SIP_URI}", "must be + and digits, or a SIP URI")]
    ]
    """Where the call goes: a telephone number or a SIP URI."""
    from_: CallerId
    """What the called party sees, default the number that was called."""
    call_timeout: RingingTime
    """How long it may ring, 1 to 300, default 30."""
    uui: Annotated[str, at_most_characters(256), _user_to_user]
    """User-To-User values (RFC 7433) for a SIP URI, at most 256 characters in all."""
    privacy: bool
    """Whether the calling number is hidden, default false."""
    caller_display_name: DisplayName
    """The name that the called party sees, at most 256 characters."""


class Forward(Verb, transfer_answer=False):
    """Hands a call that is not answered yet to another number for good.

    Source: https://dev.bandwidth.com/docs/voice/bxml/forward
    """

    def __init__(self, **attributes: Unpack[ForwardAttributes]) -> None:
        super().__init__(attributes=attributes)


class BridgeAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    bridge_complete_url: Annotated[Link, Url("bridgeComplete")]
    """Asked for BXML for this call when the target has left; the verbs after ``Bridge`` do not run then."""
    bridge_complete_method: HttpMethod
    """Default POST."""
    bridge_complete_fallback_url: Annotated[Link, Url("bridgeComplete", fallback=True)]
    """Asked when ``bridge_complete_url`` fails."""
    bridge_complete_fallback_method: HttpMethod
    """Default POST."""
    bridge_target_complete_url: Annotated[Link, Url("bridgeTargetComplete")]
    """Asked for BXML for the target when this call has left; without it the target is hung up."""
    bridge_target_complete_method: HttpMethod
    """Default POST."""
    bridge_target_complete_fallback_url: Annotated[Link, Url("bridgeTargetComplete", fallback=True)]
    """Asked when ``bridge_target_complete_url`` fails."""
    bridge_target_complete_fallback_method: HttpMethod
    """Default POST."""


class Bridge(Verb, transfer_answer=False):
    """Joins this call to another one; the text is the id of that call, the target.

    Source: https://dev.bandwidth.com/docs/voice/bxml/bridge
    """

    def __init__(
        self, text: Annotated[str, Identifier, NOT_BLANK], /, **attributes: Unpack[BridgeAttributes]
    ) -> None:
        super().__init__(text=text, attributes=attributes)


_CONFERENCE_EVENTS = (
    "conferenceCreated",
    "conferenceMemberJoin",
    "conferenceMemberExit",
    "conferenceCompleted",
)


class ConferenceAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    mute: bool
    """Whether the caller hears but is not heard, default false."""
    hold: bool
    """Whether the caller neither hears nor is heard, default false."""
    call_ids_to_coach: str
    """Ids of calls, with commas between: they hear this caller, the other members do not."""
    conference_event_url: Annotated[Link, Url(*_CONFERENCE_EVENTS)]
    """Told of members who join and leave; counts only in the document that creates the conference."""
    conference_event_method: HttpMethod
    """Default POST."""
    conference_event_fallback_url: Annotated[Link, Url(*_CONFERENCE_EVENTS, fallback=True)]
    """Asked when ``conference_event_url`` fails."""
    conference_event_fallback_method: HttpMethod
    """Default POST."""
    callback_timeout: Annotated[float, between(1, 25)]
    """How long Bandwidth waits for an answer to a conference event, 1 to 25."""


class Conference(Verb, transfer_answer=False):
    """Puts the call into a conference; the text is its name, of up to 100 letters, digits, ``_.-``.

    Source: https://dev.bandwidth.com/docs/voice/bxml/conference
    """

    def __init__(
        self,
        text: Annotated[
            str,
            Identifier,
            matching("[A-Za-z0-9_.-]{1,100}", "must be a name of 1 to 100 letters, digits, '_', '.' and '-'"),
        ],
        /,
        **attributes: Unpack[ConferenceAttributes],
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class ReferAttributes(Tagged, total=False):
    refer_complete_url: Annotated[Link, Url("referComplete", authenticated=False)]
    """Told of the outcome; its BXML runs if that was a failure. The verbs after ``Refer`` do not run then."""
    refer_complete_method: HttpMethod
    """Default POST."""


class Refer(Verb):
    """Asks the far end of a SIP call to leave Bandwidth for another SIP address.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
    """

    def __init__(
        self, *children: Annotated[SipUri, Count(1, 1)], **attributes: Unpack[ReferAttributes]
    ) -> None:
        super().__init__(children=children, attributes=attributes)


# Two sources, two sets of names.
_ENDPOINT_EVENTS = (
    "DEVICE_CONNECTED",
    "DEVICE_DISCONNECTED",
    "endpointConnected",
    "endpointDisconnected",
    "endpointEligible",
    "endpointIneligible",
)


class ConnectAttributes(TypedDict, total=False):
    event_callback_url: Annotated[Link, Url(*_ENDPOINT_EVENTS, authenticated=False)]
    """Told of events of the endpoint."""
    event_fallback_url: Annotated[Link, Url(*_ENDPOINT_EVENTS, fallback=True, authenticated=False)]
    """Told when ``event_callback_url`` fails."""


class Connect(Verb):
    """Joins the call to a WebRTC endpoint.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
    """

    def __init__(self, *children: Endpoint, **attributes: Unpack[ConnectAttributes]) -> None:
        super().__init__(children=children, attributes=attributes)


# -- Recordings ----------------------------------------------------------------------------------------------


class RecordAttributes(Recording, Authenticated, FallbackAuthenticated, Tagged, total=False):
    record_complete_url: Annotated[Link, Url("recordComplete")]
    """Asked for BXML when the recording ended, unless by hanging up; the verbs after do not run then."""
    record_complete_method: HttpMethod
    """Default POST."""
    record_complete_fallback_url: Annotated[Link, Url("recordComplete", fallback=True)]
    """Asked when ``record_complete_url`` fails."""
    record_complete_fallback_method: HttpMethod
    """Default POST."""
    recording_available_url: Annotated[Link, Url("recordingAvailable")]
    """Told when the recording can be fetched."""
    terminating_digits: Keys
    """Any of these keys ends the recording, default ``#``; ``""`` for none."""
    max_duration: Annotated[float, between(0, 10800)]
    """The longest recording, at most 10800, default 60."""
    silence_timeout: Annotated[float, between(0, 10800)]
    """How much silence ends the recording, at most 10800; default 0, none."""


class Record(Verb, rules=(_https_for_credentials,)):
    """Records the caller, as voice mail does. Credentials may only go to ``https`` URLs.

    Source: https://dev.bandwidth.com/docs/voice/bxml/record
    """

    def __init__(self, **attributes: Unpack[RecordAttributes]) -> None:
        super().__init__(attributes=attributes)


class StartRecordingAttributes(Recording, Authenticated, Tagged, total=False):
    recording_available_url: Annotated[Link, Url("recordingAvailable", "conferenceRecordingAvailable")]
    """Told when the recording can be fetched."""
    multi_channel: bool
    """Whether the two sides are recorded apart, default false."""


class StartRecording(Verb, conference=True, rules=(_https_for_credentials,)):
    """Records the call or the conference while the following verbs run, until ``StopRecording``.

    Credentials may only go to ``https`` URLs.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startRecording
    """

    def __init__(self, **attributes: Unpack[StartRecordingAttributes]) -> None:
        super().__init__(attributes=attributes)


class PauseRecording(Verb, conference=True):
    """Suspends what ``StartRecording`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/pauseRecording
    """

    def __init__(self) -> None:
        super().__init__()


class ResumeRecording(Verb, conference=True):
    """Goes on with what ``PauseRecording`` suspended.

    Source: https://dev.bandwidth.com/docs/voice/bxml/resumeRecording
    """

    def __init__(self) -> None:
        super().__init__()


class StopRecording(Verb, conference=True):
    """Ends what ``StartRecording`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopRecording
    """

    def __init__(self) -> None:
        super().__init__()


# -- Live audio and live transcription -----------------------------------------------------------------------


class StartStreamAttributes(Authenticated, total=False):
    destination: Required[WebSocketURL]
    """Where the audio goes, ``wss://...``."""
    name: str
    """Name for ``StopStream``, of its own on this call; default a generated id."""
    mode: Literal["unidirectional", "bidirectional"]
    """Whether audio may come back, default ``unidirectional``."""
    tracks: Tracks
    """What is sent, as Bandwidth sees it, default ``inbound``."""
    destination_username: str
    """User name for the destination."""
    destination_password: str
    """Password for the destination."""
    stream_event_url: Annotated[Link, Url("mediaStreamStarted", "mediaStreamRejected", "mediaStreamStopped")]
    """Told when the stream starts, is refused and stops."""
    stream_event_method: HttpMethod
    """Default POST."""


class StartStream(Verb, rules=(_https_for_credentials,)):
    """Sends the sound of the call to a websocket while the following verbs run, with up to 12 parameters.

    Credentials may only go to an ``https`` URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
    """

    def __init__(
        self, *children: Annotated[StreamParam, Count(0, 12)], **attributes: Unpack[StartStreamAttributes]
    ) -> None:
        super().__init__(children=children, attributes=attributes)


class StopStreamAttributes(TypedDict, total=False):
    name: Required[str]
    """Name of the stream."""
    wait: bool
    """Whether to wait until the websocket is closed, default false."""


class StopStream(Verb):
    """Ends what ``StartStream`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopStream
    """

    def __init__(self, **attributes: Unpack[StopStreamAttributes]) -> None:
        super().__init__(attributes=attributes)


class StartTranscriptionAttributes(Authenticated, total=False):
    name: str
    """Name for ``StopTranscription``, of its own on this call; default a generated id."""
    tracks: Tracks
    """What is transcribed, as Bandwidth sees it, default ``inbound``."""
    transcription_event_url: Annotated[
        Link,
        Url(
            "realTimeTranscriptionStarted",
            "realTimeTranscriptionRejected",
            "realTimeTranscriptionStopped",
            "realTimeTranscriptionAvailable",
        ),
    ]
    """Told when the transcription starts, is refused, stops and can be fetched."""
    transcription_event_method: HttpMethod
    """Default POST."""
    destination: WebSocketURL
    """Where the text goes while it is spoken, ``wss://...``."""
    stabilized: bool
    """Whether text once sent changes little, default true; needs a destination."""
    detect_language: bool
    """Whether the language is found out, default false."""
    preferred_languages: str
    """Languages with commas between, one dialect of each, default ``en-US``; not with ``detect_language``."""


class StartTranscription(
    Verb, rules=(_https_for_credentials, _stabilized_for_destination, _preferred_languages_apart)
):
    """Transcribes the call while the following verbs run, with up to 12 parameters.

    Credentials may only go to an ``https`` URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startTranscription
    """

    def __init__(
        self,
        *children: Annotated[CustomParam, Count(0, 12)],
        **attributes: Unpack[StartTranscriptionAttributes],
    ) -> None:
        super().__init__(children=children, attributes=attributes)


class StopTranscriptionAttributes(TypedDict, total=False):
    name: str
    """Name of the transcription; without it all live transcriptions of the call end."""


class StopTranscription(Verb):
    """Ends what ``StartTranscription`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopTranscription
    """

    def __init__(self, **attributes: Unpack[StopTranscriptionAttributes]) -> None:
        super().__init__(attributes=attributes)


# -- The call itself -----------------------------------------------------------------------------------------


class RedirectAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    redirect_url: Required[Annotated[Link, Url("redirect")]]
    """Asked for the BXML that runs next; the verbs after ``Redirect`` do not run."""
    redirect_method: HttpMethod
    """Default POST."""
    redirect_fallback_url: Annotated[Link, Url("redirect", fallback=True)]
    """Asked when ``redirect_url`` fails."""
    redirect_fallback_method: HttpMethod
    """Default POST."""


class Redirect(Verb):
    """Goes on with the BXML of another URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/redirect
    """

    def __init__(self, **attributes: Unpack[RedirectAttributes]) -> None:
        super().__init__(attributes=attributes)


class Hangup(Verb):
    """Hangs up, or rejects a call that is not answered yet.

    Source: https://dev.bandwidth.com/docs/voice/bxml/hangup
    """

    def __init__(self) -> None:
        super().__init__()


class Tag(Verb):
    """Sets the tag that is sent with all later callbacks of the call; an empty text clears it.

    Source: https://dev.bandwidth.com/docs/voice/bxml/tag
    """

    def __init__(self, text: Annotated[str, Identifier] = "", /) -> None:
        super().__init__(text=text)


# -- Documents -----------------------------------------------------------------------------------------------


class Response(Document, listed=False):
    """The reply to a callback; the verbs run in their order. An empty one hangs up.

    Source: https://dev.bandwidth.com/docs/voice/bxml/about
    """

    def __init__(self, *children: Verb) -> None:
        super().__init__(children=children)


class Bxml(Document, listed=False):
    """BXML that is sent to Bandwidth to replace what a call or a conference is doing.

    Source: ``PUT /calls/{callId}/bxml`` in Bandwidth's OpenAPI description of the voice API
    """

    def __init__(self, *children: Verb) -> None:
        super().__init__(children=children)
