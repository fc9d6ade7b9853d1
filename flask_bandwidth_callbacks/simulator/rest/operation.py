"""The table of operations: each is a function under :func:`operation`, in a module of ``operations``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import marshmallow
from marshmallow import ValidationError
from werkzeug.wrappers import Request, Response

from flask_bandwidth_callbacks.decoding import decode_json

from ..bandwidth import SimulatedBandwidth
from .authentication import Doorkeeper
from .problems import JSON, invalid, unsupported

BXML = ("application/xml", "text/xml")
"""The content types of a document."""


@dataclass(frozen=True)
class Asked:
    """One request to an operation."""

    bandwidth: SimulatedBandwidth
    doorkeeper: Doorkeeper
    http: Request
    account_id: str
    """The account that the path names."""

    def read(self, schema: marshmallow.Schema) -> dict[str, Any]:
        """Return the JSON body, read by a schema; raises :class:`.Problem` if it breaks a rule."""
        if self.http.mimetype != "application/json":
            raise unsupported(self.http.content_type or "")
        return _load(schema, lambda: decode_json(self.http.get_data()))

    def read_query(self, schema: marshmallow.Schema) -> dict[str, Any]:
        """Return the query string, read by a schema; raises :class:`.Problem` if it breaks a rule."""
        return _load(schema, lambda: self.http.args.to_dict())

    def read_document(self) -> bytes:
        """Return the body, which must be of a type that a BXML document has."""
        if self.http.mimetype not in BXML:
            raise unsupported(self.http.content_type or "")
        return self.http.get_data()

    def written(
        self,
        schema: marshmallow.Schema,
        values: Any,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the response that holds values, or a list of them, written by a schema."""
        body = json.dumps(schema.dump(values, many=isinstance(values, list)))
        return Response(body, status, headers, content_type=JSON)

    def url(self, path: str) -> str:
        """Return the URL of something below the account."""
        return f"{self.bandwidth.rest_url}/accounts/{self.account_id}/{path}"


def _load(schema: marshmallow.Schema, data: Callable[[], Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(data())
    except ValidationError as error:
        # Not within the except, whose error holds the values of the request.
        problem = invalid(error)
    else:
        return loaded
    raise problem


Run: TypeAlias = Callable[..., Any]
"""Runs an operation: gets the :class:`Asked` and the ids in the path, returns what the reply holds.

None stands for an empty reply; a ``Response`` is sent as it is; anything else is written as JSON.
"""


class Operation(NamedTuple):
    """One operation of the REST interface."""

    method: str
    path: str
    """With its variables, as werkzeug's rules have them: ``/accounts/<account_id>/calls``."""
    name: str
    """Bandwidth's name of it, such as ``createCall``."""
    status: int
    """The status of a reply without an error."""
    run: Run
    is_open: bool = False
    """Whether it is for clients without an access token."""

    @property
    def meaning(self) -> str:
        """What is simulated of it, in a sentence."""
        return (self.run.__doc__ or "").partition("\n\n")[0].replace("\n    ", " ")


OPERATIONS: list[Operation] = []
"""All of them, in the order of their modules."""


def operation(
    method: str, path: str, *, name: str, status: int = 200, is_open: bool = False
) -> Callable[[Run], Run]:
    """Register the decorated function as an operation; its docstring says what is simulated of it."""

    def register(run: Run) -> Run:
        OPERATIONS.append(Operation(method, path, name, status, run, is_open))
        return run

    return register
