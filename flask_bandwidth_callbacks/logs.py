"""What is logged about events, safe to print."""

from __future__ import annotations

import logging
from typing import Any

from .events import Callback

logger = logging.getLogger("flask_bandwidth_callbacks")

_LONGEST = 80
"""Characters that a message shows of a value."""


def details(event: Callback | None) -> dict[str, Any]:
    """Return what every log record has as ``extra``, None where it is not about an event.

    A formatter may print it, and nothing that was sent shall begin a line of the log.
    """
    return {name: _in_a_line(getattr(event, name, None)) for name in ("event_type", "call_id")}


def _in_a_line(text: str | None) -> str | None:
    return text if text is None or (text.isprintable() and len(text) <= _LONGEST) else shorten(text)


def shorten(value: Any) -> str:
    """Return what a message shows of a value that may be long."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({type(value).__name__})"
