"""Error responses for rejected requests: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from .events import Callback


class Rejection(Exception):
    """The reason why a request is rejected; the view turns it into a response.

    :param status: the HTTP status.
    :param reason: a sentence for the ``detail`` of the response.
    :param errors: what is wrong with each property, keyed by property name.
    :param event: the event, if one could be built.
    :param headers: further headers of the response.
    """

    def __init__(
        self,
        status: HTTPStatus,
        reason: str,
        *,
        errors: Mapping[str, Any] | None = None,
        event: Callback | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.errors = errors
        self.event = event
        self.headers = headers or {}

    def response(self) -> Response:
        """Return the response to the request."""
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status,
            "detail": self.reason,
        }
        if self.errors:
            problem["errors"] = self.errors
        return Response(
            json.dumps(problem),
            status=self.status,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **self.headers},
            content_type="application/problem+json",
        )


def challenge(realm: str) -> Rejection:
    """Return the 401 after which Bandwidth sends the callback again, with its credentials."""
    realm = re.sub(r'[^ -~]|["\\]', "_", realm)  # a quote would end it, and a header holds ASCII
    return Rejection(
        HTTPStatus.UNAUTHORIZED,
        "This URL requires the credentials of the Bandwidth application.",
        headers={"WWW-Authenticate": f'Basic realm="{realm}", charset="UTF-8"'},
    )
