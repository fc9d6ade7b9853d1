"""Whatever a stranger or Bandwidth sends, each request gets the one reply that the rules give it."""

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
    """Send a request; fail unless reply, handlers and log are what they must be."""
    line.heard.clear()
    with logged() as log:
        reply = send(line.app, request)
    log.check()
    assert reply.status == expected_status(line, request)
    assert reply.headers.keys() <= HEADERS
    if reply.status >= 400 and request.method.upper() != "HEAD":
        reply.check_refusal()
    # A subscriber hears also of what nobody answers, and the responders of these lines are one more to hear.
    heard = {200: 2, 204: 1, 404: 1}.get(reply.status, 0)
    assert len(line.heard) == heard
    assert not line.heard or is_let_in(request.headers["HTTP_AUTHORIZATION"])
    for event in line.heard:
        json.loads(event.to_json())


@given(lines, posts())
@settings(deadline=None)
def test_any_post(line: Line, request: Request) -> None:
    """Mutated callbacks of every event, damaged bodies, odd headers: the status is that of the rules."""
    check(line, request)


@given(lines, gets())
@settings(deadline=None)
def test_any_get(line: Line, request: Request) -> None:
    """The same in query strings, well encoded or not."""
    check(line, request)


@pytest.mark.parametrize("authorization", LET_IN)
def test_spellings_that_let_in(authorization: str) -> None:
    """What is sampled as letting in does, so that the callbacks behind it are reached."""
    assert is_let_in(authorization)


@pytest.mark.parametrize("authorization", NOT_LET_IN)
def test_spellings_that_do_not(authorization: str) -> None:
    """What is sampled as wrong is: no handler may be called with it."""
    assert not is_let_in(authorization)
