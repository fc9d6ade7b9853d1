"""Reading documents."""

from __future__ import annotations

from typing import NamedTuple, NoReturn
from xml.parsers import expat

from markupsafe import Markup

from flask_bandwidth_callbacks.display import shorten, without_password
from flask_bandwidth_callbacks.exceptions import BXMLWarning, InvalidBXML
from flask_bandwidth_callbacks.oddities import warn
from flask_bandwidth_callbacks.spelling import camel_case

from .characters import XML_WHITE_SPACE
from .elements import ELEMENTS, Document, Element, Fault
from .ssml import SpokenText, Transcript, faults_of, oddities_of
from .unknown import UnknownVerb
from .values import BrokenRule
from .verbs import Bxml, Response

_ROOTS: dict[str, type[Document]] = {"Response": Response, "Bxml": Bxml}

_ENCODINGS = ("utf-8", "utf-16", "utf-16be", "utf-16le", "iso-8859-1", "us-ascii")

# BXML needs three levels; this bounds the recursion of whatever walks through the document later.
_DEEPEST = 64


def parse(document: str | bytes) -> Response | Bxml:
    """Return the document as verbs.

    Bytes are in UTF-8, or in the UTF-16, ISO-8859-1 or US-ASCII that they declare. Elements and attributes
    that are not known here are kept, as :class:`UnknownVerb` and in :attr:`Element.extra`, and told in a
    :class:`BXMLWarning`.

    Raises :class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML`, with the place of each fault, for what
    is not well-formed, for a document type declaration and for everything that could not be built either.
    """
    root, oddities = examine(document)
    for oddity in oddities:
        warn(oddity, BXMLWarning)
    return root


def examine(document: str | bytes) -> tuple[Response | Bxml, tuple[str, ...]]:
    """Return the document, and what is odd in it but kept.

    Raises as :func:`parse` does and warns of nothing.
    """
    reader = _Reader(document)
    return reader.read(), _in_order(reader.oddities)


class _Place(NamedTuple):
    line: int
    column: int


def _in_order(found: list[tuple[_Place, str]]) -> tuple[str, ...]:
    """Return what was found in the order of the document: elements are examined where they end."""
    return tuple(
        f"line {place.line}, column {place.column}: {message}"
        for place, message in sorted(found, key=lambda one: one[0])
    )


class _Refused(Exception):
    """There is no use in reading on."""


class _Frame:
    """An element whose end has not been read."""

    def __init__(
        self, name: str, element: type[Element] | None, attributes: dict[str, str], place: _Place
    ) -> None:
        self.name = name
        self.element = element
        self.attributes = attributes
        self.place = place
        self.content: list[str | Element] = []
        self.has_stray_text = False


class _Reader:
    def __init__(self, document: str | bytes) -> None:
        self.faults: list[tuple[_Place, str]] = []
        self.oddities: list[tuple[_Place, str]] = []
        self._document = document
        self._stack: list[_Frame] = []
        self._root: Element | None = None
        # Set inside a SpeakSentence, with the number of SSML elements that are open.
        self._transcript: Transcript | None = None
        self._ssml_depth = 0

    def read(self) -> Response | Bxml:
        document = self._document
        if isinstance(document, str):
            # A text is decoded already: whatever encoding it declares is history.
            self._parser = expat.ParserCreate("utf-8")
            document = document.removeprefix("\ufeff").encode("utf-8", "surrogatepass")
        else:
            self._parser = expat.ParserCreate()
            self._parser.XmlDeclHandler = self._check_encoding
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        try:
            self._parser.Parse(document, True)
        except expat.ExpatError as error:
            place = _Place(error.lineno, error.offset + 1)
            self._report(place, f"not well-formed XML: {expat.ErrorString(error.code)}")
        except _Refused:
            pass
        if self.faults:
            raise InvalidBXML(_in_order(self.faults))
        assert isinstance(self._root, Response | Bxml)
        return self._root

    # -- What the XML parser reports ---------------------------------------------------------------------

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        # Left to itself, expat would ask Python for any codec: some warn, some fail, none is needed.
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            self._report(self._place(), f"the encoding must be UTF-8, not {shorten(encoding)}")
            raise _Refused

    def _refuse_doctype(self, *_: object) -> NoReturn:
        self._report(self._place(), "a document type declaration has no place in BXML")
        raise _Refused

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        place = self._place()
        if self._transcript is not None:
            self._ssml_depth += 1
            self._transcript.start(name, attributes)
            for fault in faults_of(name, attributes):
                self._report(place, f"SpeakSentence: {fault}")
            for oddity in oddities_of(name, attributes):
                self.oddities.append((place, f"SpeakSentence: {oddity}"))
            return
        element: type[Element] | None
        if not self._stack:
            element = _ROOTS.get(name)
            if element is None:
                self._report(place, f"the document must be a Response or a Bxml, not <{name}>")
                raise _Refused
        else:
            self._stack[-1].has_stray_text = False
            element = ELEMENTS.get(name)
            if name in _ROOTS:
                self._report(place, f"{name} can only be the whole document")
            elif element is None:
                self.oddities.append((place, f"<{name}> is no element known here"))
        if len(self._stack) == _DEEPEST:
            self._report(place, f"elements are nested more than {_DEEPEST} levels deep")
            raise _Refused
        self._stack.append(_Frame(name, element, attributes, place))
        if element is not None and isinstance(element.specification.text, SpokenText):
            self._transcript = Transcript()

    def _characters(self, text: str) -> None:
        if self._transcript is not None:
            self._transcript.characters(text)
            return
        frame = self._stack[-1]
        frame.content.append(text)
        if frame.element is None or frame.element.specification.text is not None or frame.has_stray_text:
            return
        stray = text.lstrip(XML_WHITE_SPACE)
        if stray:
            frame.has_stray_text = True
            place = self._place(len(text) - len(stray))
            self._report(place, f"{frame.name} holds no text: {_quoted(stray.rstrip(XML_WHITE_SPACE))}")

    def _end(self, name: str) -> None:
        if self._ssml_depth:
            assert self._transcript is not None
            self._ssml_depth -= 1
            self._transcript.end(name)
            return
        frame = self._stack.pop()
        element = self._build(frame)
        if not self._stack:
            self._root = element
            return
        parent = self._stack[-1]
        refusal = parent.element.specification.refusal(element) if parent.element is not None else None
        if refusal is None:
            parent.content.append(element)
        else:
            self._report(frame.place, f"{parent.name} {refusal.rule}")

    # -- What becomes of it ------------------------------------------------------------------------------

    def _build(self, frame: _Frame) -> Element:
        if frame.element is None:
            unknown = object.__new__(UnknownVerb)
            unknown._hold(frame.name, frame.content, frame.attributes)
            return unknown
        specification = frame.element.specification
        faults: list[Fault] = []

        given, extra = {}, {}
        for name, value in frame.attributes.items():
            attribute = specification.by_wire_name.get(name)
            if attribute is None:
                extra[name] = value
                self.oddities.append((frame.place, f"{frame.name} has no attribute {name} known here"))
            else:
                given[attribute.name] = attribute.read(value)

        text = None
        if specification.text is not None:
            if self._transcript is not None:
                text = self._transcript.text()
                self._transcript = None
            else:
                text = "".join(part for part in frame.content if isinstance(part, str))
            if not isinstance(text, Markup):  # else it was checked on the way
                try:
                    text = specification.text.check(text)
                except BrokenRule as broken:
                    faults += (Fault("text", text, rule) for rule in broken.rules)

        element = object.__new__(frame.element)
        children = tuple(part for part in frame.content if isinstance(part, Element))
        faults += element._fill(text, children, given, extra)
        for fault in faults:
            self._report(frame.place, f"{self._subject(frame, fault)}: {fault.rule}")
        return element

    def _subject(self, frame: _Frame, fault: Fault) -> str:
        """Return what a fault is about, in the spelling of the document."""
        if fault.attribute is None:
            return frame.name
        if fault.attribute == "text":
            return f"{frame.name} text={_quoted(fault.value)}"
        name = camel_case(fault.attribute)
        if name not in frame.attributes:
            return f"{frame.name} {name}"
        return f"{frame.name} {name}={_quoted(frame.attributes[name])}"

    def _report(self, place: _Place, fault: str) -> None:
        self.faults.append((place, fault))

    def _place(self, columns: int = 0) -> _Place:
        parser = self._parser
        return _Place(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1 + columns)


def _quoted(text: str) -> str:
    return shorten(without_password(f'"{repr(text)[1:-1]}"'))
