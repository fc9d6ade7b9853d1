"""Sending a signal to its receivers, none of which can cost a call its reply."""

from __future__ import annotations

import logging
from typing import Any

from blinker import NamedSignal
from flask import Flask

from .interruptions import ends_worker
from .logs import log
from .subscriptions import describe


def send(signal: NamedSignal, app: Flask, **arguments: Any) -> None:
    """Call every receiver of a signal, coroutine functions included. An exception in one is logged.

    :param arguments: are passed to the receivers; the log names the ``event`` among them.
    """
    if not signal.receivers or signal.is_muted:
        return
    # Not signal.send, in which a receiver that raises keeps the signal from those after it.
    for receiver in signal.receivers_for(app):
        try:
            app.ensure_sync(receiver)(app, **arguments)
        except BaseException as error:
            if ends_worker(error):
                raise
            log(
                logging.ERROR,
                "Receiver %s of signal %s failed.",
                describe(receiver),
                signal.name,
                event=arguments.get("event"),
                exception=error,
            )
