"""Every event of Bandwidth's documentation is read into its class and written back."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import flask
import marshmallow
import pytest
from flask.json.provider import DefaultJSONProvider
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

import flask_bandwidth_callbacks as library
from flask_bandwidth_callbacks import (
    AnswerCallback,
    Callback,
    CallbackBlueprint,
    CallCallback,
    ConferenceCallback,
    ConferenceCreatedCallback,
    DisconnectCallback,
    Diversion,
    GatherCallback,
    InitiateCallback,
    MachineDetectionResult,
    MediaStream,
    MediaStreamRejectedCallback,
    MediaStreamStoppedCallback,
    RealTimeTranscription,
    RealTimeTranscriptionRejectedCallback,
    RealTimeTranscriptionStartedCallback,
    RecordingAvailableCallback,
    RecordingCompleteCallback,
    ReferCompleteCallback,
    StirShaken,
    Transcription,
    TranscriptionAvailableCallback,
    UnknownCallback,
    events,
)
from flask_bandwidth_callbacks.bxml import SpeakSentence
from flask_bandwidth_callbacks.payloads import Payload, attribute_types
from tests.payloads import PAYLOADS, Place, payload, places, replaced, value_at, without

# Event type, class, and whether Bandwidth runs the BXML of the reply.
FACTS = [
    ("initiate", "InitiateCallback", True),
    ("answer", "AnswerCallback", True),
    ("disconnect", "DisconnectCallback", False),
    ("redirect", "RedirectCallback", True),
    ("gather", "GatherCallback", True),
    ("partialgather", "PartialGatherCallback", False),
    ("dtmf", "DtmfCallback", False),
    ("recordComplete", "RecordingCompleteCallback", True),
    ("recordingAvailable", "RecordingAvailableCallback", False),
    ("transcriptionAvailable", "TranscriptionAvailableCallback", False),
    ("transferAnswer", "TransferAnswerCallback", True),
    ("transferComplete", "TransferCompleteCallback", True),
    ("transferDisconnect", "TransferDisconnectCallback", False),
    ("bridgeComplete", "BridgeCompleteCallback", True),
    ("bridgeTargetComplete", "BridgeTargetCompleteCallback", True),
    ("conferenceCreated", "ConferenceCreatedCallback", True),
    ("conferenceMemberJoin", "ConferenceMemberJoinCallback", True),
    ("conferenceMemberExit", "ConferenceMemberExitCallback", True),
    ("conferenceCompleted", "ConferenceCompletedCallback", False),
    ("conferenceRedirect", "ConferenceRedirectCallback", True),
    ("conferenceRecordingAvailable", "ConferenceRecordingAvailableCallback", False),
    ("machineDetectionComplete", "MachineDetectionCompleteCallback", False),
    ("mediaStreamStarted", "MediaStreamStartedCallback", False),
    ("mediaStreamRejected", "MediaStreamRejectedCallback", False),
    ("mediaStreamStopped", "MediaStreamStoppedCallback", False),
    ("realTimeTranscriptionStarted", "RealTimeTranscriptionStartedCallback", False),
    ("realTimeTranscriptionRejected", "RealTimeTranscriptionRejectedCallback", False),
    ("realTimeTranscriptionStopped", "RealTimeTranscriptionStoppedCallback", False),
    ("realTimeTranscriptionAvailable", "RealTimeTranscriptionAvailableCallback", False),
    ("referComplete", "ReferCompleteCallback", True),
]
EVENT_TYPES = [event_type for event_type, _, _ in FACTS]

every_event_type = pytest.mark.parametrize("event_type", EVENT_TYPES)


# -- Which class ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("event_type", "class_name"), [(fact[0], fact[1]) for fact in FACTS])
def test_every_event_type_has_its_class(event_type: str, class_name: str) -> None:
    """Each of the 30 documented event types is read into its class, named as in the SDK where it has one."""
    event = Callback.from_dict(payload(event_type))
    assert type(event) is getattr(library, class_name)
    assert type(event).__name__ == class_name
    assert event.event_type == event_type


def test_only_documented_events_have_classes() -> None:
    """EVENT_CLASSES has the 30 documented types and the second spelling of one, and no other."""
    assert len(EVENT_TYPES) == 30
    assert (
        set(events.EVENT_CLASSES) == {*PAYLOADS, "recordingComplete"} == {*EVENT_TYPES, "recordingComplete"}
    )


@pytest.mark.parametrize("event_type", ["recordComplete", "recordingComplete"])
def test_both_spellings_of_record_complete_are_one_event(event_type: str) -> None:
    """Both spellings of the event type give the same class, and each is kept."""
    event = Callback.from_dict(payload("recordComplete", eventType=event_type))
    assert type(event) is RecordingCompleteCallback
    assert event.to_dict()["eventType"] == event_type


@every_event_type
def test_every_event_is_about_a_call_or_a_conference(event_type: str) -> None:
    """Conference events are ConferenceCallbacks, all others CallCallbacks, and both are Callbacks."""
    event = Callback.from_dict(payload(event_type))
    assert isinstance(event, Callback)
    assert isinstance(event, ConferenceCallback) is event_type.startswith("conference")
    assert isinstance(event, CallCallback) is not event_type.startswith("conference")
    assert event.identity == ("conference_id" if event_type.startswith("conference") else "call_id")


@pytest.mark.parametrize(("event_type", "answered"), [(fact[0], fact[2]) for fact in FACTS])
def test_answered_events_and_notifications_are_distinguished(event_type: str, answered: bool) -> None:
    """Each event class knows whether Bandwidth waits for BXML."""
    assert events.event_class_of(event_type).reply.awaited is answered


@pytest.mark.parametrize("event_type", ["somethingNew", "Initiate", "initiate ", "", "Callback", "\ud800"])
def test_another_event_type_is_an_unknown_callback(event_type: str) -> None:
    """An event type that is not documented gives an UnknownCallback that keeps all properties."""
    event = Callback.from_dict(payload("gather", eventType=event_type))
    assert type(event) is UnknownCallback
    assert event.event_type == event_type
    assert event.call_id == PAYLOADS["gather"]["callId"]
    assert event.extra["digits"] == PAYLOADS["gather"]["digits"]
    assert event.to_dict() == payload("gather", eventType=event_type)


def test_an_event_without_a_type_is_unknown() -> None:
    """A payload without eventType, or with null, is an UnknownCallback without an event type."""
    assert Callback.from_dict({"callId": "c-1"}) == UnknownCallback(call_id="c-1")
    assert Callback.from_dict({"eventType": None}) == UnknownCallback()


@pytest.mark.parametrize("event_type", [7, True, [], {}])
def test_an_event_type_that_is_not_text_is_an_error(event_type: object) -> None:
    """An eventType that is not text is an error like that of any other property."""
    with pytest.raises(ValidationError) as raised:
        Callback.from_dict({"eventType": event_type})
    assert raised.value.messages == {"eventType": ["Not a valid string."]}
    event, errors = Callback.read_leniently({"eventType": event_type, "callId": "c-1"})
    assert event == UnknownCallback(call_id="c-1")
    assert errors == {"eventType": ["Not a valid string."]}


@pytest.mark.parametrize(
    ("event_class", "event_type"),
    [
        (ConferenceCallback, "initiate"),
        (ConferenceCallback, "somethingNew"),
        (ConferenceCallback, None),
        (CallCallback, "conferenceCreated"),
        (InitiateCallback, "answer"),
        (InitiateCallback, "somethingNew"),
        (UnknownCallback, "initiate"),
    ],
)
def test_a_class_rejects_the_events_of_others(event_class: type[Callback], event_type: str | None) -> None:
    """Reading an event with a class that it does not belong to raises ValidationError, leniently too."""
    with pytest.raises(ValidationError, match=f"Must be a type of {event_class.__name__}, got "):
        event_class.from_dict({"eventType": event_type})
    with pytest.raises(ValidationError, match=f"Must be a type of {event_class.__name__}, got "):
        event_class.read_leniently({"eventType": event_type})


@pytest.mark.parametrize(
    ("event_class", "event_type", "expected"),
    [
        (ConferenceCallback, "conferenceCreated", ConferenceCreatedCallback),
        (CallCallback, "initiate", InitiateCallback),
        (CallCallback, "somethingNew", UnknownCallback),
        (InitiateCallback, "initiate", InitiateCallback),
        (InitiateCallback, None, InitiateCallback),
        (RecordingCompleteCallback, "recordingComplete", RecordingCompleteCallback),
    ],
)
def test_a_base_class_chooses_among_its_own(
    event_class: type[Callback], event_type: str | None, expected: type[Callback]
) -> None:
    """A base class reads each event below it into the event's class; an event class needs no eventType."""
    assert type(event_class.from_dict({"eventType": event_type})) is expected
    assert type(event_class.from_json(json.dumps({"eventType": event_type}))) is expected


@pytest.mark.parametrize("data", [[], None, 7, "initiate", [{"eventType": "initiate"}]])
@pytest.mark.parametrize("event_class", [Callback, InitiateCallback])
def test_json_other_than_an_object_is_rejected(event_class: type[Callback], data: Any) -> None:
    """JSON that is not an object raises ValidationError, strictly and leniently."""
    with pytest.raises(ValidationError, match="Invalid input type"):
        event_class.from_dict(data)
    with pytest.raises(ValidationError, match="Invalid input type"):
        event_class.read_leniently(data)


# -- There and back ------------------------------------------------------------------------------------------


@every_event_type
def test_every_property_is_read_and_written(event_type: str) -> None:
    """A full payload survives from_json and to_json, and every property has its attribute."""
    text = json.dumps(payload(event_type))
    event = Callback.from_json(text)
    assert json.loads(event.to_json()) == json.loads(text)
    assert event.errors == {}
    for part in (event, *(value for value in vars(event).values() if isinstance(value, Payload))):
        assert part.extra == {}
    assert all(getattr(event, attribute_of(name)) is not None for name in PAYLOADS[event_type])


@every_event_type
def test_an_event_has_only_documented_attributes(event_type: str) -> None:
    """An event class has the attributes of its documented properties and no others."""
    # Bandwidth's list of this event's properties is incomplete; every call has these two.
    additional = {"callUrl", "startTime"} if event_type == "partialgather" else set()
    event_class = events.event_class_of(event_type)
    attributes = {event_class.wire_name(attribute) for attribute in attribute_types(event_class)}
    assert attributes == PAYLOADS[event_type].keys() | additional


@every_event_type
def test_every_property_may_be_missing(event_type: str) -> None:
    """A payload without any one property, also inside of an object, survives reading and writing."""
    event_class = events.event_class_of(event_type)
    for place in places(PAYLOADS[event_type]):
        data = without(payload(event_type), *place)
        event = event_class.from_json(json.dumps(data).encode())
        assert json.loads(event.to_json()) == data
        assert event.errors == {}


@every_event_type
def test_null_is_the_same_as_missing(event_type: str) -> None:
    """A null property gives the same event as a missing one."""
    event_class = events.event_class_of(event_type)
    for place in places(PAYLOADS[event_type]):
        null = event_class.from_dict(replaced(payload(event_type), None, *place))
        missing = event_class.from_dict(without(payload(event_type), *place))
        assert null == missing
        assert null.to_dict() == missing.to_dict()


@every_event_type
def test_to_dict_and_from_dict_give_an_equal_event(event_type: str) -> None:
    """An event survives to_dict and from_dict, to_json and from_json, copying and pickling."""
    event = Callback.from_dict(payload(event_type, somethingNew={"a": [1, None]}))
    assert Callback.from_dict(event.to_dict()) == event
    assert Callback.from_json(event.to_json()) == event
    assert type(event).from_dict(event.to_dict()) == event
    assert copy.deepcopy(event) == event
    assert pickle.loads(pickle.dumps(event)) == event
    assert dataclasses.replace(event) == event


def test_nanoseconds_are_kept_in_raw() -> None:
    """A duration in nanoseconds is cut to microseconds, and raw keeps the original text."""
    stream = {**PAYLOADS["mediaStreamStopped"]["mediaStream"], "duration": "PT1M52.217257456S"}
    event = MediaStreamStoppedCallback.from_dict(payload("mediaStreamStopped", mediaStream=stream))
    assert event.media_stream is not None
    assert event.media_stream.duration == timedelta(minutes=1, seconds=52, microseconds=217_257)
    assert event.raw["mediaStream"]["duration"] == "PT1M52.217257456S"


def test_equality_ignores_raw_and_errors() -> None:
    """Events are equal when their class, attributes and extra are, whatever raw and errors hold."""
    event = InitiateCallback.from_dict({"eventType": "initiate", "callId": "c-1", "tag": "a"})
    assert event == InitiateCallback(call_id="c-1", extra={"tag": "a"})
    assert event == InitiateCallback(call_id="c-1", extra={"tag": "a"}, raw={"a": 1}, errors={"to": ["b"]})
    assert event != InitiateCallback(call_id="c-1")
    assert event != InitiateCallback(call_id="c-2", extra={"tag": "a"})
    assert AnswerCallback(event_type="x") != GatherCallback(event_type="x")


def test_raw_is_the_payload_as_received() -> None:
    """raw holds the whole payload, unreadable and unknown properties included."""
    data = payload("initiate", startTime="yesterday", somethingNew=[1])
    event, _ = Callback.read_leniently(data)
    assert event.raw == data


# -- Attributes ----------------------------------------------------------------------------------------------


def attribute_of(name: str) -> str:
    """Return the SDK's name of a property: ``callId`` is ``call_id``."""
    if name == "from":
        return "var_from"
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def test_an_inbound_call_is_read_value_by_value() -> None:
    """Every attribute of an InitiateCallback has the name and the type of the contract."""
    event = InitiateCallback.from_dict(payload("initiate"))
    facts = PAYLOADS["initiate"]
    assert event.event_type == "initiate"
    assert event.event_time == datetime(2026, 3, 4, 16, 22, 18, 102_000, UTC)
    assert event.start_time == datetime(2026, 3, 4, 16, 20, 15, 258_000, UTC)
    assert (event.account_id, event.application_id) == (facts["accountId"], facts["applicationId"])
    assert (event.call_id, event.call_url) == (facts["callId"], facts["callUrl"])
    assert (event.var_from, event.to, event.direction) == ("+15551112222", "+15553334444", "inbound")
    assert event.uui == facts["uui"]
    assert event.sip_call_id == facts["sipCallId"]
    assert event.sip_headers == {"x-ticket": "4711", "x-language": "de"}
    assert (event.privacy, event.caller_display_name) == (True, "Ada Lovelace")
    assert event.diversion == Diversion(
        orig_to="+19195551234", reason="no-answer", screen="no", privacy="off", counter="1", limit="5"
    )
    assert event.stir_shaken == StirShaken(
        verstat="TN-Verification-Passed",
        attestation_indicator="A",
        originating_id=facts["stirShaken"]["originatingId"],
    )


def test_objects_inside_of_events_are_classes_too() -> None:
    """Machine detection, transcription, stream and live transcription are objects with typed attributes."""
    answer = AnswerCallback.from_dict(payload("answer"))
    assert answer.machine_detection_result == MachineDetectionResult(
        value="answering-machine", duration=timedelta(seconds=5, microseconds=45_329)
    )
    available = TranscriptionAvailableCallback.from_dict(payload("transcriptionAvailable"))
    assert available.transcription is not None
    assert available.transcription.status == "available"
    assert available.transcription.completed_time == datetime(2026, 3, 4, 16, 23, 1, 250_000, UTC)
    rejected = MediaStreamRejectedCallback.from_dict(payload("mediaStreamRejected"))
    assert isinstance(rejected.media_stream, MediaStream)
    assert isinstance(rejected.original_media_stream, MediaStream)
    assert rejected.media_stream.tracks == ("inbound", "outbound")
    assert rejected.media_stream.id != rejected.original_media_stream.id
    refused = RealTimeTranscriptionRejectedCallback.from_dict(payload("realTimeTranscriptionRejected"))
    assert isinstance(refused.real_time_transcription, RealTimeTranscription)
    assert isinstance(refused.original_transcription, RealTimeTranscription)
    assert refused.real_time_transcription.stabilized is True


def test_words_of_the_caller_are_read() -> None:
    """A gather event carries what the caller said."""
    assert GatherCallback.from_dict(payload("gather")).text == "two tickets, please"


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_written_as_bandwidth_writes_it(value: bool) -> None:
    """The privacy of a call is a JSON boolean, while stabilized of a live transcription is text."""
    assert InitiateCallback(privacy=value).to_dict()["privacy"] is value
    assert RealTimeTranscription(stabilized=value).to_dict() == {"stabilized": str(value).lower()}


def test_the_transcription_of_the_openapi_is_read_as_well() -> None:
    """The OpenAPI gives a transcription other properties than the documentation does: both are read."""
    event = TranscriptionAvailableCallback.from_dict(
        {"transcription": {"speaker": "0", "text": "Hello", "confidence": 0.9}}
    )
    assert event.transcription == Transcription(speaker="0", text="Hello", confidence=0.9)


@every_event_type
def test_phone_numbers_are_any_text(event_type: str) -> None:
    """Words and SIP URIs are accepted as numbers, and from_ reads the same as var_from."""
    for number in ("+15551112222", "Anonymous", "Restricted", "sip:alice@example.com", "", "911"):
        event = Callback.from_dict(payload(event_type, **{"from": number}))
        if "from" in PAYLOADS[event_type]:
            assert isinstance(event, events.Parties)
            assert event.from_ == event.var_from == number
        else:
            assert event.extra["from"] == number


@pytest.mark.parametrize(
    ("event_type", "place"),
    [
        ("disconnect", ("cause",)),
        ("bridgeComplete", ("cause",)),
        ("mediaStreamStopped", ("cause",)),
        ("initiate", ("direction",)),
        ("initiate", ("diversion", "reason")),
        ("initiate", ("stirShaken", "verstat")),
        ("answer", ("machineDetectionResult", "value")),
        ("recordingAvailable", ("status",)),
        ("recordingAvailable", ("fileFormat",)),
        ("transcriptionAvailable", ("transcription", "status")),
        ("referComplete", ("referCallStatus",)),
        ("mediaStreamStarted", ("mediaStream", "type")),
    ],
)
def test_sets_of_values_are_open(event_type: str, place: Place) -> None:
    """A cause, direction, status or the like that is not documented is kept without an error."""
    data = replaced(payload(event_type), "something-new", *place)
    assert Callback.from_dict(data).to_dict() == data


def test_the_other_name_of_a_live_transcription_is_read() -> None:
    """A live transcription is read from transcription as from realTimeTranscription."""
    data = payload("realTimeTranscriptionStarted")
    as_in_examples = without(data, "realTimeTranscription") | {"transcription": data["realTimeTranscription"]}
    event = RealTimeTranscriptionStartedCallback.from_dict(as_in_examples)
    assert event == RealTimeTranscriptionStartedCallback.from_dict(data)
    assert event.extra == {}
    assert event.to_dict() == data
    assert event.raw == as_in_examples


def test_the_transcription_of_a_recording_is_not_a_live_one() -> None:
    """The other name belongs to live transcription events only."""
    event = TranscriptionAvailableCallback.from_dict(payload("transcriptionAvailable"))
    assert isinstance(event.transcription, Transcription)


OURS = [
    "call_id",
    "var_from",
    "from_",
    "event_type",
    "raw",
    "extra",
    "errors",
    "Schema",
    "to_dict",
    "reply",
    "__class__",
]


@pytest.mark.parametrize("name", OURS)
def test_wire_names_that_are_our_names_are_extra(name: str) -> None:
    """A property whose wire name is a Python name of the event is kept in extra and changes nothing else."""
    data = payload("initiate") | {name: {"a": 1}}
    event, errors = Callback.read_leniently(data)
    assert errors == {}
    assert event.extra == {name: {"a": 1}}
    assert type(event) is InitiateCallback
    assert event == dataclasses.replace(InitiateCallback.from_dict(payload("initiate")), extra=event.extra)
    assert event.to_dict() == data


def test_unknown_properties_are_kept_in_their_object() -> None:
    """Unknown properties are kept in the extra of the object they came in, null included."""
    data = payload("initiate", somethingNew={"a": [1, 2.5, None, "b"]}, nothing=None)
    data["diversion"]["unknown"] = "0"
    event = InitiateCallback.from_dict(data)
    assert event.extra == {"somethingNew": {"a": [1, 2.5, None, "b"]}, "nothing": None}
    assert event.diversion is not None
    assert event.diversion.extra == {"unknown": "0"}
    assert event.to_dict() == data


# -- Events made by an application ---------------------------------------------------------------------------


@every_event_type
def test_an_event_made_by_hand_has_its_event_type(event_type: str) -> None:
    """A constructor sets the event type, takes keywords only, and needs no property."""
    event_class = events.event_class_of(event_type)
    event = event_class()
    assert event.event_type == event_type
    assert event.to_dict() == {"eventType": event_type}
    assert (event.raw, event.errors, event.extra) == ({}, {}, {})
    with pytest.raises(TypeError):
        event_class("c-1")  # type: ignore[arg-type, call-arg]


def test_attributes_are_keywords() -> None:
    """An event is made of its attributes as keywords, and any other keyword is an error."""
    event = InitiateCallback(call_id="c-1")
    assert event.event_type == "initiate"
    assert event.call_id == "c-1"
    assert event.to is None
    assert repr(event) == "InitiateCallback(event_type='initiate', call_id='c-1')"
    with pytest.raises(TypeError, match="digits"):
        InitiateCallback(digits="1")  # type: ignore[call-arg]


def test_another_event_type_may_be_given() -> None:
    """An event type that is given is kept, also for classes with two event types or none."""
    assert RecordingCompleteCallback().event_type == "recordComplete"
    assert RecordingCompleteCallback(event_type="recordingComplete").event_type == "recordingComplete"
    assert Callback().event_type is None


@pytest.mark.parametrize("event_class", [InitiateCallback, UnknownCallback, ConferenceCreatedCallback])
@pytest.mark.parametrize("value", [None, "", 7])
def test_an_event_without_its_id_has_an_empty_one(event_class: type[Callback], value: object) -> None:
    """Without a usable call or conference id, the attribute is empty text, which to_dict leaves out."""
    attribute = "conference_id" if issubclass(event_class, ConferenceCallback) else "call_id"
    made = event_class()
    event, _ = event_class.read_leniently(made.to_dict() | {event_class.wire_name(attribute): value})
    assert event == made == event_class.from_dict(made.to_dict())
    assert getattr(event, attribute) == ""
    assert event.to_dict() == made.to_dict()
    assert attribute not in repr(event)


@every_event_type
def test_the_signature_of_an_event_names_its_attributes(event_type: str) -> None:
    """inspect.signature of an event class names the attributes of all documented properties as keywords."""
    signature = inspect.signature(events.event_class_of(event_type))
    assert {attribute_of(name) for name in PAYLOADS[event_type]} <= signature.parameters.keys()
    assert {parameter.kind for parameter in signature.parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}


def test_signatures_cost_nothing_until_they_are_read() -> None:
    """Importing the package builds no signature: each is built when it is first read, and then kept."""
    program = (
        "import inspect, flask, marshmallow; inspect.Signature.__init__ = None;"
        " import flask_bandwidth_callbacks as library; library.InitiateCallback(call_id='c-1')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert inspect.signature(InitiateCallback) is inspect.signature(InitiateCallback)


def test_each_attribute_is_declared_once() -> None:
    """Each attribute of events is declared, with its meaning, in one class.

    call_id is the exception: a conference event about a member may lack it, a call event never does.
    """
    classes = {base for event_class in events.EVENT_CLASSES.values() for base in event_class.__mro__}
    declared = Counter(
        attribute
        for event_class in classes
        for attribute in vars(event_class).get("__annotations__", ())
        if attribute in {name for known in events.EVENT_CLASSES.values() for name in attribute_types(known)}
    )
    assert {attribute for attribute, count in declared.items() if count > 1} == {"call_id"}


# -- Unreadable properties -----------------------------------------------------------------------------------


def wrong(value: Any) -> Any:
    """Return a value that cannot be read instead of the given one."""
    return "seven" if isinstance(value, int) else 7


def error_at(errors: Any, *place: str) -> Any:
    """Return the errors of a property, which may be inside of an object."""
    for name in place:
        errors = errors[name]
    return errors


@every_event_type
def test_a_wrong_value_costs_only_itself(event_type: str) -> None:
    """An unreadable value becomes None with its reason in errors; the rest of the event is kept."""
    right = payload(event_type)
    for place in places(PAYLOADS[event_type]):
        data = replaced(right, wrong(value_at(right, *place)), *place)
        event, errors = events.event_class_of(event_type).read_leniently(data)
        assert event.errors == errors
        assert list(errors) == [place[0]]
        (reason,) = error_at(errors, *place)
        assert isinstance(reason, str)
        assert event.to_dict() == without(data, *place)
        assert event.raw == data
        assert event.extra == {}


@every_event_type
def test_strict_reading_names_every_error_at_once(event_type: str) -> None:
    """from_dict raises one ValidationError with the reason for each unreadable value, in objects too."""
    data = payload(event_type)
    leaves = [place for place in places(data, leaves_only=True) if place != ("eventType",)]
    for place in leaves:
        data = replaced(data, wrong(value_at(data, *place)), *place)
    for read in (Callback.from_dict, events.event_class_of(event_type).from_dict):
        with pytest.raises(ValidationError) as raised:
            read(data)
        assert all(error_at(raised.value.messages, *place) for place in leaves)
    event, errors = Callback.read_leniently(data)
    assert errors == raised.value.messages
    assert event.event_type == event_type
    assert event.to_dict() == {
        name: {} if isinstance(value, dict) else value
        for name, value in data.items()
        if name == "eventType" or isinstance(value, dict)
    }


def test_a_clean_event_has_no_errors() -> None:
    """Lenient reading of a clean payload gives the same event as strict reading."""
    event, errors = Callback.read_leniently(payload("initiate"))
    assert errors == event.errors == {}
    assert event == Callback.from_dict(payload("initiate"))


@every_event_type
def test_a_get_callback_is_read_from_texts(event_type: str) -> None:
    """An event is read from a query string, with numbers as digits and objects as JSON text."""
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in PAYLOADS[event_type].items()
    }
    assert Callback.from_dict(texts) == Callback.from_dict(payload(event_type))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
wire_names = sorted({name for data in PAYLOADS.values() for name in data if name != "eventType"})


@given(
    event_type=st.sampled_from([*EVENT_TYPES, "recordingComplete", "somethingNew", None]) | json_values,
    data=st.dictionaries(st.sampled_from([*wire_names, *OURS]) | st.text(), json_values),
)
@settings(deadline=None, max_examples=200)
def test_any_object_is_read(event_type: Any, data: dict[str, Any]) -> None:
    """Any JSON object is read leniently, and strict reading raises nothing but ValidationError."""
    data["eventType"] = event_type
    event, errors = Callback.read_leniently(data)
    assert event.raw == data
    if errors:
        with pytest.raises(ValidationError):
            Callback.from_dict(data)
    else:
        assert Callback.from_dict(data) == event
        assert Callback.from_dict(event.to_dict()) == Callback.from_json(event.to_json()) == event


@given(
    event_type=st.sampled_from(EVENT_TYPES),
    changes=st.dictionaries(st.sampled_from(wire_names), json_values, min_size=1, max_size=4),
)
@settings(deadline=None)
def test_a_known_event_with_any_values_is_read(event_type: str, changes: dict[str, Any]) -> None:
    """Arbitrary values of some properties cost neither the event nor its other properties."""
    data = payload(event_type) | changes
    event, _ = Callback.read_leniently(data)
    assert type(event) is events.event_class_of(event_type)
    for name in PAYLOADS[event_type].keys() - changes.keys():
        assert getattr(event, attribute_of(name)) is not None


# -- Schemas -------------------------------------------------------------------------------------------------


def test_an_event_class_has_a_marshmallow_schema() -> None:
    """InitiateCallback.Schema loads and dumps one event or many, as marshmallow users expect."""
    schema = InitiateCallback.Schema()
    assert isinstance(schema, marshmallow.Schema)
    event = schema.load(payload("initiate"))
    assert event == InitiateCallback.from_dict(payload("initiate"))
    assert schema.dump(event) == payload("initiate")
    assert schema.dump([event], many=True) == [payload("initiate")]
    assert schema.load([payload("initiate")], many=True) == [event]
    assert schema.loads(json.dumps(payload("initiate"))) == event
    assert json.loads(schema.dumps(event)) == payload("initiate")
    with pytest.raises(ValidationError) as raised:
        schema.load({"callId": 7, "stirShaken": {"verstat": 7}})
    assert raised.value.messages == {
        "callId": ["Not a valid string."],
        "stirShaken": {"verstat": ["Not a valid string."]},
    }


def test_reading_makes_no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first event of each type, reading and writing make no more schema instances."""
    for event_type in EVENT_TYPES:
        Callback.from_dict(payload(event_type)).to_dict()
    made: list[marshmallow.Schema] = []
    monkeypatch.setattr(marshmallow.Schema, "__init__", lambda self, **options: made.append(self))
    for event_type in EVENT_TYPES:
        Callback.from_dict(payload(event_type)).to_dict()
        Callback.read_leniently(payload(event_type, eventTime=7))
    assert made == []


# -- Beside other libraries ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["frozen, thawed", "thawed, frozen", "frozen import"])
def test_events_are_read_while_the_clock_is_frozen(order: str) -> None:
    """freezegun, which replaces datetime in every module, may run around the first event of a class or after.

    Matching on a time works as well, and so does importing the library while the clock stands.
    """
    program = f"""
import freezegun
from datetime import UTC, datetime
data = {payload("initiate")!r}
def check():
    from flask_bandwidth_callbacks import CallbackBlueprint, InitiateCallback
    event = InitiateCallback.from_dict(data)
    assert event.start_time == datetime(2026, 3, 4, 16, 20, 15, 258_000, UTC)
    assert event.to_dict() == InitiateCallback.Schema().dump(event) == data
    assert InitiateCallback.read_leniently(data | {{"to": 1, "startTime": "20260304T162015Z"}})[0].start_time
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])
    phone.on(InitiateCallback, start_time=datetime(2026, 3, 4, tzinfo=UTC))(print)
def check_frozen():
    with freezegun.freeze_time("2026-01-01"):
        check()
if {order!r} == "thawed, frozen":
    check()
elif {order!r} == "frozen, thawed":
    import flask_bandwidth_callbacks
check_frozen()
check()
check_frozen()
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def an_app(provider: type[DefaultJSONProvider] = DefaultJSONProvider) -> flask.Flask:
    """Return an application with a blueprint."""
    app = flask.Flask(__name__)
    app.json = provider(app)
    app.register_blueprint(CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")]))
    return app


@every_event_type
def test_jsonify_gives_to_dict(event_type: str) -> None:
    """A Flask application's jsonify writes an event as to_dict does, alone and inside of other values."""
    event = Callback.from_dict(payload(event_type, new=1))
    with an_app().test_request_context():
        assert flask.jsonify(event).json == event.to_dict()
        assert flask.jsonify(events=[event]).json == {"events": [event.to_dict()]}


def test_the_other_json_of_an_application_stays_as_it_is() -> None:
    """Dates, other dataclasses and errors are Flask's own affair, and so is an application's own default."""

    @dataclasses.dataclass
    class Price:
        amount: int

    class OwnProvider(DefaultJSONProvider):
        default = staticmethod(lambda value: "own")

    with an_app().test_request_context():
        assert flask.jsonify(Price(3)).json == {"amount": 3}
        assert flask.jsonify(datetime(2026, 1, 5, tzinfo=UTC)).json == "Mon, 05 Jan 2026 00:00:00 GMT"
        with pytest.raises(TypeError, match="not JSON serializable"):
            flask.jsonify(object())
    with an_app(OwnProvider).test_request_context():
        assert flask.jsonify(InitiateCallback()).json == "own"
    with flask.Flask(__name__).test_request_context():
        assert b"event_type" in flask.jsonify(InitiateCallback()).data


# -- New events ----------------------------------------------------------------------------------------------


@pytest.fixture
def new_event_class() -> Iterator[type[CallCallback]]:
    """Declare an event that Bandwidth might add."""

    class WhisperCallback(CallCallback):
        """Bandwidth sends this when a caller whispers."""

        event_types = ("whisper",)
        reply = events.DOCUMENT

        loudness: int | None = None
        """Loudness in decibels."""

    yield WhisperCallback
    del events._event_classes["whisper"]


@pytest.mark.parametrize("named", ["by class", "by name"])
def test_a_new_event_is_one_small_class(new_event_class: type[CallCallback], named: str) -> None:
    """One class with an event type and its attributes is enough to read an event and handle it."""
    received: list[Callback] = []
    phone = CallbackBlueprint("phone", __name__, credentials=[("bandwidth", "s3cret")])
    event = new_event_class if named == "by class" else "whisper"

    def answer(call: Callback) -> SpeakSentence:
        return SpeakSentence(f"Not so loud: {call.to_dict()['loudness']}")

    phone.respond(event, loudness=lambda loudness: loudness > 3)(answer)
    phone.on(event)(received.append)
    app = flask.Flask(__name__)
    app.register_blueprint(phone, url_prefix="/phone")

    data = {"eventType": "whisper", "callId": "c-1", "loudness": "7", "tag": "a"}
    response = app.test_client().post("/phone", json=data, auth=("bandwidth", "s3cret"))
    assert response.status_code == 200
    assert "Not so loud: 7" in response.text
    (notified,) = received
    assert type(notified) is new_event_class
    assert notified.to_dict() == {**data, "loudness": 7}
    assert notified.extra == {"tag": "a"}


def test_without_its_class_the_event_is_unknown() -> None:
    """Removing the class of an event makes the event unknown again."""
    assert type(Callback.from_dict({"eventType": "whisper"})) is UnknownCallback


def test_one_event_type_has_one_class() -> None:
    """Declaring a second class for an event type is an error that names both; the first one stays."""
    with pytest.raises(
        TypeError, match=r"^Event type 'gather' must have one class, got Another beside GatherCallback\."
    ):

        class Another(CallCallback):
            event_types = ("gather",)

    assert events.event_class_of("gather") is GatherCallback


def test_a_derived_class_leaves_the_event_type_alone() -> None:
    """A derived class without event types of its own does not change EVENT_CLASSES."""

    class OwnGather(GatherCallback):
        wishes: ClassVar[int] = 3

    assert events.event_class_of("gather") is GatherCallback
    assert type(OwnGather.from_dict(payload("gather"))) is OwnGather


def test_the_table_of_event_classes_is_read_only() -> None:
    """EVENT_CLASSES cannot be changed by accident."""
    with pytest.raises(TypeError):
        events.EVENT_CLASSES["gather"] = DisconnectCallback  # type: ignore[index]


def test_integers_of_events_are_integers() -> None:
    """Channels and SIP codes are integers, also when they come as digits."""
    for channels in (2, "2"):
        assert RecordingAvailableCallback.from_dict({"channels": channels}).channels == 2
    refer = ReferCompleteCallback.from_dict({"referSipResponseCode": "202", "notifySipResponseCode": 486})
    assert (refer.refer_sip_response_code, refer.notify_sip_response_code) == (202, 486)
