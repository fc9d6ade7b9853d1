"""Where a callback goes: its URL, method and credentials, and the fallback for when that fails."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urljoin

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.credentials import Credentials

Method: TypeAlias = Literal["POST", "GET"]


class Destination(NamedTuple):
    """Where a callback goes, and where it goes when that fails."""

    url: str
    """Absolute."""
    method: Method
    credentials: Credentials | None
    """The pair that is sent once the application has asked for one."""
    fallback: Destination | None
    timeout: float
    """Seconds to wait for a reply."""


def destination_of(verb: bxml.Element, attribute: str, base: str, timeout: float) -> Destination | None:
    """Return the destination that a URL attribute of a verb names, None if it is not given.

    :param base: URL of the document that holds the verb; a relative URL starts there.
    :param timeout: seconds to wait for a reply.
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
        fallback = destination_of(verb, f"{stem}_fallback_url", base, timeout)
    method = verb.effective(f"{stem}_method")
    return Destination(urljoin(base, url), method, credentials, fallback, timeout)
