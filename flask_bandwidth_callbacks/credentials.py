"""HTTP Basic credentials: the accepted pairs, and the gate that compares a request with them.

Bandwidth sends a callback without credentials first and again with them, but only when the 401 that it got
has a ``WWW-Authenticate`` header (https://dev.bandwidth.com/docs/numbers/webhooks).
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from .exceptions import ConfigurationError

KEY = "BANDWIDTH_CALLBACKS_CREDENTIALS"
"""The key of ``app.config`` that holds the credentials of blueprints without their own."""

REMEDY = (
    f"Give credentials=[(username, password)], or set {KEY} in app.config, to what the Bandwidth application"
    " sends. credentials=None disables authentication."
)

CredentialsOption: TypeAlias = str | Sequence[str | tuple[str, str]] | None
"""What ``credentials=`` takes: pairs, ``"username:password"`` strings, one such string, or None."""


class Credentials(NamedTuple):
    """A username and its password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, password='...')"


def read_credentials(given: object, source: str) -> tuple[Credentials, ...] | None:
    """Return the pairs that an argument or a setting holds; None disables authentication.

    A list holds what :func:`read_pair` takes; a single string is one pair.
    Raises :class:`ConfigurationError`, which names ``source`` and never shows a password.
    """
    if given is None:
        return None
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        raise ConfigurationError(f"{source} must be a list of (username, password) pairs. {REMEDY}")
    if not given:
        raise ConfigurationError(f"{source} must hold at least one pair. {REMEDY}")
    pairs = []
    for number, pair in enumerate(given, start=1):
        try:
            pairs.append(read_pair(pair))
        except ValueError as error:
            raise ConfigurationError(f"Pair {number} of {source} {error}") from None
    return tuple(pairs)


def read_pair(given: object) -> Credentials:
    """Return a username and a password, given as two strings or as ``"username:password"``.

    Raises :class:`ValueError` with the broken rule and its remedy, to be put after the name of what was
    given. The message never shows a password.
    """
    parts = given.partition(":")[::2] if isinstance(given, str) else given
    if (
        not isinstance(parts, Sequence)
        or len(parts) != 2
        or not all(isinstance(part, str) and part for part in parts)
    ):
        raise ValueError(
            "must be a username and a password. Give (username, password) or 'username:password', neither"
            " part empty."
        )
    username, password = parts
    if ":" in username:
        raise ValueError(
            f"must have a username without a colon, which HTTP Basic cannot carry, got {username!r}. Use"
            " another username."
        )
    if not (username + password).isprintable():
        raise ValueError(
            "must be free of control characters, which HTTP Basic cannot carry. Remove them, at Bandwidth"
            " too."
        )
    return Credentials(username, password)


class Gate:
    """The check that admits requests with an accepted pair; without pairs, it admits every request."""

    def __init__(self, pairs: Sequence[Credentials] | None) -> None:
        self.pairs = tuple(pairs or ())
        """All accepted pairs; empty when authentication is disabled."""
        self.handed_out = self.pairs[0] if self.pairs else None
        """The pair that verbs carry; None when authentication is disabled."""
        self._accepted = [f"{username}:{password}".encode() for username, password in self.pairs]

    def lets_in(self, authorization: str | None) -> bool:
        """Return whether the ``Authorization`` header carries an accepted pair. Runs in constant time."""
        if not self._accepted:
            return True
        sent = _decode(authorization)
        if sent is None:
            return False
        # A list: a generator would stop at the pair that fits, and its time would reveal which one that is.
        return any([hmac.compare_digest(sent, accepted) for accepted in self._accepted])  # noqa: C419

    def accepts(self, username: str | None, password: str | None) -> bool:
        """Return whether a verb that carries this username and password would be let in."""
        return not self._accepted or f"{username}:{password}".encode() in self._accepted


def _decode(authorization: str | None) -> bytes | None:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return binascii.a2b_base64(token.strip(), strict_mode=True)
    except ValueError:  # binascii.Error among them
        return None
