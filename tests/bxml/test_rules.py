"""Each limit and each rule, at its edge and just beyond; the error names the fault."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from functools import partial
from typing import Any, cast

import pytest
from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Bridge,
    Bxml,
    Conference,
    Connect,
    CustomParam,
    Element,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    Response,
    Ring,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopStream,
    StreamParam,
    Tag,
    Transfer,
    UnknownVerb,
    Verb,
    accidental_ends,
    examine,
)
from flask_bandwidth_callbacks.exceptions import BXMLWarning, InvalidBXML

Make = Callable[[], Element]
# Without types, because a type checker would reject many of the calls below.
ELEMENT: dict[str, Any] = dict(ELEMENTS)

ANN = PhoneNumber("+15551112222")
HI = SpeakSentence("Hi")
WSS = "wss://example.com"


def transfer(**attributes: Any) -> Transfer:
    return Transfer(ANN, **attributes)


def forward(**attributes: Any) -> Forward:
    return Forward(**{"to": "+15551112222", **attributes})


def stream(**attributes: Any) -> StartStream:
    return StartStream(**{"destination": WSS, **attributes})


RANGES: list[tuple[Callable[..., Element], str, float, float]] = [
    (Gather, "max_digits", 1, 50),
    (Gather, "inter_digit_timeout", 1, 60),
    (Gather, "first_digit_timeout", 0, 60),
    (Gather, "repeat_count", 0, 2**63 - 1),
    (Gather, "speech_timeout", 0, 2**63 - 1),
    (Pause, "duration", 0.1, 86400),
    (Ring, "duration", 0.1, 86400),
    (Record, "max_duration", 0, 10800),
    (Record, "silence_timeout", 0, 10800),
    (transfer, "call_timeout", 1, 300),
    (forward, "call_timeout", 1, 300),
    (lambda **given: Conference("room", **given), "callback_timeout", 1, 25),
    (lambda **given: SendDtmf("1", **given), "tone_duration", 50, 5000),
    (lambda **given: SendDtmf("1", **given), "tone_interval", 50, 5000),
]


@pytest.mark.parametrize(("element", "name", "low", "high"), RANGES)
def test_ranges(element: Callable[..., Element], name: str, low: float, high: float) -> None:
    """A number is accepted at both ends of its range; beyond them the error names the range."""
    step = 1 if isinstance(low, int) else 0.01
    assert getattr(element(**{name: low}), name) == low
    assert getattr(element(**{name: high}), name) == high
    for value in (low - step, high + 1):
        with pytest.raises(InvalidBXML) as caught:
            element(**{name: value})
        (fault,) = caught.value.faults
        verb = fault.partition(" ")[0]
        assert fault == f"{verb} {name}={value}: must be from {low} to {high}"
        assert verb in ELEMENTS
        assert not isinstance(caught.value, TypeError)


LENGTHS: list[tuple[Callable[..., Element], str, int]] = [
    *(
        (element.replace, "tag", 256)
        for element in (
            *(Gather(), Record(), transfer(), Bridge("c-1"), Conference("room"), StartRecording()),
            *(
                ANN,
                SipUri("sip:a@b"),
                Redirect(redirect_url="/"),
                StartGather(dtmf_url="/"),
                Refer(SipUri("sip:a@b")),
            ),
        )
    ),
    (transfer, "transfer_caller_display_name", 256),
    (forward, "caller_display_name", 256),
    (lambda **given: StreamParam(**{"value": "", **given}), "name", 256),
    (lambda **given: StreamParam(**{"name": "", **given}), "value", 2048),
    (lambda **given: CustomParam(**{"value": "", **given}), "name", 256),
    (lambda **given: CustomParam(**{"name": "", **given}), "value", 2048),
]


@pytest.mark.parametrize(("element", "name", "longest"), LENGTHS)
def test_lengths(element: Callable[..., Element], name: str, longest: int) -> None:
    """A text may have as many characters as its limit says, of any kind, and not one more."""
    assert getattr(element(**{name: "\U0001f600" * longest}), name) == "\U0001f600" * longest
    with pytest.raises(InvalidBXML, match=rf" {name}='x+\.\.\.: must have at most {longest} characters$"):
        element(**{name: "x" * (longest + 1)})


@pytest.mark.parametrize(
    ("element", "longest"), [(forward, 256), (SipUri("sip:a@b").replace, 256), (ANN.replace, 350)]
)
def test_user_to_user_lengths(element: Callable[..., Element], longest: int) -> None:
    """The limit of User-To-User values includes their encoding."""
    ending = ";encoding=base64"
    longest_value = "x" * (longest - len(ending)) + ending
    assert element(uui=longest_value).attributes["uui"] == longest_value
    with pytest.raises(InvalidBXML, match=f"must have at most {longest} characters"):
        element(uui=f"x{longest_value}")


VALID: list[Make] = [
    lambda: Response(),
    lambda: Bxml(),
    lambda: Gather(),
    lambda: Gather(*[HI] * 20),
    lambda: Gather(HI, HI, repeat_count=10),
    lambda: Gather(repeat_count=1000),
    lambda: Gather(terminating_digits="0123456789*#ABCDabcd"),
    lambda: Gather(terminating_digits=""),
    lambda: Gather(hints="ignored without speech", language="en-US"),
    lambda: Transfer(*[ANN] * 8),
    lambda: transfer(transfer_caller_id="Anonymous", diversion_reason="away"),
    lambda: transfer(transfer_caller_id="+1"),
    lambda: transfer(transfer_caller_display_name="Ann", privacy=True),
    lambda: stream().replace(children=[StreamParam(name="a", value="b")] * 12),
    lambda: StartTranscription(*[CustomParam(name="a", value="b")] * 12),
    lambda: StartTranscription(stabilized=False, destination="WS://example.com"),
    lambda: StartTranscription(preferred_languages="en-US, fr-FR,en-US", detect_language=False),
    lambda: Connect(*[Endpoint("e-1")] * 30),
    lambda: Connect(),
    lambda: forward(to="sip:ann@example.com"),
    lambda: forward(uui="a;encoding=hex"),
    lambda: ANN.replace(uui="a;encoding=BASE64,b;encoding=jwt"),
    lambda: Conference("A-z_0.9" + "x" * 93),
    lambda: SendDtmf("0123456789*#ABCDabcd,wW"),
    lambda: SendDtmf("1" * 50),
    lambda: SipUri("sips:ann@example.com;transport=tls"),
    lambda: PlayAudio("HTTPS://example.com/a.wav"),
    lambda: PlayAudio("a.wav"),
    lambda: PlayAudio("//example.com/a.wav"),
    lambda: PlayAudio("?a=b:c"),
    lambda: Record(record_complete_url="http://example.com"),
    lambda: Record(record_complete_url="/done", username="u", password="p"),
    lambda: Record(record_complete_url="https://example.com", username="u", password="p"),
    lambda: Record(record_complete_fallback_url="http://example.com", username="u"),
    lambda: Gather(gather_url="http://example.com", username="u", password="p"),
    lambda: Record(detect_language=True),
    lambda: SpeakSentence(Markup("<break/>")),
    lambda: SpeakSentence("x", voice="julie", gender="male", locale="cmn-CN"),
    lambda: Tag(),
    lambda: Tag(" "),
]


@pytest.mark.parametrize("make", VALID)
def test_valid_values(make: Make) -> None:
    """Values that the documentation allows, does not forbid or says are ignored are accepted."""
    assert isinstance(make(), Element)


def _gather(*children: Any, **attributes: Any) -> Gather:
    return Gather(*children, **attributes)


INVALID: list[tuple[Callable[[], object], str]] = [
    # Children
    (lambda: Gather(*[HI] * 21), "Gather: must hold 0 to 20 PlayAudio or SpeakSentence, not 21"),
    (
        lambda: Gather(HI, HI, repeat_count=11),
        "Gather repeat_count=11: must be at most 10 with 2 children",
    ),
    (lambda: _gather(Hangup()), "Gather: cannot hold Hangup, only PlayAudio or SpeakSentence"),
    (lambda: _gather(ANN), "Gather: cannot hold PhoneNumber, which belongs in Transfer"),
    (
        lambda: _gather("Hi"),
        "Gather: cannot hold 'Hi', which is not a BXML element; pass PlayAudio or SpeakSentence",
    ),
    (lambda: _gather([HI]), "which is not a BXML element; pass its members one by one"),
    (lambda: _gather(SpeakSentence), "Gather: cannot hold SpeakSentence, which is not a BXML element"),
    (lambda: _gather(Response()), "Gather: cannot hold Response, only PlayAudio or SpeakSentence"),
    (lambda: Transfer(), "Transfer: must hold 1 to 8 PhoneNumber or SipUri, not 0"),
    (lambda: Transfer(*[ANN] * 9), "Transfer: must hold 1 to 8 PhoneNumber or SipUri, not 9"),
    (lambda: Refer(), "Refer: must hold 1 SipUri, not 0"),
    (lambda: Refer(*[SipUri("sip:a@b")] * 2), "Refer: must hold 1 SipUri, not 2"),
    (
        lambda: stream().replace(children=[StreamParam(name="a", value="b")] * 13),
        "must hold 0 to 12 StreamParam",
    ),
    (lambda: StartTranscription(*[CustomParam(name="a", value="b")] * 13), "must hold 0 to 12 CustomParam"),
    (lambda: Hangup().replace(children=[HI]), "Hangup: cannot hold SpeakSentence"),
    (lambda: Response(*[Response()]), "Response: cannot hold Response, only verbs"),  # type: ignore[arg-type]
    (lambda: Response(*[SipUri("sip:a@b")]), "cannot hold SipUri, which belongs in Transfer or Refer"),  # type: ignore[arg-type]
    (lambda: Bxml(*[Endpoint("e-1")]), "Bxml: cannot hold Endpoint, which belongs in Connect"),  # type: ignore[arg-type]
    # Required attributes
    (lambda: ELEMENT["Redirect"](), "Redirect redirect_url: must be given"),
    (lambda: Redirect(redirect_url="/").replace(redirect_url=None), "Redirect redirect_url: must be given"),
    (lambda: ELEMENT["StartGather"](), "StartGather dtmf_url: must be given"),
    (lambda: ELEMENT["Forward"](), "Forward to: must be given"),
    (lambda: ELEMENT["StopStream"](), "StopStream name: must be given"),
    (lambda: ELEMENT["StartStream"](), "StartStream destination: must be given"),
    (lambda: ELEMENT["StreamParam"](), "StreamParam name: must be given; StreamParam value: must be given"),
    # Text
    (lambda: SpeakSentence(" \n"), r"SpeakSentence text=' \n': must not be blank"),
    (lambda: SpeakSentence(Markup(" ")), "must not be blank"),
    (lambda: Bridge(" "), "Bridge text=' ': must not be blank"),
    (lambda: Endpoint(""), "Endpoint text='': must not be blank"),
    (lambda: PhoneNumber("15551112222"), "PhoneNumber text='15551112222': must be + and digits"),
    (lambda: PhoneNumber("+"), "must be + and digits"),
    (lambda: PhoneNumber("+1\u0661"), "must be + and digits"),
    (lambda: SipUri("ann@example.com"), "must be a SIP URI such as sip:user@host"),
    (lambda: SipUri("sip:a b@example.com"), "must be a SIP URI"),
    (lambda: Conference("two words"), "Conference text='two words': must be a name of 1 to 100 letters"),
    (lambda: Conference("x" * 101), "must be a name of 1 to 100 letters"),
    (lambda: Conference(""), "must be a name of 1 to 100 letters"),
    (lambda: SendDtmf("E"), "SendDtmf text='E': must be 1 to 50 tones"),
    (lambda: SendDtmf("1" * 51), "must be 1 to 50 tones"),
    (lambda: SendDtmf(" "), "must be 1 to 50 tones"),
    # URLs
    *(
        (lambda url=url: PlayAudio(url), "must be an absolute http(s) URL or one relative to the document")
        for url in (
            "",
            " ",
            "ftp://example.com/a.wav",
            "tel:+1",
            "http:/a.wav",
            "https://",
            "a b.wav",
            "a\x00.wav",
            "http://[example.com/a.wav",
            "//[",
            "http://example.com:http/a.wav",
            "http://example.com:99999/a.wav",
        )
    ),
    # URLs whose host depends on who reads them
    *(
        (lambda url=url: Gather(gather_url=url), "must be an absolute http(s) URL or one relative")
        for url in (
            r"https://evil.example\@your.host/x",
            r"https:\\evil.example/x",
            r"https:/\evil.example/x",
            r"/\evil.example/x",
            r"\/evil.example/x",
            r"\\evil.example\x",
            r"//evil.example\@your.host",
            r"menu\x",
            "///evil.example/x",
            "////evil.example/x",
            "//",
            "//?x",
            "//#x",
            "https:///evil.example/x",
            "https://@/x",
            "//:80/x",
        )
    ),
    *(
        (lambda url=url: stream(destination=url), "must be a URL that begins with wss:// or ws://")
        for url in (r"wss://evil.example\@your.host/x", "wss:///evil.example/x")
    ),
    (lambda: Gather(gather_url="\ud800"), "Gather gather_url='\\ud800': must be an absolute http(s) URL"),
    (lambda: stream(destination="https://example.com"), "must be a URL that begins with wss:// or ws://"),
    (lambda: stream(destination="wss://"), "must be a URL that begins with wss:// or ws://"),
    (
        lambda: Record(record_complete_url="http://example.com", username="u"),
        "Record record_complete_url='http://example.com': must be https, because username and password are",
    ),
    (
        lambda: Record(record_complete_fallback_url="HTTP://example.com", fallback_password="p"),
        "must be https, because fallback_username and fallback_password are sent there",
    ),
    (lambda: StartRecording(transcription_available_url="http://a", password="p"), "must be https"),
    (lambda: stream(stream_event_url="http://a", password="p"), "must be https"),
    (lambda: StartTranscription(transcription_event_url="http://a", password="p"), "must be https"),
    # Words and patterns
    (lambda: ELEMENT["Gather"](gather_method="get"), "Gather gather_method='get': must be GET or POST"),
    (lambda: ELEMENT["Record"](file_format="ogg"), "Record file_format='ogg': must be mp3 or wav"),
    (lambda: ELEMENT["Gather"](input="keys"), "Gather input='keys': must be dtmf, speech or dtmf_speech"),
    (
        lambda: Gather(terminating_digits="E"),
        "Gather terminating_digits='E': must be keys of 0-9, *, # and A-D",
    ),
    (lambda: Record(terminating_digits="+"), "must be keys of 0-9, *, # and A-D"),
    (
        lambda: transfer(transfer_caller_id="Nobody"),
        "must be + and digits, or Private, Restricted, Unavailable or",
    ),
    (
        lambda: forward(from_="sip:ann@example.com"),
        "Forward from_='sip:ann@example.com': must be + and digits, or",
    ),
    (lambda: forward(to="Restricted"), "Forward to='Restricted': must be + and digits, or a SIP URI"),
    (lambda: transfer(transfer_caller_display_name="a\x07"), "must not hold control characters"),
    (lambda: forward(caller_display_name="a\x85"), "must not hold control characters"),
    *(
        (lambda uui=uui: forward(uui=uui), "each ending in ;encoding=base64, ;encoding=jwt or ;encoding=hex")
        for uui in ("", "a", "a;encoding=utf-8", "a;encoding=hex,b", "a;encoding=hex,", "a;encoding=hexa")
    ),
    # Between attributes
    (lambda: StartTranscription(stabilized=True), "stabilized=True: must be given together with destination"),
    (
        lambda: StartTranscription(preferred_languages="en-US", detect_language=True),
        "preferred_languages='en-US': must not be given while detect_language is true",
    ),
    (
        lambda: StartTranscription(preferred_languages="en-US,fr-FR,EN-gb"),
        "must name one dialect per language, not en-US and EN-gb",
    ),
    # Names of unknown elements
    (lambda: UnknownVerb("Hangup"), "UnknownVerb name='Hangup': must not be the name of a known element."),
    (lambda: UnknownVerb("Response"), "must not be the name of a known element. Use its class"),
    (lambda: UnknownVerb("a b"), "UnknownVerb name='a b': must be a name of letters"),
    (lambda: UnknownVerb("X", extra={"a=": "b"}), "UnknownVerb extra='a=': must be a name of letters"),
]


@pytest.mark.parametrize(("make", "message"), INVALID)
def test_invalid_values(make: Callable[[], object], message: str) -> None:
    """A broken rule raises an error that names the verb, the attribute, the value and the rule."""
    with pytest.raises(InvalidBXML) as caught:
        make()
    assert message in str(caught.value)
    assert caught.value.faults


class Method(StrEnum):
    GET = "GET"


class Digits(IntEnum):
    FOUR = 4


WRONG_TYPES: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    *(
        (Gather, {"max_digits": value}, f"Gather max_digits={value!r}: must be a whole number")
        for value in cast(tuple[Any, ...], (True, "1", 1.0, Decimal(1), ()))
    ),
    *(
        (Pause, {"duration": value}, f"Pause duration={value!r}: must be a number")
        for value in cast(tuple[Any, ...], (True, "1", Decimal(1), 1j))
    ),
    *(
        (Ring, {"answer_call": value}, "must be true or false")
        for value in cast(tuple[Any, ...], (0, "true", ()))
    ),
    (Gather, {"tag": 1}, "Gather tag=1: must be text (str)"),
    (Gather, {"tag": b"a"}, "must be text (str)"),
    (Gather, {"gather_url": 1}, "Gather gather_url=1: must be a URL (str), a handler or a CallbackBlueprint"),
    (Gather, {"gather_method": 1}, "must be GET or POST"),
    (lambda: SpeakSentence(1), {}, "SpeakSentence text=1: must be text (str)"),  # type: ignore[arg-type]
    (lambda: Tag(None), {}, "Tag text: must be text (str)"),  # type: ignore[arg-type]
    (lambda: UnknownVerb("X", 1), {}, "UnknownVerb content=1: must be plain text (str) or a verb"),  # type: ignore[arg-type]
    (lambda: UnknownVerb("X", Response()), {}, "must be plain text (str) or a verb"),
    (lambda: UnknownVerb("X").replace(children=[1]), {}, "X content=1: must be"),  # type: ignore[list-item]
    (lambda: UnknownVerb("X", extra={"a": 1}), {}, "UnknownVerb a=1: must be plain text (str)"),  # type: ignore[dict-item]
    (lambda: UnknownVerb(1), {}, "UnknownVerb name=1: must be a name"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "given", "message"), WRONG_TYPES)
def test_wrong_types(make: Callable[..., object], given: dict[str, Any], message: str) -> None:
    """A value of a wrong type raises an error that is a TypeError as well."""
    with pytest.raises(InvalidBXML) as caught:
        make(**given)
    assert message in str(caught.value)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(value: float) -> None:
    """NaN and the infinities are not accepted as numbers."""
    with pytest.raises(InvalidBXML, match=f"Gather speech_timeout={value}: must be a number"):
        Gather(speech_timeout=value)


def test_very_large_numbers() -> None:
    """A number with more digits than Python writes raises the same error as any other that is too large."""
    with pytest.raises(InvalidBXML, match="Gather repeat_count=<a very large int>: must be from 0 to"):
        Gather(repeat_count=10**5000)


def test_enumerations_of_the_application() -> None:
    """Members of an application's own enumerations are written as their values."""
    gather = Gather(gather_method=Method.GET, max_digits=Digits.FOUR)  # type: ignore[arg-type]
    assert gather.to_bxml() == '<Gather gatherMethod="GET" maxDigits="4"/>'


def test_all_faults_of_a_verb_at_once() -> None:
    """The error lists all faults of a verb."""
    with pytest.raises(InvalidBXML) as caught:
        _gather(Hangup(), max_digits=0, repeat_count="x", tag="x" * 257)
    assert caught.value.faults == (
        "Gather: cannot hold Hangup, only PlayAudio or SpeakSentence",
        "Gather max_digits=0: must be from 1 to 50",
        "Gather repeat_count='x': must be a whole number",
        f"Gather tag='{'x' * 79}...: must have at most 256 characters",
    )
    assert str(caught.value) == "; ".join(caught.value.faults)


def test_a_faulty_attribute_counts_as_given() -> None:
    """A faulty attribute is not reported as missing as well."""
    with pytest.raises(InvalidBXML) as caught:
        StartTranscription(destination="x", stabilized=True, preferred_languages=1)  # type: ignore[arg-type]
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "StartTranscription destination='x'",
        "StartTranscription preferred_languages=1",
    ]


def test_passwords_stay_out_of_messages() -> None:
    """The error about a password does not show the password."""
    with pytest.raises(InvalidBXML, match=r"^Gather password='\*\*\*': must be text \(str\)$"):
        Gather(password=12345)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"max_digit": 1},
            "Gather() got an unexpected keyword argument 'max_digit'; did you mean 'max_digits'?",
        ),
        ({"maxDigits": 1}, "did you mean 'max_digits'?"),
        ({"url": "/"}, "Gather() got an unexpected keyword argument 'url'; did you mean 'gather_url'?"),
        ({"zzz": 1}, "Gather() got an unexpected keyword argument 'zzz'"),
        ({"zzz": None}, "Gather() got an unexpected keyword argument 'zzz'"),
    ],
)
def test_misspelt_attributes(given: dict[str, Any], message: str) -> None:
    """An unknown keyword raises a TypeError, as for any function, that names the most similar attribute."""
    for make in (Gather, Gather().replace):
        with pytest.raises(TypeError) as caught:
            make(**given)
        assert str(caught.value).endswith(message)
        assert not isinstance(caught.value, InvalidBXML)


def test_verbs_without_attributes() -> None:
    """A verb without attributes accepts no keyword."""
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        Hangup(tag="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'tag'"):
        UnknownVerb("X").replace(tag="x")


def test_none_is_not_given() -> None:
    """An attribute that is None counts as not given."""
    assert Gather(max_digits=None, tag="") == Gather(tag="")  # type: ignore[arg-type]
    assert StopStream(name="a", wait=None) == StopStream(name="a")  # type: ignore[arg-type]


# -- Sets of words to which Bandwidth adds -------------------------------------------------------------------

VOICES = [
    *(
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
    ),
    *("jorge", "rosa", "jolie", "bernard", "paola", "luca", "masako", "kenji", "nadiya", "anatoli", "zeina"),
    *(
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
    ),
    *("miguel", "joey", "penelope", "russell", "emma", "nicole", "raveena", "mads", "naja", "justin", "ivy"),
    *("carmen", "ruben", "geraint", "salli_enh", "joey_enh", "emma_enh", "ivy_enh"),
]


def test_all_known_voices_are_taken() -> None:
    """Each of the 51 voices that are known today is taken without a warning."""
    assert len(VOICES) == 51
    for voice in VOICES:
        assert (
            SpeakSentence("Hi", voice=voice).to_bxml() == f'<SpeakSentence voice="{voice}">Hi</SpeakSentence>'
        )


@pytest.mark.parametrize(
    ("make", "name", "word", "nearest"),
    [
        (partial(SpeakSentence, "Hi"), "voice", "sally", "salli"),
        (partial(SpeakSentence, "Hi"), "voice", "JULIE", "julie"),
        (partial(SpeakSentence, "Hi"), "locale", "en-US", "en_US"),
        (partial(SpeakSentence, "Hi"), "locale", "es_MC", "es_MX"),
        (transfer, "diversion_reason", "user_busy", "user-busy"),
        (forward, "diversion_reason", "x" * 100_000, None),
        (forward, "diversion_reason", 'a"<b>&\x00', None),
    ],
)
def test_another_word_is_kept_with_a_warning(
    make: Callable[..., Element], name: str, word: str, nearest: str | None
) -> None:
    """A voice, locale or reason that is not known is kept as it is, and the warning names the nearest one."""
    with pytest.warns(BXMLWarning, match=rf" {name}='.* the nearest is '{nearest or '.+'}'$") as caught:
        element = make(**{name: word})
    (warning,) = caught
    assert warning.filename == __file__
    document, oddities = examine(Response(cast(Verb, element)).to_bxml())
    assert document.children == (element,)
    assert len(oddities) == 1


@pytest.mark.parametrize("word", ["", " ", 7, None.__class__, Markup("julie"), ["julie"]])
def test_a_word_must_still_be_a_word(word: object) -> None:
    """Blank text, Markup and what is not a text are faults, of a voice as of any other attribute."""
    with pytest.raises(InvalidBXML, match="SpeakSentence voice="):
        ELEMENT["SpeakSentence"]("Hi", voice=word)


# -- URLs and texts that others read in another way ----------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        *(r"https://evil\@your.host/x", r"\\evil/x", r"/\evil/x", r"\/evil/x", "///evil/x", "////evil/x"),
        *(r"https:\\evil/x", r"/x\..\y", "https:///evil/x", "https:/evil/x", r"//your.host\@evil"),
    ],
)
def test_a_url_leads_to_one_host(url: str) -> None:
    """A URL that some readers take for another host than others do is refused wherever a verb holds one."""
    for make in (
        lambda: Gather(gather_url=url),
        lambda: Redirect(redirect_url=url),
        lambda: PlayAudio(url),
        lambda: Transfer(PhoneNumber("+1555", transfer_answer_url=url)),
    ):
        with pytest.raises(InvalidBXML, match=r"without white space or backslashes$"):
            make()
    with pytest.raises(InvalidBXML, match=r"must be a URL that begins with wss:// or ws://"):
        stream(destination=url.replace("https:", "wss:"))


@pytest.mark.parametrize("url", ["/a///b", "//host/x", "https://host///x", "?a=///", "a/b", "#///"])
def test_slashes_elsewhere_are_taken(url: str) -> None:
    """Slashes that do not stand at the beginning have one meaning."""
    assert Gather(gather_url=url).gather_url == url


class Shouted(str):
    """A text that every method but those of str itself shows in another way."""

    __slots__ = ()

    def __str__(self) -> str:
        return "SHOUTED"

    def __format__(self, specification: str) -> str:
        return "SHOUTED"

    def replace(self, *arguments: Any) -> str:
        return "SHOUTED"

    def strip(self, *arguments: Any) -> str:
        return "SHOUTED"


class Word(str, Enum):  # noqa: UP042  # unlike that of a StrEnum, its str() is not its value
    TEXT = "a <b>"
    NUMBER = "+1555"
    URL = "/menu"
    GET = "GET"
    VOICE = "julie"
    NAME = "New"


@pytest.mark.parametrize("kind", [Word, Shouted])
def test_a_subclass_of_str_is_written_by_its_value(kind: Callable[[str], Any]) -> None:
    """A member of an enumeration, or any other such text, has its value in texts, attributes and names."""
    made = Response(
        Gather(
            SpeakSentence(kind("a <b>"), voice=kind("julie")),
            PlayAudio(kind("/menu")),
            gather_url=kind("/menu"),
            gather_method=kind("GET"),
            tag=kind("a <b>"),
            username=kind("a <b>"),
            password=kind("a <b>"),
        ),
        Transfer(PhoneNumber(kind("+1555")), transfer_caller_id=kind("+1555")),
        Forward(to=kind("+1555")),
        Tag(kind("a <b>")),
        UnknownVerb(kind("New"), kind("a <b>"), extra={kind("New"): kind("a <b>")}),
        UnknownVerb("Other", "x").replace(text=kind("a <b>")),
    )
    plain = Response(
        Gather(
            SpeakSentence("a <b>", voice="julie"),
            PlayAudio("/menu"),
            gather_url="/menu",
            gather_method="GET",
            tag="a <b>",
            username="a <b>",
            password="a <b>",
        ),
        Transfer(PhoneNumber("+1555"), transfer_caller_id="+1555"),
        Forward(to="+1555"),
        Tag("a <b>"),
        UnknownVerb("New", "a <b>", extra={"New": "a <b>"}),
        UnknownVerb("Other", "a <b>"),
    )
    assert made.to_bxml() == plain.to_bxml()
    assert made == plain
    assert f"{cast(Gather, made.children[0]).tag} {cast(Tag, made.children[3]).text}" == "a <b> a <b>"


# -- Documents that end by accident --------------------------------------------------------------------------

AGENT = StartStream(destination=WSS, name="s", mode="bidirectional")


@pytest.mark.parametrize(
    "after",
    [
        (),
        (Tag("x"),),
        (StartRecording(), StartGather(dtmf_url="/")),
        (StopStream(name="s"),),
        (StopStream(name="other", wait=False),),
        (stream(),),
    ],
)
def test_a_document_must_not_end_with_a_conversation(after: tuple[Verb, ...]) -> None:
    """A document in which nothing takes time after a bidirectional stream has started is a finding."""
    (fault,) = accidental_ends(Response(SpeakSentence("Hi"), AGENT, *after))
    assert "ends as soon as its bidirectional StartStream has started" in fault
    assert "StopStream(name='s', wait=True)" in fault


@pytest.mark.parametrize(
    "verbs",
    [
        (),
        (stream(),),
        (AGENT, StopStream(name="s", wait=True)),
        (AGENT, Tag("x"), Pause(duration=60)),
        (AGENT, Hangup()),
        (AGENT, Redirect(redirect_url="/")),
        (AGENT, UnknownVerb("New")),
    ],
)
def test_a_document_may_end_otherwise(verbs: tuple[Verb, ...]) -> None:
    """A document that waits, goes on elsewhere or hangs up on purpose after a stream is not a finding."""
    assert accidental_ends(Response(*verbs)) == []
