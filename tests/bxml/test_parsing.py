"""Reading documents: the faults with their places, what is odd, what is refused outright."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Bxml,
    BXMLWarning,
    Forward,
    Gather,
    Hangup,
    Pause,
    PlayAudio,
    Redirect,
    Response,
    SpeakSentence,
    Tag,
    UnknownVerb,
    examine,
    parse,
    render,
)
from flask_bandwidth_callbacks.exceptions import InvalidBXML
from tests.bxml import strategies


def faults_of(document: str | bytes) -> tuple[str, ...]:
    with pytest.raises(InvalidBXML) as caught:
        parse(document)
    return caught.value.faults


def test_a_document_as_people_write_it() -> None:
    """Layout, comments, instructions, CDATA and white space around identifiers are ignored; text is kept."""
    document = parse(
        """<?xml version="1.0" encoding="UTF-8"?>
        <!-- a menu -->
        <Response>
            <?an instruction?>
            <Gather gatherUrl='/menu?a=1&amp;b=2' maxDigits="1" firstDigitTimeout="5.0"
                    profanityFilter="false">
                <SpeakSentence voice="kate"> Hello <!-- dear --> <![CDATA[<you>]]></SpeakSentence>
                <PlayAudio>
                    https://example.com/a.wav
                </PlayAudio>
            </Gather>
            <Bridge> c-95ac8d6e </Bridge>
            <Forward from="Anonymous" to="+15551112222" callTimeout="30"/>
            <Tag></Tag>
            <Hangup></Hangup>
        </Response>"""
    )
    assert document == Response(
        Gather(
            SpeakSentence(" Hello  <you>", voice="kate"),
            PlayAudio("https://example.com/a.wav"),
            gather_url="/menu?a=1&b=2",
            max_digits=1,
            first_digit_timeout=5.0,
            profanity_filter=False,
        ),
        Bridge("c-95ac8d6e"),
        Forward(from_="Anonymous", to="+15551112222", call_timeout=30),
        Tag(),
        Hangup(),
    )
    gather = document.children[0]
    assert isinstance(gather, Gather)
    assert isinstance(gather.max_digits, int)
    assert isinstance(gather.first_digit_timeout, float)


@pytest.mark.parametrize("spelling", ["True", "TRUE", "False", " true", "1", "yes", ""])
def test_a_boolean_has_one_spelling(spelling: str) -> None:
    """A boolean in another spelling is a fault: Bandwidth was seen to end a call because of one."""
    assert faults_of(f'<Response><StartRecording multiChannel="{spelling}"/></Response>') == (
        f'line 1, column 11: StartRecording multiChannel="{spelling}": must be true or false',
    )


def test_the_word_none_of_early_sdks_is_an_oddity() -> None:
    """None stands for an attribute that was not given, except where it can be meant, as in a tag."""
    none = " ".join(
        f'{attribute}="None"'
        for attribute in ("gatherUrl", "maxDigits", "profanityFilter", "input", "gatherMethod", "tag")
    )
    document, oddities = examine(
        f'<Response><Gather {none}><SpeakSentence voice="None">Hi</SpeakSentence></Gather></Response>'
    )
    assert document == Response(Gather(SpeakSentence("Hi"), tag="None"))
    assert len(oddities) == 6
    assert oddities[0] == 'line 1, column 11: Gather gatherUrl="None" is read as not given'
    assert faults_of('<Response><Redirect redirectUrl="None"/></Response>') == (
        'line 1, column 11: Redirect redirectUrl="None": must be given',
    )


def test_a_word_that_is_not_known_is_an_oddity() -> None:
    """A word of a set to which Bandwidth adds is kept, and the oddity names it, its place and the nearest."""
    document, oddities = examine(
        '<Response>\n<SpeakSentence voice="miguell" locale="en-US">Hi</SpeakSentence>'
        '<Transfer diversionReason="time-of-year"><PhoneNumber>+1555</PhoneNumber></Transfer></Response>'
    )
    assert [verb.attributes for verb in document.children] == [
        {"voice": "miguell", "locale": "en-US"},
        {"diversion_reason": "time-of-year"},
    ]
    ending = "is not a word that this version knows; the nearest is"
    assert oddities == (
        f"line 2, column 1: SpeakSentence voice=\"miguell\" {ending} 'miguel'",
        f"line 2, column 1: SpeakSentence locale=\"en-US\" {ending} 'en_US'",
        f"line 2, column 65: Transfer diversionReason=\"time-of-year\" {ending} 'time-of-day'",
    )


def test_both_roots() -> None:
    """A document is a Response or a Bxml, and an empty one is legal."""
    assert parse("<Response/>") == Response()
    assert parse(b"<Bxml></Bxml>") == Bxml()
    assert parse("<Bxml/>") != parse("<Response/>")


@pytest.mark.parametrize(
    "document",
    [
        '<?xml version="1.0" encoding="utf-16"?><Response><Tag>\u00e9</Tag></Response>',
        '\ufeff<?xml version="1.0" encoding="nonsense"?><Response><Tag>\u00e9</Tag></Response>',
        "<Response><Tag>\u00e9</Tag></Response>".encode(),
        "\ufeff<Response><Tag>\u00e9</Tag></Response>".encode(),
        '<?xml version="1.0" encoding="iso-8859-1"?><Response><Tag>\u00e9</Tag></Response>'.encode("latin-1"),
        '<?xml version="1.0" encoding="utf-16"?><Response><Tag>\u00e9</Tag></Response>'.encode("utf-16"),
    ],
)
def test_encodings(document: str | bytes) -> None:
    """Bytes are in the encoding that they declare; what a decoded text declares is ignored."""
    assert parse(document) == Response(Tag("\u00e9"))


def test_all_faults_with_their_positions() -> None:
    """Every fault of a document is reported, in the document's order and spelling, with line and column."""
    assert faults_of(
        """<Response>
  <Gather maxDigits="0" gatherMethod="get" repeatCount="x">stray
    <Hangup/> again
    <PhoneNumber>555</PhoneNumber>
  </Gather>
  <Redirect/>
  <Conference>two words</Conference>
  <SpeakSentence> </SpeakSentence>
  <Transfer/><Pause duration="1e3"/><Ring answerCall="yes"/>
  <Record password="secret\x09" recordCompleteUrl="http://example.com" tag="%s"/>
  <Hangup>now</Hangup><Hangup><Hangup/></Hangup><PhoneNumber>+1</PhoneNumber>
  <Response/>
</Response>"""
        % ("x" * 257)
    ) == (
        'line 2, column 3: Gather maxDigits="0": must be from 1 to 50',
        'line 2, column 3: Gather gatherMethod="get": must be GET or POST',
        'line 2, column 3: Gather repeatCount="x": must be a whole number',
        'line 2, column 60: Gather cannot hold text: "stray"',
        "line 3, column 5: Gather cannot hold Hangup, only PlayAudio or SpeakSentence",
        'line 3, column 15: Gather cannot hold text: "again"',
        'line 4, column 5: PhoneNumber text="555": must be + and digits',
        "line 4, column 5: Gather cannot hold PhoneNumber, which belongs in Transfer",
        "line 6, column 3: Redirect redirectUrl: must be given",
        'line 7, column 3: Conference text="two words": must be a name of 1 to 100 letters, digits, '
        "'_', '.' and '-'",
        'line 8, column 3: SpeakSentence text=" ": must not be blank',
        "line 9, column 3: Transfer: must hold 1 to 8 PhoneNumber or SipUri, not 0",
        'line 9, column 14: Pause duration="1e3": must be a number',
        'line 9, column 37: Ring answerCall="yes": must be true or false',
        'line 10, column 3: Record tag="%s...: must have at most 256 characters' % ("x" * 79),
        'line 10, column 3: Record recordCompleteUrl="http://example.com": must be https, because username '
        "and password are sent there",
        'line 11, column 11: Hangup cannot hold text: "now"',
        "line 11, column 31: Hangup cannot hold Hangup",
        "line 11, column 49: Response cannot hold PhoneNumber, which belongs in Transfer",
        "line 12, column 3: Response can only be the root of a document",
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("1.0", "must be a whole number"),
        ("", "must be a whole number"),
        (" 1", "must be a whole number"),
        ("+1", "must be a whole number"),
        ("\u0661", "must be a whole number"),
        ("1_0", "must be a whole number"),
        ("-1", "must be from 1 to 50"),
        ("051", "must be from 1 to 50"),
        ("9" * 400, "must be from 1 to 50"),
        ("9" * 5000, "must be a whole number"),
    ],
)
def test_whole_numbers(value: str, fault: str) -> None:
    """Whole numbers are written in ASCII digits, few enough for Python to read."""
    (message,) = faults_of(f'<Response><Gather maxDigits="{value}"/></Response>')
    assert message.endswith(fault)


@pytest.mark.parametrize("value", ["1.", ".5", "1,5", "1e1", "nan", "inf", "", "9" * 400 + ".0", "1" * 5000])
def test_numbers(value: str) -> None:
    """Numbers are plain decimals: no exponent, no infinity, digits on both sides of the point."""
    (message,) = faults_of(f'<Response><Gather speechTimeout="{value}"/></Response>')
    assert message.endswith("must be a number")


def test_numbers_without_exponent() -> None:
    """The smallest and the largest numbers are written out, and read as they were."""
    verbs = [Gather(speech_timeout=value) for value in (1e-7, 1.5e17, 2.0**62, 10**18, -0.0, 0.1)]
    assert [verb.to_bxml().split('"')[1] for verb in verbs] == [
        "0.0000001",
        "150000000000000000.0",
        "4611686018427388000.0",
        "1000000000000000000",
        "0.0",
        "0.1",
    ]
    assert parse(render(verbs)) == Response(*verbs)


def test_unknown_elements_and_attributes_are_kept() -> None:
    """Unknown elements and attributes are kept, written again, and warned about at the caller's line."""
    document = (
        '<Response room="1"><Gather newOne="&lt;1&gt;" tag="x">'
        '<Whisper to="b">Hi <Hangup/> there<New/></Whisper>'
        "</Gather><Transfer><Fax>+1</Fax></Transfer><PlayAudio>/a.wav<Loop/></PlayAudio></Response>"
    )
    with pytest.warns(BXMLWarning) as caught:
        parsed = parse(document)
    assert [str(warning.message) for warning in caught] == [
        "line 1, column 1: room is not a known attribute of Response",
        "line 1, column 20: newOne is not a known attribute of Gather",
        "line 1, column 55: <Whisper> is not a known element",
        "line 1, column 89: <New> is not a known element",
        "line 1, column 124: <Fax> is not a known element",
        "line 1, column 165: <Loop> is not a known element",
    ]
    assert {warning.filename for warning in caught} == {__file__}

    gather, transfer, play = parsed.children
    assert parsed.extra == {"room": "1"}
    assert gather.extra == {"newOne": "<1>"}
    assert gather.attributes == {"tag": "x"}
    (whisper,) = gather.children
    assert isinstance(whisper, UnknownVerb)
    assert whisper == UnknownVerb("Whisper", "Hi ", Hangup(), " there", UnknownVerb("New"), extra={"to": "b"})
    assert (whisper.name, whisper.text, whisper.extra) == ("Whisper", "Hi  there", {"to": "b"})
    assert whisper.children == (Hangup(), UnknownVerb("New"))
    assert transfer.children == (UnknownVerb("Fax", "+1"),)
    assert (play.text, play.children) == ("/a.wav", (UnknownVerb("Loop"),))

    assert examine(render(parsed))[0] == parsed
    assert examine(document) == (parsed, tuple(str(warning.message) for warning in caught))


def test_layout_in_an_unknown_element() -> None:
    """White space between elements is layout in an unknown element, too; elsewhere in it, it is kept."""
    document, _ = examine("<Response><A>\n <Hangup/>\n</A><A> </A><A>\u00a0<Hangup/></A></Response>")
    assert document.children == (
        UnknownVerb("A", Hangup()),
        UnknownVerb("A", " "),
        UnknownVerb("A", "\u00a0", Hangup()),
    )


def test_unknown_elements_do_not_make_too_many() -> None:
    """An unknown element among the children does not count toward the maximum."""
    document, _ = examine(f"<Response><Gather>{'<PlayAudio>a</PlayAudio>' * 20}<New/></Gather></Response>")
    assert len(document.children[0].children) == 21
    (fault,) = faults_of(f"<Response><Gather>{'<PlayAudio>a</PlayAudio>' * 21}<New/></Gather></Response>")
    assert fault.endswith("not 21")


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("", "line 1, column 1: not well-formed XML: no element found"),
        ("<Response>", "line 1, column 11: not well-formed XML: no element found"),
        ("<Response>\n<Gather></Response>", "line 2, column 11: not well-formed XML: mismatched tag"),
        ('<Response a="1" a="2"/>', "line 1, column 17: not well-formed XML: duplicate attribute"),
        ("<Response>&nbsp;</Response>", "line 1, column 11: not well-formed XML: undefined entity"),
        (
            "<Response>\x00</Response>",
            "line 1, column 11: not well-formed XML: not well-formed (invalid token)",
        ),
        (
            "<Response>\ud800</Response>",
            "line 1, column 11: not well-formed XML: not well-formed (invalid token)",
        ),
        (
            b"<Response>\xff</Response>",
            "line 1, column 11: not well-formed XML: not well-formed (invalid token)",
        ),
        ("<Gather/>", "line 1, column 1: the document must be a Response or a Bxml, not <Gather>"),
        ("<html><body/></html>", "line 1, column 1: the document must be a Response or a Bxml, not <html>"),
        ('<?xml version="1.0" encoding="nonsense"?><Response/>', None),
        (
            b'<?xml version="1.0" encoding="nonsense"?><Response/>',
            "line 1, column 1: the encoding must be UTF-8, not nonsense",
        ),
        (
            b'<?xml version="1.0" encoding="utf-7"?><Response/>',
            "line 1, column 1: the encoding must be UTF-8, not utf-7",
        ),
    ],
)
def test_texts_that_are_not_documents(document: str | bytes, fault: str | None) -> None:
    """A text that is not well-formed, or not BXML, raises InvalidBXML with the position of the fault."""
    if fault is None:
        assert parse(document) == Response()
    else:
        (message,) = faults_of(document)
        assert fault in message


def test_faults_before_the_end_of_what_is_readable() -> None:
    """Faults before the position where a document stops being XML are reported too."""
    assert faults_of('<Response>\n<Pause duration="x"/>\n<Gather>') == (
        'line 2, column 1: Pause duration="x": must be a number',
        "line 3, column 9: not well-formed XML: no element found",
    )


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE Response>",
        '<!DOCTYPE Response [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE Response SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Response [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_no_document_types(declaration: str) -> None:
    """Entities, which can grow without limit or read files, cannot be declared."""
    faults = faults_of(f"{declaration}<Response><SpeakSentence>&b;</SpeakSentence></Response>")
    assert [fault.partition(": ")[2] for fault in faults] == ["a document type declaration is not allowed"]


def test_depth() -> None:
    """Elements may be nested deeper than BXML needs, but not so deep that recursion would fail."""
    deep = "<A>" * 63 + "</A>" * 63
    with pytest.warns(BXMLWarning):
        assert parse(f"<Response>{deep}</Response>").children
    assert faults_of(f"<Response>{'<A>' * 100_000}") == (
        "line 1, column 200: elements are nested more than 64 levels deep",
    )


def test_depth_of_ssml() -> None:
    """SSML may be nested to any depth, because no code recurses into it."""
    deep = f"<Response><SpeakSentence>{'<s>' * 50_000}x{'</s>' * 50_000}</SpeakSentence></Response>"
    assert render(parse(deep)).decode().endswith(deep)


FRAGMENTS = st.sampled_from(
    [
        *(
            "<Response>",
            "</Response>",
            "<Gather",
            ' maxDigits="',
            "5",
            "99999999999999999999",
            '"',
            ">",
            "/>",
        ),
        *(
            "</Gather>",
            "<SpeakSentence>",
            "</SpeakSentence>",
            "<break/>",
            "<s>",
            "</s>",
            "<Hangup/>",
            "<New>",
        ),
        *(
            "</New>",
            "<PhoneNumber>",
            "</PhoneNumber>",
            "&#0;",
            "&lt;",
            "&",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
        ),
        *(
            "<!DOCTYPE a [",
            "\x00",
            "\ud800",
            "\ufeff",
            "\n",
            "<?xml version='1.0' encoding='",
            "utf-16",
            "'?>",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=50),
        strategies.hostile_text,
        st.lists(FRAGMENTS, max_size=15).map("".join),
        st.lists(FRAGMENTS, max_size=15).map(lambda parts: f"<Response>{''.join(parts)}</Response>"),
    )
)
@example(b"<?xml version='1.0' encoding='unicode_escape'?><Response/>")
@example(b"<?xml version='1.0' encoding='idna'?><Response/>")
@example(b"<?xml version='1.0' encoding='zlib'?><Response/>")
@example(b"\xff\xfe<\x00")
def test_nothing_but_invalid_bxml(document: str | bytes) -> None:
    """Reading any input gives a document that can be written again, or raises InvalidBXML."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BXMLWarning)
        for form in (document, document.encode(errors="replace") if isinstance(document, str) else document):
            try:
                parsed = parse(form)
            except InvalidBXML:
                continue
            assert parse(render(parsed)) == parsed


def test_equal_documents() -> None:
    """Documents are equal if only the order of attributes or the spelling of values differs."""
    assert parse('<Response><Pause duration="1"/></Response>') == Response(Pause(duration=1.0))
    assert parse('<Response><Redirect redirectMethod="GET" redirectUrl="/"/></Response>') == Response(
        Redirect(redirect_url="/", redirect_method="GET")
    )
