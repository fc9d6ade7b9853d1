"""Everything that is read from ``app.config``.

``BANDWIDTH_CALLBACKS_CREDENTIALS`` (unset: an error)
    ``(username, password)`` pairs or ``"username:password"`` texts, or one such text. All of them are let
    in, the first is handed out. None lets everyone in. Read when a blueprint is registered that was not
    given credentials itself.
``BANDWIDTH_CALLBACKS_STRICT`` (unset: False)
    A property that cannot be read refuses the callback with 422 instead of being left out.
``BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH`` (unset: 262144)
    How many bytes the body of a callback may have.
``BANDWIDTH_CALLBACKS_CHECK_BXML`` (unset: on while the application is in debug or testing)
    An answer with a fault is an error; off, the fault is logged and the answer is sent.
"""

from __future__ import annotations

from typing import Any

from flask import Flask

from .credentials import REMEDY, Credentials, read_credentials
from .exceptions import ConfigurationError

CREDENTIALS = "BANDWIDTH_CALLBACKS_CREDENTIALS"
STRICT = "BANDWIDTH_CALLBACKS_STRICT"
MAX_CONTENT_LENGTH = "BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH"
CHECK_BXML = "BANDWIDTH_CALLBACKS_CHECK_BXML"


class Unset:
    """Says that nothing was said: None says that everyone is let in."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


def credentials(app: Flask, blueprint: str, given: Any) -> tuple[Credentials, ...] | None:
    """Return the pairs that a blueprint was given, else those of the configuration; None: everyone is let in.

    Raises :class:`ConfigurationError` when there are none, or when they cannot be used.
    """
    source = "credentials="
    if isinstance(given, Unset):
        source = CREDENTIALS
        given = app.config.get(CREDENTIALS, UNSET)
    if isinstance(given, Unset):
        raise ConfigurationError(
            f"Nothing says which credentials Bandwidth sends to blueprint {blueprint!r}. {REMEDY}"
        )
    return None if given is None else read_credentials(given, source)


def strict(app: Flask) -> bool:
    """Tell whether a property that cannot be read refuses the callback."""
    return _boolean(app, STRICT, default=False)


def max_content_length(app: Flask) -> int:
    """Return how many bytes the body of a callback may have."""
    length = app.config.get(MAX_CONTENT_LENGTH, 256 * 1024)
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        raise ConfigurationError(f"{MAX_CONTENT_LENGTH} is {length!r}; it must be a number of bytes above 0.")
    return length


def check_bxml(app: Flask) -> bool:
    """Tell whether an answer with a fault is an error."""
    return _boolean(app, CHECK_BXML, default=app.debug or app.testing)


def check(app: Flask) -> None:
    """Raise :class:`ConfigurationError` now for a value that would fail when the phone rings."""
    strict(app)
    max_content_length(app)
    check_bxml(app)


def _boolean(app: Flask, key: str, *, default: bool) -> bool:
    value = app.config.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ConfigurationError(f"{key} is {value!r}; it must be True or False.")
    return value
