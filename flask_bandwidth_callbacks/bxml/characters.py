"""The characters that XML can hold, and how text is escaped."""

from __future__ import annotations

import re

XML_WHITE_SPACE = " \t\r\n"
"""White space that means nothing between elements."""

_UNWRITABLE = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def writable(text: str) -> str:
    """Return the text with U+FFFD for every character that XML 1.0 cannot hold.

    Those are lone surrogates, U+FFFE, U+FFFF, and the control characters except tab, line feed and carriage
    return. A text without any is returned as the same object.
    """
    # Nearly all text is printable, and checking that is several times faster than the expression.
    if text.isprintable() or not re.search(_UNWRITABLE, text):
        return text
    return re.sub(_UNWRITABLE, "\ufffd", text)


# Most text holds none of the escaped characters: replacing each in turn is faster than str.translate, which
# looks up every character. White space is escaped because a parser turns a bare carriage return into a line
# feed, and any white space in an attribute into a blank; references are read as they were.


def escape_text(text: str) -> str:
    """Return the text as it is written between two tags."""
    # str's own method: that of a subclass may do anything, and its result is a plain str.
    return str.replace(text, "&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(text: str) -> str:
    """Return the text as it is written between the double quotes of an attribute."""
    return escape_text(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
