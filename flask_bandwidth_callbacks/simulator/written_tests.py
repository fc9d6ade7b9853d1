"""Ways through a call as pytest tests: what people do, line by line, and what is heard after each step.

The tests are laid out as ``ruff format`` does, for lines of 88 characters and longer ones.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from .ways import BEHAVIORS, Scene, Step, Way
from .wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER

_WIDTH = 88
"""Characters of a line. What takes more has a line for each item, and stays so at any width."""
_LONGEST_TEXT = 100
"""Characters of a line with a single text in it, which is cut between words if it takes more."""
_LONGEST_NAME = 60
_WORDS_OF_NAME = 4
"""How many words of what is said stand in the name of a test."""
_INDENT = "    "

_KEYS = {"*": "star", "#": "hash"}
_LINES = {"busy": "is busy", "rejects": "rejects calls", "none": "does not answer"}
"""What is said about a callee who does not just answer, by behavior."""
_FAILURES = frozenset({"callback-error", "invalid-bxml", "application-error"})
"""Causes of calls that end because the application failed."""

_HEARD = '''
def heard(call: Call) -> list[str]:
    """Return what was heard on a call since this function was called last."""
    sentences = call.heard.copy()
    call.heard.clear()
    return sentences
'''
_LEG_TO = '''
def leg_to(call: Call, number: str) -> Call:
    """Return the latest leg of a call to a number."""
    return [leg for leg in call.legs if leg.to == number][-1]
'''


def write_tests(ways: Iterable[Way], *, source: str) -> str:
    """Return a module of pytest tests, one for each way; they use the fixture ``bandwidth``.

    :param source: what has written them, such as a command.
    """
    ways = list(ways)
    parts = [f'"""Calls to the application, written by {source}."""\n']
    if ways:
        parts += [_imports(ways), *_helpers(ways)]
    names: set[str] = set()
    for way in ways:
        name = _unique(_name(way), way.scene, names)
        names.add(name)
        parts.append("\n" + "\n".join(_test(name, way)) + "\n")
    return "\n".join(parts)


def _imports(ways: Sequence[Way]) -> str:
    names = ["SimulatedBandwidth"]
    if any(map(_is_heard, ways)) or any(map(_has_legs, ways)):
        names.insert(0, "Call")
    if any(way.scene.detected_as is not None for way in ways):
        names.insert(-1, "MachineDetection")
    lines = [f"from flask_bandwidth_callbacks.simulator import {', '.join(names)}"]
    if len(lines[0]) > _WIDTH:
        before, after = lines[0].removesuffix(", ".join(names)), (f"{_INDENT}{name}," for name in names)
        lines = [f"{before}(", *after, ")"]
    if any(way.scene.start is not None for way in ways):
        lines = ["from datetime import UTC, datetime", "", "import time_machine", *lines]
    return "\n".join(lines) + "\n"


def _helpers(ways: Sequence[Way]) -> Iterator[str]:
    if any(map(_is_heard, ways)):
        yield _HEARD
    if any(map(_has_legs, ways)):
        yield _LEG_TO


def _is_heard(way: Way) -> bool:
    return any(way.heard)


def _has_legs(way: Way) -> bool:
    return any(step.who for step in way.steps)


# -- One test ------------------------------------------------------------------------------------------------


def _test(name: str, way: Way) -> Iterator[str]:
    scene = way.scene
    if scene.start is not None:
        yield f'@time_machine.travel("{scene.start.isoformat()}")'
    line = f"def {name}(bandwidth: SimulatedBandwidth) -> None:"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield from (f"def {name}(", f"{_INDENT}bandwidth: SimulatedBandwidth,", ") -> None:")
    yield from _docstring(way)
    for line in _body(way):
        yield _INDENT + line if line else line


def _body(way: Way) -> Iterator[str]:
    scene = way.scene
    if scene.start is not None:
        yield "bandwidth.start = datetime.now(UTC)"
    if way.cause in _FAILURES:
        yield "bandwidth.raise_errors = False  # a callback of this call fails"
    for number, behavior in scene.callees.items():
        yield f"bandwidth.callee({_literal(number)}).{BEHAVIORS[behavior]}()"
    yield from _beginning(scene)
    for step, sentences in zip((None, *way.steps), way.heard, strict=True):
        if step is not None:
            yield from _action(step)
        if sentences:
            yield from _laid_out("assert heard(call) == [", [*map(_literal, sentences)], "]")
    if way.left:
        yield from textwrap.wrap(way.left, _WIDTH - 6, initial_indent="# ", subsequent_indent="# ")
    elif way.cause is None:
        yield "assert call.cause is None"
    else:
        yield f"assert call.cause == {_literal(way.cause)}"


def _beginning(scene: Scene) -> Iterator[str]:
    if scene.answer_url is None:
        arguments = [] if scene.to == APPLICATION_NUMBER else [_literal(scene.to)]
        if scene.var_from != CALLER_NUMBER:
            arguments.append(f"var_from={_literal(scene.var_from)}")
        yield from _laid_out("call = bandwidth.call(", arguments, ")")
        return
    arguments = [_literal(scene.to), _literal(scene.answer_url)]
    if scene.var_from != APPLICATION_NUMBER:
        arguments.append(f"var_from={_literal(scene.var_from)}")
    arguments.append("disconnect_url=bandwidth.url")
    if scene.detected_as is not None:
        detected_as = _literal(scene.detected_as)
        yield f"bandwidth.callee({_literal(scene.to)}).answers(detected_as={detected_as})"
        arguments.append('machine_detection=MachineDetection(mode="sync")')
    yield from _laid_out("call = bandwidth.dial(", arguments, ")")


def _action(step: Step) -> Iterator[str]:
    actor = f"leg_to(call, {_literal(step.who)})" if step.who else "call"
    match step.kind:
        case "press":
            return _laid_out(f"{actor}.press(", [_literal(step.text)], ")")
        case "speak":
            length = [f"seconds={step.seconds:g}"] if step.seconds else []
            return _laid_out(f"{actor}.speak(", [_literal(step.text), *length], ")")
        case "wait":
            return iter([f"{actor}.wait({step.seconds:g})"])
        case "hang up":
            return iter([f"{actor}.hang_up()"])
    return iter(["bandwidth.failures = 1"])


# -- Names and sentences -------------------------------------------------------------------------------------


def _name(way: Way) -> str:
    if way.title:
        return _joined([_slug(way.title.split())])
    steps = [(word, len(list(same))) for word, same in groupby(map(_name_of_step, way.steps))]
    words = [word if times == 1 else f"{word}_{times}_times" for word, times in steps]
    return _joined(words or ["call" if way.scene.answer_url is None else "answered_call"], _suffix(way.scene))


def _name_of_step(step: Step) -> str:
    match step.kind:
        case "press":
            keys = "".join(f"_{_KEYS[key]}_" if key in _KEYS else key.lower() for key in step.text)
            name = f"press_{_slug(keys.replace('_', ' ').split())}"
        case "speak":
            name = f"say_{_slug(step.text.split()[:_WORDS_OF_NAME])}"
        case kind:
            name = kind.replace(" ", "_")
    return f"callee_{name}" if step.who else name


def _suffix(scene: Scene) -> str:
    lines = [_LINES[behavior] for behavior in scene.callees.values() if behavior in _LINES]
    words = [f"while callee {line}" for line in dict.fromkeys(lines)]
    if scene.detected_as is not None:
        words.append(f"detected as {scene.detected_as}")
    return "".join(f"_{_slug(each.replace('-', ' ').split())}" for each in words)


def _slug(words: Sequence[str]) -> str:
    """Return words as a part of a name."""
    plain = ["".join(each for each in word.lower() if each.isascii() and each.isalnum()) for word in words]
    return "_".join(filter(None, plain)) or "something"


def _joined(words: Sequence[str], suffix: str = "") -> str:
    """Return the name of a test, which ends before its last word if it is long."""
    room = _LONGEST_NAME - len(suffix)
    name = f"test_{'_then_'.join(words)}"
    while len(name) > room and len(words) > 1:
        words = words[:-1]
        name = f"test_{'_then_'.join(words)}_and_so_on"
    return name[:room].rstrip("_") + suffix


def _unique(name: str, scene: Scene, names: Collection[str]) -> str:
    """Return a name that is not among others, with the time of day if that helps, else with a number."""
    if name in names and scene.start is not None:
        name += f"_at_{scene.start:%H_%M}"
    unique = name
    number = 1
    while unique in names:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _docstring(way: Way) -> Iterator[str]:
    sentences = [_sentence(way)]
    sentences += [
        f"{number} {_LINES[behavior]}."
        for number, behavior in way.scene.callees.items()
        if behavior in _LINES
    ]
    text = _plain(" ".join(sentences)).replace("\\", "\\\\").replace('"""', "'''")
    *lines, last = textwrap.wrap(text, _WIDTH - 10, break_on_hyphens=False)
    if not lines:
        yield f'{_INDENT}"""{last}"""'
        return
    yield f'{_INDENT}"""{lines[0]}'
    yield from (_INDENT + line for line in (*lines[1:], last))
    yield f'{_INDENT}"""'


def _sentence(way: Way) -> str:
    if way.title:
        return f"{way.title[0].upper()}{way.title[1:].removesuffix('.')}."
    person = "the caller" if way.scene.answer_url is None else "the callee"
    deeds: list[str] = []
    actor = ""
    for step in way.steps:
        who, deed = _deed(step, person)
        deeds.append(deed if who == actor else f"{who} {deed}")
        actor = who
    *first, last = deeds or [f"{person} does nothing"]
    text = f"{', '.join(first)}, then {last}." if first else f"{last}."
    return text[0].upper() + text[1:]


def _deed(step: Step, person: str) -> tuple[str, str]:
    """Return who does a step, and what they do."""
    who = step.who or person
    match step.kind:
        case "press":
            return who, f"presses {step.text}"
        case "speak":
            return who, f"says '{step.text}'"
        case "wait":
            return who, f"waits {step.seconds:g} s"
        case "hang up":
            return who, "hangs up"
    return "the next callback", "fails"


# -- Layout --------------------------------------------------------------------------------------------------


def _laid_out(before: str, items: Sequence[str], after: str) -> Iterator[str]:
    """Yield items on one line, or on a line each if that is too long."""
    line = f"{before}{', '.join(items)}{after}"
    if len(_INDENT) + len(line) <= _WIDTH:
        yield line
        return
    yield before
    for item in items:
        if 2 * len(_INDENT) + len(item) + 1 <= _LONGEST_TEXT or " " not in item:
            yield f"{_INDENT}{item},"
        else:
            yield f"{_INDENT}("
            yield from (f"{2 * _INDENT}{part}" for part in _cut(item))
            yield f"{_INDENT}),"
    yield after


def _cut(literal: str) -> Iterator[str]:
    """Yield a literal of a text in parts that follow each other."""
    quote = literal[0]
    line = ""
    for word in literal[1:-1].split(" "):
        if line and len(line) + len(word) + 16 > _WIDTH:
            yield f"{quote}{line}{quote}"
            line = ""
        line += f"{word} "
    yield f"{quote}{line[:-1]}{quote}"


def _literal(text: str) -> str:
    """Return a text as ``ruff format`` writes it: in double quotes, unless others need fewer backslashes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = "".join(
        f"\\{each}" if each in ("\\", quote) else each if each.isprintable() else repr(each)[1:-1]
        for each in text
    )
    return f"{quote}{escaped}{quote}"


def _plain(text: str) -> str:
    """Return a text on one line, without characters that cannot be seen."""
    return "".join(each if each.isprintable() else "\ufffd" for each in " ".join(text.split()))
