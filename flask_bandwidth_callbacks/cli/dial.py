"""``flask bandwidth dial``: an outbound call of the application, answered in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from flask_bandwidth_callbacks.simulator import Call, MachineDetection, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.wire.payloads import APPLICATION_NUMBER

from .one_call import hold, output_options
from .scene import Behavior, Scene, scene_options
from .script import Move, ScriptedCommand, script_options
from .target import credentials_option, simulated_bandwidth
from .values import number_called, number_of_caller, url_of_callback, url_or_path


@click.command("dial", cls=ScriptedCommand)
@click.argument("to", callback=number_called)
@click.option(
    "--answer-url",
    metavar="URL",
    required=True,
    callback=url_or_path,
    help="Where answer goes: the URL of a running server, or a path of the Flask application.",
)
@click.option(
    "--disconnect-url",
    metavar="URL",
    callback=url_of_callback,
    help="Where disconnect goes.  [default: it is not sent]",
)
@click.option(
    "--from",
    "var_from",
    metavar="NUMBER",
    default=APPLICATION_NUMBER,
    show_default=True,
    callback=number_of_caller,
    help="Number of the application.",
)
@credentials_option
@click.option(
    "--machine",
    is_flag=True,
    help="An answering machine answers; machine detection is on, and answer carries its result.",
)
@scene_options
@script_options
@output_options
def command(
    to: str,
    answer_url: str,
    disconnect_url: str | None,
    var_from: str,
    credentials: tuple[str, str] | None,
    machine: bool,
    at: datetime | None,
    callees: Sequence[tuple[str, Behavior]],
    repeats: int,
    seed: int | None,
    verbose: bool,
    as_json: bool,
    script: Sequence[Move],
) -> None:
    """Make an outbound call of the application.

    It is made to the number TO, as by createCall, and you are the person who answers. --press, --speak,
    --wait and --hang-up are your script; without any of them, and without --json, you type. For example:

    \b
      flask bandwidth dial +13035550141 --answer-url /phone/answered
      flask bandwidth dial +13035550141 --answer-url /phone/answered --machine --wait 30
      flask bandwidth dial +13035550141 --answer-url /phone/answered --callee +13035550141=busy
      flask bandwidth dial +13035550141 --answer-url http://127.0.0.1:5000/answered --disconnect-url /ended

    Time is simulated: nothing sleeps. At the end of the script or of the input a call that is up is hung up,
    and one that still rings times out.

    The exit status is 0 if the person or the application hung up or the person was not reached, no callback
    failed and no subscriber is known to have raised an exception, else 1.
    """
    scene = Scene(at, callees, seed, repeats)

    def make() -> SimulatedBandwidth:
        return simulated_bandwidth(answer_url, credentials, **scene.options)

    def begin(bandwidth: SimulatedBandwidth) -> Call:
        scene.set_up(bandwidth)
        detection = None
        if machine:
            detection = MachineDetection(mode="sync")
            bandwidth.callee(to).detected_as = "answering-machine"
        return bandwidth.dial(
            to,
            bandwidth.url,
            var_from=var_from,
            disconnect_url=disconnect_url,
            machine_detection=detection,
        )

    hold(make, begin, script=script, verbose=verbose, as_json=as_json)
