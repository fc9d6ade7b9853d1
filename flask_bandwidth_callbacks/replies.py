"""From what a handler returned to the reply that Bandwidth gets, checked before it is sent."""

from __future__ import annotations

import codecs
import logging
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from flask import Flask, Response, current_app
from werkzeug.wrappers import Response as WerkzeugResponse

from . import bxml, config
from .display import show
from .events import Callback
from .exceptions import InvalidBXML
from .links import Links
from .logs import log
from .proxies import request_itself
from .registrations import registration_at
from .subscriptions import Handler, describe

CONTENT_TYPE = "application/xml; charset=utf-8"
_NO_STORE = ("Cache-Control", "no-store")
"""The header of every reply: it may hold the password, or answer a GET."""


class SupportsToBXML(Protocol):
    """An object that writes itself as BXML, such as the verbs and documents of the official SDK."""

    def to_bxml(self) -> str: ...


ReplyValue: TypeAlias = SupportsToBXML | Sequence[SupportsToBXML] | str | bytes | WerkzeugResponse | None
"""What a responder may return; None only for events that need no reply."""

_MAY_RETURN = (
    "a verb, a list of verbs, a bxml.Response, an object with to_bxml(), a string that holds a BXML document,"
    " or a Flask response"
)


def no_content(app: Flask) -> Response:
    """Return the empty reply, 204."""
    response = app.response_class(status=204, headers=[_NO_STORE])
    del response.headers["Content-Type"]
    return response


def is_reply_value(returned: Any) -> bool:
    """Return whether an errorhandler's value is for :func:`make_reply`, and not what Flask views return."""
    if isinstance(returned, tuple):
        return all(hasattr(item, "to_bxml") for item in returned)
    return not isinstance(returned, dict)


def make_reply(app: Flask, event: Callback, handler: Handler, returned: Any) -> WerkzeugResponse:
    """Return the reply for what a handler returned.

    :param handler: is named in messages.

    Raises :class:`TypeError` for a value that is not a reply, :class:`~.exceptions.LinkError` for a handler
    without a URL here and, if replies are checked, :class:`~.exceptions.InvalidBXML`.
    """
    if returned is None:
        if event.reply.when_none == "no content":
            return no_content(app)
        if event.reply.when_none == "error":
            raise TypeError(
                f"{describe(handler)} returned None for {show(event.event_type)}, so the call would be hung"
                f" up. Return {_MAY_RETURN}. bxml.Response() hangs up on purpose."
            )
        returned = bxml.Response()
    if isinstance(returned, WerkzeugResponse):
        _remove_leading_space(returned)
        returned.headers.setdefault(*_NO_STORE)
        _check(event, handler, _faults_of_response(event, returned, Links(None)))
        return returned
    links = Links(registration_at(app, request_itself().endpoint))
    document = _document(event, handler, returned, links)
    if isinstance(document, bxml.Document):
        body = bxml.render(document, links.attributes_of)
        faults = [*_faults_of_document(event, document, len(body)), *links.faults]
    else:
        body = document
        faults = list(_faults_of_text(event, body, links))
    response = app.response_class(body, content_type=CONTENT_TYPE)
    response.headers.add(*_NO_STORE)  # the argument headers= takes four times as long
    del body, document  # error reports show variables, and these may hold passwords
    _check(event, handler, faults)
    return response


def _document(event: Callback, handler: Handler, returned: Any, links: Links) -> bxml.Document | bytes:
    """Return a document: as elements if it was made of ours, else as text."""
    if isinstance(returned, bxml.Verb):
        return bxml.Response(returned)
    if isinstance(returned, bxml.Document):
        return returned
    if isinstance(returned, str | bytes):
        text = _without_leading_space(_encode(returned) if isinstance(returned, str) else returned)
        if text.startswith(b"<"):
            return text
        raise _not_a_reply(event, handler, returned)
    if _writes_itself(returned):
        verbs: Sequence[Any] = [returned]
    elif isinstance(returned, Sequence) and not isinstance(returned, bytearray):
        verbs = returned
    else:
        raise _not_a_reply(event, handler, returned)
    for number, verb in enumerate(verbs, start=1):
        if not _writes_itself(verb) or (verb is not returned and isinstance(verb, bxml.Document)):
            raise _not_a_reply(event, handler, returned, f" Item {number}, {show(verb)}, is not a verb.")
    if all(isinstance(verb, bxml.Verb) for verb in verbs):
        return bxml.Response(*verbs)
    written = [_written(verb, links) for verb in verbs]
    if not all(isinstance(text, str) for text in written):
        raise _not_a_reply(event, handler, returned, " Its to_bxml() must return a string.")
    return _in_response(written)


def _written(verb: SupportsToBXML, links: Links) -> str:
    if not isinstance(verb, bxml.Verb):
        return verb.to_bxml()
    writer = bxml.Writer(links.attributes_of)
    verb.write(writer)
    return writer.text()


def _not_a_reply(event: Callback, handler: Handler, returned: Any, why: str = "") -> TypeError:
    return TypeError(
        f"{describe(handler)} returned {show(returned)} for {show(event.event_type)}, which is not a valid"
        f" reply.{why} Return {_MAY_RETURN}."
    )


def _writes_itself(value: Any) -> bool:
    # A class has the method too, but the handler forgot to make an instance.
    return not isinstance(value, type) and callable(getattr(value, "to_bxml", None))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _in_response(written: Sequence[str]) -> bytes:
    """Return a document around elements that are text already; a whole document stays as it is."""
    if len(written) == 1:
        text = _without_leading_space(_encode(written[0]))
        _, _, after_declaration = text.partition(b"?>") if text.startswith(b"<?xml") else (b"", b"", text)
        if re.match(rb"<(Response|Bxml)\b", after_declaration.lstrip()):
            return text
    return _encode(f"<Response>{''.join(written)}</Response>")


# A template often begins with an empty line, after which an XML declaration is not well-formed.
_LEADING_SPACE = codecs.BOM_UTF8 + string.whitespace.encode()


def _without_leading_space(document: bytes) -> bytes:
    return document.lstrip(_LEADING_SPACE)


def _remove_leading_space(response: WerkzeugResponse) -> None:
    """Send the BXML of an application's own response without white space before it."""
    if not _is_readable(response):
        return
    body = response.get_data()
    document = _without_leading_space(body)
    if document != body and document.startswith(b"<?xml"):
        response.set_data(document)


# -- The checks --------------------------------------------------------------------------------------------


def _check(event: Callback, handler: Handler, faults: Iterable[str]) -> None:
    messages = [f"{describe(handler)} replies to {show(event.event_type)}: {fault}" for fault in faults]
    if not messages:
        return
    if config.CHECK_BXML.read(current_app):
        raise InvalidBXML(messages)
    for message in messages:
        log(logging.ERROR, "%s", message, event=event)


def _faults_of_response(event: Callback, response: WerkzeugResponse, links: Links) -> Iterator[str]:
    if not _is_readable(response):
        return
    if response.mimetype not in ("application/xml", "text/xml"):
        yield f"the Content-Type must be {CONTENT_TYPE}, got {response.mimetype}"
    yield from _faults_of_text(event, response.get_data(), links)


def _is_readable(response: WerkzeugResponse) -> bool:
    # With a status other than 200 the application fails on purpose, and a stream can be read only once.
    return response.status_code == 200 and not response.is_streamed and not response.direct_passthrough


def _faults_of_text(event: Callback, body: bytes, links: Links) -> Iterator[str]:
    try:
        body.decode()
    except UnicodeDecodeError as error:  # whatever encoding the document declares
        yield f"the document must be UTF-8, got a stray byte at position {error.start}"
    try:
        document, oddities = bxml.examine(body)
    except InvalidBXML as error:
        yield from error.faults
    else:
        for oddity in oddities:
            log(logging.WARNING, "Sent unchanged: %s", oddity, event=event)
        yield from _faults_of_document(event, document, len(body))
        links.check(document)
        yield from links.faults


def _faults_of_document(event: Callback, document: bxml.Document, size: int) -> Iterator[str]:
    if not isinstance(document, bxml.Response):
        yield "the root of a reply must be Response; Bxml is for documents sent over REST"
    if size > bxml.MAX_DOCUMENT_SIZE:
        yield f"the document must have at most {bxml.MAX_DOCUMENT_SIZE} bytes, got {size}"
    if event.reply.verbs == "any":
        yield from bxml.accidental_ends(document)
    else:
        yield from bxml.misplaced(document, event.reply.verbs)
