"""Ends without an announcement, and silences in which a caller may think that the call has ended."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask_bandwidth_callbacks import bxml

from ..findings import Finding, finding
from ..states import Arrival, State
from .known import Known

_GOODBYES = (
    r"good ?-?bye|bye|good ?night|farewell|take care|see you|until next time|call again|try again later",
    r"have an? (\w+ )?(day|one|evening|night|afternoon|morning|weekend)",
    r"thank(s| you)( \w+){0,2} for (your )?(call|patience|time)(ing)?",
    r"(talk|speak) to you (soon|later)|call (us )?back (later|tomorrow)",
    r"hang(ing)? up|end(ing)? (this|the|your) call",
    r"(this|your|the) call (is|has been|will be|will now be) (over|ended)",
)
_GOODBYE = re.compile(rf"(?i)\b({'|'.join(_GOODBYES)})\b")
_LONGEST_SILENCE = 10.0
"""Seconds that a caller may hear nothing."""
_PUT_THROUGH = (bxml.Transfer, bxml.Forward, bxml.Refer, bxml.Bridge, bxml.Conference, bxml.Connect)


def unannounced_hangups(known: Known) -> Iterator[Finding]:
    """Return the ends of calls at the end of a document that neither says goodbye nor puts through."""
    seen: set[str] = set()
    for source, arrival in _arrivals(known):
        state = arrival.state
        if not _is_accident(source, state, arrival) or state.handler in seen:
            continue
        seen.add(state.handler)
        last = f' after "{arrival.heard[-1]}"' if arrival.heard else ", and nothing was said"
        yield finding(
            "unannounced-hangup",
            f"The call ends at the end of a document{last}. Say goodbye, or end the document with Hangup.",
            arrival.steps,
            call=arrival.conversation,
            scene=arrival.scene,
            handler=state.handler,
        )


def _is_accident(source: State | None, state: State, arrival: Arrival) -> bool:
    if state.cause != "hangup" or state.is_left or state.verb is not None:
        return False
    if source is not None and (source.persons or (source.is_recording and not state.heard)):
        return False
    verbs = state.script_verbs
    if any(isinstance(verb, _PUT_THROUGH) for verb in verbs):
        return False
    if any(isinstance(verb, bxml.Record | bxml.StartStream) for verb in verbs):
        return False
    if verbs and isinstance(verbs[-1], bxml.PlayAudio):  # it may say goodbye
        return False
    return not any(_GOODBYE.search(words) for words in arrival.heard)


def long_silences(known: Known) -> Iterator[Finding]:
    """Return the times in which a caller hears nothing for too long."""
    seen: set[str] = set()
    for source, arrival in _arrivals(known):
        if source is None or arrival.silence <= _LONGEST_SILENCE or source.handler in seen:
            continue
        seen.add(source.handler)
        yield finding(
            "long-silence",
            f"The caller hears nothing for {arrival.silence:g} seconds, and nothing rings.",
            arrival.steps,
            call=arrival.conversation,
            scene=arrival.scene,
            handler=source.handler,
        )


def _arrivals(known: Known) -> list[tuple[State | None, Arrival]]:
    """Return every arrival with the state that it comes from, the shortest ways first."""
    arrivals: list[tuple[State | None, Arrival]] = [
        (None, root.as_arrival()) for root in known.states if root.parent is None
    ]
    arrivals += [(state, arrival) for state in known.states for _, arrival in state.arrivals()]
    return sorted(arrivals, key=lambda each: len(each[1].steps))
