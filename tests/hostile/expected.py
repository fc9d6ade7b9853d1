"""The status that a request must get: the rules, written a second time in the plainest way.

Nothing in here is fast or kind: a request is turned away by the first rule that it breaks, and no rule of
the library is asked, but for the schemas, of which marshmallow itself is asked what they say.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl

from flask_bandwidth_callbacks.events import event_class_of
from tests.hostile.line import LIMIT, PAIRS, Line, Request
from tests.payloads import PAYLOADS

ANSWERED = {
    "initiate", "answer", "gather", "redirect", "recordComplete", "recordingComplete", "transferAnswer",
    "transferComplete", "bridgeComplete", "bridgeTargetComplete", "referComplete",
}  # fmt: skip
"""The events whose reply Bandwidth waits for."""
MAY_BE_ANSWERED = {"conferenceCreated", "conferenceMemberJoin", "conferenceMemberExit", "conferenceRedirect"}
"""Those whose reply may hold something."""
DEPTH = 64


def expected_status(line: Line, request: Request) -> int:
    """Return the status that a request must get."""
    if not is_let_in(request.headers.get("HTTP_AUTHORIZATION", "")):
        return 401
    if request.method.upper() not in ("POST", "GET"):
        return 405
    if request.method.upper() == "GET":
        try:
            query = request.query.encode("latin-1").decode()
        except UnicodeDecodeError:
            return 400
        last_values = dict(parse_qsl(query, keep_blank_values=True))
        return _status_of_payload(line, {name: value for name, value in last_values.items() if value})
    content_type = request.headers.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if not re.fullmatch(r"application/(json|.*\+json)", content_type):
        return 415
    status, body = _body(request)
    if status is not None:
        return status
    try:
        payload = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return 400
    if not isinstance(payload, dict) or _depth(payload) > DEPTH:
        return 400
    return _status_of_payload(line, payload)


def is_let_in(authorization: str) -> bool:
    """Return whether a header carries one of the pairs (RFC 7617), in UTF-8 or ISO-8859-1."""
    found = re.fullmatch(r"\s*basic +\s*(\S+)\s*", authorization, re.IGNORECASE)
    try:
        sent = b64decode(found[1], validate=True) if found else b""
    except ValueError:
        return False
    return sent in [":".join(pair).encode(encoding) for pair in PAIRS for encoding in ("utf-8", "latin-1")]


def _body(request: Request) -> tuple[int | None, bytes]:
    """Return the body as far as it belongs to the request, or the status for an invalid one."""
    length = None
    if request.headers.get("HTTP_TRANSFER_ENCODING") != "chunked":
        declared = request.headers.get("CONTENT_LENGTH", "").strip()
        length = int(declared) if re.fullmatch("[0-9]+", declared) else None
    if length is None and not request.terminated:
        return 400, b""  # a body without an end is empty
    if length is not None and length > LIMIT:
        return 413, b""
    arrived = request.body if length is None else request.body[:length]
    if len(arrived) > LIMIT:
        return 413, b""
    if (length is None and request.error) or len(arrived) < (length or 0) or not arrived:
        return 400, b""
    return None, arrived


def _status_of_payload(line: Line, payload: dict[str, Any]) -> int:
    event_type = payload.get("eventType")
    if not isinstance(event_type, str) or not event_type:
        return 422
    if event_type in PAYLOADS:
        identity = "conferenceId" if event_type.startswith("conference") else "callId"
        if not isinstance(payload.get(identity), str) or not payload[identity]:
            return 422
    if line.strict and event_class_of(event_type).Schema().validate(payload):
        return 422
    if event_type in ANSWERED:
        return 200 if line.answers else 404
    if event_type in MAY_BE_ANSWERED or event_type not in PAYLOADS:
        return 200 if line.answers else 204
    return 204


def _refuse(name: str) -> None:
    raise ValueError(name)


def _finite(digits: str) -> float:
    if float(digits) in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return float(digits)


def _depth(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)
