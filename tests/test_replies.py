"""From what a handler returned to the reply: valid and invalid values, None, and the checks."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bandwidth.models import bxml as sdk
from flask import Flask, Response, abort, make_response
from werkzeug.test import TestResponse

from flask_bandwidth_callbacks import (
    Callback,
    CallbackBlueprint,
    ConferenceMemberJoinCallback,
    GatherCallback,
    InitiateCallback,
    InvalidBXML,
    TransferAnswerCallback,
    bxml,
)
from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Forward,
    Hangup,
    PauseRecording,
    PhoneNumber,
    PlayAudio,
    Redirect,
    SpeakSentence,
    StartRecording,
    StartStream,
    StopStream,
    Transfer,
)
from flask_bandwidth_callbacks.events import EVENT_CLASSES

Call = Callable[..., TestResponse]

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
HANGUP = "<Response><Hangup/></Response>"


def name_of(value: Any) -> str:
    """Return the name of a parameter, the same in each process that runs a part of the tests."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))[:60]


@pytest.fixture
def returns(phone: CallbackBlueprint, call: Call) -> Callable[..., TestResponse]:
    """Return a function that sends an event whose responder, ``handler``, returns a given value."""

    def reply(returned: Any, event_type: str = "initiate") -> TestResponse:
        def handler(event: Callback) -> Any:
            return returned

        phone.respond(event_type)(handler)
        return call(event_type)

    return reply


# -- What a responder may return ---------------------------------------------------------------------------


class Own:
    """An object of the application that writes itself as BXML."""

    def __init__(self, written: Any) -> None:
        self.written = written

    def to_bxml(self) -> Any:
        return self.written


@pytest.mark.parametrize(
    ("returned", "verbs"),
    [
        (Hangup(), [Hangup()]),
        ([SpeakSentence("Hi"), Hangup()], [SpeakSentence("Hi"), Hangup()]),
        ((SpeakSentence("Hi"), Hangup()), [SpeakSentence("Hi"), Hangup()]),
        ([], []),
        (bxml.Response(Hangup()), [Hangup()]),
        (bxml.Response(), []),
        (HANGUP, [Hangup()]),
        (f"{DECLARATION}\n{HANGUP}", [Hangup()]),
        (f"\ufeff{DECLARATION}{HANGUP}", [Hangup()]),
        (f"\n  {HANGUP}\n", [Hangup()]),
        (HANGUP.encode(), [Hangup()]),
        (b"\xef\xbb\xbf" + HANGUP.encode(), [Hangup()]),
        (
            "<Response><SpeakSentence>gr\u00fc\u00df Gott</SpeakSentence></Response>",
            [SpeakSentence("grüß Gott")],
        ),
        (Own("<Hangup/>"), [Hangup()]),
        (Own(HANGUP), [Hangup()]),
        (Own(f"{DECLARATION}{HANGUP}"), [Hangup()]),
        ([Own("<Hangup/>")], [Hangup()]),
        ([Own("<Hangup/>"), SpeakSentence("Hi")], [Hangup(), SpeakSentence("Hi")]),
        (sdk.Hangup(), [Hangup()]),
        (sdk.SpeakSentence("a < b & c"), [SpeakSentence("a < b & c")]),
        ([sdk.SpeakSentence("Hi"), sdk.Hangup()], [SpeakSentence("Hi"), Hangup()]),
        ([SpeakSentence("Hi"), sdk.Hangup()], [SpeakSentence("Hi"), Hangup()]),
        (sdk.Response([sdk.SpeakSentence("Hi"), sdk.Hangup()]), [SpeakSentence("Hi"), Hangup()]),
        (sdk.Response(), []),
        (Response(HANGUP, mimetype="application/xml"), [Hangup()]),
        (Response(HANGUP, mimetype="text/xml"), [Hangup()]),
    ],
    ids=name_of,
)
def test_what_a_responder_may_return(returns: Call, returned: Any, verbs: list[bxml.Verb]) -> None:
    """Verbs, sequences, documents, strings, bytes, objects with to_bxml() and responses are replies."""
    response = returns(returned)
    assert response.status_code == 200
    assert bxml.parse(response.data) == bxml.Response(*verbs)


@pytest.mark.parametrize(
    "returned", [Hangup(), [], HANGUP, HANGUP.encode(), sdk.Hangup(), Own(HANGUP)], ids=name_of
)
def test_answers_are_xml_in_utf_8(returns: Call, returned: Any) -> None:
    """A reply is application/xml in UTF-8, with status 200."""
    response = returns(returned)
    assert (response.status, response.headers["Content-Type"]) == ("200 OK", "application/xml; charset=utf-8")


def test_text_is_sent_as_it_was_written(returns: Call) -> None:
    """A document that the application wrote as a string is sent unchanged."""
    document = "<Response> <!-- mine --> <Hangup></Hangup> </Response>"
    assert returns(document).text == document


def test_text_that_utf_8_cannot_hold(returns: Call) -> None:
    """Half a surrogate pair in a string becomes a question mark, and the reply is sent."""
    response = returns("<Response><SpeakSentence>\ud83d</SpeakSentence></Response>")
    assert bxml.parse(response.data) == bxml.Response(SpeakSentence("?"))


def test_flask_response_is_sent_as_it_is(phone: CallbackBlueprint, call: Call) -> None:
    """A Flask response keeps its status and its headers."""

    @phone.respond(InitiateCallback)
    def refuse(event: InitiateCallback) -> Response:
        return make_response("<p>Down for <b>today", 503, {"Retry-After": "60"})

    response = call("initiate")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert response.text == "<p>Down for <b>today"


def test_streamed_response_is_not_looked_into(phone: CallbackBlueprint, call: Call) -> None:
    """A stream can be read only once, so it is sent unchecked."""

    def stream() -> Iterator[bytes]:
        yield b"<Response>"
        yield b"</Response>"

    phone.respond(InitiateCallback)(lambda event: Response(stream(), mimetype="application/xml"))
    assert call("initiate").data == b"<Response></Response>"


def test_responder_may_abort(phone: CallbackBlueprint, call: Call) -> None:
    """abort() works in a responder as in a view."""
    phone.respond(InitiateCallback)(lambda event: abort(503))
    assert call("initiate").status_code == 503


# -- None --------------------------------------------------------------------------------------------------

ANSWERED = {name: event for name, event in EVENT_CLASSES.items() if event.reply.awaited}
CONFERENCE = ["conferenceCreated", "conferenceMemberJoin", "conferenceMemberExit", "conferenceRedirect"]
NOTHING_TO_ADD = ["transferAnswer", "referComplete"]
REQUIRED = sorted(ANSWERED.keys() - {*CONFERENCE, *NOTHING_TO_ADD})


def test_answered_events() -> None:
    """The answered events are those of the documentation, and the tests below cover each."""
    assert [*REQUIRED] == [
        "answer",
        "bridgeComplete",
        "bridgeTargetComplete",
        "gather",
        "initiate",
        "recordComplete",
        "recordingComplete",
        "redirect",
        "transferComplete",
    ]


@pytest.mark.parametrize("event_type", REQUIRED)
def test_none_for_an_event_that_needs_an_answer(returns: Call, event_type: str) -> None:
    """A forgotten return raises an error that names the handler, the event and the remedy."""
    with pytest.raises(TypeError) as refused:
        returns(None, event_type)
    message = str(refused.value)
    assert re.match(
        rf"returns\.<locals>\..*handler \(test_replies.py:\d+\) returned None for '{event_type}'", message
    )
    assert "Return a verb, a list of verbs" in message
    assert "bxml.Response() hangs up on purpose" in message


@pytest.mark.parametrize("event_type", NOTHING_TO_ADD)
def test_none_as_an_empty_document(returns: Call, event_type: str) -> None:
    """For transferAnswer and referComplete, None becomes an empty document."""
    response = returns(None, event_type)
    assert response.status_code == 200
    assert bxml.parse(response.data) == bxml.Response()


@pytest.mark.filterwarnings("ignore::flask_bandwidth_callbacks.BandwidthCallbacksWarning")
@pytest.mark.parametrize("event_type", [*CONFERENCE, "tomorrow"])
def test_none_as_no_content(returns: Call, event_type: str) -> None:
    """For conference events and unknown events, None becomes 204 without a body."""
    response = returns(None, event_type)
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize("event_type", sorted(EVENT_CLASSES.keys() - ANSWERED.keys()))
def test_notifications_get_no_content(phone: CallbackBlueprint, call: Call, event_type: str) -> None:
    """A notification gets 204 without a body, with and without subscribers."""
    heard: list[Callback] = []
    phone.on(event_type)(heard.append)
    response = call(event_type)
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers
    assert len(heard) == 1


@pytest.mark.parametrize("event_type", [*CONFERENCE, "tomorrow", "disconnect"])
def test_events_that_need_no_responder(call: Call, event_type: str) -> None:
    """Conference events, unknown events and notifications get 204 without a responder."""
    response = call(event_type)
    assert (response.status_code, response.data) == (204, b"")


@pytest.mark.parametrize("event_type", [*REQUIRED, *NOTHING_TO_ADD])
def test_missing_responder(call: Call, event_type: str) -> None:
    """An answered event without a responder gets 404, as a problem document that names the event."""
    response = call(event_type)
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.get_json()["detail"] == f"No responder for '{event_type}' at this URL."


# -- White space before a document ---------------------------------------------------------------------------

DECLARED = f"{DECLARATION}\n{HANGUP}"


@pytest.mark.parametrize("space", ["\n", " \r\n\t", "\ufeff", "\ufeff\n", "\n\ufeff\n"])
@pytest.mark.parametrize(
    "wrap",
    [
        str,
        str.encode,
        Own,
        lambda text: [Own(text)],
        lambda text: Response(text, mimetype="application/xml"),
        lambda text: Response(text, mimetype="text/xml"),
    ],
    ids=["str", "bytes", "object", "list", "response", "response of another type"],
)
def test_white_space_before_a_document_is_not_sent(
    returns: Call, wrap: Callable[[str], Any], space: str
) -> None:
    """A document of a template that begins with an empty line is sent without it, and so is well-formed."""
    response = returns(wrap(space + DECLARED))
    assert response.get_data(as_text=True) == DECLARED
    assert response.content_length == len(DECLARED)


@pytest.mark.parametrize(
    ("response", "body"),
    [
        (Response(f"\n{DECLARED}", 503, mimetype="application/xml"), f"\n{DECLARED}"),
        (Response(f"\n{HANGUP}", mimetype="application/xml"), f"\n{HANGUP}"),
        (Response(iter(["\n", DECLARED]), mimetype="application/xml"), f"\n{DECLARED}"),
    ],
    ids=["another status", "no declaration", "a stream"],
)
def test_other_responses_keep_every_byte(returns: Call, response: Response, body: str) -> None:
    """A response with another status, one without an XML declaration and a stream are sent unchanged."""
    assert returns(response).get_data(as_text=True) == body


STREAM = StartStream(destination="wss://example.com", name="s", mode="bidirectional")


@pytest.mark.parametrize("returned", [STREAM, [STREAM], bxml.Response(STREAM).to_bxml()])
def test_a_document_that_ends_by_accident_is_found(returns: Call, returned: Any) -> None:
    """A bidirectional stream that nothing waits for is a fault of a reply, whatever made the document."""
    with pytest.raises(InvalidBXML, match=r"StopStream\(name='s', wait=True\)"):
        returns(returned)


@pytest.mark.parametrize(
    ("returned", "event_type"),
    [([STREAM, StopStream(name="s", wait=True)], "initiate"), (STREAM, "transferAnswer")],
)
def test_a_stream_that_goes_on_is_not_a_fault(returns: Call, returned: Any, event_type: str) -> None:
    """A reply that waits for the stream is fine, and one to transferAnswer, after which the call goes on."""
    assert returns(returned, event_type).status_code == 200


# -- Invalid replies ---------------------------------------------------------------------------------------


async def coroutine() -> None: ...


@pytest.mark.parametrize(
    ("returned", "shown"),
    [
        (7, "7"),
        (True, "True"),
        (0, "0"),
        ("", "''"),
        ("Hello", "'Hello'"),
        ("Hello <Response/>", "'Hello <Response/>'"),
        (b"", "b''"),
        ("<Response/>".encode("utf-16"), "b'"),
        (bytearray(b"<Response/>"), "bytearray(b'<Response/>')"),
        ({}, "{}"),
        ({"verbs": [Hangup()]}, "{'verbs': [Hangup()]}"),
        ({Hangup()}, "{Hangup()}"),
        ((verb for verb in [Hangup()]), "<generator object"),
        (Hangup, "<class"),
        (coroutine, "<function coroutine"),
        (("<Response/>", 503), "('<Response/>', 503)"),
        ([Hangup(), 7], "[Hangup(), 7]"),
        ([Hangup(), None], "[Hangup(), None]"),
        ([Hangup], "[<class"),
        ([[Hangup()]], "[[Hangup()]]"),
        (InitiateCallback(), "InitiateCallback(event_type='initiate')"),
        (Own(None), "<test_replies.Own object"),
        (Own(b"<Response/>"), "<test_replies.Own object"),
        ([Own(7), Hangup()], "[<test_replies.Own object"),
        ("x" * 1000, f"'{'x' * 79}... (str)"),
    ],
    ids=name_of,
)
def test_invalid_reply(returns: Call, returned: Any, shown: str) -> None:
    """An invalid reply raises a TypeError with the handler, the value, the event and the valid types."""
    with pytest.raises(TypeError) as refused:
        returns(returned)
    message = str(refused.value)
    shown = shown.replace("test_replies.", f"{__name__}.")
    assert re.match(r"returns\.<locals>\..*handler \(test_replies.py:\d+\) returned ", message)
    assert f"returned {shown}" in message
    assert "for 'initiate'" in message
    assert "a verb, a list of verbs, a bxml.Response" in message
    assert len(message) < 600


@pytest.mark.parametrize("returned", [None, 7, "<Response", {"a": 1}, ("<Response/>", 503)], ids=repr)
def test_invalid_reply_is_a_500(app: Flask, returns: Call, returned: Any) -> None:
    """In production an invalid reply gives 500, so that Bandwidth goes to its fallback URL."""
    app.config.update(TESTING=False, BANDWIDTH_CALLBACKS_CHECK_BXML=True)
    assert returns(returned).status_code == 500


def secretive(event: Callback, password: str) -> Any:
    return 7


def test_message_names_the_function_of_a_partial(phone: CallbackBlueprint, call: Call) -> None:
    """A partial is named by its function in messages, which do not show its arguments."""
    phone.respond(InitiateCallback)(functools.partial(secretive, password="s3cret"))
    with pytest.raises(TypeError, match=r"^secretive \(test_replies.py:\d+\) returned 7") as refused:
        call("initiate")
    assert "s3cret" not in str(refused.value)


# -- The checks --------------------------------------------------------------------------------------------

FAULTY = [
    ("initiate", "<Response><Hangup></Response>", "not well-formed XML"),
    ("initiate", "<Response/><Response/>", "not well-formed XML"),
    ("initiate", b"<Response><SpeakSentence>\xff</SpeakSentence></Response>", "not well-formed XML"),
    (
        "initiate",
        '<?xml version="1.0" encoding="ISO-8859-1"?><Response><Tag>é</Tag></Response>'.encode("latin-1"),
        "the document must be UTF-8, got a stray byte at position 58",
    ),
    ("initiate", "<html/>", "the document must be a Response or a Bxml, not <html>"),
    ("initiate", "<!DOCTYPE x><Response/>", "a document type declaration is not allowed"),
    (
        "initiate",
        '<Response><Gather maxDigits="0"/></Response>',
        'Gather maxDigits="0": must be from 1 to 50',
    ),
    ("initiate", "<Response><Redirect/></Response>", "Redirect redirectUrl: must be given"),
    ("initiate", "<Response>Hello</Response>", "Response cannot hold text"),
    ("initiate", "<Bxml><Hangup/></Bxml>", "the root of a reply must be Response"),
    ("initiate", bxml.Bxml(Hangup()), "the root of a reply must be Response"),
    ("initiate", PhoneNumber("+1555"), "Response cannot hold PhoneNumber, which belongs in Transfer"),
    ("initiate", Own("<Hangup>"), "not well-formed XML"),
    ("initiate", sdk.Gather(max_digits=0), 'Gather maxDigits="0": must be from 1 to 50'),
    ("initiate", Response("<Hangup", mimetype="application/xml"), "not well-formed XML"),
    (
        "initiate",
        Response(HANGUP),
        "the Content-Type must be application/xml; charset=utf-8, got text/html",
    ),
    ("initiate", Response("", mimetype="application/xml"), "not well-formed XML"),
    ("initiate", [SpeakSentence("x" * 2000)] * 40, "the document must have at most 65536 bytes, got"),
    (
        "initiate",
        f"<Response>{' ' * 65536}</Response>",
        "the document must have at most 65536 bytes, got 65557",
    ),
    ("conferenceMemberJoin", Hangup(), "Hangup cannot stand in the reply to a conference event"),
    ("conferenceCreated", HANGUP, "Hangup cannot stand in the reply to a conference event"),
    (
        "conferenceRedirect",
        [SpeakSentence("Hi"), sdk.Hangup()],
        "Hangup cannot stand in the reply to a conference",
    ),
    (
        "transferAnswer",
        Transfer(PhoneNumber("+1555")),
        "Transfer cannot stand in the reply to transferAnswer",
    ),
    ("transferAnswer", [Bridge("c-2")], "Bridge cannot stand in the reply to transferAnswer"),
    ("transferAnswer", Conference("room"), "Conference cannot stand in the reply to transferAnswer"),
    ("transferAnswer", Forward(to="+1555"), "Forward cannot stand in the reply to transferAnswer"),
    (
        "initiate",
        '<Response><Redirect redirectUrl="/phone/"/></Response>',
        "without the credentials that it",
    ),
    (
        "initiate",
        Redirect(redirect_url="/phone/"),
        "Redirect redirect_url='/phone/' leads to a CallbackBlueprint",
    ),
    ("initiate", sdk.Redirect(redirect_url="/phone/"), "without the credentials that it requires"),
]
faulty = pytest.mark.parametrize(
    ("event_type", "returned", "fault"), FAULTY, ids=[f"{event}-{fault[:40]}" for event, _, fault in FAULTY]
)


@faulty
def test_checked_answers(app: Flask, returns: Call, event_type: str, returned: Any, fault: str) -> None:
    """With the checks on, a fault of any reply raises an error with the handler, the event and the rule."""
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = True
    with pytest.raises(InvalidBXML) as refused:
        returns(returned, event_type)
    message = str(refused.value)
    assert re.match(
        rf"returns\.<locals>\..*handler \(test_replies.py:\d+\) replies to '{event_type}': ", message
    )
    assert fault in message


@faulty
def test_unchecked_answers(
    app: Flask, returns: Call, caplog: pytest.LogCaptureFixture, event_type: str, returned: Any, fault: str
) -> None:
    """With the checks off, invalid BXML is sent, and its fault is logged with the call."""
    app.config["BANDWIDTH_CALLBACKS_CHECK_BXML"] = False
    response = returns(returned, event_type)
    assert response.status_code == 200
    found = [record for record in caplog.records if fault in record.getMessage()]
    assert [(one.name, one.levelno) for one in found] == [("flask_bandwidth_callbacks", logging.ERROR)]
    assert f"replies to '{event_type}': " in found[0].getMessage()
    assert vars(found[0])["event_type"] == event_type
    assert vars(found[0])["call_id"] == (None if event_type.startswith("conference") else "c-1")


@pytest.mark.parametrize(
    ("config", "checked"),
    [
        ({"TESTING": True}, True),
        ({"DEBUG": True}, True),
        ({}, False),
        ({"BANDWIDTH_CALLBACKS_CHECK_BXML": None}, False),
        ({"BANDWIDTH_CALLBACKS_CHECK_BXML": True}, True),
        ({"BANDWIDTH_CALLBACKS_CHECK_BXML": False, "TESTING": True, "DEBUG": True}, False),
        ({"BANDWIDTH_CALLBACKS_CHECK_BXML": None, "TESTING": True}, True),
    ],
)
def test_when_answers_are_checked(app: Flask, returns: Call, config: dict[str, Any], checked: bool) -> None:
    """The checks follow the setting; without it they are on in debug and testing."""
    app.config.update({"TESTING": False, "PROPAGATE_EXCEPTIONS": False, **config})
    assert returns("<Response><Hangup></Response>").status_code == (500 if checked else 200)


def test_every_fault_is_named(returns: Call) -> None:
    """An error names every fault of a reply."""
    with pytest.raises(InvalidBXML) as refused:
        returns([Hangup(), Redirect(redirect_url="/phone/")], "conferenceMemberJoin")
    assert [fault.partition("': ")[2].partition(" ")[0] for fault in refused.value.faults] == [
        "Hangup",
        "Redirect",
        "Redirect",
    ]


def test_password_is_not_shown_in_a_fault(returns: Call) -> None:
    """A fault of a document with credentials does not show them."""
    document = '<Response><Gather gatherUrl="/phone/" username="bandwidth" password="wr0ng"/></Response>'
    with pytest.raises(InvalidBXML) as refused:
        returns(document)
    assert "wr0ng" not in str(refused.value)


@pytest.mark.parametrize(
    ("event_type", "returned"),
    [
        (
            "conferenceMemberJoin",
            [SpeakSentence("Hi"), PlayAudio("https://a.example/b.wav"), PauseRecording()],
        ),
        ("conferenceMemberJoin", StartRecording()),
        ("conferenceRedirect", "<Response/>"),
        ("transferAnswer", [SpeakSentence("Hi"), Hangup()]),
        ("initiate", f"<Response>{' ' * (65536 - 21)}</Response>"),
        (
            "initiate",
            '<Response><Redirect redirectUrl="/phone/" username="bandwidth" password="s3cret"/></Response>',
        ),
        ("initiate", '<Response><Redirect redirectUrl="https://elsewhere.example/phone/"/></Response>'),
    ],
    ids=name_of,
)
def test_faultless_answers(
    returns: Call, caplog: pytest.LogCaptureFixture, event_type: str, returned: Any
) -> None:
    """A valid reply passes the checks, and nothing is logged."""
    assert returns(returned, event_type).status_code == 200
    assert caplog.records == []


def test_what_is_not_known_is_sent(returns: Call, caplog: pytest.LogCaptureFixture) -> None:
    """Unknown verbs and attributes are sent unchanged and logged."""
    document = '<Response><Whisper to="all"/><Hangup loud="true"/></Response>'
    assert returns(document).text == document
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "<Whisper> is not a known element" in told[0]
    assert "loud is not a known attribute of Hangup" in told[1]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert {vars(record)["call_id"] for record in caplog.records} == {"c-1"}


def test_own_classes_of_verbs(phone: CallbackBlueprint, call: Call) -> None:
    """A verb class of the application works like the class that it derives from."""

    class Greeting(SpeakSentence):
        def __init__(self, name: str) -> None:
            super().__init__(f"Hello {name}")

    phone.respond(InitiateCallback)(lambda event: Greeting("Ann"))
    assert bxml.parse(call("initiate").data) == bxml.Response(SpeakSentence("Hello Ann"))


@pytest.mark.parametrize("event", [ConferenceMemberJoinCallback, TransferAnswerCallback, GatherCallback])
def test_get_callbacks_are_answered_alike(
    app: Flask, phone: CallbackBlueprint, event: type[Callback]
) -> None:
    """A callback gets the same reply by GET as by POST."""
    phone.respond(event)(lambda event: SpeakSentence("Hi"))
    app.register_blueprint(phone, url_prefix="/phone")
    payload = {"eventType": event.event_types[0], "callId": "c-1", "conferenceId": "conf-1"}
    client = app.test_client()
    got = client.get("/phone/", query_string=payload, auth=("bandwidth", "s3cret"))
    posted = client.post("/phone/", json=payload, auth=("bandwidth", "s3cret"))
    assert (got.status_code, got.data, got.headers) == (posted.status_code, posted.data, posted.headers)
