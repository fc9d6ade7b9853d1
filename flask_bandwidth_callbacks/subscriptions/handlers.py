"""The functions that handle events: how messages name them, and what every one of them must be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from types import CodeType
from typing import Any, TypeAlias

from flask_bandwidth_callbacks.exceptions import SubscriptionError

Handler: TypeAlias = Callable[..., Any]


def describe(handler: Handler) -> str:
    """Return a handler's name, file and line, for messages."""
    try:
        return _describe(handler)
    except Exception:  # a message never raises
        return object.__repr__(handler)


def _describe(handler: Handler) -> str:
    while isinstance(handler, functools.partial):  # whose repr shows the arguments, perhaps a password
        handler = handler.func
    name = getattr(handler, "__qualname__", None) or repr(handler)
    code = getattr(inspect.unwrap(handler), "__code__", None)
    if not isinstance(code, CodeType):  # a Mock has one that is a Mock
        return name
    return f"{name} ({Path(code.co_filename).name}:{code.co_firstlineno})"


def full_name(handler: Handler) -> str:
    """Return a handler's module and qualified name, which are the same in every process."""
    function = handler
    while isinstance(function, functools.partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def check_callable(handler: Handler, variables: Collection[str]) -> None:
    """Raise :class:`SubscriptionError` for a handler that cannot be called as handlers are.

    :param variables: names of the path's variables, which a responder is given by name.
    """
    if not callable(handler):
        raise SubscriptionError(f"A handler must be callable, got {handler!r}. Decorate a function.")
    check_hashable(describe(handler), handler)
    try:
        inspect.signature(handler).bind(None, **dict.fromkeys(variables))
    except TypeError as error:
        by_name = f" and {', '.join(sorted(variables))} by name" if variables else ""
        raise SubscriptionError(
            f"{describe(handler)} must take the event as its only positional argument{by_name}: {error}."
        ) from None
    except ValueError:  # some callables written in C have no signature
        pass


def check_hashable(name: str, value: object) -> None:
    """Raise :class:`SubscriptionError` for a value without a hash; the message calls it ``name``."""
    try:
        hash(value)
    except TypeError:
        raise SubscriptionError(
            f"{name} must be hashable, got {value!r}, which has no hash. Give a function."
        ) from None
