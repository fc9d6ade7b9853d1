"""The objects behind Flask's proxies, each use of which costs a look-up."""

from __future__ import annotations

from flask import Flask, Request, current_app, request


def app_itself() -> Flask:
    """Return the current application."""
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]


def request_itself() -> Request:
    """Return the current request."""
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]
