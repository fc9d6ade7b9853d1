"""Text that fits: cleaned, measured without a font, and broken into short lines."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_LONGEST = 2000
"""The most characters of a text that a picture holds."""

# Widths in em, rounded up from DejaVu Sans. Nearly all fonts that a browser may take instead are narrower.
_WIDTHS = {
    **dict.fromkeys(" ijlI.,:;'|!/\\-`", 0.37),
    **dict.fromkeys('frtJ()[]"*_', 0.51),
    **dict.fromkeys("ckszvxyL?", 0.60),
    **dict.fromkeys("wABCDEGHKNOPQRSTUVXYZ&", 0.83),
    **dict.fromkeys("mMW@%+#=<>~^", 1.0),
    ELLIPSIS: 1.0,
}
_OTHER_LETTER = 0.65
_OTHER_CHARACTER = 1.1  # em, as wide as a Chinese character
_BOLD = 1.13


def clean(text: str) -> str:
    """Return the beginning of a text in one line, without invisible characters."""
    kept = (
        character
        for character in text[:_LONGEST]
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(kept).split())


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """Return how wide a text is at most.

    :param size: size of the font in pixels.
    """
    width = sum(map(_width_of_character, text)) * size
    return width * _BOLD if is_bold else width


def has_sure_width(text: str) -> bool:
    """Return whether a text has nothing but characters whose widths are known well."""
    return text.isascii() or text.replace(ELLIPSIS, "").isascii()


def lines_of(text: str, size: float, width: float, number: int) -> list[str]:
    """Return a text in lines that are not wider than ``width``. If it is cut, the last one has an ellipsis.

    :param size: size of the font in pixels.
    :param number: the largest number of lines.
    """
    lines: list[str] = []
    rest = clean(text)
    while rest:
        end = _end_of_line(rest, size, width)
        if end < len(rest) and len(lines) == number - 1:
            end = _end_of_line(rest, size, width - width_of(ELLIPSIS, size))
            return [*lines, rest[:end].rstrip(" .,;:") + ELLIPSIS]
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return lines


def _width_of_character(character: str) -> float:
    if character.isascii():
        return _WIDTHS.get(character, _OTHER_LETTER)
    return _WIDTHS.get(character, _OTHER_CHARACTER)


def _end_of_line(text: str, size: float, width: float) -> int:
    """Return how many characters fit in a line: whole words, or a part of a word that is too long."""
    used = 0.0
    end_of_word = 0
    for number, character in enumerate(text):
        if character == " ":
            end_of_word = number
        used += _width_of_character(character) * size
        if used > width and character != " ":
            return end_of_word or max(number, 1)
    return len(text)
