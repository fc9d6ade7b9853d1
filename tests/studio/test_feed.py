"""The stream of events: what a page hears that connects, connects again, or is slow."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_bandwidth_callbacks.studio import feed as feed_module
from flask_bandwidth_callbacks.studio.feed import KEPT_EVENTS, Feed


@pytest.fixture
def feed() -> Feed:
    return Feed(lambda: 7)


def parsed(chunks: Iterator[bytes], count: int) -> list[tuple[int | None, str, Any]]:
    """Return the next chunks of a stream as events, each with its id."""
    events = []
    text = b"".join(next(chunks) for _ in range(count)).decode()
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if "event" in fields:
            number = int(fields["id"]) if "id" in fields else None
            events.append((number, fields["event"], json.loads(fields["data"])))
    return events


def kinds(events: list[tuple[int | None, str, Any]]) -> list[str]:
    return [kind for _, kind, _ in events]


def test_a_new_page_gets_a_snapshot(feed: Feed) -> None:
    """A page that connects hears the latest event of each key, then lines and callbacks, and the time."""
    feed.publish("call", {"state": "initiated"}, key="call 1")
    feed.publish("line", {"number": 1})
    feed.publish("call", {"state": "answered"}, key="call 1")
    events = parsed(feed.stream(None), 2)
    assert kinds(events) == ["clock", "reset", "call", "line", "clock"]
    assert [data for _, kind, data in events if kind == "call"] == [{"state": "answered"}]
    assert [number for number, _, _ in events[:-1]] == [None] * 4
    assert events[1][2] == {"note": None}
    assert events[-1][2] == {"milliseconds": 7}


def test_a_page_that_connects_again_hears_what_it_has_missed(feed: Feed) -> None:
    """Last-Event-ID goes on after that event, with increasing ids."""
    feed.publish("line", {"number": 1})
    last = parsed(feed.stream(None), 2)[-1][0]
    assert last is not None
    feed.publish("line", {"number": 2})
    feed.publish("line", {"number": 3})
    events = parsed(feed.stream(str(last)), 2)
    assert events == [
        (None, "clock", {"milliseconds": 7}),
        (last + 1, "line", {"number": 2}),
        (last + 2, "line", {"number": 3}),
    ]


@pytest.mark.parametrize("last", ["", "abc", "-1", "99999999999999999", "²", "1"])
def test_an_unknown_event(feed: Feed, last: str) -> None:
    """A page that names an event that is unknown starts from a snapshot."""
    feed.publish("line", {"number": 1})
    assert kinds(parsed(feed.stream(last), 2)) == ["clock", "reset", "line", "clock"]


def test_a_process_that_was_started_again(feed: Feed) -> None:
    """A page that knows an event of the process before hears that calls have ended."""
    last = parsed(feed.stream(None), 2)[-1][0]
    assert last is not None
    events = parsed(feed.stream(str(last - 5000)), 2)
    assert "calls that were up have ended" in events[1][2]["note"]


def test_a_page_that_was_away_for_too_long(feed: Feed) -> None:
    """The buffer is bounded: a page that has missed too much starts from a snapshot."""
    feed.publish("call", {}, key="call 1")
    last = parsed(feed.stream(None), 2)[-1][0]
    for number in range(KEPT_EVENTS + 10):
        feed.publish("line", {"number": number})
    events = parsed(feed.stream(str(last)), 2)
    assert kinds(events)[:3] == ["clock", "reset", "call"]
    assert next(data["number"] for _, kind, data in events if kind == "line") == 10
    assert events[1][2] == {"note": None}


def test_clearing(feed: Feed) -> None:
    """After clearing, every page starts from a snapshot without what was cleared."""
    feed.publish("line", {"number": 1})
    feed.publish("call", {}, key="call 1")
    feed.publish("call", {}, key="call 2")
    stream = feed.stream(None)
    parsed(stream, 2)
    feed.forget("call 1")
    feed.forget("call 9")
    feed.clear()
    assert kinds(parsed(stream, 1)) == ["reset", "call", "clock"]


def test_a_stream_goes_on(feed: Feed) -> None:
    """A page hears an event as soon as it is published, and nothing after the feed is closed."""
    stream = feed.stream(None)
    parsed(stream, 2)
    timer = threading.Timer(0.05, lambda: feed.publish("line", {"number": 1}))
    timer.start()
    assert kinds(parsed(stream, 1)) == ["line"]
    feed.close()
    assert next(stream, None) is None


def test_a_stream_without_events(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing happens, a comment and the time keep the connection alive."""
    monkeypatch.setattr(feed_module, "_KEEP_ALIVE_SECONDS", 0.01)
    stream = feed.stream(None)
    parsed(stream, 2)
    assert next(stream) == b': still here\n\nevent: clock\ndata: {"milliseconds": 7}\n\n'


@settings(deadline=None)
@given(text=st.text())
def test_any_text_is_one_event(text: str) -> None:
    """Whatever a caller says is one event, and reads as it was said."""
    feed = Feed(lambda: 0)
    feed.publish("line", {"words": text})
    events = parsed(feed.stream(None), 2)
    assert kinds(events) == ["clock", "reset", "line", "clock"]
    assert events[2][2] == {"words": text}
