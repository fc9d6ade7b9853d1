"""What each operation does: a module per resource, a function per operation under ``operation``.

Importing this package registers all of them.
"""

from ..operation import OPERATIONS
from . import calls, tokens

__all__ = ["OPERATIONS", "calls", "tokens"]
