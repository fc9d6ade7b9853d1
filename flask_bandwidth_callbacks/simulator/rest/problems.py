"""The errors of the REST interface, with the bodies that Bandwidth gives them.

Source: the pages https://dev.bandwidth.com/docs/voice/errors and https://dev.bandwidth.com/docs/voice/rateLimits
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from flask_bandwidth_callbacks.display import shorten

from ..exceptions import Conflict

JSON = "application/json;charset=UTF-8"
"""The content type of replies."""


class Problem(Exception):
    """A request that is rejected, with the reply that says so.

    :param kind: the ``type`` in the body of the reply.
    """

    def __init__(
        self,
        status: int,
        description: str,
        kind: str = "validation",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.kind = kind
        self.headers = headers or {}

    def response(self) -> Response:
        """Return the reply."""
        body = {"type": self.kind, "description": self.description, "id": None}
        return Response(json.dumps(body), self.status, self.headers, content_type=JSON)


class NotSimulated(Problem):
    """A request for a part of Bandwidth that is not simulated."""

    def __init__(self, service: str, name: str) -> None:
        super().__init__(501, f"{service} ({name}) is not simulated. Only Bandwidth's voice operations are.")

    def response(self) -> Response:
        """Return the reply, a problem as RFC 9457 has it."""
        body = {"title": "Not Implemented", "status": self.status, "detail": self.description}
        return Response(json.dumps(body), self.status, content_type="application/problem+json")


def unauthorized() -> Problem:
    """Return the rejection of a request without credentials that are known."""
    headers = {"WWW-Authenticate": 'Basic realm="Bandwidth"'}
    return Problem(401, "The credentials provided were invalid", "authentication-error", headers)


def forbidden() -> Problem:
    """Return the rejection of a client that is known but may not do this."""
    return Problem(403, "Access is denied", "authorization-error")


def not_found(kind: str, named: str) -> Problem:
    """Return the rejection of a request for something that is not there, such as a call.

    :param named: its id.
    """
    return Problem(404, f"{kind} [{shorten(named)}] not found")


def conflicting(call_id: str, error: Conflict) -> Problem:
    """Return the rejection of a request that does not fit the state of its call."""
    return Problem(409, f"Call [{call_id}] cannot be modified in its current state. {error}")


def unsupported(content_type: str) -> Problem:
    """Return the rejection of a body of the wrong type."""
    return Problem(415, f"Content type '{shorten(content_type)}' not supported")


def invalid(error: ValidationError) -> Problem:
    """Return the rejection of a body or a query whose properties break rules; it names each of them."""
    return Problem(400, "; ".join(_faults(error.messages)))


def _faults(messages: Any, path: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for name, nested in messages.items():
            yield from _faults(nested, f"{path}.{name}" if path else str(name))
    else:
        subject = shorten(path.removesuffix("_schema").removesuffix(".")) or "request body"
        yield from (f"Invalid {subject}: {message}" for message in messages)


def of_http(error: HTTPException) -> Problem:
    """Return the rejection for an error that werkzeug has found, such as a wrong method."""
    headers = dict(error.get_headers())
    headers.pop("Content-Type", None)
    return Problem(error.code or 500, error.name, headers=headers)
