"""What the tests of a project walked, drawn over the picture of its phone line, for pytest.

A test does not do what exploration does, step by step. The two are compared by looks: the responder, its
document, and whether the caller talks or the call ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import combinations, pairwise, product
from pathlib import Path

from flask import Flask

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError

from ..engine.call import Call
from ..wire.exchanges import Exchange
from .exploring import explore
from .picture import Arrow, Box, Picture
from .picture.svg import to_svg
from .report import Report
from .states import document_in, is_about, is_left

BEGINNING = ""
"""The look of what there is before a call."""


class MapOfTests:
    """What the calls of tests walked, and the picture that it is drawn over."""

    def __init__(self) -> None:
        self.summary = "Nothing was drawn, because no test used the fixture bandwidth."
        """What became of the picture, in a sentence."""
        self._steps: set[tuple[str, str]] = set()
        self._app: Flask | None = None
        self._picture: Picture | None = None
        self._looks: dict[str, list[str]] = {}
        self._is_chosen = False

    def add(self, app: Flask, calls: Iterable[Call]) -> None:
        """Add what was walked on the calls of a test."""
        self._app = app
        for call in calls:
            groups = [[BEGINNING], *_looks_on(call)]
            for before, after in pairwise(groups):
                self._steps.update(product(before, after))
            for group in groups:
                self._steps.update(combinations(group, 2))

    def draw_over(self, report: Report) -> None:
        """Use the picture of a report, which a test has made with the settings that fit its line."""
        self._picture, self._looks, self._is_chosen = report.picture, _looks_of(report), True

    # -- Several processes -----------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Return everything as text, for another process."""
        self._explore()
        picture = None if self._picture is None else asdict(self._picture)
        return json.dumps(
            {
                "steps": sorted(self._steps),
                "picture": picture,
                "looks": self._looks,
                "is_chosen": self._is_chosen,
            }
        )

    def merge(self, text: str | None) -> None:
        """Take over what another process has walked; None if it has ended early."""
        other = json.loads(text or "{}")
        self._steps.update((before, after) for before, after in other.get("steps", ()))
        if (drawn := other.get("picture")) and (self._picture is None or other["is_chosen"]):
            self._looks, self._is_chosen = other["looks"], other["is_chosen"]
            self._picture = Picture(
                drawn["title"],
                tuple(Box(**{**box, "marks": tuple(box["marks"])}) for box in drawn["boxes"]),
                tuple(Arrow(**arrow) for arrow in drawn["arrows"]),
            )

    # -- The picture -----------------------------------------------------------------------------------------

    def write(self, path: str) -> None:
        """Draw the picture into a file, and sum up what was walked."""
        try:
            self._explore()
            if self._picture is None:
                return
            drawn = self._over(self._picture)
            Path(path).write_text(to_svg(drawn), encoding="utf-8")
        except (BandwidthCallbacksError, OSError) as error:
            self.summary = f"The picture {path} was not written: {error}"
            return
        boxes = [box for box in drawn.boxes if box.kind != "start"]
        walked = sum(bool(box.is_walked) for box in boxes)
        self.summary = f"The tests walked {walked} of {len(boxes)} boxes: {path}"

    def _explore(self) -> None:
        if self._picture is None and self._app is not None:
            self.draw_over(explore(self._app))
            self._is_chosen = False

    def _over(self, picture: Picture) -> Picture:
        """Return a picture that shows what was walked."""
        seen = {look for step in self._steps for look in step}
        return replace(
            picture,
            boxes=tuple(
                replace(box, is_walked=bool(seen.intersection(self._looks[box.id]))) for box in picture.boxes
            ),
            arrows=tuple(replace(arrow, is_walked=self._is_walked(arrow)) for arrow in picture.arrows),
        )

    def _is_walked(self, arrow: Arrow) -> bool:
        return any(
            (before, after) in self._steps
            for before in self._looks[arrow.source]
            for after in self._looks[arrow.target]
        )


def _looks_of(report: Report) -> dict[str, list[str]]:
    """Return the looks of each box of a report's picture."""
    looks: dict[str, list[str]] = {box.id: [] for box in report.picture.boxes}
    looks["start"].append(BEGINNING)
    for state, name in report.boxes.items():
        kind = "end" if state.is_end else "talk" if state.persons else ""
        looks[name].append(_look(state.handler, state.document, kind))
    return looks


def _looks_on(call: Call) -> Iterator[list[str]]:
    """Return the looks of each document of a call: while it runs, while the caller talks, when the call ends.

    A step may lead to any of them, because exploration stops only where time does.
    """
    exchange: Exchange | None = None
    kinds: list[str] = []
    for line in call.lines:
        if line.exchange is not None and is_about(line.exchange, call) and line.exchange.failure is None:
            if exchange is not None:
                yield [_look_after(call, exchange, kind) for kind in kinds]
            exchange, kinds = line.exchange, [""]
        elif f"talks with {call.person}" in line.text and "talk" not in kinds:
            kinds.append("talk")
    if exchange is not None:
        if call.state == "disconnected" and not is_left(call):
            kinds.append("end")
        yield [_look_after(call, exchange, kind) for kind in kinds]


def _look_after(call: Call, exchange: Exchange, kind: str) -> str:
    handler = "" if exchange.responder is None else str(exchange.responder)
    return _look(handler, document_in(exchange.bxml or "", call), kind)


def _look(handler: str, document: str, kind: str) -> str:
    """Return a short name of a look, which is the same in every process."""
    return hashlib.sha256("\0".join((handler, document, kind)).encode()).hexdigest()[:16]
