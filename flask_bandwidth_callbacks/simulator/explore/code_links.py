"""Which handlers the code of a handler names, as where a verb leads."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from types import CodeType, FunctionType
from typing import Any

from flask_bandwidth_callbacks.subscriptions import Handler, describe

_MOST_FUNCTIONS = 200
"""How many functions are followed from one handler."""


def linked_from(handler: Handler, handlers: Collection[str]) -> tuple[str, ...]:
    """Return which of some handlers a handler's code names.

    Functions of the same application that it calls are followed, too: a menu is often made by one.

    :param handlers: the handlers as messages name them.
    """
    function = inspect.unwrap(handler)
    found: dict[str, None] = {}
    seen: set[int] = set()
    queue = [function]
    while queue and len(seen) < _MOST_FUNCTIONS:
        current = queue.pop()
        if id(current) in seen or not isinstance(current, FunctionType):
            continue
        seen.add(id(current))
        for value in _named(current):
            if isinstance(value, FunctionType) and _package(value) == _package(function):
                if (name := describe(value)) in handlers:
                    found.setdefault(name)
                else:
                    queue.append(value)
    return tuple(found)


def _named(function: FunctionType) -> Iterator[Any]:
    """Return the values of the names that a function's code uses, where they are known."""
    closure = inspect.getclosurevars(function) if function.__closure__ else None
    names = {**function.__globals__, **(closure.nonlocals if closure else {})}
    for name in _names_in(function.__code__):
        if name in names:
            yield names[name]


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    yield from code.co_freevars
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _package(function: FunctionType) -> str:
    return function.__module__.partition(".")[0]
