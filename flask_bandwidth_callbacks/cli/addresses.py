"""The URLs at which an application receives callbacks."""

from __future__ import annotations

from dataclasses import dataclass

import click
from flask import Flask
from werkzeug.routing import Rule

from flask_bandwidth_callbacks.registrations import Registration, endpoint_of, registrations
from flask_bandwidth_callbacks.simulator.wire.application import host_of
from flask_bandwidth_callbacks.subscriptions import Subscription


@dataclass(frozen=True)
class Address:
    """One URL of one blueprint, as the application's map has it."""

    registration: Registration
    path: str | None
    """Below the blueprint's own URL; None is the blueprint's own URL."""
    rule: Rule
    host: str
    """Host of the application, without the blueprint's subdomain."""

    def __str__(self) -> str:
        if self.rule.subdomain:
            return f"//{self.rule.subdomain}.{self.host}{self.rule.rule}"
        return self.rule.rule

    @property
    def responders(self) -> list[Subscription]:
        """Who answers here and not at the blueprint's other URLs."""
        return [one for one in self.registration.subscriptions.responders if one.path == self.path]

    def answers(self, event_type: str) -> bool:
        """Tell whether somebody answers such an event here."""
        return any(responder.takes([event_type]) for responder in self.responders)


def addresses_of(app: Flask) -> list[list[Address]]:
    """Return every address of every blueprint of an application, for each its own URL first.

    Raises :class:`click.ClickException` for an application without a ``CallbackBlueprint``.
    """
    if not registrations(app):
        raise click.ClickException(
            f"Application {app.name!r} has no CallbackBlueprint: register one with app.register_blueprint."
        )
    return [
        [_address(app, registration, path) for path in dict.fromkeys([None, *_paths(registration)])]
        for registration in registrations(app).values()
    ]


def _paths(registration: Registration) -> list[str | None]:
    return [responder.path for responder in registration.subscriptions.responders]


def _address(app: Flask, registration: Registration, path: str | None) -> Address:
    rule = next(app.url_map.iter_rules(f"{registration.name}.{endpoint_of(path)}"))
    return Address(registration, path, rule, host_of(app))
