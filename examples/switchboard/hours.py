"""What time it is, and what that means for a caller."""

from datetime import datetime

from flask import current_app


def now() -> datetime:
    """Return the time at the company."""
    time: datetime = current_app.config["SWITCHBOARD_CLOCK"]()
    return time


def greeting() -> str:
    """Return what one says on the phone at this time of day."""
    hour = now().hour
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"


def is_open() -> bool:
    """Tell whether somebody is there to take calls."""
    config = current_app.config
    return bool(config["SWITCHBOARD_OPENS"] <= now().hour < config["SWITCHBOARD_CLOSES"])
