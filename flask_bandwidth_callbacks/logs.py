"""The log: one logger, whose records all carry the event that they are about."""

from __future__ import annotations

import logging

from .display import VALUE_LIMIT, show
from .events import Callback

_logger = logging.getLogger(__name__.partition(".")[0])


def log(
    level: int,
    message: str,
    *arguments: object,
    event: Callback | None = None,
    exception: BaseException | None = None,
) -> None:
    """Log a message with ``event_type`` and ``call_id`` of the event, both None without one.

    :param message: with ``%`` placeholders for the arguments.
    :param exception: is logged with its traceback.
    """
    # A formatter may print these attributes, and nothing from a request may begin a line of the log.
    extra = {name: _on_one_line(getattr(event, name, None) or None) for name in ("event_type", "call_id")}
    _logger.log(level, message, *arguments, exc_info=exception, extra=extra, stacklevel=2)


def _on_one_line(text: str | None) -> str | None:
    return text if text is None or (text.isprintable() and len(text) <= VALUE_LIMIT) else show(text)
