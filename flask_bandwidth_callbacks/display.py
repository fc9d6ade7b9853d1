"""Values as messages and logs show them: short, and without passwords."""

from __future__ import annotations

import re

VALUE_LIMIT = 80
"""Characters of a value that a message shows."""

TEXT_LIMIT = 2000
"""Characters of a whole text, such as a document, that a message shows."""


def shorten(text: str, limit: int = VALUE_LIMIT) -> str:
    """Return the text, cut after ``limit`` characters."""
    return text if len(text) <= limit else f"{text[:limit]}..."


def show(value: object) -> str:
    """Return the ``repr`` of a value. If it is cut, the name of the type follows."""
    try:
        text = repr(value)
    except Exception:  # a message never raises
        text = object.__repr__(value)
    return text if len(text) <= VALUE_LIMIT else f"{shorten(text)} ({type(value).__name__})"


def without_password(text: str) -> str:
    """Return the text with ``***`` in place of the credentials in its URLs."""
    return re.sub(r"//[^/@\s]*@", "//***@", text)
