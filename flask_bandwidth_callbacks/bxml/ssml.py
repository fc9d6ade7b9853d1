"""SSML, the markup for speech inside ``SpeakSentence``: its elements, their rules and the canonical form.

Source: https://dev.bandwidth.com/docs/voice/bxml/speakSentence
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

from markupsafe import Markup

from flask_bandwidth_callbacks.display import shorten
from flask_bandwidth_callbacks.exceptions import BXMLWarning
from flask_bandwidth_callbacks.oddities import warn

from .characters import escape_attribute, escape_text, writable
from .elements import ELEMENTS
from .values import NOT_BLANK, BrokenRule, OpenChoice, Rule, Text, matching

_LONGEST_BREAK = 10.0
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_DURATION = rf"({_NUMBER})(ms|s)"


def _any_of(*words: str) -> Rule:
    return matching("|".join(words), f"must be {', '.join(words[:-1])} or {words[-1]}")


def _one_of(*words: str) -> OpenChoice:
    """Return what grows with the voices: Bandwidth adds languages, and ways to speak, as they come."""
    return OpenChoice(words)


def _any_of_or(pattern: str, meaning: str, *words: str) -> Rule:
    return matching("|".join((pattern, *words)), f"must be {', '.join(words)} or {meaning}")


def _is_break(value: str) -> bool:
    match = re.fullmatch(_DURATION, value)
    if match is None:
        return False
    number, unit = match.groups()
    return float(number) / (1000 if unit == "ms" else 1) <= _LONGEST_BREAK


_FREE = Rule("may be any text", lambda value: True)

SSML_ELEMENTS: Mapping[str, Mapping[str, Rule | OpenChoice]] = {
    "break": {
        "strength": _any_of("none", "x-weak", "weak", "medium", "strong", "x-strong"),
        "time": Rule("must be a duration such as 1s or 500ms, at most 10s", _is_break),
    },
    "emphasis": {"level": _any_of("strong", "moderate", "reduced")},
    "lang": {
        "xml:lang": _one_of(
            *("arb", "cmn-CN", "da-DK", "nl-NL", "en-AU", "en-GB", "en-IN", "en-US", "fr-FR", "fr-CA"),
            *("hi-IN", "de-DE", "is-IS", "it-IT", "ja-JP", "ko-KR", "nb-NO", "pl-PL", "pt-BR", "pt-PT"),
            *("ro-RO", "ru-RU", "es-ES", "es-MX", "es-US", "sv-SE", "tr-TR", "cy-GB"),
        )
    },
    "p": {},
    "phoneme": {"ph": _FREE},
    "prosody": {
        "pitch": _any_of_or(
            rf"[+-]?{_NUMBER}%",
            "a relative percentage such as -15%",
            *("x-low", "low", "medium", "high", "x-high", "default"),
        ),
        "rate": _any_of_or(
            rf"\+?{_NUMBER}%",
            "a percentage such as 120%",
            *("x-slow", "slow", "medium", "fast", "x-fast"),
        ),
        "volume": _any_of_or(
            rf"[+-]?{_NUMBER}dB",
            "decibels such as +1dB",
            *("silent", "x-soft", "soft", "medium", "loud", "x-loud", "default"),
        ),
    },
    "s": {},
    "say-as": {
        "interpret-as": _one_of("date", "time", "telephone", "characters", "cardinal", "ordinal"),
        "format": _one_of("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y"),
    },
    "sub": {"alias": _FREE},
}
"""The documented SSML elements, with the rules for their attributes."""


def faults_of(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of an element inside SSML."""
    if name in ELEMENTS or name in ("Response", "Bxml"):
        yield f"<{name}> is BXML and cannot stand in SSML"
    known = SSML_ELEMENTS.get(name, {})
    for attribute, value in attributes.items():
        rule = known.get(attribute)
        if isinstance(rule, Rule) and not rule.holds(value):
            yield f"<{name}> {attribute}={value!r} {rule.wording}"


def oddities_of(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield a message if an element inside SSML is unknown, and for each unknown attribute or word."""
    known = SSML_ELEMENTS.get(name)
    if known is None:
        yield f"<{name}> is not a known SSML element"
        return
    for attribute, value in attributes.items():
        rule = known.get(attribute)
        if rule is None:
            yield f"{attribute} is not a known attribute of <{name}>"
        elif isinstance(rule, OpenChoice) and (oddity := rule.oddity(value)):
            yield f"<{name}> {attribute}={shorten(repr(value))} {oddity}"


class Transcript:
    """SSML that a parser reports piece by piece, collected in its canonical form.

    Equivalent texts have the same canonical form, and the canonical form of that form is the form itself.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._plain: list[str] = []
        self._has_elements = False
        # A tag stays open until its element has content: <s></s> is written <s/>.
        self._open = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._close_tag()
        self._pieces.append(f"<{name}")
        self._pieces += (
            f' {attribute}="{escape_attribute(value)}"' for attribute, value in sorted(attributes.items())
        )
        self._open = self._has_elements = True

    def end(self, name: str) -> None:
        self._pieces.append("/>" if self._open else f"</{name}>")
        self._open = False

    def characters(self, text: str) -> None:
        self._close_tag()
        self._pieces.append(escape_text(text))
        self._plain.append(text)

    def _close_tag(self) -> None:
        if self._open:
            self._pieces.append(">")
            self._open = False

    def text(self) -> str:
        """Return the collected text: ``Markup``, or a plain str without an element."""
        return Markup("".join(self._pieces)) if self._has_elements else "".join(self._plain)


class SpokenText(Text):
    """Text that is spoken as it is, or SSML given as ``Markup``."""

    def __init__(self) -> None:
        super().__init__(NOT_BLANK)

    def check(self, value: Any) -> str:
        return super().check(_canonical(value) if isinstance(value, Markup) else value)

    def write_text(self, value: str) -> str:
        return value if isinstance(value, Markup) else escape_text(value)

    def _as_text(self, value: Any) -> str:
        return value if isinstance(value, Markup) else super()._as_text(value)


_WRAPPER_OPENING, _WRAPPER_CLOSING = "<SpeakSentence>", "</SpeakSentence>"


def _canonical(markup: Markup) -> str:
    transcript = Transcript()
    faults: list[str] = []
    oddities: list[str] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > 1:
            transcript.start(name, attributes)
            faults.extend(faults_of(name, attributes))
            oddities.extend(oddities_of(name, attributes))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth > 0:
            transcript.end(name)

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = transcript.characters
    # Wrapped in one element, so that a surplus end tag is an error.
    document = f"{_WRAPPER_OPENING}{writable(str(markup))}{_WRAPPER_CLOSING}"
    try:
        parser.Parse(document.encode(), True)
    except expat.ExpatError as error:
        column = error.offset + 1 - (len(_WRAPPER_OPENING) if error.lineno == 1 else 0)
        reason = expat.ErrorString(error.code)
        raise BrokenRule(
            f"must be well-formed SSML: {reason} at line {error.lineno}, column {column}; "
            "pass text that is not markup as str, or escape it with markupsafe.escape"
        ) from None
    if faults:
        raise BrokenRule(*faults)
    for oddity in oddities:
        warn(f"SpeakSentence: {oddity}", BXMLWarning)
    return transcript.text()
