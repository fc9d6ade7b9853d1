"""The time at the company, its greeting and its opening hours."""

from datetime import datetime

from flask import current_app


def now() -> datetime:
    """Return the time at the company."""
    time: datetime = current_app.config["SWITCHBOARD_CLOCK"]()
    return time


def greeting() -> str:
    """Return the greeting for this time of day."""
    hour = now().hour
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"


def is_open() -> bool:
    """Return whether the company is open."""
    config = current_app.config
    return bool(config["SWITCHBOARD_OPENS"] <= now().hour < config["SWITCHBOARD_CLOSES"])
