"""A call as a conversation: what was said, which callbacks were sent, what came back, and when."""

from __future__ import annotations

import pytest
from flask import Flask, Response

from flask_bandwidth_callbacks import (
    CallbackBlueprint,
    GatherCallback,
    InitiateCallback,
    TransferAnswerCallback,
    TransferCompleteCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Conference,
    Forward,
    Gather,
    Hangup,
    PhoneNumber,
    PlayAudio,
    Record,
    SpeakSentence,
    StartRecording,
    Transfer,
)
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from tests.simulator.conftest import Line

SALES, WORKSHOP = "+13035550141", "+13035550142"


@pytest.fixture
def call(app: Flask, phone: CallbackBlueprint) -> Call:
    """A call with a menu, a Transfer of two legs and a recording, whose last callback fails."""

    @phone.respond(InitiateCallback)
    def greet(call: InitiateCallback) -> Gather:
        return Gather(SpeakSentence("Press 1 for sales."), gather_url=menu, max_digits=1)

    @phone.respond(GatherCallback, "/menu")
    def menu(call: GatherCallback) -> Transfer:
        sales = PhoneNumber(SALES, transfer_answer_url=whisper)
        return Transfer(sales, PhoneNumber(WORKSHOP), transfer_complete_url=after, call_timeout=20)

    @phone.respond(TransferAnswerCallback, "/whisper")
    def whisper(call: TransferAnswerCallback) -> SpeakSentence:
        return SpeakSentence("A call.")

    @phone.respond(TransferCompleteCallback, "/after")
    def after(call: TransferCompleteCallback) -> Record:
        return Record(record_complete_url="/phone/nobody", username="bandwidth", password="s3cret")

    app.register_blueprint(phone, url_prefix="/phone")
    app.add_url_rule("/phone/nobody", view_func=lambda: ("", 404), methods=["POST"])
    bandwidth = SimulatedBandwidth(app)
    bandwidth.callee(SALES).answers(after=4)
    bandwidth.callee(WORKSHOP).is_busy()
    call = bandwidth.call("+13035550100", var_from="+13035550123")
    call.press("1")
    call.wait(5)
    call.speak("Hello", seconds=1)
    call.legs[0].speak("Yes?", seconds=1)
    call.legs[0].hang_up()
    call.speak("one two three", seconds=2)
    call.press("#")
    return call


def test_a_whole_call(call: Call) -> None:
    """Every line has its time, from the start to the end, lines about legs included."""
    assert (
        str(call)
        == f"""\
Call {call.call_id} from +13035550123 to +13035550100 (inbound)
     0.0  +13035550123 calls +13035550100
     0.0  initiate  POST https://localhost/phone/  200  <Gather gatherUrl="/phone/menu" maxDigits="1">\
<SpeakSentence>Press 1 for sales.</SpeakSentence></Gather>
     0.0  (answered)
     0.0  +13035550123 hears "Press 1 for sales."
     1.2  +13035550123 presses 1
     1.2  gather  POST https://localhost/phone/menu  200  <Transfer \
transferCompleteUrl="/phone/after" callTimeout="20"><PhoneNumber transferAnswerUrl="/phone/whisper">\
+13035550141</PhoneNumber><PhoneNumber>+13035550142</PhoneNumber></Transfer>
     1.2  (calls +13035550141)
     1.2  (calls +13035550142)
     1.2  (+13035550141: ringing)
     1.2  (+13035550142: ended: busy)
     1.3  +13035550123 waits 5 s
     5.2  (+13035550141: answered)
     5.2  transferAnswer  POST https://localhost/phone/whisper  200  <SpeakSentence>A call.</SpeakSentence>
     5.2  +13035550141 hears "A call."
     5.7  (+13035550141: talks with +13035550123)
     6.3  +13035550123 says "Hello"
     6.3  +13035550141 hears "Hello"
     7.3  +13035550141 says "Yes?"
     7.3  +13035550123 hears "Yes?"
     8.3  +13035550141 hangs up
     8.3  (+13035550141: ended: hangup)
     8.3  transferComplete  POST https://localhost/phone/after  200  \
<Record recordCompleteUrl="/phone/nobody"/>
     8.3  (recording)
     8.3  +13035550123 says "one two three"
    10.3  +13035550123 presses #
    10.3  recordComplete  POST https://localhost/phone/nobody  FAILED: status 404
    10.3  (ended: callback-error)
    10.3  disconnect  POST https://localhost/phone/  204
          disconnected, cause callback-error"""
    )


def test_a_leg(call: Call) -> None:
    """A leg is a call of its own, with its own times."""
    leg = call.legs[0]
    first, *lines, last = str(leg).splitlines()
    assert first == f"Call {leg.call_id} from +13035550123 to +13035550141 (outbound)"
    assert lines[0] == "     0.0  (+13035550141: ringing)"
    assert lines[-1] == "     7.1  (+13035550141: ended: hangup)"
    assert last == "          disconnected, cause hangup"


def test_a_call_at_a_glance(call: Call) -> None:
    """The representation of a call, as a debugger shows it, fits on one line."""
    assert repr(call) == (
        f"<Call {call.call_id} +13035550123 to +13035550100, disconnected: callback-error, 6 callbacks>"
    )


def test_one_of_anything(app: Flask, phone: CallbackBlueprint) -> None:
    """The representations of a simulation and a conference fit on one line, and count correctly."""
    phone.respond(InitiateCallback)(lambda call: Conference("room"))
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app)
    call = bandwidth.call()
    assert repr(bandwidth) == "<SimulatedBandwidth of https://localhost/, 1 call>"
    assert repr(call).endswith(", answered, 1 callback>")
    assert repr(bandwidth.conference("room")).endswith(", 1 member>")
    bandwidth.call()
    assert repr(bandwidth) == "<SimulatedBandwidth of https://localhost/, 2 calls>"
    assert repr(bandwidth.conference("room")).endswith(", 2 members>")


def test_callees_at_a_glance(app: Flask, phone: CallbackBlueprint) -> None:
    """The representation of a callee describes their behavior."""
    app.register_blueprint(phone)
    callee = SimulatedBandwidth(app).callee(SALES)
    assert repr(callee) == f"<Callee {SALES}, answers after 0 s>"
    assert (
        repr(callee.answers(after=3).hangs_up(60))
        == f"<Callee {SALES}, answers after 3 s, hangs up after 60 s>"
    )
    assert repr(callee.is_busy()) == f"<Callee {SALES}, busy>"
    assert repr(callee.rejects()) == f"<Callee {SALES}, rejected>"
    assert repr(callee.does_not_answer()) == f"<Callee {SALES}, does not answer>"


def test_audio_files(line: Line) -> None:
    """A file is not shown as if it were said."""
    greeting = PlayAudio("https://ann:t0psecret@files.example/hello.wav")
    assert "\n     0.0  +13035550123 hears the file https://***@files.example/hello.wav\n" in str(
        line(greeting).call()
    )


def test_time_after_the_end(line: Line) -> None:
    """On a call that is over waiting adds no line; a later callback has its time all the same."""
    call = line([StartRecording(recording_available_url="told"), SpeakSentence("Hello.")]).call()
    call.wait(10)
    shown = str(call)
    assert "waits" not in shown
    assert "recordingAvailable  POST https://localhost/phone/told  204" in shown


def test_before_anything_happened(app: Flask, phone: CallbackBlueprint) -> None:
    """A call that has just begun can be shown, for example within a handler."""
    shown: list[str] = []

    @phone.respond(InitiateCallback)
    def show(event: InitiateCallback) -> Hangup:
        shown.extend(map(str, bandwidth.calls))
        shown.extend(map(repr, bandwidth.calls))
        return Hangup()

    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    call = bandwidth.call("+1", var_from="+2")
    assert shown == [
        f"Call {call.call_id} from +2 to +1 (inbound)\n     0.0  +2 calls +1\n          initiated",
        f"<Call {call.call_id} +2 to +1, initiated, 0 callbacks>",
    ]


def test_why_a_call_ended(line: Line) -> None:
    """If no callback shows why a call ended, the line about its end does."""
    bandwidth = line([SpeakSentence("Hello."), Forward(to=SALES)])
    bandwidth.raise_errors = False
    call = bandwidth.call()
    assert "(ended: application-error, Forward is for inbound calls that are not answered yet)" in str(call)


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ("<Response/>", "(empty document)"),
        ("<?xml version='1.0'?>\n<Bxml>\n  <Hangup/>\n</Bxml>", "<Hangup/>"),
        (
            f"<Response><SpeakSentence>{'x' * 500}</SpeakSentence></Response>",
            f"<SpeakSentence>{'x' * 60}...</SpeakSentence>",
        ),
        (
            f"<Response><Gather><PlayAudio>/{'x' * 70}</PlayAudio></Gather><Hangup/></Response>",
            f"<Gather><PlayAudio>/{'x' * 59}...</PlayAudio></Gather><Hangup/>",
        ),
        (f"<Response>{'<Tag/>' * 500}</Response>", f"{'<Tag/>' * 333}<T..."),
        ("", ""),
    ],
)
def test_documents(document: str, shown: str) -> None:
    """The verbs of a document are shown on one line, all of them, with long texts cut."""
    app = Flask("host")
    app.add_url_rule("/", view_func=lambda: Response(document, mimetype="application/xml"), methods=["POST"])
    lines = str(SimulatedBandwidth(app, "/").call()).splitlines()
    assert lines[2] == f"     0.0  initiate  POST https://localhost/  200{'  ' if shown else ''}{shown}"


PASSWORD = "t0psecret"
PLAIN_URL = f"http://ann:{PASSWORD}@elsewhere.example/phone"


@pytest.mark.parametrize(
    "verbs",
    [
        f'<Redirect redirectUrl="/" username="ann" password="{PASSWORD}"/>',
        f"<Redirect redirectUrl='/' username='ann' password='{PASSWORD}'/>",
        f'<Redirect redirectUrl="/"\nfallbackPassword\n=\t"{PASSWORD}" fallbackUsername="ann" />',
        f'<StartStream destination="wss://ann" destinationUsername="ann" destinationPassword="{PASSWORD}"/>',
        f'<Redirect redirectUrl="{PLAIN_URL}"/>',
        f"<PlayAudio>{PLAIN_URL}</PlayAudio>",
        f'<Redirect redirectUrl="ftp://ann:{PASSWORD}@elsewhere.example/"/>',
        f'<Redirect password="{PASSWORD * 1000}"/>',
        f'<Redirect redirectUrl="/" password="{PASSWORD}" password="{PASSWORD}"/>',
        f'<Dance password="{PASSWORD}"/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_no_password_is_shown(verbs: str, encoding: str) -> None:
    """A password in a document is not shown, however it is written and whatever fails."""
    app = Flask("host")
    documents = iter([f"<?xml version='1.0' encoding='{encoding[:6]}'?><Response>{verbs}</Response>"])

    @app.post("/")
    def answer() -> Response:
        return Response(next(documents, "").encode(encoding), mimetype="application/xml")

    bandwidth = SimulatedBandwidth(app, "/", credentials=("ann", PASSWORD))
    shown = str(bandwidth.call())
    assert PASSWORD not in shown.replace("\0", "")
    assert PASSWORD not in repr(bandwidth.credentials)
    assert PASSWORD not in str([exchange.payload for exchange in bandwidth.exchanges])


def test_a_redirect_reply_shows_no_password(app: Flask) -> None:
    """A password in the target of a redirect, which the failure names, is not shown."""
    app.add_url_rule(
        "/", view_func=lambda: Response(status=302, headers={"Location": PLAIN_URL}), methods=["POST"]
    )
    call = SimulatedBandwidth(app, "/").call()
    assert "302: a redirect to 'http://***@elsewhere.example/phone' is not followed" in str(call)
    assert PASSWORD not in str([exchange.payload for exchange in call.exchanges])


def test_exchanges_keep_the_document(call: Call) -> None:
    """An exchange has the document as it was written, credentials included."""
    record = Record(record_complete_url="/phone/nobody", username="bandwidth", password="s3cret")
    assert record.to_bxml() in (call.exchanges[3].bxml or "")
