"""A dataclass and the marshmallow schema that follows from it: reading and writing JSON payloads.

A class that derives from :class:`Payload` declares its attributes once, with their types; the schema, the
wire names (``call_id`` is ``callId``) and the conversions follow from that declaration. Nothing in here
knows an event.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import marshmallow
from marshmallow import ValidationError, fields

T = TypeVar("T")

MAX_DEPTH = 64
"""How many objects and arrays may stand inside one another. Bandwidth's own payloads need three."""


# -- JSON text -----------------------------------------------------------------------------------------------


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


# -- The values that Bandwidth's payloads hold -------------------------------------------------------------
#
# A GET callback carries every value as text, so each of these reads text too.


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


class _FromText:
    """Mixed into a field whose value may come as JSON text, as in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = decode_json(value)
        return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[misc]


class TextMapping(_FromText, fields.Dict):
    """An object whose values are all text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **options)


class TextList(_FromText, fields.List[str]):
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


class NestedPayload(_FromText, fields.Nested):  # type: ignore[misc]
    """Another :class:`Payload`; of an object that cannot be read in full, what can be read is kept."""

    default_error_messages = {"type": "Not an object."}  # noqa: RUF012  # marshmallow's own way

    def __init__(self, payload_class: type[Payload], **options: Any) -> None:
        super().__init__(payload_class.Schema, **options)
        self.payload_class = payload_class

    def _load(self, value: Any, partial: Any = None) -> Any:
        if not isinstance(value, Mapping):
            raise self.make_error("type", input=value)
        payload, errors = self.payload_class.read_leniently(value)
        if errors:
            raise ValidationError(errors, valid_data=payload)  # type: ignore[arg-type]
        return payload


_FIELDS: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: WholeNumber,
    float: fields.Float,
    bool: TrueOrFalse,
    datetime: UTCDateTime,
    timedelta: Duration,
    dict[str, str]: TextMapping,
    tuple[str, ...]: TextList,
}


# -- A dataclass and its schema ----------------------------------------------------------------------------


class PayloadSchema(marshmallow.Schema):
    """Base of the schemas that follow from a :class:`Payload`; loads to its instances and dumps them."""

    class Meta:
        unknown = marshmallow.EXCLUDE  # what is unknown is kept in .extra, out of the attributes' way
        register = False

    payload_class: ClassVar[type[Payload]]

    @marshmallow.pre_load
    def _resolve_aliases(self, data: Any, **kwargs: Any) -> Any:
        aliases = self.payload_class.aliases
        if not aliases or not isinstance(data, Mapping):
            return data
        resolved = {
            name: data[alias] for alias, name in aliases.items() if data.get(name) is None and alias in data
        }
        return dict(data) | resolved

    @marshmallow.post_load(pass_original=True)
    def _make(self, values: dict[str, Any], original: Mapping[str, Any], **kwargs: Any) -> Payload:
        return self.payload_class._make(values, original)

    @marshmallow.post_dump(pass_original=True)
    def _drop_absent(self, values: dict[str, Any], original: Payload, **kwargs: Any) -> dict[str, Any]:
        return original.extra | {name: value for name, value in values.items() if value is not None}


class _SchemaClass:
    """Gives each payload class its schema class when it is first asked for: importing builds none."""

    def __get__(self, instance: object, payload_class: type[Payload]) -> type[PayloadSchema]:
        return _schema_class(payload_class)


def _once_per_class(build: Callable[[type[Any]], T]) -> Callable[[type[Any]], T]:
    return functools.cache(build)  # type: ignore[return-value]  # mypy takes no class for hashable


@_once_per_class
def attribute_types(payload_class: type[Any]) -> Mapping[str, Any]:
    """Return the attributes that stand for properties, with the type that each has when it is not None."""
    hints = typing.get_type_hints(payload_class)
    return {
        field.name: typing.get_args(hints[field.name])[0]
        for field in dataclasses.fields(payload_class)
        if type(None) in typing.get_args(hints[field.name])
    }


@_once_per_class
def _attributes_by_wire_name(payload_class: type[Any]) -> Mapping[str, str]:
    return {payload_class.wire_name(attribute): attribute for attribute in attribute_types(payload_class)}


@_once_per_class
def _schema_class(payload_class: type[Any]) -> type[PayloadSchema]:
    attributes = {
        name: _field(kind, data_key=payload_class.wire_name(name))
        for name, kind in attribute_types(payload_class).items()
    }
    return type(
        f"{payload_class.__name__}Schema", (PayloadSchema,), attributes | {"payload_class": payload_class}
    )


@_once_per_class
def _schema(payload_class: type[Any]) -> marshmallow.Schema:
    return _schema_class(payload_class)()


# -- The short way through a clean payload -----------------------------------------------------------------
#
# A person listens to silence while a callback is read, and nearly every payload is clean: each value is what
# its field wants. Such a payload is read with a table that is made once from the schema, in a fraction of the
# time. Whatever is not that plain is read by the schema, from the start: it alone says what is a fault.


@_once_per_class
def _clean_reader(payload_class: type[Any]) -> Callable[[Any], Any]:
    """Return what reads a clean payload as the schema does, and raises something for any other."""
    texts: dict[str, str] = {}
    others: dict[str, tuple[str, Callable[[Any], Any]]] = {}
    for name, field in _schema(payload_class).fields.items():
        if type(field) is fields.String:
            texts[payload_class.wire_name(name)] = name
        else:
            others[payload_class.wire_name(name)] = name, _clean_value(field)
    absent = dict.fromkeys(_schema(payload_class).fields)
    aliases = frozenset(payload_class.aliases)
    is_received = issubclass(payload_class, Received)

    def read(data: Any) -> Any:
        if data.__class__ is not dict or not aliases.isdisjoint(data):
            raise ValueError
        values: dict[str, Any] = absent.copy()
        values["extra"] = extra = {}
        if is_received:
            values["raw"] = data
            values["errors"] = {}
        for name, value in data.items():
            if name in texts:
                if value.__class__ is str:
                    values[texts[name]] = value
                elif value is not None:
                    raise ValueError
            elif name in others:
                if value is not None:
                    attribute, read_value = others[name]
                    values[attribute] = read_value(value)
            else:
                extra[name] = value
        payload = object.__new__(payload_class)
        payload.__dict__ = values
        return payload

    return read


def _clean_value(field: fields.Field[Any]) -> Callable[[Any], Any]:
    """Return what reads a clean value as the field does, and raises something for any other."""
    if type(field) is UTCDateTime:
        return _clean_time
    if isinstance(field, NestedPayload):
        return _clean_reader(field.payload_class)
    return field.deserialize


def _clean_time(value: Any) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is not UTC:
        raise ValueError
    return time


def _field(kind: Any, data_key: str) -> fields.Field[Any]:
    if isinstance(kind, type) and issubclass(kind, Payload):
        return NestedPayload(kind, data_key=data_key, allow_none=True)
    return _FIELDS[kind](data_key=data_key, allow_none=True)


# The methods are written once, in Payload: generating them for each class would double the import's time.
_as_dataclass = dataclasses.dataclass(kw_only=True, init=False, eq=False, repr=False)


# Not Payload itself: type checkers overlook the attributes of the class that is decorated so.
@dataclass_transform(kw_only_default=True, field_specifiers=(dataclasses.field,))
class _Declared:
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _as_dataclass(cls)


class Payload(_Declared):
    """Base of every class that is read from JSON: a dataclass whose schema follows from its attributes.

    Every attribute is None when its property is missing or null. Two payloads are equal when they are of
    one class and all their attributes are, :attr:`extra` included.
    """

    Schema = _SchemaClass()
    """The marshmallow schema class: ``InitiateCallback.Schema().load(payload)``."""

    wire_names: ClassVar[Mapping[str, str]] = {"var_from": "from"}
    """Wire names of the attributes whose name in camelCase is not the wire name."""

    aliases: ClassVar[Mapping[str, str]] = {}
    """Other names under which a property may come, each with the wire name that it stands for."""

    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The properties that this class does not know, by their wire names, as they came."""

    # Type checkers know what each class takes from its declaration.
    def __init__(self, **values: Any) -> None:
        for field in dataclasses.fields(self):
            if field.name in values:
                self.__dict__[field.name] = values.pop(field.name)
            elif field.default_factory is not dataclasses.MISSING:
                self.__dict__[field.name] = field.default_factory()
            elif field.default is dataclasses.MISSING:
                raise TypeError(
                    f"{type(self).__name__} needs a value for {field.name!r}, which has no default."
                )
            else:
                self.__dict__[field.name] = field.default
        for name in values:
            raise TypeError(f"{type(self).__name__} has no attribute {name!r}.")
        self.__post_init__()

    def __post_init__(self) -> None:
        """Called when an instance was made by its class, as dataclasses have it; not when it was read."""

    @classmethod
    def wire_name(cls, attribute: str) -> str:
        """Return the name that an attribute's property has in JSON."""
        first, *others = attribute.split("_")
        return cls.wire_names.get(attribute) or first + "".join(word.capitalize() for word in others)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read a payload (wire names, JSON values), strictly.

        Raises :class:`marshmallow.ValidationError`, naming every property that cannot be read.
        """
        return cls._read(data)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a payload from JSON text, strictly; bytes are UTF-8.

        Raises :class:`marshmallow.ValidationError` for text that is no JSON object and for every property
        that cannot be read.
        """
        return cls.from_dict(decode_json(text))

    @classmethod
    def read_leniently(cls, data: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Read what can be read of a payload; return it with the faults, by wire name (empty: none).

        Only the value that cannot be read becomes None, not the object around it. Raises
        :class:`marshmallow.ValidationError` for what is no object at all.
        """
        try:
            return cls._read(data), {}
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            values = typing.cast(dict[str, Any], error.valid_data)
            return cls._make(values, data), typing.cast(dict[str, Any], error.messages)

    def to_dict(self) -> dict[str, Any]:
        """Return the payload as wire names and JSON values; unknown properties are kept, None is left out."""
        return typing.cast(dict[str, Any], _schema(type(self)).dump(self))

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        """Read a payload, the short way if it is clean; raises :class:`marshmallow.ValidationError`."""
        try:
            return typing.cast(Self, _clean_reader(cls)(data))
        except (TypeError, ValueError, ValidationError):
            return typing.cast(Self, _schema(cls).load(data))

    @classmethod
    def _make(cls, values: Mapping[str, Any], data: Mapping[str, Any]) -> Self:
        # Not through __init__: a property that is missing is None even where the attribute has a default.
        payload = cls.__new__(cls)
        attributes = _attributes_by_wire_name(cls)
        payload.__dict__.update(dict.fromkeys(attributes.values()))
        payload.__dict__.update(values)
        taken = [alias for alias, name in cls.aliases.items() if data.get(name) is None]
        payload.extra = {
            name: value for name, value in data.items() if name not in attributes and name not in taken
        }
        return payload

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    __hash__ = None  # type: ignore[assignment]

    def _compared(self) -> list[Any]:
        return [getattr(self, name) for name in (*attribute_types(type(self)), "extra")]

    def __repr__(self) -> str:
        values = {name: getattr(self, name) for name in (*attribute_types(type(self)), "extra")}
        told = ", ".join(f"{name}={value!r}" for name, value in values.items() if value not in (None, {}))
        return f"{type(self).__name__}({told})"


class Received(Payload):
    """Base of what arrives as a whole: it keeps what it was read from, and what of it could not be read."""

    raw: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The whole payload as received."""
    errors: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The properties that could not be read, by wire name, with the reasons; empty for a clean payload."""

    @classmethod
    def read_leniently(cls, data: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Read what can be read; the faults are :attr:`errors` too.

        Raises :class:`marshmallow.ValidationError` for what is no object.
        """
        payload, errors = super().read_leniently(data)
        payload.errors = errors
        return payload, errors

    @classmethod
    def _make(cls, values: Mapping[str, Any], data: Mapping[str, Any]) -> Self:
        payload = super()._make(values, data)
        payload.raw = data
        payload.errors = {}
        return payload
