"""The table: one class per element of BXML, with its attributes, their limits and defaults, and where it may
stand.

The ``TypedDict`` before a class lists its attributes with their types, limits, defaults and meanings; the
signature of its ``__init__`` says whether it holds text or children. Everything else in this package reads
these facts. After a change, ``make docs`` writes the stub ``verbs.pyi`` and the page ``docs/verbs.md`` anew.

An attribute that is not given is not written: a :class:`~.values.Default` says what Bandwidth assumes then.
Durations are in seconds unless stated otherwise, and every URL may be relative to the one that served the
document. Making an element with a value that breaks a rule raises
:class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML`, a keyword that is not listed ``TypeError``.

Source of the facts: https://dev.bandwidth.com/docs/voice/bxml, where every verb has its page.
"""

# No "from __future__ import annotations": the annotations are read at run time.

from typing import Annotated, Literal, Required, TypedDict, Unpack

from .elements import ChildElement, Document, Verb
from .numbers import PHONE_NUMBER, SIP_URI, WITHHELD
from .rules import (
    few_repetitions,
    https_for_credentials,
    preferred_languages_apart,
    stabilized_for_destination,
)
from .ssml import SpokenText
from .values import (
    NOT_BLANK,
    URL_RULE,
    Count,
    Default,
    Identifier,
    Link,
    OpenChoice,
    Url,
    at_most_characters,
    between,
    matching,
)

# -- Values that several elements share ----------------------------------------------------------------------

_USER_TO_USER = r"[^,]*;(?i:encoding=(base64|jwt|hex))"

HttpMethod = Annotated[Literal["GET", "POST"], Default("POST")]
TagText = Annotated[str, at_most_characters(256)]
CallerId = Annotated[
    str,
    matching(
        "|".join((PHONE_NUMBER, *WITHHELD)),
        f"must be + and digits, or {', '.join(WITHHELD[:-1])} or {WITHHELD[-1]}",
    ),
]
DisplayName = Annotated[
    str,
    at_most_characters(256),
    matching(r"[^\x00-\x1f\x7f-\x9f]*", "must not hold control characters"),
]
Keys = Annotated[str, matching("[0-9*#A-Da-d]*", "must be keys of 0-9, *, # and A-D")]
Tracks = Annotated[Literal["inbound", "outbound", "both"], Default("inbound")]
WebSocketURL = Annotated[
    str,
    matching(
        r"(?i:wss?)://(?![/?#])[^\s\\\x00-\x1f\x7f-\x9f]+", "must be a URL that begins with wss:// or ws://"
    ),
]
RingingTime = Annotated[float, between(1, 300), Default(30)]
Off = Annotated[bool, Default(False)]
On = Annotated[bool, Default(True)]

DiversionReason = Annotated[
    Literal[
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
    ],
    OpenChoice,
]
Voice = Annotated[
    Literal[
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
        "samuel",
        "emily",
        "salli",
        "chantal",
        "miguel",
        "joey",
        "penelope",
        "russell",
        "emma",
        "nicole",
        "raveena",
        "mads",
        "naja",
        "justin",
        "ivy",
        "carmen",
        "ruben",
        "geraint",
        "salli_enh",
        "joey_enh",
        "emma_enh",
        "ivy_enh",
    ],
    OpenChoice,
]
Locale = Annotated[
    Literal["en_US", "en_UK", "de", "es", "es_MX", "fr", "it", "ja", "ru", "arb", "cmn-CN", "es_US", "fr_CA"],
    OpenChoice,
]

_user_to_user = matching(
    f"{_USER_TO_USER}(,{_USER_TO_USER})*",
    "must be one value or several with commas between, each ending in ;encoding=base64, ;encoding=jwt or "
    ";encoding=hex",
)


# -- Attributes that several elements share ------------------------------------------------------------------


class Tagged(TypedDict, total=False):
    tag: TagText
    """Tag sent with this and all later callbacks of the call; ``""`` clears it."""


class Authenticated(TypedDict, total=False):
    username: str
    """Username for the requests to the URLs of this element."""
    password: str
    """Password for the requests to the URLs of this element."""


class FallbackAuthenticated(TypedDict, total=False):
    fallback_username: str
    """Username for the requests to the fallback URLs of this element."""
    fallback_password: str
    """Password for the requests to the fallback URLs of this element."""


class Diverting(TypedDict, total=False):
    diversion_treatment: Annotated[Literal["none", "propagate", "stack"], Default("none")]
    """Whether to send no Diversion header, copy the inbound one, or copy it and add another."""
    diversion_reason: Annotated[DiversionReason, Default("unknown")]
    """Why the call is diverted; used only when ``diversion_treatment`` is ``stack``."""


class Recording(TypedDict, total=False):
    transcribe: Off
    """Whether the recording is transcribed; works for recordings of 0.5 seconds to 4 hours."""
    detect_language: Off
    """Whether the transcription detects the language; used only with ``transcribe``."""
    transcription_available_url: Annotated[Link, Url("transcriptionAvailable")]
    """Notified when the transcription can be fetched."""
    transcription_available_method: HttpMethod
    """HTTP method of the requests to ``transcription_available_url``."""
    recording_available_method: HttpMethod
    """HTTP method of the requests to ``recording_available_url``."""
    file_format: Annotated[Literal["mp3", "wav"], Default("wav")]
    """Format of the audio file."""
    recording_name: str
    """Name of the recording."""


# -- Elements inside others ----------------------------------------------------------------------------------


class CalledPartyAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    transfer_answer_url: Annotated[Link, Url("transferAnswer")]
    """Requested when the called party answers; its BXML runs for the called party alone."""
    transfer_answer_method: HttpMethod
    """HTTP method of the requests to ``transfer_answer_url``."""
    transfer_answer_fallback_url: Annotated[Link, Url("transferAnswer", fallback=True)]
    """Requested when ``transfer_answer_url`` fails."""
    transfer_answer_fallback_method: HttpMethod
    """HTTP method of the requests to ``transfer_answer_fallback_url``."""
    transfer_disconnect_url: Annotated[Link, Url("transferDisconnect")]
    """Notified when the leg to the called party ends, answered or not."""
    transfer_disconnect_method: HttpMethod
    """HTTP method of the requests to ``transfer_disconnect_url``."""


class PhoneNumberAttributes(CalledPartyAttributes, total=False):
    uui: Annotated[str, at_most_characters(350), _user_to_user]
    """User-To-User values (RFC 7433); the limit counts all of them together."""


class PhoneNumber(ChildElement):
    """A phone number that a ``Transfer`` calls; the text is the number, ``+`` and digits.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        text: Annotated[str, Identifier, matching(PHONE_NUMBER, "must be + and digits")],
        /,
        **attributes: Unpack[PhoneNumberAttributes],
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class SipUriAttributes(CalledPartyAttributes, total=False):
    uui: Annotated[str, at_most_characters(256), _user_to_user]
    """User-To-User values (RFC 7433); the limit counts all of them together."""


class SipUri(ChildElement):
    """A SIP URI that a ``Transfer`` calls or a ``Refer`` names; the text is that URI.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        text: Annotated[str, Identifier, matching(SIP_URI, "must be a SIP URI such as sip:user@host")],
        /,
        **attributes: Unpack[SipUriAttributes],
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class ParameterAttributes(TypedDict, total=False):
    name: Required[Annotated[str, at_most_characters(256)]]
    """Name of the parameter."""
    value: Required[Annotated[str, at_most_characters(2048)]]
    """Value of the parameter."""


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
    """The endpoint that a ``Connect`` connects the call to; the text is its id.

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
    voice: Voice
    """Voice that speaks; with it, ``gender`` and ``locale`` are ignored."""
    gender: Annotated[Literal["male", "female"], Default("female")]
    """Gender of the voice."""
    locale: Annotated[Locale, Default("en_US")]
    """Language and country, in Bandwidth's spelling."""


class SpeakSentence(Verb, conference=True):
    """Speaks a text, which must not be blank.

    A ``str`` is spoken as it is, whatever characters it holds. For SSML, pass
    :class:`markupsafe.Markup`: it must be well-formed and is brought to one canonical form. Put a caller's
    words into SSML with ``Markup("<s>{}</s>").format(words)``, which escapes them.

    Source: https://dev.bandwidth.com/docs/voice/bxml/speakSentence
    """

    def __init__(
        self, text: Annotated[str, SpokenText], /, **attributes: Unpack[SpeakSentenceAttributes]
    ) -> None:
        super().__init__(text=text, attributes=attributes)


class PauseAttributes(TypedDict, total=False):
    duration: Annotated[float, between(0.1, 86400), Default(1)]
    """Length of the silence in seconds."""


class Pause(Verb):
    """Waits in silence.

    Source: https://dev.bandwidth.com/docs/voice/bxml/pause
    """

    def __init__(self, **attributes: Unpack[PauseAttributes]) -> None:
        super().__init__(attributes=attributes)


class RingAttributes(TypedDict, total=False):
    duration: Annotated[float, between(0.1, 86400), Default(5)]
    """Length of the ringing in seconds."""
    answer_call: On
    """Whether a call that is not answered yet is answered first."""


class Ring(Verb):
    """Plays a ringing tone.

    Source: https://dev.bandwidth.com/docs/voice/bxml/ring
    """

    def __init__(self, **attributes: Unpack[RingAttributes]) -> None:
        super().__init__(attributes=attributes)


class SendDtmfAttributes(TypedDict, total=False):
    tone_duration: Annotated[float, between(50, 5000), Default(200)]
    """Length of each tone in milliseconds."""
    tone_interval: Annotated[float, between(50, 5000), Default(400)]
    """Silence between two tones in milliseconds."""


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
    """Requested with the result; the verbs after ``Gather`` do not run then. Without it the keys are lost."""
    gather_method: HttpMethod
    """HTTP method of the requests to ``gather_url``."""
    gather_fallback_url: Annotated[Link, Url("gather", fallback=True)]
    """Requested when ``gather_url`` fails."""
    gather_fallback_method: HttpMethod
    """HTTP method of the requests to ``gather_fallback_url``."""
    terminating_digits: Annotated[Keys, Default("")]
    """Keys that end the gathering; ``""`` for none."""
    max_digits: Annotated[int, between(1, 50), Default(50)]
    """Number of keys after which the gathering ends."""
    inter_digit_timeout: Annotated[float, between(1, 60), Default(5)]
    """Seconds to wait for the next key."""
    first_digit_timeout: Annotated[float, between(0, 60), Default(5)]
    """Seconds to wait for the first key after the sound."""
    repeat_count: Annotated[int, Default(1)]
    """How often the sound is played while no key is pressed; times the number of children at most 20."""
    input: Annotated[Literal["dtmf", "speech", "dtmf_speech"], Default("dtmf")]
    """Whether keys, speech or both are gathered."""
    hints: str
    """Words to expect; used only when speech is gathered."""
    language: str
    """Language that the caller speaks, such as ``en-US``; used only when speech is gathered."""
    partial_result_callback: Annotated[Link, Url("partialgather", authenticated=False)]
    """Notified of the words recognized so far; used only when speech is gathered."""
    partial_result_callback_method: HttpMethod
    """HTTP method of the requests to ``partial_result_callback``."""
    profanity_filter: On
    """Whether foul words are left out; used only when speech is gathered."""
    speech_model: str
    """Model that recognizes speech; used only when speech is gathered."""
    speech_timeout: Annotated[float, Default(5)]
    """Seconds to wait for speech; used only when speech is gathered."""


class Gather(Verb, rules=(few_repetitions,)):
    """Collects keys that the caller presses, or what the caller says, while its children play.

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
    """Notified of every key."""
    dtmf_method: HttpMethod
    """HTTP method of the requests to ``dtmf_url``."""


class StartGather(Verb):
    """Reports each key that is pressed while the following verbs run, until ``StopGather``.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startGather
    """

    def __init__(self, **attributes: Unpack[StartGatherAttributes]) -> None:
        super().__init__(attributes=attributes)


class StopGather(Verb):
    """Stops reporting the keys that ``StartGather`` reports.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopGather
    """

    def __init__(self) -> None:
        super().__init__()


# -- Other parties -------------------------------------------------------------------------------------------


class TransferAttributes(Authenticated, FallbackAuthenticated, Tagged, Diverting, total=False):
    transfer_caller_id: CallerId
    """Number that the called party sees; without it, the number of the other party of this call."""
    transfer_caller_display_name: DisplayName
    """Name that the called party sees."""
    call_timeout: RingingTime
    """Seconds that the called party's phone may ring."""
    transfer_complete_url: Annotated[Link, Url("transferComplete")]
    """Requested when the called party left or was not reached; the verbs after ``Transfer`` do not run."""
    transfer_complete_method: HttpMethod
    """HTTP method of the requests to ``transfer_complete_url``."""
    transfer_complete_fallback_url: Annotated[Link, Url("transferComplete", fallback=True)]
    """Requested when ``transfer_complete_url`` fails."""
    transfer_complete_fallback_method: HttpMethod
    """HTTP method of the requests to ``transfer_complete_fallback_url``."""
    privacy: Off
    """Whether the calling number is hidden."""


class Transfer(Verb, transfer_answer=False):
    """Calls up to eight parties at once and connects this call to the first that answers.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        *children: Annotated[PhoneNumber | SipUri, Count(1, 8)],
        **attributes: Unpack[TransferAttributes],
    ) -> None:
        super().__init__(children=children, attributes=attributes)


class ForwardAttributes(Diverting, total=False):
    to: Required[Annotated[str, matching(f"{PHONE_NUMBER}|{SIP_URI}", "must be + and digits, or a SIP URI")]]
    """Phone number or SIP URI that the call goes to."""
    from_: CallerId
    """Number that the called party sees; without it, the number that was called."""
    call_timeout: RingingTime
    """Seconds that the called party's phone may ring."""
    uui: Annotated[str, at_most_characters(256), _user_to_user]
    """User-To-User values (RFC 7433) for a SIP URI; the limit counts all of them together."""
    privacy: Off
    """Whether the calling number is hidden."""
    caller_display_name: DisplayName
    """Name that the called party sees."""


class Forward(Verb, transfer_answer=False):
    """Hands a call that is not answered yet to another number for good.

    Source: https://dev.bandwidth.com/docs/voice/bxml/forward
    """

    def __init__(self, **attributes: Unpack[ForwardAttributes]) -> None:
        super().__init__(attributes=attributes)


class BridgeAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    bridge_complete_url: Annotated[Link, Url("bridgeComplete")]
    """Requested for this call when the target has left; the verbs after ``Bridge`` do not run then."""
    bridge_complete_method: HttpMethod
    """HTTP method of the requests to ``bridge_complete_url``."""
    bridge_complete_fallback_url: Annotated[Link, Url("bridgeComplete", fallback=True)]
    """Requested when ``bridge_complete_url`` fails."""
    bridge_complete_fallback_method: HttpMethod
    """HTTP method of the requests to ``bridge_complete_fallback_url``."""
    bridge_target_complete_url: Annotated[Link, Url("bridgeTargetComplete")]
    """Requested for the target when this call has left; without it, Bandwidth hangs up the target."""
    bridge_target_complete_method: HttpMethod
    """HTTP method of the requests to ``bridge_target_complete_url``."""
    bridge_target_complete_fallback_url: Annotated[Link, Url("bridgeTargetComplete", fallback=True)]
    """Requested when ``bridge_target_complete_url`` fails."""
    bridge_target_complete_fallback_method: HttpMethod
    """HTTP method of the requests to ``bridge_target_complete_fallback_url``."""


class Bridge(Verb, transfer_answer=False):
    """Connects this call to another one; the text is the id of that call, the target.

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
    mute: Off
    """Whether the caller hears but is not heard."""
    hold: Off
    """Whether the caller neither hears nor is heard."""
    call_ids_to_coach: str
    """Ids of the calls that hear this caller, separated by commas; the other members do not hear it."""
    conference_event_url: Annotated[Link, Url(*_CONFERENCE_EVENTS)]
    """Notified of members who join and leave; used only in the document that creates the conference."""
    conference_event_method: HttpMethod
    """HTTP method of the requests to ``conference_event_url``."""
    conference_event_fallback_url: Annotated[Link, Url(*_CONFERENCE_EVENTS, fallback=True)]
    """Requested when ``conference_event_url`` fails."""
    conference_event_fallback_method: HttpMethod
    """HTTP method of the requests to ``conference_event_fallback_url``."""
    callback_timeout: Annotated[float, between(1, 25)]
    """Seconds that Bandwidth waits for the reply to a conference event.

    Without it, the timeout of the call that creates the conference.
    """


class Conference(Verb, transfer_answer=False):
    """Moves the call into a conference; the text is its name, of up to 100 letters, digits, ``_.-``.

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
    """Requested with the outcome; its BXML runs after a failure. The verbs after ``Refer`` do not run."""
    refer_complete_method: HttpMethod
    """HTTP method of the requests to ``refer_complete_url``."""


class Refer(Verb):
    """Asks the far end of a SIP call to leave Bandwidth for another SIP URI.

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
    """Notified of events of the endpoint."""
    event_fallback_url: Annotated[Link, Url(*_ENDPOINT_EVENTS, fallback=True, authenticated=False)]
    """Notified when ``event_callback_url`` fails."""


class Connect(Verb):
    """Connects the call to a WebRTC endpoint.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
    """

    def __init__(self, *children: Endpoint, **attributes: Unpack[ConnectAttributes]) -> None:
        super().__init__(children=children, attributes=attributes)


# -- Recordings ----------------------------------------------------------------------------------------------


class RecordAttributes(Recording, Authenticated, FallbackAuthenticated, Tagged, total=False):
    record_complete_url: Annotated[Link, Url("recordComplete")]
    """Requested when the recording ended, unless by hanging up; the verbs after ``Record`` do not run."""
    record_complete_method: HttpMethod
    """HTTP method of the requests to ``record_complete_url``."""
    record_complete_fallback_url: Annotated[Link, Url("recordComplete", fallback=True)]
    """Requested when ``record_complete_url`` fails."""
    record_complete_fallback_method: HttpMethod
    """HTTP method of the requests to ``record_complete_fallback_url``."""
    recording_available_url: Annotated[Link, Url("recordingAvailable")]
    """Notified when the recording can be fetched."""
    terminating_digits: Annotated[Keys, Default("#")]
    """Keys that end the recording; ``""`` for none."""
    max_duration: Annotated[float, between(0, 10800), Default(60)]
    """Seconds after which the recording ends."""
    silence_timeout: Annotated[float, between(0, 10800), Default(0)]
    """Seconds of silence that end the recording; 0 for none."""


class Record(Verb, rules=(https_for_credentials,)):
    """Records the caller, as voice mail does. Credentials may only be sent to ``https`` URLs.

    Source: https://dev.bandwidth.com/docs/voice/bxml/record
    """

    def __init__(self, **attributes: Unpack[RecordAttributes]) -> None:
        super().__init__(attributes=attributes)


class StartRecordingAttributes(Recording, Authenticated, Tagged, total=False):
    recording_available_url: Annotated[Link, Url("recordingAvailable", "conferenceRecordingAvailable")]
    """Notified when the recording can be fetched."""
    multi_channel: Off
    """Whether each side is recorded on a channel of its own."""


class StartRecording(Verb, conference=True, rules=(https_for_credentials,)):
    """Records the call or the conference while the following verbs run, until ``StopRecording``.

    Credentials may only be sent to ``https`` URLs.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startRecording
    """

    def __init__(self, **attributes: Unpack[StartRecordingAttributes]) -> None:
        super().__init__(attributes=attributes)


class PauseRecording(Verb, conference=True):
    """Pauses the recording that ``StartRecording`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/pauseRecording
    """

    def __init__(self) -> None:
        super().__init__()


class ResumeRecording(Verb, conference=True):
    """Resumes the recording that ``PauseRecording`` paused.

    Source: https://dev.bandwidth.com/docs/voice/bxml/resumeRecording
    """

    def __init__(self) -> None:
        super().__init__()


class StopRecording(Verb, conference=True):
    """Stops the recording that ``StartRecording`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopRecording
    """

    def __init__(self) -> None:
        super().__init__()


# -- Live audio and live transcription -----------------------------------------------------------------------


class StartStreamAttributes(Authenticated, total=False):
    destination: Required[WebSocketURL]
    """URL of the websocket that receives the audio, ``wss://...``."""
    name: str
    """Name for ``StopStream``, unique on this call; without it, Bandwidth generates one."""
    mode: Annotated[Literal["unidirectional", "bidirectional"], Default("unidirectional")]
    """Whether audio may come back."""
    tracks: Tracks
    """Side of the call that is sent, as Bandwidth sees it."""
    destination_username: str
    """Username for the destination."""
    destination_password: str
    """Password for the destination."""
    stream_event_url: Annotated[Link, Url("mediaStreamStarted", "mediaStreamRejected", "mediaStreamStopped")]
    """Notified when the stream starts, is rejected and stops."""
    stream_event_method: HttpMethod
    """HTTP method of the requests to ``stream_event_url``."""


class StartStream(Verb, rules=(https_for_credentials,)):
    """Sends the audio of the call to a websocket while the following verbs run.

    Credentials may only be sent to an ``https`` URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
    """

    def __init__(
        self, *children: Annotated[StreamParam, Count(0, 12)], **attributes: Unpack[StartStreamAttributes]
    ) -> None:
        super().__init__(children=children, attributes=attributes)


class StopStreamAttributes(TypedDict, total=False):
    name: Required[str]
    """Name of the stream."""
    wait: Off
    """Whether to wait until the websocket is closed."""


class StopStream(Verb):
    """Stops a stream that ``StartStream`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopStream
    """

    def __init__(self, **attributes: Unpack[StopStreamAttributes]) -> None:
        super().__init__(attributes=attributes)


class StartTranscriptionAttributes(Authenticated, total=False):
    name: str
    """Name for ``StopTranscription``, unique on this call; without it, Bandwidth generates one."""
    tracks: Tracks
    """Side of the call that is transcribed, as Bandwidth sees it."""
    transcription_event_url: Annotated[
        Link,
        Url(
            "realTimeTranscriptionStarted",
            "realTimeTranscriptionRejected",
            "realTimeTranscriptionStopped",
            "realTimeTranscriptionAvailable",
        ),
    ]
    """Notified when the transcription starts, is rejected, stops and can be fetched."""
    transcription_event_method: HttpMethod
    """HTTP method of the requests to ``transcription_event_url``."""
    destination: WebSocketURL
    """URL of the websocket that receives the text while it is spoken, ``wss://...``."""
    stabilized: On
    """Whether text that was sent changes little afterwards; needs a ``destination``."""
    detect_language: Off
    """Whether Bandwidth detects the language."""
    preferred_languages: Annotated[str, Default("en-US")]
    """Languages separated by commas, one dialect of each; not with ``detect_language``."""


class StartTranscription(
    Verb, rules=(https_for_credentials, stabilized_for_destination, preferred_languages_apart)
):
    """Transcribes the call while the following verbs run.

    Credentials may only be sent to an ``https`` URL.

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
    """Name of the transcription; without it, all live transcriptions of the call end."""


class StopTranscription(Verb):
    """Stops a transcription that ``StartTranscription`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopTranscription
    """

    def __init__(self, **attributes: Unpack[StopTranscriptionAttributes]) -> None:
        super().__init__(attributes=attributes)


# -- The call itself -----------------------------------------------------------------------------------------


class RedirectAttributes(Authenticated, FallbackAuthenticated, Tagged, total=False):
    redirect_url: Required[Annotated[Link, Url("redirect")]]
    """Requested for the BXML that runs next; the verbs after ``Redirect`` do not run."""
    redirect_method: HttpMethod
    """HTTP method of the requests to ``redirect_url``."""
    redirect_fallback_url: Annotated[Link, Url("redirect", fallback=True)]
    """Requested when ``redirect_url`` fails."""
    redirect_fallback_method: HttpMethod
    """HTTP method of the requests to ``redirect_fallback_url``."""


class Redirect(Verb):
    """Continues with the BXML of another URL.

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
    """The reply to a callback; its verbs run in order. An empty one hangs up.

    Source: https://dev.bandwidth.com/docs/voice/bxml/about
    """

    def __init__(self, *children: Verb) -> None:
        super().__init__(children=children)


class Bxml(Document, listed=False):
    """BXML that is sent to Bandwidth to replace what a call or a conference is running.

    Source: ``PUT /calls/{callId}/bxml`` in Bandwidth's OpenAPI description of the voice API
    """

    def __init__(self, *children: Verb) -> None:
        super().__init__(children=children)
