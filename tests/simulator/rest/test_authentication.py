"""Who is let in, where operations begin, and what is not simulated."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from flask_bandwidth_callbacks.bxml import Hangup
from flask_bandwidth_callbacks.simulator import SimulationError
from tests.simulator.conftest import Line
from tests.simulator.rest import expected
from tests.simulator.rest.conftest import CLIENT, Rest

MakeRest = Callable[..., Rest]

STRANGER = ("stranger", "s3cret")
SUSPENDED = ("suspended", "s3cret")


@pytest.fixture
def strict(line: Line) -> Rest:
    """A client of a REST interface that knows two clients."""
    return Rest(line(Hangup()), clients=[CLIENT], forbidden=[SUSPENDED])


def token(client: Rest, auth: tuple[str, str] | None, grant_type: str = "client_credentials") -> Any:
    """Request an access token."""
    return client.send(
        "POST", "/api/v1/oauth2/token", account=None, auth=auth, data={"grant_type": grant_type}
    )


def statistics(client: Rest, authorization: str | None) -> int:
    """Return the status of a request with an ``Authorization`` header."""
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.send("GET", "/statistics", auth=None, headers=headers).status_code


@pytest.mark.parametrize(("auth", "status"), [(CLIENT, 200), (STRANGER, 401), (SUSPENDED, 403), (None, 401)])
def test_username_and_password(strict: Rest, auth: tuple[str, str] | None, status: int) -> None:
    """A known client is let in, one that is forbidden gets 403, a stranger 401."""
    response = strict.send("GET", "/statistics", auth=auth)
    assert response.status_code == status
    assert response.json is not None
    kinds = {401: "authentication-error", 403: "authorization-error", 200: None}
    assert response.json.get("type") == kinds[status]


@pytest.mark.parametrize(("auth", "status"), [(CLIENT, 200), (SUSPENDED, 403)])
def test_access_token(strict: Rest, auth: tuple[str, str], status: int) -> None:
    """A known client gets an access token, which is as good as its secret."""
    body = token(strict, auth).json
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert statistics(strict, f"Bearer {body['access_token']}") == status


def test_no_access_token(strict: Rest) -> None:
    """A stranger gets no token, and other grants do not exist; the errors are those of OAuth."""
    response = token(strict, STRANGER)
    assert (response.status_code, response.json) == (401, {"error": "invalid_client"})
    assert "WWW-Authenticate" in response.headers
    assert token(strict, None).status_code == 401
    response = token(strict, CLIENT, "password")
    assert (response.status_code, response.json) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Bearer",
        "Bearer  ",
        "Digest x",
        "s3cret",
        "Bearer x",
        "Basic !",
        "Basic eDp5",
    ],
)
def test_other_headers(strict: Rest, authorization: str | None) -> None:
    """Any other header is rejected with 401."""
    assert statistics(strict, authorization) == 401


def test_any_client(rest: MakeRest) -> None:
    """Unless clients are named, any credentials are accepted, but not none."""
    client = rest(Hangup())
    basic = base64.b64encode(b"any:thing").decode()
    issued = token(client, STRANGER).json["access_token"]
    accepted = [
        f"Basic {basic}",
        "bearer any-token",
        f"Bearer {issued}",
    ]
    assert [statistics(client, header) for header in accepted] == [200, 200, 200]
    assert [statistics(client, header) for header in (None, "Basic", "Bearer ", "Digest x")] == [401] * 4


@pytest.mark.parametrize("option", ["clients", "forbidden"])
def test_what_is_not_a_pair(line: Line, option: str) -> None:
    """What is not an id and a secret is an error, which shows no secret."""
    with pytest.raises(SimulationError, match=f"A pair of {option} must be ") as raised:
        Rest(line(Hangup()), **{option: [("client", "")]})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("prefix", ["/api/v2", "/v2", ""])
def test_where_operations_begin(rest: MakeRest, prefix: str) -> None:
    """Operations begin with or without /api/v2, as at Bandwidth's hosts and in older SDKs."""
    client = rest(Hangup())
    assert client.send("GET", f"{prefix}/accounts/1/statistics", account=None).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v2", "/accounts", "/accounts/1/calls/c-1/x", "//accounts/1"])
def test_no_such_operation(rest: MakeRest, path: str) -> None:
    """An unknown path is rejected with 404, but without credentials with 401, as any other."""
    client = rest(Hangup())
    assert client.send("GET", path, account=None).status_code == 404
    assert client.send("GET", path, account=None, auth=None).status_code == 401


@pytest.mark.parametrize("name", expected.NOT_SIMULATED)
def test_what_is_not_simulated(rest: MakeRest, name: str) -> None:
    """A request for messaging, media or endpoints gets a problem that names what is not simulated."""
    method, path, *_ = expected.NOT_SIMULATED[name]
    path = path.replace("<path:media_id>", "id/0/song.wav").replace("<", "").replace(">", "")
    response = rest(Hangup()).send(method, f"/api/v2{path}", {}, account=None)
    assert (response.status_code, response.content_type) == (501, "application/problem+json")
    assert response.json is not None
    assert f"({name}) is not simulated" in response.json["detail"]
