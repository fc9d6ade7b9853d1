"""The settings in ``app.config``: one table, from which they are read, checked and documented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from flask import Flask

from . import credentials
from .credentials import ANYONE, Gate, read_gate
from .display import without_password
from .exceptions import ConfigurationError

T = TypeVar("T")


class Unset:
    """The type of :data:`UNSET`."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()
"""Stands for an argument that was not given, where None has a meaning of its own."""


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A key of ``app.config``: its default, its check and its meaning."""

    key: str
    read_value: Callable[[object, str], T | Unset]
    """Turns a value into what is used; ``UNSET`` means "as if the key were absent".

    Called with the value and the key. Raises :class:`~.exceptions.ConfigurationError`.
    """
    default: Callable[[Flask], T]
    """What is used when the key is absent."""
    default_text: str
    """The default as the README shows it."""
    meaning: str
    """What the setting does, as the README shows it."""

    def read(self, app: Flask) -> T:
        """Return the value for an application; raises :class:`~.exceptions.ConfigurationError`."""
        if self.key not in app.config:
            return self.default(app)
        value = self.read_value(app.config[self.key], self.key)
        return self.default(app) if isinstance(value, Unset) else value

    def __str__(self) -> str:
        return self.key


def _boolean(value: object, key: str) -> bool | Unset:
    if value is None:
        return UNSET
    if not isinstance(value, bool):
        raise ConfigurationError(f"{key} must be True or False, got {value!r}.")
    return value


def _size(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{key} must be a number of bytes above 0, got {value!r}.")
    return value


def _public_url(value: object, key: str) -> str | Unset:
    if value is None:
        return UNSET
    text = str.__str__(value) if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
        is_host = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_host = False
    host = text.partition("//")[2].removesuffix("/")
    if not is_host or not host.isprintable() or any(each in "/?#@\\ " for each in host):
        shown = without_password(repr(value))
        raise ConfigurationError(
            f"{key} must be a scheme and a host such as 'https://calls.example.com', got {shown}. A path at"
            " which the application is mounted is APPLICATION_ROOT, or the SCRIPT_NAME of the request."
        )
    return text.removesuffix("/")


def _store_url(value: object, key: str) -> str:
    if not isinstance(value, str) or "://" not in value:
        raise ConfigurationError(
            f"{key} must be the URL of a store, such as 'memory://', 'sqlite:///calls.db' or"
            f" 'redis://localhost/0', got {without_password(repr(value))}."
        )
    return str.__str__(value)


def _file(value: object, key: str) -> Path | Unset:
    if value is None:
        return UNSET
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ConfigurationError(f"{key} must be the path of a file, such as 'calls.jsonl', got {value!r}.")
    return Path(value)


def _gate(value: object, key: str) -> Gate | str:
    """Return the gate, or a message; see :mod:`.credentials` for why it is not raised here."""
    # A name for what an environment variable or a file cannot hold.
    return read_gate(ANYONE if value == ANYONE.value else value, key)


CREDENTIALS: Setting[Gate | str | Unset] = Setting(
    credentials.KEY,
    read_value=_gate,
    default=lambda app: UNSET,
    default_text="an error",
    meaning='`(username, password)` pairs, or `"username:password"` strings; all are accepted, the first is'
    ' handed out. `ANYONE`, or the text `"anyone"`, disables authentication; `None` is an error. The'
    " blueprint's `credentials=` takes precedence",
)
STRICT = Setting(
    "BANDWIDTH_CALLBACKS_STRICT",
    read_value=_boolean,
    default=lambda app: False,
    default_text="`False`",
    meaning="reject a callback with an unreadable property (422)",
)
MAX_CONTENT_LENGTH = Setting(
    "BANDWIDTH_CALLBACKS_MAX_CONTENT_LENGTH",
    read_value=_size,
    default=lambda app: 256 * 1024,
    default_text="`262144`",
    meaning="the largest body of a callback, in bytes; a larger one is rejected (413)",
)
CHECK_BXML = Setting(
    "BANDWIDTH_CALLBACKS_CHECK_BXML",
    read_value=_boolean,
    default=lambda app: app.debug or app.testing,
    default_text="on in debug or testing",
    meaning="raise an exception for invalid BXML; off, the fault is logged and the reply sent",
)
PUBLIC_URL: Setting[str | None] = Setting(
    "BANDWIDTH_CALLBACKS_PUBLIC_URL",
    read_value=_public_url,
    default=lambda app: None,
    default_text="`SERVER_NAME`",
    meaning="the scheme and the host of absolute URLs, such as `https://calls.example.com`; without both,"
    " `url_for(..., _external=True)` works only in a callback, or with `TRUSTED_HOSTS`",
)

STORE: Setting[str] = Setting(
    "BANDWIDTH_CALLBACKS_STORE",
    read_value=_store_url,
    default=lambda app: "memory://",
    default_text='`"memory://"`',
    meaning="where states, replies to repeats, and jobs are kept: `memory://` for one process, the URL of an"
    " SQL database, or `redis://host/0`. The blueprint's `store=` takes precedence",
)
REPEATS = Setting(
    "BANDWIDTH_CALLBACKS_REPEATS",
    read_value=_boolean,
    default=lambda app: True,
    default_text="`True`",
    meaning="recognize a callback that Bandwidth sends again, and send the same reply without calling the"
    " handlers",
)
RECORD: Setting[Path | None] = Setting(
    "BANDWIDTH_CALLBACKS_RECORD",
    read_value=_file,
    default=lambda app: None,
    default_text="off",
    meaning="a file such as `calls.jsonl`, to which each callback and its reply are appended as a line, for"
    " `flask bandwidth replay`; a relative path starts in the folder in which the server is started",
)
RECORD_MASKED = Setting(
    "BANDWIDTH_CALLBACKS_RECORD_MASKED",
    read_value=_boolean,
    default=lambda app: True,
    default_text="`True`",
    meaning="mask numbers, and the digits that callers press, in that file",
)

SETTINGS: tuple[Setting[Any], ...] = (
    CREDENTIALS,
    PUBLIC_URL,
    STRICT,
    MAX_CONTENT_LENGTH,
    CHECK_BXML,
    STORE,
    REPEATS,
    RECORD,
    RECORD_MASKED,
)
"""Every setting, in the order of the README's table."""


def check(app: Flask) -> None:
    """Raise :class:`~.exceptions.ConfigurationError` now for a value that would fail when the phone rings.

    Credentials are left to :func:`gate_of`: a blueprint with its own does not use the setting.
    """
    for setting in SETTINGS:
        if setting is not CREDENTIALS:
            setting.read(app)


def gate_of(app: Flask, blueprint: str, given: Gate | str | Unset) -> Gate:
    """Return the gate of a blueprint: what it was given itself, else that of the setting.

    :param given: what :func:`~.credentials.read_gate` returned for the blueprint's own argument.

    Raises :class:`~.exceptions.ConfigurationError` when there is none or it cannot be used.
    """
    gate = CREDENTIALS.read(app) if isinstance(given, Unset) else given
    if isinstance(gate, Unset):
        raise ConfigurationError(
            f"Blueprint {blueprint!r} must have credentials, got none. {credentials.REMEDY}"
        )
    if isinstance(gate, str):
        raise ConfigurationError(gate)
    return gate
