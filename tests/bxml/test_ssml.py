"""SSML is passed as Markup, checked, and brought to a canonical form."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import BXMLWarning, Response, SpeakSentence, examine, parse, render
from flask_bandwidth_callbacks.exceptions import InvalidBXML
from tests.bxml import strategies


def test_text_is_not_ssml() -> None:
    """The same characters are written differently as text and as SSML, and are not equal."""
    assert SpeakSentence("<s>x</s>") != SpeakSentence(Markup("<s>x</s>"))
    assert SpeakSentence("<s>x</s>").to_bxml() == "<SpeakSentence>&lt;s&gt;x&lt;/s&gt;</SpeakSentence>"
    assert SpeakSentence(Markup("<s>x</s>")).to_bxml() == "<SpeakSentence><s>x</s></SpeakSentence>"
    assert len({SpeakSentence("<s>x</s>"), SpeakSentence(Markup("<s>x</s>"))}) == 2
    assert Response(SpeakSentence("<s>x</s>")) != Response(SpeakSentence(Markup("<s>x</s>")))


def test_markup_without_an_element_is_text() -> None:
    """Markup without an element equals the text that it spells."""
    sentence = SpeakSentence(Markup("a &amp; b &lt;c&gt;<!-- d -->"))
    assert sentence == SpeakSentence("a & b <c>")
    assert type(sentence.text) is str


@pytest.mark.parametrize(
    ("ssml", "canonical"),
    [
        ("<break></break>", "<break/>"),
        ("<break  time='1s'   strength = 'weak' />", '<break strength="weak" time="1s"/>'),
        ("<s>a<!-- b -->c<?d e?></s >", "<s>ac</s>"),
        ("<s><![CDATA[<b>&]]></s>", "<s>&lt;b&gt;&amp;</s>"),
        ("<s>&#65;&quot;&apos;&#13;</s>", "<s>A\"'&#13;</s>"),
        ("<sub alias='&lt;&quot;&#10;'>x</sub>", '<sub alias="&lt;&quot;&#10;">x</sub>'),
        ("<p><s></s>x</p>", "<p><s/>x</p>"),
        ("<s>\x00\ufffe</s>", "<s>\ufffd\ufffd</s>"),
    ],
)
def test_canonical_form(ssml: str, canonical: str) -> None:
    """SSML is kept in its canonical form, whether it was passed or parsed."""
    sentence = SpeakSentence(Markup(ssml))
    assert sentence.text == canonical
    assert isinstance(sentence.text, Markup)
    assert SpeakSentence(Markup(canonical)) == sentence
    assert parse(render(sentence)) == Response(sentence)


@settings(max_examples=100, deadline=None)
@given(strategies.ssml())
def test_canonical_form_of_anything(ssml: Markup) -> None:
    """The canonical form of a canonical form is the form itself."""
    once = SpeakSentence(ssml)
    assert once.text is not None
    assert SpeakSentence(once.text).text == once.text


@pytest.mark.parametrize(
    ("ssml", "fault"),
    [
        ("<s>", "mismatched tag at line 1, column 6"),
        ("a\n<s></p>", "mismatched tag at line 2, column 6"),
        (
            "a & b",
            "not well-formed (invalid token) at line 1, column 4; pass text that is not markup as str",
        ),
        ("&nbsp;<s/>", "undefined entity"),
        ("</SpeakSentence><Hangup/><SpeakSentence>", "junk after document element"),
        ("</SpeakSentence>", "must be well-formed SSML"),
        ("<!DOCTYPE a><s/>", "must be well-formed SSML"),
        ("&#0;<s/>", "must be well-formed SSML"),
    ],
)
def test_malformed_ssml(ssml: str, fault: str) -> None:
    """SSML that is not well-formed, or would end its verb, raises an error with the position."""
    with pytest.raises(InvalidBXML) as caught:
        SpeakSentence(Markup(ssml))
    assert fault in str(caught.value)


FAULTS = [
    (
        "<break strength='loud'/>",
        "<break> strength='loud' must be none, x-weak, weak, medium, strong or x-strong",
    ),
    ("<break time='11s'/>", "<break> time='11s' must be a duration such as 1s or 500ms, at most 10s"),
    ("<break time='10001ms'/>", "at most 10s"),
    ("<break time='1'/>", "must be a duration"),
    ("<break time='-1s'/>", "must be a duration"),
    ("<emphasis level='x'/>", "<emphasis> level='x' must be strong, moderate or reduced"),
    (
        "<prosody pitch='1'/>",
        "<prosody> pitch='1' must be x-low, low, medium, high, x-high, default or a relative",
    ),
    ("<prosody rate='-5%'/>", "or a percentage such as 120%"),
    ("<prosody volume='6'/>", "or decibels such as +1dB"),
    ("<Hangup/>", "<Hangup> is BXML and cannot stand in SSML"),
    ("<PhoneNumber>+1</PhoneNumber>", "<PhoneNumber> is BXML and cannot stand in SSML"),
    ("<Response/>", "<Response> is BXML and cannot stand in SSML"),
]


@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.bxml.BXMLWarning")
@pytest.mark.parametrize(("ssml", "fault"), FAULTS)
def test_rules_of_ssml(ssml: str, fault: str) -> None:
    """The documented rules of SSML are checked, whether it was passed or parsed."""
    with pytest.raises(InvalidBXML) as given_:
        SpeakSentence(Markup(ssml))
    assert fault in str(given_.value)
    with pytest.raises(InvalidBXML) as read:
        parse(f"<Response>\n<SpeakSentence>{ssml}</SpeakSentence></Response>")
    assert len(read.value.faults) == 1
    assert read.value.faults[0].startswith("line 2, column 16: SpeakSentence: <")
    assert fault in str(read.value)


@pytest.mark.parametrize(
    ("element", "attribute", "word", "nearest"),
    [
        ("lang", "xml:lang", "en_US", "en-US"),
        ("lang", "xml:lang", "fr-BE", "fr-FR"),
        ("say-as", "interpret-as", "telephones", "telephone"),
        ("say-as", "format", "yyyymd", "ymd"),
    ],
)
def test_words_of_ssml_to_which_bandwidth_adds(element: str, attribute: str, word: str, nearest: str) -> None:
    """A language or a way to speak that is not known is kept, with a warning that names the nearest."""
    ssml = f'<{element} {attribute}="{word}">x</{element}>'
    message = (
        f"<{element}> {attribute}='{word}' is not a word that this version knows; the nearest is {nearest!r}"
    )
    with pytest.warns(BXMLWarning, match=re.escape(message)):
        assert SpeakSentence(Markup(ssml)).text == ssml
    _, (oddity,) = examine(f"<Response><SpeakSentence>{ssml}</SpeakSentence></Response>")
    assert oddity.endswith(f"SpeakSentence: {message}")


@pytest.mark.parametrize(
    "ssml",
    [
        '<break strength="none" time="10s"/>',
        '<break time="10000ms"/><break time="0.5s"/>',
        '<emphasis level="reduced">x</emphasis>',
        '<lang xml:lang="cy-GB">x</lang>',
        "<p><s>x</s></p>",
        '<phoneme ph="tomato">x</phoneme>',
        '<prosody pitch="-15%" rate="120%" volume="-6.5dB">x</prosody>',
        '<prosody pitch="x-high" rate="x-slow" volume="silent">x</prosody>',
        '<say-as format="mdy" interpret-as="date">9/10/2026</say-as>',
        '<sub alias="Bandwidth">BW</sub>',
    ],
)
def test_documented_ssml(ssml: str) -> None:
    """Everything that the documentation shows is accepted without a warning."""
    assert SpeakSentence(Markup(ssml)).text == ssml


def test_all_faults_of_ssml_at_once() -> None:
    """The error lists all faults of a text."""
    with pytest.raises(InvalidBXML) as caught:
        SpeakSentence(Markup("<break time='x'/><break strength='x'/>"))
    assert len(caught.value.faults) == 2


def test_unknown_ssml_is_kept() -> None:
    """Elements and attributes that are not documented are kept, with a warning at the caller's line."""
    with pytest.warns(BXMLWarning) as caught:
        sentence = SpeakSentence(Markup('<audio src="a.wav"/><s role="x">Hi</s>'))
    assert [str(warning.message) for warning in caught] == [
        "SpeakSentence: <audio> is not a known SSML element",
        "SpeakSentence: role is not a known attribute of <s>",
    ]
    assert {warning.filename for warning in caught} == {__file__}
    assert examine(render(sentence)) == (
        Response(sentence),
        (
            "line 2, column 26: SpeakSentence: <audio> is not a known SSML element",
            "line 2, column 46: SpeakSentence: role is not a known attribute of <s>",
        ),
    )


def test_ssml_is_not_examined_twice() -> None:
    """A sentence that is put into another verb causes no second warning."""
    with pytest.warns(BXMLWarning):
        sentence = SpeakSentence(Markup("<audio/>"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Response(sentence).replace(children=[sentence, sentence]).children == (sentence, sentence)
