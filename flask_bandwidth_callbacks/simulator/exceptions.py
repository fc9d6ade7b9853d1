"""Errors of a simulation, as opposed to what goes wrong on a simulated call."""

from __future__ import annotations

from typing import ClassVar

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError


class SimulationError(BandwidthCallbacksError):
    """A request to the simulation that it cannot carry out, such as a key that no telephone has."""

    status: ClassVar[int] = 400
    """HTTP status with which Bandwidth's REST interface rejects such a request."""


class NotFound(SimulationError):
    """A request about a call, a conference or a member that does not exist."""

    status = 404


class Conflict(SimulationError):
    """A request that does not fit the state of its call, which has not been answered or has ended."""

    status = 409


class TooManyCalls(SimulationError):
    """One more outbound call than the limits of the account allow."""

    status = 429
    retry_after: ClassVar[int] = 1
    """Seconds after which another call may be made."""


class UnreachableApplication(SimulationError):
    """The first callback of a call that found no server, or whose credentials were rejected."""


class LostCall(SimulationError):
    """A call that ended because a callback about it failed, or because its document cannot be run."""


class EndlessCall(SimulationError):
    """A call that fetches document after document without giving a person the chance to stop it."""
