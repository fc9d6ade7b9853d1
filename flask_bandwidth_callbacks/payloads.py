"""Dataclasses that read and write JSON payloads through a marshmallow schema of their own.

A class that derives from :class:`Payload` declares its attributes once, with their types; the schema, the
wire names (``call_id`` is ``callId``) and the conversions follow from that declaration. This module knows
nothing of events.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import typing
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar, dataclass_transform

import marshmallow
from marshmallow import ValidationError, fields

from .clean_payloads import Reader, clean_reader
from .decoding import decode_json
from .fields import FIELDS, NestedPayload, unfrozen
from .spelling import camel_case

T = TypeVar("T")


class PayloadSchema(marshmallow.Schema):
    """Base of the schemas of all :class:`Payload` classes; loads to their instances and dumps these."""

    class Meta:
        unknown = marshmallow.EXCLUDE  # unknown properties go to .extra, where they hide no attribute
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

    def load(self, data: Any, *, unknown: Any = None, **options: Any) -> Any:
        """Return the payload, or a list of them, as :meth:`marshmallow.Schema.load` does.

        Unknown properties are kept in :attr:`Payload.extra`, also for ``unknown=INCLUDE``.
        """
        included = (unknown or self.unknown) == marshmallow.INCLUDE
        return super().load(data, unknown=marshmallow.EXCLUDE if included else unknown, **options)

    @marshmallow.post_load(pass_original=True)
    def _make(self, values: dict[str, Any], original: Mapping[str, Any], **kwargs: Any) -> Payload:
        payload = self.payload_class._make(values, original, {})
        if self._is_selection():
            payload.extra = {}
        return payload

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the value to dump for an attribute; what stands for a missing property is left out."""
        value = super().get_attribute(obj, attr, default)
        absent = _absent_values(self.payload_class).get(attr)
        return marshmallow.missing if value in (None, absent) else value

    @marshmallow.post_dump(pass_original=True)
    def _add_extra(self, values: dict[str, Any], original: Any, **kwargs: Any) -> dict[str, Any]:
        extra = {} if self._is_selection() else marshmallow.utils.get_value(original, "extra", {})
        return {**extra, **values}

    def _is_selection(self) -> bool:
        """Return whether properties were selected by name, which leaves out those without a field."""
        return self.only is not None or bool(self.opts.fields)


# -- What follows from a declaration -----------------------------------------------------------------------


def _once_per_class(build: Callable[[type[Any]], T]) -> Callable[[type[Any]], T]:
    return functools.cache(build)  # type: ignore[return-value]  # mypy takes no class for hashable


@_once_per_class
def attribute_types(payload_class: type[Any]) -> Mapping[str, Any]:
    """Return the attributes that stand for properties, with the type that each has when it is not None."""
    hints = typing.get_type_hints(payload_class)
    return {name: _without_none(hints[name]) for name in _absent_values(payload_class)}


def _annotated_types(payload_class: type[Any]) -> Mapping[str, Any]:
    """Return the same types with their annotations, which tell how a value is written."""
    hints = typing.get_type_hints(payload_class, include_extras=True)
    return {name: _without_none(hints[name]) for name in _absent_values(payload_class)}


def _without_none(kind: Any) -> Any:
    arguments = typing.get_args(kind)
    return unfrozen(arguments[0] if type(None) in arguments else kind)


@_once_per_class
def _absent_values(payload_class: type[Any]) -> Mapping[str, Any]:
    """Return the attributes that stand for properties, with the value of each when its property is missing.

    That is their default. The others, like ``extra``, are made anew for each instance.
    """
    return {
        field.name: field.default
        for field in dataclasses.fields(payload_class)
        if field.default is not dataclasses.MISSING
    }


@_once_per_class
def _attributes_by_wire_name(payload_class: type[Any]) -> Mapping[str, str]:
    return {payload_class.wire_name(attribute): attribute for attribute in attribute_types(payload_class)}


@_once_per_class
def _schema_class(payload_class: type[Any]) -> type[PayloadSchema]:
    attributes = {
        name: _field(kind, data_key=payload_class.wire_name(name))
        for name, kind in _annotated_types(payload_class).items()
    }
    return type(
        f"{payload_class.__name__}Schema", (PayloadSchema,), attributes | {"payload_class": payload_class}
    )


def _field(kind: Any, data_key: str) -> fields.Field[Any]:
    if isinstance(kind, type) and issubclass(kind, Payload):
        return NestedPayload(kind, data_key=data_key, allow_none=True)
    return FIELDS[kind](data_key=data_key, allow_none=True)


@_once_per_class
def _schema(payload_class: type[Any]) -> marshmallow.Schema:
    return _schema_class(payload_class)()


@_once_per_class
def _clean_reader(payload_class: type[Any]) -> Reader:
    schema_fields = _schema(payload_class).fields
    return clean_reader(payload_class, schema_fields, _absent_values(payload_class), _clean_reader)


@_once_per_class
def _signature(payload_class: type[Any]) -> inspect.Signature:
    return inspect.Signature(
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(field),
                annotation=field.type,
            )
            for field in dataclasses.fields(payload_class)
        ]
    )


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


class _OfClass(Generic[T]):
    """A property of a class, built when it is first read, so that importing builds none."""

    def __init__(self, build: Callable[[type[Any]], T]) -> None:
        self.build = build

    def __get__(self, instance: object, payload_class: type[Any]) -> T:
        return self.build(payload_class)


# -- The base classes --------------------------------------------------------------------------------------

# Payload has the methods of all of these classes: generating them for each would double the import time.
_as_dataclass = dataclasses.dataclass(kw_only=True, init=False, eq=False, repr=False)


# Not Payload itself: type checkers overlook the attributes of a class that is decorated so.
@dataclass_transform(kw_only_default=True, field_specifiers=(dataclasses.field,))
class _Declared:
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _as_dataclass(cls)
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # a dataclass by now
            if field.default is field.default_factory is dataclasses.MISSING:
                raise TypeError(
                    f"{cls.__name__}.{field.name} must have a default, got none."
                    " Declare what it holds when its property is missing, usually None."
                )


class Payload(_Declared):
    """Base of every class that is read from JSON: a dataclass with a schema that follows from its attributes.

    Every attribute has a default, usually None, which it holds when its property is missing or null. Two
    payloads are equal when they have the same class and all their attributes are equal, :attr:`extra`
    included.
    """

    Schema = _OfClass(_schema_class)
    """The marshmallow schema class: ``InitiateCallback.Schema().load(payload)``."""

    __signature__ = _OfClass(_signature)

    wire_names: ClassVar[Mapping[str, str]] = {"var_from": "from"}
    """Wire names of the attributes whose wire name is not their own name in camelCase."""

    aliases: ClassVar[Mapping[str, str]] = {}
    """Other names of a property, each with the wire name that it stands for."""

    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The properties that this class does not know, by wire name, as they came."""

    # Type checkers derive the arguments of each class from its declaration.
    def __init__(self, **values: Any) -> None:
        for field in dataclasses.fields(self):
            self.__dict__[field.name] = values.pop(field.name) if field.name in values else _default(field)
        for name in values:
            raise TypeError(
                f"{type(self).__name__} has no attribute {name!r}."
                " Pass a property that the class does not know in extra, by its wire name."
            )
        self.__post_init__()

    def __post_init__(self) -> None:
        """Complete an instance that was made by its class. Not called for one that was read from JSON."""

    @classmethod
    def wire_name(cls, attribute: str) -> str:
        """Return the name that an attribute's property has in JSON."""
        return cls.wire_names.get(attribute) or camel_case(attribute)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build a payload from wire names and JSON values, strictly.

        Raises :class:`marshmallow.ValidationError`, naming every unreadable property.
        """
        return cls._read(data)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Build a payload from JSON text, strictly. Bytes must be UTF-8.

        Raises :class:`marshmallow.ValidationError` for text that is not a JSON object, and naming every
        unreadable property; ``TypeError`` for what is not text.
        """
        if not isinstance(text, (str, bytes)):
            raise TypeError(
                f"The text of from_json must be str or bytes, got {type(text).__name__}. Call from_dict for a"
                " payload that was decoded already."
            )
        return cls.from_dict(decode_json(text))

    @classmethod
    def read_leniently(cls, data: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Build a payload from whatever can be read; return it with the errors by wire name, empty for none.

        Only the unreadable value itself is lost, not the object around it. Raises
        :class:`marshmallow.ValidationError` for data that is not an object at all.
        """
        try:
            return cls._read(data), {}
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            errors = typing.cast(dict[str, Any], error.messages)
            return cls._make(typing.cast(dict[str, Any], error.valid_data), data, errors), errors

    def to_dict(self) -> dict[str, Any]:
        """Return the payload as wire names and JSON values.

        Unknown properties are kept, and attributes that hold None, or their default, are left out.
        """
        return typing.cast(dict[str, Any], _schema(type(self)).dump(self))

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        payload: Self
        try:
            payload = _clean_reader(cls)(data)
        except (TypeError, ValueError, ValidationError):
            payload = _schema(cls).load(data)
        return payload

    @classmethod
    def _make(cls, values: Mapping[str, Any], data: Mapping[str, Any], errors: Mapping[str, Any]) -> Self:
        # Not through __init__, whose __post_init__ would add what the payload does not have.
        payload = cls.__new__(cls)
        payload.__dict__.update(_absent_values(cls))
        payload.__dict__.update((name, value) for name, value in values.items() if value is not None)
        attributes = _attributes_by_wire_name(cls)
        resolved = [alias for alias, name in cls.aliases.items() if data.get(name) is None]
        payload.extra = {
            name: value for name, value in data.items() if name not in attributes and name not in resolved
        }
        return payload

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    __hash__ = None  # type: ignore[assignment]

    def _compared(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*_absent_values(type(self)), "extra")}

    def __repr__(self) -> str:
        """Return the attributes that are present; ``...`` stands for values that do not belong in a log."""
        absent = _absent_values(type(self))
        hidden = {field.name for field in dataclasses.fields(self) if not field.repr}
        present = [
            f"{name}={'...' if name in hidden else repr(getattr(self, name))}"
            for name in absent
            if getattr(self, name) not in (None, absent[name])
        ]
        if self.extra:
            present.append(f"extra={{{', '.join(f'{name!r}: ...' for name in self.extra)}}}")
        return f"{type(self).__name__}({', '.join(present)})"


class Received(Payload):
    """Base of payloads that arrive as a whole, and keep their source and what could not be read of it."""

    raw: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The whole payload as received."""
    errors: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The unreadable properties, by wire name, with the reasons; empty for a clean payload."""

    @classmethod
    def _make(cls, values: Mapping[str, Any], data: Mapping[str, Any], errors: Mapping[str, Any]) -> Self:
        payload = super()._make(values, data, errors)
        payload.raw = data
        payload.errors = errors
        return payload
