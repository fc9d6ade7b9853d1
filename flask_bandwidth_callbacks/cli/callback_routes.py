"""The rules of an application's URL map that receive callbacks."""

from __future__ import annotations

from dataclasses import dataclass

import click
from flask import Flask
from werkzeug.routing import Rule

from flask_bandwidth_callbacks.registrations import Registration, endpoint_of, registrations
from flask_bandwidth_callbacks.simulator.wire.application import host_of
from flask_bandwidth_callbacks.subscriptions import Subscription

from .application import without_blueprint


@dataclass(frozen=True)
class CallbackRoute:
    """A rule of the URL map that leads to a blueprint's callbacks."""

    registration: Registration
    path: str | None
    """Path below the blueprint's own URL; None is the blueprint's own URL."""
    rule: Rule
    host: str
    """Host of the application, without the blueprint's subdomain."""

    def __str__(self) -> str:
        if self.rule.subdomain:
            return f"//{self.rule.subdomain}.{self.host}{self.rule.rule}"
        return self.rule.rule

    @property
    def responders(self) -> list[Subscription]:
        """The responders that are registered for exactly this path."""
        responders = self.registration.subscriptions.responders
        return [responder for responder in responders if responder.path == self.path]

    def answers(self, event_type: str) -> bool:
        """Return whether a responder of exactly this path takes events of a type."""
        return any(responder.takes([event_type]) for responder in self.responders)


def callback_routes(app: Flask) -> list[list[CallbackRoute]]:
    """Return a list of routes for each blueprint of an application; its own URL comes first.

    Raises :class:`click.ClickException` if the application has no ``CallbackBlueprint``.
    """
    if not registrations(app):
        raise click.ClickException(without_blueprint(app))
    return [
        [_route(app, registration, path) for path in dict.fromkeys([None, *_paths(registration)])]
        for registration in registrations(app).values()
    ]


def _paths(registration: Registration) -> list[str | None]:
    return [responder.path for responder in registration.subscriptions.responders]


def _route(app: Flask, registration: Registration, path: str | None) -> CallbackRoute:
    rule = next(app.url_map.iter_rules(f"{registration.name}.{endpoint_of(path)}"))
    return CallbackRoute(registration, path, rule, host_of(app))
