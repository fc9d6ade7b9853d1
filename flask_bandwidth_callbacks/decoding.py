"""JSON text, decoded strictly and in bounded time."""

from __future__ import annotations

import json
import math
import re
import typing
from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

MAX_DEPTH = 64
"""How many objects and arrays may be nested. Bandwidth's own payloads need three."""


def decode_json(text: str | bytes) -> Any:
    """Return what a JSON text says; of duplicate keys the last one counts, as in :mod:`json`.

    Bytes are read as UTF-8, whatever else JSON might be written in. Raises
    :class:`marshmallow.ValidationError`, which says what is wrong and where, for text that is no JSON, for
    numbers that JSON does not have (``NaN``, ``Infinity``, ``1e999``) and for more than
    :data:`MAX_DEPTH` levels.
    """
    try:
        decoded = text.decode().removeprefix("\ufeff") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise ValidationError(f"Not UTF-8: byte {error.start} cannot be read.") from None
    # Every level opens a bracket, so few brackets spare the look for levels.
    if decoded.count("{") + ("[" in decoded and decoded.count("[")) > MAX_DEPTH:
        _refuse_depth(decoded)
    try:
        if decoded.startswith("{"):  # spares decode's two searches for white space, half of its time
            value, end = _json_decoder.raw_decode(decoded)
            if end == len(decoded):
                return value
        return _json_decoder.decode(decoded)
    except json.JSONDecodeError as error:
        raise ValidationError(f"Not JSON: {error.msg} at {_place(decoded, error.pos)}.") from None
    except _NoNumberError as error:
        position = next(at for token, at in _tokens(decoded) if token.startswith(error.token))
        raise ValidationError(
            f"Not JSON: {error.token[:20]} {error.rule} at {_place(decoded, position)}."
        ) from None
    except ValueError:  # more digits than Python turns into a number
        raise ValidationError("Not JSON: a number with too many digits.") from None


class _NoNumberError(ValueError):
    def __init__(self, token: str, rule: str) -> None:
        super().__init__(token, rule)
        self.token = token
        self.rule = rule


def _refuse_constant(name: str) -> typing.NoReturn:
    raise _NoNumberError(name, "is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NoNumberError(digits, "is too large a number")
    return number


_json_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _refuse_depth(text: str) -> None:
    depth = 0
    for token, position in _tokens(text):
        depth += (token in "{[") - (token in "}]")
        if depth > MAX_DEPTH:
            raise ValidationError(f"Nested deeper than {MAX_DEPTH} levels at {_place(text, position)}.")


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Yield what stands in JSON text outside of strings, with its position."""
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s"{}\[\],:]+', text):
        if not match[0].startswith('"'):
            yield match[0], match.start()


def _place(text: str, position: int) -> str:
    before = text[:position].split("\n")
    return f"line {len(before)}, column {len(before[-1]) + 1}"
