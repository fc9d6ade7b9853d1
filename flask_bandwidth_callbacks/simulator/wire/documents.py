"""Documents that come back, or over REST, made ready to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.bxml.placement import Context
from flask_bandwidth_callbacks.exceptions import InvalidBXML

DocumentLike: TypeAlias = bxml.Document | bxml.Verb | Iterable[bxml.Verb] | str | bytes
"""A verb, several, a document, or its text."""


class Script(NamedTuple):
    """A document to run."""

    verbs: tuple[bxml.Verb, ...]
    url: str
    """Where it came from: relative URLs in it start there."""


def check_placement(document: bxml.Document, context: Context | Literal["any"]) -> None:
    """Raise :class:`InvalidBXML` for verbs that may not stand in a reply; ``context`` says to what."""
    faults = [] if context == "any" else bxml.misplaced(document, context)
    if faults:
        raise InvalidBXML(faults)
