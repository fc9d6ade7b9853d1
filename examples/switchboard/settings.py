"""Everything that can be set, with its default.

Each name can be given to ``create_app`` or, with ``FLASK_`` in front, in the environment::

    FLASK_SWITCHBOARD_COMPANY="Fernhill Cycles" FLASK_SWITCHBOARD_OPENS=8 flask --app examples.switchboard run

``BANDWIDTH_CALLBACKS_CREDENTIALS`` has no default: the username and password that Bandwidth is to show,
as ``username:password``.
"""

from datetime import datetime


class Defaults:
    """The settings of this application."""

    SWITCHBOARD_COMPANY = "Fernhill Cycles"
    """What callers hear as the company's name."""

    SWITCHBOARD_SALES = "+13035550141"
    """Number that answers for sales."""

    SWITCHBOARD_SUPPORT = "+13035550142"
    """Number that answers for support."""

    SWITCHBOARD_RING_SECONDS = 20
    """How long that number rings before the caller may leave a message, 1 to 300."""

    SWITCHBOARD_OPENS = 9
    """Hour of the day from which calls are put through, by the clock of this machine (``TZ``)."""

    SWITCHBOARD_CLOSES = 17
    """Hour of the day from which callers can only leave a message; 24 is midnight."""

    SWITCHBOARD_CLOCK = staticmethod(lambda: datetime.now().astimezone())
    """Returns the time; tests bring their own."""
