"""The kinds of values that attributes and texts can have, and the rules for them.

A :class:`Kind` checks a Python value, reads one from the text of a document and writes one into it. A
:class:`Rule` narrows a kind, and a :class:`Default` is what Bandwidth assumes; both stand in the annotations
of the table: ``max_digits: Annotated[int, between(1, 50), Default(50)]``. :func:`kind_of` reads such an
annotation.
"""

from __future__ import annotations

import difflib
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin, runtime_checkable
from urllib.parse import urlsplit

from markupsafe import Markup

from flask_bandwidth_callbacks.display import VALUE_LIMIT
from flask_bandwidth_callbacks.spelling import camel_case

from .characters import escape_attribute, escape_text, writable

LARGEST_NUMBER = 2**63 - 1
"""The largest number: the documentation gives some no limit, but readers must be able to hold them."""


class BrokenRule(Exception):
    """A value breaks one or more rules.

    :param rules: the rules that are broken, each as the end of a message: ``must be from 1 to 50``.
    :param wrong_type: whether the value is of a wrong type, which is a programming mistake.
    """

    def __init__(self, *rules: str, wrong_type: bool = False) -> None:
        super().__init__(*rules)
        self.rules = rules
        self.wrong_type = wrong_type


# -- Links ---------------------------------------------------------------------------------------------------


@runtime_checkable
class SupportsCallbackURL(Protocol):
    """An object with a URL of its own, such as a ``CallbackBlueprint``, that may stand in place of a URL."""

    @property
    def url_for(self) -> Callable[..., str]: ...


Link = str | Callable[..., Any] | SupportsCallbackURL
"""A URL, or the handler or the blueprint that receives the callbacks sent there.

The package that knows Flask replaces a handler or a blueprint with its URL before the verb is written.
"""


class Url:
    """Where a URL attribute leads: an annotation of the table.

    :param events: the event types sent there, as on the wire (``"gather"``).
    :param fallback: whether it is requested only when another URL failed.
    :param authenticated: whether the verb has attributes for the credentials of the request.
    """

    def __init__(self, *events: str, fallback: bool = False, authenticated: bool = True) -> None:
        self.events = events
        self.fallback = fallback
        self.credentials: tuple[str, str] | None = None
        """The names of the two attributes that hold the username and password sent there."""
        if authenticated:
            self.credentials = (
                ("fallback_username", "fallback_password") if fallback else ("username", "password")
            )


# -- Rules ---------------------------------------------------------------------------------------------------


class Rule:
    """A condition for values of the right type: ``holds`` checks a value, ``wording`` is the message."""

    __slots__ = ("holds", "wording")

    def __init__(self, wording: str, holds: Callable[[Any], object]) -> None:
        self.wording = wording
        self.holds = holds


def between(low: float, high: float) -> Rule:
    """A number from ``low`` to ``high``, both included."""
    return Rule(f"must be from {low} to {high}", lambda value: low <= value <= high)


def at_most_characters(limit: int) -> Rule:
    """A text of ``limit`` characters or fewer."""
    return Rule(f"must have at most {limit} characters", lambda value: len(value) <= limit)


def matching(pattern: str, wording: str) -> Rule:
    """A text that the whole of the regular expression matches."""

    def compile_and_match(value: str) -> object:
        # Compiled at first use: compiling all of them would be most of the time that the import takes.
        rule.holds = re.compile(pattern).fullmatch
        return rule.holds(value)

    rule = Rule(wording, compile_and_match)
    return rule


class Default:
    """What Bandwidth assumes for an attribute that is not given: an annotation of the table."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Count:
    """How many children an element may hold: an annotation of the table."""

    def __init__(self, minimum: int, maximum: int) -> None:
        self.minimum = minimum
        self.maximum = maximum


# -- Kinds ---------------------------------------------------------------------------------------------------


class Kind(ABC):
    """Base class of the kinds of values."""

    wording: str
    """The message for a value of another type."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return the value as a verb keeps it, or raise :class:`BrokenRule`."""

    def read(self, text: str) -> Any:
        """Return the value that is written in an attribute of a document, unchecked.

        A text that does not spell a value is returned as it is; :meth:`check` will reject it.
        """
        return text

    @abstractmethod
    def write(self, value: Any) -> str:
        """Return the value as it is written between the quotes of an attribute.

        Raises :class:`BrokenRule` if it cannot be written yet.
        """

    def _follow_rules(self, value: Any) -> None:
        for rule in self.rules:
            if not rule.holds(value):
                raise BrokenRule(*(each.wording for each in self.rules if not each.holds(value)))


class Boolean(Kind):
    """True or false."""

    wording = "must be true or false"

    def check(self, value: Any) -> bool:
        if value is True or value is False:
            return value
        raise BrokenRule(self.wording, wrong_type=True)

    def read(self, text: str) -> bool | str:
        # A call was seen to end because of multiChannel="True".
        return {"true": True, "false": False}.get(text, text)

    def write(self, value: bool) -> str:
        return "true" if value else "false"


class Whole(Kind):
    """A whole number, never negative."""

    wording = "must be a whole number"
    _spelling = "-?[0-9]+"

    def __init__(self, *rules: Rule) -> None:
        super().__init__(*(rules or (between(0, LARGEST_NUMBER),)))

    def check(self, value: Any) -> float:
        if not isinstance(value, int) or value is True or value is False:
            raise BrokenRule(self.wording, wrong_type=True)
        self._follow_rules(value)
        return value

    def read(self, text: str) -> float | str:
        if not re.fullmatch(self._spelling, text):
            return text
        try:
            return int(text)
        except ValueError:  # more digits than Python reads
            return text

    def write(self, value: float) -> str:
        return int.__repr__(int(value))


class Number(Whole):
    """A number, with decimals or without, never negative."""

    wording = "must be a number"
    _decimals = r"-?[0-9]+\.[0-9]+"

    def check(self, value: Any) -> float:
        if isinstance(value, float):
            if not math.isfinite(value):
                raise BrokenRule(self.wording)
            self._follow_rules(value)
            return value
        return super().check(value)

    def read(self, text: str) -> float | str:
        return float(text) if re.fullmatch(self._decimals, text) else super().read(text)

    def write(self, value: float) -> str:
        if isinstance(value, int):
            return super().write(value)
        # Adding 0.0 takes the sign off -0.0. The shortest spelling may have an exponent: BXML has none.
        spelling = float.__repr__(value + 0.0)
        if "e" not in spelling:
            return spelling
        plain = format(Decimal(spelling), "f")
        return plain if "." in plain else f"{plain}.0"


class Choice(Kind):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__()
        self.words = words
        self.wording = f"must be {', '.join(words[:-1])} or {words[-1]}"

    def check(self, value: Any) -> str:
        if value in self.words and not isinstance(value, Markup):
            return str.__str__(value)
        raise BrokenRule(self.wording, wrong_type=not isinstance(value, str))

    def write(self, value: str) -> str:
        return value


class Text(Kind):
    """Any text."""

    wording = "must be text (str)"

    def check(self, value: Any) -> str:
        if type(value) is not str:
            value = self._as_text(value)
        if self.rules:
            self._follow_rules(value)
        return value if value.isprintable() else writable(value)

    def write(self, value: str) -> str:
        return escape_attribute(value)

    def write_text(self, value: str) -> str:
        """Return the value as it is written between two tags."""
        return escape_text(value)

    def _as_text(self, value: Any) -> str:
        """Return the value of an instance of a subclass of ``str``, such as a member of an enumeration."""
        if not isinstance(value, str):
            raise BrokenRule(self.wording, wrong_type=True)
        if isinstance(value, Markup):
            # Whether a "<b>" in it is meant as text or as a tag cannot be known.
            raise BrokenRule("must be plain text, not Markup: only SpeakSentence holds SSML", wrong_type=True)
        return str.__str__(value)


class OpenChoice(Text):
    """A word of a set to which Bandwidth adds. A word that is not known is an oddity, never a fault."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__(NOT_BLANK)
        self.words = words

    def oddity(self, value: str) -> str | None:
        """Return the end of a message about a word that is not known, which names the nearest; else None."""
        if value in self.words:
            return None
        by_spelling = {word.lower(): word for word in self.words}
        spelling = value[:VALUE_LIMIT].lower()
        nearest = by_spelling[difflib.get_close_matches(spelling, by_spelling, n=1, cutoff=0)[0]]
        return f"is not a word that this version knows; the nearest is {nearest!r}"


class Identifier(Text):
    """The text of an element that names something; white space around it is removed."""

    def check(self, value: Any) -> str:
        return super().check((value if type(value) is str else self._as_text(value)).strip())


_IN_URL = "[^\\s\\\\\x00-\x20\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
_URL = f"(?=(?i:https?)://[^/?#]|(?![A-Za-z][A-Za-z0-9+.-]*:|//([/?#]|$))){_IN_URL}+"
# A backslash and an empty host are refused because programs differ on which host such a URL has.

NOT_BLANK = Rule("must not be blank", str.strip)
_characters_of_a_url = matching(_URL, "")


def _is_url(value: str) -> bool:
    if not _characters_of_a_url.holds(value):
        return False
    if "//" not in value:  # without a host there is nothing else to check
        return True
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  raises ValueError as well
    except ValueError:
        return False
    return not parts.netloc or bool(parts.hostname)


URL_RULE = Rule(
    "must be an absolute http(s) URL or one relative to the document, without white space or backslashes",
    _is_url,
)


class Address(Text):
    """A URL, or a handler or blueprint that will become one."""

    wording = "must be a URL (str), a handler or a CallbackBlueprint"

    def __init__(self, *rules: Rule) -> None:
        super().__init__(URL_RULE, *rules)

    def check(self, value: Any) -> Any:
        if type(value) is not str:
            if not isinstance(value, str) and (callable(value) or isinstance(value, SupportsCallbackURL)):
                return value
            self._as_text(value)  # raises; a text stays the object that it is, which may know more of its URL
        # A text that follows the rule needs no writable().
        self._follow_rules(value)
        return value

    def write(self, value: Any) -> str:
        if isinstance(value, str):
            return escape_attribute(value)
        raise BrokenRule(
            "must be a URL: a handler stands for its URL only in what a handler of a CallbackBlueprint "
            "returns. Elsewhere use the blueprint's url_for(handler)"
        )


# -- Attributes ----------------------------------------------------------------------------------------------


class Attribute:
    """One attribute of an element, as declared in the table.

    It is a descriptor: read from an element it is the value, None if that was not given; read from the class
    it is the attribute itself, as in ``Gather.max_digits.default``.
    """

    __slots__ = (
        "check",
        "default",
        "kind",
        "name",
        "opening",
        "read",
        "required",
        "url",
        "wire_name",
        "write",
    )

    def __init__(self, name: str, annotation: Any, *, required: bool) -> None:
        kind, notes = kind_of(annotation)
        self.name = name
        """The name in Python: ``gather_url``."""
        self.wire_name = camel_case(name)
        """The name in a document: ``gatherUrl``."""
        self.kind = kind
        self.required = required
        self.default = next((note.value for note in notes if isinstance(note, Default)), None)
        """What Bandwidth assumes if it is not given; None without a default, or if the call decides."""
        self.url = next((note for note in notes if isinstance(note, Url)), None)
        """Where it leads, when its value is a URL that Bandwidth sends callbacks to."""
        # Looked up once, because rendering and checking do so for every value.
        self.check = kind.check
        self.read = kind.read
        self.write = kind.write
        self.opening = f' {self.wire_name}="'

    def __get__(self, element: Any, _: type) -> Any:
        return self if element is None else element._attributes.get(self.name)


_KINDS: dict[Any, type[Kind]] = {bool: Boolean, int: Whole, float: Number, str: Text, Link: Address}


def kind_of(annotation: Any) -> tuple[Kind, list[Any]]:
    """Return the kind of value that an annotation of the table describes, and its other notes.

    The type chooses the kind, unless the annotation names one: ``Annotated[str, Identifier]``.
    """
    notes: list[Any] = []
    if get_origin(annotation) is Annotated:
        annotation, *notes = get_args(annotation)
    if get_origin(annotation) is Literal:
        return (OpenChoice if OpenChoice in notes else Choice)(get_args(annotation)), notes
    named = next((note for note in notes if isinstance(note, type)), None)
    kind = (named or _KINDS[annotation])(*(note for note in notes if isinstance(note, Rule)))
    return kind, notes
