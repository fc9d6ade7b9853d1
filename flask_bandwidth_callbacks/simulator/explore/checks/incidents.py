"""Callbacks that failed, and handlers that raised an exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb, format_exception_only

from flask_bandwidth_callbacks.display import TEXT_LIMIT, shorten, without_password
from flask_bandwidth_callbacks.subscriptions import describe

from ...wire.exchanges import Exchange
from ..findings import Finding, finding
from ..search import Incident
from .known import Known


def incidents(known: Known) -> Iterator[Finding]:
    """Return an ``exception`` for each that was raised, and a ``lost-call`` for each other failure."""
    seen: set[tuple[str, ...]] = set()
    for incident in sorted(known.incidents, key=lambda each: len(each.steps)):
        found = list(_exceptions(incident)) or [_lost(incident)]
        for each in found:
            if (identity := (each.kind, each.handler, each.message)) not in seen:
                seen.add(identity)
                yield each


def _exceptions(incident: Incident) -> Iterator[Finding]:
    exchange = incident.exchange
    for error, handler in zip(exchange.raised, exchange.raised_by, strict=True):
        by = describe(handler) if handler is not None else "The application"
        yield finding(
            "exception",
            f"{by} raised {_error(error)}",
            incident.steps,
            call=incident.conversation,
            scene=incident.scene,
            handler="" if handler is None else by,
        )


def _error(error: Exception) -> str:
    """Return an exception in one line, with the place where the application raised it."""
    text = " ".join("".join(format_exception_only(error)).split())
    frames = extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{shorten(without_password(text), TEXT_LIMIT)}{place}."


def _lost(incident: Incident) -> Finding:
    exchange = incident.exchange
    what = "The call was lost" if incident.is_end else "A callback was lost"
    return finding(
        "lost-call",
        f"{what}: {exchange.event} {exchange.url}: {exchange.failure}",
        incident.steps,
        call=incident.conversation,
        scene=incident.scene,
        handler=_handler(exchange),
    )


def _handler(exchange: Exchange) -> str:
    return "" if exchange.responder is None else str(exchange.responder)
