"""Ends without an announcement, and silences in which a caller may think that the call has ended."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask_bandwidth_callbacks import bxml

from ..findings import Finding, finding
from ..states import Arrival, State
from .known import Known

_GOODBYES = (
    r"good ?-?bye|bye|good ?night|farewell|so long|take care|see you|until next time",
    r"call (us )?(again|back)|try (us )?again later|(talk|speak) to you (soon|later)",
    r"have an? (\w+ )?(day|one|evening|night|afternoon|morning|weekend)",
    r"(thank you|thanks)( \w+){0,2} for (your )?(call|contact|patience|time|message|order|visit)(ing)?",
    r"look(ing)? forward to|will call you( back)?|be in touch",
    r"hang(ing)? up(?! and)|end(ing)? (this|the|your) call|disconnect(ed|ing)?",
    r"(this|your|the) call (is|has been|will be|will now be) (over|ended)",
    r"adi[oó]s|hasta (luego|pronto)|au revoir|auf wieder(hören|sehen)|tschüss|arrivederci|tchau|tot ziens",
)
_GOODBYE = re.compile(rf"(?i)\b(?:{'|'.join(_GOODBYES)})\b|(?:thank you|thanks)( very much| a lot)?\W*$")
_LONGEST_SILENCE = 10.0
"""Seconds that a caller may hear nothing."""
_SOUNDS = (
    bxml.SpeakSentence,
    bxml.PlayAudio,
    bxml.Gather,
    bxml.Record,
    bxml.Transfer,
    bxml.Bridge,
    bxml.Conference,
    bxml.Connect,
    bxml.Refer,
)
"""Verbs that decide how a document ends; after the others, such as Pause and Tag, nothing new is heard."""


def unannounced_hangups(known: Known) -> Iterator[Finding]:
    """Return the ends of calls at the end of a document that neither says goodbye nor puts through."""
    seen: set[str] = set()
    for source, arrival in _arrivals(known):
        state = arrival.state
        if not _is_accident(source, state, arrival) or state.handler in seen:
            continue
        seen.add(state.handler)
        words = [*_sentences(state), *arrival.heard]
        last = f' after "{words[-1]}"' if words else ", and nothing was said"
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
    if any(_GOODBYE.search(words) for words in (*arrival.heard, *_sentences(state))):
        return False
    last = next((verb for verb in reversed(state.script_verbs) if isinstance(verb, _SOUNDS)), None)
    match last:
        case bxml.PlayAudio():  # it may say goodbye
            return False
        case bxml.Record():  # the caller was told when to hang up
            return False
        case None | bxml.Transfer() | bxml.Bridge() | bxml.Conference() | bxml.Connect() | bxml.Refer():
            # After a conversation or a message there may be nothing to say.
            return source is None or not (source.persons or source.is_recording)
    return True


def _sentences(state: State) -> list[str]:
    return [verb.text or "" for verb in state.script_verbs if isinstance(verb, bxml.SpeakSentence)]


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
    arrivals: list[tuple[State | None, Arrival]] = [(None, each) for each in known.beginnings]
    arrivals += [(state, arrival) for state in known.states for _, arrival in state.arrivals()]
    return sorted(arrivals, key=lambda each: len(each[1].steps))
