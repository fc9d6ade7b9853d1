"""Elements of which this library has no class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from markupsafe import Markup

from .characters import XML_WHITE_SPACE, escape_text, writable
from .elements import ELEMENTS, Document, Element, Fault, Verb, Writer, raise_faults, unexpected_keyword

_NAME = "[A-Za-z_][A-Za-z0-9_.-]*"
_NAME_RULE = "must be a name of letters, digits, '_', '.' and '-'"
_ROOTS = ("Response", "Bxml")


class UnknownVerb(Verb, listed=False):
    """An element without a class of its own, such as a verb that Bandwidth added later.

    It is written as it was read. ``content`` holds the texts and elements inside it in order, ``text`` is all
    of its text, and :attr:`extra` holds its attributes, keyed by their names in the document.

    :param name: the name of the element; not one that has a class of its own.
    :param content: texts and elements.
    :param extra: the attributes.

    Raises :class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML` for a name or a value that XML cannot
    hold.
    """

    name: str
    content: tuple[str | Element, ...]

    def __init__(self, name: str, /, *content: str | Element, extra: Mapping[str, str] | None = None) -> None:
        extra = extra or {}
        faults = list(_faults(name, content, extra))
        if faults:
            raise_faults(type(self).__name__, faults)
        self._hold(
            str.__str__(name),
            list(map(_plain, content)),
            {str.__str__(key): writable(str.__str__(value)) for key, value in extra.items()},
        )

    def _hold(self, name: str, content: Sequence[str | Element], extra: dict[str, str]) -> None:
        """Set the values, which must be fit for XML."""
        children = tuple(part for part in content if isinstance(part, Element))
        text = "".join(part for part in content if isinstance(part, str))
        # White space between elements is layout; elsewhere it may have a meaning.
        is_layout = children and not text.strip(XML_WHITE_SPACE)
        arranged = children if is_layout else tuple(_joined(content))
        text = "".join(part for part in arranged if isinstance(part, str))
        self._fill(text or None, children, {}, extra)
        vars(self).update(name=name, content=arranged)

    def replace(
        self, *, text: str | None = None, children: Iterable[Element] | None = None, **attributes: Any
    ) -> Self:
        """Return a copy with another text or other children; new children take the positions of old ones."""
        for name in attributes:
            raise unexpected_keyword(self.specification, name)
        content: list[str | Element] = list(self.content)
        if children is not None:
            fresh = iter(children)
            kept = [part if isinstance(part, str) else next(fresh, None) for part in content]
            content = [part for part in kept if part is not None]
            content += fresh
        if text is not None:
            content = [text, *(part for part in content if isinstance(part, Element))]
        faults = list(_faults_of_content(content))
        if faults:
            raise_faults(self.name, faults)
        copy = object.__new__(type(self))
        copy._hold(self.name, list(map(_plain, content)), self._extra)
        return copy

    def write(self, writer: Writer) -> None:
        """Write the element as it was read."""
        writer.write(f"<{self.name}{self._written_extra()}")
        if not self.content:
            writer.write("/>")
            return
        writer.write(">")
        for part in self.content:
            if isinstance(part, str):
                writer.write(escape_text(part))
            else:
                part.write(writer)
        writer.write(f"</{self.name}>")

    def _key(self) -> tuple[Any, ...]:
        return self.name, False, self.content, {}, self._extra

    def __repr__(self) -> str:
        return self._repr_of([repr(self.name), *map(repr, self.content)])


def _plain(part: str | Element) -> str | Element:
    """Return a text by its value, which a subclass of ``str`` may hide, and fit for XML."""
    return writable(str.__str__(part)) if isinstance(part, str) else part


def _joined(content: Iterable[str | Element]) -> Iterator[str | Element]:
    """Yield the content with adjacent texts joined, as a parser would read it."""
    text = ""
    for part in content:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text


def _faults(name: Any, content: Iterable[Any], extra: Mapping[Any, Any]) -> Iterator[Fault]:
    if not _is_name(name):
        yield Fault("name", name, _NAME_RULE, wrong_type=not isinstance(name, str))
    elif name in ELEMENTS or name in _ROOTS:
        yield Fault("name", name, "must not be the name of a known element. Use its class")
    yield from _faults_of_content(content)
    for key, value in extra.items():
        if not _is_name(key):
            yield Fault("extra", key, _NAME_RULE, wrong_type=not isinstance(key, str))
        if not isinstance(value, str) or isinstance(value, Markup):
            yield Fault(str(key), value, "must be plain text (str)", wrong_type=True)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and re.fullmatch(_NAME, name) is not None


def _faults_of_content(content: Iterable[Any]) -> Iterator[Fault]:
    for part in content:
        if isinstance(part, Document | Markup) or not isinstance(part, str | Element):
            yield Fault("content", part, "must be plain text (str) or a verb", wrong_type=True)
