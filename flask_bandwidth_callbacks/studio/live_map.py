"""The picture of what leads where, as far as calls have gone, with the places where calls are now."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.simulator import Call, Exchange
from flask_bandwidth_callbacks.simulator.explore.picture import Arrow, Box, Picture
from flask_bandwidth_callbacks.simulator.explore.picture.parts import BoxKind
from flask_bandwidth_callbacks.simulator.explore.picture.svg import to_svg
from flask_bandwidth_callbacks.simulator.explore.states import masked

from .feed import Feed

_MOST_BOXES = 200
"""Boxes that are drawn; more cannot be looked at."""
_MOST_LABELS = 5
_WITH_PEOPLE = (bxml.Transfer, bxml.Forward, bxml.Bridge, bxml.Conference, bxml.Connect, bxml.Refer)
_START = Box("start", "start", "A call begins")


class LiveMap:
    """The picture of a phone line, which grows with the calls."""

    def __init__(self, title: str, feed: Feed) -> None:
        self._title = title
        self._feed = feed
        self._lock = threading.Lock()
        self._boxes: dict[object, Box] = {}
        self._arrows: dict[Arrow, None] = {}
        self._places: dict[str, str] = {}
        self._version = 1
        self._drawn: tuple[int, str] = (0, "")
        self._publish()

    def replied(self, call: Call, exchange: Exchange) -> None:
        """Consider the document in the reply to a callback about a call or leg."""
        if exchange.bxml is None:
            return
        handler = str(exchange.responder or exchange.url)
        key = (handler, masked(exchange.bxml, call))
        document = bxml.parse(exchange.bxml).children
        kind: BoxKind = "person" if any(isinstance(verb, _WITH_PEOPLE) for verb in document) else "state"
        with self._lock:
            if key not in self._boxes and len(self._boxes) < _MOST_BOXES:
                self._boxes[key] = Box(f"s{len(self._boxes)}", kind, _text(document), handler)
            if key in self._boxes:
                self._go(call, self._boxes[key].id, _label(exchange))

    def ended(self, call: Call, *, is_left: bool) -> None:
        """Consider the end of a call or leg.

        :param is_left: whether the person on it hung up.
        """
        with self._lock:
            if call.parent is None and not is_left and call.call_id in self._places:
                text = "The call ends" if call.cause == "hangup" else f"The call ends: {call.cause}"
                self._boxes.setdefault(text, Box(f"s{len(self._boxes)}", "end", text))
                self._go(call, self._boxes[text].id, "")
            if self._places.pop(call.call_id, None) is not None:
                self._publish()

    def to_svg(self) -> str:
        """Return the picture as SVG.

        Raises :class:`SimulationError` where the extra ``explore`` is not installed.
        """
        with self._lock:
            version = self._version
            picture = Picture(self._title, (_START, *self._boxes.values()), tuple(self._merged()))
        drawn = self._drawn  # another thread may replace it meanwhile, with an older picture
        if drawn[0] != version:
            drawn = self._drawn = version, to_svg(picture)
        return drawn[1]

    def _go(self, call: Call, box: str, label: str) -> None:
        before = self._places.get(call.call_id)
        if before is None:
            before = "start" if call.parent is None else self._places.get(call.parent.call_id, "start")
        arrow = Arrow(before, box, label)
        if arrow not in self._arrows:
            self._arrows[arrow] = None
            self._version += 1
        self._places[call.call_id] = box
        self._publish()

    def _merged(self) -> Iterator[Arrow]:
        """Return the arrows, one for all that leads from a box to another one."""
        labels: dict[tuple[str, str], list[str]] = {}
        for arrow in self._arrows:
            labels.setdefault((arrow.source, arrow.target), []).append(arrow.label)
        for (source, target), given in labels.items():
            yield Arrow(source, target, ", ".join(sorted(filter(None, given))[:_MOST_LABELS]))

    def _publish(self) -> None:
        lit = sorted({f"box-{place}" for place in self._places.values()})  # the ids in the SVG
        self._feed.publish("map", {"version": self._version, "lit": lit}, key="map")


def _text(document: tuple[bxml.Verb, ...]) -> str:
    """Return the first words of a document, or what it does."""
    for element in _elements(document):
        if isinstance(element, bxml.SpeakSentence) and element.text:
            return " ".join(element.text.split())
    return document[0].specification.name if document else "Nothing happens"


def _elements(document: tuple[bxml.Verb, ...]) -> Iterator[bxml.Element]:
    for verb in document:
        yield verb
        yield from verb.children


def _label(exchange: Exchange) -> str:
    """Return what has led to a document."""
    match exchange.event:
        case "initiate":
            return ""
        case "gather":
            return str(exchange.payload.get("digits") or exchange.payload.get("text") or "silence")
        case "transferComplete" | "transferAnswer":
            return str(exchange.payload.get("cause") or "answers")
    return exchange.event
