"""What goes wrong in a simulation, other than what goes wrong on a call."""

from __future__ import annotations

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError


class SimulationError(BandwidthCallbacksError):
    """The simulation was asked for what cannot be: a key that no telephone has, a call that is over."""


class UnreachableApplication(SimulationError):
    """The first callback of a call found no server, or was refused for its credentials."""


class EndlessCall(SimulationError):
    """A call fetches document after document, and nobody has a chance to stop it."""
