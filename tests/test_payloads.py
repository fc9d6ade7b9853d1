"""A declared class reads and writes JSON: the text, the values, the faults."""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

import marshmallow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from flask_bandwidth_callbacks.decoding import MAX_DEPTH, decode_json
from flask_bandwidth_callbacks.payloads import Payload

HOUR = timedelta(hours=1)


class Inner(Payload):
    """An object inside of another."""

    word: str | None = None
    length: timedelta | None = None


class Sample(Payload):
    """Has an attribute of every kind."""

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
    """Has attributes that are never None: their defaults stand for missing properties."""

    word: str = ""
    number: int = 7


def read(name: str, value: Any) -> Any:
    """Return what an attribute is when its property has a value."""
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
def test_text_that_is_no_json_is_refused_with_what_and_where(text: str | bytes, reason: str) -> None:
    """Text that is no JSON, or more than we take, is a ValidationError that says what is wrong and where."""
    with pytest.raises(ValidationError) as refused:
        Sample.from_json(text)
    assert refused.value.messages == [reason]


def test_a_number_with_too_many_digits_is_refused() -> None:
    """An integer longer than Python converts is a ValidationError and no ValueError."""
    with pytest.raises(ValidationError, match="Not JSON: a number with too many digits"):
        Sample.from_json('{"number": ' + "9" * 5000 + "}")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_the_depth_limit_is_exact(opening: str, closing: str) -> None:
    """64 levels of arrays and objects are read, one more is not, whichever of both they are."""
    pairs = MAX_DEPTH // (opening.count("[") + opening.count("{"))
    fine = opening * pairs + "1" + closing * pairs
    assert decode_json(fine) == json.loads(fine)
    with pytest.raises(ValidationError, match="Nested deeper than 64 levels"):
        decode_json(f"[{fine}]")


def test_brackets_that_do_not_nest_are_no_depth() -> None:
    """Many objects beside one another, or brackets inside of a text, do not count as depth."""
    deepest = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    brackets = "[" * 1000
    beside = f'{{"a": {deepest}, "b": {[[]] * 1000}, "c": "{brackets}"}}'
    assert decode_json(beside) == json.loads(beside)


def test_of_duplicate_keys_the_last_one_counts() -> None:
    """A property that comes twice has its last value, as in Python's json."""
    assert Sample.from_json('{"word": "first", "word": "last"}').word == "last"


def test_a_byte_order_mark_is_no_fault() -> None:
    """UTF-8 bytes may begin with a byte order mark."""
    assert Sample.from_json(b'\xef\xbb\xbf{"word": "a"}').word == "a"


@pytest.mark.parametrize("text", ["[]", "1", "null", '"word"', "true", '[{"word": "a"}]'])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    """JSON that is no object is a ValidationError, strictly and leniently: there is nothing to keep."""
    with pytest.raises(ValidationError, match="Invalid input type"):
        Sample.from_json(text)
    with pytest.raises(ValidationError, match="Invalid input type"):
        Sample.read_leniently(json.loads(text))


@given(st.text())
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, reading it raises nothing but ValidationError."""
    for form in (text, text.encode("utf-8", "surrogatepass")):
        with contextlib.suppress(ValidationError):
            Sample.from_json(form)


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever the bytes, reading them raises nothing but ValidationError."""
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
    """Times with Z, with an offset, without a zone and with nanoseconds become aware, in UTC."""
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
def test_what_is_no_time_is_a_fault(value: object) -> None:
    """What is no time, or none that a datetime in UTC can be, is a fault of its property."""
    with pytest.raises(ValidationError) as refused:
        read("moment", value)
    assert refused.value.messages == {"moment": ["Not a valid datetime."]}


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
    """Times are written in UTC with Z and milliseconds, and with microseconds only where there are some."""
    assert Sample(moment=moment).to_dict() == {"moment": text}


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_without_a_zone_is_written_as_utc() -> None:
    """A naive datetime that an application made is UTC, wherever the machine stands."""
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
    ],
)
def test_durations_are_read(text: str, length: timedelta) -> None:
    """ISO 8601 durations become timedeltas, down to microseconds; what is finer is cut."""
    assert read("length", text) == length


@pytest.mark.parametrize(
    "value",
    [
        *("", "P", "PT", "-P", "P1DT", "PT.5S", "PT1.S", "pt1s", "1:30", "20.056", "PT1S ", "PT1S\n"),
        *("P1Y", "P1W", "PT-1S", "PT1M1H", "PT1,5S", "PT\u0661S", "P1000000000D", f"PT{'9' * 30}S"),
        *(f"PT{'9' * 5000}S", 20, 20.056, True, [], {}),
    ],
)
def test_what_is_no_duration_is_a_fault(value: object) -> None:
    """What is no duration, or none that a timedelta can be, is a fault of its property."""
    with pytest.raises(ValidationError) as refused:
        read("length", value)
    assert refused.value.messages == {"length": ["Not a valid duration."]}


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
    """Durations are written in hours, minutes and seconds, without what is zero."""
    assert Sample(length=length).to_dict() == {"length": text}


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
    """Numbers and booleans are read as such and from text, which is how a GET callback carries them."""
    read_value = read(name, value)
    assert read_value == attribute
    assert type(read_value) is type(attribute)


NO_VALUES: dict[str, list[object]] = {
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
    ("name", "value"), [(name, value) for name, values in NO_VALUES.items() for value in values]
)
def test_a_value_of_another_type_is_a_fault(name: str, value: object) -> None:
    """What is no number, boolean or text is a fault of its property, never rounded, cut or guessed."""
    with pytest.raises(ValidationError) as refused:
        read(name, value)
    assert isinstance(refused.value.messages, dict)
    assert list(refused.value.messages) == [name]


def test_a_lone_surrogate_survives() -> None:
    """Half of a surrogate pair, which JSON may hold, is read, written and read again."""
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
    """Objects and arrays are read as such and from JSON text, which is how a GET callback carries them."""
    assert read(name, value) == attribute
    assert read(name, json.dumps(value)) == attribute


@pytest.mark.parametrize("name", ["inner", "headers", "names"])
@pytest.mark.parametrize("value", ["", "a", "1", "null", '"a"', "[", "{NaN}", "[" * 100_000, 1, True])
def test_what_is_no_object_or_array_is_a_fault(name: str, value: object) -> None:
    """What is neither an object or array nor its text is a fault of its property alone."""
    with pytest.raises(ValidationError) as refused:
        read(name, value)
    assert isinstance(refused.value.messages, dict)
    assert list(refused.value.messages) == [name]
    sample, errors = Sample.read_leniently({name: value, "word": "kept"})
    assert sample == Sample(word="kept")
    assert list(errors) == [name]


def test_an_object_where_an_array_belongs_is_a_fault() -> None:
    """An object is no array, an array no object."""
    with pytest.raises(ValidationError) as refused:
        Sample.from_dict({"inner": [], "headers": [], "names": {}})
    assert refused.value.messages == {
        "inner": ["Not an object."],
        "headers": ["Not a valid mapping type."],
        "names": ["Not a valid list."],
    }


@pytest.mark.parametrize("as_text", [False, True])
def test_only_the_unreadable_leaf_is_lost(as_text: bool) -> None:
    """Of objects and arrays with a fault the rest is kept, in its own type, and each fault is named."""
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
        "names": {1: ["Not a valid string."], 3: ["Field may not be null."]},
    }


def test_what_is_unknown_inside_of_an_object_is_kept() -> None:
    """An object inside of another keeps the properties that it does not know, and writes them."""
    data = {"inner": {"word": "a", "colour": "red"}}
    sample = Sample.from_dict(data)
    assert sample.inner is not None
    assert sample.inner.extra == {"colour": "red"}
    assert sample.to_dict() == data


# -- Names ---------------------------------------------------------------------------------------------------


def test_an_attribute_may_have_another_wire_name() -> None:
    """A wire name that is not the attribute's name in camelCase is declared, and read and written so."""
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
    """An alias stands in for a property that is missing or null; beside it, it is something unknown."""
    assert Sample.from_dict(data) == sample
    assert Sample.from_dict(sample.to_dict()) == sample


# -- Faults, absence, comparison -----------------------------------------------------------------------------

FAULTY = {
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


def test_strict_reading_names_every_fault_at_once() -> None:
    """from_dict raises one ValidationError that names every property that cannot be read."""
    with pytest.raises(ValidationError) as refused:
        Sample.from_dict(FAULTY)
    assert isinstance(refused.value.messages, dict)
    assert set(refused.value.messages) == set(FAULTY)
    assert set(refused.value.messages["inner"]) == {"word", "length"}


def test_lenient_reading_tells_the_same_faults() -> None:
    """read_leniently raises nothing, and tells the faults that strict reading would raise."""
    sample, errors = Sample.read_leniently({**FAULTY, "unknown": [1]})
    with pytest.raises(ValidationError) as refused:
        Sample.from_dict(FAULTY)
    assert errors == refused.value.messages
    assert sample == Sample(inner=Inner(), extra={"unknown": [1]})


@pytest.mark.parametrize(
    "name", ["word", "number", "fraction", "flag", "moment", "length", "headers", "names"]
)
def test_null_is_absence(name: str) -> None:
    """A property that is null is None, no fault, and is left out when written."""
    sample = Sample.from_dict({name: None})
    assert sample == Sample() == Sample.from_dict({})
    assert sample.to_dict() == {}


def test_payloads_compare_by_class_attributes_and_extra() -> None:
    """Two payloads are equal when class, attributes and extra are; they cannot be hashed."""

    class Other(Inner):
        pass

    assert Inner(word="a") == Inner(word="a")
    assert Inner(word="a") != Inner(word="b")
    assert Inner(word="a") != Inner(word="a", extra={"b": 1})
    assert Inner(word="a") != Other(word="a")
    assert Inner(word="a") != "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Inner())


def test_the_representation_tells_what_is_there() -> None:
    """repr shows the class and what is not absent."""
    assert repr(Sample(word="", number=0, extra={"b": 1})) == "Sample(word='', number=0, extra={'b': 1})"
    assert repr(Sample()) == "Sample()"


# -- Schemas -------------------------------------------------------------------------------------------------


def test_the_schema_is_one_that_marshmallow_users_know() -> None:
    """Schema is a marshmallow schema class: load, loads, dump, many, only, validate, unknown."""
    schema = Sample.Schema()
    assert isinstance(schema, marshmallow.Schema)
    data = {"word": "a", "inner": {"length": "PT1S"}, "unknown": 1}
    sample = Sample.from_dict(data)
    assert schema.load(data) == schema.loads(json.dumps(data)) == sample
    assert schema.dump(sample) == json.loads(schema.dumps(sample)) == data
    assert schema.load([data, {}], many=True) == [sample, Sample()]
    assert Sample.Schema(many=True).dump([sample, Sample()]) == [data, {}]
    assert Sample.Schema(only=["word"]).load(data) == Sample(word="a", extra={"unknown": 1})
    assert schema.validate({"number": "a"}) == {"number": ["Not a valid integer."]}
    with pytest.raises(ValidationError) as refused:
        schema.load([{}, {"number": "a"}], many=True)
    assert refused.value.messages == {1: {"number": ["Not a valid integer."]}}
    with pytest.raises(ValidationError, match="Unknown field"):
        Sample.Schema(unknown="raise").load(data)


def test_the_schema_class_is_one_and_named_after_its_class() -> None:
    """A class has one schema class, its instances the same one."""
    assert Sample.Schema is Sample.Schema is Sample().Schema
    assert Sample.Schema.__name__ == "SampleSchema"
    assert Sample.Schema is not Inner.Schema


def test_a_schema_is_made_once_per_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a class is read and written, its schema instance is made once."""

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


# -- Anything ------------------------------------------------------------------------------------------------

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
    """Whatever object comes, lenient reading gives a payload, and what was read is written and read again."""
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
