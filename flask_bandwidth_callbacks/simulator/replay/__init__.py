"""Recorded callbacks, sent to today's code, and the replies compared with the recorded ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Any, get_args

from flask import Flask

from flask_bandwidth_callbacks.call_log import Line, suspended
from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.events import EVENT_CLASSES, event_class_of
from flask_bandwidth_callbacks.registrations import registration_at, registrations

from ..bandwidth import SimulatedBandwidth
from ..engine.turn import in_turn
from ..exceptions import SimulationError
from ..wire.application import endpoint_at
from ..wire.destinations import Destination, Method
from ..wire.exchanges import Exchange
from ..wire.urls import absolute, split
from .comparing import Change, changes_of, with_numbers
from .ids import FreshIds
from .playback import Played

__all__ = ["Change", "Replayed", "replay"]


@dataclass(frozen=True)
class Replayed:
    """A recorded callback that was sent to today's code."""

    line: Line
    exchange: Exchange
    changes: tuple[Change, ...]
    """How today's reply differs; empty if it does not."""

    @property
    def played(self) -> Played:
        """The callback with the recorded reply, in which today's numbers stand in place of masked ones.

        Where today's reply is the same, it is that one, which has them.
        """
        line = self.line
        today = _text_of(self.exchange)
        text = today if not self.changes else with_numbers(line.reply or "", today)
        for root in (line.root, _root_of(self.exchange)):
            text = text.replace(f"{root}/", "/")
        return Played(line, text)


def replay(app: Flask, lines: Sequence[Line]) -> Iterator[Replayed]:
    """Send recorded callbacks to an application, in their order, and yield each with what has changed.

    Ids are fresh, so that neither states of the real calls nor replies to repeats play a part; what the
    application's stores hold about the fresh ones is deleted in the end. With ``time-machine``, handlers see
    the time at which the callback came. What handlers do outside of this library is done for real.

    Raises :class:`SimulationError`, before anything is sent, for an application without a
    ``CallbackBlueprint``, and for an event that today's code does not have.
    """
    if not registrations(app):
        raise SimulationError(
            f"Application {app.name!r} has no CallbackBlueprint. Register one with app.register_blueprint."
        )
    for line in lines:
        _check(app, line)
    return _replay(app, lines)


def _replay(app: Flask, lines: Sequence[Line]) -> Iterator[Replayed]:
    if not lines:
        return
    bandwidth = _Resender(app, lines[0].path)
    ids = FreshIds(lines, bandwidth.new_id)
    at = _clock()
    try:
        with bandwidth.mock_rest_if_installed(), suspended():
            for line in lines:
                with at(line.time):
                    method: Method = "GET" if line.method == "GET" else "POST"
                    exchange = bandwidth.resend(ids.renewed(line.path), method, ids.renewed(line.payload))
                yield Replayed(line, exchange, tuple(_changes(line, exchange, ids)))
    finally:
        bandwidth.forget()


def _clock() -> Callable[[datetime], AbstractContextManager[Any]]:
    """Return what sets the clock of this process; does nothing without ``time-machine``."""
    if find_spec("time_machine") is None:
        return lambda time: nullcontext()
    import time_machine

    return time_machine.travel


class _Resender(SimulatedBandwidth):
    """A simulated Bandwidth that sends recorded callbacks."""

    def __init__(self, app: Flask, path: str) -> None:
        super().__init__(app, path)
        self._receiver = app

    @in_turn
    def resend(self, path: str, method: Method, payload: dict[str, Any]) -> Exchange:
        """Send a callback, with the credentials that the blueprint at its path hands out."""
        for name in ("callId", "conferenceId"):
            self.mention(payload.get(name))
        url = absolute(self.url, path)
        registration = registration_at(self._receiver, endpoint_at(self._receiver, url))
        credentials = self.credentials if registration is None else registration.gate.handed_out
        destination = Destination(url, method, credentials, None, self.callback_timeout)
        with self.acting():
            exchange = self.courier.send(destination, payload["eventType"], payload)
        self.go_on()
        return exchange


def _check(app: Flask, line: Line) -> None:
    """Raise :class:`SimulationError` for a callback that cannot be sent to today's code."""
    event = line.payload.get("eventType")
    if line.method not in get_args(Method) or not line.path.startswith("/") or not isinstance(event, str):
        raise SimulationError(
            f"A line of a call log must be a POST or GET of an event, got {show(line.method)} of"
            f" {show(event)} to {show(line.path)}. Give a file that BANDWIDTH_CALLBACKS_RECORD wrote."
        )
    reply = event_class_of(event).reply
    is_answered = reply.awaited and reply.required and 200 <= line.status < 300
    if not (is_answered or event not in EVENT_CLASSES):
        return
    for registration in registrations(app).values():
        subscriptions = registration.subscriptions
        takers = (
            subscriptions.responders
            if is_answered
            else (
                *subscriptions.responders,
                *subscriptions.subscribers,
            )
        )
        if any(each.takes([event]) for each in takers):
            return
    kind = "responder to" if is_answered else "handler of"
    raise SimulationError(
        f"The log has an event that application {app.name!r} does not have: {show(event)} of"
        f" {line.call_id or line.conference_id}. Add a {kind} it, or choose other calls."
    )


def _changes(line: Line, exchange: Exchange, ids: FreshIds) -> Iterator[Change]:
    is_success = exchange.status is not None and 200 <= exchange.status < 300
    if line.status != exchange.status:
        reason = "" if is_success else f" ({ids.restored(exchange.failure or '')})"
        yield Change("-", f"status {line.status}")
        yield Change("+", f"status {exchange.status}{reason}" if exchange.status else f"no reply{reason}")
    if line.reply is None or not (is_success and 200 <= line.status < 300):
        return
    today = dataclasses.replace(line, reply=ids.restored(_text_of(exchange))).without_secrets()
    if line.is_masked:
        today = today.masked()
    yield from changes_of(line.reply, today.reply or "", (line.root, _root_of(exchange)))


def _text_of(exchange: Exchange) -> str:
    return exchange.bxml if exchange.bxml is not None else exchange.response.decode("utf-8", "replace")


def _root_of(exchange: Exchange) -> str:
    url = split(exchange.url)
    return f"{url.scheme}://{url.netloc}"
