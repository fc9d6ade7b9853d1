"""The switchboard: a small company's phone line, and a page with today's calls. Begin at ``phone.py``."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from .calls import CallLog
from .pages import pages
from .phone import phone
from .settings import Defaults


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application. What ``config`` says counts before the environment, and that before the defaults.

    Raises :class:`flask_bandwidth_callbacks.exceptions.ConfigurationError` where nothing gives the
    credentials that Bandwidth is to show.
    """
    app = Flask(__name__)
    app.config.from_object(Defaults)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    app.extensions["calls"] = CallLog()
    app.register_blueprint(pages)
    app.register_blueprint(phone, url_prefix="/phone")
    return app
