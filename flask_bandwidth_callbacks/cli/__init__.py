"""The commands of ``flask bandwidth``; each has a module or a folder that is named after it."""

from flask_bandwidth_callbacks_commands import bandwidth

__all__ = ["bandwidth"]
