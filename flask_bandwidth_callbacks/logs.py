"""What is logged about events, safe to print."""

from __future__ import annotations

import logging
from typing import Any

from .display import VALUE_LIMIT, show
from .events import Callback

logger = logging.getLogger("flask_bandwidth_callbacks")


def details(event: Callback | None) -> dict[str, Any]:
    """Return what every log record has as ``extra``, None where it is not about an event.

    A formatter may print it, and nothing that was sent shall begin a line of the log.
    """
    return {name: _in_a_line(getattr(event, name, None)) for name in ("event_type", "call_id")}


def _in_a_line(text: str | None) -> str | None:
    return text if text is None or (text.isprintable() and len(text) <= VALUE_LIMIT) else show(text)
