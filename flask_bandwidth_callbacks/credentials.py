"""HTTP Basic credentials by challenge: the pairs, their comparison, the challenge.

Bandwidth sends a callback without credentials first and again with them, but only when the 401 that it got
has a ``WWW-Authenticate`` header (https://dev.bandwidth.com/docs/numbers/webhooks).
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Sequence
from typing import Any, NamedTuple

from .exceptions import ConfigurationError

REMEDY = (
    "Give credentials=[(username, password)], or set BANDWIDTH_CALLBACKS_CREDENTIALS in app.config, the same"
    " that the Bandwidth application has. credentials=None lets everyone in."
)


class Credentials(NamedTuple):
    """A username and its password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, password='...')"


def read_credentials(given: Any, source: str) -> tuple[Credentials, ...]:
    """Return the pairs that an argument or a configuration value holds.

    A list holds ``(username, password)`` pairs or ``"username:password"`` texts; one text alone is one pair.
    Raises :class:`ConfigurationError`, which never shows a password, for anything else.
    """
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        raise ConfigurationError(f"{source} is no list of (username, password) pairs. {REMEDY}")
    if not given:
        raise ConfigurationError(f"{source} is empty. {REMEDY}")
    return tuple(_pair(pair, f"{source}, pair {number}") for number, pair in enumerate(given, start=1))


def _pair(given: Any, place: str) -> Credentials:
    pair = given.partition(":")[::2] if isinstance(given, str) else given
    if not isinstance(pair, Sequence) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise ConfigurationError(f"{place}, is no (username, password) pair of texts. {REMEDY}")
    credentials = Credentials(*pair)
    if not all(credentials):
        raise ConfigurationError(f"{place}, lacks a username or a password. {REMEDY}")
    if ":" in credentials.username:
        raise ConfigurationError(
            f"{place}: the username {credentials.username!r} has a colon, which HTTP Basic cannot carry: use"
            " another username."
        )
    if not all(part.isprintable() for part in credentials):
        raise ConfigurationError(
            f"{place}, has a control character, which HTTP Basic cannot carry: leave it out, at both ends."
        )
    return credentials


class Gate:
    """Lets in requests that carry one of its pairs; without pairs, every request."""

    def __init__(self, pairs: Sequence[Credentials] | None) -> None:
        self.pairs = tuple(pairs or ())
        """All that are let in; none when everyone is."""
        self.handed_out = self.pairs[0] if self.pairs else None
        """The pair that the verbs carry; None when everyone is let in."""
        self._accepted = [f"{username}:{password}".encode() for username, password in self.pairs]

    def lets_in(self, authorization: str | None) -> bool:
        """Tell whether an ``Authorization`` header carries one of the pairs, in a time that tells nothing."""
        if not self._accepted:
            return True
        sent = _decode(authorization)
        if sent is None:
            return False
        # A list, because a generator would stop at the pair that fits and tell by its time which that is.
        return any([hmac.compare_digest(sent, accepted) for accepted in self._accepted])  # noqa: C419

    def accepts(self, username: str | None, password: str | None) -> bool:
        """Tell whether a verb that carries this username and password would be let in."""
        return not self._accepted or f"{username}:{password}".encode() in self._accepted


def _decode(authorization: str | None) -> bytes | None:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return binascii.a2b_base64(token.strip(), strict_mode=True)
    except ValueError:  # binascii.Error among them
        return None
