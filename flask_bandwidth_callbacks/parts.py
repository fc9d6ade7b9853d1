"""Parts of the package that are imported when they are first used, and that may have been deleted."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from .exceptions import ConfigurationError

_PACKAGE = __name__.rpartition(".")[0]


def has(part: str) -> bool:
    """Return whether a folder of the package exists."""
    return find_spec(f"{_PACKAGE}.{part}") is not None


def load(part: str, wanted: str) -> ModuleType:
    """Import a folder of the package.

    :param wanted: what needs it, as the subject of the message.

    Raises :class:`~.exceptions.ConfigurationError` where the folder does not exist.
    """
    if not has(part):
        raise ConfigurationError(
            f"{wanted} must have the folder {_PACKAGE}/{part}, which this installation lacks. Install the"
            " whole package."
        )
    return import_module(f"{_PACKAGE}.{part}")
