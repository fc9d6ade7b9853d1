"""Calls without end stop at a bound, with an error that shows the last callbacks; long ones may go on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, request

from flask_bandwidth_callbacks import ANYONE, Callback, CallbackBlueprint
from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Gather,
    Hangup,
    Pause,
    PhoneNumber,
    Redirect,
    Ring,
    SpeakSentence,
    StartGather,
    Transfer,
    Verb,
    render,
)
from flask_bandwidth_callbacks.simulator import EndlessCall, SimulatedBandwidth
from tests.simulator.conftest import Line

AGENT = "+13035550141"
BOUND = 100


def endless(verbs: list[Verb]) -> SimulatedBandwidth:
    """Return a line that always replies with the same document, which leads to a new URL each time."""
    app = Flask("host")
    numbers = itertools.count()

    @app.post("/<path:path>")
    def answer(path: str) -> Response:
        if request.get_json()["eventType"] == "transferAnswer":
            document = render([SpeakSentence("You are called, and that was it."), Hangup()])
        else:
            document = render(verbs).replace(b"again", b"again-%d" % next(numbers))
        return Response(document, mimetype="application/xml")

    return SimulatedBandwidth(app, "/start", raise_errors=True)


LOOPS: dict[str, list[Verb]] = {
    "redirect": [Redirect(redirect_url="/again")],
    "sound": [SpeakSentence("And again."), Redirect(redirect_url="/again")],
    "gather": [Gather(gather_url="/again", first_digit_timeout=0)],
    "transfer": [Transfer(PhoneNumber("+13035550100"), transfer_complete_url="/again")],
    "answered": [
        Transfer(PhoneNumber(AGENT, transfer_answer_url="/leg"), transfer_complete_url="/again"),
    ],
    "bridge": [Bridge("c-nobody", bridge_complete_url="/again")],
}


@pytest.mark.parametrize("loop", LOOPS)
def test_documents_without_end(loop: str) -> None:
    """A loop without a chance to act ends the call, with an error that shows the last callbacks."""
    bandwidth = endless(LOOPS[loop])
    bandwidth.callee("+13035550100").is_busy()
    with pytest.raises(EndlessCall) as raised:
        bandwidth.call()
    call = bandwidth.calls[-1]
    first, *lines = str(raised.value).splitlines()
    assert first == (
        f"Call {call.call_id} fetched {BOUND} documents in a row, without a chance to press a key or hang up"
        " in between. The last ones:"
    )
    assert len(lines) == 3
    assert all("  POST https://localhost/" in line and "  200  <" in line for line in lines)
    assert (call.state, call.cause, call.error_message) == (
        "disconnected",
        "error",
        "the documents never end",
    )
    assert "(ended: error, the documents never end)" in str(call)
    assert call.exchanges[-1].event == "disconnect"


def test_the_error_without_raising_those_of_handlers(line: Line) -> None:
    """The error is raised without raise_errors, too, because it is not the application's."""
    bandwidth = line(Redirect(redirect_url="more"), more=Redirect(redirect_url="more"))
    bandwidth.raise_errors = False
    with pytest.raises(EndlessCall):
        bandwidth.call()


def test_a_loop_that_begins_while_time_passes(line: Line) -> None:
    """The bound holds while the caller waits, too, if no time passes in the loop."""
    bandwidth = line([Pause(duration=5), Redirect(redirect_url="more")], more=Redirect(redirect_url="more"))
    call = bandwidth.call()
    with pytest.raises(EndlessCall):
        call.wait(3600)
    assert call.cause == "error"


def test_no_password_in_the_error(line: Line) -> None:
    """The callbacks in the error are shown without credentials."""
    document = Redirect(redirect_url="more", username="ann", password="t0psecret")
    with pytest.raises(EndlessCall) as raised:
        line(document, more=document).call()
    assert "Redirect" in str(raised.value)
    assert "t0psecret" not in str(raised.value)


# -- What lasts long, but may --------------------------------------------------------------------------------


def test_a_day_on_hold(line: Line) -> None:
    """A loop in which time passes goes on for as long as the caller waits."""
    hold = [SpeakSentence("Please hold."), Pause(duration=600), Redirect(redirect_url="hold")]
    call = line(hold, hold=hold).call()
    call.wait(24 * 60 * 60)
    assert call.state == "answered"
    assert len(call.exchanges) > BOUND


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "loop",
    [
        [Gather(gather_url="again", first_digit_timeout=1)],
        [Ring(duration=1), Redirect(redirect_url="again")],
        [SpeakSentence("Once more."), Redirect(redirect_url="again")],
        [Transfer(PhoneNumber(AGENT), transfer_complete_url="again")],
    ],
    ids=["gather", "ring", "sound", "transfer"],
)
def test_long_loops(line: Line, loop: list[Verb]) -> None:
    """A loop of verbs that take time may go on for long."""
    bandwidth = line(loop, again=loop)
    bandwidth.callee(AGENT).answers(after=1).hangs_up(after=1)
    call = bandwidth.call()
    call.wait(300)
    assert len(call.exchanges) > BOUND
    call.hang_up()
    assert call.cause == "hangup"


def test_many_keys(line: Line) -> None:
    """Each key counts as an act of the caller, also when many are pressed at once."""
    again = Gather(gather_url="again", max_digits=1)
    call = line(again, again=again).call()
    call.press("1" * 150)
    assert len(call.exchanges) == 151


def test_another_call_speaks_for_long(line: Line) -> None:
    """A call that waits in a loop is not endless because the sound of another call takes long."""
    hold = [Pause(duration=1), Redirect(redirect_url="hold")]
    bandwidth = line(hold, hold=hold, story=SpeakSentence("x" * 15 * 200))
    call = bandwidth.call()
    bandwidth.dial(AGENT, "story")
    assert len(call.exchanges) == 1 + 200
    assert call.state == "answered"


# -- Handlers that never stop --------------------------------------------------------------------------------


def calls_again(bandwidth: SimulatedBandwidth) -> None:
    bandwidth.dial(AGENT, "/", disconnect_url="/")


def redirects(bandwidth: SimulatedBandwidth) -> None:
    bandwidth.calls[0].redirect("/")


def updates(bandwidth: SimulatedBandwidth) -> None:
    bandwidth.calls[0].update(Redirect(redirect_url="/"))


def redirects_the_conference(bandwidth: SimulatedBandwidth) -> None:
    bandwidth.conference("room").redirect("/")


@pytest.mark.parametrize("raise_errors", [True, False])
@pytest.mark.parametrize(
    ("event", "act"),
    [
        ("answer", calls_again),
        ("disconnect", calls_again),
        ("redirect", redirects),
        ("redirect", updates),
        ("conferenceRedirect", redirects_the_conference),
    ],
)
def test_handlers_without_end(
    app: Flask, event: str, act: Callable[[SimulatedBandwidth], None], raise_errors: bool
) -> None:
    """Handlers that make or change calls forever, each in response to the one before, raise an error."""
    phone = CallbackBlueprint("phone", __name__, credentials=ANYONE)
    first: Any = {
        "answer": Pause(duration=10),
        "conferenceRedirect": Conference("room"),
    }
    phone.respond(Callback)(lambda event: first.get(event.event_type, [Pause(duration=10)]))

    @phone.on(event)
    def go_on(event: Any) -> None:
        acted.append(event)
        act(bandwidth)

    acted: list[Any] = []
    app.register_blueprint(phone)
    bandwidth = SimulatedBandwidth(app, raise_errors=raise_errors)
    bandwidth.callee(AGENT).answers()
    with pytest.raises(EndlessCall) as raised:
        start(bandwidth, event)
    first_line, *lines = str(raised.value).splitlines()
    assert first_line == (
        f"Handlers made or changed {BOUND} calls, each in response to the callback of the one before. The"
        " last ones:"
    )
    assert len(lines) == 3
    assert BOUND <= len(acted) <= BOUND + 1


def start(bandwidth: SimulatedBandwidth, event: str) -> None:
    """Cause the first event of a type."""
    call = bandwidth.call()
    match event:
        case "answer":
            bandwidth.dial(AGENT, "/")
        case "disconnect":
            bandwidth.callee(AGENT).is_busy()
            call.hang_up()
        case "redirect":
            call.redirect("/")
        case _:
            call.update(Conference("room"))
            bandwidth.conference("room").redirect("/")


@pytest.mark.no_cover
def test_handlers_that_act_for_long(line: Line) -> None:
    """Handlers may act any number of times if the caller waits and time passes in between."""

    def hold(event: Callback) -> list[Verb]:
        if event.event_type == "gather":
            bandwidth.calls[0].update([StartGather(dtmf_url="told"), *HOLD])
        return HOLD

    bandwidth = line(hold, again=hold)
    call = bandwidth.call()
    call.wait(300)
    assert len(call.exchanges) > BOUND
    assert call.state == "answered"
    call.press("1")
    call.update(Hangup())
    assert call.cause == "hangup"


HOLD: list[Verb] = [Gather(gather_url="/phone/again", first_digit_timeout=1)]


def test_a_gather_without_end(line: Line) -> None:
    """A Gather that repeats itself forever without waiting for a key is stopped, and the error names it."""
    bandwidth = line(Gather(gather_url="told", repeat_count=2**63 - 1, first_digit_timeout=0))
    with pytest.raises(EndlessCall, match=r"Gather of call c-.* was repeated 100 times in a row"):
        bandwidth.call()
    assert bandwidth.calls[0].cause == "error"


def test_a_gather_that_waits_for_long(line: Line) -> None:
    """A Gather may repeat itself for as long as a person lets time pass."""
    call = line(Gather(repeat_count=2**63 - 1, first_digit_timeout=1)).call()
    call.wait(1000)
    assert call.state == "answered"
