"""What each verb does: a module per family of verbs, a function per verb under ``runs``.

Importing this package registers all of them with the interpreter.
"""

from . import bridges, conferences, flow, gathers, recordings, sound, streams, transfers

__all__ = ["bridges", "conferences", "flow", "gathers", "recordings", "sound", "streams", "transfers"]
