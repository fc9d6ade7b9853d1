"""Documents that are ready to run, whether they came in a reply or over REST."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.events import ReplyContext
from flask_bandwidth_callbacks.exceptions import InvalidBXML

DocumentLike: TypeAlias = bxml.Document | bxml.Verb | Iterable[bxml.Verb] | str | bytes
"""A verb, several verbs, a document, or its text."""


_MOST_LEVELS = 20
"""Levels of a document that are indented; BXML has five. Python's own functions fail at a thousand."""


class Script(NamedTuple):
    """A document that is ready to run."""

    verbs: tuple[bxml.Verb, ...]
    url: str
    """Where it came from; relative URLs in it start there."""
    text: str = ""
    """The document as it was written; empty for one without a text."""


def script_of(document: DocumentLike, url: str, context: ReplyContext = "any") -> Script:
    """Return a document that came over REST, ready to run.

    :param url: where relative URLs in it start.
    :param context: what it is run for, which decides the verbs that it may hold.

    Raises :class:`InvalidBXML` for a document that breaks a rule.
    """
    text = document if isinstance(document, str | bytes) else bxml.render(document)
    script, _ = read_script(text, url, context)
    return script


def read_script(text: str | bytes, url: str, context: ReplyContext) -> tuple[Script, tuple[str, ...]]:
    """Return a document from its text, ready to run, and what is strange in it and was ignored.

    Parameters and errors are those of :func:`script_of`.
    """
    document, oddities = bxml.examine(text)
    faults = bxml.misplaced(document, context)
    if faults:
        raise InvalidBXML(faults)
    written = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return Script(document.children, url, written), oddities


def indented(document: str) -> str:
    """Return a document with an element on each line.

    What is not XML stays as it is, and so does a document of more levels than a screen can show.
    """
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError:
        return document
    level = [root]
    for _ in range(_MOST_LEVELS):
        level = [child for element in level for child in element]
    if level:
        return document
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")
