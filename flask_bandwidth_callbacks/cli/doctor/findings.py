"""What the checks of ``doctor`` report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """Something that will go wrong in production."""

    level: Literal["error", "warning", "note"]
    """An error loses calls or lets anyone forge callbacks. A note may be what the developer wants."""
    summary: str
    """What is wrong, in one sentence."""
    consequence: str
    """What happens because of it."""
    remedy: str
    """What to do about it."""
