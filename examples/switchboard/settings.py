"""The settings and their defaults.

Each can be given to ``create_app`` or, with the prefix ``FLASK_``, in the environment::

    FLASK_SWITCHBOARD_COMPANY="Fernhill Cycles" FLASK_SWITCHBOARD_OPENS=8 flask --app examples.switchboard run

``BANDWIDTH_CALLBACKS_CREDENTIALS`` has no default. It is the username and password that Bandwidth sends, as
``username:password``. ``SQLALCHEMY_DATABASE_URI`` is the URL of the database; without it, that is the SQLite
file ``instance/calls.db``, and in tests an empty database in memory.
"""

from datetime import datetime
from typing import Any, ClassVar


class Defaults:
    """The settings of this application."""

    SWITCHBOARD_COMPANY = "Fernhill Cycles"
    """Name of the company, as callers hear it."""

    SWITCHBOARD_SALES = "+13035550141"
    """Number of the sales department."""

    SWITCHBOARD_SUPPORT = "+13035550142"
    """Number of the support department."""

    SWITCHBOARD_RING_SECONDS = 20
    """Seconds that a department's phone rings before the caller can leave a message, 1 to 300."""

    SWITCHBOARD_BANDWIDTH: ClassVar[dict[str, Any]] = {}
    """The ``client_id`` and ``client_secret`` with which Bandwidth's SDK fetches messages, and whatever else
    its ``Configuration`` takes. Without them, messages stay at Bandwidth.
    """

    SWITCHBOARD_SCREENS = False
    """Whether a department hears who is calling, and takes or declines the call by a key."""

    SWITCHBOARD_OPENS = 9
    """Hour from which calls are put through, by the clock of this machine (``TZ``)."""

    SWITCHBOARD_CLOSES = 17
    """Hour from which callers can only leave a message; 24 is midnight."""

    SWITCHBOARD_CLOCK = staticmethod(lambda: datetime.now().astimezone())
    """Function that returns the time; tests set their own."""
