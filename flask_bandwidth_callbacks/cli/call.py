"""``flask bandwidth call``: an inbound call, made from the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

import click

from flask_bandwidth_callbacks.exceptions import BandwidthCallbacksError
from flask_bandwidth_callbacks.simulator import Call
from flask_bandwidth_callbacks.simulator.wire.exchanges import outcome, without_credentials
from flask_bandwidth_callbacks.simulator.wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER

from .keypad import read_keypad
from .script import Move, ScriptedCommand, put_down, script_options
from .target import simulated_bandwidth, target_options
from .terminal import clean
from .transcript import follow


@click.command("call", cls=ScriptedCommand)
@click.option("--to", metavar="NUMBER", default=APPLICATION_NUMBER, show_default=True, help="Number to call.")
@click.option(
    "--from",
    "var_from",
    metavar="NUMBER",
    default=CALLER_NUMBER,
    show_default=True,
    help="Number of the caller, or Anonymous.",
)
@target_options
@script_options
@click.option("-v", "--verbose", is_flag=True, help="Also show each callback and the BXML of the reply.")
@click.option("--json", "as_json", is_flag=True, help="Print the call and its callbacks as JSON.")
def command(
    to: str,
    var_from: str,
    url: str | None,
    credentials: tuple[str, str] | None,
    verbose: bool,
    as_json: bool,
    script: Sequence[Move],
) -> None:
    """Call the application from the terminal.

    --press, --speak, --wait and --hang-up are the caller's script; they run in the order in which they are
    given. Without any of them, and without --json, you are the caller: type keys and words, or pipe them in
    line by line. Without --url the call goes to the application's CallbackBlueprint. For example:

    \b
      flask bandwidth call
      flask bandwidth call --press 3 --speak "Call me back." --press "#"
      flask bandwidth call --url http://127.0.0.1:5000/phone/ --credentials bandwidth:s3cret -v

    Time is simulated: nothing sleeps, and silence lasts until the caller waits. A call that is still up at
    the end of the script or of the input is hung up.

    The exit status is 0 if the caller or the application hung up and no callback failed, else 1.
    """
    stdout = sys.stdout
    with redirect_stdout(sys.stderr if as_json else stdout):  # the application may print, too
        bandwidth = simulated_bandwidth(url, credentials)
        try:
            call = bandwidth.call(to, var_from=var_from)
            if not as_json:
                follow(call, verbose)
            _talk(call, script if script or as_json else None)
        finally:
            if as_json and bandwidth.calls:
                click.echo(json.dumps(_report(bandwidth.calls[0]), indent=2), file=stdout)
    if (failure := _failure(call)) is not None:
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


def _failure(call: Call) -> str | None:
    """Return in one line what went wrong on a call; None if nothing did."""
    failed = [outcome(exchange) for exchange in call.exchanges if exchange.failure is not None]
    if call.cause in ("hangup", "cancel") and not failed:
        return None
    reason = failed[0] if failed else call.error_message
    return ": ".join(filter(None, (f"The call ended with {call.cause}", reason)))


def _report(call: Call) -> dict[str, Any]:
    """Return a call and its callbacks as ``--json`` prints them."""
    return {
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
