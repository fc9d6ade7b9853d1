"""The parser of documents."""

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
from .values import Address, BrokenRule, Kind, OpenChoice
from .verbs import Bxml, Response

_ROOTS: dict[str, type[Document]] = {"Response": Response, "Bxml": Bxml}

_ENCODINGS = ("utf-8", "utf-16", "utf-16be", "utf-16le", "iso-8859-1", "us-ascii")

# BXML needs three levels; this bounds the recursion of all code that walks through the document later.
_DEEPEST = 64


def parse(document: str | bytes) -> Response | Bxml:
    """Return the document that a text or bytes spell.

    Bytes must be UTF-8, or UTF-16, ISO-8859-1 or US-ASCII if the document declares it. Unknown elements and
    attributes are kept, as :class:`UnknownVerb` and in :attr:`Element.extra`, with a :class:`BXMLWarning`.

    Raises :class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML`, with the position of each fault, if the
    document is not well-formed, declares a document type, or breaks a rule of the verbs.
    """
    root, oddities = examine(document)
    for oddity in oddities:
        warn(oddity, BXMLWarning)
    return root


def examine(document: str | bytes) -> tuple[Response | Bxml, tuple[str, ...]]:
    """Return the document, and a message for each unknown element and attribute in it.

    Raises :class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML` as :func:`parse` does, and issues no
    warnings.
    """
    reader = _Reader(document)
    return reader.read(), _in_order(reader.oddities)


class _Position(NamedTuple):
    line: int
    column: int


def _in_order(messages: list[tuple[_Position, str]]) -> tuple[str, ...]:
    """Return the messages in the order of the document; elements are examined only when they end."""
    return tuple(
        f"line {position.line}, column {position.column}: {message}"
        for position, message in sorted(messages, key=lambda entry: entry[0])
    )


class _Unreadable(Exception):
    """The rest of the document cannot be read."""


class _Frame:
    """An element whose end tag has not been read yet."""

    def __init__(
        self, name: str, element: type[Element] | None, attributes: dict[str, str], position: _Position
    ) -> None:
        self.name = name
        self.element = element
        self.attributes = attributes
        self.position = position
        self.content: list[str | Element] = []
        self.has_stray_text = False


class _Reader:
    def __init__(self, document: str | bytes) -> None:
        self.faults: list[tuple[_Position, str]] = []
        self.oddities: list[tuple[_Position, str]] = []
        self._document = document
        self._stack: list[_Frame] = []
        self._root: Element | None = None
        # Set inside a SpeakSentence, with the number of SSML elements that are open.
        self._transcript: Transcript | None = None
        self._ssml_depth = 0

    def read(self) -> Response | Bxml:
        document = self._document
        if isinstance(document, str):
            # A text is decoded already, so the encoding that it declares is ignored.
            self._parser = expat.ParserCreate("utf-8")
            document = document.removeprefix("\ufeff").encode("utf-8", "surrogatepass")
        else:
            self._parser = expat.ParserCreate()
            self._parser.XmlDeclHandler = self._check_encoding
        self._parser.StartDoctypeDeclHandler = self._reject_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        try:
            self._parser.Parse(document, True)
        except expat.ExpatError as error:
            position = _Position(error.lineno, error.offset + 1)
            self._report(position, f"not well-formed XML: {expat.ErrorString(error.code)}")
        except _Unreadable:
            pass
        if self.faults:
            raise InvalidBXML(_in_order(self.faults))
        assert isinstance(self._root, Response | Bxml)
        return self._root

    # -- Handlers of the XML parser ----------------------------------------------------------------------

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        # Otherwise expat would load any codec of Python: some warn, some fail, none is needed.
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            self._report(self._position(), f"the encoding must be UTF-8, not {shorten(encoding)}")
            raise _Unreadable

    def _reject_doctype(self, *_: object) -> NoReturn:
        self._report(self._position(), "a document type declaration is not allowed")
        raise _Unreadable

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        position = self._position()
        if self._transcript is not None:
            self._ssml_depth += 1
            self._transcript.start(name, attributes)
            for fault in faults_of(name, attributes):
                self._report(position, f"SpeakSentence: {fault}")
            for oddity in oddities_of(name, attributes):
                self.oddities.append((position, f"SpeakSentence: {oddity}"))
            return
        element: type[Element] | None
        if not self._stack:
            element = _ROOTS.get(name)
            if element is None:
                self._report(position, f"the document must be a Response or a Bxml, not <{name}>")
                raise _Unreadable
        else:
            self._stack[-1].has_stray_text = False
            element = ELEMENTS.get(name)
            if name in _ROOTS:
                self._report(position, f"{name} can only be the root of a document")
            elif element is None:
                self.oddities.append((position, f"<{name}> is not a known element"))
        if len(self._stack) == _DEEPEST:
            self._report(position, f"elements are nested more than {_DEEPEST} levels deep")
            raise _Unreadable
        self._stack.append(_Frame(name, element, attributes, position))
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
            position = self._position(len(text) - len(stray))
            self._report(position, f"{frame.name} cannot hold text: {_quoted(stray.rstrip(XML_WHITE_SPACE))}")

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
        fault = parent.element.specification.fault_of_child(element) if parent.element is not None else None
        if fault is None:
            parent.content.append(element)
        else:
            self._report(frame.position, f"{parent.name} {fault.rule}")

    # -- Elements and faults -----------------------------------------------------------------------------

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
                self.oddities.append((frame.position, f"{name} is not a known attribute of {frame.name}"))
            elif value == "None" and not _may_be_none(attribute.kind):
                # Early SDKs of Bandwidth write it for what was not given, and Bandwidth took it.
                self.oddities.append((frame.position, f'{frame.name} {name}="None" is read as not given'))
            else:
                given[attribute.name] = attribute.read(value)

        text = None
        if specification.text is not None:
            if self._transcript is not None:
                text = self._transcript.text()
                self._transcript = None
            else:
                text = "".join(part for part in frame.content if isinstance(part, str))
            if not isinstance(text, Markup):  # SSML was checked while it was read
                try:
                    text = specification.text.check(text)
                except BrokenRule as broken:
                    faults += (Fault("text", text, rule) for rule in broken.rules)

        element = object.__new__(frame.element)
        children = tuple(part for part in frame.content if isinstance(part, Element))
        faults += element._fill(text, children, given, extra)
        for fault in faults:
            self._report(frame.position, f"{self._subject(frame, fault)}: {fault.rule}")
        if not faults:
            for name, oddity in element._oddities():
                subject = self._subject(frame, Fault(name, None, ""))
                self.oddities.append((frame.position, f"{subject} {oddity}"))
        return element

    def _subject(self, frame: _Frame, fault: Fault) -> str:
        """Return the element, attribute and value of a fault, as the document spells them."""
        if fault.attribute is None:
            return frame.name
        if fault.attribute == "text":
            return f"{frame.name} text={_quoted(fault.value)}"
        name = camel_case(fault.attribute)
        if name not in frame.attributes:
            return f"{frame.name} {name}"
        return f"{frame.name} {name}={_quoted(frame.attributes[name])}"

    def _report(self, position: _Position, fault: str) -> None:
        self.faults.append((position, fault))

    def _position(self, columns: int = 0) -> _Position:
        parser = self._parser
        return _Position(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1 + columns)


def _may_be_none(kind: Kind) -> bool:
    """Return whether the word None can be meant: as a tag or a name, but not as a number, URL or choice."""
    if isinstance(kind, Address | OpenChoice):
        return False
    try:
        kind.check("None")
    except BrokenRule:
        return False
    return True


def _quoted(text: str) -> str:
    return shorten(without_password(f'"{repr(text)[1:-1]}"'))
