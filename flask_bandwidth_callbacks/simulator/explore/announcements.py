"""Which keys a prompt announces, and what it promises of them.

English is read word by word, in one pass. For other languages an application gives a pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flask_bandwidth_callbacks.display import shorten, show

from ..exceptions import SimulationError
from .prompt_instructions import Instruction, instructions_of
from .prompt_words import ALL_KEYS, Word, set_of, words_of

PROMISE_CHARACTERS = 40
"""How much of a promise a message shows."""

_BEFORE = set_of("for to if when otherwise in once after")
"""Words with which a promise begins that stands before its key: for sales, press 1."""
_NEEDLESS = set_of("and or please now you can may also just simply then say followed")
"""Words that say nothing about what is promised, where a promise begins or ends."""

_REPEATED = set_of(
    "this these the that them it all your my me us menu options option choices message messages"
)
"""Words of which one follows "repeat", as opposed to a repeat prescription."""

_CHOICES = set_of("menu options choices")

_DONE = set_of("done finished through complete ready")
_ENDED = set_of("message recording entry input speaking talking")


@dataclass(frozen=True)
class Announcement:
    """Keys that a prompt announces."""

    keys: tuple[str, ...]
    """The keys, each of which does what is promised, such as ``("3",)``."""
    promise: str = ""
    """The words that say what they do, such as ``billing``, shortened for a message; may be empty."""
    is_repetition: bool = False
    """Whether they promise to hear something again or to go back, which a repetition keeps."""
    is_terminator: bool = False
    """Whether they end what the caller enters or records, as in "followed by the pound key"."""
    is_rest: bool = False
    """Whether they are announced as any other key."""


def read_pattern(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    """Return the pattern that reads a language other than English.

    Its group ``key`` is the announced key, and its group ``promise``, if it has one, says what the key does.
    A match with a group ``again`` promises to hear something again or to go back.

    Raises :class:`SimulationError` for text that is not a regular expression or has no group ``key``.
    """
    rule = "announcements must be a regular expression with a group 'key'"
    try:
        compiled = re.compile(pattern)
        if isinstance(compiled.pattern, str) and "key" in compiled.groupindex:
            return compiled
        error = f"{rule}, got {show(pattern)}"
    except (re.error, TypeError) as fault:
        error = f"{rule}, got {show(pattern)} ({fault})"
    raise SimulationError(rf"{error}. Write it like 'oprima (?P<key>[0-9*#]) para (?P<promise>\w+)'.")


def announced(text: str, pattern: re.Pattern[str] | None = None) -> list[Announcement]:
    """Return what a prompt announces, in the order of the prompt.

    :param pattern: for a prompt that is not only in English, from :func:`read_pattern`.
    """
    words = words_of(text)
    instructions = instructions_of(words)
    promises = _promises(words, instructions)
    found = [
        _announcement(text, instruction, promise)
        for instruction, promise in zip(instructions, promises, strict=True)
    ]
    found += [] if pattern is None else _matches(text, pattern, {key for each in found for key in each.keys})
    announced_keys = {key for each in found if not each.is_rest for key in each.keys}
    return [
        replace(each, keys=tuple(key for key in each.keys if key not in announced_keys))
        if each.is_rest
        else each
        for each in found
    ]


def _matches(text: str, pattern: re.Pattern[str], known: set[str]) -> list[Announcement]:
    """Return what a pattern finds about keys that are not known."""
    return [
        Announcement(
            (groups["key"],),
            _shown(groups.get("promise") or ""),
            is_repetition=groups.get("again") is not None,
        )
        for groups in (match.groupdict() for match in pattern.finditer(text))
        if groups["key"] in ALL_KEYS and groups["key"] not in known
    ]


def _announcement(text: str, instruction: Instruction, promise: list[Word]) -> Announcement:
    words = [word.text for word in promise if not word.is_mark]
    is_repetition = _is_repetition(words)
    is_terminator = not is_repetition and (instruction.is_terminator or _is_ending(words))
    has_words = bool(promise) and not is_terminator
    return Announcement(
        instruction.keys,
        _shown(text[promise[0].start : promise[-1].end]) if has_words else "",
        is_repetition,
        is_terminator,
        instruction.is_rest,
    )


def _shown(promise: str) -> str:
    return shorten(" ".join(promise.split()), PROMISE_CHARACTERS)


# -- The words that belong to a key --------------------------------------------------------------------------


def _promises(words: list[Word], instructions: list[Instruction]) -> list[list[Word]]:
    """Return the promise of each instruction, without needless words.

    What stands between two keys belongs to the first ("press 1 for sales, 2 for support"), to the second
    ("for sales, press 1; for support, press 2") or to both ("press 1 for sales, or to go back, press 9").
    """
    before: list[list[Word]] = [[] for _ in instructions]
    after: list[list[Word]] = [[] for _ in instructions]
    start = 0
    for index, instruction in enumerate(instructions):
        gap = words[start : instruction.start]
        if index == 0:
            before[0] = _last_clause(gap)
        else:
            has_own = _begins_at_once(words, instruction.end)
            after[index - 1], before[index] = _share(gap, bool(before[index - 1]), has_own)
        start = instruction.end
    if instructions:
        after[-1] = _first_sentence(words[start:])
    return [_choice(ahead, behind) for ahead, behind in zip(before, after, strict=True)]


def _choice(ahead: list[Word], behind: list[Word]) -> list[Word]:
    """Return the promise of a key, from the words ahead of it and the words behind it."""
    promise, other = _trimmed(ahead), _trimmed(behind)
    is_other = bool(ahead) and ahead[-1].text == "or"  # hang up, or press 1 for more options
    begins = next((word.text for word in ahead if not word.is_mark and word.text not in ("or", "and")), "")
    return promise if promise and (not other or (begins in _BEFORE and not is_other)) else other


def _share(gap: list[Word], is_before: bool, has_own: bool) -> tuple[list[Word], list[Word]]:
    """Return which words between two keys are about the first, and which about the second.

    :param is_before: whether the promise of the first key stands before it.
    :param has_own: whether words about the second key follow it at once.
    """
    first = _first_sentence(gap)
    if len(first) < len(gap):  # a sentence ends between the two
        return first, _last_clause(gap[len(first) :])
    if not first:
        return [], []
    leads, trails = gap[0].is_mark, gap[-1].is_mark
    if (leads and not trails) or (leads == trails and is_before):
        return [], gap
    clauses = [index for index in range(1 + leads, len(gap)) if _begins_clause(gap, index)]
    return (gap, []) if has_own or not clauses else (gap[: clauses[-1]], gap[clauses[-1] :])


def _begins_clause(words: list[Word], index: int) -> bool:
    """Return whether words such as ", or to repeat this menu" begin at an index."""
    follows = index == 0 or words[index - 1].is_mark or words[index - 1].text in ("or", "and")
    return follows and words[index].text in _BEFORE


def _begins_at_once(words: list[Word], position: int) -> bool:
    return position < len(words) and not words[position].is_mark and words[position].text not in ("or", "and")


def _first_sentence(words: list[Word]) -> list[Word]:
    stop = next((index for index, word in enumerate(words) if word.is_stop), len(words))
    return words[:stop]


def _last_clause(words: list[Word]) -> list[Word]:
    """Return the last sentence from where a promise begins in it, all of it if none does.

    Of a sentence that is over, only a promise is returned: for sales. Press 1.
    """
    end = len(words)
    while end and words[end - 1].is_mark:
        end -= 1
    start = end
    while start and not words[start - 1].is_stop:
        start -= 1
    begins = (index for index in range(start, end) if _begins_clause(words, index))
    is_over = any(word.is_stop for word in words[end:])
    return words[next(begins, end if is_over else start) : end]


def _trimmed(words: list[Word]) -> list[Word]:
    start, end = 0, len(words)
    while start < end and (words[start].is_mark or words[start].text in _NEEDLESS | {"for", "to"}):
        start += 1
    while start < end and (words[end - 1].is_mark or words[end - 1].text in _NEEDLESS | {"if", "when"}):
        end -= 1
    return words[start:end]


# -- What a promise is about ---------------------------------------------------------------------------------


def _is_repetition(promise: list[str]) -> bool:
    """Return whether words promise to hear something again or to go back."""
    if "hear" in promise and not _CHOICES.isdisjoint(promise):
        return True
    around = zip(["", *promise], promise, [*promise[1:], ""], strict=False)
    return any(_says_again(*words) for words in around)


def _says_again(preceding: str, word: str, following: str) -> bool:
    match word:
        case "again" | "replay" | "restart":
            return True
        case "repeat":
            return not following or following in _REPEATED
        case "return":
            return following in ("", "to")
        case "back":
            return following == "to" or preceding in ("go", "going")
        case "over":
            return preceding == "start"
        case "menu":
            return preceding in ("main", "previous", "last")
    return False


def _is_ending(promise: list[str]) -> bool:
    """Return whether words are about the end of what the caller enters or records."""
    match promise:
        case ["when" | "once" | "after" | "if", *rest]:
            return any(word in _DONE for word in rest)
        case ["finish" | "end" | "stop" | "terminate" as verb, *rest]:
            return (verb == "finish" and not rest) or any(word in _ENDED for word in rest)
    return False
