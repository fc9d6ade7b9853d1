"""From document to document: answering, Hangup, Redirect, Tag, URLs, changes over REST."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask

from flask_bandwidth_callbacks import Callback, CallbackBlueprint
from flask_bandwidth_callbacks.bxml import (
    ELEMENTS,
    Bridge,
    Bxml,
    Conference,
    Connect,
    Endpoint,
    Forward,
    Gather,
    Hangup,
    Pause,
    PauseRecording,
    PhoneNumber,
    PlayAudio,
    Record,
    Redirect,
    Refer,
    Response,
    ResumeRecording,
    Ring,
    SendDtmf,
    SipUri,
    SpeakSentence,
    StartGather,
    StartRecording,
    StartStream,
    StartTranscription,
    StopGather,
    StopRecording,
    StopStream,
    StopTranscription,
    Tag,
    Transfer,
    Verb,
)
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth, SimulationError
from tests.simulator.callbacks import all_told, events, timed, told
from tests.simulator.conftest import Line

ANN = "+13035550141"
NOT_ANSWERING = (
    Forward(to=ANN),
    Hangup(),
    Redirect(redirect_url="/phone/"),
    Ring(answer_call=False),
    Tag("x"),
)
ANSWERING = (
    Bridge("c-1"),
    Conference("room"),
    Connect(Endpoint("e-1")),
    Gather(),
    Pause(),
    PauseRecording(),
    PlayAudio("/x.wav"),
    Record(),
    Refer(SipUri("sip:ann@example.com")),
    ResumeRecording(),
    Ring(),
    Ring(answer_call=True),
    SendDtmf("1"),
    SpeakSentence("x"),
    StartGather(dtmf_url="/phone/"),
    StartRecording(),
    StartStream(destination="wss://example.com"),
    StartTranscription(),
    StopGather(),
    StopRecording(),
    StopStream(name="x"),
    StopTranscription(),
    Transfer(PhoneNumber(ANN)),
)


def named(verb: Verb) -> str:
    """Return the name of a verb, for the id of a test."""
    return type(verb).__name__


# -- What arrives --------------------------------------------------------------------------------------------


def test_call_arrives(line: Line) -> None:
    """initiate has both numbers, the caller's verified; it has no answer time and no tag yet."""
    call = line().call("+13035550111", var_from="+13035550199")
    initiate = dict(told(call.exchanges, "initiate"))
    assert initiate.pop("stirShaken")["attestationIndicator"] == "A"
    assert initiate.pop("sipCallId")
    assert initiate.pop("applicationId")
    assert initiate == {
        "eventType": "initiate",
        "eventTime": "2026-01-05T15:00:00.000Z",
        "accountId": "9900000",
        "to": "+13035550111",
        "from": "+13035550199",
        "direction": "inbound",
        "callId": call.call_id,
        "callUrl": f"https://voice.bandwidth.com/api/v2/accounts/9900000/calls/{call.call_id}",
        "startTime": "2026-01-05T15:00:00.000Z",
    }


@pytest.mark.parametrize(
    "caller", ["Private", "Restricted", "Unavailable", "Anonymous", "sip:ann@example.com"]
)
def test_caller_need_not_have_a_number(line: Line, caller: str) -> None:
    """The caller's number may be one of Bandwidth's four words for a withheld one."""
    call = line().call(var_from=caller)
    assert told(call.exchanges, "initiate")["from"] == caller


def test_more_is_told_if_there_is_more(line: Line) -> None:
    """Properties of initiate can be set and left out, and later events do not have them."""
    call = line().call(
        diversion={"origTo": "+13035550199"},
        sip_headers={"x-ticket": "7"},
        uui="YQ==;encoding=base64",
        stir_shaken=None,
    )
    initiate = told(call.exchanges, "initiate")
    assert initiate["diversion"] == {"origTo": "+13035550199"}
    assert initiate["sipHeaders"] == {"x-ticket": "7"}
    assert initiate["uui"] == "YQ==;encoding=base64"
    assert "stirShaken" not in initiate
    assert not {"diversion", "sipHeaders", "uui"} & told(call.exchanges, "disconnect").keys()


# -- Answering -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", NOT_ANSWERING, ids=named)
def test_verb_leaves_the_call_unanswered(line: Line, verb: Verb) -> None:
    """While only these verbs run, the call is not answered."""
    first = True

    def once(event: Callback) -> list[Verb]:
        nonlocal first
        verbs, first = ([verb] if first else []), False
        return verbs

    bandwidth = line(once)
    bandwidth.callee(ANN).is_busy()
    call = bandwidth.call()
    call.wait(10)
    assert call.state == "disconnected"
    assert "answerTime" not in told(call.exchanges, "disconnect")


@pytest.mark.parametrize("verb", ANSWERING, ids=named)
def test_verb_answers_the_call(line: Line, verb: Verb) -> None:
    """Every other verb answers an inbound call before it runs."""
    call = line(Tag("x"), Ring(answer_call=False, duration=3), verb, Pause()).call()
    assert call.answer_time is None
    call.wait(3)
    if call.cause is None:
        call.hang_up()
    disconnect = told(call.exchanges, "disconnect")
    assert disconnect["answerTime"] == "2026-01-05T15:00:03.000Z"
    assert disconnect["startTime"] == "2026-01-05T15:00:00.000Z"


def test_no_verb_is_forgotten() -> None:
    """The two lists hold every verb of the table."""
    verbs = {verb for verb in ELEMENTS.values() if issubclass(verb, Verb)}
    assert {type(verb) for verb in (*NOT_ANSWERING, *ANSWERING)} == verbs


@pytest.mark.parametrize("document", [Response(), Hangup(), Response(Tag("x"))])
def test_call_can_be_rejected(line: Line, document: Any) -> None:
    """Hangup, or the end of a document, rejects a call that is not answered yet."""
    call = line(document).call()
    assert timed(call) == [("initiate", 0), ("disconnect", 0)]
    assert told(call.exchanges, "disconnect")["cause"] == call.cause == "hangup"


def test_caller_gives_up(line: Line) -> None:
    """A caller who hangs up before the call is answered has canceled it."""
    call = line(Ring(answer_call=False)).call()
    call.hang_up()
    assert told(call.exchanges, "disconnect")["cause"] == "cancel"


# -- From document to document -------------------------------------------------------------------------------


def test_document_that_runs_out_hangs_up(line: Line) -> None:
    """The end of a document that led to no other one ends the call."""
    call = line(SpeakSentence("Bye.")).call()
    disconnect = told(call.exchanges, "disconnect")
    assert disconnect["cause"] == "hangup"
    assert disconnect["endTime"] == disconnect["eventTime"]
    assert not {"errorMessage", "errorId", "tag"} & disconnect.keys()


def test_redirect_goes_on_with_another_document(line: Line) -> None:
    """Verbs after Redirect never run; its tag is in its own event already."""
    call = line(
        Redirect(redirect_url="next", tag="moved"), SpeakSentence("Never."), next=SpeakSentence("Here.")
    ).call()
    assert call.heard == ["Here."]
    assert told(call.exchanges, "redirect")["tag"] == "moved"


def test_verbs_after_hangup_never_run(line: Line) -> None:
    """Hangup ends the call."""
    assert line(SpeakSentence("One."), Hangup(), SpeakSentence("Two.")).call().heard == ["One."]


def test_unknown_verbs_and_attributes_are_passed_over(line: Line) -> None:
    """Verbs of a later version of BXML do not stop a call."""
    call = line('<Response><Dance/><SpeakSentence mood="merry">On.</SpeakSentence></Response>').call()
    assert call.heard == ["On."]


def test_relative_urls_start_from_their_document(line: Line) -> None:
    """Each document's URL is where its own relative URLs begin."""
    call = line(
        Redirect(redirect_url="deep/er/first?x=1"),
        **{
            "deep/er/first": Redirect(redirect_url="../second"),
            "deep/second": Redirect(redirect_url="/phone/third"),
            "third": Redirect(redirect_url="fourth"),
            "fourth": Hangup(),
        },
    ).call()
    assert [exchange.url.partition("/phone/")[2] for exchange in call.exchanges] == [
        "",
        "deep/er/first?x=1",
        "deep/second",
        "third",
        "fourth",
        "",
    ]


# -- Tags ----------------------------------------------------------------------------------------------------


def tags(call: Call) -> list[str | None]:
    """Return the tag of every event, None where it has none."""
    return [exchange.payload.get("tag") for exchange in call.exchanges]


def test_tag_stays_until_it_is_replaced_or_cleared(line: Line) -> None:
    """Every later event has the tag, without spaces at its ends; a blank one clears it."""
    bandwidth = line(
        Tag(" first "),
        Redirect(redirect_url="a"),
        a=Redirect(redirect_url="b", tag="second"),
        b=Redirect(redirect_url="c"),
        c=Redirect(redirect_url="d", tag=""),
        d=[Tag("third"), Redirect(redirect_url="e")],
        e=[Tag(""), Redirect(redirect_url="f")],
        f=[Tag("fourth"), Tag("  "), Hangup()],
    )
    assert tags(bandwidth.call()) == [None, "first", "second", "second", None, "third", None, None]


def test_latest_tag_goes_with_what_comes_after_the_call(line: Line) -> None:
    """The event of a recording has the tag that the call had last."""
    call = line(
        StartRecording(recording_available_url="told", tag="a"), Gather(tag="b"), Tag("c"), Hangup()
    ).call()
    call.wait(5)
    assert call.tag == "c"
    assert tags(call) == [None, "c", "c"]


# -- How callbacks go ----------------------------------------------------------------------------------------


def test_verb_says_the_method(line: Line) -> None:
    """A GET callback carries in its query what a POST carries in its body."""
    call = line(
        Gather(gather_url="gathered?menu=1", gather_method="GET", max_digits=3, tag="Ann & Bob"),
        gathered=lambda event: SpeakSentence(f"{event.digits}, {event.tag}, {event.extra['menu']}"),
    ).call()
    call.press("1*#")
    assert call.heard == ["1*#, Ann & Bob, 1"]
    assert call.exchanges[1].method == "GET"


def test_verb_says_the_credentials() -> None:
    """Each verb's own username and password are sent, to its fallback URL those for the fallback."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("ann", "one")])
    spare = CallbackBlueprint("spare", __name__, credentials=[("bob", "two")])

    @phone.respond("initiate")
    def greet(event: Callback) -> Redirect:
        return Redirect(redirect_url=fail, redirect_fallback_url=rescue)

    @phone.respond("redirect", "/fail")
    def fail(event: Callback) -> Verb:
        raise RuntimeError

    @spare.respond("redirect", "/rescue")
    def rescue(event: Callback) -> SpeakSentence:
        return SpeakSentence("Rescued.")

    app = Flask("host")
    app.register_blueprint(phone, url_prefix="/phone")
    app.register_blueprint(spare, url_prefix="/spare")
    call = SimulatedBandwidth(app, phone).call()
    assert call.heard == ["Rescued."]
    assert [(exchange.challenged, exchange.status) for exchange in call.exchanges[:3]] == [
        (True, 200),
        (True, 500),
        (True, 200),
    ]


def test_verb_without_credentials_shows_none() -> None:
    """The application's credentials are not sent to the URLs of a verb."""
    phone = CallbackBlueprint("phone", __name__, credentials=[("ann", "one")])
    phone.respond("initiate")(lambda event: Redirect(redirect_url="/phone/"))
    app = Flask("host")
    app.register_blueprint(phone, url_prefix="/phone")
    call = SimulatedBandwidth(app).call()
    assert call.exchanges[1].status == 401
    assert call.cause == "callback-error"


# -- Changes over REST ---------------------------------------------------------------------------------------


def test_call_is_redirected_from_outside(line: Line) -> None:
    """A redirected call leaves what it does, drops the rest, and runs the document that it fetches."""
    call = line(Pause(duration=60), SpeakSentence("Never."), fetched=SpeakSentence("Come in.")).call()
    call.redirect("fetched", tag="fetched")
    assert call.heard == ["Come in."]
    assert events(call.exchanges) == ["initiate", "redirect", "disconnect"]
    assert told(call.exchanges, "redirect")["tag"] == "fetched"


def test_redirect_from_outside_has_a_method_and_a_fallback(line: Line) -> None:
    """The arguments of redirect are those of updateCall; without a tag the call keeps its own."""

    def fail(event: Callback) -> Verb:
        raise RuntimeError

    bandwidth = line(Tag("mine"), Pause(), fail=fail, rescue=SpeakSentence("Rescued."))
    bandwidth.raise_errors = False
    call = bandwidth.call()
    call.redirect("fail", "GET", fallback_url="rescue", fallback_method="GET")
    assert call.heard == ["Rescued."]
    assert [(exchange.method, exchange.url[-6:]) for exchange in call.exchanges[1:3]] == [
        ("GET", "e/fail"),
        ("GET", "rescue"),
    ]
    assert [redirect["tag"] for redirect in all_told(call.exchanges, "redirect")] == ["mine", "mine"]


@pytest.mark.parametrize(
    "document",
    [
        SpeakSentence("Come in."),
        [SpeakSentence("Come in."), Hangup()],
        Bxml(SpeakSentence("Come in.")),
        "<Bxml><SpeakSentence>Come in.</SpeakSentence></Bxml>",
        b"<Response><SpeakSentence>Come in.</SpeakSentence></Response>",
    ],
)
def test_call_is_given_a_document_from_outside(line: Line, document: Any) -> None:
    """An updated call runs its new document, and no event is sent."""
    call = line(Pause(duration=60)).call()
    call.update(document)
    assert call.heard == ["Come in."]
    assert events(call.exchanges) == ["initiate", "disconnect"]


def test_relative_urls_after_an_update(line: Line) -> None:
    """In a document that came over REST, relative URLs start from the application's own URL."""
    call = line(
        Redirect(redirect_url="/phone/held"), held=Pause(duration=60), next=SpeakSentence("Next.")
    ).call()
    call.update(Redirect(redirect_url="next"))
    assert call.heard == ["Next."]


def test_call_is_completed_from_outside(line: Line) -> None:
    """Completing hangs up a call that is answered, and rejects one that is not."""
    for ring, cause in ((Ring(), "hangup"), (Ring(answer_call=False), "rejected")):
        call = line(ring).call()
        call.complete()
        assert told(call.exchanges, "disconnect")["cause"] == call.cause == cause


def test_unanswered_call_cannot_be_changed(line: Line) -> None:
    """A call that is not answered yet cannot be redirected."""
    call = line(Ring(answer_call=False)).call()
    for change in (partial(call.redirect, "told"), partial(call.update, Hangup())):
        with pytest.raises(SimulationError, match="not answered yet"):
            change()


def test_ended_call_cannot_be_changed(line: Line) -> None:
    """A call that is over cannot be changed."""
    call = line(Hangup()).call()
    for change in (partial(call.redirect, "told"), partial(call.update, Hangup()), call.complete):
        with pytest.raises(SimulationError, match="has ended"):
            change()
