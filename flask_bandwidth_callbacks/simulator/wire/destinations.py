"""Where callbacks go, and where they go when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from urllib.parse import urljoin

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.credentials import Credentials

if TYPE_CHECKING:
    from ..engine.call import Call
    from ..verbs.conferences import Conference

Method: TypeAlias = Literal["POST", "GET"]


class Destination(NamedTuple):
    """Where a callback goes, and where it goes when that fails."""

    url: str
    """Absolute."""
    method: Method
    credentials: Credentials | None
    """What is shown when it is asked for."""
    fallback: Destination | None
    timeout: float
    """Seconds until a reply is given up."""


def destination_of(
    owner: Call | Conference, verb: bxml.Element, attribute: str, base: str
) -> Destination | None:
    """Return where a URL attribute of a verb says that callbacks go, None if it says nothing.

    :param base: URL of the document that holds the verb: a relative URL starts there.
    """
    url = verb.attributes.get(attribute)
    if url is None:
        return None
    stem = attribute.removesuffix("_url")
    pair = verb.specification.attributes[attribute].url
    assert pair is not None
    credentials = None
    if pair.credentials is not None and any(name in verb.attributes for name in pair.credentials):
        username, password = (verb.attributes.get(name, "") for name in pair.credentials)
        credentials = Credentials(username, password)
    fallback = None
    if f"{stem}_fallback_url" in verb.specification.attributes:
        fallback = destination_of(owner, verb, f"{stem}_fallback_url", base)
    method = verb.attributes.get(f"{stem}_method", "POST")
    return Destination(urljoin(base, url), method, credentials, fallback, owner.callback_timeout)
