"""The stores of the application that ``flask --app`` names."""

from __future__ import annotations

import click

from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.registrations import registrations
from flask_bandwidth_callbacks.stores import Store, stores_of

from .application import load_application, without_blueprint


def load_stores() -> dict[str, Store]:
    """Return the stores of the application's blueprints, keyed by a URL without password.

    Raises :class:`click.ClickException` if the application has no ``CallbackBlueprint``.
    """
    app = load_application()
    if not registrations(app):
        raise click.ClickException(without_blueprint(app))
    return {shown(url): store for url, store in stores_of(app).items()}


def shown(url: str) -> str:
    """Return the URL of a store without its password, which may stand in the query string, too."""
    return without_password(url).partition("?")[0]
