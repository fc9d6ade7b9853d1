"""The models of requests and responses, with their constraints, as marshmallow schemas.

Source: Bandwidth's OpenAPI description, https://dev.bandwidth.com/apis/voice/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import marshmallow
from marshmallow import ValidationError, fields, validate, validates_schema

from flask_bandwidth_callbacks.bxml.numbers import SIP_URI
from flask_bandwidth_callbacks.credentials import read_pair
from flask_bandwidth_callbacks.fields import UTCDateTime, WholeNumber
from flask_bandwidth_callbacks.spelling import camel_case

from ..exceptions import SimulationError
from ..outbound import check_presentation
from ..wire.urls import absolute

LONGEST_URL = 2048
LONGEST_CREDENTIAL = 1024
LONGEST_TAG = 4096
_LONGEST_UUI = 256

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_CALLED = re.compile(rf"{_E164.pattern}|{SIP_URI}")

# -- Kinds of values -----------------------------------------------------------------------------------------


class Text(fields.String):
    """A text of Unicode characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.isascii() and re.search("[\ud800-\udfff]", text):  # JSON can write half a character
            raise self.make_error("invalid_utf8")
        return text


class Flag(fields.Boolean):
    """A boolean, which no number and no text stands for."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def _text(longest: int | None = None, *, required: bool = False, check: Any = ()) -> fields.Field[Any]:
    rules = [validate.Length(max=longest, error=f"must have at most {longest} characters")] if longest else []
    return Text(**_given(required), validate=[*rules, *check])


def _url(longest: int | None = LONGEST_URL, *, required: bool = False) -> fields.Field[Any]:
    return _text(longest, required=required, check=[_check_url])


def _word(*words: str, default: str | None = None, required: bool = False) -> fields.Field[Any]:
    rule = validate.OneOf(words, error=f"must be one of {', '.join(words)}")
    return Text(**_given(required, default), validate=rule)


def _method() -> fields.Field[Any]:
    return _word("GET", "POST", default="POST")


def _number(least: float = 0, most: float | None = None, default: float | None = None) -> fields.Field[Any]:
    return fields.Float(**_given(False, default), validate=_range(least, most))


def _whole(least: int, most: int, default: int | None = None) -> fields.Field[Any]:
    return WholeNumber(**_given(False, default), validate=_range(least, most))


def _flag(default: bool | None = None) -> fields.Field[Any]:
    return Flag(**_given(False, default))


def _range(least: float, most: float | None) -> Any:
    rule = f"must be at least {least:g}" if most is None else f"must be between {least:g} and {most:g}"
    return validate.Range(least, most, error=rule)


def _given(required: bool, default: object = None) -> dict[str, Any]:
    """Return the options of a field that must be given, or else has a default."""
    return {"required": True} if required else {"load_default": default}


def _check_url(url: str) -> None:
    if not url.lower().startswith(("http://", "https://")):
        raise ValidationError("only http and https are allowed.")
    try:
        absolute(url, url)
    except SimulationError as error:
        raise ValidationError(f"must be a URL. {error}") from None


def _check_called(number: str) -> None:
    if not _CALLED.fullmatch(number):
        raise ValidationError("must be an E164 telephone number or a SIP URI")


def _check_caller(number: str) -> None:
    if not _E164.fullmatch(number):
        raise ValidationError("must be an E164 telephone number")


def _check_display_name(name: str) -> None:
    try:
        check_presentation(5, False, name, None)
    except SimulationError as error:
        raise ValidationError(str(error).removeprefix("display_name ")) from None


def _check_uui(uui: str) -> None:
    if any(len(value.partition(";")[0]) > _LONGEST_UUI for value in uui.split(",")):
        raise ValidationError(f"must have at most {_LONGEST_UUI} characters in each value")
    try:
        check_presentation(5, False, None, uui)
    except SimulationError as error:
        raise ValidationError(str(error).removeprefix("uui ")) from None


# -- Requests ------------------------------------------------------------------------------------------------


class Model(marshmallow.Schema):
    """Base of all models: attributes in Python's spelling, properties in Bandwidth's."""

    class Meta:
        unknown = marshmallow.EXCLUDE
        register = False

    error_messages = {"type": "must be a JSON object"}  # noqa: RUF012  # marshmallow's own way

    @marshmallow.pre_load
    def _leave_out_null(self, data: Any, **kwargs: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None}

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.data_key = "from" if field_name == "var_from" else camel_case(field_name)
        field_obj.error_messages = _MESSAGES.get(type(field_obj), {}) | {
            "required": "is required",
            "null": "is required",
        }


_MESSAGES: Mapping[type[fields.Field[Any]], dict[str, Any]] = {
    Text: {"invalid": "must be text", "invalid_utf8": "must be Unicode text"},
    fields.Float: {
        "invalid": "must be a number",
        "too_large": "must be a number",
        "special": "must be a number",
    },
    WholeNumber: {"invalid": "must be a whole number", "too_large": "must be a whole number"},
    Flag: {"invalid": "must be true or false"},
    fields.List: {"invalid": "must be an array"},
    fields.Nested: {"type": "must be a JSON object"},
    UTCDateTime: {
        "invalid": "must be a time such as 2026-01-05T15:00:00Z",
        "invalid_awareness": "must be a time",
        "format": "must be a time",
    },
}


class _Pair(Model):
    """The credentials that Bandwidth shows at the URLs of the same request."""

    username = _text(LONGEST_CREDENTIAL)
    password = _text(LONGEST_CREDENTIAL)

    @validates_schema
    def _check_pair(self, data: dict[str, Any], **kwargs: Any) -> None:
        _check_pair(data, "username", "password")


class _Pairs(_Pair):
    """Those, and the ones for its fallback URLs."""

    fallback_username = _text(LONGEST_CREDENTIAL)
    fallback_password = _text(LONGEST_CREDENTIAL)

    @validates_schema
    def _check_fallback_pair(self, data: dict[str, Any], **kwargs: Any) -> None:
        _check_pair(data, "fallback_username", "fallback_password")


def _check_pair(data: dict[str, Any], username: str, password: str) -> None:
    given = (data[username], data[password])
    if given != (None, None):
        fault = read_pair(given)
        if isinstance(fault, str):
            raise ValidationError(f"with {camel_case(password)}, {fault}", camel_case(username))


class MachineDetectionModel(_Pairs):
    """``machineDetection`` of createCall."""

    mode = _word("sync", "async", default="async")
    detection_timeout = _number(default=15)
    silence_timeout = _number(default=10)
    speech_threshold = _number(default=10)
    speech_end_threshold = _number(default=5)
    machine_speech_end_threshold = _number()
    delay_result = _flag(default=False)
    callback_url = _url()
    callback_method = _method()
    fallback_url = _url()
    fallback_method = _method()


class CreateCall(_Pairs):
    """The body of createCall."""

    to = _text(required=True, check=[_check_called])
    var_from = _text(required=True, check=[_check_caller])
    privacy = _flag(default=False)
    display_name = _text(check=[_check_display_name])
    uui = _text(check=[_check_uui])
    application_id = _text(required=True)
    answer_url = _url(required=True)
    answer_method = _method()
    answer_fallback_url = _url()
    answer_fallback_method = _method()
    disconnect_url = _url()
    disconnect_method = _method()
    call_timeout = _number(1, 300, default=30)
    callback_timeout = _number(1, 25)
    machine_detection = fields.Nested(MachineDetectionModel, load_default=None)
    priority = _whole(1, 5, default=5)
    tag = _text(LONGEST_TAG)


class _Redirect(_Pairs):
    """What updateCall and updateConference have in common."""

    state_name: ClassVar[str]
    """The property that says whether it goes on."""
    redirect_url = _url()
    redirect_method = _method()
    redirect_fallback_url = _url()
    redirect_fallback_method = _method()

    @validates_schema(pass_original=True)
    def _check_state(self, data: dict[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        if data[self.state_name] == "active":
            if data["redirect_url"] is None:
                raise ValidationError(f"is required unless {self.state_name} is completed", "redirectUrl")
            return
        # Not the methods: the SDK always sends these.
        for name in ("redirectUrl", "redirectFallbackUrl"):
            if original.get(name) is not None:
                raise ValidationError(f"must not be given when {self.state_name} is completed", name)


class UpdateCall(_Redirect):
    """The body of updateCall."""

    state_name = "state"
    state = _word("active", "completed", default="active")
    tag = _text(LONGEST_TAG)


class UpdateConference(_Redirect):
    """The body of updateConference."""

    state_name = "status"
    status = _word("active", "completed", default="active")


class UpdateConferenceMember(Model):
    """The body of updateConferenceMember. What is left out stays as it is."""

    mute = _flag()
    hold = _flag()
    call_ids_to_coach = fields.List(Text(), load_default=None)


class UpdateCallRecording(Model):
    """The body of updateCallRecordingState."""

    state = _word("paused", "recording", required=True)


class TranscribeRecording(_Pair):
    """The body of transcribeCallRecording."""

    callback_url = _url(None)
    callback_method = _method()
    tag = _text()
    callback_timeout = _number(1, 25)
    detect_language = _flag()


def pair(body: Mapping[str, Any], prefix: str = "") -> tuple[str, str] | None:
    """Return the credentials in a body, None if it has none.

    :param prefix: ``fallback_`` for those of its fallback URLs.
    """
    username = body[f"{prefix}username"]
    return None if username is None else (username, body[f"{prefix}password"])


# -- Queries -------------------------------------------------------------------------------------------------


def _time() -> fields.Field[Any]:
    return UTCDateTime(load_default=None)


class _Page(Model):
    """A query for a list that comes in pages."""

    page_token = _text()


class ListConferences(_Page):
    """The query of listConferences."""

    name = _text()
    min_created_time = _time()
    max_created_time = _time()
    page_size = _whole(1, 1000, default=1000)


class ListRecordings(Model):
    """The query of listAccountCallRecordings."""

    to = _text()
    var_from = _text()
    min_start_time = _time()
    max_start_time = _time()


class ListCalls(_Page):
    """The query of listCalls."""

    to = _text()
    var_from = _text()
    min_start_time = _time()
    max_start_time = _time()
    disconnect_cause = _text()
    page_size = _whole(1, 10000, default=1000)


# -- Responses -----------------------------------------------------------------------------------------------


class Response(Model):
    """Base of the models of responses, which leave out what is None."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        value = super().get_attribute(obj, attr, default)
        return marshmallow.missing if value is None else value


class _Hidden(Text):
    """A password, which is shown as asterisks."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "*" * 8


class CreateCallResponse(Response):
    """The response of createCall, written from its request and the call that was made."""

    application_id = Text()
    account_id = Text()
    call_id = Text()
    call_url = Text()
    to = Text()
    var_from = Text()
    enqueued_time = UTCDateTime()
    call_timeout = fields.Float()
    callback_timeout = fields.Float()
    tag = Text()
    answer_method = Text()
    answer_url = Text()
    answer_fallback_method = Text()
    answer_fallback_url = Text()
    disconnect_method = Text()
    disconnect_url = Text()
    username = Text()
    password = _Hidden()
    fallback_username = Text()
    fallback_password = _Hidden()
    priority = WholeNumber()


class CallState(Response):
    """The state of a call, written from the call."""

    application_id = Text()
    account_id = Text()
    call_id = Text()
    parent_call_id = Text(attribute="parent.call_id")
    to = Text()
    var_from = Text()
    direction = Text()
    state = Text()
    stir_shaken = fields.Raw()
    enqueued_time = UTCDateTime()
    start_time = UTCDateTime()
    answer_time = UTCDateTime()
    end_time = UTCDateTime()
    disconnect_cause = Text(attribute="cause")
    error_message = Text()
    error_id = Text()
    last_update = UTCDateTime()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        is_ahead = attr == "start_time" and obj.state == "queued"
        return marshmallow.missing if is_ahead else super().get_attribute(obj, attr, default)


class ConferenceMemberModel(Response):
    """How a call takes part in a conference, written from the member."""

    call_id = Text(attribute="call.call_id")
    conference_id = Text(attribute="conference.conference_id")
    member_url = Text()
    mute = fields.Boolean()
    hold = fields.Boolean()
    call_ids_to_coach = fields.Function(lambda member: sorted(member.coached))


class ConferenceModel(Response):
    """A conference, written from it."""

    id = Text(attribute="conference_id")
    name = Text()
    created_time = UTCDateTime()
    completed_time = UTCDateTime()
    conference_event_url = Text(attribute="events.url")
    conference_event_method = Text(attribute="events.method")
    tag = Text()
    active_members = fields.Function(
        lambda conference: ConferenceMemberModel().dump(list(conference.members.values()), many=True)
    )


class _Recording(Response):
    """What recordings of calls and of conferences have in common, written from their event properties."""

    account_id = Text()
    recording_id = Text()
    recording_name = Text()
    duration = Text()
    channels = WholeNumber()
    start_time = Text()
    end_time = Text()
    file_format = Text()
    status = Text()
    media_url = Text()


class ConferenceRecordingMetadata(_Recording):
    """A recording of a conference."""

    conference_id = Text()
    name = Text()


class CallRecordingMetadata(_Recording):
    """A recording of a call."""

    application_id = Text()
    call_id = Text()
    parent_call_id = Text()
    to = Text()
    var_from = Text()
    transfer_caller_id = Text()
    transfer_to = Text()
    direction = Text()
    transcription = fields.Raw()


class _Spoken(Response):
    speaker = WholeNumber()
    text = Text()
    confidence = fields.Float()


class _Clip(_Spoken):
    start_time_seconds = fields.Float()
    end_time_seconds = fields.Float()


class RecordingTranscriptions(Response):
    """The words of a recording."""

    transcripts = fields.List(fields.Nested(_Spoken))
    clips = fields.List(fields.Nested(_Clip))


class CallTranscriptionMetadata(Response):
    """A live transcription, written from it."""

    transcription_id = Text()
    transcription_name = Text()
    transcription_url = Text()


class _Track(Response):
    detected_language = Text()
    track = Text()
    transcript = Text()
    confidence = fields.Float()


class CallTranscriptionResponse(Response):
    """The words of a live transcription."""

    account_id = Text()
    call_id = Text()
    transcription_id = Text()
    tracks = fields.List(fields.Nested(_Track))


class AccountStatistics(Response):
    """The queue of an account."""

    current_call_queue_size = WholeNumber()
    max_call_queue_size = WholeNumber()
