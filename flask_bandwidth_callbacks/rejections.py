"""What is said to a request that is turned away: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from .events import Callback


class Rejection(Exception):
    """A request is turned away. Raised on the way in, and made a reply before it leaves the view."""

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
        """The event that is refused, as far as one could be read."""
        self.headers = headers or {}

    def response(self) -> Response:
        """Return the refusal as a reply; ``errors`` maps properties to what is wrong with them."""
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
            headers=dict(self.headers),
            content_type="application/problem+json",
        )


def challenge(realm: str) -> Rejection:
    """Return the refusal that makes Bandwidth send the callback again, with its credentials."""
    realm = re.sub(r'[^ -~]|["\\]', "_", realm)  # a quote would end it, and a header holds ASCII
    return Rejection(
        HTTPStatus.UNAUTHORIZED,
        "This URL asks for the credentials of the Bandwidth application.",
        headers={"WWW-Authenticate": f'Basic realm="{realm}"'},
    )
