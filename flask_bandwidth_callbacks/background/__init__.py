"""Work after the reply: the pool of threads, and Celery."""

from __future__ import annotations

from .threads import Threads

__all__ = ["Threads"]
