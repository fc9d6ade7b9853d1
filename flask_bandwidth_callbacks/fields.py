"""Marshmallow fields for the values in Bandwidth's payloads.

A GET callback carries every value as text, so each field here reads text too. None is never written: the
schemas of payloads leave out what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeAlias

from marshmallow import ValidationError, fields

from .decoding import decode_json


class WholeNumber(fields.Integer):
    """An integer, as a number or as digits. A fraction is an error and is never rounded."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise self.make_error("invalid", input=value)
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class TrueOrFalse(fields.Boolean):
    """A boolean, as such or as the text ``"true"`` or ``"false"``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(truthy={True, "true"}, falsy={False, "false"}, **options)


class TrueOrFalseText(TrueOrFalse):
    """A boolean that Bandwidth writes as the text ``"true"`` or ``"false"``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "enum": ["true", "false"]}, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return str(value).lower()


class UTCDateTime(fields.AwareDateTime):
    """A point in time, in UTC. Text without a time zone means UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        # A naive datetime means UTC here too; astimezone would take it for the local time of this machine.
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
        return f"{moment.isoformat(timespec=precision)}Z"


class Duration(fields.Field[timedelta]):
    """A length of time in ISO 8601, such as ``PT1M52.217257456S``, cut to microseconds."""

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

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        minutes, seconds = divmod(abs(value), timedelta(minutes=1))
        hours, minutes = divmod(minutes, 60)
        text = f"{seconds.seconds}.{seconds.microseconds:06}".rstrip("0").rstrip(".")
        written = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{text}S" * bool(seconds)
        return f"{'-' * (value < timedelta())}PT{written or '0S'}"


class FromText:
    """Mixin for a field whose value may come as JSON text, as in a query string."""

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


class NestedPayload(FromText, fields.Nested):  # type: ignore[misc]
    """An object that is a payload class of its own. An unreadable property costs only itself."""

    default_error_messages = {"type": "Not an object."}  # noqa: RUF012  # marshmallow's own way

    def __init__(self, payload_class: type[Any], **options: Any) -> None:
        super().__init__(payload_class.Schema, **options)
        self.payload_class = payload_class

    def _load(self, value: Any, partial: Any = None) -> Any:
        if not isinstance(value, Mapping):
            raise self.make_error("type", input=value)
        payload, errors = self.payload_class.read_leniently(value)
        if errors:
            raise ValidationError(errors, valid_data=payload)
        return payload


TextBoolean: TypeAlias = Annotated[bool, "written as text"]
"""The type of an attribute whose property is ``"true"`` or ``"false"`` on the wire."""

FIELDS: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: WholeNumber,
    float: fields.Float,
    bool: TrueOrFalse,
    TextBoolean: TrueOrFalseText,
    datetime: UTCDateTime,
    timedelta: Duration,
    dict[str, str]: TextMapping,
    tuple[str, ...]: TextList,
}
"""The field for each type that an attribute of a payload class may have, besides a payload class."""
