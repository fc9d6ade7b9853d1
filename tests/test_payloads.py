"""Payload classes read and write JSON: texts, values and errors."""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any, ClassVar

import marshmallow
import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from flask_bandwidth_callbacks import RealTimeTranscription
from flask_bandwidth_callbacks.decoding import MAX_DEPTH, decode_json
from flask_bandwidth_callbacks.payloads import Payload

HOUR = timedelta(hours=1)


class Inner(Payload):
    """An object inside of another."""

    word: str | None = None
    length: timedelta | None = None


class Sample(Payload):
    """A payload with an attribute of every type."""

    wire_names: ClassVar[Mapping[str, str]] = {"oddly_named": "ODD"}
    aliases: ClassVar[Mapping[str, str]] = {"nested": "inner"}

    word: str | None = None
    number: int | None = None
    fraction: float | None = None
    flag: bool | None = None
    moment: datetime | None = None
    length: timedelta | None = None
    headers: dict[str, str] | None = None
    names: tuple[str, ...] | None = None
    inner: Inner | None = None
    oddly_named: str | None = None


class Complete(Payload):
    """A payload whose attributes are never None: their defaults stand for missing properties."""

    word: str = ""
    number: int = 7


def read(name: str, value: Any) -> Any:
    """Return the attribute that is read from a property with the value."""
    return getattr(Sample.from_dict({name: value}), name)


# -- JSON text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Not JSON: Expecting value at line 1, column 1."),
        ("{", "Not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        ('{"word":\n  "a"} b', "Not JSON: Extra data at line 2, column 8."),
        ("{'word': 'a'}", "Not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        ('{"word": NaN}', "Not JSON: NaN is not a JSON number at line 1, column 10."),
        ('{"word": Infinity}', "Not JSON: Infinity is not a JSON number at line 1, column 10."),
        ('{"word": -Infinity}', "Not JSON: -Infinity is not a JSON number at line 1, column 10."),
        ('{"word": 1e999}', "Not JSON: 1e999 is too large a number at line 1, column 10."),
        ('{"word": -1e999}', "Not JSON: -1e999 is too large a number at line 1, column 10."),
        ('{"word": NaN-}', "Not JSON: NaN is not a JSON number at line 1, column 10."),
        ('{"word": 1e999.5}', "Not JSON: 1e999 is too large a number at line 1, column 10."),
        (b'{"word": "\xff"}', "Not UTF-8: byte 10 cannot be read."),
        (b'{"word": "\xed\xa0\x80"}', "Not UTF-8: byte 10 cannot be read."),
        ('{"word": "a"}'.encode("utf-16"), "Not UTF-8: byte 0 cannot be read."),
        ("[" * 100_000, "Nested deeper than 64 levels at line 1, column 65."),
        ('{"word":' * 100_000 + "1" + "}" * 100_000, "Nested deeper than 64 levels at line 1, column 513."),
        ("\ufeff{}", "Not JSON: Expecting value at line 1, column 1."),
    ],
)
def test_invalid_json_is_rejected_with_reason_and_position(text: str | bytes, reason: str) -> None:
    """Text that is not JSON, or exceeds a limit, raises ValidationError with the reason and the position."""
    with pytest.raises(ValidationError) as raised:
        Sample.from_json(text)
    assert raised.value.messages == [reason]


def test_a_number_with_too_many_digits_is_rejected() -> None:
    """An integer with more digits than Python converts raises ValidationError, not ValueError."""
    with pytest.raises(ValidationError, match="Not JSON: a number with too many digits"):
        Sample.from_json('{"number": ' + "9" * 5000 + "}")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_the_depth_limit_is_exact(opening: str, closing: str) -> None:
    """64 levels of arrays and objects are read, and one more is rejected."""
    pairs = MAX_DEPTH // (opening.count("[") + opening.count("{"))
    fine = opening * pairs + "1" + closing * pairs
    assert decode_json(fine) == json.loads(fine)
    with pytest.raises(ValidationError, match="Nested deeper than 64 levels"):
        decode_json(f"[{fine}]")


def test_only_nested_brackets_count_as_depth() -> None:
    """Objects beside one another, and brackets inside of strings, do not count as depth."""
    deepest = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    brackets = "[" * 1000
    beside = f'{{"a": {deepest}, "b": {[[]] * 1000}, "c": "{brackets}"}}'
    assert decode_json(beside) == json.loads(beside)


def test_of_duplicate_keys_the_last_one_counts() -> None:
    """The last value of a repeated property is used, as in Python's json."""
    assert Sample.from_json('{"word": "first", "word": "last"}').word == "last"


@pytest.mark.parametrize("decoded", [{"word": "hello"}, None, 7])
def test_json_that_was_decoded_already(decoded: Any) -> None:
    """What is not text, such as Flask's ``request.json``, raises an error that names from_dict."""
    message = f"must be str or bytes, got {type(decoded).__name__}. Call from_dict"
    with pytest.raises(TypeError, match=message):
        Sample.from_json(decoded)


def test_a_byte_order_mark_is_accepted() -> None:
    """UTF-8 bytes may begin with a byte order mark."""
    assert Sample.from_json(b'\xef\xbb\xbf{"word": "a"}').word == "a"


@pytest.mark.parametrize("text", ["[]", "1", "null", '"word"', "true", '[{"word": "a"}]'])
def test_json_other_than_an_object_is_rejected(text: str) -> None:
    """JSON that is not an object raises ValidationError, strictly and leniently."""
    with pytest.raises(ValidationError, match="Invalid input type"):
        Sample.from_json(text)
    with pytest.raises(ValidationError, match="Invalid input type"):
        Sample.read_leniently(json.loads(text))


@given(st.text())
@settings(deadline=None)
def test_any_text_is_read_or_rejected(text: str) -> None:
    """Reading any text raises nothing but ValidationError."""
    for form in (text, text.encode("utf-8", "surrogatepass")):
        with contextlib.suppress(ValidationError):
            Sample.from_json(form)


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_are_read_or_rejected(data: bytes) -> None:
    """Reading any bytes raises nothing but ValidationError."""
    with contextlib.suppress(ValidationError):
        Sample.from_json(data)


# -- Times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-09-13T16:49:40.500", datetime(2019, 9, 13, 16, 49, 40, 500_000, UTC)),
        ("2019-09-13T16:49:40.500Z", datetime(2019, 9, 13, 16, 49, 40, 500_000, UTC)),
        ("2019-09-13-16:48:27.198Z", datetime(2019, 9, 13, 16, 48, 27, 198_000, UTC)),  # in Bandwidth's pages
        ("2019-09-13T16:49:40Z", datetime(2019, 9, 13, 16, 49, 40, 0, UTC)),
        ("2019-09-13T18:49:40+02:00", datetime(2019, 9, 13, 16, 49, 40, 0, UTC)),
        ("2019-09-13T16:49:40.123456789Z", datetime(2019, 9, 13, 16, 49, 40, 123_456, UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T14:00:00+14:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("9999-12-31T09:59:59-14:00", datetime(9999, 12, 31, 23, 59, 59, 0, UTC)),
    ],
)
def test_times_are_read_as_utc(text: str, moment: datetime) -> None:
    """Times with Z, an offset, no time zone or nanoseconds become aware datetimes in UTC."""
    attribute = read("moment", text)
    assert attribute == moment
    assert attribute.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2019-09-13T16:48:27.198Y",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2024-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-01-01T00:00:00+24:00",
        "1700000000",
        "",
        "yesterday",
        "9" * 5000,
        1_700_000_000,
        1.5,
        True,
        [],
        {},
    ],
)
def test_an_invalid_time_is_an_error(value: object) -> None:
    """A value that is not a time, or not one that a datetime in UTC can hold, is an error of its property."""
    with pytest.raises(ValidationError) as raised:
        read("moment", value)
    assert raised.value.messages == {"moment": ["Not a valid datetime."]}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), "2026-03-04T05:06:07.000Z"),
        (datetime(2026, 3, 4, 5, 6, 7, 89_000, UTC), "2026-03-04T05:06:07.089Z"),
        (datetime(2026, 3, 4, 5, 6, 7, 89_001, UTC), "2026-03-04T05:06:07.089001Z"),
        (datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone(HOUR)), "2026-03-04T04:06:07.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_written_as_bandwidth_does(moment: datetime, text: str) -> None:
    """Times are written in UTC with Z and milliseconds, or with microseconds if there are any."""
    assert Sample(moment=moment).to_dict() == {"moment": text}


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the time zone of this machine to that of Tokyo."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_without_a_zone_is_written_as_utc() -> None:
    """A naive datetime of the application means UTC, whatever the time zone of the machine."""
    sample = Sample(moment=datetime(2026, 3, 4, 5, 6, 7))
    assert sample.to_dict() == {"moment": "2026-03-04T05:06:07.000Z"}


@given(
    st.datetimes(
        min_value=datetime(1, 1, 3),
        max_value=datetime(9999, 12, 29),
        timezones=st.builds(timezone, st.timedeltas(-23 * HOUR, 23 * HOUR)),
    )
    | st.datetimes(timezones=st.just(UTC))
)
@settings(deadline=None)
def test_any_time_survives(moment: datetime) -> None:
    """Any aware datetime is the same moment after being written and read."""
    assert Sample.from_dict(Sample(moment=moment).to_dict()).moment == moment


# -- Durations -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT20.056S", timedelta(seconds=20, milliseconds=56)),
        ("PT4.9891287S", timedelta(seconds=4, microseconds=989_128)),
        ("PT1M52.217257456S", timedelta(minutes=1, seconds=52, microseconds=217_257)),
        ("PT0.000000999S", timedelta()),
        ("PT0S", timedelta()),
        ("PT1H", timedelta(hours=1)),
        ("PT90M", timedelta(minutes=90)),
        ("P1D", timedelta(days=1)),
        ("P2DT3H4M5.6S", timedelta(days=2, hours=3, minutes=4, seconds=5, milliseconds=600)),
        ("P999999999D", timedelta(days=999_999_999)),
        ("-PT1.5S", -timedelta(seconds=1.5)),
        ("PT-0.5S", -timedelta(seconds=0.5)),  # as Java writes it
        ("PT-1M-30.5S", -timedelta(minutes=1, seconds=30.5)),
        ("-PT-1S", timedelta(seconds=1)),
        ("+PT+1M-1S", timedelta(seconds=59)),
        ("PT0,5S", timedelta(seconds=0.5)),
        ("PT-0.0000019S", -timedelta(microseconds=1)),
        ("P1W", timedelta(weeks=1)),
        ("-P2W", -timedelta(weeks=2)),
        ("P1W2DT3H", timedelta(weeks=1, days=2, hours=3)),
        ("PT1.5H", timedelta(minutes=90)),
        ("PT0,25M", timedelta(seconds=15)),
        ("P0.5D", timedelta(hours=12)),
        (f"PT0.{'3' * 5000}S", timedelta(microseconds=333_333)),
    ],
)
def test_durations_are_read(text: str, length: timedelta) -> None:
    """ISO 8601 durations become timedeltas, cut to microseconds."""
    assert read("length", text) == length


@pytest.mark.parametrize(
    "value",
    [
        *("", "P", "PT", "-P", "P1DT", "PT.5S", "PT1.S", "pt1s", "1:30", "20.056", "PT1S ", "PT1S\n"),
        *("P1Y", "P1M", "P1D1W", "PT1M1H", "PT1..5S", "PT-S", "PT--1S", "PT\u0661S", "P1000000000D"),
        f"PT{'9' * 30}S",
        *(f"PT{'9' * 5000}S", 20, 20.056, True, [], {}),
    ],
)
def test_an_invalid_duration_is_an_error(value: object) -> None:
    """A value that is not a duration, or not one that a timedelta can hold, is an error of its property."""
    with pytest.raises(ValidationError) as raised:
        read("length", value)
    assert raised.value.messages == {"length": ["Not a valid duration."]}


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(seconds=20, milliseconds=56), "PT20.056S"),
        (timedelta(microseconds=1), "PT0.000001S"),
        (timedelta(minutes=1), "PT1M"),
        (timedelta(minutes=1, seconds=10), "PT1M10S"),
        (timedelta(days=1, seconds=1), "PT24H1S"),
        (-timedelta(seconds=1), "-PT1S"),
    ],
)
def test_durations_are_written_as_bandwidth_does(length: timedelta, text: str) -> None:
    """Durations are written in hours, minutes and seconds, and zeros are left out."""
    assert Sample(length=length).to_dict() == {"length": text}


@given(
    sign=st.sampled_from(["", "+", "-"]),
    weeks=st.integers(-9, 9),
    days=st.integers(-99, 99),
    seconds=st.decimals(-999, 999, places=4),
    comma=st.booleans(),
)
@settings(deadline=None)
def test_any_part_may_have_a_sign_and_decimals(
    sign: str, weeks: int, days: int, seconds: Decimal, comma: bool
) -> None:
    """A duration is the sum of its parts, each with its own sign, and the sign in front inverts all."""
    text = f"{sign}P{weeks}W{days}DT{seconds:f}S"
    length = timedelta(weeks=weeks, days=days, microseconds=int(seconds * 1_000_000))
    assert read("length", text.replace(".", ",") if comma else text) == (-length if sign == "-" else length)


@given(st.timedeltas())
@settings(deadline=None)
def test_any_duration_survives(length: timedelta) -> None:
    """Any timedelta is the same after being written and read."""
    assert Sample.from_dict(Sample(length=length).to_dict()).length == length


# -- Numbers, booleans, text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("number", 2, 2),
        ("number", "2", 2),
        ("number", "-2", -2),
        ("number", 2.0, 2),
        ("number", 10**30, 10**30),
        ("fraction", 0.5, 0.5),
        ("fraction", "0.5", 0.5),
        ("fraction", 1, 1.0),
        ("flag", True, True),
        ("flag", False, False),
        ("flag", "true", True),
        ("flag", "false", False),
        ("word", "", ""),
        ("word", "\ud800", "\ud800"),
    ],
)
def test_numbers_and_booleans_may_come_as_text(name: str, value: object, attribute: object) -> None:
    """Numbers and booleans are read as such and as text, the way a GET callback carries them."""
    read_value = read(name, value)
    assert read_value == attribute
    assert type(read_value) is type(attribute)


class Level(str, Enum):  # noqa: UP042  # unlike that of a StrEnum, its str() is not its value
    """A text that str() does not give as it is."""

    HIGH = "very high"


def test_a_subclass_of_str_is_read_and_written_by_its_value() -> None:
    """A member of an enumeration of texts has its value in every property that holds text."""
    values: dict[str, Any] = {"word": Level.HIGH, "headers": {Level.HIGH: Level.HIGH}, "names": (Level.HIGH,)}
    expected = {"word": "very high", "headers": {"very high": "very high"}, "names": ["very high"]}
    assert Sample(**values).to_dict() == expected
    assert json.loads(Sample(**values).to_json()) == expected
    sample = Sample.from_dict(values | {"names": [Level.HIGH]})
    assert repr(sample) == (
        "Sample(word='very high', headers={'very high': 'very high'}, names=('very high',))"
    )
    assert {type(text) for text in (sample.word, *(sample.headers or {}), *(sample.names or ()))} == {str}


INVALID_VALUES: dict[str, list[object]] = {
    "number": [
        "",
        "two",
        "2.0",
        "+2",
        " 2",
        "1_0",
        "\u0662",
        "9" * 19,
        2.5,
        math.nan,
        math.inf,
        True,
        [],
        {},
    ],
    "fraction": ["", "half", "nan", "inf", "1e999", 10**400, math.nan, math.inf, True, [], {}],
    "flag": ["", "yes", "True", "1", 2, [], {}],
    "word": [1, 1.5, True, [], {}],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in INVALID_VALUES.items() for value in values]
)
def test_a_value_of_another_type_is_an_error(name: str, value: object) -> None:
    """A value of another type is an error of its property, and never rounded, cut or guessed."""
    with pytest.raises(ValidationError) as raised:
        read(name, value)
    assert isinstance(raised.value.messages, dict)
    assert list(raised.value.messages) == [name]


def test_a_lone_surrogate_survives() -> None:
    """Half of a surrogate pair, which JSON may hold, survives reading and writing."""
    sample = Sample.from_json('{"word": "a\\ud800", "unknown": "\\udfff"}')
    assert sample.word == "a\ud800"
    assert Sample.from_json(sample.to_json()) == sample
    assert Sample.from_json(sample.to_json().encode()) == sample


# -- Objects and arrays --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("inner", {"word": "a", "length": "PT1S"}, Inner(word="a", length=timedelta(seconds=1))),
        ("inner", {"word": None}, Inner()),
        ("inner", {}, Inner()),
        ("headers", {"x-a": "b"}, {"x-a": "b"}),
        ("headers", {}, {}),
        ("names", ["a", "b"], ("a", "b")),
        ("names", [], ()),
    ],
)
def test_objects_and_arrays_may_come_as_json_text(name: str, value: object, attribute: object) -> None:
    """Objects and arrays are read as such and as JSON text, the way a GET callback carries them."""
    assert read(name, value) == attribute
    assert read(name, json.dumps(value)) == attribute


@pytest.mark.parametrize("name", ["inner", "headers", "names"])
@pytest.mark.parametrize("value", ["", "a", "1", '"a"', "[", "{NaN}", "[" * 100_000, 1, True])
def test_an_invalid_object_or_array_is_an_error(name: str, value: object) -> None:
    """A value that is not an object or array, nor the text of one, is an error of its property alone."""
    with pytest.raises(ValidationError) as raised:
        read(name, value)
    assert isinstance(raised.value.messages, dict)
    assert list(raised.value.messages) == [name]
    sample, errors = Sample.read_leniently({name: value, "word": "kept"})
    assert sample == Sample(word="kept")
    assert list(errors) == [name]


def test_objects_and_arrays_are_distinguished() -> None:
    """An array instead of an object is an error, and so is an object instead of an array."""
    with pytest.raises(ValidationError) as raised:
        Sample.from_dict({"inner": [], "headers": [], "names": {}})
    assert raised.value.messages == {
        "inner": ["Not an object."],
        "headers": ["Not a valid mapping type."],
        "names": ["Not a valid list."],
    }


@pytest.mark.parametrize("as_text", [False, True])
def test_only_the_unreadable_value_is_lost(as_text: bool) -> None:
    """An unreadable value inside of an object or array is named, and the rest of it is kept."""
    data: dict[str, Any] = {
        "inner": {"word": 1, "length": "PT1S"},
        "headers": {"x-a": 1, "x-b": "b"},
        "names": ["a", 1, "b", None],
    }
    sample, errors = Sample.read_leniently(
        {name: json.dumps(value) for name, value in data.items()} if as_text else data
    )
    assert sample.inner == Inner(length=timedelta(seconds=1))
    assert sample.headers == {"x-b": "b"}
    assert sample.names == ("a", "b")
    assert errors == {
        "inner": {"word": ["Not a valid string."]},
        "headers": {"x-a": {"value": ["Not a valid string."]}},
        "names": {1: ["Not a valid string."]},
    }


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("headers", {"x-a": None}, {}),
        ("headers", {"x-a": None, "x-b": "b"}, {"x-b": "b"}),
        ("names", [None], ()),
        ("names", ["a", None, "b"], ("a", "b")),
        ("inner", {"word": None, "length": "PT1S"}, Inner(length=timedelta(seconds=1))),
        ("inner", None, None),
        ("headers", None, None),
        ("names", None, None),
    ],
)
def test_null_inside_of_an_object_is_the_same_as_missing(
    name: str, value: object, attribute: object, as_text: bool
) -> None:
    """A null value in an object or array, or null as a text, is not an error and leaves the rest alone."""
    sample, errors = Sample.read_leniently({name: json.dumps(value) if as_text else value})
    assert getattr(sample, name) == attribute
    assert errors == {}


def test_unknown_properties_inside_of_an_object_are_kept() -> None:
    """An object inside of another keeps its unknown properties, and writes them."""
    data = {"inner": {"word": "a", "color": "red"}}
    sample = Sample.from_dict(data)
    assert sample.inner is not None
    assert sample.inner.extra == {"color": "red"}
    assert sample.to_dict() == data


# -- Names ---------------------------------------------------------------------------------------------------


def test_an_attribute_may_have_another_wire_name() -> None:
    """A declared wire name is read and written instead of the attribute's name in camelCase."""
    assert Sample.from_dict({"ODD": "a"}) == Sample(oddly_named="a")
    assert Sample(oddly_named="a").to_dict() == {"ODD": "a"}
    assert Sample.from_dict({"oddlyNamed": "a"}) == Sample(extra={"oddlyNamed": "a"})


@pytest.mark.parametrize(
    ("data", "sample"),
    [
        ({"nested": {"word": "a"}}, Sample(inner=Inner(word="a"))),
        ({"inner": None, "nested": {"word": "a"}}, Sample(inner=Inner(word="a"))),
        ({"nested": None}, Sample()),
        (
            {"inner": {"word": "a"}, "nested": {"word": "b"}},
            Sample(inner=Inner(word="a"), extra={"nested": {"word": "b"}}),
        ),
    ],
)
def test_a_property_may_come_under_another_name(data: dict[str, Any], sample: Sample) -> None:
    """An alias is read if the property itself is missing or null, and is an unknown property otherwise."""
    assert Sample.from_dict(data) == sample
    assert Sample.from_dict(sample.to_dict()) == sample


# -- Errors, missing properties, comparison ------------------------------------------------------------------

UNREADABLE = {
    "word": 1,
    "number": "a",
    "fraction": "a",
    "flag": "a",
    "moment": "a",
    "length": "a",
    "headers": "a",
    "names": "a",
    "inner": {"word": 1, "length": 1},
    "ODD": 1,
}


def test_strict_reading_names_every_error_at_once() -> None:
    """from_dict raises one ValidationError that names every unreadable property."""
    with pytest.raises(ValidationError) as raised:
        Sample.from_dict(UNREADABLE)
    assert isinstance(raised.value.messages, dict)
    assert set(raised.value.messages) == set(UNREADABLE)
    assert set(raised.value.messages["inner"]) == {"word", "length"}


def test_lenient_reading_returns_the_same_errors() -> None:
    """read_leniently returns the errors that strict reading raises."""
    sample, errors = Sample.read_leniently({**UNREADABLE, "unknown": [1]})
    with pytest.raises(ValidationError) as raised:
        Sample.from_dict(UNREADABLE)
    assert errors == raised.value.messages
    assert sample == Sample(inner=Inner(), extra={"unknown": [1]})


@pytest.mark.parametrize(
    "name", ["word", "number", "fraction", "flag", "moment", "length", "headers", "names"]
)
def test_null_means_missing(name: str) -> None:
    """A null property is None without an error, and is left out when written."""
    sample = Sample.from_dict({name: None})
    assert sample == Sample() == Sample.from_dict({})
    assert sample.to_dict() == {}


def test_payloads_compare_by_class_attributes_and_extra() -> None:
    """Two payloads are equal when class, attributes and extra are equal; payloads cannot be hashed."""

    class Other(Inner):
        pass

    assert Inner(word="a") == Inner(word="a")
    assert Inner(word="a") != Inner(word="b")
    assert Inner(word="a") != Inner(word="a", extra={"b": 1})
    assert Inner(word="a") != Other(word="a")
    assert Inner(word="a") != "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Inner())


def test_the_representation_shows_what_is_present() -> None:
    """repr shows the class and the attributes whose properties are present."""
    assert repr(Sample(word="", number=0, extra={"b": 1})) == "Sample(word='', number=0, extra={'b': ...})"
    assert repr(Sample()) == "Sample()"


# -- Schemas -------------------------------------------------------------------------------------------------


def test_the_schema_is_a_marshmallow_schema() -> None:
    """Schema supports load, loads, dump, many, only, validate and unknown as marshmallow does."""
    schema = Sample.Schema()
    assert isinstance(schema, marshmallow.Schema)
    data = {"word": "a", "inner": {"length": "PT1S"}, "unknown": 1}
    sample = Sample.from_dict(data)
    assert schema.load(data) == schema.loads(json.dumps(data)) == sample
    assert schema.dump(sample) == json.loads(schema.dumps(sample)) == data
    assert schema.load([data, {}], many=True) == [sample, Sample()]
    assert Sample.Schema(many=True).dump([sample, Sample()]) == [data, {}]
    assert schema.validate({"number": "a"}) == {"number": ["Not a valid integer."]}
    with pytest.raises(ValidationError) as raised:
        schema.load([{}, {"number": "a"}], many=True)
    assert raised.value.messages == {1: {"number": ["Not a valid integer."]}}
    with pytest.raises(ValidationError, match="Unknown field"):
        Sample.Schema(unknown="raise").load(data)


def test_a_schema_dumps_whatever_has_the_attributes() -> None:
    """A dict and any object with the attributes are dumped like a payload, also inside of one another."""
    schema = Sample.Schema()
    values: dict[str, Any] = {"word": "a", "moment": None, "inner": {"length": timedelta(seconds=1)}}
    expected = {"word": "a", "inner": {"length": "PT1S"}}
    assert schema.dump(values) == schema.dump(SimpleNamespace(**values)) == expected
    assert schema.dump([values, {}], many=True) == [expected, {}]
    assert schema.dump({**values, "extra": {"new": 1}}) == {**expected, "new": 1}


def test_a_selection_of_properties_leaves_out_the_others() -> None:
    """Neither load nor dump lets an unknown property through a schema that selects properties by name."""
    data = {"word": "a", "number": 1, "inner": {"word": "b", "length": "PT1S", "new": 2}, "new": 1}
    sample = Sample.from_dict(data)

    class Words(Sample.Schema):  # type: ignore[valid-type, misc]
        class Meta:
            unknown = marshmallow.EXCLUDE
            fields = ("word",)

    for schema in (Sample.Schema(only=["word"]), Words()):
        assert schema.dump(sample) == {"word": "a"}
        assert schema.load(data) == Sample(word="a")
    nested = Sample.Schema(only=["inner.word"])
    assert nested.dump(sample) == {"inner": {"word": "b"}}
    assert nested.load(data) == Sample(inner=Inner(word="b"))
    excluding = Sample.Schema(exclude=["number", "inner.length"])
    assert excluding.dump(sample) == {"word": "a", "inner": {"word": "b", "new": 2}, "new": 1}
    assert excluding.load(data) == Sample(word="a", inner=Inner(word="b", extra={"new": 2}), extra={"new": 1})


def test_included_properties_are_those_in_extra() -> None:
    """With unknown=INCLUDE an unknown property is kept in extra and never hides an attribute."""
    data = {"number": 1, "extra": 2, "oddly_named": 3}
    for sample in (
        Sample.Schema(unknown="include").load(data),
        Sample.Schema().load(data, unknown="include"),
    ):
        assert sample == Sample.from_dict(data)
        assert (sample.oddly_named, sample.extra) == (None, {"extra": 2, "oddly_named": 3})


def test_a_schema_can_be_extended_and_nested() -> None:
    """A schema derived from a payload's has fields of its own and may stand inside of another schema."""

    class Annotated(Sample.Schema):  # type: ignore[valid-type, misc]
        note = marshmallow.fields.String()

    class Report(marshmallow.Schema):
        samples = marshmallow.fields.List(marshmallow.fields.Nested(Annotated))

    data = {"samples": [{"word": "a", "note": "b", "new": 1}]}
    report = Report().load(data)
    assert report["samples"][0].word == "a"
    assert report["samples"][0].note == "b"
    assert Report().dump(report) == data


def test_an_openapi_description_says_what_is_written() -> None:
    """apispec describes each property with the type that it has in JSON."""
    spec = APISpec("Sample", "1", "3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema("Sample", schema=Sample.Schema)
    spec.components.schema("Live", schema=RealTimeTranscription.Schema)
    schemas = spec.to_dict()["components"]["schemas"]
    properties = schemas["Sample"]["properties"]
    types = {name: described.get("type") for name, described in properties.items()}
    assert types == {
        "word": ["string", "null"],
        "number": ["integer", "null"],
        "fraction": ["number", "null"],
        "flag": ["boolean", "null"],
        "moment": ["string", "null"],
        "length": ["string", "null"],
        "headers": ["object", "null"],
        "names": ["array", "null"],
        "inner": None,
        "ODD": ["string", "null"],
    }
    assert properties["moment"]["format"] == "date-time"
    assert properties["length"]["format"] == "duration"
    stabilized = schemas["Live"]["properties"]["stabilized"]
    assert stabilized["type"] == ["string", "null"]
    assert stabilized["enum"] == ["true", "false"]


def test_each_class_has_one_schema_class() -> None:
    """A class and its instances share one schema class, which is named after the class."""
    assert Sample.Schema is Sample.Schema is Sample().Schema
    assert Sample.Schema.__name__ == "SampleSchema"
    assert Sample.Schema is not Inner.Schema


def test_a_schema_is_made_once_per_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class makes its schema instance once, however often it is read and written."""

    class Fresh(Payload):
        word: str | None = None

    made: list[type] = []
    make = marshmallow.Schema.__init__

    def count(self: marshmallow.Schema, *args: Any, **options: Any) -> None:
        made.append(type(self))
        make(self, *args, **options)

    monkeypatch.setattr(marshmallow.Schema, "__init__", count)
    for word in ("a", "b", 1):
        Fresh.read_leniently({"word": word})[0].to_json()
    assert made == [Fresh.Schema]


# -- Arbitrary objects ---------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["word", "number", "fraction", "flag", "moment", "length", "headers", "names", "inner"]
)


@given(st.dictionaries(names | st.sampled_from(["ODD", "oddly_named", "extra"]) | st.text(), json_values))
@settings(deadline=None)
def test_any_object_can_be_read_leniently(data: dict[str, Any]) -> None:
    """Lenient reading builds a payload from any object, and the payload survives a round trip."""
    sample, errors = Sample.read_leniently(data)
    assert Sample.from_dict(sample.to_dict()) == sample
    assert Sample.from_json(sample.to_json()) == sample
    if errors:
        with pytest.raises(ValidationError):
            Sample.from_dict(data)
    else:
        assert Sample.from_dict(data) == sample


# -- Making payloads -----------------------------------------------------------------------------------------


def test_a_payload_is_made_of_its_attributes() -> None:
    """Attributes are keywords; an attribute that is left out holds its default, and extra is never shared."""
    made = Complete(word="a")
    assert (made.word, made.number, made.extra) == ("a", 7, {})
    assert made.extra is not Complete(word="a").extra
    assert Complete(word="a", number=8) != made != Complete(word="a", extra={"b": 1})


@pytest.mark.parametrize("data", [{}, {"word": None, "number": None}, {"word": 1, "number": "a"}])
def test_a_default_stands_for_a_missing_property(data: dict[str, Any]) -> None:
    """A missing, null or unreadable property leaves the attribute's default, which to_dict leaves out."""
    made, _ = Complete.read_leniently(data)
    assert made == Complete() == Complete.from_dict(made.to_dict())
    assert (made.word, made.number, made.to_dict(), repr(made)) == ("", 7, {}, "Complete()")


@given(word=st.text(), number=st.integers())
@settings(deadline=None)
def test_attributes_with_defaults_survive(word: str, number: int) -> None:
    """Any values of attributes that are never None, defaults included, are the same after a round trip."""
    made = Complete(word=word, number=number)
    assert Complete.from_dict(made.to_dict()) == Complete.from_json(made.to_json()) == made


def test_an_attribute_that_does_not_exist_is_an_error() -> None:
    """A misspelled attribute is named in the error, with the way to pass an unknown property."""
    message = r"^Complete has no attribute 'wrod'\. Pass a property .* in extra, by its wire name\.$"
    with pytest.raises(TypeError, match=message):
        Complete(word="a", wrod="b")  # type: ignore[call-arg]


def test_an_attribute_without_a_default_is_an_error() -> None:
    """A class that declares an attribute without a default is rejected: any property may be missing."""
    with pytest.raises(
        TypeError, match=r"^Faulty\.word must have a default, got none\. Declare what it holds"
    ):

        class Faulty(Payload):
            word: str


def test_the_signature_names_the_attributes() -> None:
    """inspect.signature shows the attributes of a class as keywords, with their types and defaults."""
    assert str(inspect.signature(Complete)) == (
        "(*, extra: 'dict[str, Any]' = {}, word: 'str' = '', number: 'int' = 7)"
    )
    Complete(
        **{name: parameter.default for name, parameter in inspect.signature(Complete).parameters.items()}
    )
    with pytest.raises(TypeError, match="unexpected keyword argument 'wrod'"):
        inspect.signature(Complete).bind(wrod="a")
