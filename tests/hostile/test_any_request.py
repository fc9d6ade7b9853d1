"""Every request, from a stranger or from Bandwidth, gets the one reply that the rules give it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.expected import expected_status, is_let_in
from tests.hostile.line import HEADERS, LINES, Line, Request, logged, send
from tests.hostile.requests import LET_IN, NOT_LET_IN, gets, posts

lines = st.sampled_from(LINES)


def check(line: Line, request: Request) -> None:
    """Send a request; fail unless the reply, the handlers and the log are as they must be."""
    line.heard.clear()
    with logged() as log:
        reply = send(line.app, request)
    log.check()
    assert reply.status == expected_status(line, request)
    assert reply.headers.keys() <= HEADERS
    if reply.status >= 400 and request.method.upper() != "HEAD":
        reply.check_refusal()
    # The subscriber gets events without a responder, too; a responder records the event once more.
    heard = {200: 2, 204: 1, 404: 1}.get(reply.status, 0)
    assert len(line.heard) == heard
    assert not line.heard or is_let_in(request.headers["HTTP_AUTHORIZATION"])
    for event in line.heard:
        json.loads(event.to_json())


@given(lines, posts())
@settings(deadline=None)
def test_any_post(line: Line, request: Request) -> None:
    """Mutated callbacks, damaged bodies and odd headers get the status of the rules."""
    check(line, request)


@given(lines, gets())
@settings(deadline=None)
def test_any_get(line: Line, request: Request) -> None:
    """Mutated query strings, well encoded or not, get the status of the rules."""
    check(line, request)


@pytest.mark.parametrize("authorization", LET_IN)
def test_spellings_that_let_in(authorization: str) -> None:
    """Every header that is sampled as valid is accepted, so that the callbacks behind it are tested."""
    assert is_let_in(authorization)


@pytest.mark.parametrize("authorization", NOT_LET_IN)
def test_spellings_that_do_not(authorization: str) -> None:
    """No header that is sampled as wrong reaches a handler."""
    assert not is_let_in(authorization)
