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


class AnyText(fields.String):
    """A text. An instance of a subclass of ``str``, such as a member of an enumeration, has its value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return str.__str__(value) if isinstance(value, str) else super()._deserialize(value, attr, data)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return str.__str__(value) if isinstance(value, str) else super()._serialize(value, attr, obj)


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
    """A length of time in ISO 8601, such as ``PT1M52.217257456S``, cut to microseconds.

    Each part may have a sign and decimals, after a dot or a comma: ``PT-0.5S``, ``P1W``, ``PT0,5S``. Years
    and months have no fixed length and are errors.
    """

    default_error_messages = {"invalid": "Not a valid duration."}  # noqa: RUF012  # marshmallow's own way
    # 18 digits are more than a timedelta can hold.
    _amount = r"([+-]?)([0-9]{1,18})(?:[.,]([0-9]+))?"
    _form = re.compile(
        rf"([+-]?)P(?:{_amount}W)?(?:{_amount}D)?"
        rf"(?:T(?=[0-9+-])(?:{_amount}H)?(?:{_amount}M)?(?:{_amount}S)?)?"
    )
    _units = tuple(
        length // timedelta(microseconds=1)
        for length in (
            timedelta(weeks=1),
            timedelta(days=1),
            timedelta(hours=1),
            timedelta(minutes=1),
            timedelta(seconds=1),
        )
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "duration"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> timedelta:
        match = self._form.fullmatch(value) if isinstance(value, str) else None
        if match is None or not any(match.groups()[1:]):
            raise self.make_error("invalid", input=value)
        sign, *parts = match.groups("")
        microseconds = 0
        for unit, part_sign, digits, decimals in zip(
            self._units, parts[::3], parts[1::3], parts[2::3], strict=True
        ):
            decimals = decimals[:18]
            amount = int(f"{digits or 0}{decimals}") * unit // 10 ** len(decimals)
            microseconds += -amount if part_sign == "-" else amount
        try:
            return timedelta(microseconds=-microseconds if sign == "-" else microseconds)
        except OverflowError:
            raise self.make_error("invalid", input=value) from None

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
            if value is None:
                return None
        try:
            return self._finish(super()._deserialize(value, attr, data, **kwargs))  # type: ignore[misc]
        except ValidationError as error:
            if error.valid_data is not None:
                error.valid_data = self._finish(error.valid_data)
            raise

    def _finish(self, value: Any) -> Any:
        """Return the value that an attribute holds for what marshmallow has read."""
        return value


class TextMapping(FromText, fields.Dict):
    """An object whose values are all text. A null value is the same as a missing one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=AnyText(), values=AnyText(allow_none=True), **options)

    def _finish(self, value: Any) -> Any:
        return {name: text for name, text in value.items() if text is not None}


class TextList(FromText, fields.List[Any]):
    """An array of texts, kept as a tuple. A null item is the same as a missing one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AnyText(allow_none=True), **options)

    def _finish(self, value: Any) -> Any:
        return tuple(text for text in value if text is not None)


class NestedPayload(FromText, fields.Nested):  # type: ignore[misc]
    """An object that is a payload class of its own. An unreadable property costs only itself."""

    default_error_messages = {"type": "Not an object."}  # noqa: RUF012  # marshmallow's own way

    def __init__(self, payload_class: type[Any], **options: Any) -> None:
        super().__init__(payload_class.Schema, **options)
        self.payload_class = payload_class

    def _load(self, value: Any, partial: Any = None) -> Any:
        if self.only is not None or self.exclude:
            return super()._load(value, partial)
        if not isinstance(value, Mapping):
            raise self.make_error("type", input=value)
        payload, errors = self.payload_class.read_leniently(value)
        if errors:
            raise ValidationError(errors, valid_data=payload)
        return payload


TextBoolean: TypeAlias = Annotated[bool, "written as text"]
"""The type of an attribute whose property is ``"true"`` or ``"false"`` on the wire."""


def unfrozen(kind: Any) -> Any:
    """Return a type, and ``datetime`` itself in place of the subclass that freezegun puts there.

    freezegun does so in every module, at any time: types that are kept would not be found again.
    """
    if isinstance(kind, type) and issubclass(kind, datetime):
        return next(base for base in kind.__mro__ if base.__module__ == "datetime")
    return kind


FIELDS: dict[Any, type[fields.Field[Any]]] = {
    str: AnyText,
    int: WholeNumber,
    float: fields.Float,
    bool: TrueOrFalse,
    TextBoolean: TrueOrFalseText,
    unfrozen(datetime): UTCDateTime,
    timedelta: Duration,
    dict[str, str]: TextMapping,
    tuple[str, ...]: TextList,
}
"""The field for each type that an attribute of a payload class may have, besides a payload class."""
