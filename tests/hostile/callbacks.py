"""Callbacks that differ a little from Bandwidth's, as hypothesis strategies: mutated, misspelled, damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from tests.bxml.strategies import hostile_text
from tests.hostile.line import LIMIT
from tests.payloads import PAYLOADS, payload, places, replaced, without

T = TypeVar("T")

EVENT_TYPES = sorted(PAYLOADS)


def mostly(draw: st.DrawFn, usual: T, odd: st.SearchStrategy[T]) -> T:
    """Return the usual value, and one time in eight an odd one: many oddities at once hide one another."""
    return draw(odd) if draw(st.sampled_from(range(8))) == 0 else usual


# -- Payloads ------------------------------------------------------------------------------------------------

ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, -0.0, 10**18, 10**400, "", " ", "null", "NaN", "{}", "[]", "[[]]",
    '{"a": {"b": NaN}}', '{"x": "' + "y" * 300 + '"}', "[" * 70, "true", "TRUE", "\ud800", "\x00", "\ufeff",
    "PT1S", "PT", "P1Y", "-P9999999999D", "PT99999999999999999999H", "PT0.0000000001S", "PT\u0661S",
    "2026-03-04T16:20:15.258Z", "2026-02-30T00:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-23:59",
    "2026-03-04T16:20:60Z", "2026-W10-3", "1771111111", "x" * 5000, [], {}, [[]], [None, "a"], {"": ""},
    {"a": {"b": [{}]}}, ["inbound", 7], {"x-ticket": ["4711"]}, {"\r\nSet-Cookie": "a=b"},
]  # fmt: skip
"""What a property may hold besides what it should."""
ODD_NAMES = (
    "", "extra", "raw", "errors", "event_type", "call_id", "from_", "var_from", "reply", "identity",
    "Schema", "__class__", "__dict__", "self", "eventtype", "EventType", "callid", "CallId",
    "transcription", "\x00", "a\r\nX-Injected: 1", "\u202eevil", "{0.__class__}", "%s", "sipHeaders",
    "conferenceId", "é",
)  # fmt: skip
_odd_values = st.sampled_from(ODD_VALUES) | hostile_text | st.integers() | st.floats()
ODD_EVENT_TYPES: list[Any] = [
    "", "Initiate", "initiate ", "initiate\n", "INITIATE", None, 7, True, [], {}, ["initiate"],
]  # fmt: skip

Payload = dict[str, Any]


def _replace(draw: st.DrawFn, data: Payload) -> Payload:
    return replaced(data, draw(_odd_values), *draw(st.sampled_from(list(places(data)))))


def _remove(draw: st.DrawFn, data: Payload) -> Payload:
    return without(data, *draw(st.sampled_from(list(places(data)))))


def _rename(draw: st.DrawFn, data: Payload) -> Payload:
    name = draw(st.sampled_from(list(data)))
    new = draw(st.sampled_from([name.lower(), name.upper(), f" {name}", f"{name}\x00", *ODD_NAMES]))
    return {new if other == name else other: value for other, value in data.items()}


def _swap(draw: st.DrawFn, data: Payload) -> Payload:
    one, other = draw(st.sampled_from(list(data))), draw(st.sampled_from(list(data)))
    return data | {one: data[other], other: data[one]}


def _wrap(draw: st.DrawFn, data: Payload) -> Payload:
    name = draw(st.sampled_from(list(data)))
    wrapped = data[name]
    for _ in range(draw(st.sampled_from([1, 2, 62, 63, 64, 100]))):
        wrapped = [wrapped]
    return data | {name: wrapped}


def _write_as_text(draw: st.DrawFn, data: Payload) -> Payload:
    name = draw(st.sampled_from(list(data)))
    return data | {name: json.dumps(data[name])}


def _add(draw: st.DrawFn, data: Payload) -> Payload:
    return data | {draw(st.sampled_from(ODD_NAMES) | st.text(max_size=3)): draw(_odd_values)}


def _other_event(draw: st.DrawFn, data: Payload) -> Payload:
    odd = st.sampled_from(ODD_EVENT_TYPES) | st.text(max_size=5)
    return data | {"eventType": draw(st.sampled_from(EVENT_TYPES) | odd)}


_MUTATIONS: list[Callable[[st.DrawFn, Payload], Payload]] = [
    _replace, _replace, _replace, _remove, _rename, _swap, _wrap, _write_as_text, _add, _other_event,
]  # fmt: skip


@st.composite
def payloads(draw: st.DrawFn) -> Payload:
    """Generate the whole payload of an event, changed in up to three ways."""
    data = payload(draw(st.sampled_from(EVENT_TYPES)))
    for mutate in draw(st.lists(st.sampled_from(_MUTATIONS), max_size=3)):
        data = mutate(draw, data)
    return data


# -- Bodies --------------------------------------------------------------------------------------------------

_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7")
_MISSPELLINGS: list[Callable[[str], str]] = [
    lambda text: f"[{text}]",
    lambda text: f"{text[:-1]},{text[1:]}",
    lambda text: f" \r\n\t{text}\n",
    lambda text: f"{text}\x00",
    lambda text: f"{text}{text}",
    lambda text: f'{text[:-1]}, "callId": "c-2"}}',
    lambda text: f'{text[:-1]}, "x": -Infinity}}',
    lambda text: f'{text[:-1]}, "x": {"9" * 5000}}}',
    lambda text: f'{text[:-1]}, "x": 1e999}}',
    lambda text: f"{text[:-1]}, }}",
    lambda text: f"/**/{text}",
    lambda text: text.replace('"', "'"),
    lambda text: text.ljust(LIMIT),
    lambda text: text.ljust(LIMIT + 1),
]


@st.composite
def json_texts(draw: st.DrawFn) -> bytes:
    """Generate a callback as JSON, or nearly so."""
    text = json.dumps(
        draw(payloads()), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1]))
    )
    misspell: Callable[[str], str] = mostly(draw, lambda text: text, st.sampled_from(_MISSPELLINGS))
    encoding = mostly(draw, "utf-8", st.sampled_from(_ENCODINGS))
    return misspell(text).encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


_SCRAPS = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b'"',
    b"\\",
    b"\\ud800",
    b"{",
    b"]",
    b",",
    b":",
    b"\xc3",
    b"\xef\xbb\xbf",
)


@st.composite
def damaged(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """Generate a body in which some bytes are missing, changed or added."""
    body = draw(bodies)
    start = draw(st.integers(0, len(body)))
    end = draw(st.sampled_from([start, start + 1, start + 10, len(body)]))
    return body[:start] + draw(st.binary(max_size=3) | st.sampled_from(_SCRAPS)) + body[end:]


bodies = st.one_of(
    json_texts(),
    json_texts(),
    json_texts(),
    damaged(json_texts()),
    st.binary(max_size=20),
    st.sampled_from(
        [b"", b" ", b"null", b"[]", b"[" * 3000, b'{"a":' * 500, b"{" * LIMIT, b"\x00" * (LIMIT + 1)]
    ),
)


# -- Query strings -------------------------------------------------------------------------------------------

_ODD_PARTS = (
    "", "=", "&&", "eventType", "eventType=", "callId=", "callId=c-2", "eventType=gather", "%", "a%zz", ";",
    "a;b=c", "callId=%ff", "from=\xff", "to=%00", "tag=%0d%0aX-Injected:%201", "x=" + "y" * 20_000,
)  # fmt: skip
_odd_parts = st.sampled_from(_ODD_PARTS) | st.text(st.characters(max_codepoint=255), max_size=10)


def _quoted(text: str, how: str) -> str:
    """Return a text as it may appear in a query string, which WSGI passes on as Latin-1."""
    raw = text.encode("utf-8", "surrogatepass")
    return {"plus": quote_plus(raw), "percent": quote(raw, safe=""), "raw": raw.decode("latin-1")}[how]


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Generate a callback as a query string, with JSON for values that are not strings."""
    how = draw(st.sampled_from(["plus", "plus", "percent", "raw"]))
    parts = [
        f"{_quoted(name, how)}={_quoted(value if isinstance(value, str) else json.dumps(value), how)}"
        for name, value in draw(payloads()).items()
    ]
    parts.insert(draw(st.integers(0, len(parts))), mostly(draw, "", _odd_parts))
    return "&".join(parts)
