"""What a handler returned becomes the reply that Bandwidth gets, checked before it is sent."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from flask import Flask, Response, current_app, request
from werkzeug.wrappers import Response as WerkzeugResponse

from . import bxml, config, links
from .display import show
from .events import Callback
from .exceptions import InvalidBXML
from .logs import details, logger
from .registrations import Registration, registration_at

CONTENT_TYPE = "application/xml; charset=utf-8"


class SupportsToBXML(Protocol):
    """Anything that writes itself as BXML, like the verbs and documents of the official SDK."""

    def to_bxml(self) -> str: ...


Answer: TypeAlias = SupportsToBXML | Sequence[SupportsToBXML] | str | bytes | WerkzeugResponse | None
"""What a responder may return. None only where there may be nothing to add."""

_MAY_RETURN = (
    "a verb, a list of verbs, a bxml.Response, anything with to_bxml(), a text that holds a BXML document,"
    " or a Flask response"
)


def no_content() -> Response:
    """Return the reply to an event that needs none."""
    response = current_app.response_class(status=204)
    del response.headers["Content-Type"]
    return response


def is_answer(returned: Any) -> bool:
    """Tell whether a value is for :func:`make_answer`, where it may as well be what a Flask view returns."""
    if isinstance(returned, tuple):
        return all(hasattr(item, "to_bxml") for item in returned)
    return not isinstance(returned, dict)


def make_answer(app: Flask, event: Callback, handler: object, returned: Any) -> WerkzeugResponse:
    """Return the reply for what ``handler`` (whose text names it, in messages) returned.

    Raises :class:`TypeError` for what is no answer, :class:`~.exceptions.LinkError` for a handler that cannot
    be linked to, and, if answers are checked, :class:`~.exceptions.InvalidBXML`.
    """
    if returned is None:
        if event.reply.when_none == "no content":
            return no_content()
        if event.reply.when_none == "error":
            raise TypeError(
                f"{handler} returned None for {show(event.event_type)}, and the call would be hung up:"
                f" return {_MAY_RETURN}. bxml.Response() hangs up on purpose."
            )
        returned = bxml.Response()
    if isinstance(returned, WerkzeugResponse):
        _check(event, handler, _faults_of_response(event, returned))
        return returned
    document = _document(event, handler, returned, registration_at(app, request.endpoint))
    if isinstance(document, bxml.Document):
        body = bxml.render(document)
        _check(event, handler, _faults_of_document(event, document, body))
    else:
        body = document
        _check(event, handler, _faults_of_text(event, body))
    return app.response_class(body, content_type=CONTENT_TYPE)


def _document(
    event: Callback, handler: object, returned: Any, current: Registration | None
) -> bxml.Document | bytes:
    """Return a document: as elements if it was made of ours, else as it was written."""
    if isinstance(returned, bxml.Verb):
        return bxml.Response(links.resolve(returned, current))
    if isinstance(returned, bxml.Document):
        return links.resolve(returned, current)
    if isinstance(returned, str | bytes):
        text = _encode(returned) if isinstance(returned, str) else returned
        if text.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
            return text
        raise _no_answer(event, handler, returned)
    if _writes_itself(returned):
        verbs: Sequence[Any] = [returned]
    elif isinstance(returned, Sequence) and not isinstance(returned, bytearray):
        verbs = returned
    else:
        raise _no_answer(event, handler, returned)
    for place, verb in enumerate(verbs, start=1):
        if not _writes_itself(verb) or (verb is not returned and isinstance(verb, bxml.Document)):
            raise _no_answer(event, handler, returned, f" Item {place}, {show(verb)}, is no verb.")
    if all(isinstance(verb, bxml.Verb) for verb in verbs):
        return bxml.Response(*[links.resolve(verb, current) for verb in verbs])
    resolved = (links.resolve(verb, current) if isinstance(verb, bxml.Verb) else verb for verb in verbs)
    written = [verb.to_bxml() for verb in resolved]
    if not all(isinstance(text, str) for text in written):
        raise _no_answer(event, handler, returned, " Its to_bxml() gives no text.")
    return _in_response(written)


def _no_answer(event: Callback, handler: object, returned: Any, why: str = "") -> TypeError:
    return TypeError(
        f"{handler} returned {show(returned)} for {show(event.event_type)}, which is no answer.{why}"
        f" Return {_MAY_RETURN}."
    )


def _writes_itself(value: Any) -> bool:
    # A class has the method too, but a verb that was not made says nothing.
    return not isinstance(value, type) and callable(getattr(value, "to_bxml", None))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _in_response(written: Sequence[str]) -> bytes:
    """Return elements that others wrote as a document; a text that is one already stays as it is."""
    if len(written) == 1 and re.match(r"\s*(<\?xml.*?\?>\s*)?<(Response|Bxml)\b", written[0], re.DOTALL):
        return _encode(written[0])
    return _encode(f"<Response>{''.join(written)}</Response>")


# -- The checks --------------------------------------------------------------------------------------------


def _check(event: Callback, handler: object, faults: Iterator[str]) -> None:
    found = [f"{handler} answers {show(event.event_type)}: {fault}" for fault in faults]
    if not found:
        return
    if config.CHECK_BXML.read(current_app):
        raise InvalidBXML(found)
    for fault in found:
        logger.error("%s", fault, extra=details(event))


def _faults_of_response(event: Callback, response: WerkzeugResponse) -> Iterator[str]:
    # Another status than 200 is the application's own way to fail, and a stream can only be read once.
    if response.status_code != 200 or response.is_streamed or response.direct_passthrough:
        return
    if response.mimetype not in ("application/xml", "text/xml"):
        yield f"the response is sent as {response.mimetype}, not as {CONTENT_TYPE}"
    yield from _faults_of_text(event, response.get_data())


def _faults_of_text(event: Callback, body: bytes) -> Iterator[str]:
    try:
        body.decode()
    except UnicodeDecodeError as error:  # whatever encoding the document declares
        yield f"the document is sent as UTF-8, and byte {error.start} is none"
    try:
        document, oddities = bxml.examine(body)
    except InvalidBXML as error:
        yield from error.faults
    else:
        for oddity in oddities:
            logger.warning("Sent as it is: %s", oddity, extra=details(event))
        yield from _faults_of_document(event, document, body)


def _faults_of_document(event: Callback, document: bxml.Document, body: bytes) -> Iterator[str]:
    if not isinstance(document, bxml.Response):
        yield "the root of a reply is Response; Bxml is for documents that are sent over REST"
    if len(body) > bxml.MAX_DOCUMENT_SIZE:
        yield f"the document has {len(body)} bytes; Bandwidth takes {bxml.MAX_DOCUMENT_SIZE}"
    if event.reply.verbs != "any":
        yield from bxml.misplaced(document, event.reply.verbs)
    yield from links.faults(document)
