"""The log: one logger, whose records all carry the event that they are about."""

from __future__ import annotations

import logging
from contextlib import suppress
from types import TracebackType

from .display import VALUE_LIMIT, show
from .events import Callback
from .interruptions import ends_worker

_logger = logging.getLogger(__name__.partition(".")[0])
_last_resort = logging.Handler()
"""Prints the failure of a filter or handler where :mod:`logging` prints those that it notices itself."""


def log(
    level: int,
    message: str,
    *arguments: object,
    event: Callback | None = None,
    exception: BaseException | None = None,
) -> None:
    """Log a message with ``event_type`` and ``call_id`` of the event, both None without one.

    A failure while logging is printed to standard error: it never costs a call its reply.

    :param message: with ``%`` placeholders for the arguments.
    :param exception: is logged with its traceback.
    """
    if not _logger.isEnabledFor(level):
        return
    try:
        file, line, function, _ = _logger.findCaller(stacklevel=2)
        record = _logger.makeRecord(
            _logger.name, level, file, line, message, arguments, _exc_info(exception), function
        )
        _add_event(record, event)
        _logger.handle(record)
    except BaseException as error:
        if ends_worker(error):
            raise
        with suppress(Exception):  # standard error may be closed
            _last_resort.handleError(logging.LogRecord(_logger.name, level, "", 0, message, arguments, None))


def _exc_info(
    error: BaseException | None,
) -> tuple[type[BaseException], BaseException, TracebackType | None] | None:
    return None if error is None else (type(error), error, error.__traceback__)


def _add_event(record: logging.LogRecord, event: Callback | None) -> None:
    # Not logging's extra=, which raises KeyError where a record factory of the application has set the name.
    for name in ("event_type", "call_id"):
        value = getattr(event, name, None) or None
        if value is not None or name not in record.__dict__:
            # A formatter may print these attributes, and nothing from a request may begin a line of the log.
            record.__dict__[name] = _on_one_line(value)


def _on_one_line(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value.isprintable() and len(value) <= VALUE_LIMIT):
        return value
    return show(value)
