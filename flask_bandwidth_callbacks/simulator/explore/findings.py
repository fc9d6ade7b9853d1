"""What exploration reports."""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.subscriptions import Handler

from ..exceptions import SimulationError
from ..ways import Scene, Step

Kind: TypeAlias = Literal[
    "exception",
    "lost-call",
    "unannounced-hangup",
    "false-promise",
    "hidden-key",
    "silent-loop",
    "no-way-out",
    "long-silence",
    "long-way",
    "unreached",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which a report lists them."""

_ALLOWED = re.compile(r"#\s*explore:\s*allow\s+([a-z-]+(?:[ ,]+[a-z-]+)*)")


@dataclass(frozen=True)
class Finding:
    """Something that exploration reports, with the shortest way to it."""

    kind: Kind
    message: str
    """What is wrong, in a sentence."""
    is_note: bool = False
    """Whether it is worth knowing, and not a fault."""
    steps: tuple[str, ...] = ()
    """What the people on the call did, in order."""
    call: str = field(default="", repr=False)
    """The conversation; empty where no call led there."""
    handler: str = ""
    """The handler that it is about, with file and line; empty if there is none."""
    scene: Scene = field(default_factory=Scene, repr=False)
    """What there was before the call began."""


def finding(
    kind: Kind,
    message: str,
    steps: Iterable[Step],
    *,
    call: str,
    scene: Scene,
    handler: str,
    is_note: bool = False,
) -> Finding:
    """Return a finding for steps that were taken."""
    return Finding(kind, message, is_note, tuple(map(str, steps)), call, handler, scene)


def check_kinds(kinds: Iterable[str]) -> frozenset[str]:
    """Return kinds of findings; raises :class:`SimulationError` for one that does not exist."""
    given = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in given:
        if kind not in KINDS:
            raise SimulationError(f"allow must be kinds of findings: {', '.join(KINDS)}; got {show(kind)}.")
    return frozenset(given)


def allowed_beside(handler: Handler) -> frozenset[str]:
    """Return the kinds that comments in a handler, or right above it, allow: ``# explore: allow KIND``."""
    function = inspect.unwrap(handler)
    try:
        lines, first = inspect.getsourcelines(function)
        path = inspect.getsourcefile(function) or ""
    except (OSError, TypeError):
        return frozenset()
    while (above := linecache.getline(path, first - 1)).lstrip().startswith("#"):
        lines.append(above)
        first -= 1
    return frozenset(
        kind for line in lines for match in _ALLOWED.finditer(line) for kind in re.split("[ ,]+", match[1])
    )
