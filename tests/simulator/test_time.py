"""The time of a simulation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask

from flask_bandwidth_callbacks import CallbackBlueprint, InitiateCallback
from flask_bandwidth_callbacks.bxml import Pause
from flask_bandwidth_callbacks.simulator import SimulatedBandwidth, SimulationError


def test_a_simulation_that_begins_elsewhere(app: Flask, phone: CallbackBlueprint) -> None:
    """A start in any time zone reaches the application as that moment, in UTC."""
    told: list[InitiateCallback] = []

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Pause:
        told.append(call)
        return Pause(duration=60)

    app.register_blueprint(phone)
    start = datetime(2026, 12, 24, 20, 0, tzinfo=timezone(timedelta(hours=-7)))
    bandwidth = SimulatedBandwidth(app, start=start)
    bandwidth.call()
    assert told[0].start_time == told[0].event_time == start == bandwidth.now
    bandwidth.wait(60)
    assert bandwidth.calls[0].end_time == datetime(2026, 12, 25, 3, 1, tzinfo=UTC)


def test_a_start_that_is_set_later(app: Flask, phone: CallbackBlueprint) -> None:
    """The start of a simulation may be set before its first callback, and not afterwards."""
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app)
    bandwidth.start = start = datetime(2026, 12, 24, 20, 0, tzinfo=UTC)
    assert bandwidth.start == bandwidth.now == start
    with pytest.raises(SimulationError, match="start must be an aware datetime"):
        bandwidth.start = datetime(2026, 12, 24, 20, 0)
    bandwidth.send("disconnect", {"eventType": "disconnect", "callId": "c-1"})
    with pytest.raises(SimulationError, match=r"^start must be set before the first callback\."):
        bandwidth.start = start
