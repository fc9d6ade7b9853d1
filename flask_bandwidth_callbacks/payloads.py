"""A dataclass and the marshmallow schema that follows from it: reading and writing JSON payloads.

A class that derives from :class:`Payload` declares its attributes once, with their types; the schema, the
wire names (``call_id`` is ``callId``) and the conversions follow from that declaration. Nothing in here
knows an event.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import marshmallow
from marshmallow import ValidationError, fields

from .decoding import decode_json
from .fields import FIELDS, FromText, UTCDateTime
from .spelling import camel_case

T = TypeVar("T")


class NestedPayload(FromText, fields.Nested):  # type: ignore[misc]
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
    return FIELDS[kind](data_key=data_key, allow_none=True)


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
        return cls.wire_names.get(attribute) or camel_case(attribute)

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
