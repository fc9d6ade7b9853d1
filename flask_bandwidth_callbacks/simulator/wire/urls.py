"""URLs that can be requested."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from werkzeug.urls import iri_to_uri

from flask_bandwidth_callbacks.display import show, without_password

from ..exceptions import SimulationError

DEFAULT_PORTS = {"http": 80, "https": 443}
_WHITE_SPACE = re.compile(r"[\s\x00-\x1f\x7f]")


def split(url: str) -> SplitResult:
    """Return the parts of a URL that can be requested; raises ``ValueError`` for any other."""
    try:
        parts = urlsplit(url if url.isascii() else iri_to_uri(url))
        can_be_requested = parts.scheme in DEFAULT_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        can_be_requested = False
    if not can_be_requested or _WHITE_SPACE.search(url):
        raise ValueError(
            f"{without_password(url)!r} is not a URL that can be requested: it must begin with http:// or"
            " https:// and a host, and have no white space"
        )
    return parts


def host_and_port(url: SplitResult) -> str:
    """Return the host of a URL, with the port if it has one."""
    return url.netloc.rpartition("@")[2].lower()


def is_this_machine(host: str) -> bool:
    """Return whether a host is this machine by its name or its address, as in ``127.1`` or ``[::1]``."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(OSError):  # what is not an IPv4 address in one of its spellings
        host = socket.inet_ntoa(socket.inet_aton(host))
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def absolute(base: str, url: str) -> str:
    """Return a URL, which may be relative to ``base``, as one that can be requested.

    Raises :class:`SimulationError` for any other, and for one that holds credentials.
    """
    if not isinstance(url, str):
        raise SimulationError(f"A URL must be a string, got {show(url)}. Use what url_for(handler) returns.")
    joined = url
    with suppress(ValueError):  # the error that split raises says more
        if not urlsplit(url).scheme:  # urljoin would take http:/menu for a path
            joined = urljoin(base, url)
    try:
        parts = split(joined)
    except ValueError as error:
        raise SimulationError(f"{error}.") from None
    if parts.username is not None:
        raise SimulationError(
            f"The URL for {parts.hostname} must not hold a username. Give it as credentials."
        )
    return joined
