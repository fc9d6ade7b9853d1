"""What a picture of a phone line consists of. How it is drawn stands in the modules beside this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

BoxKind: TypeAlias = Literal["start", "state", "person", "end", "unreached"]
"""Where a call begins, a state, one in which the caller talks with a person, an end, a responder that no way
reached."""


@dataclass(frozen=True)
class Box:
    """A box of the picture."""

    id: str
    """Its name within the picture, of letters and digits: the same one for the same line."""
    kind: BoxKind
    text: str
    """The first words that are heard there, or what happens; shortened where it is drawn."""
    handler: str = ""
    """The responder whose reply it is, as ``menu (phone.py:70)``; empty if there is none."""
    marks: tuple[str, ...] = ()
    """What was found there, as words such as ``false-promise``."""
    is_walked: bool | None = None
    """Whether tests have been there; None in a picture that does not show it."""


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another one, or to itself."""

    source: str
    target: str
    label: str = ""
    """What leads there: keys such as ``1, 4-9``, or words such as ``silence``; may be empty."""
    is_dashed: bool = False
    """Whether the link stands in the code, but no way took it."""
    is_walked: bool | None = None
    """Whether tests have taken it; None in a picture that does not show it."""


@dataclass(frozen=True)
class Picture:
    """A picture of a phone line."""

    title: str
    boxes: tuple[Box, ...]
    """In the order in which they were reached; the first one is where calls begin."""
    arrows: tuple[Arrow, ...]
