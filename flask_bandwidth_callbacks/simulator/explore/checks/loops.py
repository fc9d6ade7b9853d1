"""Callers who are never let go."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding, finding
from ..states import State
from ..walks import MOST_REPETITIONS
from .known import Known


def silent_loops(known: Known) -> Iterator[Finding]:
    """Return where a caller who does nothing is never let go, or hears the same more than five times."""
    yield from _endless(known)
    reported: set[State] = set()
    for state in known.states:
        if state.is_end or state.is_endless:
            continue
        chain = _chain(state)
        if reported & set(chain) or not _is_suspicious(chain):
            continue
        silence = known.be_silent(state)
        if silence.most_repetitions > MOST_REPETITIONS:
            what = f'hears "{silence.heard}" {silence.most_repetitions} times or more'
        elif not silence.is_let_go:
            what = "is never let go"
        else:
            continue
        reported.update(chain)
        yield finding(
            "silent-loop",
            f"A caller who does nothing {what}. Say goodbye and hang up after a few times.",
            state.steps,
            call=silence.conversation,
            scene=state.scene,
            handler=state.handler,
        )


def _endless(known: Known) -> Iterator[Finding]:
    for state in known.states:
        if state.is_endless:
            what = "Documents follow each other" if state.cause == "error" else "Calls lead to other calls"
            yield finding(
                "silent-loop",
                f"{what} forever, without a chance to press a key or hang up.",
                state.steps,
                call=state.conversation,
                scene=state.scene,
                handler=state.handler,
            )


def _chain(state: State) -> list[State]:
    """Return the states through which a silent caller goes, the one that comes again twice."""
    chain = [state]
    following = _after_silence(state)
    while following is not None:
        chain.append(following)
        if following in chain[:-1]:
            break
        following = _after_silence(following)
    return chain


def _after_silence(state: State) -> State | None:
    for option, arrival in state.arrivals():
        if option.kind == "silence":
            return arrival.state
    return None


def _is_suspicious(chain: list[State]) -> bool:
    if chain[-1] in chain[:-1] or not chain[-1].is_explored:
        return not (chain[-1].persons or chain[-1].is_recording)
    heard = [
        words
        for state in chain[:-1]
        for arrivals in state.arrows.values()
        for arrival in arrivals[:1]
        for words in arrival.heard
    ]
    return any(heard.count(words) >= MOST_REPETITIONS for words in set(heard))


def no_ways_out(known: Known) -> Iterator[Finding]:
    """Return the states from which nothing leads to a person, a recording or an end."""
    sources: dict[State, set[State]] = {}
    for state in known.states:
        for _, arrival in state.arrivals():
            sources.setdefault(arrival.state, set()).add(state)
    good = {state for state in known.states if _is_out(state)}
    queue = list(good)
    while queue:
        for source in sources.get(queue.pop(), ()):
            if source not in good:
                good.add(source)
                queue.append(source)
    for state in known.states:
        if state not in good and (state.parent is None or state.parent in good):
            yield finding(
                "no-way-out",
                "No key and no waiting leads from here to a person, a recording or an end of the call.",
                state.steps,
                call=state.conversation,
                scene=state.scene,
                handler=state.handler,
            )


def _is_out(state: State) -> bool:
    return bool(state.is_end or state.persons or state.is_recording or not state.is_explored)
