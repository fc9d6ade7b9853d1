"""Warnings about probable mistakes, shown at the line of the application that made them."""

from __future__ import annotations

import sys
import warnings

from .exceptions import BandwidthCallbacksWarning

_PACKAGE = __name__.partition(".")[0]


def warn(message: str, category: type[BandwidthCallbacksWarning] = BandwidthCallbacksWarning) -> None:
    """Issue a warning at the line of the application that called this package, however deep the call is."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level += 1
    warnings.warn(message, category, stacklevel=level + 1)
