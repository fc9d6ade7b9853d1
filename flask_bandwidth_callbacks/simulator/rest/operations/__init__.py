"""What each operation does: a module per resource, a function per operation under ``operation``.

Importing this package registers all of them.
"""

from ..operation import OPERATIONS
from . import calls, conferences, not_simulated, recordings, statistics, tokens, transcriptions

__all__ = [
    "OPERATIONS",
    "calls",
    "conferences",
    "not_simulated",
    "recordings",
    "statistics",
    "tokens",
    "transcriptions",
]
