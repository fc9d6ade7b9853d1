"""The places of a prompt that say which keys to press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .prompt_words import (
    AFTER_NEGATIONS,
    ALL_KEYS,
    CHOOSING,
    COUNTED,
    ENTRIES,
    NEGATIONS,
    PRESSING,
    PROMISING,
    VERBS,
    Word,
    set_of,
)

_DIGITS = ALL_KEYS[:10]
_ENDING_KEYS = frozenset("*#")
_KEY_NOUNS = set_of("key keys button buttons sign symbol")
_ANY_KEYS = {**dict.fromkeys(_KEY_NOUNS, ALL_KEYS), "digit": _DIGITS, "number": _DIGITS}
_SCALES = set_of("number digit key rating score value")
_FILLERS = set_of("the your number key button digit option either")
_PHONES = set_of("phone telephone keypad dialpad keyboard")
_NOT_IN_A_LIST = set_of("at until till from to before after by of in on for is are then number day line")
"""Words after which a number in a list is not a key: open until 9, terminal of line 2."""

_Keys: TypeAlias = tuple[tuple[str, ...], int]
"""Keys, and the index after the words that name them."""


@dataclass(frozen=True)
class Instruction:
    """A place of a prompt that says which keys to press."""

    start: int
    """Index of its first word."""
    end: int
    """Index after its last word."""
    keys: tuple[str, ...]
    is_terminator: bool = False
    """Whether it says that the keys end what the caller enters or records."""
    is_rest: bool = False
    """Whether it says any other key."""


def instructions_of(words: list[Word]) -> list[Instruction]:
    """Return all instructions of a prompt, in order. The time it takes grows with the number of words."""
    return _Reader(words).read()


class _Reader:
    """Reads a prompt once, from its first word to its last one."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._texts = {index: word.text for index, word in enumerate(words)}
        self._has_promise = False
        """Whether this sentence has said what the next key does: for sales, ..."""
        self._has_entry = False
        """Whether this sentence asks for numbers or words."""
        self._is_list = False
        """Whether this sentence has named a key after its promise, so that more may follow without a verb."""

    def read(self) -> list[Instruction]:
        """Return the instructions. Keys without a verb are one of them only in a list."""
        introduced, listed = [], []
        position = 0
        while position < len(self._words):
            if instruction := self._introduced(position) or self._ending(position):
                introduced.append(instruction)
            elif instruction := self._listed(position):
                listed.append(instruction)
            position = self._go_on(position, instruction)
        is_list = bool(introduced) or len({each.keys for each in listed}) > 1
        return sorted([*introduced, *listed], key=lambda each: each.start) if is_list else []

    def _go_on(self, position: int, instruction: Instruction | None) -> int:
        """Return the index of the word that is read next."""
        if instruction is not None:
            self._is_list = self._has_promise or self._is_mark(instruction.end)
            self._has_promise = False
            return instruction.end
        word = self._words[position]
        if word.is_stop:
            self._has_promise = self._has_entry = self._is_list = False
        self._has_promise |= word.text in PROMISING and self._is_mark(position - 1)
        self._has_entry |= word.text in ENTRIES
        return position + 1

    def _text(self, position: int) -> str:
        """Return the word at an index, empty outside of the prompt."""
        return self._texts.get(position, "")

    def _is_mark(self, position: int) -> bool:
        """Return whether a punctuation mark is at an index, or the prompt begins or ends there."""
        return not 0 <= position < len(self._words) or self._words[position].is_mark

    # -- Three kinds of instructions -------------------------------------------------------------------------

    def _introduced(self, position: int) -> Instruction | None:
        """Read "press 1", "press or say one", "dial 0 now", "press any other key"."""
        verb = self._text(position)
        if verb not in VERBS or self._is_negated(position):
            return None
        start = position + 1
        if self._text(start) in ("or", "and") and self._text(start + 1) in VERBS | {"say"}:
            start += 2
        elif (verb, self._text(start)) == ("key", "in"):
            start += 1
        named = self._scale(start) or self._any_key(start, verb) or self._keys(start)
        if named is None:
            return None
        keys, end = named
        if verb in CHOOSING and self._text(start) == "one" and self._text(end) not in PROMISING:
            return None  # please choose one
        end = self._after_phone(end)
        return Instruction(
            position,
            end,
            keys,
            is_terminator=set(keys) <= _ENDING_KEYS and self._ends_entry(position, end),
            is_rest=len(keys) > 1 and "other" in self._text(start) + self._text(start + 1),
        )

    def _ending(self, position: int) -> Instruction | None:
        """Read "followed by the pound key", "end with #", "then #"."""
        if self._text(position) in ("by", "with", "then") and self._text(position - 1) != "separated":
            key = self._key(position + 1)
            if key is not None and key[0] in _ENDING_KEYS:
                return Instruction(position, key[1], (key[0],), is_terminator=True)
        return None

    def _listed(self, position: int) -> Instruction | None:
        """Read "2 for support", "support, 2", and "or any other key"."""
        is_next = self._is_mark(position - 1) or self._text(position - 1) in ("or", "and")
        if is_next and (self._text(position), self._text(position + 1)) == ("any", "other"):
            rest = self._any_key(position, "press")
            return None if rest is None else Instruction(position, rest[1], rest[0], is_rest=True)
        named = self._keys(position) if self._words[position].key else None
        if named is None:
            return None
        keys, end = named
        if is_next:
            is_opening = self._text(end) in PROMISING and not self._text(end + 1)[:1].isdigit()
            if is_opening and self._key(end + 1) is None:
                return Instruction(position, end, keys)
        if not self._is_mark(end) or self._text(self._after_pause(end)) in VERBS:
            return None
        clause = self._clause(position - 1 if self._is_mark(position - 1) else position)
        is_promise = clause[:1] in (["for"], ["to"]) and self._is_mark(position - 1)
        is_noun = self._is_list and 0 < len(clause) <= 3 and _NOT_IN_A_LIST.isdisjoint(clause)
        return Instruction(position, end, keys) if is_promise or is_noun else None

    # -- What stands around the keys -------------------------------------------------------------------------

    def _is_negated(self, position: int) -> bool:
        before = position - 1
        while before >= position - 3 and self._text(before) in AFTER_NEGATIONS:
            before -= 1
        match self._text(before):
            case "no":
                return self._text(before + 1) == "need"
            case "not":
                return self._text(before - 1) != "if"  # if not, press 2
        return self._text(before) in NEGATIONS

    def _ends_entry(self, position: int, end: int) -> bool:
        """Return whether what stands around "press #" says that it ends an entry or a recording."""
        before = position - 1
        while before >= position - 2 and self._text(before) in ("please", "just", "by"):
            before -= 1
        match self._text(before):
            case "then":
                return True
            case "and" if self._has_entry:
                return True
            case "or" if self._text(before - 1) == "up":  # hang up or press #
                return True
        after = self._after_pause(end)
        if self._text(after) in ("simply", "just"):
            after += 1
        return self._text(after) in ("hang", "hanging")

    def _after_pause(self, position: int) -> int:
        """Return the index after words such as ", or please"."""
        end = position
        while end < position + 3 and (self._text(end) in (",", ";", "or", "and", "please")):
            end += 1
        return end

    def _after_phone(self, position: int) -> int:
        """Return the index after words such as "now", "at any time" and "on your touch tone phone"."""
        end = position + (self._text(position) == "now")
        if self._text(end) == "at" and self._text(end + 1) in ("any", "anytime"):
            end += 3 if self._text(end + 1) == "any" else 2
        if self._text(end) == "on":
            for last in range(end + 1, end + 6):
                if self._text(last) in _PHONES:
                    return last + 1
        return end

    def _clause(self, end: int) -> list[str]:
        """Return the words before an index, from the punctuation mark before them; at most ten."""
        start = end
        while start > end - 10 and not self._is_mark(start - 1):
            start -= 1
        return [word.text for word in self._words[start:end]]

    # -- Keys ------------------------------------------------------------------------------------------------

    def _key(self, position: int) -> tuple[str, int] | None:
        """Read "3", "the pound key", "option 4", "number sign"."""
        start = position
        while start < position + 3 and self._text(start) in _FILLERS and self._text(start + 1) != "sign":
            start += 1
        if (self._text(start), self._text(start + 1)) == ("number", "sign"):
            return "#", start + 2
        key = self._words[start].key if start < len(self._words) else None
        return None if key is None else (key, start + 1 + (self._text(start + 1) in _KEY_NOUNS))

    def _keys(self, position: int) -> _Keys | None:
        """Read "3", "1 or 2", "1, 2 or 3", "1 to 5", but not "3 minutes" and "9 1 1"."""
        first = self._key(position)
        if first is None:
            return None
        named = self._range(first) or self._alternatives(first)
        following = self._text(named[1])
        is_number = following[:1].isdigit() or following in COUNTED or self._key(named[1]) is not None
        return None if is_number else named

    def _range(self, first: tuple[str, int]) -> _Keys | None:
        key, end = first
        if self._text(end) in ("to", "through", "thru", "and", "-", "\u2013"):
            last = self._key(end + 1)
            if last is not None and key in _DIGITS and last[0] in _DIGITS and key < last[0]:
                return _DIGITS[int(key) : int(last[0]) + 1], last[1]
        return None

    def _alternatives(self, first: tuple[str, int]) -> _Keys:
        keys, end = [first[0]], first[1]
        while len(keys) < len(ALL_KEYS):
            start = self._after_separator(end)
            following = self._key(start) if start > end else None
            if following is None:
                break
            if self._has_promise and self._text(following[1]) in PROMISING:
                break  # for sales, press 1, or 0 for an operator
            keys.append(following[0])
            end = following[1]
        return tuple(dict.fromkeys(keys)), end

    def _after_separator(self, position: int) -> int:
        end = position
        for separators in (",/(", ("or", "and"), ("say",)):
            end += self._text(end) != "" and self._text(end) in separators
        return end

    def _scale(self, position: int) -> _Keys | None:
        """Read "a number from 1 to 5"."""
        noun, preposition = self._text(position + 1), self._text(position + 2)
        if noun not in _SCALES or preposition not in ("from", "between"):
            return None
        first = self._key(position + 3)
        return None if first is None else self._range(first)

    def _any_key(self, position: int, verb: str) -> _Keys | None:
        """Read "any key", "a key", "any other key", "any digit"."""
        if self._text(position) not in ("a", "any", "another"):
            return None
        noun = position + 1 + (self._text(position + 1) in ("single", "other"))
        keys = _ANY_KEYS.get(self._text(noun))
        is_entry = self._text(noun) == "number" and verb not in PRESSING  # enter a number
        is_scale = self._text(noun + 1) in ("from", "between")
        return None if keys is None or is_entry or is_scale else (keys, noun + 1)
