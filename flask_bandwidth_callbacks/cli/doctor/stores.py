"""Stores and work after the reply: what several workers do not share, and what would be lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks import config
from flask_bandwidth_callbacks.cli.stores import shown
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.registrations import Registration
from flask_bandwidth_callbacks.stores import Kind, Store, stores_of

from .findings import Finding
from .workers import workers

_ANY = Kind("doctor", lifetime=None)
"""A kind without records."""


def check(app: Flask, registrations: Sequence[Registration]) -> Iterator[Finding]:
    """Yield what is wrong with the stores of an application, and with Celery."""
    in_use = {id(each.store) for each in registrations}
    for url, store in stores_of(app).items():
        if id(store) not in in_use:
            continue
        if store.is_durable:
            yield from _unreliable(shown(url), store)
        else:
            yield from _not_shared(url)
    for registration in registrations:
        task = getattr(registration.jobs, "task", None)
        if task is not None:
            yield from _celery(registration.name, task)


def _not_shared(url: str) -> Iterator[Finding]:
    for found in workers():
        yield Finding(
            "warning",
            f"{found.number or 'Several'} workers do not share their store, which is {url}.",
            "A worker knows neither the states nor the repeats of the others, and the work that it has not"
            " done is lost when it ends.",
            f"Set {config.STORE} to the URL of a database, such as sqlite:////var/lib/phone/calls.db. Ignore"
            f" this if {found.source} is not for this application.",
        )


def _unreliable(url: str, store: Store) -> Iterator[Finding]:
    try:
        store.read(_ANY, "doctor")
        risks = store.risks()
    except BandwidthCallbacksError as error:
        yield Finding(
            "warning",
            f"The store {url} cannot be used. {error}",
            "Callbacks are handled without it: states are missing, repeats are not recognized, and"
            " notifications with work after the reply get 503.",
            f"Start it, or correct {config.STORE}.",
        )
        return
    for risk in risks:
        yield Finding(
            "warning",
            f"{url}: {risk}",
            "States are missing then, repeats are not recognized, and work after the reply is lost.",
            "Use appendonly yes and maxmemory-policy noeviction in redis.conf.",
        )


# -- Celery --------------------------------------------------------------------------------------------------


def _celery(name: str, task: Any) -> Iterator[Finding]:
    for setting in ("acks_late", "reject_on_worker_lost"):
        if not getattr(task, setting):
            yield Finding(
                "warning",
                f"Celery runs the work of {name} with {setting} = {getattr(task, setting)}.",
                "The work that a killed worker has begun is lost.",
                f"Do not change {setting} of {task.name} in task_annotations.",
            )
    conf = task.app.conf
    transport = str(conf.broker_write_url or conf.broker_url or "").partition(":")[0]
    if transport in ("redis", "rediss", "sentinel") and not conf.broker_transport_options.get(
        "visibility_timeout"
    ):
        yield Finding(
            "warning",
            f"Celery does the work of {name} with Redis, and without a visibility_timeout.",
            "The work that a killed worker has begun is begun again after an hour.",
            'Set broker_transport_options = {"visibility_timeout": 300} in the Celery application. It must be'
            " longer than the longest work takes.",
        )
