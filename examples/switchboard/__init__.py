"""The switchboard: a small company's phone line, and a page with today's calls. Read ``phone.py`` first."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from .calls import create_tables, db, store_url
from .pages import pages
from .phone import phone
from .settings import Defaults


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create the application. ``config`` takes precedence over the environment, and that over the defaults.

    Raises :class:`flask_bandwidth_callbacks.exceptions.ConfigurationError` if neither has the credentials
    that Bandwidth sends.
    """
    app = Flask(__name__)
    app.config.from_object(Defaults)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    # A test that names no database gets an empty one in memory.
    app.config.setdefault("SQLALCHEMY_DATABASE_URI", "sqlite://" if app.testing else "sqlite:///calls.db")
    db.init_app(app)
    # What the library keeps about calls is in the same database.
    app.config.setdefault("BANDWIDTH_CALLBACKS_STORE", store_url(app))
    app.register_blueprint(pages)
    app.register_blueprint(phone, url_prefix="/phone")
    create_tables(app)
    return app
