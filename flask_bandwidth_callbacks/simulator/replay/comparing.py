"""How a reply differs from the recorded one: BXML as BXML, without what changes from call to call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from flask_bandwidth_callbacks.call_log.masks import masked_text

Sign: TypeAlias = Literal["-", "+"]


@dataclass(frozen=True)
class Change:
    """A line of a difference."""

    sign: Sign
    """``-`` for what was recorded, ``+`` for what is there today."""
    text: str


@dataclass(frozen=True)
class _Row:
    """An element, without the elements inside it that have rows of their own."""

    depth: int
    tag: str
    attributes: tuple[tuple[str, str], ...]
    text: str

    def shown(self, other: _Row | None) -> str:
        """Return the element as text; beside another one, with only those attributes that differ."""
        same = set(self.attributes) & set(other.attributes) if other is not None else set()
        attributes = "".join(
            f" {name}={quoteattr(value)}" for name, value in self.attributes if (name, value) not in same
        )
        if not self.text or (other is not None and other.text == self.text):
            return f"<{self.tag}{attributes}>"
        return f"<{self.tag}{attributes}>{self.text}</{self.tag}>"


def changes_of(recorded: str, today: str, roots: tuple[str, str]) -> tuple[Change, ...]:
    """Return what differs between two replies; nothing if Bandwidth would do the same.

    :param roots: where the application was reached then, and today: URLs below them are the same.
    """
    then, now = _rows_of(recorded, roots[0]), _rows_of(today, roots[1])
    if then is None or now is None:
        if recorded.split() == today.split():
            return ()
        return Change("-", recorded.strip() or "(empty)"), Change("+", today.strip() or "(empty)")
    return tuple(_changes(then, now))


def _changes(then: list[_Row], now: list[_Row]) -> Iterator[Change]:
    for kind, start, end, other_start, other_end in SequenceMatcher(None, then, now, False).get_opcodes():
        if kind == "equal":
            continue
        removed, added = then[start:end], now[other_start:other_end]
        for index in range(max(len(removed), len(added))):
            old = removed[index] if index < len(removed) else None
            new = added[index] if index < len(added) else None
            is_pair = old is not None and new is not None and (old.depth, old.tag) == (new.depth, new.tag)
            if old is not None:
                yield Change("-", old.shown(new if is_pair else None))
            if new is not None:
                yield Change("+", new.shown(old if is_pair else None))


def _rows_of(document: str, root: str) -> list[_Row] | None:
    """Return the elements of a document, None for what is not XML. No text means no elements."""
    if not document.strip():
        return []
    if "<!" in document.partition("<Response")[0]:  # no document type, whose entities may be endless
        return None
    try:
        element = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError):
        return None
    return list(_rows(element, root))


def _rows(root_element: ElementTree.Element, root: str) -> Iterator[_Row]:
    pending = [(0, root_element)]
    while pending:
        depth, element = pending.pop()
        attributes = tuple(sorted((name, _local(value, root)) for name, value in element.attrib.items()))
        has_text = any(text and text.strip() for text in (element.text, *(each.tail for each in element)))
        if has_text:
            yield _Row(depth, element.tag, attributes, _local(_inside(element), root))
        else:
            if depth:  # <Response> and <Bxml> are the same
                yield _Row(depth, element.tag, attributes, "")
            pending += [(depth + 1, child) for child in reversed(element)]


def _inside(element: ElementTree.Element) -> str:
    """Return what is inside an element with text, markup included, with single spaces."""
    written = escape(element.text or "")
    written += "".join(ElementTree.tostring(child, encoding="unicode") for child in element)
    return " ".join(written.split())


def _local(value: str, root: str) -> str:
    """Return a URL of the application as it is below its root; any other text as it is."""
    host, _, mounted_at = root.partition("://")[2].partition("/")
    scheme_and_host = root[: len(root) - len(mounted_at)].rstrip("/")
    if host and value.startswith(f"{scheme_and_host}/"):
        value = value[len(scheme_and_host) :]
    if mounted_at and value.startswith(f"/{mounted_at}/"):
        value = value[len(mounted_at) + 1 :]
    return value


# -- Masked numbers ------------------------------------------------------------------------------------------

_CALLED = ("PhoneNumber", "SipUri")


def with_numbers(recorded: str, today: str) -> str:
    """Return a recorded document that calls the numbers of today's, where they are masked in it."""
    try:
        document, now = ElementTree.fromstring(recorded), ElementTree.fromstring(today)
    except ElementTree.ParseError:
        return recorded
    masked = [element for element in document.iter() if element.tag in _CALLED]
    known = [element for element in now.iter() if element.tag in _CALLED]
    if not masked or len(masked) != len(known):
        return recorded
    for element, other in zip(masked, known, strict=True):
        if masked_text(other.text or "") == element.text:
            element.text = other.text
    return ElementTree.tostring(document, encoding="unicode")
