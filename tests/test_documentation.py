"""The page of events says what the classes say."""

from __future__ import annotations

import re
from pathlib import Path

from flask_bandwidth_callbacks.events import EVENT_CLASSES, Callback

EVENTS = (Path(__file__).parents[1] / "docs" / "events.md").read_text(encoding="utf-8")


def reply(event_class: type[Callback]) -> str:
    """What Bandwidth does with the reply, as the page has it."""
    if not event_class.reply.awaited:
        return ""
    return "BXML" if event_class.reply.when_none == "error" else "BXML, or None"


def meaning(event_class: type[Callback]) -> str:
    """The first line of a class's docstring, as the page has it."""
    return (event_class.__doc__ or "").splitlines()[0].replace("``", "`")


def test_every_event_is_told() -> None:
    """Each event type stands there once, with its class, its reply and its meaning, in the classes' order."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|([^|]*)\| ([^|]*) \|$", EVENTS, re.MULTILINE)
    assert [(event_type, name, answer.strip(), text) for event_type, name, answer, text in rows] == [
        (event_type, event_class.__name__, reply(event_class), meaning(event_class))
        for event_type, event_class in EVENT_CLASSES.items()
    ]
