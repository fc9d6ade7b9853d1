"""The types of the verbs, which type checkers and editors read: ``bxml/verbs.pyi``.

The table lists the attributes of a verb as keyword arguments. In the stub each is also a property with its
type, and the meaning, limits and default stand where an editor shows them.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator

from flask_bandwidth_callbacks.bxml import Element
from flask_bandwidth_callbacks.bxml.values import Attribute

from .verbs_table import ALL_ELEMENTS, TABLE, WORDS, default, description, meanings, python_type, rules

PATH = TABLE.with_suffix(".pyi")

_WIDTH = 110

_HEAD = '''\
"""The types of the verbs. Generated from ``verbs.py`` by ``make docs``: change that file, not this one."""

from typing import Literal

from .elements import ChildElement, Document, Verb
from .values import Link
'''


def text() -> str:
    """Return what the stub must hold."""
    literals = (_words(name, words) for words, name in WORDS.items())
    classes = ("\n".join(_class(element)).rstrip() + "\n" for element in ALL_ELEMENTS)
    return "\n".join([_HEAD, *literals, "", *classes])


def _words(name: str, words: tuple[str, ...]) -> str:
    lines = "".join(f"    {json.dumps(word)},\n" for word in words)
    return f"{name} = (\n    Literal[\n{textwrap.indent(lines, '    ')}    ]\n    | str\n)"


def _class(element: type[Element]) -> Iterator[str]:
    base = element.__bases__[0].__name__
    yield f"class {element.__name__}({base}):"
    yield _docstring(description(element), indent=4)
    yield ""
    yield from _signature(element)
    for name, meaning in meanings(element).items():
        attribute = element.specification.attributes[name]
        optional = "" if attribute.required else " | None"
        yield "    @property"
        yield f"    def {name}(self) -> {python_type(attribute.kind)}{optional}:"
        yield _docstring(_about(attribute, meaning), indent=8)
        yield ""


def _signature(element: type[Element]) -> Iterator[str]:
    specification = element.specification
    arguments = ["self"]
    for parameter in inspect.signature(element.__init__).parameters.values():
        if parameter.name == "text":
            optional = "" if parameter.default is parameter.empty else f" = {json.dumps(parameter.default)}"
            arguments += [f"text: str{optional}", "/"]
        elif parameter.name == "children":
            arguments.append(f"*children: {' | '.join(child.__name__ for child in specification.children)}")
    if specification.attributes and "*" not in "".join(arguments):
        arguments.append("*")
    for name in meanings(element):
        attribute = specification.attributes[name]
        optional = "" if attribute.required else " = ..."
        arguments.append(f"{name}: {python_type(attribute.kind)}{optional}")
    line = f"    def __init__({', '.join(arguments)}) -> None: ..."
    if len(line) <= _WIDTH:
        yield line
        return
    yield "    def __init__("
    yield "        self,"
    yield from (f"        {argument}," for argument in arguments[1:])
    yield "    ) -> None: ..."


def _about(attribute: Attribute, meaning: str) -> str:
    sentences = [meaning, *(f"{rule[:1].upper()}{rule[1:]}." for rule in rules(attribute.kind))]
    if attribute.url:
        sentences.append(f"Receives {', '.join(f'``{event}``' for event in attribute.url.events)}.")
    if default(attribute):
        sentences.append(f"Default ``{default(attribute)}``.")
    return " ".join(sentences)


def _docstring(words: str, indent: int) -> str:
    margin = " " * indent
    paragraphs = [
        textwrap.wrap(paragraph, _WIDTH - indent - 6, break_long_words=False, break_on_hyphens=False)
        for paragraph in words.split("\n\n")
    ]
    lines = "\n\n".join("\n".join(paragraph) for paragraph in paragraphs)
    closing = '"""' if "\n" not in lines else '\n"""'
    return textwrap.indent(f'"""{lines}{closing}', margin)
