"""One call from the terminal: what is printed while it lasts, and how the command ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from traceback import format_exception_only
from typing import Any, TypeVar

import click

from flask_bandwidth_callbacks.display import without_credentials, without_password
from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.engine.conversation import counted
from flask_bandwidth_callbacks.simulator.wire.exchanges import outcome

from .keypad import put_down, read_keypad
from .script import Move
from .terminal import clean
from .transcript import follow

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_GOOD_CAUSES = frozenset({"hangup", "cancel"})
_CAUSES_OF_A_CALLEE = frozenset({"busy", "rejected", "timeout"})
"""How an outbound call ends if the callee behaves so; the application can do nothing about it."""


def output_options(command: CommandT) -> CommandT:
    """Add the options ``--verbose`` and ``--json`` to a command."""
    verbose = click.option(
        "-v", "--verbose", is_flag=True, help="Also show each callback and the BXML of the reply."
    )
    as_json = click.option(
        "--json", "as_json", is_flag=True, help="Print the call and its callbacks as JSON."
    )
    return verbose(as_json(command))


def hold(
    make: Callable[[], SimulatedBandwidth],
    begin: Callable[[SimulatedBandwidth], Call],
    *,
    script: Sequence[Move],
    verbose: bool,
    as_json: bool,
) -> None:
    """Make a simulation, begin a call, run the script or read the keypad, and print what happens.

    Raises :class:`click.ClickException` if something went wrong on the call.
    """
    stdout = sys.stdout
    with redirect_stdout(sys.stderr if as_json else stdout):  # the application may print, too
        bandwidth = make()
        try:
            with bandwidth.mock_rest_if_installed():
                call = begin(bandwidth)
                if not as_json:
                    follow(call, verbose)
                _talk(call, script if script or as_json else None)
        finally:
            if as_json and bandwidth.calls:
                click.echo(json.dumps(_report(bandwidth.calls[0]), indent=2), file=stdout)
    if (failure := _failure(call, is_shown=not as_json)) is not None:
        raise click.ClickException(clean(failure))


def _talk(call: Call, script: Sequence[Move] | None) -> None:
    """Run the script, or read the keypad if there is none; then hang up."""
    try:
        if script is None:
            read_keypad(call)
        else:
            for move in script:
                move(call)
    except BandwidthCallbacksError:
        put_down(call)
        raise
    put_down(call)


def _failure(call: Call, *, is_shown: bool) -> str | None:
    """Return in one line what went wrong on a call; None if nothing did.

    :param is_shown: whether the conversation was printed, with the reason in it.
    """
    expected = _GOOD_CAUSES | (_CAUSES_OF_A_CALLEE if call.direction == "outbound" else set())
    failed = [exchange for exchange in call.exchanges if exchange.failure is not None]
    raised = [error for exchange in call.exchanges if exchange.failure is None for error in exchange.raised]
    reason: str | None = None
    if call.cause not in expected:
        summary = f"The call ended with {call.cause}"
        reason = outcome(failed[0]) if failed else call.error_message
    elif failed:
        summary = f"{counted(len(failed), 'callback')} failed"
        reason = outcome(failed[0])
    elif raised:
        return raised_beside_the_reply(raised)
    else:
        return None
    return f"{summary}: {reason}" if reason and not is_shown else f"{summary}."


def raised_beside_the_reply(errors: Sequence[Exception]) -> str:
    """Return in one line what was raised although the reply is good, by a subscriber above all."""
    return f"A subscriber raised {' '.join(format_exception_only(errors[0])[-1].split())}"


def _report(call: Call) -> Any:
    """Return a call and its callbacks as ``--json`` prints them, without passwords."""
    report = {
        "call_id": call.call_id,
        "from": call.var_from,
        "to": call.to,
        "state": call.state,
        "cause": call.cause,
        "error_message": call.error_message,
        "tag": call.tag,
        "heard": call.heard,
        "exchanges": [
            {
                "time": exchange.time.isoformat(),
                "event": exchange.event,
                "method": exchange.method,
                "url": exchange.url,
                "payload": exchange.payload,
                "challenged": exchange.challenged,
                "status": exchange.status,
                "content_type": exchange.content_type,
                "bxml": exchange.bxml and without_credentials(exchange.bxml),
                "failure": exchange.failure,
                "oddities": exchange.oddities,
            }
            for exchange in call.exchanges
        ],
    }
    return _without_passwords(report)


def _without_passwords(value: Any) -> Any:
    """Return a value of JSON without the passwords of the URLs in it."""
    match value:
        case str():
            return without_password(value)
        case dict():
            return {name: _without_passwords(item) for name, item in value.items()}
        case list() | tuple():
            return [_without_passwords(item) for item in value]
    return value
