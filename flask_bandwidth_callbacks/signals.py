"""Signals, told to whoever connects to them; the sender is the application.

They are :mod:`blinker` signals, which Flask brings along: ``callback_received.connect(function, app)``. A
receiver that is no longer referenced anywhere is forgotten, unless it is connected with ``weak=False``.

Receivers run within the request: one of ``callback_received`` or ``callback_answered`` that raises ends it
with 500, as a responder would. One of ``handler_failed`` that raises is logged.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

callback_received = _signals.signal(
    "callback-received", doc="A callback was let in and read. Arguments: ``event``."
)
callback_answered = _signals.signal(
    "callback-answered",
    doc="A callback gets its reply, 204 included. Arguments: ``event``, ``response`` (a Flask response).",
)
callback_rejected = _signals.signal(
    "callback-rejected",
    doc="A request is refused before anybody handled it, or for want of a responder."
    " Arguments: ``status`` (like 401), ``reason`` (a sentence).",
)
handler_failed = _signals.signal(
    "handler-failed",
    doc="A responder or a subscriber raised, or returned what it may not. Arguments: ``event``,"
    " ``handler``, ``exception``.",
)
