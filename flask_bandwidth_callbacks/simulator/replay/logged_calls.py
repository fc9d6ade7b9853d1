"""The calls of a call log: which callbacks belong to each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_bandwidth_callbacks.call_log import Line
from flask_bandwidth_callbacks.display import show

from ..exceptions import SimulationError

_CALLS_SHOWN = 5


def calls_of(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Return the callbacks of each call, by its id; those of its legs and conferences belong to it."""
    lines = list(lines)
    parents = {
        line.call_id: parent
        for line in lines
        if line.call_id and isinstance(parent := line.payload.get("parentCallId"), str)
    }
    conferences: dict[str, str] = {}
    for line in lines:
        if line.conference_id and line.call_id:
            conferences.setdefault(line.conference_id, _root(line.call_id, parents))
    calls: dict[str, list[Line]] = {}
    for line in lines:
        call_id = line.call_id or conferences.get(line.conference_id or "", "")
        if call_id:
            calls.setdefault(_root(call_id, parents), []).append(line)
    return calls


def _root(call_id: str, parents: dict[str, str]) -> str:
    seen = {call_id}
    while (parent := parents.get(call_id)) is not None and parent not in seen:
        call_id = parent
        seen.add(call_id)
    return call_id


def chosen(lines: Sequence[Line], call_id: str) -> list[Line]:
    """Return the callbacks of one call; raises :class:`SimulationError` for a call that is not there."""
    calls = calls_of(lines)
    for root, of_call in calls.items():
        if call_id == root or any(line.call_id == call_id for line in of_call):
            return of_call
    known = ", ".join(list(calls)[:_CALLS_SHOWN]) or "none"
    more = f" and {len(calls) - _CALLS_SHOWN} more" if len(calls) > _CALLS_SHOWN else ""
    raise SimulationError(f"The call must be in the log, got {show(call_id)}. These are: {known}{more}.")
