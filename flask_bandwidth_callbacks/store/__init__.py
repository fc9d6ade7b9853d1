"""Stores: where the state of calls, the replies to repeats, and jobs are kept."""

from __future__ import annotations

from importlib import import_module

from flask_bandwidth_callbacks.display import without_password
from flask_bandwidth_callbacks.exceptions import ConfigurationError
from flask_bandwidth_callbacks.stores import Store

from .repeats import StoredRepeats
from .state import end_state, read_state, state_of

__all__ = ["StoredRepeats", "end_state", "open_store", "read_state", "state_of"]

_MODULES = {"memory": "memory", "redis": "redis", "rediss": "redis", "unix": "redis"}
"""The modules of URL schemes; every other scheme is that of a database for ``sql``."""


def open_store(url: str, name: str) -> Store:
    """Return the store of a URL. It connects when it is first used.

    :param name: what messages call the URL, such as the key of a setting.

    Raises :class:`~.exceptions.ConfigurationError` for a URL of no store, and where its extra is missing.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or not scheme:
        raise ConfigurationError(
            f"{name} must be the URL of a store, such as 'memory://', 'sqlite:///calls.db' or"
            f" 'redis://localhost/0', got {without_password(repr(url))}."
        )
    module = _MODULES.get(scheme, "sql")
    try:
        opener = import_module(f"{__name__}.{module}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{name} must be the URL of a store whose packages are installed, got '{scheme}://' without"
            f" {error.name!r}. Install them: pip install 'flask-bandwidth-callbacks[{module}]'"
        ) from error
    store: Store = opener.open_store(url, name)
    return store
