"""Blinker signals sent while a callback is handled; the sender is the application.

Connect a function with ``callback_received.connect(function, app)``. Flask brings :mod:`blinker` along. A
receiver that nothing else refers to is lost unless it is connected with ``weak=False``.

Receivers run within the request, in the application context of the responder, and may be coroutine functions.
An exception in a receiver is logged; the other receivers run, and the reply stays as it is.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

callback_received = _signals.signal(
    "callback-received", doc="Sent when a callback was authenticated and read. Arguments: ``event``."
)
callback_answered = _signals.signal(
    "callback-answered",
    doc="Sent before a callback gets its reply, also 204. Arguments: ``event``, ``response`` (Flask's).",
)
callback_repeated = _signals.signal(
    "callback-repeated",
    doc="Sent once for each callback that Bandwidth has sent before. Arguments: ``event``.",
)
callback_rejected = _signals.signal(
    "callback-rejected",
    doc="Sent when a request is rejected: before any handler ran, or for want of a responder."
    " Not sent for a request without credentials, with which every callback begins."
    " Arguments: ``status`` (such as 401), ``reason`` (a sentence).",
)
handler_failed = _signals.signal(
    "handler-failed",
    doc="Sent when a responder or a subscriber raised an exception, or returned an invalid value."
    " Arguments: ``event``, ``handler``, ``exception``.",
)
