"""``flask bandwidth call``: an inbound call, made from the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.payloads import APPLICATION_NUMBER, CALLER_NUMBER

from .one_call import hold, output_options
from .scene import Behavior, Scene, scene_options
from .script import Move, ScriptedCommand, script_options
from .target import simulated_bandwidth, target_options
from .values import number_called, number_of_caller, url_of_callback


@click.command("call", cls=ScriptedCommand)
@click.option(
    "--to",
    metavar="NUMBER",
    default=APPLICATION_NUMBER,
    show_default=True,
    callback=number_called,
    help="Number to call.",
)
@click.option(
    "--from",
    "var_from",
    metavar="NUMBER",
    default=CALLER_NUMBER,
    show_default=True,
    callback=number_of_caller,
    help="Number of the caller, or Anonymous.",
)
@target_options
@click.option(
    "--status-url",
    metavar="URL",
    callback=url_of_callback,
    help="Where disconnect goes.  [default: where the first callback goes]",
)
@click.option("--no-status", is_flag=True, help="Send no disconnect, as without a status URL.")
@scene_options
@script_options
@output_options
def command(
    to: str,
    var_from: str,
    url: str | None,
    credentials: tuple[str, str] | None,
    status_url: str | None,
    no_status: bool,
    at: datetime | None,
    callees: Sequence[tuple[str, Behavior]],
    repeats: int,
    seed: int | None,
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
      flask bandwidth call --at 2026-01-05T03:00 --callee +13035550141=busy --press 1
      flask bandwidth call --url http://127.0.0.1:5000/phone/ --credentials bandwidth:s3cret -v

    Time is simulated: nothing sleeps, and silence lasts until the caller waits. A call that is still up at
    the end of the script or of the input is hung up.

    The exit status is 0 if the caller or the application hung up, no callback failed and no subscriber is
    known to have raised an exception, else 1.
    """
    if no_status and status_url is not None:
        raise click.UsageError("--status-url cannot be combined with --no-status: that sends no disconnect.")
    scene = Scene(at, callees, seed, repeats)
    status: dict[str, Any] = {"status_url": status_url} if no_status or status_url is not None else {}

    def make() -> SimulatedBandwidth:
        return simulated_bandwidth(url, credentials, **scene.options, **status)

    def begin(bandwidth: SimulatedBandwidth) -> Call:
        scene.set_up(bandwidth)
        return bandwidth.call(to, var_from=var_from)

    hold(make, begin, script=script, verbose=verbose, as_json=as_json)
