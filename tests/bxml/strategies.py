"""Hypothesis strategies for every element, made from the specifications of the elements."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from markupsafe import Markup

from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Bxml,
    Document,
    Element,
    Gather,
    Response,
    SpeakSentence,
    UnknownVerb,
    Verb,
)
from flask_bandwidth_callbacks.bxml.values import (
    Address,
    Attribute,
    Boolean,
    Choice,
    Identifier,
    Kind,
    Number,
    OpenChoice,
    Text,
    Whole,
)

# Fit for one rule or another; each kind takes those that fulfil its own.
NUMBERS = (0, 0.0, 0.1, 1, 1.5, 2, 20, 25, 50, 50.25, 60, 300, 5000, 10800, 86400, 1e-7, 1e17, 2**63 - 1)
TEXTS = (
    "+15551112222",
    "sip:ann@example.com",
    "SIPS:ann@example.com;x=<&>",
    "Restricted",
    "#*09Ad",
    "1,w2W",
    "wss://example.com/in?a=1&b=<2>",
    "cmVk;encoding=base64,Ymx1ZQ;encoding=jwt",
    "room-1_a.b",
    "/menu?a=1&b=<c>&quot;'\"",
    "https://example.com/caf\u00e9?x=]]>",
)
MARKUP = ("<b>", "</Gather>", "<Transfer/>", "&amp;", "&#60;", "]]>", "<![CDATA[", "<!--", '" x="', "'", "\\")
HOSTILE = (
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\x00",
    "\x0b",
    "\x1c",
    "\x7f",
    "\x85",
    "\ud800",
    "\udfff",
    "\ufffe",
    "\U0001f600",
)

_any_character = st.characters(codec=None, exclude_categories=())
hostile_text = st.lists(
    st.one_of(st.sampled_from(MARKUP), st.sampled_from(HOSTILE), st.text(_any_character, max_size=4)),
    max_size=6,
).map("".join)
"""Text of the sort that breaks documents: markup, control characters, lone surrogates."""


def takes_any_text(kind: Kind) -> bool:
    """Return whether a kind is for text that may hold any characters, up to some length."""
    is_free = isinstance(kind, Text) and not isinstance(kind, OpenChoice)
    return is_free and all(rule.holds("a <b> & \t\n\r \x00 \ud800 \"'") for rule in kind.rules)


def values(kind: Kind) -> st.SearchStrategy[Any]:
    """Return valid values of a kind."""

    def fits(value: Any) -> bool:
        return all(
            rule.holds(value.strip() if isinstance(kind, Identifier) else value) for rule in kind.rules
        )

    if isinstance(kind, Boolean):
        return st.booleans()
    if isinstance(kind, Choice | OpenChoice):
        return st.sampled_from(kind.words)
    if isinstance(kind, Number):
        return st.sampled_from([number for number in NUMBERS if fits(number)])
    if isinstance(kind, Whole):
        return st.sampled_from([number for number in NUMBERS if isinstance(number, int) and fits(number)])
    if takes_any_text(kind) and not isinstance(kind, Address):
        return hostile_text.filter(fits)
    return st.sampled_from([text for text in TEXTS if fits(text)])


@st.composite
def elements(draw: st.DrawFn, element: type[Element]) -> Element:
    """Draw an element of a class, with some of its attributes and children, all of them valid."""
    specification = element.specification
    given = {
        name: draw(values(attribute.kind))
        for name, attribute in specification.attributes.items()
        if attribute.required or draw(st.booleans())
    }
    positional: list[Any] = []
    if element is SpeakSentence:
        positional.append(draw(st.one_of(values(_text_kind(element)), ssml())))
    elif specification.text is not None:
        positional.append(draw(values(specification.text)))
    if specification.children:
        fewest = specification.count.minimum if specification.count else 0
        most = min(specification.count.maximum, 3) if specification.count else 3
        children = st.one_of(*(elements(child) for child in specification.children))
        positional += draw(st.lists(children, min_size=fewest, max_size=most))

    # The rules between attributes.
    if element is Gather and positional:
        given["repeat_count"] = 3
    if "destination" not in given:
        given.pop("stabilized", None)
    if given.get("detect_language") is True:
        given.pop("preferred_languages", None)
    return element(*positional, **given)


def _text_kind(element: type[Element]) -> Text:
    kind = element.specification.text
    assert kind is not None
    return kind


_escaped = hostile_text.map(lambda text: str(Markup.escape(text)))


def _around(content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    tags = st.sampled_from(
        [
            ("<s>", "</s>"),
            ("<p>", "</p>"),
            ("<emphasis  level='strong' >", "</emphasis >"),
            ('<prosody volume="+6dB" rate="fast" pitch="-15%">', "</prosody>"),
            ('<sub alias="&lt;&quot;&#9;">', "</sub>"),
            ('<lang xml:lang="fr-FR">', "</lang>"),
            ("<!-- a comment -->", "<?an instruction?>"),
            ("<![CDATA[<b>]]>", "<break></break>"),
        ]
    )
    return st.lists(
        st.tuples(tags, content).map(lambda pair: f"{pair[0][0]}{pair[1]}{pair[0][1]}"), max_size=3
    ).map("".join)


def ssml() -> st.SearchStrategy[Markup]:
    """Return valid SSML, not only in its canonical form."""
    return st.recursive(_escaped, _around, max_leaves=5).map(
        lambda text: Markup(f"Hi {text}<break time='1s'/>")
    )


_names = st.sampled_from(["Whisper", "Dial", "x-y.z", "_"])
_extra = st.dictionaries(st.sampled_from(["a", "fooUrl", "b-c"]), hostile_text, max_size=2)


def unknown_verbs() -> st.SearchStrategy[UnknownVerb]:
    """Return unknown elements, with known and unknown elements inside them."""
    known = st.one_of(
        *(elements(ELEMENTS[name]) for name in ("Hangup", "PlayAudio", "PhoneNumber", "Gather"))
    )

    def unknown(content: st.SearchStrategy[Element]) -> st.SearchStrategy[UnknownVerb]:
        parts = st.lists(st.one_of(hostile_text, content), max_size=4)
        return st.builds(
            lambda name, inside, extra: UnknownVerb(name, *inside, extra=extra), _names, parts, _extra
        )

    return st.recursive(unknown(known), lambda inner: unknown(st.one_of(known, inner)), max_leaves=4)


def text_slots() -> list[tuple[type[Element], Attribute | None]]:
    """Return every slot for free text: an element and one of its attributes, or None for its own text."""
    slots: list[tuple[type[Element], Attribute | None]] = []
    for element in ELEMENTS.values():
        kind = element.specification.text
        if kind is not None and takes_any_text(kind):
            slots.append((element, None))
        slots += (
            (element, attribute)
            for attribute in element.specification.attributes.values()
            if takes_any_text(attribute.kind)
        )
    return slots


def simplest(element: type[Element]) -> Element:
    """Return an element with only its required parts."""
    specification = element.specification
    positional: list[Any] = []
    if specification.text is not None:
        positional.append(_first(specification.text))
    if specification.count:
        positional += [simplest(specification.children[0])] * specification.count.minimum
    given: dict[str, Any] = {
        name: _first(specification.attributes[name].kind) for name in specification.required
    }
    return element(*positional, **given)


def _first(kind: Kind) -> str:
    return next(text for text in TEXTS if all(rule.holds(text) for rule in kind.rules))


def documents() -> st.SearchStrategy[Document]:
    """Return documents with either root and verbs of all classes."""
    verbs = st.one_of(
        unknown_verbs(), *(elements(element) for element in ELEMENTS.values() if issubclass(element, Verb))
    )
    return st.builds(
        lambda root, inside: root(*inside), st.sampled_from([Response, Bxml]), st.lists(verbs, max_size=3)
    )
