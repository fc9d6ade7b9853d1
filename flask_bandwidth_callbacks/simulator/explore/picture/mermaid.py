"""A picture of a phone line as a Mermaid flowchart, which GitHub draws in a README."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .parts import Arrow, Box, BoxKind, Picture
from .text import lines_of

_SHAPES: dict[BoxKind, tuple[str, str]] = {
    "start": ("([", "])"),
    "state": ("[", "]"),
    "person": ("(", ")"),
    "end": ("[[", "]]"),
    "unreached": ("[", "]"),
}
# The colors are those of Mermaid's themes, so that a chart is readable on light and on dark pages.
_CLASSES = {
    "person": "stroke-width:3px",
    "unreached": "stroke-dasharray:6 4",
    "walked": "stroke-width:3px",
    "notWalked": "stroke-dasharray:2 4",
    "marked": "stroke:#d1242f,stroke-width:3px",
}
_SPECIAL = re.compile(
    r"""
    [^\w\ ,:;'?()/….+-]  # what is, or may be, a part of Mermaid's language or of Markdown
    | (?<![^\W\d_])[._]   # "1." begins a list, and "_word_" is slanted, but "phone.py" is a word
    | (?<![^\W_])-        # "- word" begins a list, but "4-9" is a range
    | \+(?!\d)           # "+ word" begins a list, but "+13035550141" is a number
    | :(?=[^\W\d_])      # "fa:fa-phone" is an icon
    """,
    re.VERBOSE,
)


def to_mermaid(picture: Picture) -> str:
    """Return a picture as a Mermaid flowchart. The same picture gives the same text."""
    lines = ["flowchart TB", *map(_box, picture.boxes), *map(_arrow, picture.arrows)]
    for name, look in _CLASSES.items():
        members = [_name(box.id) for box in picture.boxes if name in _classes_of(box)]
        if members:
            lines += [f"classDef {name} {look}", f"class {','.join(members)} {name}"]
    return "\n    ".join(lines) + "\n"


def _box(box: Box) -> str:
    lines = [*lines_of(box.text, 13, 180, 3), *lines_of(box.handler, 13, 300, 1)]
    if box.is_walked is not None:
        lines.append("walked" if box.is_walked else "not walked")
    lines += lines_of(", ".join(box.marks), 13, 300, 3)
    opening, closing = _SHAPES[box.kind]
    return f"{_name(box.id)}{opening}{_quoted(lines)}{closing}"


def _classes_of(box: Box) -> Iterator[str]:
    yield box.kind
    if box.is_walked is not None:
        yield "walked" if box.is_walked else "notWalked"
    if box.marks:
        yield "marked"


def _arrow(arrow: Arrow) -> str:
    line = "-.->" if arrow.is_dashed or arrow.is_walked is False else "==>" if arrow.is_walked else "-->"
    lines = lines_of(arrow.label, 13, 180, 3)
    label = f"|{_quoted(lines)}|" if lines else ""
    return f"{_name(arrow.source)} {line}{label} {_name(arrow.target)}"


def _name(identifier: str) -> str:
    """Return the name of a box in the chart, which cannot be a word of Mermaid's, such as ``end``."""
    return f"box_{identifier}"


def _quoted(lines: Sequence[str]) -> str:
    """Return lines of text as a label in which nothing is a part of Mermaid's or Markdown's language."""
    safe = (_SPECIAL.sub(lambda special: f"#{ord(special[0])};", line) for line in lines)
    return f'"{"<br>".join(safe)}"'
