"""From what was walked to a picture: keys with the same outcome become one arrow."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.subscriptions import Subscription

from ..ways import Scene
from .code_links import linked_from
from .findings import Finding
from .options import Option
from .picture import Arrow, Box, Picture
from .picture.parts import BoxKind
from .states import State

_KEYPAD = "1234567890*#ABCD"


def picture_of(
    title: str, states: Sequence[State], missing: Sequence[Subscription], findings: Sequence[Finding]
) -> Picture:
    """Return the picture of a phone line. States that look the same are one box."""
    names = boxes_of(states)
    shown = list(names)
    marks: dict[str, set[str]] = {}
    for finding in findings:
        marks.setdefault(finding.handler, set()).add(finding.kind)
    unreached = {str(responder): f"u{number}" for number, responder in enumerate(missing)}
    boxes = {"start": Box("start", "start", "A call begins")}
    for state in shown:
        found = tuple(sorted(marks.get(state.handler, ())))
        boxes.setdefault(names[state], Box(names[state], _kind(state), _text(state), state.handler, found))
    for handler, name in unreached.items():
        boxes[name] = Box(name, "unreached", f"No call reached {handler.partition(' (')[0]}", handler)
    arrows = [
        *_beginnings(shown, names),
        *_walked(shown, names),
        *_never_walked(shown, names, missing, unreached),
    ]
    return Picture(title, tuple(boxes.values()), tuple(dict.fromkeys(arrows)))


def boxes_of(states: Sequence[State]) -> dict[State, str]:
    """Return the name of each state's box. Where a caller has hung up, there is none."""
    boxes: dict[Hashable, str] = {}
    return {
        state: boxes.setdefault((_kind(state), _text(state), state.handler), f"s{state.number}")
        for state in states
        if not state.is_left
    }


def _kind(state: State) -> BoxKind:
    return "end" if state.is_end else "person" if state.persons else "state"


def _text(state: State) -> str:
    """Return the first words that are heard in a state, or what happens there."""
    if state.persons:
        return f"Talks with {' and '.join(state.persons)}"
    words = " ".join(state.heard or state.prompts.get("", ()))
    if words:
        return words
    if state.is_end:
        return "The call ends" if state.cause == "hangup" else f"The call ends: {state.cause}"
    match state.verb:
        case bxml.Gather():
            return "Keys are awaited"
        case bxml.Record():
            return "A message is recorded"
        case verb:
            return "Nothing happens" if verb is None else verb.specification.name


# -- Arrows --------------------------------------------------------------------------------------------------


def _beginnings(shown: Sequence[State], names: Mapping[State, str]) -> Iterator[Arrow]:
    roots = [state for state in shown if state.parent is None]
    for root in roots:
        label = _difference(root.scene, [other.scene for other in roots])
        if root.scene.answer_url is not None:
            label = "outbound call"
        yield Arrow("start", names[root], label)


def _walked(shown: Sequence[State], names: Mapping[State, str]) -> Iterator[Arrow]:
    options: dict[tuple[str, str], dict[str, dict[Option, None]]] = {}
    for state in shown:
        for target, scene, option in _leads(state):
            if target in names:
                by_scene = options.setdefault((names[state], names[target]), {})
                by_scene.setdefault(scene, {}).setdefault(option)
    for (source, box), by_scene in options.items():
        always = by_scene.pop("", {})
        labels = [_label(list(always))] if always else []
        for scene, taken in by_scene.items():
            if sometimes := [option for option in taken if option not in always]:
                labels.append(f"{_label(sometimes)} ({scene})")
        yield Arrow(source, box, "; ".join(labels))


def labels_of(state: State) -> Iterator[tuple[State, str]]:
    """Return where the options of a state lead, each with what leads there."""
    options: dict[tuple[State, str], list[Option]] = {}
    for target, scene, option in _leads(state):
        options.setdefault((target, scene), []).append(option)
    for (target, scene), taken in options.items():
        yield target, f"{_label(taken)} ({scene})" if scene else _label(taken)


def _leads(state: State) -> Iterator[tuple[State, str, Option]]:
    """Return where each option of a state leads, with the scene if that makes the difference."""
    for option, arrivals in state.arrows.items():
        scenes = [arrival.scene for arrival in arrivals]
        for arrival in arrivals:
            yield arrival.state, _difference(arrival.scene, scenes), option


def _label(options: Sequence[Option]) -> str:
    """Return what stands at an arrow: keys in the order of the keypad, ranges in short, then other words."""
    by_person: dict[str, list[str]] = {}
    others: list[str] = []
    for option in options:
        if option.kind == "keys" and len(option.text) == 1:
            by_person.setdefault(option.who, []).append(option.text)
        else:
            others.append(str(option))
    keys = [(f"{who}: " if who else "") + _ranges(pressed) for who, pressed in by_person.items()]
    return ", ".join(keys + others)


def _ranges(keys: Sequence[str]) -> str:
    places = sorted(_KEYPAD.index(key) for key in keys)
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1 and _KEYPAD[place] in "23456789":
            runs[-1].append(place)
        else:
            runs.append([place])
    parts = []
    for run in runs:
        if len(run) > 2:
            parts.append(f"{_KEYPAD[run[0]]}-{_KEYPAD[run[-1]]}")
        else:
            parts += [_KEYPAD[place] for place in run]
    return ", ".join(parts)


def _difference(scene: Scene, scenes: Sequence[Scene]) -> str:
    """Return in words what is different about one of several scenes."""
    parts = []
    if any(other.callees != scene.callees for other in scenes):
        behaviors = [f"{number} {behavior}" for number, behavior in scene.callees.items()]
        parts.append(", ".join(behaviors) or "usually")
    if scene.start is not None and any(other.start != scene.start for other in scenes):
        parts.append(f"{scene.start:%H:%M}")
    if any(other.url != scene.url for other in scenes):
        parts.append(str(scene.url))
    if scene.first_fails and not all(other.first_fails for other in scenes):
        parts.append("initiate fails")
    return ", ".join(parts)


def _never_walked(
    shown: Sequence[State],
    names: Mapping[State, str],
    missing: Sequence[Subscription],
    unreached: Mapping[str, str],
) -> Iterator[Arrow]:
    """Return the links that stand in the code of handlers, and that no call took."""
    first: dict[str, str] = {}
    walked: dict[str, set[str]] = {}
    for state in shown:
        first.setdefault(state.handler, names[state])
        for _, arrival in state.arrivals():
            walked.setdefault(state.handler, set()).add(arrival.state.handler)
    boxes = {**first, **unreached}
    handlers = {str(state.responder): state.responder for state in shown if state.responder is not None}
    handlers |= {str(responder): responder for responder in missing}
    for name, responder in handlers.items():
        for target in linked_from(responder.handler, boxes):
            if target != name and target not in walked.get(name, set()):
                yield Arrow(boxes[name], boxes[target], is_dashed=True)
