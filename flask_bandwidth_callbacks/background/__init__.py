"""Work after the reply: the pool of threads, and Celery."""

from __future__ import annotations

from .journal import Entry, Journal
from .threads import Pool, Threads

__all__ = ["Entry", "Journal", "Pool", "Threads"]
