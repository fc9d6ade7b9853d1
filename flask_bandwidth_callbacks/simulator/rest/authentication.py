"""Who may use the REST interface: clients with a username and password, or with an access token."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable

from flask_bandwidth_callbacks.credentials import ANYONE, Gate, read_pair

from ..exceptions import SimulationError
from ..wire.payloads import ACCOUNT_ID
from .problems import forbidden as forbidden_problem
from .problems import unauthorized


class Doorkeeper:
    """Checks the ``Authorization`` header of requests, and issues access tokens.

    :param clients: ids and secrets, or usernames and passwords, that are let in. None lets in all that there
        are.
    :param forbidden: those that are known, but may do nothing.

    Raises :class:`SimulationError` for what is not a pair.
    """

    def __init__(
        self, clients: Iterable[tuple[str, str]] | None, forbidden: Iterable[tuple[str, str]]
    ) -> None:
        self._clients = Gate(ANYONE) if clients is None else _gate(clients, "clients")
        self._forbidden = _gate(forbidden, "forbidden")
        self._may: dict[str, bool] = {}
        """The access tokens that were issued, with whether the client may do anything."""

    def check(self, authorization: str | None) -> None:
        """Raise :class:`.Problem` unless the header is that of a client that is let in."""
        scheme, token = _parts(authorization)
        if scheme == "bearer" and token:
            may = self._may.get(token, True if self._clients.is_open else None)
        else:
            may = self._may_with(authorization)
        if may is None:
            raise unauthorized()
        if not may:
            raise forbidden_problem()

    def issue_token(self, authorization: str | None) -> str | None:
        """Return a new access token for the client of a header; None if it is not known."""
        may = self._may_with(authorization)
        if may is None:
            return None
        token = _new_token()
        self._may[token] = may
        return token

    def _may_with(self, authorization: str | None) -> bool | None:
        """Return whether the client with a username and password may do anything; None if not known."""
        scheme, token = _parts(authorization)
        if scheme != "basic" or not token:
            return None
        if self._forbidden.lets_in(authorization):
            return False
        return True if self._clients.lets_in(authorization) else None


def _new_token() -> str:
    """Return a token in the form of a JSON web token (RFC 7519), from which ``band`` reads its account."""
    header, claims = {"alg": "none", "typ": "JWT"}, {"accounts": [ACCOUNT_ID], "jti": uuid.uuid4().hex}
    parts = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, ""])


def _parts(authorization: str | None) -> tuple[str, str]:
    """Return the scheme of a header, in lower case, and the rest."""
    scheme, _, rest = (authorization or "").strip().partition(" ")
    return scheme.lower(), rest.strip()


def _gate(pairs: Iterable[tuple[str, str]], name: str) -> Gate:
    read = []
    for given in pairs:
        pair = read_pair(given)
        if isinstance(pair, str):
            raise SimulationError(f"A pair of {name} {pair}")
        read.append(pair)
    return Gate(read)
