"""What exploration gives back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from flask import Flask

from flask_bandwidth_callbacks.subscriptions import Subscription

from ..ways import Scene
from ..written_tests import write_tests
from .drawing import boxes_of, labels_of, picture_of
from .findings import Finding
from .picture import Picture
from .search import Search
from .states import State


class Report:
    """What was walked, and what was found."""

    def __init__(
        self, app: Flask, search: Search, findings: Sequence[Finding], missing: Sequence[Subscription]
    ) -> None:
        self.findings: list[Finding] = list(findings)
        """What was found, notes among it, kind by kind, the shortest ways first."""
        self.states: list[State] = search.states
        """The states, in the order in which they were reached."""
        self.calls: int = search.walker.calls
        """How many calls were made."""
        self.left: tuple[str, ...] = tuple(search.left)
        """What was not explored, a sentence each; empty if nothing was left."""
        self.reached: tuple[str, ...] = tuple(sorted(search.walker.reached))
        """The responders that calls reached, with file and line."""
        self.unreached: tuple[str, ...] = tuple(map(str, missing))
        """The responders that no call reached."""
        self._name = app.name
        self._missing = tuple(missing)
        self._walker = search.walker

    def __repr__(self) -> str:
        return f"<Report of {self._name}: {len(self.states)} states, {len(self.findings)} findings>"

    @property
    def is_exhausted(self) -> bool:
        """Whether every way was walked."""
        return not self.left

    @property
    def faults(self) -> list[Finding]:
        """The findings that are more than notes."""
        return [finding for finding in self.findings if not finding.is_note]

    @property
    def boxes(self) -> dict[State, str]:
        """The name of the box in the picture that each state belongs to."""
        return boxes_of(self.states)

    @property
    def picture(self) -> Picture:
        """What leads where, as boxes and arrows."""
        return picture_of(self._name, self.states, self._missing, self.findings)

    def to_mermaid(self) -> str:
        """Return the picture as a Mermaid flowchart, for a README."""
        return _drawn("mermaid", self.picture)

    def to_svg(self) -> str:
        """Return the picture as SVG.

        Raises :class:`~.exceptions.SimulationError` where the extra ``explore`` is not installed.
        """
        return _drawn("svg", self.picture)

    def to_json(self) -> str:
        """Return everything as a JSON object."""
        return json.dumps(self._as_dict(), indent=2, ensure_ascii=False)

    def to_tests(self) -> str:
        """Return pytest tests, one for each way that ends, or that leads no further.

        They use the fixture ``bandwidth``.
        """
        ways = [self._walker.way_to(state) for state in self.states if _is_last(state)]
        return write_tests(ways, source="flask bandwidth explore")

    def _as_dict(self) -> dict[str, Any]:
        return {
            "application": self._name,
            "is_exhausted": self.is_exhausted,
            "left": list(self.left),
            "calls": self.calls,
            "reached": list(self.reached),
            "unreached": list(self.unreached),
            "findings": [_finding(finding) for finding in self.findings],
            "states": [_state(state) for state in self.states],
        }


def _drawn(form: str, picture: Picture) -> str:
    """Return a picture in a form, whose module is imported now: it may need an extra."""
    module = import_module(f".picture.{form}", __package__)
    drawn: str = getattr(module, f"to_{form}")(picture)
    return drawn


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "is_note": finding.is_note,
        "message": finding.message,
        "handler": finding.handler,
        "steps": list(finding.steps),
        "scene": _scene(finding.scene),
        "call": finding.call,
    }


def _scene(scene: Scene) -> dict[str, Any]:
    return {
        "callees": dict(scene.callees),
        "at": None if scene.start is None else scene.start.isoformat(),
        "from": scene.var_from,
        "to": scene.to,
        "answer_url": scene.answer_url,
        "detected_as": scene.detected_as,
        "url": scene.url,
        "first_fails": scene.first_fails,
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "number": state.number,
        "handler": state.handler,
        "heard": list(state.heard),
        "steps": list(map(str, state.steps)),
        "scene": _scene(state.scene),
        "talks_with": list(state.persons),
        "cause": state.cause,
        "leads_to": [{"state": target.number, "by": label} for target, label in labels_of(state)],
    }


def _is_last(state: State) -> bool:
    """Return whether no other way leads through a state, and nothing failed on the way to it.

    The fixture ``bandwidth`` has no fallback URL, to which a call whose first callback fails would go.
    """
    leads_on = any(arrival.state.parent is state for _, arrival in state.arrivals())
    return not (leads_on or state.has_failed or state.is_left or state.scene.first_fails)
