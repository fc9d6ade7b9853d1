"""Text on its way into XML: which characters can stand there, and how they are written."""

from __future__ import annotations

import re

XML_WHITE_SPACE = " \t\r\n"
"""What may stand between elements without meaning anything."""

_UNWRITABLE = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def writable(text: str) -> str:
    """Return the text with U+FFFD for every character that XML 1.0 cannot hold.

    Those are the control characters but tab, line feed and carriage return, lone surrogates, U+FFFE and
    U+FFFF. A text without any comes back as the same object.
    """
    # Nearly all text is printable, and asking that is several times faster than the expression.
    if text.isprintable() or not re.search(_UNWRITABLE, text):
        return text
    return re.sub(_UNWRITABLE, "\ufffd", text)


_special = re.compile('[&<>"\t\n\r]')

# Most text holds none of these: looking for each in turn is faster than str.translate, which looks up every
# character, and in the short texts of attributes one look for all of them is faster still. A parser turns a
# bare carriage return into a line feed, and in attributes any white space into a blank: as references they
# arrive as they were.


def escape_text(text: str) -> str:
    """Return the text as it is written between two tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(text: str) -> str:
    """Return the text as it is written between the double quotes of an attribute."""
    if not _special.search(text):
        return text
    return escape_text(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
