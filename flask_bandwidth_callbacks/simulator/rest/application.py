"""The WSGI application: finds the operation of a request, authenticates the client, runs it, replies."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from flask_bandwidth_callbacks.exceptions import InvalidBXML

from ..bandwidth import SimulatedBandwidth
from ..exceptions import Conflict, SimulationError, TooManyCalls
from . import operations
from .authentication import Doorkeeper
from .operation import Asked, Operation
from .problems import JSON, Problem, conflicting, of_http

_PREFIXES = ("/api/v2", "/v2", "")
"""Where operations may begin: at the hosts of voice and messaging, of endpoints, and for SDKs before 10."""

_LONGEST_BODY = 1024 * 1024


class RestRequest(Request):
    """A request, with a limit for its body."""

    max_content_length = _LONGEST_BODY


@functools.cache  # to compile the rules takes a tenth of a second
def _rules() -> Map:
    rules = [Rule(each.path, methods=[each.method], endpoint=each) for each in operations.OPERATIONS]
    return Map(rules, strict_slashes=False, merge_slashes=False)


class RestApplication:
    """Bandwidth's REST interface over a simulation, as a WSGI application.

    :param clients: ids and secrets, or usernames and passwords, that are let in; others get 401. None lets
        in all that there are.
    :param forbidden: those that are known, but may do nothing; they get 403.
    :param catch_up: makes what a request has begun go on; defaults to ``bandwidth.catch_up``.

    What a request has begun, such as a call, goes on when its response is closed, which a server does after
    it has sent the response; within a handler, when its callback is answered.

    Raises :class:`SimulationError` for what is not a pair.
    """

    def __init__(
        self,
        bandwidth: SimulatedBandwidth,
        clients: Iterable[tuple[str, str]] | None = None,
        forbidden: Iterable[tuple[str, str]] = (),
        catch_up: Callable[[], None] | None = None,
    ) -> None:
        self.bandwidth = bandwidth
        self._catch_up = catch_up or bandwidth.catch_up
        self.doorkeeper = Doorkeeper(clients, forbidden)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response = self.respond(RestRequest(environ))
        response.call_on_close(self._catch_up)
        return response(environ, start_response)

    def respond(self, request: Request) -> Response:
        """Return the response to a request. What it has begun goes on in ``bandwidth.catch_up()``."""
        try:
            return self._respond(request)
        except Problem as problem:
            return problem.response()
        except HTTPException as error:
            return of_http(error).response()

    def _respond(self, request: Request) -> Response:
        matched = self._match(request)
        operation = None if isinstance(matched, HTTPException) else matched[0]
        if operation is None or not operation.is_open:
            self.doorkeeper.check(request.headers.get("Authorization"))
        if isinstance(matched, HTTPException):
            raise matched
        request.get_data()  # before the lock is taken, because a client may be slow
        return self._run(request, *matched)

    def _match(self, request: Request) -> tuple[Operation, dict[str, str]] | HTTPException:
        """Return the operation of a request with the ids in its path, or why there is none."""
        path = request.path
        prefix = next(prefix for prefix in _PREFIXES if path.startswith(f"{prefix}/"))
        adapter = _rules().bind("", "/")
        try:
            operation, ids = adapter.match(path[len(prefix) :], request.method)
        except HTTPException as error:
            return error
        return operation, dict(ids)

    def _run(self, request: Request, operation: Operation, ids: dict[str, str]) -> Response:
        asked = Asked(self.bandwidth, self.doorkeeper, request, ids.pop("account_id", ""))
        with self.bandwidth.turn, self.bandwidth.held_back():
            try:
                result = operation.run(asked, **ids)
            except InvalidBXML as error:
                raise Problem(400, f"Invalid BXML: {error}") from None
            except Conflict as error:
                raise conflicting(ids["call_id"], error) from None
            except TooManyCalls as error:
                raise Problem(
                    error.status, str(error), "error", {"Retry-After": str(error.retry_after)}
                ) from None
            except SimulationError as error:
                raise Problem(error.status, str(error)) from None
        if isinstance(result, Response):
            return result
        body = "" if result is None else json.dumps(result)
        return Response(body, operation.status, content_type=JSON)
