"""Tracebacks without the locals of this library.

Error reporters such as Sentry send the locals of every frame along. Those of this library hold documents with
passwords, and payloads with what callers typed.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_PACKAGE = __name__.partition(".")[0]


def clear_locals(error: BaseException) -> None:
    """Clear the locals of this library's frames in the traceback of an error and of its causes.

    The application's frames keep theirs, and so do frames that have not ended.
    """
    pending: list[BaseException | None] = [error]
    seen = set()
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        pending += (each.__cause__, each.__context__)
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
                with suppress(RuntimeError):  # it has not ended
                    frame.clear()


def without_locals(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function so that an exception leaves it without the locals of this library."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            clear_locals(error)
            raise

    return call
