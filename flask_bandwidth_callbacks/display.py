"""Values as messages and logs show them: short, and without passwords."""

from __future__ import annotations

import re

VALUE_LIMIT = 80
"""Characters of a value that a message shows."""

TEXT_LIMIT = 2000
"""Characters of a whole text, such as a document, that a message shows."""

_CREDENTIALS_IN_URL = re.compile(r"//[^/\s]*@")  # a password may hold an @, too
_CREDENTIALS_IN_BXML = re.compile(r"""\s(\w*[uU]sername|\w*[pP]assword)\s*=\s*("[^"]*"|'[^']*')""")
_PASSWORD_ATTRIBUTE = re.compile(r"""([Pp]assword\s*=\s*\\?(["'])).*?(?:\2|\Z)""", re.DOTALL)


def shorten(text: str, limit: int = VALUE_LIMIT) -> str:
    """Return the text, cut after ``limit`` characters."""
    return text if len(text) <= limit else f"{text[:limit]}..."


def show(value: object) -> str:
    """Return the ``repr`` of a value, without passwords. If it is cut, the name of the type follows."""
    try:
        text = without_password(repr(value))
    except Exception:  # a message never raises
        text = object.__repr__(value)
    return text if len(text) <= VALUE_LIMIT else f"{shorten(text)} ({type(value).__name__})"


def without_password(text: str) -> str:
    """Return the text with ``***`` for the credentials in its URLs and the passwords in its BXML."""
    return _PASSWORD_ATTRIBUTE.sub(r"\1***\2", _CREDENTIALS_IN_URL.sub("//***@", text))


def without_credentials(document: str) -> str:
    """Return a document without the credentials that nearly every verb carries, to be shown or logged."""
    return without_password(without_credentials_of_verbs(document))


def without_credentials_of_verbs(document: str) -> str:
    """Return a document without the attributes that hold credentials. All else in it stays as it is."""
    return _CREDENTIALS_IN_BXML.sub("", document)
