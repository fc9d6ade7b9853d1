"""What people do on the page: an action is a name and a JSON object.

=================== ========================================================================================
action              what it does
=================== ========================================================================================
``call``            {from, to, callees}: make a call to the application. ``callees`` are rules, as below. The
                    reply is {call}, its id.
``press``           {call, keys}: press keys
``speak``           {call, text}: say something
``hang_up``         {call}: hang up
``answer``          {call}: pick up a telephone that rings
``reject``          {call}: reject the call
``busy``            {call}: reject the call, as a telephone that is busy
``skip_silence``    {}: let time pass until the next thing happens, for at most a minute
``rule``            {number, behavior}: how the person at a number behaves: ``answers``, ``busy``,
                    ``rejects`` or ``none`` (does not answer); null lets a person decide
``send``            {event, payload, url}: send a callback; ``url`` may be left out
``send_again``      {number}: send a callback again, with the present time
``clear``           {}: forget callbacks, and calls that have ended
=================== ========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from flask_bandwidth_callbacks.display import show
from flask_bandwidth_callbacks.events import EVENT_CLASSES
from flask_bandwidth_callbacks.simulator import Call, Conflict, SimulationError
from flask_bandwidth_callbacks.simulator.ways import BEHAVIORS, behave
from flask_bandwidth_callbacks.simulator.wire.destinations import Method
from flask_bandwidth_callbacks.simulator.wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER, timestamp

from .samples import url_for_event
from .session import Session

Arguments: TypeAlias = Mapping[str, Any]
Action: TypeAlias = Callable[[Session, Arguments], dict[str, Any] | None]

_LONGEST_SKIP = 60.0
"""Seconds that are skipped at most: the next event, such as the end of a conference, may be a day away."""


def _text(arguments: Arguments, name: str, default: str | None = None) -> str:
    value = arguments.get(name, default)
    if not isinstance(value, str):
        raise SimulationError(f"{name} must be text, got {show(value)}.")
    return value


def _call(session: Session, arguments: Arguments) -> Call:
    return session.bandwidth.find_call(_text(arguments, "call"))


def make_call(session: Session, arguments: Arguments) -> dict[str, Any]:
    callees = arguments.get("callees") or {}
    if not isinstance(callees, Mapping):
        raise SimulationError(f"callees must be an object, got {show(callees)}.")
    with session.acting() as bandwidth:
        for number, behavior in callees.items():
            _set_rule(session, number, behavior)
        call = bandwidth.call(
            _text(arguments, "to", APPLICATION_NUMBER), var_from=_text(arguments, "from", CALLER_NUMBER)
        )
    return {"call": call.call_id}


def press(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _call(session, arguments).press(_text(arguments, "keys"))


def speak(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _call(session, arguments).begin_to_speak(_text(arguments, "text"))


def hang_up(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _call(session, arguments).hang_up()


def answer(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _call(session, arguments).pick_up()


def reject(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _call(session, arguments).reject()


def be_busy(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _call(session, arguments).reject(as_busy=True)


def skip_silence(session: Session, arguments: Arguments) -> None:
    with session.acting() as bandwidth:
        if bandwidth.timeline.seconds_to_next is None:
            raise Conflict("Nothing is going to happen by itself now. Speak, press a key or hang up.")
    session.do(partial(_skip, session))


def _skip(session: Session) -> None:
    seconds = session.bandwidth.timeline.seconds_to_next or 0.0
    session.bandwidth.wait(min(max(seconds, 0.0), _LONGEST_SKIP))
    session.feed.publish("clock", {"milliseconds": session.milliseconds})


def rule(session: Session, arguments: Arguments) -> None:
    with session.acting():
        _set_rule(session, _text(arguments, "number"), arguments.get("behavior"))


def _set_rule(session: Session, number: str, behavior: object) -> None:
    callee = session.bandwidth.callee(number)
    if behavior is None:
        session.bandwidth.ruled.discard(number)
    elif isinstance(behavior, str) and behavior in BEHAVIORS:
        behave(callee, behavior)
        session.bandwidth.ruled.add(number)
    else:
        raise SimulationError(
            f"behavior must be one of {', '.join(BEHAVIORS)}, or null, got {show(behavior)}."
        )
    session.feed.publish("rule", {"number": number, "behavior": behavior}, key=f"rule {number}")


def send(session: Session, arguments: Arguments) -> None:
    event = _text(arguments, "event")
    if event not in EVENT_CLASSES:
        raise SimulationError(f"event must be an event of Bandwidth, got {show(event)}.")
    payload = arguments.get("payload")
    if not isinstance(payload, dict):
        raise SimulationError(f"payload must be an object, got {show(payload)}.")
    url = (
        _text(arguments, "url", "")
        if arguments.get("url")
        else url_for_event(session.bandwidth.app, session.bandwidth.url, event)
    )
    _send(session, event, payload, url, "POST")


def send_again(session: Session, arguments: Arguments) -> None:
    number = arguments.get("number")
    if isinstance(number, bool) or not isinstance(number, int):
        raise SimulationError(f"number must be that of a callback, got {show(number)}.")
    record = session.callbacks.find(number)
    payload = dict(record.payload)
    if "eventTime" in payload:  # else the application would take it for a repeat, and run no handler
        payload["eventTime"] = timestamp(datetime.now(UTC))
    _send(session, record.event, payload, record.url, "GET" if record.method == "GET" else "POST")


def _send(session: Session, event: str, payload: dict[str, Any], url: str, method: Method) -> None:
    session.bandwidth.destination(url, method)  # which raises an error for what is not a URL
    session.do(partial(_send_now, session, event, payload, url, method))


def _send_now(session: Session, event: str, payload: dict[str, Any], url: str, method: Method) -> None:
    session.add(session.bandwidth.send(event, payload, url=url, method=method), "sent")


def clear(session: Session, arguments: Arguments) -> None:
    session.clear()


ACTIONS: dict[str, Action] = {
    "call": make_call,
    "press": press,
    "speak": speak,
    "hang_up": hang_up,
    "answer": answer,
    "reject": reject,
    "busy": be_busy,
    "skip_silence": skip_silence,
    "rule": rule,
    "send": send,
    "send_again": send_again,
    "clear": clear,
}
