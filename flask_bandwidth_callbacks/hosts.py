"""Hosts: how they are compared, which are the application's own, and which an absolute URL may have."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from flask import Flask, current_app, has_request_context, request
from werkzeug.exceptions import SecurityError

from . import config

_DEFAULT_PORTS = {"http": ("", "80"), "https": ("", "443")}
_ANY_DEFAULT_PORT = ("", "80", "443")


def comparable_host(host: str, scheme: str = "") -> str:
    """Return a host as URLs compare it: in lower case, without user info and without the default port.

    :param host: perhaps with user info and a port.
    :param scheme: the scheme whose default port is left out; without it, that of http and that of https.
    """
    host = host.rpartition("@")[2].lower()
    name, port = host, ""
    if ":" in host and not host.endswith("]"):  # an IPv6 address has colons of its own
        name, _, port = host.rpartition(":")
    if not name.isascii():
        with suppress(UnicodeError):  # not a name that could be looked up
            name = name.encode("idna").decode()
    name = name.removesuffix(".")
    port = port.lstrip("0") or port
    return name if port in _DEFAULT_PORTS.get(scheme, _ANY_DEFAULT_PORT) else f"{name}:{port}"


def host_of(url: str) -> str | None:
    """Return the host of a URL, to be compared; None if the URL is relative."""
    parts = urlsplit(url)
    return comparable_host(parts.netloc, parts.scheme.lower()) or None


def configured_hosts(app: Flask) -> frozenset[str]:
    """Return the hosts that the configuration of an application calls its own, to be compared."""
    public_url = config.PUBLIC_URL.read(app)
    names = [app.config["SERVER_NAME"] or "", urlsplit(public_url).netloc if public_url else ""]
    return frozenset(comparable_host(name) for name in names if name)


def is_own_host(host: str | None) -> bool:
    """Return whether a host is that of the current request or a configured one; None, of no host, is."""
    if host is None:
        return True
    if has_request_context() and host == comparable_host(request.host):
        return True
    return host in configured_hosts(current_app)


def request_host_is_trusted() -> bool:
    """Return whether the current request is one whose ``Host`` header ``TRUSTED_HOSTS`` allows."""
    try:
        return has_request_context() and request.trusted_hosts is not None and bool(request.host)
    except SecurityError:
        return False
