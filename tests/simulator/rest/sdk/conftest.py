"""bandwidth-sdk's client of a simulation, in each way in which it can reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from bandwidth import ApiClient, Configuration

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

CLIENT = {"client_id": "client-1", "client_secret": "s3cret"}


@contextmanager
def in_process(bandwidth: SimulatedBandwidth) -> Iterator[Configuration]:
    """Return a context that gives the configuration of the SDK's README, for requests of this process."""
    with bandwidth.mock_rest([(CLIENT["client_id"], CLIENT["client_secret"])]):
        yield Configuration(**CLIENT)


TRANSPORTS: dict[str, Callable[[SimulatedBandwidth], AbstractContextManager[Configuration]]] = {
    "in process": in_process
}


@pytest.fixture(params=TRANSPORTS)
def client(bandwidth: SimulatedBandwidth, request: pytest.FixtureRequest) -> Iterator[ApiClient]:
    """The SDK's client of the simulation of the fixture ``bandwidth``."""
    with TRANSPORTS[request.param](bandwidth) as configuration:
        yield ApiClient(configuration)
