"""The threads that write call logs."""

from __future__ import annotations

import threading


def wait_for_writers() -> None:
    """Wait until every line is written, however busy the machine is."""
    for thread in threading.enumerate():
        if thread.name == "bandwidth-callbacks-call-log":
            thread.join(30)
