"""The words of a prompt: which of them name keys, and which words say what to do with keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS = re.compile(
    r"[0-9*#][\w*#]*(?:[-.,:/][0-9]\w*)*(?:-\w+)*"  # 3, #, but also 4-digit, *98, 9:30 and 1-800-555-0100
    r"|[^\W\d_]+(?:['\u2019][^\W\d_]+)*"
    r"|\n|[^\s\w]|\w"
)
_KEYS_TOGETHER = re.compile(r"[0-9]-[0-9]|[0-9](?:,[0-9])+")
_QUOTES = frozenset(r"'`[]{}" '"' "\u201c\u201d\u2018\u2019\u00ab\u00bb")
_PAUSES = frozenset(",;:-\u2013\u2014()/|")
_STOPS = frozenset(".!?\u2026\n")


def set_of(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


_DIGITS = "zero one two three four five six seven eight nine"
_KEYS = {
    **{key: key for key in "0123456789*#"},
    **{word: str(digit) for digit, word in enumerate(_DIGITS.split())},
    **dict.fromkeys(("star", "asterisk"), "*"),
    **dict.fromkeys(("pound", "hash", "hashtag"), "#"),
}

ALL_KEYS = tuple("0123456789*#")
"""The keys that every telephone has."""

PRESSING = set_of("press pressing push pushing hit hitting tap tapping touch punch")
"""Verbs after which "a number" is one key."""
CHOOSING = set_of("select selecting choose choosing pick enter entering")
"""Verbs after which "one" may also mean a thing: please choose one."""
VERBS = PRESSING | CHOOSING | set_of("dial dialing key type typing")
ENTRIES = set_of("enter reenter record leave say speak type input dial key")
"""Verbs that ask for more than one key, or for words."""

PROMISING = set_of("for to if when")
"""Words with which a promise begins."""

NEGATIONS = set_of("don't never without cannot can't needn't")
AFTER_NEGATIONS = set_of("please to need have ever just try be simply")
"""Words that may stand between a negation and its verb."""

COUNTED = set_of(
    "of that more moment times time digit digits letters characters numbers second seconds minute minutes"
    " hour hours day days dollar dollars cents euros percent hundred thousand million am pm o'clock % $ € £"
)
"""Words after which a number is not a key."""


@dataclass(frozen=True)
class Word:
    """A word of a prompt, or a punctuation mark."""

    text: str
    """In small letters."""
    start: int
    """Position of its first character in the prompt."""
    end: int
    """Position after its last one."""

    @property
    def key(self) -> str | None:
        """The key that it names, if it names one."""
        return _KEYS.get(self.text)

    @property
    def is_stop(self) -> bool:
        """Whether it ends a sentence."""
        return self.text in _STOPS

    @property
    def is_mark(self) -> bool:
        """Whether it is a punctuation mark."""
        return self.text in _PAUSES or self.is_stop


def words_of(text: str) -> list[Word]:
    """Return the words and punctuation marks of a prompt, without quotation marks and hyphens in words."""
    return [
        Word(text[start:end].lower().replace("\u2019", "'"), start, end)
        for match in _WORDS.finditer(text)
        if match[0] not in _QUOTES and not _is_hyphen(text, match.start())
        for start, end in _parts(match)
    ]


def _is_hyphen(text: str, position: int) -> bool:
    around = text[max(position - 1, 0) : position] + text[position + 1 : position + 2]
    return text[position] == "-" and len(around) == 2 and around.isalpha()


def _parts(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the position of each word in a match: one, but for 1-5 and for 1,2,3."""
    start, end = match.span()
    if _KEYS_TOGETHER.fullmatch(match[0]):
        yield from ((position, position + 1) for position in range(start, end))
    else:
        yield start, end
