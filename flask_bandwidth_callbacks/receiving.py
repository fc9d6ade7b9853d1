"""From a Flask request to a payload, and from a payload to an event, with limits."""

from __future__ import annotations

import io
import logging
from http import HTTPStatus
from typing import Any

from flask import Request
from marshmallow import ValidationError
from werkzeug.wsgi import get_content_length

from .decoding import decode_json
from .display import show
from .events import Callback
from .logs import log
from .methods import METHODS
from .rejections import Rejection

_REQUIRED = "Must be a string that is not empty."


def read_payload(request: Request, max_content_length: int) -> tuple[dict[str, Any], bytes]:
    """Return the payload of a callback and its source: the JSON body of a POST, the query string of a GET.

    :param max_content_length: the largest body, in bytes.

    Raises :class:`Rejection` with 405, 415, 413 or 400.
    """
    if request.method not in METHODS:
        raise Rejection(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"The method must be {' or '.join(METHODS)}, got {show(request.method)}.",
            headers={"Allow": ", ".join(METHODS)},
        )
    if request.method == "GET":
        try:
            # The last of several values wins, as in JSON. A query string has no null, so that an empty value
            # stands for it.
            payload = {name: values[-1] for name, values in request.args.lists() if values[-1]}
        except UnicodeDecodeError as error:  # bytes that were not percent-encoded
            raise Rejection(
                HTTPStatus.BAD_REQUEST,
                f"The query string must be UTF-8, got a stray byte at position {error.start}.",
            ) from None
        return payload, request.query_string
    # Bandwidth sends just this; parsing it takes Werkzeug 2 % of a whole callback.
    if request.environ.get("CONTENT_TYPE") != "application/json" and not request.is_json:
        raise Rejection(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "The Content-Type must be application/json, got"
            f" {show(request.mimetype) if request.mimetype else 'none'}.",
        )
    body = _read_body(request, max_content_length)
    try:
        payload = decode_json(body)
    except ValidationError as error:
        raise Rejection(HTTPStatus.BAD_REQUEST, str(error.args[0])) from None
    if not isinstance(payload, dict):
        raise Rejection(
            HTTPStatus.BAD_REQUEST, f"The body must be a JSON object, got {type(payload).__name__}."
        )
    return payload, body


def _read_body(request: Request, max_content_length: int) -> bytes:
    length = get_content_length(request.environ)
    if length is not None and length > max_content_length:
        raise _too_large(max_content_length)
    try:
        if length is None or "stream" in request.__dict__ or "_cached_data" in request.__dict__:
            body = _read_stream(request, max_content_length)
        else:
            body = _read_input(request.environ, length)
    except Exception:  # gunicorn's for broken chunks is not an OSError, which Werkzeug expects
        body = None
    if body is None or len(body) < (length or 0):
        raise Rejection(HTTPStatus.BAD_REQUEST, "The body ended early.")
    if len(body) > max_content_length:
        raise _too_large(max_content_length)
    if not body:
        raise Rejection(HTTPStatus.BAD_REQUEST, "The body is empty.")
    return body


def _too_large(limit: int) -> Rejection:
    return Rejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body must have at most {limit} bytes.")


def _read_input(environ: dict[str, Any], length: int) -> bytes:
    """Return a body of known length. Nearly all are, and this takes an eighth of Werkzeug's time."""
    stream = environ["wsgi.input"]
    body: bytes = stream.read(length)
    while len(body) < length and (chunk := stream.read(length - len(body))):
        body += chunk
    environ["wsgi.input"] = io.BytesIO(body)  # for the application, which may read it again
    return body


def _read_stream(request: Request, max_content_length: int) -> bytes:
    """Return a body of unknown length, or one that the application has looked at before."""
    # Werkzeug silently stops reading a body of unknown length at its limit: one byte beyond ours shows it.
    request.max_content_length = max_content_length + 1
    # Reading request.form before has left a stream here, with the limit of the host.
    request.__dict__.pop("stream", None)
    return request.get_data()


def load_event(payload: dict[str, Any], source: bytes, *, strict: bool) -> Callback:
    """Build the event from a payload; unreadable properties are listed in ``errors`` and logged.

    :param source: what the payload was read from.

    Raises :class:`Rejection` with 422 when a required property is missing and, if ``strict``, when any
    property is unreadable.
    """
    event_type = payload.get("eventType")
    if not isinstance(event_type, str) or not event_type:
        raise Rejection(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "eventType is missing, so the callback cannot be identified.",
            errors={"eventType": [_REQUIRED]},
        )
    event, errors = Callback.read_leniently(payload)
    if event.identity and not getattr(event, event.identity):
        name = event.wire_name(event.identity)
        raise Rejection(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{name} is required for {event_type!r} events.",
            errors={**errors, name: [_REQUIRED]},
            event=event,
        )
    if errors and strict:
        raise Rejection(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{', '.join(errors)} cannot be read.",
            errors=errors,
            event=event,
        )
    if errors:
        names = ", ".join(map(repr, errors))
        log(logging.WARNING, "Ignored unreadable %s in %s.", names, show(event_type), event=event)
    event.set_source(source)
    return event
