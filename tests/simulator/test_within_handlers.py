"""Handlers that use the simulation, in process and over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, TypeAlias

import pytest
from flask import Flask
from werkzeug.serving import make_server

from flask_bandwidth_callbacks import (
    AnswerCallback,
    Callback,
    CallbackBlueprint,
    ConferenceCallback,
    ConferenceCreatedCallback,
    DisconnectCallback,
    DtmfCallback,
    GatherCallback,
    InitiateCallback,
    RedirectCallback,
)
from flask_bandwidth_callbacks.bxml import (
    Bridge,
    Conference,
    Gather,
    Hangup,
    Pause,
    SpeakSentence,
    StartGather,
    Verb,
)
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth, SimulationError

AGENT = "+13035550141"

Start: TypeAlias = Callable[[], SimulatedBandwidth]


@pytest.fixture(params=["in process", "over HTTP"])
def start(request: pytest.FixtureRequest, app: Flask, phone: CallbackBlueprint) -> Iterator[Start]:
    """Serve the phone line, in process or by a server whose threads run the handlers."""
    servers = []

    def begin() -> SimulatedBandwidth:
        app.register_blueprint(phone)
        if request.param == "in process":
            return SimulatedBandwidth(app, raise_errors=True)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        servers.append((server, thread))
        url = f"http://127.0.0.1:{server.server_port}/"
        return SimulatedBandwidth(url, credentials=("bandwidth", "s3cret"))

    yield begin
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def events(call: Call) -> list[str]:
    return [exchange.event for exchange in call.exchanges]


@pytest.mark.parametrize("rings", [0, 3])
def test_a_second_person_is_dialed(phone: CallbackBlueprint, start: Start, rings: float) -> None:
    """A call made by a handler begins when the handler's callback is answered, after that document."""
    states: list[str] = []

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> list[Verb]:
        dialed = bandwidth.dial(AGENT, "/answered", tag=call.call_id)
        states.append(dialed.state)
        return [SpeakSentence("One moment."), Pause(duration=30)]

    @phone.respond(AnswerCallback, "/answered")
    def connect(call: AnswerCallback) -> list[Verb]:
        assert call.tag is not None
        (caller,) = [one for one in bandwidth.calls if one.call_id == call.tag]
        states.append(caller.state)
        return [SpeakSentence("A call."), Bridge(call.tag)]

    bandwidth = start()
    bandwidth.callee(AGENT).answers(after=rings)
    caller = bandwidth.call()
    dialed = bandwidth.calls[-1]
    caller.wait(rings)
    assert states == ["queued", "answered"]
    caller.speak("Hello?")
    assert dialed.heard == ["A call.", "Hello?"]
    dialed.hang_up()
    assert (caller.cause, dialed.cause) == ("hangup", "hangup")


@pytest.mark.parametrize("change", ["redirect", "update", "complete"])
def test_another_call_is_changed(phone: CallbackBlueprint, start: Start, change: str) -> None:
    """A handler redirects, updates or ends another call, which happens once its callback is answered."""

    @phone.respond(InitiateCallback)
    def hold(call: InitiateCallback) -> list[Verb]:
        return [Gather(gather_url=act, first_digit_timeout=60)]

    @phone.respond(GatherCallback, "/keys")
    def act(call: GatherCallback) -> list[Verb]:
        arguments: dict[str, Any] = {"redirect": {"url": "/out"}, "update": {"document": document}}
        getattr(other, change)(**arguments.get(change, {}))
        during.append((other.state, list(other.heard)))
        return [SpeakSentence("Done."), Hangup()]

    @phone.respond(RedirectCallback, "/out")
    def out(call: RedirectCallback) -> list[Verb]:
        return document

    document: list[Verb] = [SpeakSentence("You were fetched."), Hangup()]
    during: list[Any] = []
    bandwidth = start()
    other, call = bandwidth.call(), bandwidth.call()
    call.press("1")
    call.wait(5)
    assert during == [("answered", [])]
    assert call.heard == ["Done."]
    assert other.heard == ([] if change == "complete" else ["You were fetched."])
    assert other.cause == "hangup"
    assert events(other)[1:] == (["redirect"] if change == "redirect" else []) + ["disconnect"]


def test_a_call_redirects_itself(phone: CallbackBlueprint, start: Start) -> None:
    """If a handler redirects the call it responds for, the redirect counts and its reply is not run."""

    @phone.respond(InitiateCallback)
    def hold(call: InitiateCallback) -> Gather:
        return Gather(gather_url=keys, max_digits=1)

    @phone.respond(GatherCallback, "/keys")
    def keys(call: GatherCallback) -> list[Verb]:
        bandwidth.calls[-1].redirect("/out")
        return [SpeakSentence("Never heard."), Hangup()]

    @phone.respond(RedirectCallback, "/out")
    def out(call: RedirectCallback) -> list[Verb]:
        return [SpeakSentence("Heard."), Hangup()]

    bandwidth = start()
    call = bandwidth.call()
    call.press("1")
    assert (call.heard, call.cause) == (["Heard."], "hangup")


def test_a_subscriber_changes_its_own_call(phone: CallbackBlueprint, start: Start) -> None:
    """A dtmf event may redirect the caller out of the current sound."""
    phone.respond(InitiateCallback)(
        lambda call: [StartGather(dtmf_url=phone), SpeakSentence("Press any key."), Pause(duration=300)]
    )

    @phone.on(DtmfCallback)
    def fetch(event: DtmfCallback) -> None:
        bandwidth.calls[-1].update([SpeakSentence(f"You pressed {event.digit}."), Hangup()])

    bandwidth = start()
    call = bandwidth.call()
    call.press("5")
    assert call.heard == ["Press any key.", "You pressed 5."]


def test_a_call_is_made_again(phone: CallbackBlueprint, start: Start) -> None:
    """A subscriber to the end of a call may make the next one, as a dialer does."""
    phone.respond(AnswerCallback, "/answered")(lambda call: [SpeakSentence("Hello."), Hangup()])

    @phone.on(DisconnectCallback, cause="busy")
    def try_again(call: DisconnectCallback) -> None:
        bandwidth.callee(AGENT).answers()
        bandwidth.dial(AGENT, "/answered", disconnect_url="/")

    bandwidth = start()
    bandwidth.callee(AGENT).is_busy()
    bandwidth.dial(AGENT, "/answered", disconnect_url="/")
    assert [(call.cause, call.heard) for call in bandwidth.calls] == [("busy", []), ("hangup", ["Hello."])]


def test_a_caller_calls_from_a_handler(phone: CallbackBlueprint, start: Start) -> None:
    """Another inbound call may begin in a handler, too."""

    @phone.respond(InitiateCallback, to="+1")
    def one(call: InitiateCallback) -> SpeakSentence:
        bandwidth.call("+2")
        return SpeakSentence("One.")

    phone.respond(InitiateCallback, to="+2")(lambda call: SpeakSentence("Two."))
    bandwidth = start()
    bandwidth.call("+1")
    assert [call.heard for call in bandwidth.calls] == [["One."], ["Two."]]


def test_a_conference_is_directed(phone: CallbackBlueprint, start: Start) -> None:
    """A handler of conferenceCreated may use the new conference."""

    @phone.respond(InitiateCallback)
    def join(call: InitiateCallback) -> Conference:
        return Conference("room", conference_event_url=phone)

    @phone.on(ConferenceCreatedCallback)
    def announce(event: ConferenceCreatedCallback) -> None:
        bandwidth.conference("room").update([SpeakSentence("The conference is recorded.")])

    @phone.on("conferenceMemberJoin")
    def direct(event: ConferenceCallback) -> None:
        if len(bandwidth.conference("room").members) == 2:
            bandwidth.conference("room").redirect("/")

    phone.respond("conferenceRedirect")(lambda event: SpeakSentence("You are two."))
    bandwidth = start()
    one, two = bandwidth.call(), bandwidth.call()
    assert one.heard == ["The conference is recorded.", "You are two."]
    assert two.heard == ["You are two."]


@pytest.mark.parametrize(
    "action",
    [lambda call: call.wait(1), lambda call: call.speak("Hello?"), lambda call: call.bandwidth.wait(1)],
)
def test_no_time_passes_in_a_handler(
    phone: CallbackBlueprint, start: Start, action: Callable[[Call], None]
) -> None:
    """Methods that take time raise an error while a callback is being answered."""
    raised: list[str] = []

    @phone.respond(InitiateCallback)
    def hold(call: InitiateCallback) -> Pause:
        return Pause(duration=100)

    @phone.respond(RedirectCallback)
    def do(call: RedirectCallback) -> Pause:
        with pytest.raises(SimulationError) as error:
            action(bandwidth.calls[-1])
        raised.append(str(error.value))
        return Pause(duration=100)

    bandwidth = start()
    call = bandwidth.call()
    call.redirect("/")
    assert raised == ["Time cannot pass while a callback is being answered."]
    assert [line.text for line in call.lines if line.who == call.person] == [f"calls {call.to}"]


def test_a_single_callback_in_a_handler(phone: CallbackBlueprint, start: Start) -> None:
    """A handler may send a callback. Time does not pass meanwhile, and what it begins waits."""
    heard: list[tuple[str | None, int]] = []

    @phone.respond(InitiateCallback)
    def receive(call: InitiateCallback) -> Hangup:
        exchange = bandwidth.send("dtmf", {"eventType": "dtmf", "callId": call.call_id, "digit": "1"})
        heard.append((exchange.event, exchange.status or 0))
        with pytest.raises(SimulationError):
            bandwidth.wait(1)
        return Hangup()

    @phone.on(DtmfCallback)
    def end(event: DtmfCallback) -> None:
        bandwidth.find_call(event.call_id).complete()
        heard.append((event.digit, len(bandwidth.exchanges)))

    bandwidth = start()
    call = bandwidth.call()
    assert heard == [("1", 0), ("dtmf", 204)]
    assert (events(call), call.cause) == (["initiate", "disconnect"], "rejected")


def test_errors_reach_the_handler(phone: CallbackBlueprint, start: Start) -> None:
    """A request that Bandwidth would reject raises an error in the handler that makes it."""
    refused: list[str] = []

    @phone.respond(InitiateCallback)
    def too_soon(call: InitiateCallback) -> Hangup:
        with pytest.raises(SimulationError) as error:
            bandwidth.calls[-1].redirect("/")
        refused.append(str(error.value).partition(":")[0])
        return Hangup()

    @phone.on(DisconnectCallback)
    def too_late(call: DisconnectCallback) -> None:
        for change in (bandwidth.calls[-1].redirect, bandwidth.calls[-1].update):
            with pytest.raises(SimulationError) as error:
                change("/")
            refused.append(str(error.value).partition(":")[0])

    bandwidth = start()
    bandwidth.call()
    assert refused == ["Cannot redirect", "Cannot redirect", "Cannot update"]


def test_every_handler_has_its_own_reply(phone: CallbackBlueprint, start: Start) -> None:
    """Calls that begin in each other's handlers each get their own documents."""

    @phone.respond((InitiateCallback, AnswerCallback))
    def chain(call: InitiateCallback | AnswerCallback) -> list[Verb]:
        depth = int(call.to or "")
        if depth < 5:
            bandwidth.dial(f"+{depth + 1}", "/")
        return [SpeakSentence(f"You are number {depth}."), Pause(duration=10)]

    @phone.on(Callback)
    def count(event: Callback) -> None:
        heard.append(event.event_type)

    heard: list[str | None] = []
    bandwidth = start()
    bandwidth.call("+0")
    assert [call.heard for call in bandwidth.calls] == [[f"You are number {depth}."] for depth in range(6)]
    assert heard == ["initiate"] + ["answer"] * 5
