"""What is odd but kept: elements and attributes that Bandwidth may have added since this was written."""

from __future__ import annotations

import sys
import warnings

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksWarning


class BXMLWarning(BandwidthCallbacksWarning):
    """An element or attribute is not known here; it is kept as it stands."""


def warn(message: str) -> None:
    """Warn at the line of the application that called into this package, however deep the call went."""
    level = 1
    while sys._getframe(level).f_globals.get("__package__") == __package__:
        level += 1
    warnings.warn(message, BXMLWarning, stacklevel=level + 1)
