"""The page of verbs, ``docs/verbs.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask_bandwidth_callbacks.bxml import ELEMENTS, ChildElement, Element
from flask_bandwidth_callbacks.bxml.values import (
    Address,
    Attribute,
    Boolean,
    Choice,
    Kind,
    Number,
    OpenChoice,
    Whole,
)

from .verbs_table import ALL_ELEMENTS, ROOT, default, description, meanings, rules

PATH = ROOT / "docs" / "verbs.md"

_HEAD = """\
# Verbs

Every element of BXML that this library knows, with what it may hold. Import the classes from
`flask_bandwidth_callbacks.bxml`. Children and text are positional arguments, attributes are keyword
arguments in Python's spelling: `Gather(SpeakSentence("Press a key."), max_digits=1)` is written as
`<Gather maxDigits="1"><SpeakSentence>Press a key.</SpeakSentence></Gather>`.

- Attributes can be read by name: `gather.max_digits`, which is None if it was not given.
- The default is what Bandwidth assumes then. `gather.effective("max_digits")` returns the value given, else
  the default.
- A value that breaks a limit raises `InvalidBXML` when the verb is made.
- Bandwidth adds voices, locales and reasons: a word that is not listed is kept, with a `BXMLWarning` that
  names the nearest one.
- A URL is an absolute http(s) URL, or relative to the URL that served the document. A handler or a blueprint
  may stand in its place.
- Durations are in seconds unless stated otherwise.
- An attribute in **bold** must be given.

Source of the facts: Bandwidth's pages, named at each verb. This page is generated from the table in
`flask_bandwidth_callbacks/bxml/verbs.py` by `make docs`.
"""


def text() -> str:
    """Return what the page must hold."""
    # Verbs first, then what stands inside them.
    ordered = sorted(ALL_ELEMENTS, key=lambda element: issubclass(element, ChildElement))
    return "\n".join([_HEAD, *("\n".join(_section(element)) for element in ordered)])


def _section(element: type[Element]) -> Iterator[str]:
    yield f"## {element.__name__}\n"
    yield _in_markdown(description(element)) + "\n"
    facts = list(_facts(element))
    if facts:
        yield "\n".join(f"- {fact}" for fact in facts) + "\n"
    about = meanings(element)
    if about:
        yield "| attribute | type | default | limits | meaning |"
        yield "|---|---|---|---|---|"
        for name, meaning in about.items():
            yield _row(element.specification.attributes[name], meaning)
        yield ""


def _facts(element: type[Element]) -> Iterator[str]:
    specification = element.specification
    if specification.text is not None:
        yield f"Text: {_limits(specification.text) or 'any'}."
    if specification.children:
        names = _any_of([child.__name__ for child in specification.children])
        count = specification.count
        if count is None:
            yield f"Children: any number of {'verbs' if names == '`Verb`' else names}."
        elif count.minimum == count.maximum:
            yield f"Children: {count.minimum} {names}."
        else:
            yield f"Children: {count.minimum} to {count.maximum} of {names}."
    if issubclass(element, ChildElement):
        homes = [name for name, home in ELEMENTS.items() if element in home.specification.children]
        yield f"Stands inside {_any_of(homes)}."
    elif specification.conference:
        yield "May stand in the reply to a conference event."
    elif not specification.transfer_answer:
        yield "Must not stand in the reply to `transferAnswer`."


def _row(attribute: Attribute, meaning: str) -> str:
    name = f"**`{attribute.name}`**" if attribute.required else f"`{attribute.name}`"
    if attribute.url:
        meaning += f" Receives {', '.join(f'`{event}`' for event in attribute.url.events)}."
    value = default(attribute)
    cells = (name, _type(attribute.kind), f"`{value}`" if value else "", _limits(attribute.kind), meaning)
    return f"| {' | '.join(_in_markdown(cell) for cell in cells)} |"


def _type(kind: Kind) -> str:
    if isinstance(kind, Choice):
        return _any_of(list(kind.words))
    if isinstance(kind, OpenChoice):
        return f"{_any_of(list(kind.words))}, or a word that Bandwidth has added"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, Number):
        return "number"
    if isinstance(kind, Whole):
        return "whole number"
    return "URL" if isinstance(kind, Address) else "text"


def _limits(kind: Kind) -> str:
    return "; ".join(rule.removeprefix("must be ").removeprefix("must have ") for rule in rules(kind))


def _any_of(words: list[str]) -> str:
    marked = [f"`{word}`" for word in words]
    return f"{', '.join(marked[:-1])} or {marked[-1]}" if marked[1:] else marked[0]


def _in_markdown(words: str) -> str:
    words = re.sub(r":class:`(?:[\w.]+\.)?(\w+)`", r"`\1`", words).replace("``", "`")
    return re.sub(r"(?<![<(`])(https://dev\S+)", r"<\1>", words)
