"""One name in several spellings: ``call_id`` in Python is ``callId`` on the wire."""

from __future__ import annotations

import re


def camel_case(name: str) -> str:
    """Return a Python name as Bandwidth spells it; an underscore that only avoids a keyword is dropped."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def snake_case(name: str) -> str:
    """Return one of Bandwidth's names as Python spells it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
