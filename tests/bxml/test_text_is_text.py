"""Text never becomes markup."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Element,
    Gather,
    SpeakSentence,
    Tag,
    UnknownVerb,
    Verb,
    parse,
    render,
)
from flask_bandwidth_callbacks.bxml.values import Attribute, Identifier
from flask_bandwidth_callbacks.exceptions import InvalidBXML
from flask_bandwidth_callbacks.spelling import camel_case
from tests.bxml import strategies

SLOTS = strategies.text_slots()

# Voices and the like are any text, with a warning where the word is not known.
pytestmark = pytest.mark.filterwarnings("ignore:.* is not a word that this version knows")


def as_kept(text: str) -> str:
    """Return a text as XML 1.0 can hold it, computed without the library's own expression."""
    return "".join(
        character
        if character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
        else "\ufffd"
        for character in text
    )


def shape(element: ElementTree.Element) -> tuple[object, ...]:
    return element.tag, sorted(element.attrib), [shape(child) for child in element]


def inside(element: Element) -> Element:
    """Return the verb itself, or a verb that holds the child element, so that a document can hold it."""
    if isinstance(element, Verb):
        return element
    home = next(verb for verb in ELEMENTS.values() if isinstance(element, verb.specification.children))
    return strategies.simplest(home).replace(children=[element])


def test_slots_are_found() -> None:
    """The slots for text include known examples, both free ones and those with rules."""
    slots = {(element.__name__, attribute and attribute.name) for element, attribute in SLOTS}
    assert {("SpeakSentence", None), ("Tag", None), ("Bridge", None), ("Endpoint", None)} <= slots
    assert {("Gather", "tag"), ("Gather", "hints"), ("StopStream", "name"), ("StreamParam", "value")} <= slots
    assert len(slots) > 60


@pytest.mark.parametrize(
    ("element", "attribute"),
    SLOTS,
    ids=[f"{element.__name__}-{slot and slot.name}" for element, slot in SLOTS],
)
@settings(max_examples=20, deadline=None)
@given(text=strategies.hostile_text)
def test_text_never_changes_the_structure(
    element: type[Element], attribute: Attribute | None, text: str
) -> None:
    """Any text is read by another XML parser as the same text, and adds no element."""
    simplest = strategies.simplest(element)
    kind = element.specification.text
    if attribute is None:
        assume(kind and (not kind.rules or text.strip()))
        plain, changed = simplest.replace(text="plain"), simplest.replace(text=text)
    else:
        plain, changed = (
            _with(simplest, attribute, "plain"),
            _with(simplest, attribute, text),
        )

    document = ElementTree.fromstring(_rendered(inside(changed)))

    assert shape(document) == shape(ElementTree.fromstring(_rendered(inside(plain))))
    node = next(document.iter(element.__name__))
    if attribute is not None:
        assert node.get(attribute.wire_name) == as_kept(text)
    elif isinstance(kind, Identifier):
        assert (node.text or "") == as_kept(text.strip())
    else:
        assert node.text == as_kept(text)


ALL_SLOTS = [
    (element, name)
    for element in ELEMENTS.values()
    for name in (*element.specification.attributes, *["text"] * (element.specification.text is not None))
]


@settings(deadline=None)
@given(
    slot=st.sampled_from(ALL_SLOTS),
    text=st.builds(str.__add__, st.sampled_from(["", *strategies.TEXTS]), strategies.hostile_text),
)
def test_text_is_rejected_or_kept(slot: tuple[type[Element], str], text: str) -> None:
    """In every attribute and text of every verb, a text is rejected or read as it was."""
    element, name = slot
    given: dict[str, Any] = {name: text}
    try:
        made = strategies.simplest(element).replace(**given)
    except InvalidBXML:
        return
    rendered = _rendered(inside(made))
    node = next(ElementTree.fromstring(rendered).iter(element.__name__))
    written = node.text or "" if name == "text" else node.get(camel_case(name))
    assert written in (as_kept(text), as_kept(text.strip()))
    assert len(node) == len(made.children)
    assert render(parse(rendered)) == rendered


@settings(max_examples=100, deadline=None)
@given(text=strategies.hostile_text, value=strategies.hostile_text)
def test_an_unknown_verb_holds_text_too(text: str, value: str) -> None:
    """Text and attributes of an unknown element do not become markup."""
    document = ElementTree.fromstring(_rendered(UnknownVerb("Whisper", text, extra={"to": value})))
    (node,) = document
    assert list(node) == []
    assert node.attrib == {"to": as_kept(value)}
    assert (node.text or "") == as_kept(text)


@settings(max_examples=100, deadline=None)
@given(text=st.text())
def test_words_formatted_into_ssml_stay_words(text: str) -> None:
    """A caller's words that Markup.format puts into SSML stay text."""
    spoken = SpeakSentence(Markup("<s>{}</s>").format(text))
    (node,) = ElementTree.fromstring(_rendered(spoken))
    assert [child.tag for child in node] == ["s"]
    assert len(node[0]) == 0


def test_a_caller_cannot_add_a_verb() -> None:
    """A text that makes the official SDK add a Transfer is spoken."""
    words = '&lt;Transfer transferTo="+1"/&gt; <Transfer><PhoneNumber>+19005550000</PhoneNumber></Transfer>'
    (node,) = ElementTree.fromstring(_rendered(SpeakSentence(words)))
    assert node.text == words


@pytest.mark.parametrize(
    "make",
    [
        lambda: Tag(Markup("x")),
        lambda: Gather(tag=Markup("x")),
        lambda: Gather(gather_url=Markup("/x")),
        lambda: Gather(input=Markup("dtmf")),  # type: ignore[arg-type]
        lambda: UnknownVerb("Whisper", Markup("x")),
        lambda: UnknownVerb("Whisper", extra={"to": Markup("x")}),
    ],
)
def test_markup_is_for_ssml_only(make: type[Element]) -> None:
    """Markup outside SpeakSentence raises an error, because its tags may be meant as text."""
    with pytest.raises(InvalidBXML):
        make()


def test_what_xml_cannot_hold() -> None:
    """Each character that XML 1.0 cannot hold becomes U+FFFD when the verb is made; white space stays."""
    assert SpeakSentence("a\x00\ud800\ufffe\tb\r\nc\x7f").text == "a\ufffd\ufffd\ufffd\tb\r\nc\x7f"


def _with(element: Element, attribute: Attribute, value: Any) -> Element:
    return element.replace(**{attribute.name: value})


def _rendered(element: Element) -> bytes:
    assert isinstance(element, Verb)
    rendered = render(element)
    assert re.match(rb'<\?xml version="1.0" encoding="UTF-8"\?>', rendered)
    return rendered
