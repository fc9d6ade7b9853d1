"""The writer of documents."""

from __future__ import annotations

from collections.abc import Iterable

from .elements import Document, Links, Verb, Writer
from .verbs import Response

MAX_DOCUMENT_SIZE = 65536
"""Maximum size of a document in bytes. Source: https://dev.bandwidth.com/docs/voice/bxml/about"""


def render(document: Document | Verb | Iterable[Verb], links: Links | None = None) -> bytes:
    """Return a document in UTF-8, with its XML declaration.

    A verb, or several, are put into a ``Response``.

    :param links: returns the attributes to write of an element with URL attributes; what it raises passes.

    Raises
    :class:`~flask_bandwidth_callbacks.exceptions.InvalidBXML` if an item is not a verb or a URL is still a
    handler or a blueprint. The size of the document is not checked: see :data:`MAX_DOCUMENT_SIZE`.
    """
    if isinstance(document, Verb):
        document = Response(document)
    elif not isinstance(document, Document):
        document = Response(*document)
    writer = Writer(links)
    document.write(writer)
    return writer.text().encode()
