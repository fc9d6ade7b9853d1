"""bandwidth-sdk's client of a simulation, in each way in which it can reach one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeAlias

import pytest
from bandwidth import ApiClient, Configuration

from flask_bandwidth_callbacks.simulator import SimulatedBandwidth

Connect: TypeAlias = Callable[[SimulatedBandwidth], ApiClient]

CLIENT = ("client-1", "s3cret")


@contextmanager
def in_process(bandwidth: SimulatedBandwidth) -> Iterator[Configuration]:
    """Return a context that gives the configuration of the SDK's README."""
    with bandwidth.mock_rest([CLIENT]):
        yield Configuration(client_id=CLIENT[0], client_secret=CLIENT[1])


@contextmanager
def over_a_port(bandwidth: SimulatedBandwidth) -> Iterator[Configuration]:
    """Return a context that gives the configuration for a server, with time as it really passes."""
    with bandwidth.serve_rest(clients=[CLIENT]) as url:
        yield Configuration(
            client_id=CLIENT[0],
            client_secret=CLIENT[1],
            access_token_url=f"{url}/api/v1/oauth2/token",
            host=f"{url}/api/v2",
            ignore_operation_servers=True,
        )


TRANSPORTS: dict[str, Callable[[SimulatedBandwidth], AbstractContextManager[Configuration]]] = {
    "in process": in_process,
    "over a port": over_a_port,
}


@pytest.fixture(params=TRANSPORTS)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Return the SDK's client of a simulation."""
    transport = TRANSPORTS[request.param]
    with ExitStack() as connections:
        yield lambda bandwidth: ApiClient(connections.enter_context(transport(bandwidth)))
