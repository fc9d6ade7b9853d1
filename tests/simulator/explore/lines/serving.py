"""What all lines have in common."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint

AGENT, BACK_OFFICE = "+13035550141", "+13035550142"
"""Numbers that lines call."""


def line(import_name: str) -> CallbackBlueprint:
    """Return a blueprint without handlers."""
    return CallbackBlueprint("phone", import_name, credentials=[("bandwidth", "s3cret")])


def serve(*phones: CallbackBlueprint, **config: Any) -> Flask:
    """Return an application with the blueprints, the first one at ``/phone``."""
    app = Flask("line")
    app.config.from_mapping({"TESTING": True, **config})
    for number, phone in enumerate(phones):
        app.register_blueprint(phone, url_prefix="/phone" if not number else f"/{phone.name}")
    return app
