"""Credentials: authentication that is disabled, and passwords that are weak."""

from __future__ import annotations

from collections.abc import Iterator

from flask_bandwidth_callbacks import config
from flask_bandwidth_callbacks.cli.callback_routes import CallbackRoute
from flask_bandwidth_callbacks.credentials import Credentials

from .findings import Finding

_GUESSED_FIRST = ("bandwidth", "password", "passw0rd", "secret", "s3cret", "changeme", "qwerty", "12345678")
_FEWEST_CHARACTERS = 12
"""How long a password must be without the username and the words that are guessed first."""


def check(route: CallbackRoute) -> Iterator[Finding]:
    """Yield what is wrong with the credentials of a route's blueprint."""
    name = route.registration.name
    gate = route.registration.gate
    if gate.is_open:
        yield Finding(
            "error",
            f"{name} accepts callbacks from anyone: its credentials are ANYONE.",
            f"Anyone who finds {route} can forge callbacks and read the replies.",
            "Give the Bandwidth application a username and a password, and set"
            f" {config.CREDENTIALS} to the same.",
        )
    for pair in gate.pairs:
        if _is_weak(pair):
            yield Finding(
                "warning",
                f"The password of {pair.username!r} for {name} is short or easily guessed.",
                f"Anyone who guesses it can forge callbacks to {route} and read the replies.",
                'Create a new one: python -c "import secrets; print(secrets.token_urlsafe())".',
            )


def _is_weak(pair: Credentials) -> bool:
    rest = pair.password.lower()
    for word in (pair.username.lower(), *_GUESSED_FIRST):
        rest = rest.replace(word, "")
    return len(rest) < _FEWEST_CHARACTERS or len(set(rest)) < _FEWEST_CHARACTERS // 2
