"""A simulation of Bandwidth's voice platform, for tests and for the terminal.

It makes calls, sends the callbacks that Bandwidth would send, runs the BXML in the replies, and goes on until
the call ends::

    >>> bandwidth = SimulatedBandwidth(app)                                         # doctest: +SKIP
    >>> call = bandwidth.call("+15553334444", var_from="+15551112222")              # doctest: +SKIP
    >>> call.press("1")                                                             # doctest: +SKIP
    >>> call.heard                                                                  # doctest: +SKIP
    ['Hello +15551112222. Press 1 for sales.', 'You pressed 1.']

Where Bandwidth's documentation leaves something open, :data:`CHOICES` says what the simulation does.

The house has three floors, and each knows only those below it. ``wire`` takes one callback to the application
and reads what comes back; it knows no call. ``engine`` holds calls in virtual time: a document runs verb by
verb, a verb waits by yielding, and goes on when its time has come or a message arrives. ``verbs`` says what
each verb does; no floor below knows any of them. On top stand ``bandwidth``, the front door, ``outbound`` and
``samples``. ``choices`` and ``exceptions`` serve all floors.

State of one call lives in ``Call``; of what a verb leaves running, in an ``Activity`` in that verb's module;
of the whole simulation, in ``Platform``; of a family of verbs, in ``Platform.shared``; of one run of a verb,
in local variables.
"""

from .bandwidth import SimulatedBandwidth
from .choices import CHOICES
from .engine.call import Call
from .engine.callees import Callee
from .engine.recording import Recording
from .exceptions import Conflict, EndlessCall, LostCall, NotFound, SimulationError, UnreachableApplication
from .outbound import MachineDetection
from .verbs.conferences import Conference
from .wire.exchanges import Exchange

__all__ = [
    "CHOICES",
    "Call",
    "Callee",
    "Conference",
    "Conflict",
    "EndlessCall",
    "Exchange",
    "LostCall",
    "MachineDetection",
    "NotFound",
    "Recording",
    "SimulatedBandwidth",
    "SimulationError",
    "UnreachableApplication",
]
