"""Callbacks that failed, and handlers that raised an exception."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from traceback import format_exception_only, walk_tb

from flask_bandwidth_callbacks.display import TEXT_LIMIT, shorten, without_password
from flask_bandwidth_callbacks.replies import make_reply
from flask_bandwidth_callbacks.subscriptions import describe

from ..findings import Finding, finding
from ..walks import Incident, place_of
from .known import Known


def incidents(known: Known) -> Iterator[Finding]:
    """Return an ``exception`` for each place that raised one, and a ``lost-call`` for each other failure."""
    seen: set[Hashable] = set()
    for incident in sorted(known.incidents, key=lambda each: len(each.steps)):
        for cause, each in [*_exceptions(incident)] or [_lost(incident)]:
            if (identity := (each.kind, each.handler, cause)) not in seen:
                seen.add(identity)
                yield each


def _exceptions(incident: Incident) -> Iterator[tuple[Hashable, Finding]]:
    exchange = incident.exchange
    for error, handler in zip(exchange.raised, exchange.raised_by, strict=True):
        if _is_about_reply(error):
            continue
        by = describe(handler) if handler is not None else "The application"
        found = finding(
            "exception",
            f"{by} raised {_error(error)}",
            incident.steps,
            call=incident.conversation,
            scene=incident.scene,
            handler="" if handler is None else by,
        )
        yield (type(error), place_of(error)), found


def _is_about_reply(error: Exception) -> bool:
    """Return whether the library raised an exception, over what a handler had returned."""
    return any(frame.f_code is make_reply.__code__ for frame, _ in walk_tb(error.__traceback__))


def _error(error: Exception) -> str:
    """Return an exception in one line, with the place where the application raised it."""
    text = " ".join("".join(format_exception_only(error)).split())
    return "".join(
        [shorten(without_password(text), TEXT_LIMIT), *(f" ({each})" for each in place_of(error)), "."]
    )


def _lost(incident: Incident) -> tuple[Hashable, Finding]:
    exchange = incident.exchange
    what = "The call was lost" if incident.is_end else "A callback was lost"
    found = finding(
        "lost-call",
        f"{what}: {exchange.event} {exchange.url}: {exchange.failure}",
        incident.steps,
        call=incident.conversation,
        scene=incident.scene,
        handler=str(exchange.responder or incident.source or ""),
    )
    return (exchange.event, exchange.status), found
