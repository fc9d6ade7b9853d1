"""The types of the verbs. Generated from ``verbs.py`` by ``make docs``: change that file, not this one."""

from typing import Literal

from .elements import ChildElement, Document, Verb
from .values import Link

DiversionReason = (
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
    ]
    | str
)
Voice = (
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
    ]
    | str
)
Locale = (
    Literal[
        "en_US",
        "en_UK",
        "de",
        "es",
        "es_MX",
        "fr",
        "it",
        "ja",
        "ru",
        "arb",
        "cmn-CN",
        "es_US",
        "fr_CA",
    ]
    | str
)

class PhoneNumber(ChildElement):
    """A phone number that a ``Transfer`` calls; the text is the number, ``+`` and digits.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        text: str,
        /,
        *,
        uui: str = ...,
        transfer_answer_url: Link = ...,
        transfer_answer_method: Literal["GET", "POST"] = ...,
        transfer_answer_fallback_url: Link = ...,
        transfer_answer_fallback_method: Literal["GET", "POST"] = ...,
        transfer_disconnect_url: Link = ...,
        transfer_disconnect_method: Literal["GET", "POST"] = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def uui(self) -> str | None:
        """User-To-User values (RFC 7433); the limit counts all of them together. Must have at most 350
        characters. Must be one value or several with commas between, each ending in ;encoding=base64,
        ;encoding=jwt or ;encoding=hex.
        """

    @property
    def transfer_answer_url(self) -> Link | None:
        """Requested when the called party answers; its BXML runs for the called party alone. Receives
        ``transferAnswer``.
        """

    @property
    def transfer_answer_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_answer_url``. Default ``"POST"``."""

    @property
    def transfer_answer_fallback_url(self) -> Link | None:
        """Requested when ``transfer_answer_url`` fails. Receives ``transferAnswer``."""

    @property
    def transfer_answer_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_answer_fallback_url``. Default ``"POST"``."""

    @property
    def transfer_disconnect_url(self) -> Link | None:
        """Notified when the leg to the called party ends, answered or not. Receives
        ``transferDisconnect``.
        """

    @property
    def transfer_disconnect_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_disconnect_url``. Default ``"POST"``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class SipUri(ChildElement):
    """A SIP URI that a ``Transfer`` calls or a ``Refer`` names; the text is that URI.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        text: str,
        /,
        *,
        uui: str = ...,
        transfer_answer_url: Link = ...,
        transfer_answer_method: Literal["GET", "POST"] = ...,
        transfer_answer_fallback_url: Link = ...,
        transfer_answer_fallback_method: Literal["GET", "POST"] = ...,
        transfer_disconnect_url: Link = ...,
        transfer_disconnect_method: Literal["GET", "POST"] = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def uui(self) -> str | None:
        """User-To-User values (RFC 7433); the limit counts all of them together. Must have at most 256
        characters. Must be one value or several with commas between, each ending in ;encoding=base64,
        ;encoding=jwt or ;encoding=hex.
        """

    @property
    def transfer_answer_url(self) -> Link | None:
        """Requested when the called party answers; its BXML runs for the called party alone. Receives
        ``transferAnswer``.
        """

    @property
    def transfer_answer_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_answer_url``. Default ``"POST"``."""

    @property
    def transfer_answer_fallback_url(self) -> Link | None:
        """Requested when ``transfer_answer_url`` fails. Receives ``transferAnswer``."""

    @property
    def transfer_answer_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_answer_fallback_url``. Default ``"POST"``."""

    @property
    def transfer_disconnect_url(self) -> Link | None:
        """Notified when the leg to the called party ends, answered or not. Receives
        ``transferDisconnect``.
        """

    @property
    def transfer_disconnect_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_disconnect_url``. Default ``"POST"``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class StreamParam(ChildElement):
    """A name and a value that the first message of a ``StartStream`` carries.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
    """

    def __init__(self, *, name: str, value: str) -> None: ...
    @property
    def name(self) -> str:
        """Name of the parameter. Must have at most 256 characters."""

    @property
    def value(self) -> str:
        """Value of the parameter. Must have at most 2048 characters."""

class CustomParam(ChildElement):
    """A name and a value that the first message of a ``StartTranscription`` carries.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startTranscription
    """

    def __init__(self, *, name: str, value: str) -> None: ...
    @property
    def name(self) -> str:
        """Name of the parameter. Must have at most 256 characters."""

    @property
    def value(self) -> str:
        """Value of the parameter. Must have at most 2048 characters."""

class Endpoint(ChildElement):
    """The endpoint that a ``Connect`` connects the call to; the text is its id.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
    """

    def __init__(self, text: str, /) -> None: ...

class PlayAudio(Verb):
    """Plays an audio file (wav or mp3); the text is its URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/playAudio
    """

    def __init__(self, text: str, /, *, username: str = ..., password: str = ...) -> None: ...
    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

class SpeakSentence(Verb):
    """Speaks a text, which must not be blank.

    A ``str`` is spoken as it is, whatever characters it holds. For SSML, pass
    :class:`markupsafe.Markup`: it must be well-formed and is brought to one canonical form. Put a
    caller's words into SSML with ``Markup("<s>{}</s>").format(words)``, which escapes them.

    Source: https://dev.bandwidth.com/docs/voice/bxml/speakSentence
    """

    def __init__(
        self,
        text: str,
        /,
        *,
        voice: Voice = ...,
        gender: Literal["male", "female"] = ...,
        locale: Locale = ...,
    ) -> None: ...
    @property
    def voice(self) -> Voice | None:
        """Voice that speaks; with it, ``gender`` and ``locale`` are ignored."""

    @property
    def gender(self) -> Literal["male", "female"] | None:
        """Gender of the voice. Default ``"female"``."""

    @property
    def locale(self) -> Locale | None:
        """Language and country, in Bandwidth's spelling. Default ``"en_US"``."""

class Pause(Verb):
    """Waits in silence.

    Source: https://dev.bandwidth.com/docs/voice/bxml/pause
    """

    def __init__(self, *, duration: float = ...) -> None: ...
    @property
    def duration(self) -> float | None:
        """Length of the silence in seconds. Must be from 0.1 to 86400. Default ``1``."""

class Ring(Verb):
    """Plays a ringing tone.

    Source: https://dev.bandwidth.com/docs/voice/bxml/ring
    """

    def __init__(self, *, duration: float = ..., answer_call: bool = ...) -> None: ...
    @property
    def duration(self) -> float | None:
        """Length of the ringing in seconds. Must be from 0.1 to 86400. Default ``5``."""

    @property
    def answer_call(self) -> bool | None:
        """Whether a call that is not answered yet is answered first. Default ``True``."""

class SendDtmf(Verb):
    """Plays up to 50 tones of ``0-9*#A-D``; ``,`` and ``w`` in the text wait half a second, ``W`` a
    second.

    Source: https://dev.bandwidth.com/docs/voice/bxml/sendDtmf
    """

    def __init__(self, text: str, /, *, tone_duration: float = ..., tone_interval: float = ...) -> None: ...
    @property
    def tone_duration(self) -> float | None:
        """Length of each tone in milliseconds. Must be from 50 to 5000. Default ``200``."""

    @property
    def tone_interval(self) -> float | None:
        """Silence between two tones in milliseconds. Must be from 50 to 5000. Default ``400``."""

class Gather(Verb):
    """Collects keys that the caller presses, or what the caller says, while its children play.

    Source: https://dev.bandwidth.com/docs/voice/bxml/gather
    """

    def __init__(
        self,
        *children: PlayAudio | SpeakSentence,
        gather_url: Link = ...,
        gather_method: Literal["GET", "POST"] = ...,
        gather_fallback_url: Link = ...,
        gather_fallback_method: Literal["GET", "POST"] = ...,
        terminating_digits: str = ...,
        max_digits: int = ...,
        inter_digit_timeout: float = ...,
        first_digit_timeout: float = ...,
        repeat_count: int = ...,
        input: Literal["dtmf", "speech", "dtmf_speech"] = ...,
        hints: str = ...,
        language: str = ...,
        partial_result_callback: Link = ...,
        partial_result_callback_method: Literal["GET", "POST"] = ...,
        profanity_filter: bool = ...,
        speech_model: str = ...,
        speech_timeout: float = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def gather_url(self) -> Link | None:
        """Requested with the result; the verbs after ``Gather`` do not run then. Without it the keys are
        lost. Receives ``gather``.
        """

    @property
    def gather_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``gather_url``. Default ``"POST"``."""

    @property
    def gather_fallback_url(self) -> Link | None:
        """Requested when ``gather_url`` fails. Receives ``gather``."""

    @property
    def gather_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``gather_fallback_url``. Default ``"POST"``."""

    @property
    def terminating_digits(self) -> str | None:
        """Keys that end the gathering; ``""`` for none. Must be keys of 0-9, *, # and A-D. Default ``""``."""

    @property
    def max_digits(self) -> int | None:
        """Number of keys after which the gathering ends. Must be from 1 to 50. Default ``50``."""

    @property
    def inter_digit_timeout(self) -> float | None:
        """Seconds to wait for the next key. Must be from 1 to 60. Default ``5``."""

    @property
    def first_digit_timeout(self) -> float | None:
        """Seconds to wait for the first key after the sound. Must be from 0 to 60. Default ``5``."""

    @property
    def repeat_count(self) -> int | None:
        """How often the sound is played while no key is pressed; times the number of children at most 20.
        Must be 0 or more. Default ``1``.
        """

    @property
    def input(self) -> Literal["dtmf", "speech", "dtmf_speech"] | None:
        """Whether keys, speech or both are gathered. Default ``"dtmf"``."""

    @property
    def hints(self) -> str | None:
        """Words to expect; used only when speech is gathered."""

    @property
    def language(self) -> str | None:
        """Language that the caller speaks, such as ``en-US``; used only when speech is gathered."""

    @property
    def partial_result_callback(self) -> Link | None:
        """Notified of the words recognized so far; used only when speech is gathered. Receives
        ``partialgather``.
        """

    @property
    def partial_result_callback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``partial_result_callback``. Default ``"POST"``."""

    @property
    def profanity_filter(self) -> bool | None:
        """Whether foul words are left out; used only when speech is gathered. Default ``True``."""

    @property
    def speech_model(self) -> str | None:
        """Model that recognizes speech; used only when speech is gathered."""

    @property
    def speech_timeout(self) -> float | None:
        """Seconds to wait for speech; used only when speech is gathered. Must be 0 or more. Default ``5``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class StartGather(Verb):
    """Reports each key that is pressed while the following verbs run, until ``StopGather``.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startGather
    """

    def __init__(
        self,
        *,
        dtmf_url: Link,
        dtmf_method: Literal["GET", "POST"] = ...,
        username: str = ...,
        password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def dtmf_url(self) -> Link:
        """Notified of every key. Receives ``dtmf``."""

    @property
    def dtmf_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``dtmf_url``. Default ``"POST"``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class StopGather(Verb):
    """Stops reporting the keys that ``StartGather`` reports.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopGather
    """

    def __init__(self) -> None: ...

class Transfer(Verb):
    """Calls up to eight parties at once and connects this call to the first that answers.

    Source: https://dev.bandwidth.com/docs/voice/bxml/transfer
    """

    def __init__(
        self,
        *children: PhoneNumber | SipUri,
        transfer_caller_id: str = ...,
        transfer_caller_display_name: str = ...,
        call_timeout: float = ...,
        transfer_complete_url: Link = ...,
        transfer_complete_method: Literal["GET", "POST"] = ...,
        transfer_complete_fallback_url: Link = ...,
        transfer_complete_fallback_method: Literal["GET", "POST"] = ...,
        privacy: bool = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
        diversion_treatment: Literal["none", "propagate", "stack"] = ...,
        diversion_reason: DiversionReason = ...,
    ) -> None: ...
    @property
    def transfer_caller_id(self) -> str | None:
        """Number that the called party sees; without it, the number of the other party of this call. Must
        be + and digits, or Private, Restricted, Unavailable or Anonymous.
        """

    @property
    def transfer_caller_display_name(self) -> str | None:
        """Name that the called party sees. Must have at most 256 characters. Must not hold control
        characters.
        """

    @property
    def call_timeout(self) -> float | None:
        """Seconds that the called party's phone may ring. Must be from 1 to 300. Default ``30``."""

    @property
    def transfer_complete_url(self) -> Link | None:
        """Requested when the called party left or was not reached; the verbs after ``Transfer`` do not
        run. Receives ``transferComplete``.
        """

    @property
    def transfer_complete_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_complete_url``. Default ``"POST"``."""

    @property
    def transfer_complete_fallback_url(self) -> Link | None:
        """Requested when ``transfer_complete_url`` fails. Receives ``transferComplete``."""

    @property
    def transfer_complete_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transfer_complete_fallback_url``. Default ``"POST"``."""

    @property
    def privacy(self) -> bool | None:
        """Whether the calling number is hidden. Default ``False``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

    @property
    def diversion_treatment(self) -> Literal["none", "propagate", "stack"] | None:
        """Whether to send no Diversion header, copy the inbound one, or copy it and add another. Default
        ``"none"``.
        """

    @property
    def diversion_reason(self) -> DiversionReason | None:
        """Why the call is diverted; used only when ``diversion_treatment`` is ``stack``. Default
        ``"unknown"``.
        """

class Forward(Verb):
    """Hands a call that is not answered yet to another number for good.

    Source: https://dev.bandwidth.com/docs/voice/bxml/forward
    """

    def __init__(
        self,
        *,
        to: str,
        from_: str = ...,
        call_timeout: float = ...,
        uui: str = ...,
        privacy: bool = ...,
        caller_display_name: str = ...,
        diversion_treatment: Literal["none", "propagate", "stack"] = ...,
        diversion_reason: DiversionReason = ...,
    ) -> None: ...
    @property
    def to(self) -> str:
        """Phone number or SIP URI that the call goes to. Must be + and digits, or a SIP URI."""

    @property
    def from_(self) -> str | None:
        """Number that the called party sees; without it, the number that was called. Must be + and digits,
        or Private, Restricted, Unavailable or Anonymous.
        """

    @property
    def call_timeout(self) -> float | None:
        """Seconds that the called party's phone may ring. Must be from 1 to 300. Default ``30``."""

    @property
    def uui(self) -> str | None:
        """User-To-User values (RFC 7433) for a SIP URI; the limit counts all of them together. Must have
        at most 256 characters. Must be one value or several with commas between, each ending in
        ;encoding=base64, ;encoding=jwt or ;encoding=hex.
        """

    @property
    def privacy(self) -> bool | None:
        """Whether the calling number is hidden. Default ``False``."""

    @property
    def caller_display_name(self) -> str | None:
        """Name that the called party sees. Must have at most 256 characters. Must not hold control
        characters.
        """

    @property
    def diversion_treatment(self) -> Literal["none", "propagate", "stack"] | None:
        """Whether to send no Diversion header, copy the inbound one, or copy it and add another. Default
        ``"none"``.
        """

    @property
    def diversion_reason(self) -> DiversionReason | None:
        """Why the call is diverted; used only when ``diversion_treatment`` is ``stack``. Default
        ``"unknown"``.
        """

class Bridge(Verb):
    """Connects this call to another one; the text is the id of that call, the target.

    Source: https://dev.bandwidth.com/docs/voice/bxml/bridge
    """

    def __init__(
        self,
        text: str,
        /,
        *,
        bridge_complete_url: Link = ...,
        bridge_complete_method: Literal["GET", "POST"] = ...,
        bridge_complete_fallback_url: Link = ...,
        bridge_complete_fallback_method: Literal["GET", "POST"] = ...,
        bridge_target_complete_url: Link = ...,
        bridge_target_complete_method: Literal["GET", "POST"] = ...,
        bridge_target_complete_fallback_url: Link = ...,
        bridge_target_complete_fallback_method: Literal["GET", "POST"] = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def bridge_complete_url(self) -> Link | None:
        """Requested for this call when the target has left; the verbs after ``Bridge`` do not run then.
        Receives ``bridgeComplete``.
        """

    @property
    def bridge_complete_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``bridge_complete_url``. Default ``"POST"``."""

    @property
    def bridge_complete_fallback_url(self) -> Link | None:
        """Requested when ``bridge_complete_url`` fails. Receives ``bridgeComplete``."""

    @property
    def bridge_complete_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``bridge_complete_fallback_url``. Default ``"POST"``."""

    @property
    def bridge_target_complete_url(self) -> Link | None:
        """Requested for the target when this call has left; without it, Bandwidth hangs up the target.
        Receives ``bridgeTargetComplete``.
        """

    @property
    def bridge_target_complete_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``bridge_target_complete_url``. Default ``"POST"``."""

    @property
    def bridge_target_complete_fallback_url(self) -> Link | None:
        """Requested when ``bridge_target_complete_url`` fails. Receives ``bridgeTargetComplete``."""

    @property
    def bridge_target_complete_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``bridge_target_complete_fallback_url``. Default ``"POST"``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class Conference(Verb):
    """Moves the call into a conference; the text is its name, of up to 100 letters, digits, ``_.-``.

    Source: https://dev.bandwidth.com/docs/voice/bxml/conference
    """

    def __init__(
        self,
        text: str,
        /,
        *,
        mute: bool = ...,
        hold: bool = ...,
        call_ids_to_coach: str = ...,
        conference_event_url: Link = ...,
        conference_event_method: Literal["GET", "POST"] = ...,
        conference_event_fallback_url: Link = ...,
        conference_event_fallback_method: Literal["GET", "POST"] = ...,
        callback_timeout: float = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def mute(self) -> bool | None:
        """Whether the caller hears but is not heard. Default ``False``."""

    @property
    def hold(self) -> bool | None:
        """Whether the caller neither hears nor is heard. Default ``False``."""

    @property
    def call_ids_to_coach(self) -> str | None:
        """Ids of the calls that hear this caller, separated by commas; the other members do not hear it."""

    @property
    def conference_event_url(self) -> Link | None:
        """Notified of members who join and leave; used only in the document that creates the conference.
        Receives ``conferenceCreated``, ``conferenceMemberJoin``, ``conferenceMemberExit``,
        ``conferenceCompleted``.
        """

    @property
    def conference_event_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``conference_event_url``. Default ``"POST"``."""

    @property
    def conference_event_fallback_url(self) -> Link | None:
        """Requested when ``conference_event_url`` fails. Receives ``conferenceCreated``,
        ``conferenceMemberJoin``, ``conferenceMemberExit``, ``conferenceCompleted``.
        """

    @property
    def conference_event_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``conference_event_fallback_url``. Default ``"POST"``."""

    @property
    def callback_timeout(self) -> float | None:
        """Seconds that Bandwidth waits for the reply to a conference event. Without it, the timeout of the
        call that creates the conference. Must be from 1 to 25.
        """

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class Refer(Verb):
    """Asks the far end of a SIP call to leave Bandwidth for another SIP URI.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/refer
    """

    def __init__(
        self,
        *children: SipUri,
        refer_complete_url: Link = ...,
        refer_complete_method: Literal["GET", "POST"] = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def refer_complete_url(self) -> Link | None:
        """Requested with the outcome; its BXML runs after a failure. The verbs after ``Refer`` do not run.
        Receives ``referComplete``.
        """

    @property
    def refer_complete_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``refer_complete_url``. Default ``"POST"``."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class Connect(Verb):
    """Connects the call to a WebRTC endpoint.

    Source: https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect
    """

    def __init__(
        self,
        *children: Endpoint,
        event_callback_url: Link = ...,
        event_fallback_url: Link = ...,
    ) -> None: ...
    @property
    def event_callback_url(self) -> Link | None:
        """Notified of events of the endpoint. Receives ``DEVICE_CONNECTED``, ``DEVICE_DISCONNECTED``,
        ``endpointConnected``, ``endpointDisconnected``, ``endpointEligible``, ``endpointIneligible``.
        """

    @property
    def event_fallback_url(self) -> Link | None:
        """Notified when ``event_callback_url`` fails. Receives ``DEVICE_CONNECTED``,
        ``DEVICE_DISCONNECTED``, ``endpointConnected``, ``endpointDisconnected``, ``endpointEligible``,
        ``endpointIneligible``.
        """

class Record(Verb):
    """Records the caller, as voice mail does. Credentials may only be sent to ``https`` URLs.

    Source: https://dev.bandwidth.com/docs/voice/bxml/record
    """

    def __init__(
        self,
        *,
        record_complete_url: Link = ...,
        record_complete_method: Literal["GET", "POST"] = ...,
        record_complete_fallback_url: Link = ...,
        record_complete_fallback_method: Literal["GET", "POST"] = ...,
        recording_available_url: Link = ...,
        terminating_digits: str = ...,
        max_duration: float = ...,
        silence_timeout: float = ...,
        transcribe: bool = ...,
        detect_language: bool = ...,
        transcription_available_url: Link = ...,
        transcription_available_method: Literal["GET", "POST"] = ...,
        recording_available_method: Literal["GET", "POST"] = ...,
        file_format: Literal["mp3", "wav"] = ...,
        recording_name: str = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def record_complete_url(self) -> Link | None:
        """Requested when the recording ended, unless by hanging up; the verbs after ``Record`` do not run.
        Receives ``recordComplete``.
        """

    @property
    def record_complete_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``record_complete_url``. Default ``"POST"``."""

    @property
    def record_complete_fallback_url(self) -> Link | None:
        """Requested when ``record_complete_url`` fails. Receives ``recordComplete``."""

    @property
    def record_complete_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``record_complete_fallback_url``. Default ``"POST"``."""

    @property
    def recording_available_url(self) -> Link | None:
        """Notified when the recording can be fetched. Receives ``recordingAvailable``."""

    @property
    def terminating_digits(self) -> str | None:
        """Keys that end the recording; ``""`` for none. Must be keys of 0-9, *, # and A-D. Default
        ``"#"``.
        """

    @property
    def max_duration(self) -> float | None:
        """Seconds after which the recording ends. Must be from 0 to 10800. Default ``60``."""

    @property
    def silence_timeout(self) -> float | None:
        """Seconds of silence that end the recording; 0 for none. Must be from 0 to 10800. Default ``0``."""

    @property
    def transcribe(self) -> bool | None:
        """Whether the recording is transcribed; works for recordings of 0.5 seconds to 4 hours. Default
        ``False``.
        """

    @property
    def detect_language(self) -> bool | None:
        """Whether the transcription detects the language; used only with ``transcribe``. Default
        ``False``.
        """

    @property
    def transcription_available_url(self) -> Link | None:
        """Notified when the transcription can be fetched. Receives ``transcriptionAvailable``."""

    @property
    def transcription_available_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transcription_available_url``. Default ``"POST"``."""

    @property
    def recording_available_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``recording_available_url``. Default ``"POST"``."""

    @property
    def file_format(self) -> Literal["mp3", "wav"] | None:
        """Format of the audio file. Default ``"wav"``."""

    @property
    def recording_name(self) -> str | None:
        """Name of the recording."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class StartRecording(Verb):
    """Records the call or the conference while the following verbs run, until ``StopRecording``.

    Credentials may only be sent to ``https`` URLs.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startRecording
    """

    def __init__(
        self,
        *,
        recording_available_url: Link = ...,
        multi_channel: bool = ...,
        transcribe: bool = ...,
        detect_language: bool = ...,
        transcription_available_url: Link = ...,
        transcription_available_method: Literal["GET", "POST"] = ...,
        recording_available_method: Literal["GET", "POST"] = ...,
        file_format: Literal["mp3", "wav"] = ...,
        recording_name: str = ...,
        username: str = ...,
        password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def recording_available_url(self) -> Link | None:
        """Notified when the recording can be fetched. Receives ``recordingAvailable``,
        ``conferenceRecordingAvailable``.
        """

    @property
    def multi_channel(self) -> bool | None:
        """Whether each side is recorded on a channel of its own. Default ``False``."""

    @property
    def transcribe(self) -> bool | None:
        """Whether the recording is transcribed; works for recordings of 0.5 seconds to 4 hours. Default
        ``False``.
        """

    @property
    def detect_language(self) -> bool | None:
        """Whether the transcription detects the language; used only with ``transcribe``. Default
        ``False``.
        """

    @property
    def transcription_available_url(self) -> Link | None:
        """Notified when the transcription can be fetched. Receives ``transcriptionAvailable``."""

    @property
    def transcription_available_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transcription_available_url``. Default ``"POST"``."""

    @property
    def recording_available_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``recording_available_url``. Default ``"POST"``."""

    @property
    def file_format(self) -> Literal["mp3", "wav"] | None:
        """Format of the audio file. Default ``"wav"``."""

    @property
    def recording_name(self) -> str | None:
        """Name of the recording."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class PauseRecording(Verb):
    """Pauses the recording that ``StartRecording`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/pauseRecording
    """

    def __init__(self) -> None: ...

class ResumeRecording(Verb):
    """Resumes the recording that ``PauseRecording`` paused.

    Source: https://dev.bandwidth.com/docs/voice/bxml/resumeRecording
    """

    def __init__(self) -> None: ...

class StopRecording(Verb):
    """Stops the recording that ``StartRecording`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopRecording
    """

    def __init__(self) -> None: ...

class StartStream(Verb):
    """Sends the audio of the call to a websocket while the following verbs run.

    Credentials may only be sent to an ``https`` URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startStream
    """

    def __init__(
        self,
        *children: StreamParam,
        destination: str,
        name: str = ...,
        mode: Literal["unidirectional", "bidirectional"] = ...,
        tracks: Literal["inbound", "outbound", "both"] = ...,
        destination_username: str = ...,
        destination_password: str = ...,
        stream_event_url: Link = ...,
        stream_event_method: Literal["GET", "POST"] = ...,
        username: str = ...,
        password: str = ...,
    ) -> None: ...
    @property
    def destination(self) -> str:
        """URL of the websocket that receives the audio, ``wss://...``. Must be a URL that begins with
        wss:// or ws://.
        """

    @property
    def name(self) -> str | None:
        """Name for ``StopStream``, unique on this call; without it, Bandwidth generates one."""

    @property
    def mode(self) -> Literal["unidirectional", "bidirectional"] | None:
        """Whether audio may come back. Default ``"unidirectional"``."""

    @property
    def tracks(self) -> Literal["inbound", "outbound", "both"] | None:
        """Side of the call that is sent, as Bandwidth sees it. Default ``"inbound"``."""

    @property
    def destination_username(self) -> str | None:
        """Username for the destination."""

    @property
    def destination_password(self) -> str | None:
        """Password for the destination."""

    @property
    def stream_event_url(self) -> Link | None:
        """Notified when the stream starts, is rejected and stops. Receives ``mediaStreamStarted``,
        ``mediaStreamRejected``, ``mediaStreamStopped``.
        """

    @property
    def stream_event_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``stream_event_url``. Default ``"POST"``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

class StopStream(Verb):
    """Stops a stream that ``StartStream`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopStream
    """

    def __init__(self, *, name: str, wait: bool = ...) -> None: ...
    @property
    def name(self) -> str:
        """Name of the stream."""

    @property
    def wait(self) -> bool | None:
        """Whether to wait until the websocket is closed. Default ``False``."""

class StartTranscription(Verb):
    """Transcribes the call while the following verbs run.

    Credentials may only be sent to an ``https`` URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/startTranscription
    """

    def __init__(
        self,
        *children: CustomParam,
        name: str = ...,
        tracks: Literal["inbound", "outbound", "both"] = ...,
        transcription_event_url: Link = ...,
        transcription_event_method: Literal["GET", "POST"] = ...,
        destination: str = ...,
        stabilized: bool = ...,
        detect_language: bool = ...,
        preferred_languages: str = ...,
        username: str = ...,
        password: str = ...,
    ) -> None: ...
    @property
    def name(self) -> str | None:
        """Name for ``StopTranscription``, unique on this call; without it, Bandwidth generates one."""

    @property
    def tracks(self) -> Literal["inbound", "outbound", "both"] | None:
        """Side of the call that is transcribed, as Bandwidth sees it. Default ``"inbound"``."""

    @property
    def transcription_event_url(self) -> Link | None:
        """Notified when the transcription starts, is rejected, stops and can be fetched. Receives
        ``realTimeTranscriptionStarted``, ``realTimeTranscriptionRejected``,
        ``realTimeTranscriptionStopped``, ``realTimeTranscriptionAvailable``.
        """

    @property
    def transcription_event_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``transcription_event_url``. Default ``"POST"``."""

    @property
    def destination(self) -> str | None:
        """URL of the websocket that receives the text while it is spoken, ``wss://...``. Must be a URL
        that begins with wss:// or ws://.
        """

    @property
    def stabilized(self) -> bool | None:
        """Whether text that was sent changes little afterwards; needs a ``destination``. Default ``True``."""

    @property
    def detect_language(self) -> bool | None:
        """Whether Bandwidth detects the language. Default ``False``."""

    @property
    def preferred_languages(self) -> str | None:
        """Languages separated by commas, one dialect of each; not with ``detect_language``. Default
        ``"en-US"``.
        """

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

class StopTranscription(Verb):
    """Stops a transcription that ``StartTranscription`` began.

    Source: https://dev.bandwidth.com/docs/voice/bxml/stopTranscription
    """

    def __init__(self, *, name: str = ...) -> None: ...
    @property
    def name(self) -> str | None:
        """Name of the transcription; without it, all live transcriptions of the call end."""

class Redirect(Verb):
    """Continues with the BXML of another URL.

    Source: https://dev.bandwidth.com/docs/voice/bxml/redirect
    """

    def __init__(
        self,
        *,
        redirect_url: Link,
        redirect_method: Literal["GET", "POST"] = ...,
        redirect_fallback_url: Link = ...,
        redirect_fallback_method: Literal["GET", "POST"] = ...,
        username: str = ...,
        password: str = ...,
        fallback_username: str = ...,
        fallback_password: str = ...,
        tag: str = ...,
    ) -> None: ...
    @property
    def redirect_url(self) -> Link:
        """Requested for the BXML that runs next; the verbs after ``Redirect`` do not run. Receives
        ``redirect``.
        """

    @property
    def redirect_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``redirect_url``. Default ``"POST"``."""

    @property
    def redirect_fallback_url(self) -> Link | None:
        """Requested when ``redirect_url`` fails. Receives ``redirect``."""

    @property
    def redirect_fallback_method(self) -> Literal["GET", "POST"] | None:
        """HTTP method of the requests to ``redirect_fallback_url``. Default ``"POST"``."""

    @property
    def username(self) -> str | None:
        """Username for the requests to the URLs of this element."""

    @property
    def password(self) -> str | None:
        """Password for the requests to the URLs of this element."""

    @property
    def fallback_username(self) -> str | None:
        """Username for the requests to the fallback URLs of this element."""

    @property
    def fallback_password(self) -> str | None:
        """Password for the requests to the fallback URLs of this element."""

    @property
    def tag(self) -> str | None:
        """Tag sent with this and all later callbacks of the call; ``""`` clears it. Must have at most 256
        characters.
        """

class Hangup(Verb):
    """Hangs up, or rejects a call that is not answered yet.

    Source: https://dev.bandwidth.com/docs/voice/bxml/hangup
    """

    def __init__(self) -> None: ...

class Tag(Verb):
    """Sets the tag that is sent with all later callbacks of the call; an empty text clears it.

    Source: https://dev.bandwidth.com/docs/voice/bxml/tag
    """

    def __init__(self, text: str = "", /) -> None: ...

class Response(Document):
    """The reply to a callback; its verbs run in order. An empty one hangs up.

    Source: https://dev.bandwidth.com/docs/voice/bxml/about
    """

    def __init__(self, *children: Verb) -> None: ...

class Bxml(Document):
    """BXML that is sent to Bandwidth to replace what a call or a conference is running.

    Source: ``PUT /calls/{callId}/bxml`` in Bandwidth's OpenAPI description of the voice API
    """

    def __init__(self, *children: Verb) -> None: ...
