"""Work after the reply: the pool of threads, and Celery."""

from __future__ import annotations

from .celery import CeleryBackground
from .journal import FAILED, Entry, Journal
from .threads import Pool, Threads

__all__ = ["FAILED", "CeleryBackground", "Entry", "Journal", "Pool", "Threads"]
