"""Marshmallow fields for the values in Bandwidth's payloads.

A GET callback carries every value as text, so each of these reads text too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields

from .decoding import decode_json


class WholeNumber(fields.Integer):
    """An integer, or its digits as text; never a rounded fraction."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise self.make_error("invalid", input=value)
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class TrueOrFalse(fields.Boolean):
    """A boolean, which Bandwidth writes as the text ``"true"`` or ``"false"``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(truthy={True, "true"}, falsy={False, "false"}, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(value).lower()


class UTCDateTime(fields.AwareDateTime):
    """A point in time, in UTC; text without a zone means UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        # A missing zone means UTC here too, where astimezone would take it for that of this machine.
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
        return f"{moment.isoformat(timespec=precision)}Z"


class Duration(fields.Field[timedelta]):
    """A length of time in ISO 8601, like ``PT1M52.217257456S``; what is finer than microseconds is cut."""

    default_error_messages = {"invalid": "Not a valid duration."}  # noqa: RUF012  # marshmallow's own way
    _form = re.compile(
        r"-?P(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]+))?S)?)?"
    )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> timedelta:
        match = self._form.fullmatch(value) if isinstance(value, str) else None
        if match is None or not any(match.groups()):
            raise self.make_error("invalid", input=value)
        days, hours, minutes, seconds, fraction = (digits or "0" for digits in match.groups())
        try:
            length = timedelta(
                days=int(days),
                hours=int(hours),
                minutes=int(minutes),
                seconds=int(seconds),
                microseconds=int(fraction[:6].ljust(6, "0")),
            )
        except (OverflowError, ValueError):
            raise self.make_error("invalid", input=value) from None
        return -length if value.startswith("-") else length

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        minutes, seconds = divmod(abs(value), timedelta(minutes=1))
        hours, minutes = divmod(minutes, 60)
        text = f"{seconds.seconds}.{seconds.microseconds:06}".rstrip("0").rstrip(".")
        written = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{text}S" * bool(seconds)
        return f"{'-' * (value < timedelta())}PT{written or '0S'}"


class FromText:
    """Mixed into a field whose value may come as JSON text, as in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = decode_json(value)
        return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[misc]


class TextMapping(FromText, fields.Dict):
    """An object whose values are all text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **options)


class TextList(FromText, fields.List[str]):
    """An array of texts, kept as a tuple."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.String(), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return tuple(super()._deserialize(value, attr, data, **kwargs))
        except ValidationError as error:
            if error.valid_data is not None:
                error.valid_data = tuple(error.valid_data)  # type: ignore[assignment]
            raise


FIELDS: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: WholeNumber,
    float: fields.Float,
    bool: TrueOrFalse,
    datetime: UTCDateTime,
    timedelta: Duration,
    dict[str, str]: TextMapping,
    tuple[str, ...]: TextList,
}
