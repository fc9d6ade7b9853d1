"""From a Flask request to a payload and from there to an event, within limits; the rest is refused."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import Any

from flask import Request
from marshmallow import ValidationError

from .decoding import decode_json
from .events import Callback
from .rejections import Rejection

METHODS = ("POST", "GET")
"""The methods that Bandwidth uses for callbacks."""


def read_payload(request: Request, max_content_length: int) -> dict[str, Any]:
    """Return what a callback carries: the JSON body of a POST, the query string of a GET.

    Raises :class:`Rejection`: 405, 415, 413 or 400.
    """
    if request.method not in METHODS:
        raise Rejection(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"Callbacks come by {' or '.join(METHODS)}.",
            headers={"Allow": ", ".join(METHODS)},
        )
    if request.method == "GET":
        try:
            # Of several values the last one counts, as in JSON.
            return {name: values[-1] for name, values in request.args.lists()}
        except UnicodeDecodeError as error:  # bytes that nobody percent-encoded
            raise Rejection(
                HTTPStatus.BAD_REQUEST, f"The query string is not UTF-8: byte {error.start} cannot be read."
            ) from None
    if not request.is_json:
        raise Rejection(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Callbacks are application/json, and this says {request.mimetype or 'nothing'!r}.",
        )
    try:
        payload = decode_json(_read_body(request, max_content_length))
    except ValidationError as error:
        raise Rejection(HTTPStatus.BAD_REQUEST, str(error.args[0])) from None
    if not isinstance(payload, dict):
        raise Rejection(HTTPStatus.BAD_REQUEST, "The body is JSON, but no object.")
    return payload


def _read_body(request: Request, max_content_length: int) -> bytes:
    length = request.content_length
    if length is not None and length > max_content_length:
        raise _too_large(max_content_length)
    try:
        if length is None or "stream" in request.__dict__ or "_cached_data" in request.__dict__:
            body = _read_stream(request, max_content_length)
        else:
            body = _read_input(request.environ, length)
    except Exception:  # a server's own: gunicorn's for broken chunks is no OSError, which Werkzeug expects
        body = None
    if body is None or len(body) < (length or 0):
        raise Rejection(HTTPStatus.BAD_REQUEST, "The body breaks off before its end.")
    if len(body) > max_content_length:
        raise _too_large(max_content_length)
    if not body:
        raise Rejection(HTTPStatus.BAD_REQUEST, "The body is empty.")
    return body


def _too_large(limit: int) -> Rejection:
    return Rejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {limit} bytes.")


def _read_input(environ: dict[str, Any], length: int) -> bytes:
    """Return a body of known length: by far the most are, and Werkzeug's stream takes eight times as long."""
    stream = environ["wsgi.input"]
    body: bytes = stream.read(length)
    while len(body) < length and (more := stream.read(length - len(body))):
        body += more
    environ["wsgi.input"] = io.BytesIO(body)  # for whoever reads it after us
    return body


def _read_stream(request: Request, max_content_length: int) -> bytes:
    """Return a body of unknown length, or one that the application looked at before us."""
    # Werkzeug stops reading a body of unknown length at its limit and does not tell: one byte more tells.
    request.max_content_length = max_content_length + 1
    # Whoever looked at request.form before us has left a stream there, with the limit of the host.
    request.__dict__.pop("stream", None)
    return request.get_data()


def load_event(payload: dict[str, Any], *, strict: bool) -> Callback:
    """Return the event that a payload tells of, its faults in ``errors``.

    Raises :class:`Rejection` (422) when what the event cannot do without is missing, and when ``strict``
    for every property that cannot be read.
    """
    event_type = payload.get("eventType")
    if not isinstance(event_type, str) or not event_type:
        raise Rejection(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "eventType is missing: without it nobody knows what this tells of.",
            errors={"eventType": ["Missing, empty or no text."]},
        )
    event, errors = Callback.read_leniently(payload)
    if event.identity and not getattr(event, event.identity):
        name = event.wire_name(event.identity)
        raise Rejection(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{name} is missing: {event_type!r} is about nothing without it.",
            errors={**errors, name: ["Missing, empty or no text."]},
            event=event,
        )
    if strict and errors:
        raise Rejection(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{', '.join(errors)} cannot be read.",
            errors=errors,
            event=event,
        )
    return event
