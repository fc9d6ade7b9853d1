"""The spellings of a name: ``call_id`` in Python is ``callId`` on the wire."""

from __future__ import annotations

import re


def camel_case(name: str) -> str:
    """Return a Python name as Bandwidth spells it. A final underscore, as in ``from_``, is dropped."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def snake_case(name: str) -> str:
    """Return a name of Bandwidth's as Python spells it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
