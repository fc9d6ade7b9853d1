"""What each verb does: a module per family, a function per verb under ``runs``.

Importing this package makes every verb known to the interpreter.
"""

from . import bridges, conferences, flow, gathers, recordings, sound, streams, transfers

__all__ = ["bridges", "conferences", "flow", "gathers", "recordings", "sound", "streams", "transfers"]
