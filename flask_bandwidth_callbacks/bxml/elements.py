"""The base classes of all elements, and the specification that is read from each element's class.

An element's class declares what it may hold in the signature of its ``__init__``. :class:`Specification`
reads that signature, and building, parsing and writing read the specification.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, get_args

from markupsafe import Markup

from flask_bandwidth_callbacks.display import shorten, without_password
from flask_bandwidth_callbacks.exceptions import BXMLWarning, InvalidBXML
from flask_bandwidth_callbacks.oddities import warn

from .characters import escape_attribute
from .values import Attribute, BrokenRule, Count, OpenChoice, Text, Url, kind_of

ELEMENTS: dict[str, type[Element]] = {}
"""Every verb and child element by its name in a document."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class InvalidBXMLType(InvalidBXML, TypeError):
    """Invalid BXML because of a value of a wrong type; being a programming mistake, also a ``TypeError``."""


# -- Faults --------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """One broken rule of one element."""

    attribute: str | None
    """The name of the attribute in Python, ``"text"`` for the text, or None for the element as a whole."""
    value: Any
    """The value given, None if there was none."""
    rule: str
    """The rule, as the end of a message: ``must be from 1 to 50``."""
    wrong_type: bool = False
    """Whether the value is of a wrong type."""


def described(attribute: str, value: Any) -> str:
    """Return a value as it stands in the application's code, without passwords, for messages and logs."""
    if attribute.lower().endswith("password"):
        return "'***'"
    name = getattr(value, "__name__", None)  # a handler has one
    if isinstance(name, str):
        return name
    try:
        return without_password(repr(value))
    except ValueError:  # a number with more digits than Python writes
        return f"<a very large {type(value).__name__}>"


def raise_faults(element_name: str, faults: Iterable[Fault]) -> NoReturn:
    """Raise :class:`InvalidBXML` with a message for every fault."""
    messages, wrong_type = [], False
    for attribute, value, rule, of_type in faults:
        wrong_type |= of_type
        where = element_name if attribute is None else f"{element_name} {attribute}"
        if attribute is not None and value is not None:
            where += f"={shorten(described(attribute, value))}"
        messages.append(f"{where}: {rule}")
    raise (InvalidBXMLType if wrong_type else InvalidBXML)(messages)


# -- Specifications ------------------------------------------------------------------------------------------

CrossRule = Callable[["Specification", Mapping[str, Any], int], Iterator[Fault]]
"""A rule between attributes: yields its faults from the attributes given, faulty ones included, and the
number of children."""


class Specification:
    """The facts about one element: what it may hold and where it may stand."""

    def __init__(
        self, element: type[Element], rules: tuple[CrossRule, ...], conference: bool, transfer_answer: bool
    ) -> None:
        signature = element.__init__.__annotations__

        self.name = element.__name__
        """The name of the element in a document."""
        self.rules = rules
        self.conference = conference
        """Whether it may stand in the reply to a conference event."""
        self.transfer_answer = transfer_answer
        """Whether it may stand in the reply to ``transferAnswer``."""

        self.text: Text | None = None
        """The kind of its text, or None when it holds none."""
        if "text" in signature:
            kind, _ = kind_of(signature["text"])
            assert isinstance(kind, Text)
            self.text = kind

        self.children: tuple[type[Element], ...] = ()
        """The classes that may stand inside it."""
        self.count: Count | None = None
        """How many of them may, None for any number."""
        if "children" in signature:
            children = signature["children"]
            annotated = get_args(children)
            if annotated and isinstance(annotated[-1], Count):
                children, self.count = annotated
            # A union has members, a single class has none.
            self.children = get_args(children) or (children,)

        self.attributes: Mapping[str, Attribute] = {}
        """Its attributes by their names in Python."""
        if "attributes" in signature:
            (table,) = get_args(signature["attributes"])
            self.attributes = _attributes_of(table)
        self.links: Mapping[str, Url] = {
            name: attribute.url for name, attribute in self.attributes.items() if attribute.url
        }
        """Its attributes that hold URLs to which Bandwidth sends events, with where each leads."""
        self.open_words: Mapping[str, OpenChoice] = {
            name: attribute.kind
            for name, attribute in self.attributes.items()
            if isinstance(attribute.kind, OpenChoice)
        }
        """Its attributes that hold a word of a set to which Bandwidth adds."""
        self.by_wire_name = {attribute.wire_name: attribute for attribute in self.attributes.values()}
        """The same attributes by their names in a document."""
        self.required = tuple(name for name, attribute in self.attributes.items() if attribute.required)
        """The names in Python of the attributes that must be given."""

    def fault_of_child(self, child: Any) -> Fault | None:
        """Return the fault if ``child`` cannot stand inside this element, else None.

        An unknown element may stand anywhere.
        """
        if isinstance(child, self.children):
            return None
        if not isinstance(child, Element):
            remedy = f"pass {_any_of(self.children)}"
            if isinstance(child, list | tuple):
                remedy = "pass its members one by one"
            rule = f"cannot hold {shorten(described('', child))}, which is not a BXML element; {remedy}"
            return Fault(None, None, rule, wrong_type=True)
        name = child.specification.name
        if ELEMENTS.get(name) is None and not isinstance(child, Document):
            return None
        homes = [home for home, verb in ELEMENTS.items() if isinstance(child, verb.specification.children)]
        if isinstance(child, Verb) or not homes:
            remedy = f", only {_any_of(self.children)}" if self.children else ""
        else:
            remedy = f", which belongs in {' or '.join(homes)}"
        return Fault(None, None, f"cannot hold {name}{remedy}", wrong_type=True)

    def faults_of_count(self, children: tuple[Element, ...], count: Count) -> Iterator[Fault]:
        """Yield a fault if there are too few or too many children."""
        minimum, maximum = count.minimum, count.maximum
        # An unknown element counts toward the minimum, because it may be one of those that are needed, but
        # not toward the maximum.
        known = sum(isinstance(child, self.children) for child in children)
        if len(children) < minimum or known > maximum:
            number = f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"
            yield Fault(None, None, f"must hold {number} {_any_of(self.children)}, not {known}")


def _any_of(classes: tuple[type[Element], ...]) -> str:
    if classes == (Verb,):
        return "verbs"
    return " or ".join(element.specification.name for element in classes)


def _attributes_of(table: Any) -> dict[str, Attribute]:
    """Return the attributes that a ``TypedDict`` of the table declares."""
    attributes = {}
    for name, annotation in table.__annotations__.items():
        required = name in table.__required_keys__
        if required:
            (annotation,) = get_args(annotation)  # out of its Required[...]
        attributes[name] = Attribute(name, annotation, required=required)
    return attributes


# -- Writing -------------------------------------------------------------------------------------------------

Links = Callable[["Element"], Mapping[str, Any]]
"""Returns the attributes to write of an element that has URL attributes: URLs in place of handlers."""


class Writer:
    """A document while it is written.

    Error reports show the variables of functions that failed. Theirs is this object, which does not show the
    text, because that may hold passwords.

    :param links: called for each element with URL attributes.
    """

    __slots__ = ("_parts", "links", "write")

    def __init__(self, links: Links | None = None) -> None:
        self._parts: list[str] = []
        self.links = links
        self.write = self._parts.append
        """Adds a text to the end of the document."""

    def text(self) -> str:
        """Return what was written."""
        return "".join(self._parts)


# -- Elements ------------------------------------------------------------------------------------------------


class Element:
    """One element of a document: a verb, an element inside a verb, or the document itself.

    Elements are immutable values: they are checked when they are made, elements with the same content are
    equal, and :meth:`replace` makes changed copies. Attributes are read by name: ``gather.max_digits`` is
    None if it was not given.
    """

    specification: ClassVar[Specification]
    """The facts about this element."""
    text: str | None
    """The text between its tags: ``Markup`` if it is SSML, None if the element holds no text."""
    children: tuple[Element, ...]
    """The elements inside it."""
    _attributes: dict[str, Any]
    _extra: dict[str, str]

    def __init_subclass__(
        cls,
        *,
        rules: tuple[CrossRule, ...] = (),
        conference: bool = False,
        transfer_answer: bool = True,
        listed: bool = True,
    ) -> None:
        # The base classes below have no signature to read; a class derived from a verb keeps the verb's own.
        if "__init__" in vars(cls) and not hasattr(cls, "specification"):
            cls.specification = Specification(cls, rules, conference, transfer_answer)
            for name, attribute in cls.specification.attributes.items():
                setattr(cls, name, attribute)
            if listed:
                ELEMENTS[cls.__name__] = cls

    def __init__(
        self, *, text: Any = None, children: tuple[Any, ...] = (), attributes: Mapping[str, Any] = _NOTHING
    ) -> None:
        faults: list[Fault] = []
        specification = self.specification
        if specification.text is not None:
            try:
                text = specification.text.check(text)
            except BrokenRule as broken:
                faults += [Fault("text", text, rule, broken.wrong_type) for rule in broken.rules]
        for child in children:
            # Nearly every child is of a class that may stand there: that check spares the call.
            if not isinstance(child, specification.children) and (
                fault := specification.fault_of_child(child)
            ):
                faults.append(fault)
        faults += self._fill(text, children, attributes, {})
        if faults:
            raise_faults(specification.name, faults)
        if specification.open_words:
            for name, oddity in self._oddities():
                value = shorten(described(name, attributes[name]))
                warn(f"{specification.name} {name}={value} {oddity}", BXMLWarning)

    def _oddities(self) -> Iterator[tuple[str, str]]:
        """Yield each attribute with a word that this version does not know, and the end of a message."""
        for name, kind in self.specification.open_words.items():
            if name in self._attributes and (oddity := kind.oddity(self._attributes[name])):
                yield name, oddity

    def _fill(
        self,
        text: str | None,
        children: tuple[Element, ...],
        attributes: Mapping[str, Any],
        extra: dict[str, str],
    ) -> list[Fault]:
        """Set the values, and return the faults of the attributes and of the number of children.

        The text and each child are checked by the caller: a parser does so while it reads.
        """
        specification = self.specification
        known = specification.attributes
        faults: list[Fault] = []
        values: dict[str, Any] = {}
        for name, value in attributes.items():
            attribute = known.get(name)
            if attribute is None:
                raise unexpected_keyword(specification, name)
            if value is None:
                continue
            try:
                values[name] = attribute.check(value)
            except BrokenRule as broken:
                # The value counts as given for the rules below.
                values[name] = value
                faults += [Fault(name, value, rule, broken.wrong_type) for rule in broken.rules]
        for name in specification.required:
            if name not in values:
                faults.append(Fault(name, None, "must be given"))
        count = specification.count
        if count is not None and not count.minimum <= len(children) <= count.maximum:
            faults.extend(specification.faults_of_count(children, count))
        for rule in specification.rules:
            faults.extend(rule(specification, values, len(children)))
        # Directly, because __setattr__ always raises.
        state = self.__dict__
        state["text"] = text
        state["children"] = children
        state["_attributes"] = values
        state["_extra"] = extra
        return faults

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes that were given, keyed by their names in Python."""
        return MappingProxyType(self._attributes)

    @property
    def extra(self) -> Mapping[str, str]:
        """The unknown attributes of a parsed element, keyed by their names in the document."""
        return MappingProxyType(self._extra)

    def effective(self, name: str) -> Any:
        """Return the value of an attribute: the one given, else Bandwidth's default, else None.

        :param name: the attribute's name in Python.

        Raises ``AttributeError`` for a name that is not an attribute of this element.
        """
        value = self._attributes.get(name)
        if value is not None:
            return value
        attribute = self.specification.attributes.get(name)
        if attribute is None:
            element_name = self.specification.name
            message = f"{name!r} is not an attribute of {element_name}"
            raise AttributeError(f"{message}{_suggestion(self.specification, name)}", name=name, obj=self)
        return attribute.default

    def replace(
        self, *, text: str | None = None, children: Iterable[Element] | None = None, **attributes: Any
    ) -> Self:
        """Return a copy with some parts replaced. An attribute that is None is removed.

        Raises :class:`InvalidBXML` for a broken rule and ``TypeError`` for an attribute that the element does
        not have.
        """
        copy = object.__new__(type(self))
        Element.__init__(
            copy,
            text=self.text if text is None else text,
            children=self.children if children is None else tuple(children),
            attributes={**self._attributes, **attributes},
        )
        vars(copy)["_extra"] = self._extra
        return copy

    def check_rules(self, attributes: Mapping[str, Any]) -> None:
        """Check the rules between attributes for other values than those of this element.

        Raises :class:`InvalidBXML`.
        """
        specification, size = self.specification, len(self.children)
        faults = [fault for rule in specification.rules for fault in rule(specification, attributes, size)]
        if faults:
            raise_faults(specification.name, faults)

    def to_bxml(self) -> str:
        """Return the element as it is written in a document.

        Raises :class:`InvalidBXML` if one of its URLs is still a handler or a blueprint.
        """
        writer = Writer()
        self.write(writer)
        return writer.text()

    def write(self, writer: Writer) -> None:
        """Write the element into a document; raises what :meth:`to_bxml` and the writer's links raise."""
        specification = self.specification
        has_attributes = self._attributes or self._extra
        attributes = self._written_attributes(writer.links) if has_attributes else ""
        if not self.text and not self.children:
            writer.write(f"<{specification.name}{attributes}/>")
            return
        writer.write(f"<{specification.name}{attributes}>")
        if self.text and specification.text:
            writer.write(specification.text.write_text(self.text))
        for child in self.children:
            child.write(writer)
        writer.write(f"</{specification.name}>")

    def _written_attributes(self, links: Links | None) -> str:
        specification = self.specification
        # In one expression: while the links raise an error, no variable may hold a password.
        attributes = links(self) if links and specification.links else self._attributes
        text = self._written_extra() if self._extra else ""
        known = specification.attributes
        for name, value in attributes.items():
            attribute = known[name]
            try:
                text += f'{attribute.opening}{attribute.write(value)}"'
            except BrokenRule as broken:
                raise_faults(specification.name, [Fault(name, value, rule) for rule in broken.rules])
        return text

    def _written_extra(self) -> str:
        return "".join(f' {name}="{escape_attribute(value)}"' for name, value in self._extra.items())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed. Use replace() for a changed copy.")

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element) or type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        text, is_markup, children, attributes, extra = self._key()
        return hash((text, is_markup, children, frozenset(attributes.items()), frozenset(extra.items())))

    def _key(self) -> tuple[Any, ...]:
        # Markup("x") == "x", but only the first is SSML.
        return self.text, isinstance(self.text, Markup), self.children, self._attributes, self._extra

    def __repr__(self) -> str:
        arguments = [] if self.specification.text is None else [repr(self.text)]
        arguments += map(repr, self.children)
        arguments += (f"{name}={described(name, value)}" for name, value in self._attributes.items())
        return self._repr_of(arguments)

    def _repr_of(self, arguments: list[str]) -> str:
        if self._extra:
            extra = (f"{name!r}: {described(name, value)}" for name, value in self._extra.items())
            arguments.append(f"extra={{{', '.join(extra)}}}")
        return f"{type(self).__name__}({', '.join(arguments)})"


def unexpected_keyword(specification: Specification, name: str) -> TypeError:
    """Return the error for a keyword that is not an attribute of the element."""
    message = f"{specification.name}() got an unexpected keyword argument {name!r}"
    return TypeError(f"{message}{_suggestion(specification, name)}")


def _suggestion(specification: Specification, name: str) -> str:
    """Return the end of a message that names the most similar attribute, empty if none is similar."""
    nearest = difflib.get_close_matches(name, specification.attributes, n=1) or [
        attribute for attribute in specification.attributes if attribute.endswith(f"_{name}")
    ]
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


class Verb(Element):
    """An element that may stand directly in a document: an instruction to Bandwidth."""


class ChildElement(Element):
    """An element that only stands inside a verb, such as the ``PhoneNumber`` of a ``Transfer``."""


class Document(Element):
    """The root of a document; Bandwidth runs its verbs in order."""

    children: tuple[Verb, ...]

    def write(self, writer: Writer) -> None:
        """Write the document, with its XML declaration."""
        writer.write(_DECLARATION)
        super().write(writer)
