"""Calls that the application makes: ringing, answering, machine detection."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, request

from flask_bandwidth_callbacks import ANYONE, CallbackBlueprint, MachineDetectionCompleteCallback
from flask_bandwidth_callbacks.bxml import Hangup, Pause, SpeakSentence, Verb
from flask_bandwidth_callbacks.simulator import MachineDetection, SimulatedBandwidth, SimulationError
from tests.simulator.callbacks import events, timed, told
from tests.simulator.conftest import Line

ANN = "+13035550141"
ERRORS = {
    "busy": "Callee is busy",
    "rejected": "Callee rejected the call",
    "timeout": "Callee did not answer in time",
}
HELLO = SpeakSentence("Hello Ann.")


# -- Ringing and answering -----------------------------------------------------------------------------------


def test_answered_call_fetches_its_document(line: Line) -> None:
    """answer is sent when the call is answered, disconnect at its end; both are of an outbound call."""
    bandwidth = line(answer=HELLO)
    bandwidth.callee(ANN).answers(after=4)
    call = bandwidth.dial(ANN, "answer", disconnect_url="told", tag="order-7")
    assert (call.direction, call.answer_time, call.exchanges) == ("outbound", None, [])
    call.wait(4)
    assert call.heard == ["Hello Ann."]
    assert timed(call)[0] == ("answer", 4)
    answer, disconnect = told(call.exchanges, "answer"), told(call.exchanges, "disconnect")
    for payload in (answer, disconnect):
        assert (payload["direction"], payload["from"], payload["to"]) == ("outbound", "+13035550100", ANN)
        assert payload["enqueuedTime"] == payload["startTime"] == "2026-01-05T15:00:00.000Z"
        assert payload["answerTime"] == "2026-01-05T15:00:04.000Z"
        assert payload["tag"] == "order-7"
    assert (disconnect["cause"], call.state) == ("hangup", "disconnected")


@pytest.mark.parametrize(
    ("cause", "ringing", "seconds", "status"),
    [
        ("busy", {}, 0, 486),
        ("rejected", {}, 0, 603),
        ("timeout", {}, 30, None),
        ("timeout", {"call_timeout": 8}, 8, None),
    ],
)
def test_call_that_is_not_answered(
    line: Line, cause: str, ringing: dict[str, Any], seconds: float, status: int | None
) -> None:
    """No document is fetched: disconnect has the cause, and the SIP status of a rejection."""
    bandwidth = line(answer=HELLO)
    callee = bandwidth.callee(ANN)
    {"busy": callee.is_busy, "rejected": callee.rejects, "timeout": callee.does_not_answer}[cause]()
    call = bandwidth.dial(ANN, "answer", disconnect_url="told", **ringing)
    call.wait(seconds)
    assert timed(call) == [("disconnect", seconds)]
    disconnect = told(call.exchanges, "disconnect")
    assert disconnect["errorMessage"] == call.error_message == ERRORS[cause]
    assert disconnect["errorId"] == call.error_id is not None
    assert disconnect["cause"] == cause
    assert disconnect.get("sipResponseCode") == status
    assert "answerTime" not in disconnect


def test_no_disconnect_without_a_url(line: Line) -> None:
    """disconnect is sent only if createCall had a URL for it."""
    call = line(answer=HELLO).dial(ANN, "answer")
    assert events(call.exchanges) == ["answer"]
    assert call.cause == "hangup"


def test_application_gives_up(line: Line) -> None:
    """A call that is completed before it is answered is canceled, and cannot be changed otherwise."""
    bandwidth = line(answer=HELLO)
    bandwidth.callee(ANN).does_not_answer()
    call = bandwidth.dial(ANN, "answer", disconnect_url="told")
    with pytest.raises(SimulationError, match="not answered yet"):
        call.redirect("answer")
    call.complete()
    assert told(call.exchanges, "disconnect")["cause"] == "cancel"


def test_callee_hangs_up(line: Line) -> None:
    """A callee hangs up after as long as they stay, unless the call is over before."""
    bandwidth = line(answer=[Pause(duration=30), Hangup()])
    bandwidth.callee(ANN).answers(after=2).hangs_up(after=10)
    call = bandwidth.dial(ANN, "answer", disconnect_url="told")
    call.wait(60)
    assert timed(call) == [("answer", 2), ("disconnect", 12)]
    call = bandwidth.dial(ANN, "answer")
    call.wait(5)
    call.complete()
    assert (bandwidth.now - call.start_time).total_seconds() == 5


def test_callee_may_hang_up_at_once(line: Line) -> None:
    """A callee who hangs up at once has answered all the same."""
    bandwidth = line(answer=Pause())
    assert bandwidth.callee(ANN).hangs_up() is bandwidth.callee(ANN)
    assert timed(bandwidth.dial(ANN, "answer", disconnect_url="told")) == [("answer", 0), ("disconnect", 0)]


def test_callee_behaves_as_told_last(line: Line) -> None:
    """A new behavior of a callee replaces the one before, including how long they stay."""
    bandwidth = line(answer=Pause(duration=60))
    callee = bandwidth.callee(ANN).answers(after=5).hangs_up(after=5)
    assert bandwidth.callee(ANN) is callee
    for behave, state in (
        (callee.is_busy, "disconnected"),
        (callee.does_not_answer, "initiated"),
        (callee.rejects, "disconnected"),
        (callee.answers, "answered"),
    ):
        behave()
        call = bandwidth.dial(ANN, "answer")
        call.wait(20)
        assert call.state == state


def test_answer_has_a_method_and_a_fallback(line: Line) -> None:
    """The arguments of dial are those of createCall; disconnect has a method, too."""

    def fail(event: Any) -> Verb:
        raise RuntimeError

    bandwidth = line(fail=fail, rescue=HELLO)
    bandwidth.raise_errors = False
    call = bandwidth.dial(
        ANN,
        "fail",
        answer_method="GET",
        answer_fallback_url="rescue",
        answer_fallback_method="GET",
        disconnect_url="told",
        disconnect_method="GET",
    )
    assert [(exchange.method, exchange.url.rpartition("/")[2]) for exchange in call.exchanges] == [
        ("GET", "fail"),
        ("GET", "rescue"),
        ("GET", "told"),
    ]
    assert call.heard == ["Hello Ann."]


# -- What createCall takes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, ""),
        ({"display_name": "Acme"}, " as Acme <+13035550100>"),
        ({"privacy": True, "display_name": "Acme"}, " as Anonymous"),
        ({"priority": 1, "uui": "b3JkZXIgNw==;encoding=base64"}, ""),
    ],
)
def test_what_the_callee_sees(line: Line, given: dict[str, Any], shown: str) -> None:
    """The conversation shows whom the callee sees: the number, a name, or nobody."""
    call = line(answer=HELLO).dial(ANN, "answer", **given)
    assert (call.heard, call.var_from) == (["Hello Ann."], "+13035550100")
    assert f"(calls {ANN}{shown})" in str(call)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"priority": 0}, "priority must be a whole number from 1 to 5, got 0."),
        ({"priority": True}, "priority must be a whole number from 1 to 5, got True."),
        ({"priority": "1"}, "priority must be a whole number from 1 to 5, got '1'."),
        ({"privacy": "yes"}, "privacy must be True or False, got 'yes'."),
        (
            {"display_name": "A\nB"},
            "display_name must be at most 256 characters without control characters, got 'A\\nB'.",
        ),
        (
            {"display_name": 7},
            "display_name must be at most 256 characters without",
        ),
        ({"uui": "order 7"}, "uui must be one value or several with commas between, each ending in"),
    ],
)
def test_what_create_call_rejects(line: Line, given: dict[str, Any], message: str) -> None:
    """Arguments that createCall rejects are an error, and no call is made."""
    bandwidth = line(answer=HELLO)
    with pytest.raises(SimulationError) as raised:
        bandwidth.dial(ANN, "answer", **given)
    assert str(raised.value).startswith(message)
    assert not bandwidth.calls


PAIRS = {"first": ("ann", "1"), "spare": ("bob", "2"), "detected": ("cleo", "3"), "lost": ("dan", "4")}


def test_each_url_has_its_own_credentials(app: Flask) -> None:
    """A call may have other credentials for its fallback URLs, and for its machine detection."""
    seen: list[tuple[str, str]] = []

    @app.post("/<path>")
    def reply(path: str) -> Response:
        if request.authorization is None:
            return Response(status=401, headers={"WWW-Authenticate": "Basic"})
        seen.append((path, request.authorization.username or ""))
        document = "<Response><Pause duration='9'/></Response>"
        return Response(document, 500 if path in ("first", "detected") else 200, mimetype="text/xml")

    bandwidth = SimulatedBandwidth(app, "/")
    detection = MachineDetection(
        callback_url="/detected",
        fallback_url="/lost",
        credentials=PAIRS["detected"],
        fallback_credentials=PAIRS["lost"],
    )
    assert PAIRS["detected"][1] not in repr(detection).replace("15.0", "")
    call = bandwidth.dial(
        ANN,
        "/first",
        answer_fallback_url="/spare",
        credentials=PAIRS["first"],
        fallback_credentials=PAIRS["spare"],
        machine_detection=detection,
    )
    call.wait(3)
    call.redirect(
        "/first", fallback_url="/spare", credentials=PAIRS["lost"], fallback_credentials=PAIRS["detected"]
    )
    assert seen == [
        *(("first", "ann"), ("spare", "bob"), ("detected", "cleo"), ("lost", "dan")),
        *(("first", "dan"), ("spare", "cleo")),
    ]


# -- Machine detection ---------------------------------------------------------------------------------------


def test_answer_waits_for_the_result(line: Line) -> None:
    """In sync mode answer has the result, and no other event is sent."""
    bandwidth = line(answer=lambda event: SpeakSentence(f"Hello {event.machine_detection_result.value}."))
    bandwidth.callee(ANN).answers(detected_as="answering-machine")
    call = bandwidth.dial(ANN, "answer", machine_detection=MachineDetection("sync", callback_url="told"))
    assert call.heard == ["Hello answering-machine."]
    assert timed(call) == [("answer", 2)]
    result = told(call.exchanges, "answer")["machineDetectionResult"]
    assert result == {"value": "answering-machine", "duration": "PT2.000S"}


def test_result_comes_later(line: Line) -> None:
    """In async mode, the default, answer comes at once and the result has an event of its own."""
    call = line(answer=Pause(duration=9)).dial(
        ANN, "answer", tag="t", machine_detection=MachineDetection(callback_url="told", callback_method="GET")
    )
    assert timed(call) == [("answer", 0), ("machineDetectionComplete", 2)]
    assert "machineDetectionResult" not in told(call.exchanges, "answer")
    complete = told(call.exchanges, "machineDetectionComplete")
    assert complete["machineDetectionResult"] == {"value": "human", "duration": "PT2.000S"}
    assert complete["tag"] == "t"
    assert call.exchanges[1].method == "GET"


def test_application_acts_on_the_result_by_changing_the_call() -> None:
    """Handlers of machineDetectionComplete may change the call, as over REST."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    phone.respond("answer")(lambda event: [SpeakSentence("Is Ann there?"), Pause(duration=60)])

    @phone.on("machineDetectionComplete")
    def leave_a_message(event: MachineDetectionCompleteCallback) -> None:
        bandwidth.calls[0].update(SpeakSentence("Please call back."))

    app = Flask("host")
    app.register_blueprint(phone, url_prefix="/phone")
    bandwidth = SimulatedBandwidth(app, raise_errors=True)
    call = bandwidth.dial(ANN, "/phone/", machine_detection=MachineDetection(callback_url="/phone/"))
    assert call.heard == ["Is Ann there?", "Please call back."]


def test_result_for_a_call_that_is_over(line: Line) -> None:
    """No result is sent after the callee has hung up, nor without a URL."""
    call = line(answer=Hangup()).dial(ANN, "answer", machine_detection=MachineDetection(callback_url="told"))
    assert events(call.exchanges) == ["answer"]
    call = line(answer=Pause(duration=9)).dial(ANN, "answer", machine_detection=MachineDetection())
    call.wait(9)
    assert events(call.exchanges) == ["answer"]


def test_result_has_a_fallback(line: Line) -> None:
    """machineDetectionComplete is a notification that has a fallback URL."""
    call = line(answer=Pause(duration=9)).dial(
        ANN,
        "answer",
        machine_detection=MachineDetection(
            callback_url="nowhere", fallback_url="told", fallback_method="GET"
        ),
    )
    assert [(exchange.method, exchange.status) for exchange in call.exchanges[1:]] == [
        ("POST", 404),
        ("GET", 204),
    ]


@pytest.mark.parametrize(
    ("detected_as", "thresholds", "value", "seconds"),
    [
        ("human", {}, "human", 2),
        ("human", {"speech_end_threshold": 1}, "human", 1),
        ("answering-machine", {"speech_threshold": 0.5}, "answering-machine", 0.5),
        ("answering-machine", {"delay_result": True}, "answering-machine", 7),
        (
            "answering-machine",
            {"delay_result": True, "machine_speech_end_threshold": 3},
            "answering-machine",
            5,
        ),
        (
            "answering-machine",
            {"delay_result": True, "detection_timeout": 4},
            "answering-machine",
            4,
        ),
        ("silence", {}, "silence", 10),
        ("silence", {"silence_timeout": 3}, "silence", 3),
        ("silence", {"detection_timeout": 6}, "timeout", 6),
        ("timeout", {}, "timeout", 15),
        ("human", {"detection_timeout": 1}, "timeout", 1),
        ("tone-detected", {}, "tone-detected", 2),
    ],
)
def test_thresholds_of_machine_detection(
    line: Line, detected_as: Any, thresholds: dict[str, Any], value: str, seconds: float
) -> None:
    """The thresholds decide when a result is there, and whether it comes in time."""
    bandwidth = line(answer=Pause(duration=60))
    bandwidth.callee(ANN).answers(detected_as=detected_as)
    detection = MachineDetection(callback_url="told", **thresholds)
    call = bandwidth.dial(ANN, "answer", machine_detection=detection)
    call.wait(20)
    assert timed(call)[1] == ("machineDetectionComplete", seconds)
    assert told(call.exchanges, "machineDetectionComplete")["machineDetectionResult"] == {
        "value": value,
        "duration": f"PT{seconds:.3f}S",
    }


def test_a_threshold_that_is_no_time() -> None:
    """A threshold is a number of seconds."""
    with pytest.raises(SimulationError, match="speech_threshold must be at least 0"):
        MachineDetection(speech_threshold=-1)
