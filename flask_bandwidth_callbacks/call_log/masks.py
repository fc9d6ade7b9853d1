"""Masks for what callers entrust to an application: numbers and digits, in payloads, URLs and replies.

A mask depends on nothing but the text, and a masked text stays as it is. A digit becomes another digit, so
that a masked document is as valid as before, and a masked payload leads to the same handlers. What an
application makes of a masked number, such as ``303-000-0000``, is masked to the same text as what it made of
the number itself. So a replay can mask today's reply, and compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask_bandwidth_callbacks.bxml import ELEMENTS
from flask_bandwidth_callbacks.bxml.values import Whole
from flask_bandwidth_callbacks.display import without_credentials_of_verbs

_FEWEST_DIGITS = 7
"""Digits of a telephone number. Of the fewer that stand elsewhere, such as in times, none are masked."""
_FEWEST_SPOKEN = 4
"""Digits of what is masked where people speak: a PIN has four."""
_LONGEST_SEQUENCE = 200
"""Keys of a Gather that are looked for in a reply; it collects 50 at most."""
_FIRST = 4
"""Digits of a number in E.164 that stay: the country, and often the region."""

_NUMERIC = {
    attribute.wire_name
    for element in ELEMENTS.values()
    for attribute in element.specification.attributes.values()
    if isinstance(attribute.kind, Whole)
} | {"terminatingDigits"}
"""The attributes of BXML with digits of the application's own."""

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_KEPT = "|".join(
    (
        rf"\s(?:{'|'.join(sorted(_NUMERIC))})\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*')",
        "&#[0-9A-Za-z]{1,8};",
        # Ids, which a reply names in URLs, and which a replay maps to others.
        "(?<![0-9a-f])(?:[0-9a-f]{8}-){1,2}[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])",
        "(?<![0-9A-Za-z])(?=[0-9]{0,64}[a-fA-F])[0-9a-fA-F]{24,64}(?![0-9A-Za-z])",
        "(?<![0-9])(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9])",
        rf"(?<=[/@]){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9.])",
    )
)
"""What looks like a number and is none: an attribute, a character, an id, a date, the address of a host."""


def _digits(fewest: int, between: str) -> str:
    return f"[0-9](?:{between}{{0,2}}[0-9]){{{fewest - 1},}}"


_E164 = rf"(?:\+|%2[Bb]){_digits(_FEWEST_DIGITS, '[ ./()-]')}"
_NUMBERS = re.compile(rf"(?P<kept>{_KEPT})|(?P<e164>{_E164})|(?<![0-9]){_digits(_FEWEST_DIGITS, '[ ./()-]')}")
_SPOKEN_NUMBERS = re.compile(
    rf"(?P<kept>{_KEPT})|(?P<e164>{_E164})|(?<![0-9]){_digits(_FEWEST_SPOKEN, '[ ,./()-]')}"
)
_MARKUP = re.compile("<[^<>]*>")
_DIGIT = re.compile("[0-9]")
# Limits keep the time short that a text without the last character takes.
_SIP_USER = re.compile(r"""((?i:sips?):)[^\s@"'<>]{1,256}@""")
_USER_OF_URL = re.compile(r'//[^/\s"<>]{0,512}@')


def without_secrets(text: str) -> str:
    """Return a text without the credentials of verbs and URLs. A document stays as valid as it is."""
    return without_credentials_of_verbs(_USER_OF_URL.sub("//", text))


def without_secrets_in(value: Any) -> Any:
    """Return a value of JSON without the credentials of the verbs and URLs in it."""
    match value:
        case str():
            return without_secrets(value)
        case dict():
            return {
                name: without_secrets_in(item)
                for name, item in value.items()
                if not name.lower().endswith(("username", "password"))
            }
        case list():
            return [without_secrets_in(item) for item in value]
    return value


# -- Texts ---------------------------------------------------------------------------------------------------


def masked_text(text: str) -> str:
    """Return a text with masked numbers: those in E.164 keep the first digits; users of SIP are masked, too.

    A number may be spelled in groups, as in ``303-555-0123``.
    """
    text = _without_users(text)
    return _NUMBERS.sub(_masked_number, text) if _has_digits(text, _FEWEST_DIGITS) else text


def masked_words(text: str) -> str:
    """Return what is spoken, with masked numbers and every other sequence of four digits or more masked."""
    text = _without_users(text)
    return _SPOKEN_NUMBERS.sub(_masked_sequence, text) if _has_digits(text, _FEWEST_SPOKEN) else text


def masked_reply(text: str, payload: Mapping[str, Any]) -> str:
    """Return a reply with masked numbers, and with the digits that it repeats from its callback's payload.

    :param payload: as received, or masked.
    """
    text = _without_users(text)
    masked = []
    end = 0
    for markup in _MARKUP.finditer(text):
        masked.append(masked_words(_masked_repetitions(text[end : markup.start()], payload)))
        # Nothing in the attributes of SSML repeats what a caller has pressed.
        is_verb = markup[0][1:2].isupper()
        masked.append(masked_text(_masked_repetitions(markup[0], payload) if is_verb else markup[0]))
        end = markup.end()
    rest = _masked_repetitions(text[end:], payload)
    masked.append(masked_words(rest) if masked else masked_text(rest))
    return "".join(masked)


def _masked_repetitions(text: str, payload: Mapping[str, Any]) -> str:
    digits = payload.get("digits")
    if not isinstance(digits, str) or not 1 < len(digits) <= _LONGEST_SEQUENCE:
        return text
    repeated = "[ ,./()-]{0,2}".join(map(re.escape, digits))
    return re.sub(rf"(?P<kept>{_KEPT})|(?<![0-9]){repeated}(?![0-9])", _masked_keys, text)


def _has_digits(text: str, fewest: int) -> bool:
    """Return whether a text has so many digits. Few have, and counting is quicker than the search."""
    return len(_DIGIT.findall(text)) >= fewest


def _without_users(text: str) -> str:
    return _SIP_USER.sub(r"\1masked@", text)


def _masked_number(match: re.Match[str]) -> str:
    if match["kept"] or match["e164"]:
        return _masked_sequence(match)
    number = _zeros(match[0])
    # A tag may hold JSON, whose numbers do not begin with 0.
    return f"1{number[1:]}" if number.isdecimal() else number


def _masked_sequence(match: re.Match[str]) -> str:
    if match["kept"]:
        return match[0]
    if match["e164"]:
        sign, number = ("+", match[0][1:]) if match[0][0] == "+" else (match[0][:3], match[0][3:])
        kept = [each.end() for each in _DIGIT.finditer(number)][_FIRST - 1]
        return sign + number[:kept] + _zeros(number[kept:])
    return _zeros(match[0])


def _masked_keys(match: re.Match[str]) -> str:
    return match[0] if match["kept"] else re.sub("[0-9A-Da-d*#]", "0", match[0])


def _zeros(text: str) -> str:
    return _DIGIT.sub("0", text)


# -- Payloads ------------------------------------------------------------------------------------------------

_WORDS = frozenset({"text", "displayName", "callerDisplayName", "uui"})
"""Properties with what a caller says or sends, by wire name."""
_BANDWIDTHS_OWN = frozenset(
    {
        *("accountId", "applicationId", "callId", "parentCallId", "conferenceId", "recordingId", "errorId"),
        *("id", "sipCallId", "originatingId", "callUrl", "mediaUrl", "eventType", "duration", "eventTime"),
        *("enqueuedTime", "startTime", "answerTime", "endTime", "completedTime"),
    }
)
"""Properties with what Bandwidth has chosen: ids, times, links to its REST interface."""


def masked_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of a callback with masked numbers and digits.

    A single key that answers a Gather stays, because it says which way the call took.
    """
    return {name: _masked(name, value) for name, value in payload.items()}


def _masked(name: str, value: Any) -> Any:
    match value:
        case str() if name == "digits":
            return value if len(value) < 2 else "0" * len(value)
        case str() if name == "digit":
            return "0" * len(value)
        case str() if name in _WORDS:
            return masked_words(value)
        case str() if name not in _BANDWIDTHS_OWN:
            return masked_text(value)
        case int() if not isinstance(value, bool):
            return int(masked_text(str(value)))
        case dict() if name == "sipHeaders":
            return _each(value, masked_words)
        case dict():
            return masked_payload(value)
        case list():
            return [_masked(name, item) for item in value]
    return value


def _each(values: Mapping[str, Any], mask: Callable[[str], str]) -> dict[str, Any]:
    return {name: mask(value) if isinstance(value, str) else value for name, value in values.items()}
