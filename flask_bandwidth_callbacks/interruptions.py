"""Exceptions that end the worker. They must pass; every other exception is the failure of one handler."""

from __future__ import annotations

import functools
import signal
import sys
import traceback
from collections.abc import Callable
from types import CodeType


def ends_worker(error: BaseException) -> bool:
    """Return whether an exception ends the process, thread or greenlet in which the request is handled.

    ``KeyboardInterrupt``, ``GeneratorExit`` and greenlet's ``GreenletExit`` do. ``SystemExit`` does if a
    signal handler raised it, as gunicorn's do to stop a worker; a function that calls :func:`sys.exit` has
    only failed. So has one in which ``asyncio.CancelledError`` or ``gevent.Timeout`` ended a wait.
    """
    if isinstance(error, Exception):
        return False
    if isinstance(error, KeyboardInterrupt | GeneratorExit | _greenlet_exit()):
        return True
    return isinstance(error, SystemExit) and _is_raised_by_signal_handler(error)


def _greenlet_exit() -> type[BaseException]:
    # Without greenlets nothing has imported their module.
    found = getattr(sys.modules.get("greenlet"), "GreenletExit", GeneratorExit)
    assert issubclass(found, BaseException)
    return found


def _is_raised_by_signal_handler(error: BaseException) -> bool:
    handlers = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()} - {None}
    return any(frame.f_code in handlers for frame, _ in traceback.walk_tb(error.__traceback__))


def _code_of(handler: Callable[..., object] | int | None) -> CodeType | None:
    """Return the code that a signal handler runs; None for the handlers of the system."""
    if not callable(handler):
        return None
    while isinstance(handler, functools.partial):
        handler = handler.func
    code = getattr(handler, "__code__", getattr(type(handler).__call__, "__code__", None))
    return code if isinstance(code, CodeType) else None
