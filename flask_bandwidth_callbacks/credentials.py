"""HTTP Basic credentials: the accepted pairs, and the gate that compares a request with them.

Bandwidth sends a callback without credentials first and again with them, but only when the 401 that it got
has a ``WWW-Authenticate`` header (https://dev.bandwidth.com/docs/numbers/webhooks).

Error reporters send the locals of a traceback's frames along, and look into tuples, lists, dictionaries and
dataclasses. So a pair is none of these here, and a broken rule is returned, not raised, by the functions
whose locals hold passwords.
"""

from __future__ import annotations

import binascii
import hmac
import unicodedata
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, TypeAlias

KEY = "BANDWIDTH_CALLBACKS_CREDENTIALS"
"""The key of ``app.config`` that holds the credentials of blueprints without their own."""

REMEDY = (
    f"Give credentials=[(username, password)], or set {KEY} in app.config, to what the Bandwidth application"
    f" sends. credentials=ANYONE, or {KEY} = 'anyone', disables authentication."
)


class Anyone(Enum):
    """The type of :data:`ANYONE`."""

    ANYONE = "anyone"

    def __repr__(self) -> str:
        return self.name


ANYONE: Final = Anyone.ANYONE
"""Given as ``credentials=``, disables authentication: every request is accepted."""

CredentialsOption: TypeAlias = "str | Sequence[str | tuple[str, str] | Credentials] | Anyone"
"""What ``credentials=`` takes: pairs, ``"username:password"`` strings, one such string, or ``ANYONE``."""


class Credentials:
    """A username and its password.

    It unpacks into the two and equals a tuple of them. It is not a tuple itself, because error reporters
    look into tuples; a client that requires one is given ``tuple(phone.credentials)``.
    """

    __slots__ = ("password", "username")

    def __init__(self, username: str, password: str) -> None:
        # Of a subclass such as a (str, Enum), the text itself: formatting would write the member's name.
        self.username = str.__str__(username)
        """The username."""
        self.password = str.__str__(password)
        """The password."""

    def __iter__(self) -> Iterator[str]:
        return iter((self.username, self.password))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials | tuple):
            return NotImplemented
        return (self.username, self.password) == tuple(other)

    def __hash__(self) -> int:
        return hash((self.username, self.password))

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, password='...')"


# -- The pairs that are given ------------------------------------------------------------------------------


def read_gate(given: object, source: str) -> Gate | str:
    """Return the gate for what an argument or a setting holds, or a message about the rule that it breaks.

    A list holds what :func:`read_pair` takes; a single string is one pair. The message names ``source`` and
    never shows a password.
    """
    if isinstance(given, Anyone):
        return Gate(given)
    if given is None:
        return (
            f"{source} must be a list of (username, password) pairs, got None, perhaps from an environment"
            f" variable that is not set. {REMEDY}"
        )
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        return f"{source} must be a list of (username, password) pairs. {REMEDY}"
    if not given:
        return f"{source} must hold at least one pair. {REMEDY}"
    pairs = []
    for number, each in enumerate(given, start=1):
        pair = read_pair(each)
        if isinstance(pair, str):
            return f"Pair {number} of {source} {pair}"
        pairs.append(pair)
    return Gate(pairs)


def read_pair(given: object) -> Credentials | str:
    """Return a username and a password, given as two strings or as ``"username:password"``.

    For anything else, return the broken rule and its remedy, to be put after the name of what was given.
    They never show a password.
    """
    if isinstance(given, Credentials):
        given = tuple(given)
    parts = given.partition(":")[::2] if isinstance(given, str) else given
    if (
        not isinstance(parts, Sequence)
        or len(parts) != 2
        or not all(isinstance(part, str) and part.strip() for part in parts)
    ):
        return (
            "must be a username and a password. Give (username, password) or 'username:password', neither"
            " part blank."
        )
    pair = Credentials(*parts)
    before, colon, _ = pair.username.partition(":")
    if colon:  # what follows it may be a password
        return (
            f"must have a username without a colon, which HTTP Basic cannot carry, got '{before}:...'. Use"
            " another username."
        )
    if not (pair.username + pair.password).isprintable():
        return (
            "must be free of control characters, which HTTP Basic cannot carry. Remove them, at Bandwidth"
            " too."
        )
    return pair


# -- The gate ----------------------------------------------------------------------------------------------


class Gate:
    """The check that admits requests with an accepted pair.

    :param pairs: all accepted pairs, or ``ANYONE`` to admit every request.
    """

    __slots__ = ("_accepted", "handed_out", "is_open", "pairs")

    def __init__(self, pairs: Sequence[Credentials] | Anyone) -> None:
        self.is_open = isinstance(pairs, Anyone)
        """Whether authentication is disabled."""
        self.pairs = () if isinstance(pairs, Anyone) else tuple(pairs)
        """All accepted pairs; empty when authentication is disabled."""
        self.handed_out = self.pairs[0] if self.pairs else None
        """The pair that verbs carry; None when authentication is disabled."""
        self._accepted = [form for pair in self.pairs for form in _forms(pair)]

    def lets_in(self, authorization: str | None) -> bool:
        """Return whether the ``Authorization`` header carries an accepted pair. Runs in constant time."""
        if self.is_open:
            return True
        sent = _decode(authorization)
        if sent is None:
            return False
        # A list: a generator would stop at the pair that fits, and its time would reveal which one that is.
        return any([hmac.compare_digest(sent, accepted) for accepted in self._accepted])  # noqa: C419

    def accepts(self, username: str | None, password: str | None) -> bool:
        """Return whether a verb that carries this username and password would be let in."""
        return self.is_open or (username, password) in self.pairs


def _forms(pair: Credentials) -> list[bytes]:
    """Return what clients may send for a pair, the usual form first.

    The challenge asks for UTF-8, which means composed characters (RFC 7617, section 2.1). Older clients send
    ISO-8859-1 all the same.
    """
    text = ":".join(pair)
    forms: dict[bytes, None] = {}
    for written in (text, unicodedata.normalize("NFC", text)):
        forms[written.encode()] = None
        if max(written) <= "\xff":
            forms[written.encode("iso-8859-1")] = None
    return list(forms)


def _decode(authorization: str | None) -> bytes | None:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return binascii.a2b_base64(token.strip(), strict_mode=True)
    except ValueError:  # binascii.Error among them
        return None
