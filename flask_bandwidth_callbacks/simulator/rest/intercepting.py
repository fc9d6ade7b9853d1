"""Requests of this process to Bandwidth, which a WSGI application answers instead, without a socket.

Every request through urllib3, so also one of bandwidth-sdk or requests, goes through
``HTTPConnectionPool.urlopen``. Meanwhile, those to Bandwidth take the way of ``in_memory`` there. Other
clients look up hosts with ``socket.getaddrinfo``, and encrypt what they send with ``ssl.SSLContext``. For
hosts of Bandwidth both raise an error, so a client that uses either of them sends no request there.

No library does this: wsgi-intercept 1.13 needs every host by name and an urllib3 before 2; responses 0.26 is
for requests alone; pook 2.1 and mocket 3.15 answer with prepared replies and have one state for all threads.
"""

from __future__ import annotations

import functools
import inspect
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from wsgiref.types import WSGIApplication

from flask_bandwidth_callbacks.display import show

from ..exceptions import SimulationError

_lock = threading.Lock()
_entered: list[tuple[int, WSGIApplication]] = []
"""The applications that answer now, each with the thread that entered its context; the latest is last."""
_replaced = ExitStack()
"""Puts back what is replaced while there are such applications."""


@contextmanager
def intercepted(application: WSGIApplication) -> Iterator[None]:
    """Return a context in which a WSGI application answers requests to hosts under bandwidth.com.

    Of nested contexts, the innermost one of the requesting thread counts; for a thread without any, the
    latest one of all threads.

    Requests through urllib3 are answered. Most other clients get a :class:`SimulationError`.
    """
    entry = (threading.get_ident(), application)
    with _lock:
        if not _entered:
            _replace()
        _entered.append(entry)
    try:
        yield
    finally:
        with _lock:
            # By identity, because an application may be there twice.
            _entered[:] = [other for other in _entered if other is not entry]
            if not _entered:
                _replaced.close()


def is_bandwidth(host: object) -> bool:
    """Return whether a host is one of Bandwidth's."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("latin-1")
    return isinstance(host, str) and f".{host.lower().rstrip('.')}".endswith(".bandwidth.com")


def answering(host: object) -> WSGIApplication | None:
    """Return the application that answers requests of this thread to a host; None if none does."""
    entered = tuple(_entered)
    if not entered or not is_bandwidth(host):
        return None
    this_thread = threading.get_ident()
    own = [application for thread, application in entered if thread == this_thread]
    return own[-1] if own else entered[-1][1]


def _replace() -> None:
    """Replace the functions through which requests go."""
    _set(socket, "getaddrinfo", _refusing(socket.getaddrinfo, "host"))
    # Some clients look up hosts by other means, or have a proxy do so.
    for method in ("wrap_socket", "wrap_bio"):
        _set(ssl.SSLContext, method, _refusing(getattr(ssl.SSLContext, method), "server_hostname"))
    if find_spec("urllib3") is not None:  # without it, no client uses it
        in_memory = import_module(".in_memory", __package__)
        _set(in_memory.HTTPConnectionPool, "urlopen", in_memory.urlopen_with(answering))


def _refusing(function: Callable[..., Any], argument: str) -> Callable[..., Any]:
    """Return a function that raises an error if an argument is a host that an application answers."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def refusing(*arguments: Any, **keywords: Any) -> Any:
        host = signature.bind(*arguments, **keywords).arguments.get(argument)
        if answering(host) is not None:
            raise SimulationError(
                "Requests to a simulated Bandwidth must come through urllib3, as those of bandwidth-sdk and"
                f" requests do; another client connects to {show(host)}. Give that client a URL from"
                " bandwidth.serve_rest()."
            )
        return function(*arguments, **keywords)

    return refusing


def _set(owner: Any, name: str, value: Any) -> None:
    """Set an attribute until everything is put back."""
    _replaced.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, value)
