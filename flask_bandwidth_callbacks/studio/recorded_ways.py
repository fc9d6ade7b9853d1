"""From a call of the studio to the way through it, which can be written as a test."""

from __future__ import annotations

import math
from collections.abc import Iterator

from flask_bandwidth_callbacks.simulator import Call
from flask_bandwidth_callbacks.simulator.choices import (
    AUDIO_FILE_SECONDS,
    KEY_SECONDS,
    SHORTEST_SPEECH_SECONDS,
)
from flask_bandwidth_callbacks.simulator.engine.call import spoken_seconds
from flask_bandwidth_callbacks.simulator.engine.conversation import Line
from flask_bandwidth_callbacks.simulator.ways import Scene, Step, Way

_SILENCE_SECONDS = 1.0
"""A silence after which something happens by itself. In less, the application thinks, or a key is awaited."""
_BEHAVIORS = {"busy": "busy", "rejected": "rejects", "timeout": "none", "cancel": "none"}
"""How a person has behaved, by the cause of their leg; others have answered, as people in tests do."""


def way_of(call: Call) -> Way | None:
    """Return the way through a call; None for an outbound call that was not answered.

    In a test, sounds pass by themselves. So people act there as soon as they can, and wait only where a
    silence led to something, such as the end of a Gather.
    """
    answer_url = None
    if call.direction == "outbound":
        answered = [exchange.url for exchange in call.exchanges if exchange.event == "answer"]
        if not answered:
            return None
        answer_url = answered[0]
    steps: list[Step] = []
    heard: list[list[str]] = [[]]
    for happened in _happenings(call):
        if isinstance(happened, Step):
            steps.append(happened)
            heard.append([])
        else:
            heard[-1].append(happened)
    scene = Scene(dict(_behaviors(call)), to=call.to, var_from=call.var_from, answer_url=answer_url)
    return Way(scene, tuple(steps), tuple(map(tuple, heard)), call.cause)


def _behaviors(call: Call) -> Iterator[tuple[str, str]]:
    for leg in call.legs:
        if leg.answer_time is None and leg.cause in _BEHAVIORS:
            yield leg.to, _BEHAVIORS[leg.cause]
        yield from _behaviors(leg)


def _happenings(call: Call) -> Iterator[Step | str]:
    """Return what people did, and what the person on the call heard, in order."""
    quiet_since = float(call.lines[0].time)
    for line in call.lines:
        if not line.who and line.text.startswith("ended: "):
            return
        step = _step(call, line)
        began = float(line.time)
        if line.exchange is not None:  # its line comes with the reply
            began = (line.exchange.time - call.bandwidth.start).total_seconds() * 1000
        silence = (began - quiet_since) / 1000
        if step is not None:
            yield step
        elif silence > _SILENCE_SECONDS and line.text != "picks up":
            yield Step("wait", seconds=math.ceil(silence))
        if line.kind == "hears" and line.who == call.person:
            yield line.text.removeprefix("hears the file ") if line.words is None else line.words
        ends = line.time + 1000 * _length(line)
        quiet_since = max(quiet_since, ends) if step is None else ends  # what people do ends a sound


def _step(call: Call, line: Line) -> Step | None:
    who = "" if line.who == call.person else line.who
    match line.kind:
        case "presses":
            return Step("press", line.text.removeprefix("presses "), who=who)
        case "says":
            return Step("speak", line.words or "", who=who)
        case "note" if line.who and line.text == "hangs up":
            return Step("hang up", who=who)
    return None


def _length(line: Line) -> float:
    """Return how long the sound of a line lasts, in seconds."""
    match line.kind:
        case "hears":
            return AUDIO_FILE_SECONDS if line.words is None else spoken_seconds(line.words)
        case "says":
            return max(spoken_seconds(line.words or ""), SHORTEST_SPEECH_SECONDS)
        case "presses":
            return KEY_SECONDS
    return 0.0
