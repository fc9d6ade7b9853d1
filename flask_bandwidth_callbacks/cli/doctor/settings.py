"""Settings of the application that are wrong in production."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from flask_bandwidth_callbacks import config

from .findings import Finding


def check(app: Flask) -> Iterator[Finding]:
    """Yield the settings of an application that are wrong in production."""
    if app.debug:
        yield Finding(
            "warning",
            "Debug mode is on.",
            "Werkzeug's debugger lets visitors run code, and invalid BXML raises an exception.",
            "Unset FLASK_DEBUG, and do not set app.debug.",
        )
    if app.testing:
        yield Finding(
            "warning",
            "TESTING is on.",
            "Exceptions of handlers bypass Flask's reply for errors, and invalid BXML raises an exception.",
            "Set TESTING in tests only.",
        )
    if not (app.debug or app.testing) and config.CHECK_BXML.read(app):
        yield Finding(
            "warning",
            f"{config.CHECK_BXML} is on.",
            "Invalid BXML raises an exception, although Bandwidth might have accepted it.",
            "Leave it unset: then it is on only in debug mode and in tests.",
        )
    public_url = config.PUBLIC_URL.read(app)
    if public_url is not None and public_url.startswith("http:"):
        yield Finding(
            "warning",
            f"{config.PUBLIC_URL} is http.",
            "url_for(..., _external=True) returns http URLs. If Bandwidth sends a"
            " password there at all, it can be read on its way.",
            "Set it to https.",
        )
    if public_url is None and app.config["SERVER_NAME"] and app.config["PREFERRED_URL_SCHEME"] == "http":
        yield Finding(
            "warning",
            "PREFERRED_URL_SCHEME is http.",
            "Outside of a request url_for(..., _external=True) returns http URLs. If Bandwidth sends a"
            " password there at all, it can be read on its way.",
            "Set it to https.",
        )
