"""Promises of prompts, and what the keys do."""

from __future__ import annotations

from collections.abc import Iterator

from flask_bandwidth_callbacks import bxml

from ..announcements import Announcement, announced
from ..findings import Finding, Kind, finding
from ..options import Option
from ..states import Arrival, State
from .known import Known

_MANY_KEYS = 10
"""Keys that are announced together, as in "press a digit", where nothing is promised of one of them."""


def false_promises(known: Known) -> Iterator[Finding]:
    """Return the keys that a prompt announces, and that lead where any other key leads, or nowhere."""
    seen: set[tuple[str, str]] = set()
    for state in known.states:
        if state.is_left or state.has_failed or not (state.is_explored or state.is_end):
            continue
        for who, said in state.prompts.items():
            for promise in [each for text in said for each in announced(text, known.pattern)]:
                for key in promise.keys:
                    reason = _broken(state, who, key, promise, known)
                    if reason is None or (state.handler, key) in seen:
                        continue
                    seen.update((state.handler, each) for each in promise.keys if len(promise.keys) > 3)
                    seen.add((state.handler, key))
                    yield _finding(
                        "false-promise",
                        state,
                        who,
                        key,
                        f"{_promised(promise)} key {key}, {reason}.",
                    )


def _promised(promise: Announcement) -> str:
    return f'"{promise.promise}" is promised for' if promise.promise else "A prompt announces"


def _broken(state: State, who: str, key: str, promise: Announcement, known: Known) -> str | None:
    """Return how a promise is broken, None if it is kept or may be."""
    if promise.is_rest:
        return None
    if promise.is_terminator:
        return _unending(state, who, key)
    if who not in state.listens:
        if state.is_end:
            return "but the call ends before it can be pressed"
        if state.persons or any(isinstance(verb, bxml.Gather | bxml.StartGather) for verb in state.rest[who]):
            return None
        return None if _listens_later(state, who) else "but nothing listens to keys"
    arrivals = state.arrows.get(Option("keys", key, who), [])
    if (
        not arrivals
        or all(arrival.state.has_failed for arrival in arrivals)
        or any(_repeats(promise, arrival, state) for arrival in arrivals)
    ):
        return None
    if len(promise.keys) >= _MANY_KEYS or not (who or isinstance(state.verb, bxml.Gather)):
        return None  # what a subscriber makes of a key that StartGather reports cannot be seen
    usual = _usual(state, who, known)
    if usual is not None and all(arrival.is_like(usual) for arrival in arrivals):
        return "but it does what every other key does"
    return None


def _unending(state: State, who: str, key: str) -> str | None:
    """Return how the promise that a key ends an entry or a recording is broken, None if it may be kept."""
    if who or not isinstance(state.verb, bxml.Record | bxml.Gather):
        return None
    if isinstance(state.verb, bxml.Gather) and "max_digits" in state.verb.attributes:
        return None  # the caller need not press it
    if key in state.verb.effective("terminating_digits").upper():
        return None
    return f"but {type(state.verb).__name__} does not end with it"


def _listens_later(state: State, who: str) -> bool:
    """Return whether keys are taken when the state is over by itself."""
    return any(
        option.kind == "silence" and (who in arrival.state.listens or arrival.state.persons)
        for option, arrival in state.arrivals()
    )


def _repeats(promise: Announcement, arrival: Arrival, state: State) -> bool:
    """Return whether a promise to repeat something or to go back is kept: keys are listened to again."""
    return promise.is_repetition and bool(arrival.state.listens)


def hidden_keys(known: Known) -> Iterator[Finding]:
    """Return the keys that lead somewhere and are not announced."""
    seen: set[tuple[str, str]] = set()
    for state in known.states:
        if not state.is_explored or isinstance(state.verb, bxml.Record) or _plays_audio(state):
            continue
        for who in state.listens:
            usual = _usual(state, who, known)
            told = _announced(state, who, known)
            if _is_entry(state, who) and not told:
                continue
            silence = {arrival.state for option, arrival in state.arrivals() if option.kind == "silence"}
            for option, arrivals in state.arrows.items():
                if option.kind != "keys" or option.who != who or len(option.text) != 1:
                    continue
                if usual is None or option.text in told or (state.handler, option.text) in seen:
                    continue
                if any(
                    each.is_like(usual) or each.state in silence or not each.did_something
                    for each in arrivals
                ):
                    continue
                if _was_announced(state, option, arrivals, known):
                    continue
                seen.add((state.handler, option.text))
                yield _finding(
                    "hidden-key",
                    state,
                    who,
                    option.text,
                    f"Key {option.text} leads somewhere, and no prompt announces it.",
                    is_note=True,
                )


def _was_announced(state: State, option: Option, arrivals: list[Arrival], known: Known) -> bool:
    """Return whether a prompt earlier on the way announced a key that led to the same handler."""
    earlier = state.parent
    while earlier is not None:
        handlers = {arrival.state.handler for arrival in earlier.arrows.get(option, ())}
        if option.text in _announced(earlier, option.who, known) and any(
            arrival.state.handler in handlers for arrival in arrivals
        ):
            return True
        earlier = earlier.parent
    return False


def _is_entry(state: State, who: str) -> bool:
    """Return whether a number of several digits is taken, of which each key is a part."""
    return not who and isinstance(state.verb, bxml.Gather) and state.verb.effective("max_digits") > 1


def _plays_audio(state: State) -> bool:
    """Return whether a file is played, which may announce keys."""
    verbs = [child for verb in state.script_verbs for child in (verb, *verb.children)]
    return any(isinstance(verb, bxml.PlayAudio) for verb in verbs)


def _announced(state: State, who: str, known: Known) -> set[str]:
    return {
        key
        for text in state.prompts.get(who, ())
        for promise in announced(text, known.pattern)
        for key in promise.keys
    }


def _usual(state: State, who: str, known: Known) -> Arrival | None:
    """Return what most of the keys do that no prompt announces, None if no two of them do the same."""
    told = _announced(state, who, known)
    others = [
        arrivals[0]
        for option, arrivals in state.arrows.items()
        if option.kind == "keys" and option.who == who and len(option.text) == 1 and option.text not in told
    ]
    counted = [(sum(other.is_like(each) for other in others), each) for each in others]
    most, usual = max(counted, key=lambda each: each[0], default=(0, None))
    return usual if most > 1 or len(others) == 1 else None


def _finding(
    kind: Kind, source: State, who: str, key: str, message: str, *, is_note: bool = False
) -> Finding:
    told = f"For {who}: {message}" if who else message
    arrival = next(iter(source.arrows.get(Option("keys", key, who), ())), source.as_arrival())
    return finding(
        kind,
        told,
        arrival.steps,
        call=arrival.conversation,
        scene=arrival.scene,
        handler=source.handler,
        is_note=is_note,
    )
