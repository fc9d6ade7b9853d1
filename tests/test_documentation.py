"""The page of events agrees with the event classes."""

from __future__ import annotations

import re
from pathlib import Path

from flask_bandwidth_callbacks.events import EVENT_CLASSES, Callback

EVENTS = (Path(__file__).parents[1] / "docs" / "events.md").read_text(encoding="utf-8")
OPENING = "Bandwidth sends this when "


def reply(event_class: type[Callback]) -> str:
    """Return the cell that says what Bandwidth does with the reply."""
    if not event_class.reply.awaited:
        return ""
    return "BXML" if event_class.reply.when_none == "error" else "BXML, or None"


def meaning(event_class: type[Callback]) -> str:
    """Return the cell that says when Bandwidth sends the event: the docstring without its opening."""
    docstring = " ".join((event_class.__doc__ or "").split())
    assert docstring.startswith(OPENING), event_class
    return docstring.removeprefix(OPENING).replace("``", "`")


def test_the_page_lists_every_event() -> None:
    """Each event type is listed once, with its class, its reply and its docstring, in the classes' order."""
    rows = re.findall(r"^\| `\w+` \|.*\|$", EVENTS, re.MULTILINE)
    assert rows == [
        f"| `{event_type}` | `{event_class.__name__}` | {reply(event_class)} | {meaning(event_class)} |"
        for event_type, event_class in EVENT_CLASSES.items()
    ]
