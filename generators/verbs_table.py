"""What the table of verbs says about an element and its attributes, in words."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from flask_bandwidth_callbacks.bxml import ELEMENTS, Bxml, Element, Response, verbs
from flask_bandwidth_callbacks.bxml.values import (
    LARGEST_NUMBER,
    Address,
    Attribute,
    Boolean,
    Choice,
    Kind,
    Number,
    OpenChoice,
    Whole,
)

ROOT = Path(__file__).parents[1]

ALL_ELEMENTS: tuple[type[Element], ...] = (*ELEMENTS.values(), Response, Bxml)


def _words_of(value: Any) -> tuple[str, ...]:
    """Return the words of a set that the table names, empty for anything else."""
    if get_origin(value) is Annotated and OpenChoice in get_args(value):
        value = get_args(value)[0]
    return get_args(value) if get_origin(value) is Literal else ()


WORDS: dict[tuple[str, ...], str] = {
    words: name for name, value in vars(verbs).items() if (words := _words_of(value))
}
"""The names that the table gives to sets of words, by the words."""

TABLE = Path(str(verbs.__file__))

_SOURCE = ast.parse(TABLE.read_text(encoding="utf-8"))
_CLASSES = {node.name: node for node in _SOURCE.body if isinstance(node, ast.ClassDef)}


def description(element: type[Element]) -> str:
    """Return the docstring of an element."""
    return inspect.cleandoc(element.__doc__ or "")


def meanings(element: type[Element]) -> dict[str, str]:
    """Return the docstring of each attribute of an element, by the attribute's name."""
    annotation = element.__init__.__annotations__.get("attributes")
    if annotation is None:
        return {}
    (table,) = get_args(annotation)
    return dict(_meanings_in(table.__name__))


def _meanings_in(class_name: str) -> Iterator[tuple[str, str]]:
    """Yield the docstring of each attribute in a class of the table, those of its base classes last."""
    definition = _CLASSES[class_name]
    for statement, docstring in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, " ".join(ast.literal_eval(docstring.value).split())  # type: ignore[attr-defined]
    for base in definition.bases:
        if isinstance(base, ast.Name) and base.id in _CLASSES:
            yield from _meanings_in(base.id)


def python_type(kind: Kind) -> str:
    """Return the type that a type checker sees."""
    if isinstance(kind, OpenChoice):
        return WORDS[kind.words]
    if isinstance(kind, Choice):
        return f"Literal[{', '.join(map(json.dumps, kind.words))}]"
    if isinstance(kind, Boolean):
        return "bool"
    if isinstance(kind, Number):
        return "float"
    if isinstance(kind, Whole):
        return "int"
    return "Link" if isinstance(kind, Address) else "str"


def rules(kind: Kind) -> list[str]:
    """Return the rules that a value must follow beyond its type, as an error message words them."""
    if isinstance(kind, Address | OpenChoice):  # the rule is the same for all of them
        return []
    return [rule.wording.replace(f"from 0 to {LARGEST_NUMBER}", "0 or more") for rule in kind.rules]


def default(attribute: Attribute) -> str:
    """Return Bandwidth's default as Python spells it, or nothing."""
    value = attribute.default
    return "" if value is None else str(value) if isinstance(value, bool) else json.dumps(value)
