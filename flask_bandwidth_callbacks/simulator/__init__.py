"""A phone line without a phone: a stand-in for Bandwidth's voice platform, for tests and for the terminal.

It places calls, sends the callbacks that Bandwidth would send, runs the BXML that comes back and goes on
until the call ends::

    >>> bandwidth = SimulatedBandwidth(app)                                         # doctest: +SKIP
    >>> call = bandwidth.call("+15553334444", var_from="+15551112222")              # doctest: +SKIP
    >>> call.press("1")                                                             # doctest: +SKIP
    >>> call.heard                                                                  # doctest: +SKIP
    ['Hello +15551112222. Press 1 for sales.', 'You pressed 1.']

Where Bandwidth's documentation is silent it does what :data:`CHOICES` says.

The way of a call through the modules: ``bandwidth`` begins it; ``documents`` lets it live, which is to run
one verb after the other, each in the module of its kind, and to fetch the next document with ``Call.ask``;
``delivery`` sends that callback, by way of ``transport``, and reads what comes back. A verb waits by
yielding: it goes on when ``timeline`` comes to that time, or when it is told one of ``messages``.
"""

from .bandwidth import SimulatedBandwidth
from .choices import CHOICES
from .engine.call import Call
from .engine.callees import Callee
from .exceptions import EndlessCall, SimulationError, UnreachableApplication
from .outbound import MachineDetection
from .verbs.conferences import Conference
from .verbs.recordings import Recording
from .wire.exchanges import Exchange

__all__ = [
    "CHOICES",
    "Call",
    "Callee",
    "Conference",
    "EndlessCall",
    "Exchange",
    "MachineDetection",
    "Recording",
    "SimulatedBandwidth",
    "SimulationError",
    "UnreachableApplication",
]
