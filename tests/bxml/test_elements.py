"""Elements are immutable values: they can be compared, copied and shown."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Bxml,
    ChildElement,
    Conference,
    Document,
    Element,
    Gather,
    Hangup,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Response,
    SpeakSentence,
    StopStream,
    Transfer,
    UnknownVerb,
    Verb,
    examine,
)
from flask_bandwidth_callbacks.bxml.values import Boolean, Choice
from flask_bandwidth_callbacks.exceptions import InvalidBXML

MENU = Gather(
    SpeakSentence("Hi", voice="kate"), PlayAudio("/a.wav"), gather_url="/menu", max_digits=1, password="p"
)


def menu(call: object) -> None:
    """A handler."""


class URL(str):
    """A subclass of str, as the library's own URLs are."""


def test_reading() -> None:
    """Text, children and attributes are read by name; an attribute that was not given is None."""
    assert MENU.text is None
    assert [type(child) for child in MENU.children] == [SpeakSentence, PlayAudio]
    assert MENU.children[0].text == "Hi"
    assert (MENU.max_digits, MENU.gather_url, MENU.tag) == (1, "/menu", None)
    assert dict(MENU.attributes) == {"gather_url": "/menu", "max_digits": 1, "password": "p"}
    assert MENU.extra == {}
    assert StopStream(name="a").name == "a"
    with pytest.raises(AttributeError, match="'Gather' object has no attribute 'max_digit'") as caught:
        _ = MENU.max_digit  # type: ignore[attr-defined]
    assert (caught.value.name, caught.value.obj) == ("max_digit", MENU)  # Python suggests the nearest name
    attribute: Any = Gather.max_digits
    assert (attribute.wire_name, attribute.default) == ("maxDigits", 50)


def test_effective_values() -> None:
    """The effective value of an attribute is the one given, else Bandwidth's default, else None."""
    assert MENU.effective("max_digits") == 1
    assert MENU.effective("inter_digit_timeout") == 5
    assert MENU.effective("terminating_digits") == ""
    assert MENU.effective("gather_method") == "POST"
    assert MENU.effective("tag") is None
    assert Record().effective("terminating_digits") == "#"
    assert Record(transcribe=False).effective("transcribe") is False
    with pytest.raises(
        AttributeError, match=r"'max_digit' is not an attribute of Gather; did you mean 'max_digits'\?$"
    ):
        MENU.effective("max_digit")
    with pytest.raises(AttributeError, match=r"'x' is not an attribute of Hangup$"):
        Hangup().effective("x")


def test_defaults_are_values_that_may_be_given() -> None:
    """Each default may be given; every method and boolean, and every choice but the voice, has one."""
    for element in ELEMENTS.values():
        for attribute in element.specification.attributes.values():
            if attribute.default is not None:
                assert attribute.check(attribute.default) == attribute.default
            elif isinstance(attribute.kind, Boolean | Choice):
                assert f"{element.__name__}.{attribute.name}" == "SpeakSentence.voice"


def test_no_attribute_hides_another() -> None:
    """No attribute of the table has the name of an attribute that every element has."""
    for element in ELEMENTS.values():
        for name in element.specification.attributes:
            assert not any(hasattr(base, name) for base in (Verb, ChildElement)), f"{element.__name__}.{name}"
            assert name not in ("text", "children")


def test_elements_do_not_change() -> None:
    """No attribute of an element can be set, deleted or changed in place."""
    with pytest.raises(AttributeError, match=r"Gather cannot be changed\. Use replace"):
        MENU.max_digits = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be changed"):
        del MENU.text
    for mapping in (MENU.attributes, MENU.extra):
        with pytest.raises(TypeError):
            mapping["max_digits"] = 2  # type: ignore[index]
    assert MENU.max_digits == 1


def test_equality() -> None:
    """Elements with the same content, in any order of attributes, are equal and have the same hash."""
    same = Gather(
        SpeakSentence("Hi", voice="kate"), PlayAudio("/a.wav"), password="p", max_digits=1, gather_url="/menu"
    )
    assert same == MENU
    assert hash(MENU) == hash(same)
    others: list[Any] = [
        *(
            MENU.replace(max_digits=2),
            MENU.replace(children=[]),
            Gather(),
            Hangup(),
            Response(MENU),
            "Gather",
            None,
        ),
        *(
            UnknownVerb("A"),
            UnknownVerb("B"),
            UnknownVerb("A", "x"),
            UnknownVerb("A", extra={"x": "y"}),
            Bxml(MENU),
        ),
        *examine('<Response><Hangup a="1"/></Response>')[0].children,
        *(PhoneNumber("+1"), SpeakSentence("+1"), Redirect(redirect_url="/")),
    ]
    for index, element in enumerate(others):
        assert element != MENU
        assert [other for other in others if other == element] == [element], index
    assert len({*others}) == len(others)


@pytest.mark.parametrize(
    "element",
    [
        MENU,
        Response(MENU, Hangup()),
        UnknownVerb("Whisper", "Hi", MENU, extra={"to": "x"}),
        SpeakSentence(Markup("<s>Hi</s>")),
        Redirect(redirect_url=menu),
    ],
)
def test_copies(element: Element) -> None:
    """An element that is copied, deep-copied or pickled equals the original."""
    for again in (copy.copy(element), copy.deepcopy(element), pickle.loads(pickle.dumps(element))):
        assert again == element
        assert again is not element
        assert type(again.text) is type(element.text)


def test_replace() -> None:
    """A changed copy has the changes and otherwise equals the original, which stays unchanged."""
    (original,) = examine('<Response><Gather tag="a" new="b"><New/></Gather></Response>')[0].children
    changed = original.replace(tag=None, max_digits=2)
    assert (changed.attributes, changed.extra, changed.children) == (
        {"max_digits": 2},
        {"new": "b"},
        original.children,
    )
    assert original.attributes == {"tag": "a"}
    assert MENU.replace(children=iter([SpeakSentence("Ho")])).children == (SpeakSentence("Ho"),)
    assert MENU.replace() == MENU
    assert Conference("a", mute=True).replace(text="b") == Conference("b", mute=True)
    assert Response(MENU).replace(children=[Hangup()]) == Response(Hangup())
    assert type(Bxml().replace()) is Bxml


def test_replace_checks() -> None:
    """A changed copy is checked like a new element."""
    with pytest.raises(InvalidBXML, match="Gather max_digits=0: must be from 1 to 50"):
        MENU.replace(max_digits=0)
    with pytest.raises(InvalidBXML, match="Gather: cannot hold Hangup"):
        MENU.replace(children=[Hangup()])


def test_replace_in_an_unknown_verb() -> None:
    """New children of an unknown element take the positions of the old ones; additional children follow."""
    verb = UnknownVerb("A", "1", Hangup(), "2", Hangup(), extra={"x": "y"})
    first, second, third = PlayAudio("1"), PlayAudio("2"), PlayAudio("3")
    assert verb.replace(children=[first, second]).content == ("1", first, "2", second)
    assert verb.replace(children=[first]).content == ("1", first, "2")
    assert verb.replace(children=[first, second, third]).content == ("1", first, "2", second, third)
    assert verb.replace(text="3\x00").content == ("3\ufffd", Hangup(), Hangup())
    assert verb.replace(children=[]) == UnknownVerb("A", "12", extra={"x": "y"})
    assert verb.replace() == verb
    assert UnknownVerb("A", "", "").content == ()


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (Hangup(), "Hangup()"),
        (Conference("room", mute=True), "Conference('room', mute=True)"),
        (SpeakSentence(Markup("<s>Hi</s>")), "SpeakSentence(Markup('<s>Hi</s>'))"),
        (
            Response(Transfer(PhoneNumber("+1"), call_timeout=1.5), Redirect(redirect_url=menu)),
            "Response(Transfer(PhoneNumber('+1'), call_timeout=1.5), Redirect(redirect_url=menu))",
        ),
        (
            UnknownVerb("A", "x", Hangup(), extra={"b": "c"}),
            "UnknownVerb('A', 'x', Hangup(), extra={'b': 'c'})",
        ),
        (Gather(username="u", password="secret"), "Gather(username='u', password='***')"),
        (UnknownVerb("A", extra={"newPassword": "secret"}), "UnknownVerb('A', extra={'newPassword': '***'})"),
        (examine('<Response><Hangup a="1"/></Response>')[0], "Response(Hangup(extra={'a': '1'}))"),
    ],
)
def test_repr(element: Element, text: str) -> None:
    """The repr of an element is the call that makes it, without passwords."""
    assert repr(element) == text


def test_links_are_kept() -> None:
    """A URL attribute keeps a handler, a blueprint and an instance of a subclass of str as it was given."""

    class Blueprint:
        def url_for(self, handler: object) -> str:
            return "/"

    blueprint, url = Blueprint(), URL("/menu")
    gather = Gather(gather_url=url, gather_fallback_url=menu, partial_result_callback=blueprint)
    assert gather.gather_url is url
    assert gather.gather_fallback_url is menu
    assert gather.partial_result_callback is blueprint
    assert gather.replace(gather_fallback_url="/").gather_url is url


def test_stripped_identifiers() -> None:
    """White space around a text that names something is removed."""
    assert PlayAudio(URL("\n /a.wav ")).text == "/a.wav"
    assert Conference("\troom\n") == Conference("room")


def test_classes() -> None:
    """Every element of the table is a verb or stands inside a verb, and has the name of its class."""
    for name, element in ELEMENTS.items():
        assert element.specification.name == name == element.__name__
        assert issubclass(element, Verb) is not issubclass(element, ChildElement)
        homes = [verb for verb in ELEMENTS.values() if element in verb.specification.children]
        assert homes or issubclass(element, Verb)
        assert "Source: https://dev.bandwidth.com/docs/voice/" in (element.__doc__ or "")
    assert all(issubclass(root, Document) for root in (Response, Bxml))
    assert not {"Response", "Bxml", "UnknownVerb"} & ELEMENTS.keys()


def test_an_applications_own_class() -> None:
    """A class derived from a verb writes that verb and is not listed as another element."""

    class Voicemail(Record):
        def __init__(self) -> None:
            super().__init__(record_complete_url="/done", max_duration=120)

    assert Voicemail().to_bxml() == '<Record recordCompleteUrl="/done" maxDuration="120"/>'
    assert Voicemail().replace(max_duration=60).max_duration == 60
    assert Response(Voicemail()).children == (Voicemail(),)
    assert "Voicemail" not in ELEMENTS


def test_where_urls_lead() -> None:
    """Every URL attribute has its events and credentials; a fallback receives the events of its URL."""
    urls = {
        f"{name} {attribute.name}": attribute.url
        for name, element in ELEMENTS.items()
        for attribute in element.specification.attributes.values()
        if attribute.url is not None
    }
    primary_of = {"Connect event_fallback_url": "Connect event_callback_url"}
    assert len(urls) > 30
    gather = urls["Gather gather_url"]
    assert (gather.events, gather.fallback, gather.credentials) == (
        ("gather",),
        False,
        ("username", "password"),
    )
    for name, url in urls.items():
        element = ELEMENTS[name.split()[0]]
        assert url.events
        for credential in url.credentials or ():
            assert credential in element.specification.attributes
        if url.fallback:
            primary = urls[primary_of.get(name, name.replace("_fallback", ""))]
            assert (primary.events, primary.fallback) == (url.events, False)
    assert sorted(name for name, url in urls.items() if url.credentials is None) == [
        "Connect event_callback_url",
        "Connect event_fallback_url",
        "Gather partial_result_callback",
        "Refer refer_complete_url",
    ]
