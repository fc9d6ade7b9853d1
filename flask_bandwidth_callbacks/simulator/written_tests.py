"""Ways through calls, written as pytest tests."""

from __future__ import annotations

from collections.abc import Iterable

from .ways import Way


def write_tests(ways: Iterable[Way], *, source: str) -> str:
    """Return a module of pytest tests, one for each way."""
    raise NotImplementedError
