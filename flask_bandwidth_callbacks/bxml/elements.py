"""What every element of a document is and does, and how its facts are read off its class.

An element's class declares what it may hold once, in the signature of its ``__init__``: the type checker
and the editor read that signature, and :class:`Specification` reads it for building, parsing and writing.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, get_args

from markupsafe import Markup

from flask_bandwidth_callbacks.display import shorten, without_password
from flask_bandwidth_callbacks.exceptions import InvalidBXML

from .characters import escape_attribute
from .values import Attribute, BrokenRule, Count, Text, Url, kind_of

ELEMENTS: dict[str, type[Element]] = {}
"""Every verb and child element by its name in a document."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class InvalidBXMLType(InvalidBXML, TypeError):
    """A value of a type that can never fit: as a mistake of the program it is a ``TypeError`` too."""


# -- Faults --------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """One broken rule of one element."""

    attribute: str | None
    """The attribute in Python's spelling, ``"text"`` for the text, or None for the element as a whole."""
    value: Any
    """What was given, None when nothing was."""
    rule: str
    wrong_type: bool = False


def described(attribute: str, value: Any) -> str:
    """Return a value as the application's code has it, but no password: this may end up in a log."""
    if attribute.lower().endswith("password"):
        return "'***'"
    name = getattr(value, "__name__", None)  # of a handler
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
"""A rule between attributes: looks at those given, faulty ones too, and at the number of children."""


class Specification:
    """What one element may hold and where it may stand; every element class has one."""

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
        self.by_wire_name = {attribute.wire_name: attribute for attribute in self.attributes.values()}
        """The same attributes by their names in a document."""
        self.required = tuple(name for name, attribute in self.attributes.items() if attribute.required)
        """The names in Python of the attributes that must be given."""

    def refusal(self, child: Any) -> Fault | None:
        """Return why ``child`` cannot stand inside this element, or None if it can.

        An element that is not known here is never refused.
        """
        if isinstance(child, self.children):
            return None
        if not isinstance(child, Element):
            remedy = f": it holds {_any_of(self.children)}"
            if isinstance(child, list | tuple):
                remedy = ": give its members one by one"
            rule = f"cannot hold {shorten(described('', child))}, which is no element of BXML{remedy}"
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

    def miscount(self, children: tuple[Element, ...], count: Count) -> Iterator[Fault]:
        """Yield that these are too few or too many children, if they are."""
        minimum, maximum = count.minimum, count.maximum
        # An element that is not known here may count where one is needed, never where there are too many.
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


# -- Elements ------------------------------------------------------------------------------------------------


class Element:
    """One element of a document: a verb, what stands inside a verb, or the document itself.

    Elements are values: they are checked when they are made and do not change afterwards, compare equal when
    they say the same, and :meth:`replace` makes changed copies. The attributes can be read by name:
    ``gather.max_digits`` is None when it was not given.
    """

    specification: ClassVar[Specification]
    """What this element may hold and where it may stand."""
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
        # The bases below have no signature to read; an application's class keeps that of its verb.
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
            if not isinstance(child, specification.children) and (refusal := specification.refusal(child)):
                faults.append(refusal)
        faults += self._fill(text, children, attributes, {})
        if faults:
            raise_faults(specification.name, faults)

    def _fill(
        self,
        text: str | None,
        children: tuple[Element, ...],
        attributes: Mapping[str, Any],
        extra: dict[str, str],
    ) -> list[Fault]:
        """Take the values over and return what is wrong with the attributes and the number of children.

        The text and the single children are the caller's to check: a parser has done so on its way.
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
                # It counts as given for the rules below.
                values[name] = value
                faults += [Fault(name, value, rule, broken.wrong_type) for rule in broken.rules]
        for name in specification.required:
            if name not in values:
                faults.append(Fault(name, None, "must be given"))
        count = specification.count
        if count is not None and not count.minimum <= len(children) <= count.maximum:
            faults.extend(specification.miscount(children, count))
        for rule in specification.rules:
            faults.extend(rule(specification, values, len(children)))
        # Past __setattr__, which refuses.
        state = self.__dict__
        state["text"] = text
        state["children"] = children
        state["_attributes"] = values
        state["_extra"] = extra
        return faults

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes that were given, by their names in Python."""
        return MappingProxyType(self._attributes)

    @property
    def extra(self) -> Mapping[str, str]:
        """The attributes of a parsed document that are not known here, by their names there."""
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
        """Return a copy with some parts replaced; an attribute that is given as None is left out of it.

        Raises what making the element anew would raise: :class:`InvalidBXML`, or ``TypeError`` for an
        attribute that it does not have.
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

    def with_links(self, children: tuple[Element, ...], attributes: Mapping[str, Any]) -> Self:
        """Return a copy with URLs where handlers were, and with the credentials that they ask for.

        Every answer has some, and each of them is right by itself: only the rules between attributes are
        checked again. Raises :class:`InvalidBXML`.
        """
        specification = self.specification
        values = {**self._attributes, **attributes}
        faults = [
            fault for rule in specification.rules for fault in rule(specification, values, len(children))
        ]
        if faults:
            raise_faults(specification.name, faults)
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, children=children, _attributes=values)
        return copy

    def to_bxml(self) -> str:
        """Return the element as it is written in a document.

        Raises :class:`InvalidBXML` if one of its URLs is still a handler or a blueprint.
        """
        specification = self.specification
        attributes = self._written_extra() if self._extra else ""
        if self._attributes:
            known = specification.attributes
            for name, value in self._attributes.items():
                attribute = known[name]
                try:
                    attributes += f'{attribute.opening}{attribute.write(value)}"'
                except BrokenRule as broken:
                    raise_faults(specification.name, [Fault(name, value, rule) for rule in broken.rules])
        content = specification.text.write_text(self.text) if self.text and specification.text else ""
        for child in self.children:
            content += child.to_bxml()
        return written(specification.name, attributes, content)

    def _written_extra(self) -> str:
        return "".join(f' {name}="{escape_attribute(value)}"' for name, value in self._extra.items())

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change: use replace() for a changed copy")

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
        # Markup("x") == "x", but the one is SSML and the other is not.
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
    """Return the end of a message that names the nearest attribute, empty if none is near."""
    nearest = difflib.get_close_matches(name, specification.attributes, n=1) or [
        attribute for attribute in specification.attributes if attribute.endswith(f"_{name}")
    ]
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def written(name: str, attributes: str, content: str) -> str:
    """Return an element as it is written in a document, of parts that are."""
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


class Verb(Element):
    """An element that may stand directly in a document: something for Bandwidth to do."""


class ChildElement(Element):
    """An element that only stands inside a verb, such as the ``PhoneNumber`` of a ``Transfer``."""


class Document(Element):
    """The root of a document, with verbs that are run in their order."""

    children: tuple[Verb, ...]

    def to_bxml(self) -> str:
        """Return the document, with its XML declaration.

        Raises :class:`InvalidBXML` if a URL in it is still a handler or a blueprint.
        """
        return _DECLARATION + super().to_bxml()
