"""Events in the JSON of a Flask application: ``jsonify(event)`` gives :meth:`~.payloads.Payload.to_dict`."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from .payloads import Payload

_flasks_own = DefaultJSONProvider.default


def write_payloads(app: Flask) -> None:
    """Make an application's JSON write events by their wire names.

    Flask would write them as it writes any dataclass, with the names of Python and the whole source. Nothing
    else in the application's JSON changes, and an application that has its own ``default`` keeps it.
    """
    if isinstance(app.json, DefaultJSONProvider) and app.json.default is _flasks_own:
        app.json.default = _default


def _default(value: Any) -> Any:
    return value.to_dict() if isinstance(value, Payload) else _flasks_own(value)
