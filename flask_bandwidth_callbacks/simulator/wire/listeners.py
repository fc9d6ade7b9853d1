"""Listening to the signals of an application, also with objects of several threads that do not last."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from blinker import NamedSignal
from flask import Flask

Method = Callable[..., object]
"""A bound method, which takes the application and the arguments of the signal."""


def listen(signal: NamedSignal, method: Method, app: Flask) -> None:
    """Call a method whenever an application sends a signal, for as long as both of them exist."""
    with _connecting:
        if signal not in _listeners:
            _listeners[signal] = _Listeners(signal)
    _listeners[signal].add(method, app)


def stop_listening(signal: NamedSignal, method: Method) -> None:
    """Stop calling a method."""
    _listeners[signal].remove(method)


class _Listeners:
    """The methods that listen to a signal.

    To forget a receiver, blinker goes through all senders of the signal, which fails if another thread adds
    one meanwhile. So it is given one receiver, which is never forgotten.
    """

    def __init__(self, signal: NamedSignal) -> None:
        self._changing = threading.Lock()
        # Replaced and never changed, so that another thread can go through it.
        self._methods: tuple[tuple[weakref.WeakMethod[Method], weakref.ref[Flask]], ...] = ()
        signal.connect(self._call)

    def add(self, method: Method, app: Flask) -> None:
        with self._changing:
            living = [each for each in self._methods if each[0]() is not None]
            self._methods = (*living, (weakref.WeakMethod(method), weakref.ref(app)))

    def remove(self, method: Method) -> None:
        with self._changing:
            self._methods = tuple(each for each in self._methods if each[0]() not in (None, method))

    def _call(self, sender: Flask, **arguments: Any) -> None:
        for weak, app in self._methods:
            if app() is sender and (method := weak()) is not None:
                method(sender, **arguments)


_connecting = threading.Lock()
_listeners: dict[NamedSignal, _Listeners] = {}
