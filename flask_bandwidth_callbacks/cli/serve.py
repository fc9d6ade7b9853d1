"""``flask bandwidth serve``: a simulated Bandwidth for the application's own client, in real time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import click

from flask_bandwidth_callbacks.simulator import Call, SimulatedBandwidth
from flask_bandwidth_callbacks.simulator.engine.conversation import Line

from .scene import Behavior, callee_option
from .target import simulated_bandwidth, target_options
from .terminal import say, verbatim
from .transcript import show

_PATIENCE_SECONDS = 0.2
_SETTINGS = """\
Python:
  bandwidth.Configuration(
      client_id="any", client_secret="any",
      host="{url}/api/v2", ignore_operation_servers=True,
      access_token_url="{url}/api/v1/oauth2/token",
  )
Node:
  new Configuration({{basePath: "{url}/api/v2", accessToken: async () => "any"}})
band:
  export BW_API_URL={url} BW_VOICE_URL={url}
"""
"""What to set in Bandwidth's own clients: bandwidth-sdk for Python since 21.1 and for Node, and ``band``.

Source: the code of https://github.com/Bandwidth/python-sdk, https://github.com/Bandwidth/node-sdk and
https://github.com/Bandwidth/cli
"""


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5001,
    show_default=True,
    help="Port of the server; 0 takes one that is free.",
)
@target_options
@callee_option
@click.option("-v", "--verbose", is_flag=True, help="Also show each callback and the BXML of the reply.")
def command(
    port: int,
    url: str | None,
    credentials: tuple[str, str] | None,
    callees: Sequence[tuple[str, Behavior]],
    verbose: bool,
) -> None:
    """Serve Bandwidth's REST interface in real time.

    Your own client, such as Bandwidth's SDK, then makes simulated calls. The command prints what to set in
    Bandwidth's SDKs and in band, its command line. Then it shows the conversation of each call as it goes. A
    pause of 10 seconds takes 10 seconds. Any credentials are accepted. Ctrl-C ends it. For example:

    \b
      flask bandwidth serve
      flask bandwidth serve --url http://127.0.0.1:5000/ --callee +13035550141=busy -v

    Callbacks go only to the application, in process or at the host of --url; if that is this machine, so do
    those to other servers of this machine. Nothing is ever sent to Bandwidth: an application in process needs
    no settings.
    """
    bandwidth = simulated_bandwidth(url, credentials, start=datetime.now(UTC))
    for number, behave in callees:
        behave(bandwidth.callee(number))
    failures = _follow(bandwidth, verbose)
    with suppress(KeyboardInterrupt), bandwidth.mock_rest(), bandwidth.serve_rest(port) as base:
        say(f"Bandwidth is simulated at {base}, in real time. Set this in its clients:", "bold")
        verbatim(_SETTINGS.format(url=base))
        say("Ctrl-C ends it.", "dim")
        while not failures:
            time.sleep(_PATIENCE_SECONDS)
        raise failures[0]


def _follow(bandwidth: SimulatedBandwidth, verbose: bool) -> Sequence[OSError]:
    """Print each line of every conversation from now on, after the number of its call.

    Return the failures to print, which come when nothing reads the output any more.
    """
    numbers: WeakKeyDictionary[Call, int] = WeakKeyDictionary()
    count = itertools.count(1)
    failures: list[OSError] = []

    def watch(call: Call, line: Line) -> None:
        while call.parent is not None:
            call = call.parent
        if call not in numbers:
            numbers[call] = next(count)
        try:
            show(call, line, verbose, f"call {numbers[call]} ")
        except OSError as error:
            failures.append(error)

    bandwidth.watchers.append(watch)
    return failures
