"""No handler reaches the real Bandwidth under the fixture, and no test reaches another machine."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest
from flask import Flask

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth
from tests.simulator.rest.leaky import CALLED, CLIENTS, HEARD, add_phone


@pytest.fixture
def app(app: Flask) -> Flask:
    """An application that contacts Bandwidth."""
    add_phone(app)
    return app


def test_the_fixture(bandwidth: SimulatedBandwidth, outside_attempts: Sequence[str]) -> None:
    """Under the fixture, what handlers send to Bandwidth reaches the simulation or fails on this machine."""
    call = bandwidth.call()
    assert call.heard == HEARD
    assert [each.to for each in bandwidth.calls] == [call.to, CALLED]
    assert outside_attempts == []


def test_without_the_fixture(app: Flask, outside_attempts: Sequence[str]) -> None:
    """Without it, the same application would reach for Bandwidth, which the tests do not let happen."""
    call = SimulatedBandwidth(app).call()
    assert call.heard == [f"{client}: AssertionError." for client in CLIENTS]
    assert set(outside_attempts) == {"api.bandwidth.com", "voice.bandwidth.com"}


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_addresses_of_other_machines(host: str) -> None:
    """A test cannot connect to the address of another machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(AssertionError, match="another machine"):
        connection.connect((host, 9))
