"""Whether an application says that it is in production, where no studio belongs."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = ("FLASK_ENV", "APP_ENV", "ENVIRONMENT", "ENV", "SENTRY_ENVIRONMENT")
"""Where applications say what they run in: names of environment variables, and keys of ``app.config``."""
_PRODUCTION = ("production", "prod", "live")


def sign_of_production(values: Mapping[str, object]) -> str | None:
    """Return what says production, such as ``ENVIRONMENT=production``; None if nothing does.

    :param values: the environment, or the configuration of an application.
    """
    for name in _NAMES:
        value = values.get(name)
        if isinstance(value, str) and value.strip().lower() in _PRODUCTION:
            return f"{name}={value.strip()}"
    return None
