"""The token endpoint, where clients with an id and a secret get an access token."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from ..operation import Asked, operation

_SECONDS = 3600
"""How long a client keeps a token. Here it does not expire."""


@operation("POST", "/api/v1/oauth2/token", name="token", is_open=True)
def issue_token(asked: Asked) -> Response | dict[str, object]:
    """Issue an access token for ``grant_type=client_credentials``. It does not expire."""
    if asked.http.form.get("grant_type") != "client_credentials":
        return _rejected(400, "unsupported_grant_type")
    token = asked.doorkeeper.issue_token(asked.http.headers.get("Authorization"))
    if token is None:
        return _rejected(401, "invalid_client")
    return {"access_token": token, "expires_in": _SECONDS, "token_type": "Bearer"}


def _rejected(status: int, error: str) -> Response:
    """Return an error as OAuth 2.0 has it. Source: RFC 6749, section 5.2"""
    headers = {"WWW-Authenticate": 'Basic realm="Bandwidth"'} if status == 401 else {}
    return Response(json.dumps({"error": error}), status, headers, content_type="application/json")
