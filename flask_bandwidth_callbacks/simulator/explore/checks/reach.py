"""People who are far away, and responders that no call reaches."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding, finding
from .known import Known


def long_ways(known: Known) -> Iterator[Finding]:
    """Return the people to whom even the shortest way is too long."""
    seen: set[tuple[str, ...]] = set()
    for state in sorted(known.states, key=lambda each: len(each.steps)):
        if not state.persons or state.persons in seen:
            continue
        seen.add(state.persons)
        if len(state.steps) > known.longest_way:
            yield finding(
                "long-way",
                f"It takes {len(state.steps)} steps to {' and '.join(state.persons)}, more than"
                f" {known.longest_way}.",
                state.steps,
                call=state.conversation,
                scene=state.scene,
                handler=state.handler,
            )


def unreached(known: Known) -> Iterator[Finding]:
    """Return the responders that no call reached."""
    for responder in known.responders:
        events = ", ".join(map(str, responder.targets))
        condition = f" with {responder.condition}" if responder.condition else ""
        yield Finding(
            "unreached",
            f"No call reached {responder}, the responder to {events}{condition}.",
            is_note=not known.is_exhausted,
            handler=str(responder),
        )
