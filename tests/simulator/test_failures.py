"""Callbacks that fail: the fallback URL, the cause, the events that follow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, request

from flask_bandwidth_callbacks import bxml
from flask_bandwidth_callbacks.simulator import (
    Call,
    Exchange,
    MachineDetection,
    SimulatedBandwidth,
    UnreachableApplication,
)
from flask_bandwidth_callbacks.simulator.wire import deadlines, transport
from tests.simulator.callbacks import check, events, told

AGENT = "+13035550141"


class Application:
    """An application without the library: each path gives a reply, 200 without a body if none is set."""

    def __init__(self) -> None:
        self.replies: dict[str, Callable[[], Response]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        """Method, path and username of every request."""
        self.flask = Flask("host")
        self.flask.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST"])

    def _answer(self, path: str) -> Response:
        user = request.authorization.username if request.authorization else None
        self.asked.append((request.method, f"/{path}", user))
        return self.replies.get(path, Response)()

    def says(self, path: str, *verbs: bxml.Verb) -> None:
        """Make a path reply with a document."""
        document = bxml.render(list(verbs))
        self.replies[path] = lambda: Response(document, mimetype="application/xml")


def challenge() -> Response:
    """Challenge requests without the credentials of the fallback URL."""
    if request.authorization is None or request.authorization.parameters != SPARE:
        return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="spare"'})
    return Response("<Response><SpeakSentence>Spare.</SpeakSentence></Response>", mimetype="application/xml")


SPARE = {"username": "spare", "password": "key"}
FALLBACK_CREDENTIALS: dict[str, Any] = {f"fallback_{name}": value for name, value in SPARE.items()}

CALLBACK_ERROR, INVALID_BXML = "callback-error", "invalid-bxml"

REPLIES: dict[str, tuple[Callable[[], Response], str, str]] = {
    "not-found": (lambda: Response(status=404), CALLBACK_ERROR, "status 404"),
    "error": (lambda: Response(status=500), CALLBACK_ERROR, "status 500"),
    "problem": (
        lambda: Response('{"detail": "Nobody\\n is here."}', 404, mimetype="application/problem+json"),
        CALLBACK_ERROR,
        "status 404: Nobody is here.",
    ),
    "redirect": (
        lambda: Response(status=302, headers={"Location": "/spare"}),
        CALLBACK_ERROR,
        "302: a redirect to '/spare' is not followed",
    ),
    "unchallenged": (
        lambda: Response(status=401),
        CALLBACK_ERROR,
        "401 without a WWW-Authenticate: Basic header, so a second request is not sent",
    ),
    "html": (
        lambda: Response("<html><body>Hello</body></html>", mimetype="text/html"),
        INVALID_BXML,
        "the reply is text/html, not application/xml; invalid BXML: line 1, column 1: the document must be",
    ),
    "untyped": (
        lambda: Response("OK", headers={"Content-Type": ""}),
        INVALID_BXML,
        "the reply is of no type, not application/xml; invalid BXML: line 1, column 1: not well-formed XML",
    ),
    "malformed": (
        lambda: Response("<Response>", mimetype="text/xml"),
        INVALID_BXML,
        "invalid BXML: line 1, column 11: not well-formed XML",
    ),
    "rule": (
        lambda: Response("<Response><Pause duration='0'/></Response>", mimetype="application/xml"),
        INVALID_BXML,
        'invalid BXML: line 1, column 11: Pause duration="0": must be from 0.1 to 86400',
    ),
    "large": (
        lambda: Response(f"<Response><!--{'x' * 65536}--></Response>", mimetype="application/xml"),
        INVALID_BXML,
        "the document has 65564 bytes, more than 65536",
    ),
    "large-and-blank": (
        lambda: Response(" " * 65537, mimetype="application/xml"),
        INVALID_BXML,
        "the document has 65537 bytes, more than 65536",
    ),
}
"""What comes back, the cause that it leads to, and what is said of it."""

ELSEWHERE = {
    "no-connection": (CALLBACK_ERROR, "no connection: "),
    "no-host": (CALLBACK_ERROR, "elsewhere.example is not part of this simulation"),
}
FAILURES = {
    "timeout": (CALLBACK_ERROR, "no reply within 15 s"),
    **ELSEWHERE,
    **{name: (cause, words) for name, (_, cause, words) in REPLIES.items()},
}


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Application:
    """An application that fails in every way, each at the path of that name."""
    application = Application()
    application.replies.update({name: reply for name, (reply, _, _) in REPLIES.items()})
    clock = SimpleNamespace(now=0.0)
    for module in (transport, deadlines):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def linger() -> Response:
        clock.now += 16
        return Response()

    application.replies["timeout"] = linger
    application.replies["spare"] = challenge
    return application


@pytest.fixture
def url_of(nowhere: str) -> Callable[[str], str]:
    """Return the URL at which a callback fails."""
    elsewhere = {"no-connection": nowhere, "no-host": "https://elsewhere.example/"}
    return lambda failure: elsewhere.get(failure, f"/{failure}")


def last_failure(call: Call) -> Exchange:
    return [exchange for exchange in call.exchanges if exchange.failure][-1]


# -- Every failure, on the application, on a call that is made, on a verb ------------------------------------


def inbound(application: Application, url: str, fallback: str | None) -> Call:
    """Make ``initiate`` fail."""
    bandwidth = SimulatedBandwidth(
        application.flask,
        url,
        status_url="/status",
        fallback_url=fallback,
        fallback_method="GET",
        fallback_credentials=(SPARE["username"], SPARE["password"]),
    )
    return bandwidth.call()


def outbound(application: Application, url: str, fallback: str | None) -> Call:
    """Make ``answer`` fail."""
    bandwidth = SimulatedBandwidth(application.flask, "/")
    with suppress(UnreachableApplication):  # told besides
        bandwidth.dial(
            AGENT,
            url,
            answer_fallback_url=fallback,
            answer_fallback_method="GET",
            disconnect_url="/status",
            credentials=(SPARE["username"], SPARE["password"]),
        )
    return bandwidth.calls[-1]


def gathering(application: Application, url: str, fallback: str | None) -> Call:
    """Make ``gather`` fail."""
    spare = {"gather_fallback_url": fallback, "gather_fallback_method": "GET"} | FALLBACK_CREDENTIALS
    verb = bxml.Gather(gather_url=url, **(spare if fallback else {}))
    application.says("start", verb)
    call = SimulatedBandwidth(application.flask, "/start", status_url="/status").call()
    call.wait(6)
    return call


PLACES = {"initiate": inbound, "answer": outbound, "gather": gathering}


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        (event, failure)
        for event in PLACES
        for failure in FAILURES
        if event != "initiate" or failure not in ELSEWHERE  # an application in process is always there
    ],
)
class TestEveryFailure:
    """Each failure, for the events whose fallback is given in different ways."""

    def test_without_fallback(
        self, application: Application, url_of: Callable[[str], str], event: str, failure: str
    ) -> None:
        """The call ends with the documented cause, and disconnect has the cause and the message."""
        cause, words = FAILURES[failure]
        call = PLACES[event](application, url_of(failure), None)
        assert (call.state, call.cause) == ("disconnected", cause)
        failed = last_failure(call)
        assert failed.event == event
        assert (failed.failure or "").startswith(words)
        assert events(call.exchanges)[-2:] == [event, "disconnect"]
        payload = told(call.exchanges, "disconnect")
        assert payload["cause"] == cause
        assert payload["errorMessage"] == call.error_message == f"{event} {failed.url}: {failed.failure}"
        assert payload["errorId"] == call.error_id

    def test_with_fallback(
        self, application: Application, url_of: Callable[[str], str], event: str, failure: str
    ) -> None:
        """The fallback URL is requested with its own method and credentials, and the call goes on."""
        call = PLACES[event](application, url_of(failure), "/spare")
        assert events(call.exchanges)[-3:] == [event, event, "disconnect"]
        assert (call.heard, call.cause, call.error_message) == (["Spare."], "hangup", None)
        spare = [asked for asked in application.asked if asked[1] == "/spare"]
        assert spare == [("GET", "/spare", None), ("GET", "/spare", "spare")]
        assert "errorMessage" not in told(call.exchanges, "disconnect")

    def test_with_a_fallback_that_fails(
        self, application: Application, url_of: Callable[[str], str], event: str, failure: str
    ) -> None:
        """If the fallback fails as well, the call ends with the cause of that failure."""
        last = "error" if FAILURES[failure][0] == INVALID_BXML else "malformed"
        cause, words = FAILURES[last]
        call = PLACES[event](application, url_of(failure), f"/{last}")
        assert events(call.exchanges)[-3:] == [event, event, "disconnect"]
        assert (call.cause, told(call.exchanges, "disconnect")["cause"]) == (cause, cause)
        assert words in (call.error_message or "")


# -- Every event that has a fallback -------------------------------------------------------------------------

STEMS = {
    "gather": "gather",
    "recordComplete": "record_complete",
    "redirect": "redirect",
    "transferComplete": "transfer_complete",
    "transferAnswer": "transfer_answer",
    "bridgeComplete": "bridge_complete",
    "bridgeTargetComplete": "bridge_target_complete",
    "conferenceMemberJoin": "conference_event",
}


def attributes(event: str, fallback: bool) -> dict[str, Any]:
    """Return the attributes of a verb that make an event fail."""
    stem = STEMS[event]
    given = {f"{stem}_url": "/error", f"{stem}_method": "GET", "username": "first", "password": "key"}
    if fallback:
        given |= {f"{stem}_fallback_url": "/spare", f"{stem}_fallback_method": "POST"}
        given |= FALLBACK_CREDENTIALS
    return given


def reach(application: Application, event: str, fallback: bool) -> Call:
    """Make a call whose callback of an event fails; return the call or leg that the event is about."""
    given = attributes(event, fallback)
    bandwidth = SimulatedBandwidth(application.flask, "/start", status_url="/status")
    if event in ("bridgeComplete", "bridgeTargetComplete"):
        application.says("start", bxml.Pause(duration=100))
        other = bandwidth.call()
        application.says("start", bxml.Bridge(other.call_id, **given))
        call = bandwidth.call()
        (other if event == "bridgeComplete" else call).hang_up()
        return call if event == "bridgeComplete" else other
    agent = bxml.PhoneNumber(AGENT)
    verbs: dict[str, Callable[[], bxml.Verb]] = {
        "gather": lambda: bxml.Gather(**given),
        "recordComplete": lambda: bxml.Record(**given),
        "redirect": lambda: bxml.Redirect(**given),
        "transferComplete": lambda: bxml.Transfer(agent, **given),
        "transferAnswer": lambda: bxml.Transfer(
            bxml.PhoneNumber(AGENT, transfer_disconnect_url="/told", **given),
            transfer_complete_url="/told",
        ),
        "conferenceMemberJoin": lambda: bxml.Conference("room", **given),
    }
    application.says("start", verbs[event](), bxml.Pause(duration=100))
    call = bandwidth.call()
    match event:
        case "gather":
            call.wait(6)
        case "recordComplete":
            call.press("#")
        case "transferComplete":
            call.legs[0].hang_up()
        case "transferAnswer":
            return call.legs[0]
    return call


@pytest.mark.parametrize("event", STEMS)
def test_every_fallback_url_is_asked(application: Application, event: str) -> None:
    """Every event with a fallback URL goes there after a failure, with its own method and credentials."""
    application.replies["error"] = lambda: (
        challenge() if request.authorization is None else Response(status=500)
    )
    call = reach(application, event, fallback=True)
    assert call.heard[-1] == "Spare."
    assert application.asked.index(("GET", "/error", "first")) < application.asked.index(
        ("POST", "/spare", "spare")
    )
    failed, spare = [exchange for exchange in call.exchanges if exchange.event == event]
    assert (failed.status, failed.challenged, spare.status, spare.challenged) == (500, True, 200, True)
    assert failed.payload == spare.payload
    for exchange in call.exchanges:
        check(exchange)


@pytest.mark.parametrize("event", sorted(STEMS.keys() - {"transferAnswer", "conferenceMemberJoin"}))
def test_every_event_without_fallback_ends_the_call(application: Application, event: str) -> None:
    """Without a fallback URL the call ends after any failure; later verbs do not run."""
    call = reach(application, event, fallback=False)
    assert (call.state, call.cause) == ("disconnected", CALLBACK_ERROR)
    assert told(call.exchanges, "disconnect")["cause"] == CALLBACK_ERROR
    assert [exchange.event for exchange in call.exchanges if exchange.url.endswith("/error")] == [event]


# -- B legs, conferences, notifications ----------------------------------------------------------------------


@pytest.mark.parametrize("failure", FAILURES)
def test_a_leg_ends_alone(application: Application, url_of: Callable[[str], str], failure: str) -> None:
    """A failed transferAnswer ends that leg, with its cause in both events; the caller goes on."""
    cause, words = FAILURES[failure]
    leg = bxml.PhoneNumber(AGENT, transfer_answer_url=url_of(failure), transfer_disconnect_url="/told")
    application.says("start", bxml.Transfer(leg, transfer_complete_url="/after"))
    application.says("after", bxml.SpeakSentence("Nobody could be reached."), bxml.Pause(duration=10))
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert (call.state, call.heard) == ("answered", ["Nobody could be reached."])
    assert call.legs[0].cause == cause
    for event in ("transferDisconnect", "transferComplete"):
        payload = told(call.exchanges, event)
        assert payload["cause"] == cause
        assert words in payload["errorMessage"]


def test_verbs_that_a_called_party_may_not_get(application: Application) -> None:
    """A reply to transferAnswer with a verb that is not allowed there is invalid BXML."""
    leg = bxml.PhoneNumber(AGENT, transfer_answer_url="/conference")
    application.says("start", bxml.Transfer(leg), bxml.Pause(duration=10))
    application.says("conference", bxml.Conference("room"))
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert (call.legs[0].cause, call.state) == (INVALID_BXML, "answered")
    assert "Conference cannot stand in the reply to transferAnswer" in (call.legs[0].error_message or "")


@pytest.mark.parametrize("failure", [*FAILURES, "misplaced"])
def test_conference_events_end_no_call(
    application: Application, url_of: Callable[[str], str], failure: str
) -> None:
    """A conference event that fails, or whose reply is rejected, leaves all members in."""
    application.says("misplaced", bxml.SpeakSentence("Not heard."), bxml.Hangup())
    application.says("start", bxml.Conference("room", conference_event_url=url_of(failure)))
    bandwidth = SimulatedBandwidth(application.flask, "/start")
    call = bandwidth.call()
    assert (call.state, call.heard, call.cause) == ("answered", [], None)
    created, joined = call.exchanges[1:]
    assert (created.event, joined.event) == ("conferenceCreated", "conferenceMemberJoin")
    assert created.failure
    assert joined.failure
    call.hang_up()
    assert call.cause == "hangup"


@pytest.mark.parametrize(
    ("failure", "times"),
    [("no-connection", 2), ("no-host", 2), ("timeout", 1), ("error", 1), ("unchallenged", 1)],
)
def test_notifications_are_sent_again_once(
    application: Application, url_of: Callable[[str], str], failure: str, times: int
) -> None:
    """After a connection that failed, and only then, a notification is sent once more; the call goes on."""
    application.says("start", bxml.StartGather(dtmf_url=url_of(failure)), bxml.Pause(duration=10))
    call = SimulatedBandwidth(application.flask, "/start", status_url=url_of(failure)).call()
    call.press("1")
    assert events(call.exchanges) == ["initiate"] + ["dtmf"] * times
    call.hang_up()
    assert events(call.exchanges[1 + times :]) == ["disconnect"] * times
    assert call.cause == "hangup"


@pytest.mark.parametrize(
    ("failure", "asked"), [("no-connection", ["", "", "spare"]), ("error", ["error", "spare"])]
)
def test_notifications_with_a_fallback(
    application: Application, url_of: Callable[[str], str], failure: str, asked: list[str]
) -> None:
    """A notification that has a fallback URL goes there after a failure, once the second try failed too."""
    application.says("start", bxml.Pause(duration=60))
    bandwidth = SimulatedBandwidth(application.flask, "/start")
    detection = MachineDetection(callback_url=url_of(failure), fallback_url="/spare", fallback_method="GET")
    call = bandwidth.dial(
        AGENT,
        "/start",
        machine_detection=detection,
        credentials=(SPARE["username"], SPARE["password"]),
    )
    call.wait(5)
    sent = [exchange for exchange in call.exchanges if exchange.event == "machineDetectionComplete"]
    assert [exchange.url.rpartition("/")[2] for exchange in sent] == asked
    assert (sent[-1].method, sent[-1].failure) == ("GET", None)
    assert call.state == "answered"


# -- Credentials ---------------------------------------------------------------------------------------------


def test_credentials_are_shown_when_asked_for(application: Application) -> None:
    """Each callback is sent without credentials first, and with them once after a challenge."""
    application.replies["start"] = challenge
    credentials = (SPARE["username"], SPARE["password"])
    call = SimulatedBandwidth(application.flask, "/start", credentials=credentials, status_url="/told").call()
    assert application.asked == [
        ("POST", "/start", None),
        ("POST", "/start", "spare"),
        ("POST", "/told", None),
    ]
    assert [exchange.challenged for exchange in call.exchanges] == [True, False]


@pytest.mark.parametrize(
    "headers",
    [
        [("WWW-Authenticate", 'Bearer realm="spare", Basic realm="spare"')],
        [("WWW-Authenticate", "BASIC"), ("WWW-Authenticate", 'Bearer realm="spare"')],
    ],
)
def test_a_challenge_among_others(application: Application, headers: list[tuple[str, str]]) -> None:
    """A challenge is recognized in any spelling, among other challenges, and in repeated headers."""

    def ask() -> Response:
        return challenge() if request.authorization else Response(status=401, headers=headers)

    application.replies["start"] = ask
    credentials = (SPARE["username"], SPARE["password"])
    assert SimulatedBandwidth(application.flask, "/start", credentials=credentials).call().heard == ["Spare."]


@pytest.mark.parametrize(
    ("header", "credentials", "failure"),
    [
        ("Basic", ("spare", "wrong"), "401: the credentials of 'spare' are rejected"),
        ("Basic", None, "401: the application asks for credentials, and there are none for this URL"),
        ("Bearer", ("spare", "key"), "401 without a WWW-Authenticate: Basic header"),
        ('Digest realm="not basic"', ("spare", "key"), "401 without a WWW-Authenticate: Basic header"),
    ],
)
def test_credentials_that_do_not_help(
    application: Application, header: str, credentials: tuple[str, str] | None, failure: str
) -> None:
    """A call fails if its credentials are rejected, and if there are none to send."""
    application.replies["asks"] = lambda: Response(status=401, headers={"WWW-Authenticate": header})
    given: dict[str, Any] = dict(zip(("username", "password"), credentials or (), strict=False))
    application.says("start", bxml.Redirect(redirect_url="/asks", **given))
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert call.cause == CALLBACK_ERROR
    assert (last_failure(call).failure or "").startswith(failure)


@pytest.mark.parametrize(
    "problem", ["{", "[]", "{}", '{"detail": 7}', "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_problem_without_words(application: Application, problem: str | bytes) -> None:
    """A problem document without a readable detail is reported by its status."""
    application.replies["start"] = lambda: Response(problem, 400, mimetype="application/problem+json")
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert call.exchanges[0].failure == "status 400"


def test_a_url_that_cannot_be_requested(application: Application) -> None:
    """A URL that BXML allows but that cannot be requested is a failure like any other."""
    application.says("start", bxml.Redirect(redirect_url="http://localhost:0/"))
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert call.cause == CALLBACK_ERROR
    assert "'http://localhost:0/' is not a URL that can be requested" in (last_failure(call).failure or "")


# -- What is not a failure -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        lambda: Response(status=204),
        lambda: Response(b"", mimetype="text/html"),
        lambda: Response(" \n", mimetype="text/html"),
        lambda: Response("<Response/>", mimetype="application/xml"),
        lambda: Response("<Bxml/>", content_type="Text/XML; charset=utf-8"),
    ],
)
def test_empty_replies_hang_up(application: Application, reply: Callable[[], Response]) -> None:
    """An empty reply and a document without verbs end the call as Hangup does."""
    application.replies["start"] = reply
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert (call.cause, call.exchanges[0].failure) == ("hangup", None)


def test_what_is_not_known_is_passed_over(application: Application) -> None:
    """An unknown verb or attribute is not a failure, but is listed as an oddity."""
    application.replies["start"] = lambda: Response(
        "<Response><Dance/><SpeakSentence mood='glad'>Hello.</SpeakSentence></Response>",
        mimetype="application/xml",
    )
    call = SimulatedBandwidth(application.flask, "/start").call()
    assert (call.heard, call.cause) == (["Hello."], "hangup")
    assert call.exchanges[0].oddities == (
        "line 1, column 11: <Dance> is not a known element",
        "line 1, column 19: mood is not a known attribute of SpeakSentence",
    )


def test_a_document_as_large_as_may_be(application: Application) -> None:
    """A document of exactly 64 KB is run."""
    padding = "x" * (65536 - len("<Response><!----></Response>"))
    application.replies["start"] = lambda: Response(
        f"<Response><!--{padding}--></Response>", mimetype="application/xml"
    )
    assert SimulatedBandwidth(application.flask, "/start").call().cause == "hangup"


def test_notifications_come_twice_when_asked_for(application: Application) -> None:
    """Repeated notifications are identical; requests for a document are never repeated."""
    application.says("start", bxml.StartGather(dtmf_url="/told"), bxml.Pause(duration=10))
    bandwidth = SimulatedBandwidth(application.flask, "/start", status_url="/status")
    bandwidth.repeats_notifications = True
    call = bandwidth.call()
    call.press("1")
    call.hang_up()
    assert events(call.exchanges) == ["initiate", "dtmf", "dtmf", "disconnect", "disconnect"]
    first, again = call.exchanges[1:3]
    assert first.payload == again.payload
